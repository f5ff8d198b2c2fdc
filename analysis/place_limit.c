/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large nodes are in the sense of limits.def. Where a shape is not known nothing is measured.
 */
#include <stdlib.h>

#include "analysis/place.h"
#include "model/tensor.h"

/* The largest of an attribute's integers; what the operator takes without it is not beyond. */
static bool largest_of(
    const struct qs_graph *graph, size_t node, const char *name, uint64_t *ret_size)
{
	const Onnx__AttributeProto *attribute = qs_attribute(graph->nodes[node].proto, name);

	*ret_size = 0;
	for (size_t i = 0; attribute && i < attribute->n_ints; i++) {
		if (attribute->ints[i] > 0 && (uint64_t)attribute->ints[i] > *ret_size)
			*ret_size = (uint64_t)attribute->ints[i];
	}
	return attribute && attribute->n_ints;
}

/* The weights of a node with a kernel: output channels, input channels, kernel. */
static const struct qs_value *kernel_of(const struct qs_graph *graph, size_t node)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const struct qs_value *weights =
	    qs_node_is(proto, "Conv") || qs_node_is(proto, "ConvTranspose")
		? qs_graph_input(graph, node, 1)
		: NULL;

	return weights && weights->rank > 2 ? weights : NULL;
}

static bool measure_kernel(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *weights = kernel_of(graph, node);

	if (!weights)
		return largest_of(graph, node, "kernel_shape", ret_size);
	*ret_size = 0;
	for (int i = 2; i < weights->rank; i++) {
		if (weights->dims[i] > 0 && (uint64_t)weights->dims[i] > *ret_size)
			*ret_size = (uint64_t)weights->dims[i];
	}
	return true;
}

static bool measure_stride(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_of(graph, node, "strides", ret_size);
}

static bool measure_dilation(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_of(graph, node, "dilations", ret_size);
}

static bool measure_pad(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_of(graph, node, "pads", ret_size);
}

static bool measure_channels(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *weights = kernel_of(graph, node);

	if (!weights || weights->dims[0] < 0 || weights->dims[1] < 0)
		return false;
	*ret_size =
	    (uint64_t)(weights->dims[0] > weights->dims[1] ? weights->dims[0] : weights->dims[1]);
	return true;
}

static bool measure_volume(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *weights = kernel_of(graph, node);
	size_t count;

	if (!weights || !qs_shape_count(weights->dims + 1, (size_t)weights->rank - 1, &count))
		return false;
	*ret_size = count;
	return true;
}

/* What is largest among operands that are computed, by a measure of one. */
static bool largest_operand(const struct qs_graph *graph, size_t node,
    bool (*measure_one)(const struct qs_value *value, uint64_t *ret_size), uint64_t *ret_size)
{
	bool known = false;
	uint64_t size;

	*ret_size = 0;
	for (size_t i = 0; i < graph->nodes[node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, node, i);

		if (!value || value->is_static || value->is_shape || value->rank < 0 ||
		    !measure_one(value, &size))
			continue;
		known = true;
		*ret_size = size > *ret_size ? size : *ret_size;
	}
	return known;
}

static bool rank_of(const struct qs_value *value, uint64_t *ret_size)
{
	*ret_size = (uint64_t)value->rank;
	return true;
}

static bool batch_of(const struct qs_value *value, uint64_t *ret_size)
{
	*ret_size = value->rank > 0 && value->dims[0] > 0 ? (uint64_t)value->dims[0] : 0;
	return value->rank > 0;
}

static bool side_of(const struct qs_value *value, uint64_t *ret_size)
{
	*ret_size = 0;
	for (int i = 1; i < value->rank; i++) {
		if (value->dims[i] > 0 && (uint64_t)value->dims[i] > *ret_size)
			*ret_size = (uint64_t)value->dims[i];
	}
	return value->rank > 1;
}

static bool measure_rank(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_operand(graph, node, rank_of, ret_size);
}

static bool measure_batch(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_operand(graph, node, batch_of, ret_size);
}

static bool measure_side(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_operand(graph, node, side_of, ret_size);
}

static bool measure_constants(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	*ret_size = 0;
	for (size_t i = 0; i < graph->nodes[node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, node, i);

		*ret_size += value && value->is_static;
	}
	return true;
}

static bool measure_block(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const int64_t block = qs_attribute_int(graph->nodes[node].proto, "blocksize", 0);

	*ret_size = block > 0 ? (uint64_t)block : 0;
	return block > 0;
}

static bool measure_exponents(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *exponent = qs_graph_input(graph, node, 1);
	size_t count;

	if (!exponent || exponent->rank < 0 ||
	    !qs_shape_count(exponent->dims, (size_t)exponent->rank, &count))
		return false;
	*ret_size = count;
	return true;
}

static bool measure_dilated_stride(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	uint64_t dilation;

	return measure_dilation(graph, node, &dilation) && dilation > 1 &&
	       measure_stride(graph, node, ret_size);
}

static bool measure_output_pad(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	return largest_of(graph, node, "output_padding", ret_size);
}

static bool measure_points(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	uint64_t side;

	if (!measure_kernel(graph, node, &side))
		return false;
	*ret_size = side == 1;
	return true;
}

/* Strides are 1 where nothing says otherwise. */
static bool measure_unit_strides(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	uint64_t stride;

	*ret_size = !measure_stride(graph, node, &stride) || stride == 1;
	return true;
}

static qs_place_measurer *const measures[QS_LIMIT__COUNT] = {[QS_LIMIT_KERNEL] = measure_kernel,
    [QS_LIMIT_STRIDE] = measure_stride,
    [QS_LIMIT_DILATION] = measure_dilation,
    [QS_LIMIT_PAD] = measure_pad,
    [QS_LIMIT_CHANNELS] = measure_channels,
    [QS_LIMIT_VOLUME] = measure_volume,
    [QS_LIMIT_RANK] = measure_rank,
    [QS_LIMIT_BATCH] = measure_batch,
    [QS_LIMIT_SIDE] = measure_side,
    [QS_LIMIT_CONSTANTS] = measure_constants,
    [QS_LIMIT_REDUCED] = qs_place_reduced,
    [QS_LIMIT_AXES] = qs_place_axes,
    [QS_LIMIT_BLOCK] = measure_block,
    [QS_LIMIT_JOINED_SAMPLES] = qs_place_joined_samples,
    [QS_LIMIT_REPEATED_SAMPLES] = qs_place_repeated_samples,
    [QS_LIMIT_OFF_CHANNELS] = qs_place_off_channels,
    [QS_LIMIT_DROPPED_AXES] = qs_place_dropped_axes,
    [QS_LIMIT_EXPONENTS] = measure_exponents,
    [QS_LIMIT_DILATED_STRIDE] = measure_dilated_stride,
    [QS_LIMIT_OUTPUT_PAD] = measure_output_pad,
    [QS_LIMIT_POINTS] = measure_points,
    [QS_LIMIT_UNIT_STRIDES] = measure_unit_strides};

bool qs_place_measure(
    const struct qs_graph *graph, size_t node, enum qs_limit limit, uint64_t *ret_size)
{
	return measures[limit](graph, node, ret_size);
}
