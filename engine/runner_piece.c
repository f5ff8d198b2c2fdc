/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a piece of a graph a model of its own.
 *
 * The model borrows nodes and initializers; nodes that read what a site gives are copied with other
 * names for that. What depends on constants only is computed within the piece.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/array.h"
#include "engine/calibrate.h"
#include "engine/cpu.h"
#include "engine/registry.h"
#include "engine/runner_internal.h"
#include "model/tensor.h"
#include "qstrata/numbers.h"

/* Threads of a piece when there are several pieces. */
#define PIECE_THREADS 4

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* A list of pointers or numbers that grows. */
struct list {
	void **items;
	size_t n, capacity;
};

/* A piece in the making. */
struct making {
	struct qs_runner *runner;
	struct qs_piece *item;
	size_t piece;
	const struct qs_graph *graph;
	struct qs_arena arena;        /* until the session is there */
	struct qs_map nodes, tensors; /* node labels are not unique: by position */
	struct list members;          /* struct qs_node */
	struct list initializers, inputs, outputs, buffers;
	struct list sources; /* struct qs_source_of */
	enum qs_status status;
};

static void push(struct making *making, struct list *list, void *pointer)
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

static void *take(struct making *making, size_t size)
{
	void *memory = qs_arena_alloc(&making->arena, size);

	if (!memory)
		making->status = QS_NOMEM;
	return memory;
}

/* Whether a name is new in the piece. */
static bool is_new(struct making *making, struct qs_map *map, const char *name)
{
	if (qs_map_get(map, name) != QS_MAP_NONE)
		return false;
	if (!qs_map_set(map, name, 0))
		making->status = QS_NOMEM;
	return true;
}

/* The name of what a site gives: one that the graph does not have. */
static char *name_site(struct making *making, struct qs_arena *arena, size_t site)
{
	char *name = qs_arena_printf(arena, "#%zu", site);

	while (name && qs_graph_find(making->graph, name) != QS_NONE)
		name = qs_arena_printf(arena, "#%s", name);
	if (!name)
		making->status = QS_NOMEM;
	return name;
}

/* ---- constants ------------------------------------------------------------------------------- */

/* The values of a constant in the format of its site. */
static float *fake(struct making *making, const struct qs_site *site, const float *values)
{
	const Onnx__TensorProto *constant = making->graph->values[site->value].constant;
	struct qs_findings *findings = making->runner->findings;
	const struct qs_subject subject = {
	    site->name, qs_model_place(making->graph->model, findings), findings};
	struct qs_quantization how;
	struct qs_counts counts;
	struct qs_layout layout;
	float *out;

	if (!qs_layout_of(constant->dims, constant->n_dims, site->axis, &layout)) {
		making->status = QS_BUG;
		return NULL;
	}
	out = malloc(qs_layout_count(layout) * sizeof(*out) + 1);
	if (!out) {
		making->status = QS_NOMEM;
		return NULL;
	}
	making->status = qs_quantizer_bind(making->runner->registry, &site->spec,
	    site->qparams.n ? &site->qparams : NULL, &subject, &how);
	if (making->status == QS_OK)
		making->status = qs_quantizer_fake(&how, layout, values, out, &counts);
	if (making->status == QS_OK)
		return out;
	free(out);
	return NULL;
}

static void add_tensor(
    struct making *making, const struct qs_site *site, char *name, float *values, size_t n)
{
	const Onnx__TensorProto *constant = making->graph->values[site->value].constant;
	Onnx__TensorProto *tensor = take(making, sizeof(*tensor));

	push(making, &making->buffers, values);
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
	push(making, &making->initializers, tensor);
}

/* A constant as its site has it; as it is, where its scales are not known yet. */
static void add_constant_site(struct making *making, size_t index, char *name)
{
	const struct qs_site *site = &making->runner->plan->sites[index];
	const bool known = site->qparams.n || !qs_site_has_scales(site);
	float *values, *made;
	size_t n;

	making->status = qs_tensor_read(making->graph->model,
	    making->graph->values[site->value].constant, making->runner->findings, &values, &n);
	if (making->status != QS_OK)
		return;
	made = known ? fake(making, site, values) : values;
	if (made != values)
		free(values);
	if (made)
		add_tensor(making, site, name, made, n);
}

/* ---- what a piece reads ---------------------------------------------------------------------- */

