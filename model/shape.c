/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of what nodes compute: one rule a family of operators. Laws: ONNX, docs/Operators.md. */
#include "model/shape.h"

#include <stdlib.h>
#include <string.h>

#include "model/tensor.h"

/* Larger numbers make no sense as a dimension, and sums and products of these do not overflow. */
#define LARGEST_DIM ((int64_t)INT32_MAX)

struct shape {
	int rank; /* -1: not known */
	int64_t dims[QS_RANK_LIMIT];
};

struct infer {
	struct qs_graph *graph;
	size_t node;
	const Onnx__NodeProto *proto;
	struct qs_findings *quiet; /* what is wrong with a constant is told when it is used */
};

/* A rule gives the shape of one output; false when it cannot tell. */
typedef bool shape_rule(const struct infer *infer, size_t output, struct shape *shape);

/* ---- what rules read ---------------------------------------------------------------------------
 */

static bool input_shape(const struct infer *infer, size_t i, struct shape *shape)
{
	const struct qs_value *value = qs_graph_input(infer->graph, infer->node, i);

	if (!value || value->rank < 0 || value->rank > QS_RANK_LIMIT)
		return false;
	shape->rank = value->rank;
	for (int k = 0; k < value->rank; k++)
		shape->dims[k] = value->dims[k] <= LARGEST_DIM ? value->dims[k] : -1;
	return true;
}

static bool is_small(int64_t number)
{
	return number >= -LARGEST_DIM && number <= LARGEST_DIM;
}

/* Numbers of an attribute or a constant; n is -1 when there are none. */
struct numbers {
	int n;
	int64_t at[QS_RANK_LIMIT];
};

static struct numbers keep_numbers(const int64_t *numbers, size_t n)
{
	struct numbers kept = {-1, {0}};

	if (n > QS_RANK_LIMIT)
		return kept;
	for (size_t i = 0; i < n; i++) {
		/* Ends of slices are "as far as it goes" by being huge. */
		kept.at[i] = is_small(numbers[i]) ? numbers[i]
			     : numbers[i] < 0	  ? -LARGEST_DIM
						  : LARGEST_DIM;
	}
	kept.n = (int)n;
	return kept;
}

static struct numbers attribute_numbers(const struct infer *infer, const char *name)
{
	const Onnx__AttributeProto *attribute = qs_attribute(infer->proto, name);

	if (!attribute)
		return (struct numbers){-1, {0}};
	return keep_numbers(attribute->ints, attribute->n_ints);
}

static struct numbers constant_numbers(const struct infer *infer, size_t input)
{
	const struct qs_value *value = qs_graph_input(infer->graph, infer->node, input);
	struct numbers kept = {-1, {0}};
	int64_t *numbers;
	size_t n;

	if (!value || !value->constant || value->constant->n_dims > 1 ||
	    (value->constant->n_dims == 1 && value->constant->dims[0] > QS_RANK_LIMIT))
		return kept;
	if (qs_tensor_read_integers(
		infer->graph->model, value->constant, infer->quiet, &numbers, &n) != QS_OK)
		return kept;
	kept = keep_numbers(numbers, n);
	free(numbers);
	return kept;
}

/* What was an attribute once and is an input now. */
static struct numbers numbers_of(const struct infer *infer, const char *name, size_t input)
{
	const struct numbers numbers = attribute_numbers(infer, name);

	return numbers.n >= 0 ? numbers : constant_numbers(infer, input);
}

/* The same with a number for every one of n places, when none are given. */
static bool spread(struct numbers *numbers, int n, int64_t absent)
{
	if (numbers->n < 0) {
		for (int i = 0; i < n; i++)
			numbers->at[i] = absent;
		numbers->n = n;
	}
	return numbers->n == n;
}

static int64_t attribute_small(const struct infer *infer, const char *name, int64_t absent)
{
	const int64_t number = qs_attribute_int(infer->proto, name, absent);

	return is_small(number) ? number : absent;
}

