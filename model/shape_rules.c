/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of what most operators give. Laws: ONNX, docs/Operators.md. */
#include <stdlib.h>
#include <string.h>

#include "model/shape_internal.h"
#include "model/tensor.h"

/* The product of dims from..to-1; -1 when one of them is not known. */
static int64_t product(const struct qs_shape *shape, int from, int to)
{
	size_t count;

	if (!qs_shape_count(shape->dims + from, (size_t)(to - from), &count) ||
	    count > (size_t)QS_LARGEST_DIM)
		return -1;
	return (int64_t)count;
}

bool qs_shape_rule_same(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	return output == 0 && qs_shape_input(infer, 0, shape);
}

/* Joins two shapes as NumPy does: aligned at the last dimension, a 1 gives way. */
static void broadcast_with(struct qs_shape *shape, const struct qs_shape *with)
{
	const int rank = shape->rank > with->rank ? shape->rank : with->rank;
	struct qs_shape joined = {rank, {0}};

	for (int i = 0; i < rank; i++) {
		const int a_at = i - (rank - shape->rank), b_at = i - (rank - with->rank);
		const int64_t a = a_at < 0 ? 1 : shape->dims[a_at],
			      b = b_at < 0 ? 1 : with->dims[b_at];

		joined.dims[i] = a == 1 ? b : b == 1 || a == b ? a : a < 0 ? b : b < 0 ? a : -1;
	}
	*shape = joined;
}

bool qs_shape_rule_broadcast(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_shape next;

	if (output != 0 || !qs_shape_input(infer, 0, shape))
		return false;
	for (size_t i = 1; i < infer->proto->n_input; i++) {
		if (!qs_shape_input(infer, i, &next))
			return false;
		broadcast_with(shape, &next);
	}
	return true;
}

bool qs_shape_rule_gemm(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_shape a, b;

	if (output != 0 || !qs_shape_input(infer, 0, &a) || !qs_shape_input(infer, 1, &b) ||
	    a.rank != 2 || b.rank != 2)
		return false;
	shape->rank = 2;
	shape->dims[0] = a.dims[qs_shape_attribute(infer, "transA", 0) ? 1 : 0];
	shape->dims[1] = b.dims[qs_shape_attribute(infer, "transB", 0) ? 0 : 1];
	return true;
}

/* A vector counts as a row on the left and as a column on the right, and its 1 is dropped after. */
bool qs_shape_rule_matmul(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_shape a, b;
	int64_t rows, columns;

	if (output != 0 || !qs_shape_input(infer, 0, &a) || !qs_shape_input(infer, 1, &b) ||
	    a.rank < 1 || b.rank < 1)
		return false;
	rows = a.rank > 1 ? a.dims[a.rank - 2] : -1;
	columns = b.rank > 1 ? b.dims[b.rank - 1] : -1;
	*shape = a;
	shape->rank = a.rank > 2 ? a.rank - 2 : 0;
	if (b.rank > 2) {
		const struct qs_shape a_batch = *shape;

		*shape = b;
		shape->rank = b.rank - 2;
		broadcast_with(shape, &a_batch);
	}
	if (a.rank > 1)
		shape->dims[shape->rank++] = rows;
	if (b.rank > 1)
		shape->dims[shape->rank++] = columns;
	return true;
}

bool qs_shape_rule_flatten(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const int64_t axis = qs_shape_attribute(infer, "axis", 1);
	struct qs_shape input;
	int at;

	if (output != 0 || !qs_shape_input(infer, 0, &input))
		return false;
	at = input.rank;
	if (axis != input.rank && !qs_shape_axis(axis, input.rank, &at))
		return false;
	shape->rank = 2;
	shape->dims[0] = product(&input, 0, at);
	shape->dims[1] = product(&input, at, input.rank);
	return true;
}

bool qs_shape_rule_transpose(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers order = qs_numbers_attribute(infer, "perm");
	struct qs_shape input;

	if (output != 0 || !qs_shape_input(infer, 0, &input) ||
	    (qs_attribute(infer->proto, "perm") && order.n != input.rank))
		return false;
	shape->rank = input.rank;
	for (int i = 0; i < input.rank; i++) {
		int from = input.rank - 1 - i;

		if (order.n >= 0 && !qs_shape_axis(order.at[i], input.rank, &from))
			return false;
		shape->dims[i] = input.dims[from];
	}
	return true;
}

