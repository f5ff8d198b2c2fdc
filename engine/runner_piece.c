/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a piece of a graph a model of its own.
 *
 * The model borrows nodes and initializers; nodes that read what a site gives are copied with other
 * names for that. What depends on constants only is computed within the piece.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/constant.h"
#include "numbers/cpu.h"
#include "numbers/registry.h"
#include "engine/runner_making.h"
#include "model/regions.h"
#include "model/session.h"

/* Threads of a piece when there are several pieces. */
#define PIECE_THREADS 4

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

void qs_making_push(struct qs_making *making, struct qs_list *list, void *pointer)
{
	if (list->n == list->capacity) {
		const size_t capacity = list->capacity ? list->capacity * 2 : 16;
		void **larger = realloc(list->items, capacity * sizeof(*larger));

		if (!larger) {
			making->status = QS_NOMEM;
			return;
		}
		list->items = larger;
		list->capacity = capacity;
	}
	list->items[list->n++] = pointer;
}

void *qs_making_take(struct qs_making *making, size_t size)
{
	void *memory = qs_arena_alloc(&making->arena, size);

	if (!memory)
		making->status = QS_NOMEM;
	return memory;
}

/* Whether a name is new in the piece. */
static bool is_new(struct qs_making *making, struct qs_map *map, const char *name)
{
	if (qs_map_get(map, name) != QS_MAP_NONE)
		return false;
	if (!qs_map_set(map, name, 0))
		making->status = QS_NOMEM;
	return true;
}

/* The name of what a site gives: one that the graph does not have. */
static char *name_site(struct qs_making *making, struct qs_arena *arena, size_t site)
{
	char *name = qs_arena_printf(arena, "#%zu", site);

	while (name && qs_graph_find(making->graph, name) != QS_NONE)
		name = qs_arena_printf(arena, "#%s", name);
	if (!name)
		making->status = QS_NOMEM;
	return name;
}

/* ---- constants ------------------------------------------------------------------------------- */

static void add_tensor(
    struct qs_making *making, const struct qs_site *site, char *name, float *values, size_t n)
{
	const Onnx__TensorProto *constant = making->graph->values[site->value].constant;
	Onnx__TensorProto *tensor = qs_making_take(making, sizeof(*tensor));

	qs_making_push(making, &making->buffers, values);
	if (!tensor)
		return;
	onnx__tensor_proto__init(tensor);
	tensor->name = name;
	tensor->has_data_type = true;
	tensor->data_type = FLOAT;
	tensor->n_dims = constant->n_dims;
	tensor->dims = constant->dims;
	tensor->has_raw_data = true;
	tensor->raw_data = (ProtobufCBinaryData){n * sizeof(float), (uint8_t *)values};
	qs_making_push(making, &making->initializers, tensor);
}

/* A constant as its site has it; as it is, where its scales are not known yet. */
static void add_constant_site(struct qs_making *making, size_t index, char *name)
{
	const struct qs_site *site = &making->formats->sites[index];
	float *values;
	size_t n;

	making->status = qs_constant_fake(
	    making->formats, making->runner->registry, site, making->findings, &values, &n);
	if (making->status == QS_OK)
		add_tensor(making, site, name, values, n);
}

/* ---- what a piece reads ---------------------------------------------------------------------- */

static void add_input(struct qs_making *making, struct qs_source_of *source)
{
	const struct qs_blob *blob = qs_runner_blob(making->runner, source);
	Onnx__ValueInfoProto *info = qs_making_take(making, sizeof(*info));
	Onnx__TypeProto *type = qs_making_take(making, sizeof(*type));
	Onnx__TypeProto__Tensor *tensor = qs_making_take(making, sizeof(*tensor));
	Onnx__TensorShapeProto *shape = qs_making_take(making, sizeof(*shape));
	Onnx__TensorShapeProto__Dimension **dims =
	    qs_arena_array(&making->arena, blob->n_dims + 1, sizeof(*dims));

	if (!info || !type || !tensor || !shape || !dims) {
		making->status = QS_NOMEM;
		return;
	}
	onnx__value_info_proto__init(info);
	onnx__type_proto__init(type);
	onnx__type_proto__tensor__init(tensor);
	onnx__tensor_shape_proto__init(shape);
	/* Batches may be of different sizes. */
	for (size_t i = 0; i < blob->n_dims && making->status == QS_OK; i++) {
		dims[i] = qs_making_take(making, sizeof(**dims));
		if (dims[i])
			onnx__tensor_shape_proto__dimension__init(dims[i]);
	}
	shape->n_dim = blob->n_dims;
	shape->dim = dims;
	tensor->has_elem_type = true;
	tensor->elem_type = blob->element_type;
	tensor->shape = shape;
	type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	type->tensor_type = tensor;
	info->name = (char *)source->name;
	info->type = type;
	qs_making_push(making, &making->inputs, info);
}

