/* SPDX-License-Identifier: Apache-2.0 */
/* Puts functions in place of the nodes that call them. */
#include "model/functions.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/names.h"
#include "model/tensor.h"

/* Calls within calls, and nodes that functions come to, at most. */
#define DEPTH_LIMIT 64
#define NODES_LIMIT ((size_t)1 << 20)

/* Operator sets that a model or a function imports, at most; people have a handful. */
#define IMPORTS_LIMIT 64

/* Fields of FunctionProto that are later than the installed onnx.proto. */
#define FIELD_ATTRIBUTE_PROTO 11
#define FIELD_OVERLOAD 13

/* The attributes of a function that have a value where a call says nothing. */
struct defaults {
	struct qs_map by_name; /* index in `items` */
	Onnx__AttributeProto **items;
};

struct inlining {
	struct qs_model *model;
	struct qs_arena *arena;    /* of the model */
	struct qs_map functions;   /* by "domain:name" */
	struct defaults *defaults; /* by function */
	struct qs_names names;     /* of tensors and nodes that are taken */
	size_t n_calls, n_nodes;
	bool impossible, nomem;
};

/* A list of nodes in the making. */
struct nodes {
	Onnx__NodeProto **items;
	size_t n, capacity;
};

/* A call: what the names and attributes of its function are there. */
struct call {
	size_t depth;
	const Onnx__FunctionProto *function; /* NULL: only subgraphs are copied */
	const struct defaults *defaults;     /* of the function */
	const Onnx__NodeProto *node;
	const char *prefix;
	struct qs_map *renamed; /* index in `now` */
	char **now;
	size_t n_now, now_capacity;
};

static void *take(struct inlining *inlining, size_t n, size_t size)
{
	void *memory = inlining->nomem ? NULL : qs_arena_array(inlining->arena, n + 1, size);

	if (!memory)
		inlining->nomem = true;
	return memory;
}

static const char *text_of(const char *text)
{
	return text ? text : "";
}

/* ---- which functions ------------------------------------------------------------------------- */

static const char *domain_of(const char *domain)
{
	return domain && strcmp(domain, "ai.onnx") != 0 ? domain : "";
}

static size_t find_function(struct inlining *inlining, const Onnx__NodeProto *node)
{
	struct qs_text key = QS_TEXT_INIT;
	size_t found = QS_MAP_NONE;

	qs_text_addf(&key, "%s:%s", domain_of(node->domain), text_of(node->op_type));
	if (qs_text_status(&key) == QS_OK)
		found = qs_map_get(&inlining->functions, key.data);
	else
		inlining->nomem = true;
	qs_text_done(&key);
	return found;
}

/* The version of an operator set that the model has, 0 for none. */
static int64_t version_of(const struct qs_model *model, const char *domain)
{
	for (size_t i = 0; i < model->proto->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *import = model->proto->opset_import[i];

		if (strcmp(domain_of(import->domain), domain_of(domain)) == 0)
			return import->version;
	}
	return 0;
}

static bool has_field(const Onnx__FunctionProto *function, unsigned field)
{
	for (unsigned i = 0; i < function->base.n_unknown_fields; i++) {
		if (function->base.unknown_fields[i].tag == field)
			return true;
	}
	return false;
}

/* Whether a function has an operator of a domain, rather than calls only. */
static bool has_operator(
    struct inlining *inlining, const Onnx__FunctionProto *function, const char *domain)
{
	for (size_t i = 0; i < function->n_node; i++) {
		if (strcmp(domain_of(function->node[i]->domain), domain_of(domain)) == 0 &&
		    find_function(inlining, function->node[i]) == QS_MAP_NONE)
			return true;
	}
	return false;
}

/* Whether the nodes of a function mean the same in the model. */
static bool is_same_language(struct inlining *inlining, const Onnx__FunctionProto *function)
{
	if (function->n_opset_import > IMPORTS_LIMIT)
		return false;
	for (size_t i = 0; i < function->n_opset_import; i++) {
		const Onnx__OperatorSetIdProto *import = function->opset_import[i];

		if (version_of(inlining->model, import->domain) != import->version &&
		    has_operator(inlining, function, import->domain))
			return false;
	}
	return !has_field(function, FIELD_OVERLOAD);
}

/* An attribute with its value, which is a field of a later onnx.proto; NULL when it is none. */
static Onnx__AttributeProto *unpack_default(
    struct inlining *inlining, const ProtobufCMessageUnknownField *field)
{
	size_t skip = 0;

	/* The length stands in front. */
	while (skip < field->len && field->data[skip] & 0x80)
		skip++;
	return skip++ < field->len ? onnx__attribute_proto__unpack(&inlining->model->allocator,
					 field->len - skip, field->data + skip)
	                           : NULL;
}