bool qs_shape_rule_concat(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_shape next;
	int axis;

	if (output != 0 || !qs_shape_input(infer, 0, shape) ||
	    !qs_shape_axis(qs_shape_attribute(infer, "axis", 1), shape->rank, &axis))
		return false;
	for (size_t i = 1; i < infer->proto->n_input; i++) {
		if (!qs_shape_input(infer, i, &next) || next.rank != shape->rank)
			return false;
		for (int k = 0; k < shape->rank; k++) {
			if (k == axis)
				shape->dims[k] =
				    shape->dims[k] < 0 || next.dims[k] < 0
					? -1
					: qs_shape_known(shape->dims[k] + next.dims[k]);
			else if (shape->dims[k] < 0)
				shape->dims[k] = next.dims[k];
		}
	}
	return true;
}

/* A shape of so many dimensions of which nothing more is known. */
static bool only_rank(int64_t rank, struct qs_shape *shape)
{
	if (rank < 0 || rank > QS_RANK_LIMIT)
		return false;
	shape->rank = (int)rank;
	for (int i = 0; i < shape->rank; i++)
		shape->dims[i] = -1;
	return true;
}

/* The target of a Reshape that is computed: how many numbers it has is the rank. */
static bool reshape_to_computed(const struct qs_shape_infer *infer, struct qs_shape *shape)
{
	struct qs_shape target;

	return qs_shape_input(infer, 1, &target) && target.rank == 1 &&
	       only_rank(target.dims[0], shape);
}

/* 0 copies a dimension, -1 takes what is left. */
bool qs_shape_rule_reshape(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers to = qs_numbers_of(infer, "shape", 1);
	const bool keep_zero = qs_shape_attribute(infer, "allowzero", 0) != 0;
	int64_t all, rest;
	struct qs_shape input;
	int left = -1;

	if (output != 0)
		return false;
	if (to.n < 0)
		return reshape_to_computed(infer, shape);
	if (!qs_shape_input(infer, 0, &input))
		return only_rank(to.n, shape);
	shape->rank = to.n;
	for (int i = 0; i < to.n; i++) {
		if (to.at[i] == 0 && !keep_zero && i >= input.rank)
			return false;
		shape->dims[i] = to.at[i] == 0 && !keep_zero ? input.dims[i] : to.at[i];
		if (to.at[i] == -1)
			left = i;
	}
	if (left < 0)
		return true;
	shape->dims[left] = 1;
	all = product(&input, 0, input.rank);
	rest = product(shape, 0, shape->rank);
	shape->dims[left] = all >= 0 && rest > 0 && all % rest == 0 ? all / rest : -1;
	return true;
}

static bool mark_axes(const struct qs_numbers *axes, int rank, bool *marks)
{
	for (int i = 0; i < axes->n; i++) {
		int axis;

		if (!qs_shape_axis(axes->at[i], rank, &axis))
			return false;
		marks[axis] = true;
	}
	return true;
}

bool qs_shape_rule_reduce(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers axes = qs_numbers_of(infer, "axes", 1);
	const bool keep = qs_shape_attribute(infer, "keepdims", 1) != 0;
	bool marks[QS_RANK_LIMIT] = {false};
	struct qs_shape input;

	if (output != 0 || !qs_shape_input(infer, 0, &input) ||
	    !mark_axes(&axes, input.rank, marks) ||
	    (axes.n < 0 && qs_graph_input(infer->graph, infer->node, 1)))
		return false;
	shape->rank = 0;
	for (int i = 0; i < input.rank; i++) {
		const bool reduced = axes.n < 0 || marks[i];

		if (!reduced || keep)
			shape->dims[shape->rank++] = reduced ? 1 : input.dims[i];
	}
	return true;
}