static void add_source(struct qs_making *making, size_t value, size_t site, const char *name)
{
	struct qs_source_of *source = qs_arena_alloc(&making->item->arena, sizeof(*source));

	if (!source) {
		making->status = QS_NOMEM;
		return;
	}
	*source = (struct qs_source_of){value, site, name};
	qs_making_push(making, &making->sources, source);
	add_input(making, source);
}

/* Adds a node to a list of the piece's, unless it is there; `kind` tells the lists apart. */
void qs_making_add_node(
    struct qs_making *making, struct qs_list *list, const char *kind, size_t node)
{
	char *key = qs_arena_printf(&making->arena, "%s%zu", kind, node);

	if (!key)
		making->status = QS_NOMEM;
	else if (is_new(making, &making->nodes, key))
		qs_making_push(making, list, &making->graph->nodes[node]);
}

static void add_member(struct qs_making *making, size_t node)
{
	qs_making_add_node(making, &making->members, "", node);
}

/* A read of a tensor under its own name. */
void qs_making_add_read(struct qs_making *making, size_t index)
{
	const struct qs_value *value = &making->graph->values[index];

	if (value->producer != QS_NONE && value->is_static) {
		add_member(making, value->producer);
		return;
	}
	if (value->producer != QS_NONE &&
	    making->runner->pieces.piece_of_node[value->producer] == making->piece)
		return;
	if (!is_new(making, &making->tensors, value->name))
		return;
	if (value->is_initializer && value->constant)
		qs_making_push(making, &making->initializers, value->constant);
	else if (value->producer != QS_NONE || value->is_input)
		add_source(making, index, QS_NONE, value->name);
}

/* Whether a bias changes from run to run. */
static bool is_corrected(const struct qs_making *making, size_t site)
{
	const struct qs_correct *correct = making->runner->correct;

	return correct && correct->of_site[site] != QS_NONE;
}

/* A read of what a site gives; the name that the node reads. */
static char *add_site_read(struct qs_making *making, size_t index)
{
	struct qs_site *site = &making->runner->plan->sites[index];
	const bool is_baked = site->is_constant && !is_corrected(making, index);
	char *name = name_site(making, &making->item->arena, index);

	if (!name || !is_new(making, &making->tensors, name))
		return name;
	if (is_baked)
		qs_making_push(making, &making->constants, site);
	if (!is_baked)
		add_source(making, site->value, index, name);
	else if (!making->is_on || making->is_on[index])
		add_constant_site(making, index, name);
	return name;
}

/* Whether a node reads a constant under its own name, though it has a site. */
static bool is_off(const struct qs_making *making, size_t site)
{
	return making->is_on && making->runner->plan->sites[site].is_constant &&
	       !making->is_on[site] && !is_corrected(making, site);
}

/* The node with the names that it reads in this piece. */
static Onnx__NodeProto *add_reads(struct qs_making *making, const struct qs_node *node)
{
	const size_t index = (size_t)(node - making->graph->nodes);
	Onnx__NodeProto *copy = node->proto;

	for (size_t i = 0; i < qs_node_n_reads(node) && making->status == QS_OK; i++) {
		const size_t site = qs_pieces_site_of_read(&making->runner->pieces, index, i);
		char *read_name;

		if (node->inputs[i] == QS_NONE)
			continue;
		if (site == QS_NONE) {
			qs_making_add_read(making, node->inputs[i]);
			continue;
		}
		if (copy == node->proto) {
			copy = qs_making_take(making, sizeof(*copy));
			if (!copy)
				break;
			*copy = *node->proto;
			copy->input =
			    qs_making_take(making, (copy->n_input + 1) * sizeof(*copy->input));
			if (!copy->input)
				break;
			memcpy(
			    copy->input, node->proto->input, copy->n_input * sizeof(*copy->input));
		}
		read_name = add_site_read(making, site);
		if (is_off(making, site))
			qs_making_add_read(making, node->inputs[i]);
		else
			copy->input[i] = read_name;
	}
	return copy;
}

