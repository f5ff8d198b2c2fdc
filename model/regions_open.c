/* SPDX-License-Identifier: Apache-2.0 */
/* Opens the branches of If and the bodies of Loop and Scan. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/graph.h"
#include "model/names.h"
#include "model/regions_internal.h"
#include "model/tensor.h"

/* From this opset on, a Scan has no batches of its own. */
#define SCAN_WITHOUT_BATCHES 9

struct list {
	void **items;
	size_t n, capacity;
};

struct opening {
	struct qs_model *model;
	struct qs_arena *arena;  /* of the model */
	struct qs_names names;   /* that are taken */
	struct qs_map constants; /* initializers, by name */
	struct list nodes, tensors, infos, regions;
	bool nomem;
};

static void push(struct opening *opening, struct list *list, void *item)
{
	if (item && list->n == list->capacity) {
		const size_t capacity = list->capacity ? list->capacity * 2 : 64;
		void **larger = realloc(list->items, capacity * sizeof(*larger));

		if (larger) {
			list->items = larger;
			list->capacity = capacity;
		}
	}
	if (!item || list->n == list->capacity)
		opening->nomem = true;
	else
		list->items[list->n++] = item;
}

static void take_name(struct opening *opening, const char *name)
{
	if (!qs_names_take(&opening->names, name))
		opening->nomem = true;
}

/* Takes the name of an initializer. */
static void take_constant(struct opening *opening, const char *name)
{
	take_name(opening, name);
	if (name && *name && !qs_map_set(&opening->constants, name, 0))
		opening->nomem = true;
}

/* A name that nothing has, made from one. */
static char *find_name(struct opening *opening, const char *name)
{
	char *found = qs_names_make(&opening->names, opening->arena, (char *)name);

	if (!found)
		opening->nomem = true;
	return found;
}

/* Gives what a branch defines a name in the main graph. */
static void define(struct opening *opening, struct qs_region_scope *scope, const char *name)
{
	if (!name || !*name || opening->nomem || qs_map_get(&scope->names, name) != QS_MAP_NONE)
		return;
	if (!qs_region_define(scope, name, find_name(opening, name)))
		opening->nomem = true;
}

