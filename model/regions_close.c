/* SPDX-License-Identifier: Apache-2.0 */
/* Puts branches and bodies back into their If, Loop or Scan. */
#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "model/regions.h"
#include "model/tensor.h"

struct closing {
	const struct qs_regions *regions;
	const Onnx__GraphProto *graph; /* with all branches open */
	struct qs_arena *arena;
	struct qs_map producer; /* of a tensor: its node */
	struct qs_map constant; /* its region */
	struct qs_map given;    /* what branches give */
	size_t *region_of_node, *region_of_constant;
	size_t *enter;             /* by region of a body: the node in front of it */
	Onnx__GraphProto **bodies; /* by region */
	bool nomem;
};

static void *take(struct closing *closing, size_t n, size_t size)
{
	void *memory = closing->nomem ? NULL : qs_arena_array(closing->arena, n + 1, size);

	if (!memory)
		closing->nomem = true;
	return memory;
}

static void note(struct closing *closing, struct qs_map *map, const char *name, size_t value)
{
	if (name && *name && !qs_map_set(map, name, value))
		closing->nomem = true;
}

/* ---- regions --------------------------------------------------------------------------------- */

static size_t depth_of(const struct closing *closing, size_t region)
{
	size_t depth = 0;

	for (; region; region = closing->regions->items[region].parent)
		depth++;
	return depth;
}

static bool is_within(const struct closing *closing, size_t region, size_t outer)
{
	while (region && region != outer)
		region = closing->regions->items[region].parent;
	return region == outer;
}

/* A region as seen from what is closed: what is around that is that itself. */
static size_t seen(const struct closing *closing, size_t region)
{
	const struct qs_regions *regions = closing->regions;

	return region < regions->n && is_within(closing, region, regions->root) ? region
	                                                                        : regions->root;
}

/* The innermost region that holds both; QS_REGION_NONE is in all of them. */
static size_t common_region(const struct closing *closing, size_t a, size_t b)
{
	const struct qs_region *items = closing->regions->items;

	if (a == QS_REGION_NONE || b == QS_REGION_NONE)
		return a == QS_REGION_NONE ? b : a;
	for (size_t i = depth_of(closing, a), n = depth_of(closing, b); i > n; i--)
		a = items[a].parent;
	for (size_t i = depth_of(closing, b), n = depth_of(closing, a); i > n; i--)
		b = items[b].parent;
	while (a != b) {
		a = items[a].parent;
		b = items[b].parent;
	}
	return a;
}

/* Nodes or constants whose regions are sought, by what names them. */
struct sought {
	const struct qs_map *index; /* of a tensor: what it is of */
	size_t *found;              /* the innermost region that holds all who read it */
};

static void note_reader(
    struct closing *closing, const struct sought *sought, const char *name, size_t region)
{
	const size_t index = qs_map_get(sought->index, name);

	if (index != QS_MAP_NONE)
		sought->found[index] = common_region(closing, sought->found[index], region);
}

static void note_inner(struct closing *closing, const struct sought *sought,
    const Onnx__NodeProto *node, size_t region);

static void note_body(struct closing *closing, const struct sought *sought,
    const Onnx__GraphProto *body, size_t region)
{
	for (size_t i = 0; body && i < body->n_node; i++) {
		for (size_t j = 0; j < body->node[i]->n_input; j++)
			note_reader(closing, sought, body->node[i]->input[j], region);
		note_inner(closing, sought, body->node[i], region);
	}
	for (size_t i = 0; body && i < body->n_output; i++) {
		if (body->output[i]->name)
			note_reader(closing, sought, body->output[i]->name, region);
	}
}

/* What subgraphs read that are not open is read where these are. */
static void note_inner(struct closing *closing, const struct sought *sought,
    const Onnx__NodeProto *node, size_t region)
{
	for (size_t i = 0; i < node->n_attribute; i++) {
		note_body(closing, sought, node->attribute[i]->g, region);
		for (size_t j = 0; j < node->attribute[i]->n_graphs; j++)
			note_body(closing, sought, node->attribute[i]->graphs[j], region);
	}
}