static bool auto_pad_is(const struct infer *infer, const char *word)
{
	const Onnx__AttributeProto *attribute = qs_attribute(infer->proto, "auto_pad");
	const size_t size = strlen(word);

	return attribute && attribute->s.len >= size && memcmp(attribute->s.data, word, size) == 0;
}

static bool axis_of(int64_t axis, int rank, int *ret_axis)
{
	if (axis < -rank || axis >= rank)
		return false;
	*ret_axis = (int)(axis < 0 ? axis + rank : axis);
	return true;
}

static int64_t known(int64_t dim)
{
	return dim > LARGEST_DIM || dim < 0 ? -1 : dim;
}

/* The product of dims from..to-1; -1 when one of them is not known. */
static int64_t product(const struct shape *shape, int from, int to)
{
	size_t count;

	if (!qs_shape_count(shape->dims + from, (size_t)(to - from), &count) ||
	    count > (size_t)LARGEST_DIM)
		return -1;
	return (int64_t)count;
}

/* ---- rules -------------------------------------------------------------------------------------
 */

static bool same(const struct infer *infer, size_t output, struct shape *shape)
{
	return output == 0 && input_shape(infer, 0, shape);
}

/* Joins two shapes as NumPy does: aligned at the last dimension, a 1 gives way. */
static void broadcast_with(struct shape *shape, const struct shape *with)
{
	const int rank = shape->rank > with->rank ? shape->rank : with->rank;
	struct shape joined = {rank, {0}};

	for (int i = 0; i < rank; i++) {
		const int a_at = i - (rank - shape->rank), b_at = i - (rank - with->rank);
		const int64_t a = a_at < 0 ? 1 : shape->dims[a_at],
			      b = b_at < 0 ? 1 : with->dims[b_at];

		joined.dims[i] = a == 1 ? b : b == 1 || a == b ? a : a < 0 ? b : b < 0 ? a : -1;
	}
	*shape = joined;
}

static bool broadcast(const struct infer *infer, size_t output, struct shape *shape)
{
	struct shape next;

	if (output != 0 || !input_shape(infer, 0, shape))
		return false;
	for (size_t i = 1; i < infer->proto->n_input; i++) {
		if (!input_shape(infer, i, &next))
			return false;
		broadcast_with(shape, &next);
	}
	return true;
}

/* The windows that a convolution or a pool places along its spatial dimensions. */
struct windows {
	struct numbers kernel, strides, pads, dilations;
};

static bool read_windows(const struct infer *infer, int n, struct windows *windows)
{
	windows->strides = attribute_numbers(infer, "strides");
	windows->pads = attribute_numbers(infer, "pads");
	windows->dilations = attribute_numbers(infer, "dilations");
	if (n < 1 || n > 8 || !spread(&windows->strides, n, 1) ||
	    !spread(&windows->pads, 2 * n, 0) || !spread(&windows->dilations, n, 1) ||
	    windows->kernel.n != n)
		return false;
	for (int i = 0; i < n; i++) {
		if (windows->strides.at[i] < 1 || windows->kernel.at[i] < 1 ||
		    windows->dilations.at[i] < 1)
			return false;
	}
	return true;
}

/* How many windows fit along dimension i of n. */
static int64_t count_windows(
    const struct infer *infer, const struct windows *windows, int i, int n, int64_t size)
{
	const int64_t stride = windows->strides.at[i];
	const int64_t extent = (windows->kernel.at[i] - 1) * windows->dilations.at[i] + 1;
	const int64_t padded = size + windows->pads.at[i] + windows->pads.at[n + i];
	const bool ceil_mode = attribute_small(infer, "ceil_mode", 0) != 0;
	int64_t count;

	if (size < 0)
		return -1;
	if (auto_pad_is(infer, "SAME"))
		return (size + stride - 1) / stride;
	if (padded < extent)
		return -1;
	count = (padded - extent + (ceil_mode ? stride - 1 : 0)) / stride + 1;
	/* A window that would start in the padding behind the data is left out. */
	if (ceil_mode && (count - 1) * stride >= size + windows->pads.at[i])
		count--;
	return known(count);
}

