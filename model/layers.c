/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the layers of a graph. */
#include "model/layers.h"

#include <stdlib.h>
#include <string.h>

#include "model/regions.h"
#include "model/shape.h"
#include "model/tensor.h"

struct search {
	struct qs_layers *layers;
	struct qs_graph *graph;
	struct qs_fused *fused; /* layers of several nodes */
	size_t n_fused;
	size_t *fused_of_node; /* or QS_NONE */
};

static struct qs_layer_tensor describe(const struct qs_value *value)
{
	if (!value)
		return (struct qs_layer_tensor){"", NULL, -1, ""};
	return (struct qs_layer_tensor){
	    value->name, value->dims, value->rank, qs_element_name(value->element_type)};
}

/* A parameter by the name of what it was made from. */
static struct qs_layer_tensor describe_parameter(
    const struct qs_graph *graph, const struct qs_value *value)
{
	const struct qs_value *root = value ? qs_graph_root(graph, value) : NULL;

	return describe(value && value->is_static ? (root ? root : value) : NULL);
}

static uint64_t count_elements(const struct qs_layer_tensor *tensor)
{
	size_t count;

	if (tensor->rank < 0 || !qs_shape_count(tensor->dims, (size_t)tensor->rank, &count))
		return 0;
	return count;
}

/* The node whose inputs are those of a node: that in front of a body for the one behind it. */
static size_t reading_node(const struct qs_graph *graph, size_t node)
{
	const struct qs_value *body = qs_graph_input(graph, node, 0);

	return body && body->producer != QS_NONE && qs_region_is_leave(graph->nodes[node].proto)
	           ? body->producer
	           : node;
}

/* What the nodes of a layer read that other layers compute, each tensor once. */
static enum qs_status find_inputs(
    struct qs_graph *graph, const size_t *layer_of_node, size_t index, struct qs_layer *layer)
{
	struct qs_layer_tensor *inputs;
	size_t n = 0, limit = 1;

	for (size_t i = 0; i < layer->n_nodes; i++)
		limit += graph->nodes[reading_node(graph, layer->nodes[i])].proto->n_input;
	inputs = qs_arena_array(&graph->arena, limit, sizeof(*inputs));
	if (!inputs)
		return QS_NOMEM;
	for (size_t i = 0; i < layer->n_nodes; i++) {
		const size_t node = reading_node(graph, layer->nodes[i]);

		for (size_t j = 0; j < graph->nodes[node].proto->n_input; j++) {
			const struct qs_value *value = qs_graph_input(graph, node, j);
			size_t k = 0;

			if (!value || value->is_static || value->is_shape ||
			    (value->producer != QS_NONE && layer_of_node[value->producer] == index))
				continue;
			while (k < n && inputs[k].name != value->name)
				k++;
			inputs[k] = describe(value);
			n += k == n;
		}
	}
	layer->inputs = inputs;
	layer->n_inputs = n;
	return QS_OK;
}

/* A convolution whose groups have one input channel each, and there is more than one. */
static bool is_depthwise(const struct qs_graph *graph, const struct qs_layer *layer)
{
	const Onnx__NodeProto *proto = graph->nodes[layer->node].proto;
	const int64_t group = qs_attribute_int(proto, "group", 1);

	if (layer->weights.rank < 3 || group < 2)
		return false;
	if (qs_node_is(proto, "Conv"))
		return layer->weights.dims[1] == 1;
	return qs_node_is(proto, "ConvTranspose") && layer->weights.dims[0] == group;
}

/* Parameters that a row of the table has no column for: those between the two of a recurrent layer.
 */
static uint64_t count_recurrent(const struct qs_graph *graph, const struct qs_layer *layer)
{
	const Onnx__NodeProto *proto = graph->nodes[layer->node].proto;
	struct qs_layer_tensor recurrence;

	if (!qs_node_is(proto, "LSTM") && !qs_node_is(proto, "GRU") && !qs_node_is(proto, "RNN"))
		return 0;
	recurrence = describe_parameter(graph, qs_graph_input(graph, layer->node, 2));
	return count_elements(&recurrence);
}

static enum qs_status describe_nodes(
    struct qs_graph *graph, const size_t *nodes, size_t n_nodes, struct qs_layer *layer)
{
	size_t *copy = qs_arena_array(&graph->arena, n_nodes, sizeof(*copy));
	const char **names = qs_arena_array(&graph->arena, n_nodes, sizeof(*names));

	if (!copy || !names)
		return QS_NOMEM;
	for (size_t i = 0; i < n_nodes; i++) {
		copy[i] = nodes[i];
		names[i] = graph->nodes[nodes[i]].label;
	}
	layer->nodes = copy;
	layer->names = names;
	layer->n_nodes = n_nodes;
	return QS_OK;
}

/* Fills in what follows from nodes, weights and bias. */
static enum qs_status complete(struct search *search, size_t index, struct qs_layer *layer)
{
	struct qs_graph *graph = search->graph;
	const struct qs_node *node = &graph->nodes[layer->node];