/* ---- what it gives --------------------------------------------------------------------------- */

static void add_results(struct qs_making *making, const struct qs_node *node)
{
	struct qs_piece *item = making->item;

	for (size_t i = 0; i < node->proto->n_output; i++) {
		const struct qs_value *value =
		    node->outputs[i] == QS_NONE ? NULL : &making->graph->values[node->outputs[i]];
		Onnx__ValueInfoProto *info;

		if (!value || value->is_static ||
		    !qs_pieces_gives(&making->runner->pieces, making->piece, value))
			continue;
		info = qs_making_take(making, sizeof(*info));
		if (!info)
			return;
		onnx__value_info_proto__init(info);
		info->name = (char *)value->name;
		qs_making_push(making, &making->outputs, info);
		item->results[item->n_results] = node->outputs[i];
		item->result_names[item->n_results++] = value->name;
	}
}

static size_t count_outputs(const struct qs_making *making, size_t first, size_t end)
{
	const size_t *nodes = making->runner->pieces.nodes;
	size_t n = 0;

	for (size_t i = first; i < end; i++)
		n += making->graph->nodes[nodes[i]].proto->n_output;
	return n;
}

/* ---- the model ------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const size_t x = (*(struct qs_making_node *const *)a)->position;
	const size_t y = (*(struct qs_making_node *const *)b)->position;

	return x < y ? -1 : x > y;
}

/* Adds a node of the piece, at the position in the graph of the one that it is or was. */
void qs_making_place(struct qs_making *making, const struct qs_node *node, Onnx__NodeProto *proto)
{
	struct qs_making_node *placed = qs_making_take(making, sizeof(*placed));

	if (!placed)
		return;
	*placed = (struct qs_making_node){
	    making->runner->pieces.position[node - making->graph->nodes], proto};
	qs_making_push(making, &making->placed, placed);
}

/* Room for what the nodes of a piece and their twins give. */
static void make_room(struct qs_making *making, size_t n_outputs)
{
	struct qs_piece *item = making->item;

	item->results = qs_arena_array(&item->arena, n_outputs + 1, sizeof(size_t));
	item->twins = qs_arena_array(&item->arena, n_outputs + 1, sizeof(size_t));
	item->result_names = qs_arena_array(&item->arena, 2 * n_outputs + 1, sizeof(char *));
	if (!item->results || !item->twins || !item->result_names)
		making->status = QS_NOMEM;
}

/* Collects nodes and what they read: nodes of constants join behind the others and are then brought
 * in order. */
static Onnx__NodeProto **collect(struct qs_making *making)
{
	const struct qs_pieces *pieces = &making->runner->pieces;
	const size_t first = pieces->first[making->piece], end = pieces->first[making->piece + 1];
	Onnx__NodeProto **nodes;

	make_room(making, count_outputs(making, first, end));
	for (size_t i = first; i < end && making->status == QS_OK; i++) {
		add_member(making, pieces->nodes[i]);
		add_results(making, &making->graph->nodes[pieces->nodes[i]]);
	}
	qs_making_add_twins(making, first, end);
	for (size_t i = 0; i < making->members.n && making->status == QS_OK; i++) {
		const struct qs_node *node = making->members.items[i];

		qs_making_place(making, node, add_reads(making, node));
	}
	nodes = making->status == QS_OK
	            ? qs_making_take(making, (making->placed.n + 1) * sizeof(*nodes))
	            : NULL;
	if (nodes && making->placed.n)
		qsort(
		    making->placed.items, making->placed.n, sizeof(*making->placed.items), compare);
	for (size_t i = 0; nodes && i < making->placed.n; i++)
		nodes[i] = ((struct qs_making_node *)making->placed.items[i])->proto;
	return nodes;
}

/* Every session has threads of its own, which wait where nothing is to be done. */
static int count_threads(const struct qs_runner *runner)
{
	const size_t asked = qs_registry_threads(runner->registry);
	const size_t wanted = asked ? asked : qs_cpu_count();

	if (runner->n_threads)
		return runner->n_threads;
	return (int)(runner->pieces.n > 1 && wanted > PIECE_THREADS ? PIECE_THREADS : wanted);
}