static void add_input(struct making *making, struct qs_source_of *source)
{
	const struct qs_blob *blob = qs_runner_blob(making->runner, source);
	Onnx__ValueInfoProto *info = take(making, sizeof(*info));
	Onnx__TypeProto *type = take(making, sizeof(*type));
	Onnx__TypeProto__Tensor *tensor = take(making, sizeof(*tensor));
	Onnx__TensorShapeProto *shape = take(making, sizeof(*shape));
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
		dims[i] = take(making, sizeof(**dims));
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
	push(making, &making->inputs, info);
}

static void add_source(struct making *making, size_t value, size_t site, const char *name)
{
	struct qs_source_of *source = qs_arena_alloc(&making->item->arena, sizeof(*source));

	if (!source) {
		making->status = QS_NOMEM;
		return;
	}
	*source = (struct qs_source_of){value, site, name};
	push(making, &making->sources, source);
	add_input(making, source);
}

static void add_member(struct making *making, size_t node)
{
	char *key = qs_arena_printf(&making->arena, "%zu", node);

	if (!key)
		making->status = QS_NOMEM;
	else if (is_new(making, &making->nodes, key))
		push(making, &making->members, &making->graph->nodes[node]);
}

/* A read of a tensor under its own name. */
static void add_read(struct making *making, size_t index)
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
		push(making, &making->initializers, value->constant);
	else if (value->producer != QS_NONE || value->is_input)
		add_source(making, index, QS_NONE, value->name);
}

/* A read of what a site gives; the name that the node reads. */
static char *add_site_read(struct making *making, size_t index)
{
	const struct qs_site *site = &making->runner->plan->sites[index];
	char *name = name_site(making, &making->item->arena, index);

	if (!name || !is_new(making, &making->tensors, name))
		return name;
	if (site->is_constant)
		add_constant_site(making, index, name);
	else
		add_source(making, site->value, index, name);
	return name;
}

/* The node with the names that it reads in this piece. */
static Onnx__NodeProto *add_reads(struct making *making, const struct qs_node *node)
{
	const size_t index = (size_t)(node - making->graph->nodes);
	Onnx__NodeProto *copy = node->proto;

	for (size_t i = 0; i < qs_node_n_reads(node) && making->status == QS_OK; i++) {
		const size_t site = qs_pieces_site_of_read(&making->runner->pieces, index, i);

		if (node->inputs[i] == QS_NONE)
			continue;
		if (site == QS_NONE) {
			add_read(making, node->inputs[i]);
			continue;
		}
		if (copy == node->proto) {
			copy = take(making, sizeof(*copy));
			if (!copy)
				break;
			*copy = *node->proto;
			copy->input = take(making, (copy->n_input + 1) * sizeof(*copy->input));
			if (!copy->input)
				break;
			memcpy(
			    copy->input, node->proto->input, copy->n_input * sizeof(*copy->input));
		}
		copy->input[i] = add_site_read(making, site);
	}
	return copy;
}

/* ---- what it gives --------------------------------------------------------------------------- */

static void add_results(struct making *making, const struct qs_node *node)
{
	struct qs_piece *item = making->item;

	for (size_t i = 0; i < node->proto->n_output; i++) {
		const struct qs_value *value =
		    node->outputs[i] == QS_NONE ? NULL : &making->graph->values[node->outputs[i]];
		Onnx__ValueInfoProto *info;

		if (!value || value->is_static ||
		    !qs_pieces_gives(&making->runner->pieces, making->piece, value))
			continue;
		info = take(making, sizeof(*info));
		if (!info)
			return;
		onnx__value_info_proto__init(info);
		info->name = (char *)value->name;
		push(making, &making->outputs, info);
		item->results[item->n_results] = node->outputs[i];
		item->result_names[item->n_results++] = value->name;
	}
}

static size_t count_outputs(const struct making *making, size_t first, size_t end)
{
	const size_t *nodes = making->runner->pieces.nodes;
	size_t n = 0;

	for (size_t i = first; i < end; i++)
		n += making->graph->nodes[nodes[i]].proto->n_output;
	return n;
}

/* ---- the model ------------------------------------------------------------------------------- */

struct placed {
	size_t position;
	Onnx__NodeProto *proto;
};

static int compare(const void *a, const void *b)
{
	const size_t x = ((const struct placed *)a)->position;
	const size_t y = ((const struct placed *)b)->position;

	return x < y ? -1 : x > y;
}