static struct numbers kernel_of(const struct infer *infer, const struct shape *weights)
{
	struct numbers kernel = attribute_numbers(infer, "kernel_shape");

	if (kernel.n < 0 && weights && weights->rank > 2)
		kernel = keep_numbers(weights->dims + 2, (size_t)weights->rank - 2);
	return kernel;
}

static bool conv(const struct infer *infer, size_t output, struct shape *shape)
{
	struct windows windows;
	struct shape weights;

	if (output != 0 || !input_shape(infer, 0, shape) || !input_shape(infer, 1, &weights))
		return false;
	windows.kernel = kernel_of(infer, &weights);
	if (weights.rank != shape->rank || !read_windows(infer, shape->rank - 2, &windows))
		return false;
	shape->dims[1] = weights.dims[0];
	for (int i = 0; i < shape->rank - 2; i++)
		shape->dims[i + 2] =
		    count_windows(infer, &windows, i, shape->rank - 2, shape->dims[i + 2]);
	return true;
}

static bool conv_transpose(const struct infer *infer, size_t output, struct shape *shape)
{
	struct numbers extra = attribute_numbers(infer, "output_padding");
	const struct numbers given = attribute_numbers(infer, "output_shape");
	const int64_t group = attribute_small(infer, "group", 1);
	struct windows windows;
	struct shape weights;
	int n;

	if (output != 0 || !input_shape(infer, 0, shape) || !input_shape(infer, 1, &weights))
		return false;
	n = shape->rank - 2;
	windows.kernel = kernel_of(infer, &weights);
	if (weights.rank != shape->rank || !read_windows(infer, n, &windows) ||
	    !spread(&extra, n, 0))
		return false;
	shape->dims[1] = weights.dims[1] < 0 ? -1 : known(weights.dims[1] * group);
	for (int i = 0; i < n; i++) {
		const int64_t stride = windows.strides.at[i], size = shape->dims[i + 2];
		const int64_t extent = (windows.kernel.at[i] - 1) * windows.dilations.at[i] + 1;

		if (given.n == n)
			shape->dims[i + 2] = known(given.at[i]);
		else if (size < 0 || auto_pad_is(infer, "SAME"))
			shape->dims[i + 2] = size < 0 ? -1 : known(size * stride);
		else
			shape->dims[i + 2] = known((size - 1) * stride + extent + extra.at[i] -
						   windows.pads.at[i] - windows.pads.at[n + i]);
	}
	return true;
}

static bool pool(const struct infer *infer, size_t output, struct shape *shape)
{
	struct windows windows;

	if (output > 1 || !input_shape(infer, 0, shape))
		return false;
	windows.kernel = kernel_of(infer, NULL);
	if (!read_windows(infer, shape->rank - 2, &windows))
		return false;
	for (int i = 0; i < shape->rank - 2; i++)
		shape->dims[i + 2] =
		    count_windows(infer, &windows, i, shape->rank - 2, shape->dims[i + 2]);
	return true;
}

static bool global_pool(const struct infer *infer, size_t output, struct shape *shape)
{
	if (output != 0 || !input_shape(infer, 0, shape))
		return false;
	for (int i = 2; i < shape->rank; i++)
		shape->dims[i] = 1;
	return true;
}

static bool gemm(const struct infer *infer, size_t output, struct shape *shape)
{
	struct shape a, b;

	if (output != 0 || !input_shape(infer, 0, &a) || !input_shape(infer, 1, &b) ||
	    a.rank != 2 || b.rank != 2)
		return false;
	shape->rank = 2;
	shape->dims[0] = a.dims[attribute_small(infer, "transA", 0) ? 1 : 0];
	shape->dims[1] = b.dims[attribute_small(infer, "transB", 0) ? 0 : 1];
	return true;
}