bool qs_shape_rule_squeeze(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers axes = qs_numbers_of(infer, "axes", 1);
	bool marks[QS_RANK_LIMIT] = {false};
	struct qs_shape input;

	if (output != 0 || axes.n < 0 || !qs_shape_input(infer, 0, &input) ||
	    !mark_axes(&axes, input.rank, marks))
		return false;
	shape->rank = 0;
	for (int i = 0; i < input.rank; i++) {
		if (!marks[i])
			shape->dims[shape->rank++] = input.dims[i];
	}
	return true;
}

bool qs_shape_rule_unsqueeze(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers axes = qs_numbers_of(infer, "axes", 1);
	bool marks[QS_RANK_LIMIT] = {false};
	struct qs_shape input;
	int next = 0;

	if (output != 0 || axes.n < 0 || !qs_shape_input(infer, 0, &input) ||
	    input.rank + axes.n > QS_RANK_LIMIT || !mark_axes(&axes, input.rank + axes.n, marks))
		return false;
	shape->rank = input.rank + axes.n;
	for (int i = 0; i < shape->rank; i++) {
		if (!marks[i] && next == input.rank)
			return false;
		shape->dims[i] = marks[i] ? 1 : input.dims[next++];
	}
	return true;
}

bool qs_shape_rule_pad(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers pads = qs_numbers_of(infer, "pads", 1);

	if (output != 0 || !qs_shape_input(infer, 0, shape) || pads.n != 2 * shape->rank ||
	    qs_graph_input(infer->graph, infer->node, 3))
		return false;
	for (int i = 0; i < shape->rank; i++) {
		if (shape->dims[i] >= 0)
			shape->dims[i] =
			    qs_shape_known(shape->dims[i] + pads.at[i] + pads.at[shape->rank + i]);
	}
	return true;
}

/* The last of the inputs is the new size; scales give it by multiplication. */
bool qs_shape_rule_resize(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const size_t last = infer->proto->n_input - 1;
	const struct qs_value *scales =
	    qs_graph_input(infer->graph, infer->node, last == 3 ? 2 : last);
	const struct qs_numbers sizes = qs_numbers_constant(infer, 3);
	float *factors;
	size_t n;

	if (output != 0 || !qs_shape_input(infer, 0, shape) || qs_attribute(infer->proto, "axes"))
		return false;
	if (sizes.n == shape->rank) {
		memcpy(shape->dims, sizes.at, (size_t)sizes.n * sizeof(*sizes.at));
		return true;
	}
	if (!scales || !scales->constant || !qs_element_is_float(scales->element_type) ||
	    qs_tensor_read(infer->graph->model, scales->constant, infer->quiet, &factors, &n) !=
		QS_OK)
		return false;
	for (size_t i = 0; n == (size_t)shape->rank && i < n; i++) {
		const double size = (double)shape->dims[i] * (double)factors[i];

		shape->dims[i] = size >= 0 && size <= (double)QS_LARGEST_DIM ? (int64_t)size : -1;
	}
	free(factors);
	return n == (size_t)shape->rank;
}

bool qs_shape_rule_split(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers parts = qs_numbers_of(infer, "split", 1);
	const int64_t n = (int64_t)infer->proto->n_output;
	int axis;

	if (!qs_shape_input(infer, 0, shape) ||
	    !qs_shape_axis(qs_shape_attribute(infer, "axis", 0), shape->rank, &axis))
		return false;
	if (parts.n >= 0)
		shape->dims[axis] = (int)output < parts.n ? qs_shape_known(parts.at[output]) : -1;
	else if (shape->dims[axis] >= 0)
		shape->dims[axis] = shape->dims[axis] % n == 0 ? shape->dims[axis] / n : -1;
	return true;
}

static int64_t clamp(int64_t number, int64_t least, int64_t most)
{
	return number < least ? least : number > most ? most : number;
}

/* What one slice leaves of a dimension. */
static int64_t slice_size(int64_t size, int64_t start, int64_t end, int64_t step)
{
	if (size < 0 || step == 0)
		return -1;
	start = clamp(start < 0 ? start + size : start, 0, step > 0 ? size : size - 1);
	end = clamp(end < 0 ? end + size : end, step > 0 ? 0 : -1, size);
	if (step > 0)
		return end > start ? (end - start + step - 1) / step : 0;
	return start > end ? (start - end - step - 1) / -step : 0;
}