static void note_outputs(struct closing *closing, const struct sought *sought)
{
	const Onnx__GraphProto *graph = closing->graph;

	for (size_t i = 0; i < graph->n_output; i++) {
		if (graph->output[i]->name)
			note_reader(
			    closing, sought, graph->output[i]->name, closing->regions->root);
	}
}

static size_t region_of_read(const Onnx__NodeProto *node, size_t input, size_t region)
{
	if (qs_region_is_leave(node))
		return qs_region_of_branch(node, 0);
	if (!qs_region_is_if(node) || input == QS_REGION_CONDITION)
		return region;
	return qs_region_of_branch(node, (input - 1) / node->n_output);
}

/* The region of what a node gives, when its readers are known: what is in front of a body gives it
 * in the body. */
static size_t region_of_outputs(
    const struct closing *closing, const Onnx__NodeProto *node, size_t said, size_t read)
{
	if (qs_region_is_enter(node))
		return qs_region_of_branch(node, 0);
	if (said == QS_REGION_NONE)
		return read == QS_REGION_NONE ? closing->regions->root : read;
	return seen(closing, said);
}

/* The region of the graph that defines a tensor; the root for what it takes. */
static size_t region_of_name(const struct closing *closing, const char *name)
{
	const size_t node = name ? qs_map_get(&closing->producer, name) : QS_MAP_NONE;
	const size_t region = name ? qs_map_get(&closing->constant, name) : QS_MAP_NONE;

	if (node != QS_MAP_NONE)
		return closing->region_of_node[node];
	return region == QS_MAP_NONE ? closing->regions->root : region;
}

/* Takes a node that was added out of bodies that it reads nothing from. */
static size_t out_of_bodies(
    const struct closing *closing, const Onnx__NodeProto *node, size_t region)
{
	const struct qs_region *items = closing->regions->items;

	while (region != closing->regions->root && items[region].branch == QS_REGION_BODY) {
		for (size_t i = 0; i < node->n_input; i++) {
			if (*node->input[i] &&
			    is_within(closing, region_of_name(closing, node->input[i]), region))
				return region;
		}
		region = items[region].parent;
	}
	return region;
}

/* What a node in a region reads. */
static void note_reads(struct closing *closing, const struct sought *sought,
    const Onnx__NodeProto *node, size_t region)
{
	for (size_t i = 0; i < node->n_input; i++)
		note_reader(closing, sought, node->input[i], region_of_read(node, i, region));
	note_inner(closing, sought, node, region);
}

/* Where a node stands whose outputs are in a region. */
static size_t region_of_reading(
    const struct closing *closing, const Onnx__NodeProto *node, size_t region)
{
	return qs_region_is_enter(node) ? seen(closing, qs_region_of_node(node)) : region;
}

/* Regions without end, to be narrowed down. */
static size_t *take_found(struct closing *closing, size_t n)
{
	size_t *found = take(closing, n, sizeof(*found));

	for (size_t i = 0; found && i < n; i++)
		found[i] = QS_REGION_NONE;
	return found;
}

/* Readers come behind what they read. */
static void find_regions(struct closing *closing)
{
	const Onnx__GraphProto *graph = closing->graph;
	const struct sought sought = {&closing->producer, take_found(closing, graph->n_node)};
	size_t *found = sought.found;

	closing->region_of_node = found;
	if (!found)
		return;
	note_outputs(closing, &sought);
	for (size_t i = graph->n_node; i-- > 0;) {
		const Onnx__NodeProto *node = graph->node[i];

		found[i] = region_of_outputs(closing, node, qs_region_of_node(node), found[i]);
		note_reads(closing, &sought, node, region_of_reading(closing, node, found[i]));
	}
	for (size_t i = 0; i < graph->n_node; i++) {
		if (qs_region_of_node(graph->node[i]) == QS_REGION_NONE)
			found[i] = out_of_bodies(closing, graph->node[i], found[i]);
	}
}

/* A constant that was added is where its readers are, as ONNX Runtime wants it for what it makes
 * one operator of. */