	for (size_t i = 0; i < layer->n_nodes; i++)
		search->layers->of_node[layer->nodes[i]] = index;
	layer->name = node->label;
	layer->op_type = node->proto->op_type ? node->proto->op_type : "";
	layer->path = qs_layer_path(&graph->arena, layer->name, layer->weights.name);
	layer->output = describe(qs_graph_output(graph, layer->nodes[layer->n_nodes - 1], 0));
	layer->depthwise = is_depthwise(graph, layer);
	layer->n_parameters = count_elements(&layer->weights) + count_elements(&layer->bias) +
	                      count_recurrent(graph, layer);
	layer->macs_known = qs_layer_macs(graph, layer->node, &layer->macs);
	if (!layer->path)
		return QS_NOMEM;
	return find_inputs(graph, search->layers->of_node, index, layer);
}

static enum qs_status add_single(struct search *search, size_t node)
{
	const struct qs_layer_type *type = qs_layer_type_of(search->graph, node);
	const size_t index = search->layers->n_items;
	struct qs_layer *layer = &search->layers->items[index];
	const struct qs_value *weights = NULL, *bias = NULL;
	enum qs_status status;

	if (type && type->weights >= 0)
		weights = qs_graph_input(search->graph, node, (size_t)type->weights);
	if (type && type->bias >= 0)
		bias = qs_graph_input(search->graph, node, (size_t)type->bias);
	layer->type = type ? type->type : "";
	layer->node = node;
	layer->weights = describe_parameter(search->graph, weights);
	layer->bias = describe_parameter(search->graph, bias);
	status = describe_nodes(search->graph, &node, 1, layer);
	search->layers->n_items++;
	return status == QS_OK ? complete(search, index, layer) : status;
}

static enum qs_status add_fused(struct search *search, const struct qs_fused *fused)
{
	const size_t index = search->layers->n_items;
	struct qs_layer *layer = &search->layers->items[index];
	enum qs_status status;

	layer->type = fused->type;
	layer->node = fused->main;
	layer->weights = describe_parameter(search->graph, fused->weights);
	layer->bias = describe_parameter(search->graph, fused->bias);
	status = describe_nodes(search->graph, fused->nodes, fused->n_nodes, layer);
	search->layers->n_items++;
	return status == QS_OK ? complete(search, index, layer) : status;
}

static void find_fused(struct search *search)
{
	const struct qs_graph *graph = search->graph;

	for (size_t i = 0; i < graph->n_nodes; i++)
		search->fused_of_node[i] = QS_NONE;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		struct qs_fused *fused = &search->fused[search->n_fused];
		bool is_free = qs_graph_computes(graph, graph->order[i]) &&
		               qs_fuse(graph, graph->order[i], fused);

		for (size_t j = 0; is_free && j < fused->n_nodes; j++)
			is_free = search->fused_of_node[fused->nodes[j]] == QS_NONE;
		for (size_t j = 0; is_free && j < fused->n_nodes; j++)
			search->fused_of_node[fused->nodes[j]] = search->n_fused;
		search->n_fused += is_free;
	}
}

/* A layer of several nodes stands where its last node does. */
static enum qs_status add_layers(struct search *search)
{
	const struct qs_graph *graph = search->graph;
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		const size_t node = graph->order[i], fused = search->fused_of_node[node];

		if (fused == QS_NONE) {
			if (qs_graph_computes(graph, node))
				status = add_single(search, node);
		} else if (search->fused[fused].nodes[search->fused[fused].n_nodes - 1] == node) {
			status = add_fused(search, &search->fused[fused]);
		}
	}
	return status;
}

static enum qs_status find_layers(struct qs_layers *layers)
{
	struct qs_graph *graph = layers->graph;
	const size_t n = graph->n_nodes + 1;
	struct search search = {layers, graph, NULL, 0, NULL};
	enum qs_status status = QS_NOMEM;

	layers->items = qs_arena_array(&graph->arena, n, sizeof(*layers->items));
	layers->of_node = qs_arena_array(&graph->arena, n, sizeof(*layers->of_node));
	search.fused = calloc(n, sizeof(*search.fused));
	search.fused_of_node = calloc(n, sizeof(*search.fused_of_node));
	if (layers->items && layers->of_node && search.fused && search.fused_of_node) {
		for (size_t i = 0; i < graph->n_nodes; i++)
			layers->of_node[i] = QS_NONE;
		find_fused(&search);
		status = add_layers(&search);
	}
	free(search.fused);
	free(search.fused_of_node);
	return status;
}

enum qs_status qs_layers_new(
    struct qs_model *model, struct qs_findings *findings, struct qs_layers **ret_layers)
{
	struct qs_layers *layers = calloc(1, sizeof(*layers));
	enum qs_status status;

	if (!layers)
		return QS_NOMEM;
	status = qs_graph_new(model, findings, &layers->graph);
	if (status == QS_OK)
		status = qs_shapes_infer(layers->graph);
	if (status == QS_OK)
		status = find_layers(layers);
	if (status == QS_OK)
		*ret_layers = layers;
	else
		qs_layers_free(layers);
	return status;
}

void qs_layers_free(struct qs_layers *layers)
{
	if (!layers)
		return;
	qs_graph_free(layers->graph);
	free(layers);
}

const struct qs_layer *qs_layers_list(const struct qs_layers *layers, size_t *ret_count)
{
	*ret_count = layers->n_items;
	return layers->items;
}