bool qs_shape_rule_slice(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers starts = qs_numbers_of(infer, "starts", 1),
				ends = qs_numbers_of(infer, "ends", 2);
	struct qs_numbers axes = qs_numbers_of(infer, "axes", 3),
			  steps = qs_numbers_constant(infer, 4);

	if (output != 0 || starts.n < 0 || ends.n != starts.n || !qs_shape_input(infer, 0, shape) ||
	    (axes.n < 0 && qs_graph_input(infer->graph, infer->node, 3)) ||
	    (steps.n < 0 && qs_graph_input(infer->graph, infer->node, 4)))
		return false;
	for (int i = 0; axes.n < 0 && i < starts.n; i++)
		axes.at[i] = i;
	if ((axes.n >= 0 && axes.n != starts.n) || !qs_numbers_spread(&steps, starts.n, 1))
		return false;
	for (int i = 0; i < starts.n; i++) {
		int axis;

		if (!qs_shape_axis(axes.at[i], shape->rank, &axis))
			return false;
		shape->dims[axis] =
		    slice_size(shape->dims[axis], starts.at[i], ends.at[i], steps.at[i]);
	}
	return true;
}

bool qs_shape_rule_gather(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_shape data, indices;
	int axis;

	if (output != 0 || !qs_shape_input(infer, 0, &data) ||
	    !qs_shape_input(infer, 1, &indices) ||
	    !qs_shape_axis(qs_shape_attribute(infer, "axis", 0), data.rank, &axis) ||
	    data.rank + indices.rank - 1 > QS_RANK_LIMIT)
		return false;
	shape->rank = 0;
	for (int i = 0; i < axis; i++)
		shape->dims[shape->rank++] = data.dims[i];
	for (int i = 0; i < indices.rank; i++)
		shape->dims[shape->rank++] = indices.dims[i];
	for (int i = axis + 1; i < data.rank; i++)
		shape->dims[shape->rank++] = data.dims[i];
	return true;
}

bool qs_shape_rule_depth_to_space(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const int64_t block = qs_shape_attribute(infer, "blocksize", 0);
	int64_t area;

	if (output != 0 || !qs_shape_input(infer, 0, shape) || shape->rank != 4 || block < 1)
		return false;
	area = block * block;
	shape->dims[1] =
	    shape->dims[1] >= 0 && shape->dims[1] % area == 0 ? shape->dims[1] / area : -1;
	for (int i = 2; i < 4; i++)
		shape->dims[i] = shape->dims[i] < 0 ? -1 : qs_shape_known(shape->dims[i] * block);
	return true;
}

bool qs_shape_rule_constant_of_shape(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const struct qs_numbers numbers = qs_numbers_constant(infer, 0);

	if (output != 0 || numbers.n < 0)
		return false;
	shape->rank = numbers.n;
	for (int i = 0; i < numbers.n; i++)
		shape->dims[i] = qs_shape_known(numbers.at[i]);
	return true;
}

bool qs_shape_rule_shape_of(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_shape input;

	if (output != 0 || !qs_shape_input(infer, 0, &input))
		return false;
	shape->rank = 1;
	shape->dims[0] = input.rank;
	return true;
}

bool qs_shape_rule_recurrent(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	const int64_t hidden = qs_shape_attribute(infer, "hidden_size", -1);
	struct qs_shape input, weights;

	if (!qs_shape_input(infer, 0, &input) || !qs_shape_input(infer, 1, &weights) ||
	    input.rank != 3 || weights.rank != 3 || qs_shape_attribute(infer, "layout", 0))
		return false;
	shape->rank = 0;
	if (output == 0)
		shape->dims[shape->rank++] = input.dims[0];
	shape->dims[shape->rank++] = weights.dims[0];
	shape->dims[shape->rank++] = input.dims[1];
	shape->dims[shape->rank++] = hidden;
	return true;
}
