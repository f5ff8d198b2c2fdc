/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes do along which axes, in the sense of limits.def. */
#include <stdlib.h>

#include "analysis/place.h"
#include "model/tensor.h"

/* The axes of a reduction: an attribute, or a constant since opset 13 and 18; of ArgMax one. */
static bool list_axes(
    const struct qs_graph *graph, size_t node, int64_t *axes, size_t limit, size_t *ret_n)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const Onnx__AttributeProto *attribute = qs_attribute(proto, "axes");
	const struct qs_value *input = qs_graph_input(graph, node, 1);
	int64_t *values = NULL;
	struct qs_findings *silent;
	bool known = false;

	if (qs_attribute(proto, "axis")) {
		axes[0] = qs_attribute_int(proto, "axis", 0);
		*ret_n = 1;
		return true;
	}
	if (attribute && attribute->n_ints <= limit) {
		for (size_t i = 0; i < attribute->n_ints; i++)
			axes[i] = attribute->ints[i];
		*ret_n = attribute->n_ints;
		return true;
	}
	silent = qs_findings_new();
	if (silent && input && input->constant &&
	    qs_tensor_read_integers(graph->model, input->constant, silent, &values, ret_n) ==
		QS_OK &&
	    *ret_n <= limit) {
		for (size_t i = 0; i < *ret_n; i++)
			axes[i] = values[i];
		known = true;
	}
	free(values);
	qs_findings_free(silent);
	return known;
}

bool qs_place_axes(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	int64_t axes[QS_RANK_LIMIT];
	size_t n;

	if (!list_axes(graph, node, axes, QS_RANK_LIMIT, &n))
		return false;
	*ret_size = n;
	return true;
}

bool qs_place_reduced(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *value = qs_graph_input(graph, node, 0);
	int64_t axes[QS_RANK_LIMIT];
	size_t n;

	*ret_size = 0;
	if (!value || value->rank < 0 || !list_axes(graph, node, axes, QS_RANK_LIMIT, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		const int64_t axis = axes[i] < 0 ? axes[i] + value->rank : axes[i];

		if (axis < 0 || axis >= value->rank || value->dims[axis] < 0)
			return false;
		if ((uint64_t)value->dims[axis] > *ret_size)
			*ret_size = (uint64_t)value->dims[axis];
	}
	return true;
}

/* ---- along the first dimension, that of samples ---------------------------------------------- */

/* An axis counted from the first, of a tensor whose rank is known; false when it is none. */
static bool settle(int64_t axis, int rank, int64_t *ret_axis)
{
	*ret_axis = axis < 0 ? axis + rank : axis;
	return rank > 0 && *ret_axis >= 0 && *ret_axis < rank;
}

bool qs_place_joined_samples(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const struct qs_value *output = qs_graph_output(graph, node, 0);
	int64_t axis;

	if (!output || !qs_attribute(proto, "axis") ||
	    !settle(qs_attribute_int(proto, "axis", 0), output->rank, &axis))
		return false;
	*ret_size = axis == 0 ? proto->n_input : 0;
	return true;
}

/* Constants are no samples, and are not counted. */
bool qs_place_repeated_samples(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *output = qs_graph_output(graph, node, 0);

	*ret_size = 0;
	if (!output || output->rank < 1)
		return false;
	for (size_t i = 0; i < graph->nodes[node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, node, i);

		if (!value || value->is_static || value->rank < 0)
			continue;
		*ret_size +=
		    output->dims[0] != 1 && (value->rank < output->rank || value->dims[0] == 1);
	}
	return true;
}

/* ---- axes ------------------------------------------------------------------------------------ */

bool qs_place_off_channels(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	const struct qs_value *value = qs_graph_input(graph, node, 0);
	int64_t axes[QS_RANK_LIMIT];
	size_t n;

	*ret_size = 0;
	if (!value || !list_axes(graph, node, axes, QS_RANK_LIMIT, &n))
		return false;
	for (size_t i = 0; i < n; i++) {
		int64_t axis;

		if (!settle(axes[i], value->rank, &axis))
			return false;
		*ret_size += axis != 1;
	}
	return true;
}

bool qs_place_dropped_axes(const struct qs_graph *graph, size_t node, uint64_t *ret_size)
{
	if (!qs_place_axes(graph, node, ret_size))
		return false;
	if (qs_attribute_int(graph->nodes[node].proto, "keepdims", 1) != 0)
		*ret_size = 0;
	return true;
}