static void find_constants(struct closing *closing)
{
	const Onnx__GraphProto *graph = closing->graph;
	struct qs_map index = QS_MAP_INIT;
	const struct sought sought = {&index, take_found(closing, graph->n_initializer)};

	for (size_t i = 0; i < graph->n_initializer; i++)
		note(closing, &index, graph->initializer[i]->name, i);
	if (sought.found && !closing->nomem) {
		note_outputs(closing, &sought);
		for (size_t i = 0; i < graph->n_node; i++)
			note_reads(closing, &sought, graph->node[i],
			    region_of_reading(closing, graph->node[i], closing->region_of_node[i]));
	}
	qs_map_done(&index);
	closing->region_of_constant = sought.found;
}

/* ---- bodies ---------------------------------------------------------------------------------- */

static void make_bodies(struct closing *closing)
{
	const struct qs_regions *regions = closing->regions;

	closing->bodies = take(closing, regions->n, sizeof(*closing->bodies));
	for (size_t r = 0; r < regions->n && !closing->nomem; r++) {
		Onnx__GraphProto *body = take(closing, 1, sizeof(*body));

		if (!body)
			return;
		onnx__graph_proto__init(body);
		if (is_within(closing, r, regions->root))
			*body = r == regions->root ? *closing->graph : *regions->items[r].body;
		body->n_node = body->n_initializer = body->n_value_info = 0;
		body->node = NULL;
		body->initializer = NULL;
		body->value_info = NULL;
		closing->bodies[r] = body;
	}
}

/* The operator that a node stands for, with its branches or its body. */
static Onnx__NodeProto *restore_owner(struct closing *closing, const Onnx__NodeProto *node)
{
	Onnx__NodeProto *owner = take(closing, 1, sizeof(*owner));

	if (!owner)
		return NULL;
	*owner = *closing->regions->items[qs_region_of_branch(node, 0)].owner;
	if (qs_region_is_if(node)) {
		owner->input = node->input;
		owner->n_input = 1;
	} else {
		const size_t enter = closing->enter[qs_region_of_branch(node, 0)];

		owner->input = closing->graph->node[enter]->input;
	}
	owner->output = node->output;
	owner->attribute = take(closing, owner->n_attribute, sizeof(*owner->attribute));
	for (size_t i = 0; i < owner->n_attribute && !closing->nomem; i++) {
		Onnx__AttributeProto *attribute = take(closing, 1, sizeof(*attribute));
		const size_t first = qs_region_of_branch(node, 0);
		const Onnx__AttributeProto *before =
		    closing->regions->items[first].owner->attribute[i];

		if (!attribute)
			return NULL;
		*attribute = *before;
		for (size_t b = 0; b < 2; b++) {
			const size_t region = qs_region_of_branch(node, b);

			if (region != QS_REGION_NONE && before->g &&
			    before->g == closing->regions->items[region].body)
				attribute->g = closing->bodies[region];
		}
		owner->attribute[i] = attribute;
	}
	return owner;
}

static void add_node(struct closing *closing, Onnx__GraphProto *body, Onnx__NodeProto *node)
{
	if (!closing->nomem)
		body->node[body->n_node++] = node;
}

/* Room for as many as are counted for a region, and more. */
static void *make_room(struct closing *closing, const size_t *counts, size_t region, size_t more)
{
	return take(closing, counts[region] + more, sizeof(void *));
}

/* Gives every region its nodes, each without the word about its region. */
static void deal_nodes(struct closing *closing)
{
	const Onnx__GraphProto *graph = closing->graph;
	size_t *counts = take(closing, closing->regions->n, sizeof(*counts));

	for (size_t i = 0; counts && i < graph->n_node; i++)
		counts[closing->region_of_node[i]]++;
	for (size_t r = 0; r < closing->regions->n && !closing->nomem; r++)
		closing->bodies[r]->node =
		    make_room(closing, counts, r, closing->bodies[r]->n_output);
	for (size_t i = 0; i < graph->n_node && !closing->nomem; i++) {
		const bool is_stand_in = qs_region_is_stand_in(graph->node[i]);
		Onnx__NodeProto *copy;

		if (qs_region_is_enter(graph->node[i]))
			continue;
		copy = is_stand_in ? restore_owner(closing, graph->node[i])
		                   : take(closing, 1, sizeof(*copy));
		if (!copy)
			return;
		if (!is_stand_in)
			*copy = *graph->node[i];
		copy->doc_string = qs_region_untagged(copy->doc_string);
		add_node(closing, closing->bodies[closing->region_of_node[i]], copy);
	}
}