/* Collects nodes and what they read: nodes of constants join behind the others and are then brought
 * in order. */
static Onnx__NodeProto **collect(struct making *making)
{
	const struct qs_pieces *pieces = &making->runner->pieces;
	const size_t first = pieces->first[making->piece], end = pieces->first[making->piece + 1];
	const size_t n_outputs = count_outputs(making, first, end);
	struct placed *placed = NULL;
	Onnx__NodeProto **nodes = NULL;
	size_t capacity = 0;

	making->item->results = qs_arena_array(&making->item->arena, n_outputs + 1, sizeof(size_t));
	making->item->result_names =
	    qs_arena_array(&making->item->arena, n_outputs + 1, sizeof(char *));
	if (!making->item->results || !making->item->result_names)
		making->status = QS_NOMEM;
	for (size_t i = first; i < end && making->status == QS_OK; i++) {
		add_member(making, pieces->nodes[i]);
		add_results(making, &making->graph->nodes[pieces->nodes[i]]);
	}
	for (size_t i = 0; i < making->members.n && making->status == QS_OK; i++) {
		const struct qs_node *node = making->members.items[i];

		if (i == capacity) {
			struct placed *larger;

			capacity = capacity ? capacity * 2 : 16;
			larger = realloc(placed, capacity * sizeof(*placed));
			if (!larger) {
				making->status = QS_NOMEM;
				break;
			}
			placed = larger;
		}
		placed[i] = (struct placed){
		    pieces->position[node - making->graph->nodes], add_reads(making, node)};
	}
	nodes =
	    making->status == QS_OK ? take(making, (making->members.n + 1) * sizeof(*nodes)) : NULL;
	if (nodes && making->members.n)
		qsort(placed, making->members.n, sizeof(*placed), compare);
	for (size_t i = 0; nodes && i < making->members.n; i++)
		nodes[i] = placed[i].proto;
	free(placed);
	return nodes;
}

/* Every session has threads of its own, which wait where nothing is to be done. */
static int count_threads(const struct qs_runner *runner)
{
	const size_t asked = qs_registry_threads(runner->registry);
	const size_t wanted = asked ? asked : qs_cpu_count();

	return (int)(runner->pieces.n > 1 && wanted > PIECE_THREADS ? PIECE_THREADS : wanted);
}

static void open_session(struct making *making, Onnx__NodeProto **nodes)
{
	const struct qs_session_options options = {count_threads(making->runner), true};
	struct qs_findings *findings = making->runner->findings;
	struct qs_model model = *making->graph->model;
	Onnx__ModelProto proto = *model.proto;
	Onnx__GraphProto graph;
	unsigned char *bytes;
	size_t size;

	onnx__graph_proto__init(&graph);
	graph.name = "piece";
	graph.n_node = making->members.n;
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
	making->status = qs_model_pack(&model, true, findings, &bytes, &size);
	if (making->status != QS_OK)
		return;
	making->status = qs_session_new(making->runner->runtime, model.path, bytes, size, &options,
	    findings, &making->item->session);
	free(bytes);
}

static void take_sources(struct making *making)
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

static void release(struct making *making)
{
	for (size_t i = 0; i < making->buffers.n; i++)
		free(making->buffers.items[i]);
	free(making->members.items);
	free(making->initializers.items);
	free(making->inputs.items);
	free(making->outputs.items);
	free(making->buffers.items);
	free(making->sources.items);
	qs_map_done(&making->nodes);
	qs_map_done(&making->tensors);
	qs_arena_done(&making->arena);
}

enum qs_status qs_runner_piece_init(struct qs_runner *runner, size_t piece)
{
	struct making making = {.runner = runner,
	    .item = &runner->items[piece],
	    .piece = piece,
	    .graph = runner->plan->layers->graph,
	    .status = QS_OK};
	Onnx__NodeProto **nodes = collect(&making);

	if (making.status == QS_OK)
		take_sources(&making);
	if (making.status == QS_OK && making.item->n_results)
		open_session(&making, nodes);
	release(&making);
	runner->items[piece].is_ready = making.status == QS_OK;
	return making.status;
}

void qs_runner_piece_done(struct qs_piece *item)
{
	qs_session_free(item->session);
	qs_arena_done(&item->arena);
}