static void tag(struct opening *opening, char **doc_string, size_t region)
{
	*doc_string = qs_arena_printf(
	    opening->arena, QS_REGION_TAG "%zu:%s", region, *doc_string ? *doc_string : "");
	if (!*doc_string)
		opening->nomem = true;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

static Onnx__GraphProto *graph_of(const Onnx__NodeProto *node, size_t branch)
{
	static const char *const names[] = {
	    "then_branch", "else_branch", [QS_REGION_BODY] = "body"};
	const Onnx__AttributeProto *attribute = qs_attribute(node, names[branch]);

	return attribute ? attribute->g : NULL;
}

static bool has_name(const char *name)
{
	return name && *name;
}

/* Whether an If has two branches that can be taken apart. */
static bool can_open_if(const Onnx__NodeProto *node)
{
	if (!qs_node_is(node, "If") || node->n_input != 1)
		return false;
	for (size_t b = 0; b < 2; b++) {
		const Onnx__GraphProto *body = graph_of(node, b);

		if (!body || body->n_output != node->n_output || body->n_input ||
		    body->n_sparse_initializer)
			return false;
		for (size_t i = 0; i < body->n_output; i++) {
			if (!has_name(body->output[i]->name))
				return false;
		}
	}
	return true;
}

/* Whether what a body takes has names, none of which is that of an initializer. */
static bool has_own_inputs(const Onnx__GraphProto *body)
{
	struct qs_map names = QS_MAP_INIT;
	bool good = true;

	for (size_t i = 0; i < body->n_input && good; i++)
		good =
		    has_name(body->input[i]->name) && qs_map_set(&names, body->input[i]->name, i);
	for (size_t i = 0; i < body->n_initializer && good; i++)
		good = qs_map_get(&names, qs_tensor_name(body->initializer[i])) == QS_MAP_NONE;
	qs_map_done(&names);
	return good;
}

/* Whether a Loop or a Scan has a body that can be taken out: it takes what the operator reads, and
 * gives what the operator gives, that of a Loop after whether it goes on. */
static bool can_open_loop(const struct opening *opening, const Onnx__NodeProto *node)
{
	const bool is_loop = qs_node_is(node, "Loop");
	const bool is_scan =
	    qs_node_is(node, "Scan") && qs_model_opset(opening->model) >= SCAN_WITHOUT_BATCHES;
	const Onnx__GraphProto *body = is_loop || is_scan ? graph_of(node, QS_REGION_BODY) : NULL;

	if (!body || body->n_input != node->n_input || body->n_output != node->n_output + is_loop ||
	    body->n_sparse_initializer)
		return false;
	for (size_t i = 0; i < body->n_output; i++) {
		if (!has_name(body->output[i]->name))
			return false;
	}
	return has_own_inputs(body);
}

/* A node that passes a tensor on under a new name. */
static char *pass_on(struct opening *opening, char *name, size_t region)
{
	Onnx__NodeProto *node = qs_arena_alloc(opening->arena, sizeof(*node));
	char **names = qs_arena_array(opening->arena, 2, sizeof(*names));

	if (!node || !names) {
		opening->nomem = true;
		return NULL;
	}
	onnx__node_proto__init(node);
	names[0] = name;
	names[1] = find_name(opening, name);
	node->op_type = "Identity";
	node->n_input = node->n_output = 1;
	node->input = names;
	node->output = names + 1;
	tag(opening, &node->doc_string, region);
	push(opening, &opening->nodes, node);
	return names[1];
}

static void open_nodes(struct opening *opening, const Onnx__GraphProto *graph,
    const struct qs_region_scope *scope, size_t region);

static size_t add_region(
    struct opening *opening, Onnx__NodeProto *owner, size_t branch, size_t parent)
{
	struct qs_region *region = qs_arena_alloc(opening->arena, sizeof(*region));

	if (region)
		*region = (struct qs_region){
		    parent, owner, branch, owner ? graph_of(owner, branch) : NULL};
	push(opening, &opening->regions, region);
	return opening->regions.n - 1;
}

/* Tells of a tensor what a branch knows of it. */
static void add_info(
    struct opening *opening, const struct qs_region_scope *scope, const Onnx__ValueInfoProto *known)
{
	Onnx__ValueInfoProto *info = qs_arena_alloc(opening->arena, sizeof(*info));

	if (info) {
		*info = *known;
		info->name = qs_region_resolve(scope, info->name);
	}
	push(opening, &opening->infos, info);
}

/* Whether a node of a branch gives a tensor, rather than that it is a constant or from outside. */
static bool is_of_node(const struct qs_region_scope *scope, const char *name)
{
	const size_t index = qs_map_get(&scope->names, name);

	return index != QS_MAP_NONE && index >= scope->n_constants;
}

/* Gives everything that a branch defines its name. */
static void define_all(
    struct opening *opening, struct qs_region_scope *scope, const Onnx__GraphProto *body)
{
	for (size_t i = 0; i < body->n_initializer; i++)
		define(opening, scope, body->initializer[i]->name);
	scope->n_constants = scope->n;
	for (size_t i = 0; i < body->n_input; i++)
		define(opening, scope, body->input[i]->name);
	for (size_t i = 0; i < body->n_node; i++) {
		for (size_t j = 0; j < body->node[i]->n_output; j++)
			define(opening, scope, body->node[i]->output[j]);
	}
}

static void open_constants(struct opening *opening, const struct qs_region_scope *scope,
    const Onnx__GraphProto *body, size_t region)
{
	for (size_t i = 0; i < body->n_initializer && !opening->nomem; i++) {
		Onnx__TensorProto *tensor = body->initializer[i];

		tensor->name = qs_region_resolve(scope, tensor->name);
		take_constant(opening, tensor->name);
		tag(opening, &tensor->doc_string, region);
		push(opening, &opening->tensors, tensor);
	}
	for (size_t i = 0; i < body->n_input; i++)
		add_info(opening, scope, body->input[i]);
	for (size_t i = 0; i < body->n_value_info; i++)
		add_info(opening, scope, body->value_info[i]);
	for (size_t i = 0; i < body->n_output; i++)
		add_info(opening, scope, body->output[i]);
}

/* Names what a body takes: what the node in front of it gives, after what ties it to the one behind
 * it. */
static void give_inputs(struct opening *opening, const struct qs_region_scope *scope,
    const Onnx__GraphProto *body, Onnx__NodeProto *enter)
{
	for (size_t i = 0; i < body->n_input && !opening->nomem; i++)
		enter->output[1 + i] = qs_region_resolve(scope, body->input[i]->name);
	push(opening, &opening->nodes, enter);
}

/* Moves a branch or a body up, with a node in front of it or NULL; `outputs` become the names of
 * what it gives. */
static void open_region(struct opening *opening, Onnx__NodeProto *node,
    const struct qs_region_scope *outer, size_t parent, size_t branch, Onnx__NodeProto *enter,
    int64_t *ret_region, char **outputs)
{
	const Onnx__GraphProto *body = graph_of(node, branch);
	struct qs_region_scope scope = {.outer = outer, .names = QS_MAP_INIT};
	const size_t region = add_region(opening, node, branch, parent);

	*ret_region = (int64_t)region;
	define_all(opening, &scope, body);
	if (enter)
		give_inputs(opening, &scope, body, enter);
	open_constants(opening, &scope, body, region);
	if (!opening->nomem)
		open_nodes(opening, body, &scope, region);
	for (size_t i = 0; i < body->n_output && !opening->nomem; i++) {
		outputs[i] = qs_region_resolve(&scope, body->output[i]->name);
		if (!is_of_node(&scope, body->output[i]->name))
			outputs[i] = pass_on(opening, outputs[i], region);
	}
	qs_region_scope_done(&scope);
}

/* The attribute that says the regions of a node. */
static Onnx__AttributeProto **regions_attribute(
    struct opening *opening, size_t n, int64_t **ret_regions)
{
	Onnx__AttributeProto *attribute = qs_arena_alloc(opening->arena, sizeof(*attribute));
	Onnx__AttributeProto **list = qs_arena_alloc(opening->arena, sizeof(*list));

	*ret_regions = qs_arena_array(opening->arena, n, sizeof(**ret_regions));
	if (!attribute || !list || !*ret_regions) {
		opening->nomem = true;
		return NULL;
	}
	onnx__attribute_proto__init(attribute);
	attribute->name = QS_REGION_LIST;
	attribute->has_type = true;
	attribute->type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS;
	attribute->n_ints = n;
	attribute->ints = *ret_regions;
	*list = attribute;
	return list;
}

static void open_if(struct opening *opening, Onnx__NodeProto *node,
    const struct qs_region_scope *scope, size_t region)
{
	Onnx__NodeProto *stand_in = qs_arena_alloc(opening->arena, sizeof(*stand_in));
	char **inputs = qs_arena_array(opening->arena, 2 * node->n_output + 1, sizeof(*inputs));
	Onnx__NodeProto *owner = qs_arena_alloc(opening->arena, sizeof(*owner));
	int64_t *regions;
	Onnx__AttributeProto **attributes = regions_attribute(opening, 2, &regions);

	if (!stand_in || !inputs || !owner || !attributes) {
		opening->nomem = true;
		return;
	}
	*owner = *stand_in = *node;
	stand_in->domain = qs_region_domain;
	stand_in->attribute = attributes;
	stand_in->n_attribute = 1;
	stand_in->input = inputs;
	stand_in->n_input = 2 * node->n_output + 1;
	/* Whoever runs the model looks at it, and constants are nothing that flows. */
	inputs[QS_REGION_CONDITION] = qs_map_get(&opening->constants, node->input[0]) != QS_MAP_NONE
	                                  ? pass_on(opening, node->input[0], region)
	                                  : node->input[0];
	for (size_t b = 0; b < 2 && !opening->nomem; b++)
		open_region(opening, owner, scope, region, b, NULL, &regions[b],
		    inputs + qs_region_input(node, b, 0));
	push(opening, &opening->nodes, stand_in);
}

/* A node that stands at one end of a body, with room for so many names. */
static Onnx__NodeProto *stand_at_end(struct opening *opening, const Onnx__NodeProto *node,
    Onnx__AttributeProto **attributes, size_t n_names, char ***ret_names)
{
	Onnx__NodeProto *end = qs_arena_alloc(opening->arena, sizeof(*end));

	*ret_names = qs_arena_array(opening->arena, n_names, sizeof(**ret_names));
	if (!end || !*ret_names || !attributes) {
		opening->nomem = true;
		return NULL;
	}
	*end = *node;
	end->domain = qs_region_domain;
	end->attribute = attributes;
	end->n_attribute = 1;
	return end;
}

static void open_loop(struct opening *opening, Onnx__NodeProto *node,
    const struct qs_region_scope *scope, size_t region)
{
	const Onnx__GraphProto *body = graph_of(node, QS_REGION_BODY);
	Onnx__NodeProto *owner = qs_arena_alloc(opening->arena, sizeof(*owner));
	char **taken, **given;
	int64_t *regions;
	Onnx__AttributeProto **attributes = regions_attribute(opening, 1, &regions);
	Onnx__NodeProto *enter = stand_at_end(opening, node, attributes, body->n_input + 1, &taken);
	Onnx__NodeProto *leave =
	    stand_at_end(opening, node, attributes, body->n_output + 1, &given);

	if (!owner || !enter || !leave) {
		opening->nomem = true;
		return;
	}
	*owner = *node;
	enter->op_type = QS_REGION_ENTER;
	enter->name = NULL;
	enter->output = taken;
	enter->n_output = body->n_input + 1;
	leave->input = given;
	leave->n_input = body->n_output + 1;
	taken[0] = given[0] = find_name(opening, "body");
	open_region(opening, owner, scope, region, QS_REGION_BODY, enter, regions, given + 1);
	push(opening, &opening->nodes, leave);
}

static void open_node(struct opening *opening, Onnx__NodeProto *node,
    const struct qs_region_scope *scope, size_t region)
{
	for (size_t i = 0; i < node->n_input; i++)
		node->input[i] = qs_region_resolve(scope, node->input[i]);
	for (size_t i = 0; i < node->n_output; i++)
		node->output[i] = qs_region_resolve(scope, node->output[i]);
	tag(opening, &node->doc_string, region);
	if (can_open_if(node)) {
		open_if(opening, node, scope, region);
	} else if (can_open_loop(opening, node)) {
		open_loop(opening, node, scope, region);
	} else {
		if (!qs_region_resolve_bodies(node, scope))
			opening->nomem = true;
		push(opening, &opening->nodes, node);
	}
}

static void open_nodes(struct opening *opening, const Onnx__GraphProto *graph,
    const struct qs_region_scope *scope, size_t region)
{
	for (size_t i = 0; i < graph->n_node && !opening->nomem; i++)
		open_node(opening, graph->node[i], scope, region);
}

/* ---- a model --------------------------------------------------------------------------------- */

static bool can_open(const struct opening *opening, const Onnx__NodeProto *node)
{
	return can_open_if(node) || can_open_loop(opening, node);
}

static bool has_closed(const struct opening *opening, const Onnx__GraphProto *graph)
{
	for (size_t i = 0; i < graph->n_node; i++) {
		if (can_open(opening, graph->node[i]))
			return true;
	}
	return false;
}

/* Takes what subgraphs define that stay, at any depth: a new name outside must not be one of
 * theirs. */
static void take_bodies(struct opening *opening, const Onnx__GraphProto *graph)
{
	for (size_t i = 0; i < graph->n_node && !opening->nomem; i++) {
		const Onnx__NodeProto *node = graph->node[i];

		if (!can_open(opening, node)) {
			opening->nomem = !qs_names_take_bodies(&opening->names, node);
			continue;
		}
		for (size_t b = 0; b <= QS_REGION_BODY; b++) {
			if (graph_of(node, b))
				take_bodies(opening, graph_of(node, b));
		}
	}
}

static void take_names(struct opening *opening, const Onnx__GraphProto *graph)
{
	for (size_t i = 0; i < graph->n_input; i++)
		take_name(opening, graph->input[i]->name);
	for (size_t i = 0; i < graph->n_initializer; i++)
		take_constant(opening, graph->initializer[i]->name);
	for (size_t i = 0; i < graph->n_sparse_initializer; i++) {
		if (graph->sparse_initializer[i]->values)
			take_constant(opening, graph->sparse_initializer[i]->values->name);
	}
	for (size_t i = 0; i < graph->n_node; i++) {
		for (size_t j = 0; j < graph->node[i]->n_output; j++)
			take_name(opening, graph->node[i]->output[j]);
	}
	take_bodies(opening, graph);
}

/* A list of the graph, in the memory of the model, with what is new behind it. */
static void **join(struct opening *opening, void *before, size_t n_before, const struct list *list)
{
	void **items = qs_arena_array(opening->arena, n_before + list->n + 1, sizeof(*items));

	if (!items) {
		opening->nomem = true;
		return NULL;
	}
	if (n_before)
		memcpy(items, before, n_before * sizeof(*items));
	if (list->n)
		memcpy(items + n_before, list->items, list->n * sizeof(*items));
	return items;
}

/* Keeps the regions with the model. */
static void keep_regions(struct opening *opening)
{
	struct qs_regions *regions = qs_arena_alloc(opening->arena, sizeof(*regions));

	if (regions)
		regions->items =
		    qs_arena_array(opening->arena, opening->regions.n + 1, sizeof(*regions->items));
	if (!regions || !regions->items) {
		opening->nomem = true;
		return;
	}
	for (regions->n = 0; regions->n < opening->regions.n; regions->n++)
		regions->items[regions->n] =
		    *(const struct qs_region *)opening->regions.items[regions->n];
	opening->model->regions = regions;
}

static void open_graph(struct opening *opening, Onnx__GraphProto *graph)
{
	void **tensors, **infos, **nodes;

	take_names(opening, graph);
	add_region(opening, NULL, 0, 0);
	for (size_t i = 0; i < graph->n_initializer; i++)
		tag(opening, &graph->initializer[i]->doc_string, 0);
	open_nodes(opening, graph, NULL, 0);
	tensors = join(opening, graph->initializer, graph->n_initializer, &opening->tensors);
	infos = join(opening, graph->value_info, graph->n_value_info, &opening->infos);
	nodes = join(opening, NULL, 0, &opening->nodes);
	keep_regions(opening);
	if (opening->nomem)
		return;
	graph->initializer = (Onnx__TensorProto **)tensors;
	graph->n_initializer += opening->tensors.n;
	graph->value_info = (Onnx__ValueInfoProto **)infos;
	graph->n_value_info += opening->infos.n;
	graph->node = (Onnx__NodeProto **)nodes;
	graph->n_node = opening->nodes.n;
}

enum qs_status qs_regions_open(struct qs_model *model)
{
	struct opening opening = {.model = model,
	    .arena = &model->arena,
	    .names = QS_NAMES_INIT,
	    .constants = QS_MAP_INIT};

	if (!model->proto->graph || !has_closed(&opening, model->proto->graph))
		return QS_OK;
	open_graph(&opening, model->proto->graph);
	qs_names_done(&opening.names);
	qs_map_done(&opening.constants);
	free(opening.nodes.items);
	free(opening.tensors.items);
	free(opening.infos.items);
	free(opening.regions.items);
	return opening.nomem ? QS_NOMEM : QS_OK;
}