static size_t region_of_constant(const struct closing *closing, size_t index)
{
	const size_t said = qs_region_of_doc(closing->graph->initializer[index]->doc_string);
	const size_t read = closing->region_of_constant[index];

	return seen(closing, said == QS_REGION_NONE ? read : said);
}

/* Gives every region its constants. */
static void deal_constants(struct closing *closing)
{
	const Onnx__GraphProto *graph = closing->graph;
	size_t *counts = take(closing, closing->regions->n, sizeof(*counts));

	for (size_t i = 0; counts && i < graph->n_initializer; i++)
		counts[region_of_constant(closing, i)]++;
	for (size_t r = 0; r < closing->regions->n && !closing->nomem; r++)
		closing->bodies[r]->initializer = make_room(closing, counts, r, 0);
	for (size_t i = 0; i < graph->n_initializer && !closing->nomem; i++) {
		const size_t region = region_of_constant(closing, i);
		Onnx__GraphProto *body = closing->bodies[region];
		Onnx__TensorProto *tensor = graph->initializer[i];

		note(closing, &closing->constant, tensor->name, region);
		if (tensor->doc_string) {
			tensor = take(closing, 1, sizeof(*tensor));
			if (!tensor)
				return;
			*tensor = *graph->initializer[i];
			tensor->doc_string = qs_region_untagged(tensor->doc_string);
		}
		body->initializer[body->n_initializer++] = tensor;
	}
}

/* Whether a body takes a tensor, which is said by its inputs. */
static bool is_taken(const struct closing *closing, const char *name)
{
	const size_t node = name ? qs_map_get(&closing->producer, name) : QS_MAP_NONE;

	return node != QS_MAP_NONE && qs_region_is_enter(closing->graph->node[node]);
}

/* Gives every region what is known of its tensors; what a branch gives is said by its outputs. */
static void deal_infos(struct closing *closing)
{
	const Onnx__GraphProto *graph = closing->graph;
	size_t *counts = take(closing, closing->regions->n, sizeof(*counts));

	for (size_t i = 0; counts && i < graph->n_value_info; i++)
		counts[region_of_name(closing, graph->value_info[i]->name)]++;
	for (size_t r = 0; r < closing->regions->n && !closing->nomem; r++)
		closing->bodies[r]->value_info = make_room(closing, counts, r, 0);
	for (size_t i = 0; i < graph->n_value_info && !closing->nomem; i++) {
		const char *name = graph->value_info[i]->name;
		Onnx__GraphProto *body = closing->bodies[region_of_name(closing, name)];

		if (is_taken(closing, name) ||
		    (name && qs_map_get(&closing->given, name) != QS_MAP_NONE))
			continue;
		body->value_info[body->n_value_info++] = graph->value_info[i];
	}
}

/* ---- what branches give ---------------------------------------------------------------------- */

/* A branch has to define what it gives, once for each of its outputs. */
static char *pass_on(struct closing *closing, Onnx__GraphProto *body, size_t region, char *name)
{
	Onnx__NodeProto *node = take(closing, 1, sizeof(*node));
	char **names = take(closing, 2, sizeof(*names));

	if (!node || !names)
		return NULL;
	onnx__node_proto__init(node);
	node->op_type = "Identity";
	node->n_input = node->n_output = 1;
	node->input = names;
	node->output = names + 1;
	names[0] = name;
	for (size_t i = 0;
	     !i || (names[1] && (qs_map_get(&closing->producer, names[1]) != QS_MAP_NONE ||
				    qs_map_get(&closing->constant, names[1]) != QS_MAP_NONE));
	     i++)
		names[1] = qs_arena_printf(closing->arena, "%s_%zu_%zu", name, region, i);
	if (!names[1])
		closing->nomem = true;
	else
		note(closing, &closing->constant, names[1], region);
	add_node(closing, body, node);
	return names[1];
}