static void list_defaults(struct inlining *inlining, size_t index)
{
	const ProtobufCMessage *function = &inlining->model->proto->functions[index]->base;
	struct defaults *defaults = &inlining->defaults[index];
	size_t n = 0;

	defaults->items = take(inlining, function->n_unknown_fields, sizeof(*defaults->items));
	for (unsigned i = 0; i < function->n_unknown_fields && !inlining->nomem; i++) {
		Onnx__AttributeProto *attribute =
		    function->unknown_fields[i].tag == FIELD_ATTRIBUTE_PROTO
			? unpack_default(inlining, &function->unknown_fields[i])
			: NULL;

		if (!attribute)
			continue;
		defaults->items[n] = attribute;
		if (!qs_map_set(&defaults->by_name, text_of(attribute->name), n++))
			inlining->nomem = true;
	}
}

static void list_functions(struct inlining *inlining)
{
	const Onnx__ModelProto *proto = inlining->model->proto;

	inlining->defaults = take(inlining, proto->n_functions, sizeof(*inlining->defaults));
	inlining->impossible = proto->n_opset_import > IMPORTS_LIMIT;
	for (size_t i = 0; i < proto->n_functions && !inlining->nomem; i++) {
		const Onnx__FunctionProto *function = proto->functions[i];
		const char *key = qs_arena_printf(
		    inlining->arena, "%s:%s", domain_of(function->domain), text_of(function->name));

		if (!key || !qs_map_set(&inlining->functions, key, i))
			inlining->nomem = true;
		list_defaults(inlining, i);
	}
	for (size_t i = 0; i < proto->n_functions && !inlining->impossible; i++)
		inlining->impossible = !is_same_language(inlining, proto->functions[i]);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* A name that nothing has, of what is in a call. */
static char *new_name(struct inlining *inlining, const struct call *call, const char *name)
{
	char *made = qs_names_make(&inlining->names, inlining->arena,
	    qs_arena_printf(inlining->arena, "%s/%s", call->prefix, name));

	if (!made)
		inlining->nomem = true;
	return made;
}

/* Lets a name of the function mean another one from here on. */
static void rename_to(struct inlining *inlining, struct call *call, const char *name, char *now)
{
	if (call->n_now == call->now_capacity) {
		const size_t capacity = call->now_capacity ? 2 * call->now_capacity : 64;
		char **larger = realloc(call->now, capacity * sizeof(*larger));

		if (!larger) {
			inlining->nomem = true;
			return;
		}
		call->now = larger;
		call->now_capacity = capacity;
	}
	call->now[call->n_now] = now;
	if (!qs_map_set(call->renamed, name, call->n_now++))
		inlining->nomem = true;
}

static char *name_now(struct inlining *inlining, struct call *call, char *name)
{
	size_t index;

	if (!call->function || !name || !*name)
		return name;
	index = qs_map_get(call->renamed, name);
	if (index == QS_MAP_NONE) {
		index = call->n_now;
		rename_to(inlining, call, name, new_name(inlining, call, name));
	}
	return inlining->nomem ? name : call->now[index];
}

/* ---- copies ---------------------------------------------------------------------------------- */

static Onnx__GraphProto *copy_graph(
    struct inlining *inlining, struct call *call, const Onnx__GraphProto *graph);

/* What an attribute of a node in a function is in the call; NULL where it has none. */
static const Onnx__AttributeProto *resolve(
    const struct call *call, const Onnx__AttributeProto *attribute)
{
	const Onnx__AttributeProto *found;
	size_t index;

	if (!call->function || !attribute->ref_attr_name || !*attribute->ref_attr_name)
		return attribute;
	found = qs_attribute(call->node, attribute->ref_attr_name);
	if (found)
		return found;
	index = qs_map_get(&call->defaults->by_name, attribute->ref_attr_name);
	return index == QS_MAP_NONE ? NULL : call->defaults->items[index];
}

static Onnx__TensorProto *copy_tensor(struct inlining *inlining, const Onnx__TensorProto *tensor)
{
	Onnx__TensorProto *copy = take(inlining, 1, sizeof(*copy));

	if (copy)
		*copy = *tensor;
	return copy;
}

/* An attribute under a name; what it points to is nobody else's to change. */
static Onnx__AttributeProto *copy_attribute(
    struct inlining *inlining, struct call *call, const Onnx__AttributeProto *attribute, char *name)
{
	Onnx__AttributeProto *copy = take(inlining, 1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *attribute;
	copy->name = name;
	copy->ref_attr_name = NULL;
	if (copy->t)
		copy->t = copy_tensor(inlining, copy->t);
	if (copy->g)
		copy->g = copy_graph(inlining, call, copy->g);
	if (copy->n_graphs) {
		copy->graphs = take(inlining, copy->n_graphs, sizeof(*copy->graphs));
		for (size_t i = 0; i < copy->n_graphs && !inlining->nomem; i++)
			copy->graphs[i] = copy_graph(inlining, call, attribute->graphs[i]);
	}
	return copy;
}

static void copy_attributes(struct inlining *inlining, struct call *call,
    const Onnx__NodeProto *node, Onnx__NodeProto *copy)
{
	copy->attribute = take(inlining, node->n_attribute, sizeof(*copy->attribute));
	copy->n_attribute = 0;
	for (size_t i = 0; i < node->n_attribute && !inlining->nomem; i++) {
		const Onnx__AttributeProto *found = resolve(call, node->attribute[i]);

		if (found)
			copy->attribute[copy->n_attribute++] =
			    copy_attribute(inlining, call, found, node->attribute[i]->name);
	}
}

static char **copy_names(struct inlining *inlining, struct call *call, char *const *names, size_t n)
{
	char **copy = take(inlining, n, sizeof(*copy));

	for (size_t i = 0; copy && i < n; i++)
		copy[i] = name_now(inlining, call, names[i]);
	return copy;
}

static Onnx__NodeProto *copy_node(
    struct inlining *inlining, struct call *call, const Onnx__NodeProto *node)
{
	Onnx__NodeProto *copy = take(inlining, 1, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *node;
	copy->input = copy_names(inlining, call, node->input, node->n_input);
	copy->output = copy_names(inlining, call, node->output, node->n_output);
	if (call->function && node->name && *node->name)
		copy->name = new_name(inlining, call, node->name);
	copy_attributes(inlining, call, node, copy);
	return copy;
}

/* ---- calls ----------------------------------------------------------------------------------- */

static void add_node(struct inlining *inlining, struct nodes *nodes, Onnx__NodeProto *node)
{
	if (nodes->n == nodes->capacity) {
		const size_t capacity = nodes->capacity ? 2 * nodes->capacity : 64;
		Onnx__NodeProto **larger = realloc(nodes->items, capacity * sizeof(node));

		if (!larger) {
			inlining->nomem = true;
			return;
		}
		nodes->items = larger;
		nodes->capacity = capacity;
	}
	nodes->items[nodes->n++] = node;
	inlining->impossible = inlining->impossible || ++inlining->n_nodes > NODES_LIMIT;
}

static void expand(
    struct inlining *inlining, struct call *call, Onnx__NodeProto *node, struct nodes *nodes);

/* Binds what a function calls its inputs and outputs to what the call has. */
static void bind(struct inlining *inlining, struct call *call)
{
	static char nothing[] = "";
	const Onnx__FunctionProto *function = call->function;

	for (size_t i = 0; i < function->n_input; i++)
		rename_to(inlining, call, function->input[i],
		    i < call->node->n_input ? call->node->input[i] : nothing);
	for (size_t i = 0; i < function->n_output; i++) {
		/* An output that is an input is passed on. */
		if (i < call->node->n_output && *call->node->output[i] &&
		    qs_map_get(call->renamed, function->output[i]) == QS_MAP_NONE)
			rename_to(inlining, call, function->output[i], call->node->output[i]);
	}
}

/* What a function gives has to be given by a node: an input that is an output is passed on. */
static void pass_on_inputs(struct inlining *inlining, struct call *call, struct nodes *nodes)
{
	const Onnx__FunctionProto *function = call->function;
	struct qs_map inputs = QS_MAP_INIT;

	for (size_t i = 0; i < function->n_input; i++) {
		if (!qs_map_set(&inputs, function->input[i], i))
			inlining->nomem = true;
	}
	for (size_t i = 0; i < function->n_output && i < call->node->n_output; i++) {
		const size_t input = qs_map_get(&inputs, function->output[i]);
		Onnx__NodeProto *node;

		if (input == QS_MAP_NONE || input >= call->node->n_input || !*call->node->output[i])
			continue;
		node = take(inlining, 1, sizeof(*node));
		if (!node)
			break;
		onnx__node_proto__init(node);
		node->op_type = "Identity";
		node->input = &call->node->input[input];
		node->output = &call->node->output[i];
		node->n_input = node->n_output = 1;
		add_node(inlining, nodes, node);
	}
	qs_map_done(&inputs);
}

static void call_function(struct inlining *inlining, const struct call *outer,
    const Onnx__NodeProto *node, size_t index, struct nodes *nodes)
{
	const Onnx__FunctionProto *function = inlining->model->proto->functions[index];
	struct qs_map renamed = QS_MAP_INIT;
	struct call call = {.depth = outer->depth + 1,
	    .function = function,
	    .defaults = &inlining->defaults[index],
	    .node = node,
	    .prefix = node->name && *node->name ? node->name : text_of(node->op_type),
	    .renamed = &renamed};

	inlining->impossible =
	    inlining->impossible || call.depth > DEPTH_LIMIT || ++inlining->n_calls > NODES_LIMIT;
	if (!inlining->impossible)
		bind(inlining, &call);
	for (size_t i = 0; i < function->n_node && !inlining->impossible && !inlining->nomem; i++) {
		Onnx__NodeProto *copy = copy_node(inlining, &call, function->node[i]);

		if (copy)
			expand(inlining, &call, copy, nodes);
	}
	if (!inlining->impossible)
		pass_on_inputs(inlining, &call, nodes);
	qs_map_done(&renamed);
	free(call.now);
}

/* Adds a node, or what it calls. */
static void expand(
    struct inlining *inlining, struct call *call, Onnx__NodeProto *node, struct nodes *nodes)
{
	const size_t index = find_function(inlining, node);

	if (index == QS_MAP_NONE)
		add_node(inlining, nodes, node);
	else
		call_function(inlining, call, node, index, nodes);
}

/* The nodes of a graph with what they call in their place, in the memory of the model. */
static void expand_nodes(struct inlining *inlining, struct call *call, Onnx__GraphProto *graph)
{
	struct nodes nodes = {NULL, 0, 0};
	Onnx__NodeProto **kept;

	for (size_t i = 0; i < graph->n_node && !inlining->nomem && !inlining->impossible; i++) {
		Onnx__NodeProto *copy = copy_node(inlining, call, graph->node[i]);

		if (copy)
			expand(inlining, call, copy, &nodes);
	}
	kept = take(inlining, nodes.n, sizeof(*kept));
	if (kept && nodes.n)
		memcpy(kept, nodes.items, nodes.n * sizeof(*kept));
	free(nodes.items);
	graph->node = kept;
	graph->n_node = nodes.n;
}

/* The tensors that a subgraph of a function defines have other names in each call. */
static void copy_infos(
    struct inlining *inlining, struct call *call, Onnx__ValueInfoProto ***infos, size_t n)
{
	Onnx__ValueInfoProto **copies = take(inlining, n, sizeof(*copies));

	for (size_t i = 0; copies && i < n; i++) {
		copies[i] = take(inlining, 1, sizeof(**copies));
		if (!copies[i])
			return;
		*copies[i] = *(*infos)[i];
		copies[i]->name = name_now(inlining, call, copies[i]->name);
	}
	*infos = copies;
}

static Onnx__GraphProto *copy_graph(
    struct inlining *inlining, struct call *call, const Onnx__GraphProto *graph)
{
	Onnx__GraphProto *copy = take(inlining, 1, sizeof(*copy));
	Onnx__TensorProto **tensors = take(inlining, graph->n_initializer, sizeof(*tensors));

	if (!copy || !tensors)
		return copy;
	*copy = *graph;
	for (size_t i = 0; i < graph->n_initializer && !inlining->nomem; i++) {
		tensors[i] = copy_tensor(inlining, graph->initializer[i]);
		if (tensors[i])
			tensors[i]->name = name_now(inlining, call, tensors[i]->name);
	}
	copy->initializer = tensors;
	copy_infos(inlining, call, &copy->input, copy->n_input);
	copy_infos(inlining, call, &copy->value_info, copy->n_value_info);
	copy_infos(inlining, call, &copy->output, copy->n_output);
	expand_nodes(inlining, call, copy);
	return copy;
}

/* ---- a model --------------------------------------------------------------------------------- */

enum qs_status qs_functions_inline(struct qs_model *model, size_t *ret_n)
{
	struct inlining inlining = {.model = model,
	    .arena = &model->arena,
	    .functions = QS_MAP_INIT,
	    .names = QS_NAMES_INIT};
	struct call graph = {.function = NULL};
	Onnx__GraphProto *expanded = NULL;

	*ret_n = 0;
	if (!model->proto->n_functions)
		return QS_OK;
	list_functions(&inlining);
	if (!qs_names_take_graph(&inlining.names, model->proto->graph))
		inlining.nomem = true;
	if (!inlining.nomem && !inlining.impossible)
		expanded = copy_graph(&inlining, &graph, model->proto->graph);
	for (size_t i = 0; inlining.defaults && i < model->proto->n_functions; i++)
		qs_map_done(&inlining.defaults[i].by_name);
	qs_map_done(&inlining.functions);
	qs_names_done(&inlining.names);
	if (inlining.nomem)
		return QS_NOMEM;
	if (inlining.impossible)
		return QS_OK;
	model->proto->graph = expanded;
	model->proto->n_functions = 0;
	*ret_n = inlining.n_calls;
	return QS_OK;
}
