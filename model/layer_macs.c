/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Multiply-accumulates for one sample: the first dimension of an activation is the batch and counts
 * once, except where two activations of two dimensions are multiplied, which have none.
 */
#include "model/layers.h"
#include "model/tensor.h"

static bool multiply(uint64_t a, uint64_t b, uint64_t *ret_product)
{
	if (b && a > UINT64_MAX / b)
		return false;
	*ret_product = a * b;
	return true;
}

/* Elements of a value from a dimension on; false when they are not known. */
static bool count_from(const struct qs_value *value, int first, uint64_t *ret_count)
{
	size_t count;

	if (!value || value->rank < first ||
	    !qs_shape_count(value->dims + first, (size_t)(value->rank - first), &count))
		return false;
	*ret_count = count;
	return true;
}

/* Every element of the output (the input, if transposed) meets the weights of one channel. */
static bool count_conv(
    const struct qs_graph *graph, size_t node, bool transposed, uint64_t *ret_macs)
{
	const struct qs_value *data =
	    transposed ? qs_graph_input(graph, node, 0) : qs_graph_output(graph, node, 0);
	uint64_t elements, weights;

	return count_from(data, 1, &elements) &&
	       count_from(qs_graph_input(graph, node, 1), 1, &weights) &&
	       multiply(elements, weights, ret_macs);
}

/* Every element of the output is a sum over the dimension that goes away. */
static bool count_product(const struct qs_graph *graph, size_t node, uint64_t *ret_macs)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const struct qs_value *a = qs_graph_input(graph, node, 0),
			      *b = qs_graph_input(graph, node, 1);
	const struct qs_value *output = qs_graph_output(graph, node, 0);
	const bool columns = qs_node_is(proto, "Gemm") && qs_attribute_int(proto, "transA", 0);
	uint64_t elements;
	int64_t inner;
	int first;

	if (!a || !b || a->rank < 1 || (columns && a->rank != 2) || !output || output->rank < 0)
		return false;
	inner = a->dims[columns ? 0 : a->rank - 1];
	first = output->rank > 2 || (b->is_static && output->rank > 1) ? 1 : 0;
	return inner >= 0 && count_from(output, first, &elements) &&
	       multiply(elements, (uint64_t)inner, ret_macs);
}

/* Both matrices of a recurrent layer are used once a step. */
static bool count_recurrent(const struct qs_graph *graph, size_t node, uint64_t *ret_macs)
{
	const struct qs_value *data = qs_graph_input(graph, node, 0);
	const int time = qs_attribute_int(graph->nodes[node].proto, "layout", 0) ? 1 : 0;
	uint64_t weights, recurrence;

	return data && data->rank == 3 && data->dims[time] >= 0 &&
	       count_from(qs_graph_input(graph, node, 1), 0, &weights) &&
	       count_from(qs_graph_input(graph, node, 2), 0, &recurrence) &&
	       weights <= UINT64_MAX - recurrence &&
	       multiply(weights + recurrence, (uint64_t)data->dims[time], ret_macs);
}

bool qs_layer_macs(const struct qs_graph *graph, size_t node, uint64_t *ret_macs)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;

	if (qs_node_is(proto, "Conv"))
		return count_conv(graph, node, false, ret_macs);
	if (qs_node_is(proto, "ConvTranspose"))
		return count_conv(graph, node, true, ret_macs);
	if (qs_node_is(proto, "MatMul") || qs_node_is(proto, "Gemm"))
		return count_product(graph, node, ret_macs);
	if (qs_node_is(proto, "LSTM") || qs_node_is(proto, "GRU") || qs_node_is(proto, "RNN"))
		return count_recurrent(graph, node, ret_macs);
	return true;
}