/* What a branch or body gives to the node behind it, from an input of that node on. */
static void give_outputs(
    struct closing *closing, const Onnx__NodeProto *node, size_t region, size_t first)
{
	Onnx__GraphProto *body = closing->bodies[region];
	Onnx__ValueInfoProto **before = body->output;

	body->output = take(closing, body->n_output, sizeof(*body->output));
	for (size_t i = 0; i < body->n_output && !closing->nomem; i++) {
		Onnx__ValueInfoProto *info = take(closing, 1, sizeof(*info));
		char *name = node->input[first + i];

		if (!info)
			return;
		if (region_of_name(closing, name) != region ||
		    qs_map_get(&closing->given, name) != QS_MAP_NONE)
			name = pass_on(closing, body, region, name);
		note(closing, &closing->given, name, region);
		*info = *before[i];
		info->name = name;
		body->output[i] = info;
	}
}

/* What a body takes has the names that the node in front of it gives. */
static void give_inputs(struct closing *closing, const Onnx__NodeProto *enter)
{
	Onnx__GraphProto *body = closing->bodies[qs_region_of_branch(enter, 0)];
	Onnx__ValueInfoProto **before = body->input;

	body->input = take(closing, body->n_input, sizeof(*body->input));
	for (size_t i = 0; i < body->n_input && !closing->nomem; i++) {
		Onnx__ValueInfoProto *info = take(closing, 1, sizeof(*info));

		if (!info)
			return;
		*info = *before[i];
		info->name = enter->output[1 + i];
		body->input[i] = info;
	}
}

/* What goes in and out of the regions of a node. */
static void give(struct closing *closing, const Onnx__NodeProto *node)
{
	if (qs_region_is_enter(node))
		give_inputs(closing, node);
	else if (qs_region_is_leave(node))
		give_outputs(closing, node, qs_region_of_branch(node, 0), 1);
	for (size_t b = 0; b < 2 && qs_region_is_if(node); b++)
		give_outputs(
		    closing, node, qs_region_of_branch(node, b), qs_region_input(node, b, 0));
}

static void find_enters(struct closing *closing)
{
	closing->enter = take(closing, closing->regions->n, sizeof(*closing->enter));
	for (size_t i = 0; i < closing->graph->n_node && !closing->nomem; i++) {
		const Onnx__NodeProto *node = closing->graph->node[i];

		if (qs_region_is_enter(node))
			closing->enter[qs_region_of_branch(node, 0)] = i;
	}
}

static void close_graph(struct closing *closing)
{
	const Onnx__GraphProto *graph = closing->graph;

	for (size_t i = 0; i < graph->n_node; i++) {
		for (size_t j = 0; j < graph->node[i]->n_output; j++)
			note(closing, &closing->producer, graph->node[i]->output[j], i);
	}
	find_regions(closing);
	if (!closing->nomem)
		find_constants(closing);
	find_enters(closing);
	if (!closing->nomem)
		make_bodies(closing);
	if (!closing->nomem)
		deal_nodes(closing);
	if (!closing->nomem)
		deal_constants(closing);
	for (size_t i = 0; i < graph->n_node && !closing->nomem; i++)
		give(closing, graph->node[i]);
	if (!closing->nomem)
		deal_infos(closing);
}

Onnx__GraphProto *qs_regions_close(const struct qs_model *model, struct qs_arena *arena)
{
	struct closing closing = {.regions = model->regions,
	    .graph = model->proto->graph,
	    .arena = arena,
	    .producer = QS_MAP_INIT,
	    .constant = QS_MAP_INIT,
	    .given = QS_MAP_INIT};

	if (!model->regions)
		return model->proto->graph;
	close_graph(&closing);
	qs_map_done(&closing.producer);
	qs_map_done(&closing.constant);
	qs_map_done(&closing.given);
	return closing.nomem ? NULL : closing.bodies[model->regions->root];
}