/* Whether a body has to be put back into its operator. */
static bool has_body(const struct qs_making *making, Onnx__NodeProto *const *nodes)
{
	size_t i = 0;

	while (i < making->placed.n && !qs_region_is_leave(nodes[i]))
		i++;
	return i < making->placed.n;
}

static void open_session(struct qs_making *making, Onnx__NodeProto **nodes)
{
	const struct qs_session_options options = {count_threads(making->runner), true};
	struct qs_model model = *making->graph->model;
	Onnx__ModelProto proto = *model.proto;
	struct qs_regions regions;
	Onnx__GraphProto graph;

	onnx__graph_proto__init(&graph);
	graph.name = "piece";
	graph.n_node = making->placed.n;
	graph.node = nodes;
	graph.n_initializer = making->initializers.n;
	graph.initializer = (Onnx__TensorProto **)making->initializers.items;
	graph.n_sparse_initializer = making->graph->proto->n_sparse_initializer;
	graph.sparse_initializer = making->graph->proto->sparse_initializer;
	graph.n_input = making->inputs.n;
	graph.input = (Onnx__ValueInfoProto **)making->inputs.items;
	graph.n_output = making->outputs.n;
	graph.output = (Onnx__ValueInfoProto **)making->outputs.items;
	proto.graph = &graph;
	model.proto = &proto;
	model.regions = NULL;
	if (has_body(making, nodes)) {
		regions = *making->graph->model->regions;
		regions.root = making->runner->pieces.region_of_piece[making->piece];
		model.regions = &regions;
	}
	making->status = qs_session_open(
	    making->runner->runtime, &model, &options, making->findings, &making->item->session);
}

static void take_sources(struct qs_making *making)
{
	struct qs_piece *item = making->item;

	item->sources = qs_arena_array(&item->arena, making->sources.n + 1, sizeof(*item->sources));
	if (!item->sources) {
		making->status = QS_NOMEM;
		return;
	}
	for (size_t i = 0; i < making->sources.n; i++)
		item->sources[i] = *(struct qs_source_of *)making->sources.items[i];
	item->n_sources = making->sources.n;
}

static void take_constants(struct qs_making *making)
{
	struct qs_piece *item = making->item;

	item->constants =
	    qs_arena_array(&item->arena, making->constants.n + 1, sizeof(*item->constants));
	if (!item->constants) {
		making->status = QS_NOMEM;
		return;
	}
	for (size_t i = 0; i < making->constants.n; i++)
		item->constants[i] = (size_t)((struct qs_site *)making->constants.items[i] -
					      making->runner->plan->sites);
	item->n_constants = making->constants.n;
}

static void release(struct qs_making *making)
{
	for (size_t i = 0; i < making->buffers.n; i++)
		free(making->buffers.items[i]);
	free(making->members.items);
	free(making->initializers.items);
	free(making->inputs.items);
	free(making->outputs.items);
	free(making->buffers.items);
	free(making->sources.items);
	free(making->constants.items);
	free(making->placed.items);
	free(making->twin.items);
	qs_map_done(&making->nodes);
	qs_map_done(&making->tensors);
	qs_arena_done(&making->arena);
}

enum qs_status qs_runner_piece_init(struct qs_runner *runner, size_t piece,
    const struct qs_plan *formats, const bool *is_on, struct qs_findings *findings,
    struct qs_piece *item)
{
	struct qs_making making = {.runner = runner,
	    .item = item,
	    .piece = piece,
	    .formats = formats,
	    .is_on = is_on,
	    .findings = findings,
	    .graph = runner->plan->layers->graph,
	    .status = QS_OK};
	Onnx__NodeProto **nodes = collect(&making);

	if (making.status == QS_OK)
		take_sources(&making);
	if (making.status == QS_OK)
		take_constants(&making);
	if (making.status == QS_OK && item->n_results)
		open_session(&making, nodes);
	release(&making);
	item->is_ready = making.status == QS_OK;
	return making.status;
}

void qs_runner_piece_done(struct qs_piece *item)
{
	qs_session_free(item->session);
	qs_arena_done(&item->arena);
}