/* A vector counts as a row on the left and as a column on the right, and its 1 is dropped after. */
static bool matmul(const struct infer *infer, size_t output, struct shape *shape)
{
	struct shape a, b;
	int64_t rows, columns;

	if (output != 0 || !input_shape(infer, 0, &a) || !input_shape(infer, 1, &b) || a.rank < 1 ||
	    b.rank < 1)
		return false;
	rows = a.rank > 1 ? a.dims[a.rank - 2] : -1;
	columns = b.rank > 1 ? b.dims[b.rank - 1] : -1;
	*shape = a;
	shape->rank = a.rank > 2 ? a.rank - 2 : 0;
	if (b.rank > 2) {
		const struct shape a_batch = *shape;

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

static bool flatten(const struct infer *infer, size_t output, struct shape *shape)
{
	const int64_t axis = attribute_small(infer, "axis", 1);
	struct shape input;
	int at;

	if (output != 0 || !input_shape(infer, 0, &input))
		return false;
	at = input.rank;
	if (axis != input.rank && !axis_of(axis, input.rank, &at))
		return false;
	shape->rank = 2;
	shape->dims[0] = product(&input, 0, at);
	shape->dims[1] = product(&input, at, input.rank);
	return true;
}

static bool transpose(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers order = attribute_numbers(infer, "perm");
	struct shape input;

	if (output != 0 || !input_shape(infer, 0, &input) ||
	    (qs_attribute(infer->proto, "perm") && order.n != input.rank))
		return false;
	shape->rank = input.rank;
	for (int i = 0; i < input.rank; i++) {
		int from = input.rank - 1 - i;

		if (order.n >= 0 && !axis_of(order.at[i], input.rank, &from))
			return false;
		shape->dims[i] = input.dims[from];
	}
	return true;
}

static bool concat(const struct infer *infer, size_t output, struct shape *shape)
{
	struct shape next;
	int axis;

	if (output != 0 || !input_shape(infer, 0, shape) ||
	    !axis_of(attribute_small(infer, "axis", 1), shape->rank, &axis))
		return false;
	for (size_t i = 1; i < infer->proto->n_input; i++) {
		if (!input_shape(infer, i, &next) || next.rank != shape->rank)
			return false;
		for (int k = 0; k < shape->rank; k++) {
			if (k == axis)
				shape->dims[k] = shape->dims[k] < 0 || next.dims[k] < 0
						     ? -1
						     : known(shape->dims[k] + next.dims[k]);
			else if (shape->dims[k] < 0)
				shape->dims[k] = next.dims[k];
		}
	}
	return true;
}

/* 0 copies a dimension, -1 takes what is left. */
static bool reshape(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers to = numbers_of(infer, "shape", 1);
	const bool keep_zero = attribute_small(infer, "allowzero", 0) != 0;
	int64_t all, rest;
	struct shape input;
	int left = -1;

	if (output != 0 || to.n < 0 || !input_shape(infer, 0, &input))
		return false;
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

static bool mark_axes(const struct numbers *axes, int rank, bool *marks)
{
	for (int i = 0; i < axes->n; i++) {
		int axis;

		if (!axis_of(axes->at[i], rank, &axis))
			return false;
		marks[axis] = true;
	}
	return true;
}

static bool reduce(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers axes = numbers_of(infer, "axes", 1);
	const bool keep = attribute_small(infer, "keepdims", 1) != 0;
	bool marks[QS_RANK_LIMIT] = {false};
	struct shape input;

	if (output != 0 || !input_shape(infer, 0, &input) || !mark_axes(&axes, input.rank, marks) ||
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

static bool squeeze(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers axes = numbers_of(infer, "axes", 1);
	bool marks[QS_RANK_LIMIT] = {false};
	struct shape input;

	if (output != 0 || axes.n < 0 || !input_shape(infer, 0, &input) ||
	    !mark_axes(&axes, input.rank, marks))
		return false;
	shape->rank = 0;
	for (int i = 0; i < input.rank; i++) {
		if (!marks[i])
			shape->dims[shape->rank++] = input.dims[i];
	}
	return true;
}

static bool unsqueeze(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers axes = numbers_of(infer, "axes", 1);
	bool marks[QS_RANK_LIMIT] = {false};
	struct shape input;
	int next = 0;

	if (output != 0 || axes.n < 0 || !input_shape(infer, 0, &input) ||
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

static bool pad(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers pads = numbers_of(infer, "pads", 1);

	if (output != 0 || !input_shape(infer, 0, shape) || pads.n != 2 * shape->rank ||
	    qs_graph_input(infer->graph, infer->node, 3))
		return false;
	for (int i = 0; i < shape->rank; i++) {
		if (shape->dims[i] >= 0)
			shape->dims[i] =
			    known(shape->dims[i] + pads.at[i] + pads.at[shape->rank + i]);
	}
	return true;
}

/* The last of the inputs is the new size; scales give it by multiplication. */
static bool resize(const struct infer *infer, size_t output, struct shape *shape)
{
	const size_t last = infer->proto->n_input - 1;
	const struct qs_value *scales =
	    qs_graph_input(infer->graph, infer->node, last == 3 ? 2 : last);
	const struct numbers sizes = constant_numbers(infer, 3);
	float *factors;
	size_t n;

	if (output != 0 || !input_shape(infer, 0, shape) || qs_attribute(infer->proto, "axes"))
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

		shape->dims[i] = size >= 0 && size <= (double)LARGEST_DIM ? (int64_t)size : -1;
	}
	free(factors);
	return n == (size_t)shape->rank;
}

static bool split(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers parts = numbers_of(infer, "split", 1);
	const int64_t n = (int64_t)infer->proto->n_output;
	int axis;

	if (!input_shape(infer, 0, shape) ||
	    !axis_of(attribute_small(infer, "axis", 0), shape->rank, &axis))
		return false;
	if (parts.n >= 0)
		shape->dims[axis] = (int)output < parts.n ? known(parts.at[output]) : -1;
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

static bool slice(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers starts = numbers_of(infer, "starts", 1),
			     ends = numbers_of(infer, "ends", 2);
	struct numbers axes = numbers_of(infer, "axes", 3), steps = constant_numbers(infer, 4);

	if (output != 0 || starts.n < 0 || ends.n != starts.n || !input_shape(infer, 0, shape) ||
	    (axes.n < 0 && qs_graph_input(infer->graph, infer->node, 3)) ||
	    (steps.n < 0 && qs_graph_input(infer->graph, infer->node, 4)))
		return false;
	for (int i = 0; axes.n < 0 && i < starts.n; i++)
		axes.at[i] = i;
	if ((axes.n >= 0 && axes.n != starts.n) || !spread(&steps, starts.n, 1))
		return false;
	for (int i = 0; i < starts.n; i++) {
		int axis;

		if (!axis_of(axes.at[i], shape->rank, &axis))
			return false;
		shape->dims[axis] =
		    slice_size(shape->dims[axis], starts.at[i], ends.at[i], steps.at[i]);
	}
	return true;
}

static bool gather(const struct infer *infer, size_t output, struct shape *shape)
{
	struct shape data, indices;
	int axis;

	if (output != 0 || !input_shape(infer, 0, &data) || !input_shape(infer, 1, &indices) ||
	    !axis_of(attribute_small(infer, "axis", 0), data.rank, &axis) ||
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

static bool depth_to_space(const struct infer *infer, size_t output, struct shape *shape)
{
	const int64_t block = attribute_small(infer, "blocksize", 0);
	int64_t area;

	if (output != 0 || !input_shape(infer, 0, shape) || shape->rank != 4 || block < 1)
		return false;
	area = block * block;
	shape->dims[1] =
	    shape->dims[1] >= 0 && shape->dims[1] % area == 0 ? shape->dims[1] / area : -1;
	for (int i = 2; i < 4; i++)
		shape->dims[i] = shape->dims[i] < 0 ? -1 : known(shape->dims[i] * block);
	return true;
}

static bool constant_of_shape(const struct infer *infer, size_t output, struct shape *shape)
{
	const struct numbers numbers = constant_numbers(infer, 0);

	if (output != 0 || numbers.n < 0)
		return false;
	shape->rank = numbers.n;
	for (int i = 0; i < numbers.n; i++)
		shape->dims[i] = known(numbers.at[i]);
	return true;
}

static bool shape_of(const struct infer *infer, size_t output, struct shape *shape)
{
	struct shape input;

	if (output != 0 || !input_shape(infer, 0, &input))
		return false;
	shape->rank = 1;
	shape->dims[0] = input.rank;
	return true;
}

static bool recurrent(const struct infer *infer, size_t output, struct shape *shape)
{
	const int64_t hidden = attribute_small(infer, "hidden_size", -1);
	struct shape input, weights;

	if (!input_shape(infer, 0, &input) || !input_shape(infer, 1, &weights) || input.rank != 3 ||
	    weights.rank != 3 || attribute_small(infer, "layout", 0))
		return false;
	shape->rank = 0;
	if (output == 0)
		shape->dims[shape->rank++] = input.dims[0];
	shape->dims[shape->rank++] = weights.dims[0];
	shape->dims[shape->rank++] = input.dims[1];
	shape->dims[shape->rank++] = hidden;
	return true;
}

/* ---- the table ---------------------------------------------------------------------------------
 */

/* What the element type of a result is. */
enum result {
	LIKE_0,
	LIKE_1,
	INT64,
	BOOL,
	BY_TO,
	BY_ZERO_POINT,
	BY_VALUE
};

static const struct family {
	const char *names;
	shape_rule *rule;
	enum result result;
} families[] = {
    {" Relu LeakyRelu PRelu Elu Celu Selu Gelu Mish Sigmoid Tanh HardSigmoid HardSwish Softplus "
     "Softsign"
     " Softmax LogSoftmax Hardmax Clip BatchNormalization InstanceNormalization LayerNormalization"
     " GroupNormalization MeanVarianceNormalization LpNormalization LRN Dropout Identity Erf Sqrt "
     "Exp Log"
     " Neg Abs Sign Floor Ceil Round Reciprocal Sin Cos Tan Sinh Cosh Asin Acos Atan "
     "ThresholdedRelu Shrink"
     " CumSum Swish ScatterND ScatterElements Not BitwiseNot Trilu ",
	same, LIKE_0},
    {" Add Sub Mul Div Pow Mod Sum Mean Max Min BitShift ", broadcast, LIKE_0},
    {" Equal Less Greater LessOrEqual GreaterOrEqual And Or Xor ", broadcast, BOOL},
    {" Where ", broadcast, LIKE_1},
    {" IsNaN IsInf ", same, BOOL},
    {" Cast ", same, BY_TO},
    {" DequantizeLinear ", same, LIKE_1},
    {" QuantizeLinear ", same, BY_ZERO_POINT},
    {" Conv ", conv, LIKE_0},
    {" ConvTranspose ", conv_transpose, LIKE_0},
    {" MaxPool AveragePool LpPool ", pool, LIKE_0},
    {" GlobalAveragePool GlobalMaxPool GlobalLpPool ", global_pool, LIKE_0},
    {" Gemm ", gemm, LIKE_0},
    {" MatMul ", matmul, LIKE_0},
    {" Flatten ", flatten, LIKE_0},
    {" Transpose ", transpose, LIKE_0},
    {" Concat ", concat, LIKE_0},
    {" Reshape ", reshape, LIKE_0},
    {" ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum "
     "ReduceLogSumExp"
     " ReduceSumSquare ",
	reduce, LIKE_0},
    {" Squeeze ", squeeze, LIKE_0},
    {" Unsqueeze ", unsqueeze, LIKE_0},
    {" Pad ", pad, LIKE_0},
    {" Resize Upsample ", resize, LIKE_0},
    {" Split ", split, LIKE_0},
    {" Slice ", slice, LIKE_0},
    {" Gather ", gather, LIKE_0},
    {" DepthToSpace ", depth_to_space, LIKE_0},
    {" LSTM GRU RNN ", recurrent, LIKE_0},
    {" ConstantOfShape ", constant_of_shape, BY_VALUE},
    {" Shape ", shape_of, INT64},
    {" Size NonZero ArgMax ArgMin ", NULL, INT64},
    {" GatherElements GatherND Expand Tile Range TopK SpaceToDepth ", NULL, LIKE_0},
};

static const struct family *family_of(const Onnx__NodeProto *node)
{
	const char *name = node->op_type ? node->op_type : "";
	const size_t size = strlen(name);

	if (!size || !qs_node_is_standard(node))
		return NULL;
	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		const char *at = families[i].names;

		while ((at = strstr(at + 1, name)) != NULL) {
			if (at[-1] == ' ' && at[size] == ' ')
				return &families[i];
		}
	}
	return NULL;
}

static int type_of_input(const struct infer *infer, size_t i)
{
	const struct qs_value *value = qs_graph_input(infer->graph, infer->node, i);

	return value ? value->element_type : 0;
}

static int element_type_of(const struct infer *infer, enum result result)
{
	const Onnx__AttributeProto *value;

	switch (result) {
	case LIKE_0:
		return type_of_input(infer, 0);
	case LIKE_1:
		return type_of_input(infer, 1);
	case INT64:
		return ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
	case BOOL:
		return ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
	case BY_TO:
		return (int)attribute_small(infer, "to", 0);
	case BY_ZERO_POINT:
		return qs_graph_input(infer->graph, infer->node, 2)
			   ? type_of_input(infer, 2)
			   : ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
	case BY_VALUE:
		value = qs_attribute(infer->proto, "value");
		return value && value->t ? value->t->data_type
					 : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
	}
	return 0;
}

static enum qs_status infer_output(
    const struct infer *infer, const struct family *family, size_t output)
{
	struct qs_value *value = qs_graph_output(infer->graph, infer->node, output);
	struct shape shape = {-1, {0}};
	int64_t *dims;

	if (!value || value->constant)
		return QS_OK;
	if (!value->element_type)
		value->element_type = element_type_of(infer, family->result);
	if (value->rank >= 0 || !family->rule || !family->rule(infer, output, &shape))
		return QS_OK;
	dims = qs_arena_array(&infer->graph->arena, (size_t)shape.rank + 1, sizeof(*dims));
	if (!dims)
		return QS_NOMEM;
	memcpy(dims, shape.dims, (size_t)shape.rank * sizeof(*dims));
	value->dims = dims;
	value->rank = shape.rank;
	return QS_OK;
}

static enum qs_status infer_forward(struct infer *infer)
{
	const struct qs_graph *graph = infer->graph;
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		const struct family *family;

		infer->node = graph->order[i];
		infer->proto = graph->nodes[infer->node].proto;
		family = family_of(infer->proto);
		for (size_t j = 0; family && status == QS_OK && j < infer->proto->n_output; j++)
			status = infer_output(infer, family, j);
	}
	return status;
}

/* Where forward nothing is known, the declared shape of an output may tell that of what it is made of.
 * True when that told something. */
static bool infer_backward(struct qs_graph *graph)
{
	bool told = false;

	for (size_t i = graph->n_nodes; i-- > 0;) {
		const size_t node = graph->order[i];
		const struct family *family = family_of(graph->nodes[node].proto);
		struct qs_value *from = qs_graph_output(graph, node, 0);
		struct qs_value *to = qs_graph_input(graph, node, 0);

		if (!family || family->rule != same || !from || !to || from->rank < 0 || to->rank >= 0)
			continue;
		to->rank = from->rank;
		to->dims = from->dims;
		told = true;
	}
	return told;
}

enum qs_status qs_shapes_infer(struct qs_graph *graph)
{
	struct infer infer = {graph, 0, NULL, qs_findings_new()};
	enum qs_status status = infer.quiet ? infer_forward(&infer) : QS_NOMEM;

	if (status == QS_OK && infer_backward(graph))
		status = infer_forward(&infer);
	qs_findings_free(infer.quiet);
	return status;
}
