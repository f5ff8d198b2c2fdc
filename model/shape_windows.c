/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes of what convolutions and pools give. Laws: ONNX, docs/Operators.md. */
#include <string.h>

#include "model/shape_internal.h"
#include "model/tensor.h"

static bool auto_pad_is(const struct qs_shape_infer *infer, const char *word)
{
	const Onnx__AttributeProto *attribute = qs_attribute(infer->proto, "auto_pad");
	const size_t size = strlen(word);

	return attribute && attribute->s.len >= size && memcmp(attribute->s.data, word, size) == 0;
}

/* The windows that a convolution or a pool places along its spatial dimensions. */
struct windows {
	struct qs_numbers kernel, strides, pads, dilations;
};

static bool read_windows(const struct qs_shape_infer *infer, int n, struct windows *windows)
{
	windows->strides = qs_numbers_attribute(infer, "strides");
	windows->pads = qs_numbers_attribute(infer, "pads");
	windows->dilations = qs_numbers_attribute(infer, "dilations");
	if (n < 1 || n > 8 || !qs_numbers_spread(&windows->strides, n, 1) ||
	    !qs_numbers_spread(&windows->pads, 2 * n, 0) ||
	    !qs_numbers_spread(&windows->dilations, n, 1) || windows->kernel.n != n)
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
    const struct qs_shape_infer *infer, const struct windows *windows, int i, int n, int64_t size)
{
	const int64_t stride = windows->strides.at[i];
	const int64_t extent = (windows->kernel.at[i] - 1) * windows->dilations.at[i] + 1;
	const int64_t padded = size + windows->pads.at[i] + windows->pads.at[n + i];
	const bool ceil_mode = qs_shape_attribute(infer, "ceil_mode", 0) != 0;
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
	return qs_shape_known(count);
}

static struct qs_numbers kernel_of(
    const struct qs_shape_infer *infer, const struct qs_shape *weights)
{
	struct qs_numbers kernel = qs_numbers_attribute(infer, "kernel_shape");

	if (kernel.n < 0 && weights && weights->rank > 2)
		kernel = qs_numbers_keep(weights->dims + 2, (size_t)weights->rank - 2);
	return kernel;
}

bool qs_shape_rule_conv(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct windows windows;
	struct qs_shape weights;

	if (output != 0 || !qs_shape_input(infer, 0, shape) || !qs_shape_input(infer, 1, &weights))
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

bool qs_shape_rule_conv_transpose(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct qs_numbers extra = qs_numbers_attribute(infer, "output_padding");
	const struct qs_numbers given = qs_numbers_attribute(infer, "output_shape");
	const int64_t group = qs_shape_attribute(infer, "group", 1);
	struct windows windows;
	struct qs_shape weights;
	int n;

	if (output != 0 || !qs_shape_input(infer, 0, shape) || !qs_shape_input(infer, 1, &weights))
		return false;
	n = shape->rank - 2;
	windows.kernel = kernel_of(infer, &weights);
	if (weights.rank != shape->rank || !read_windows(infer, n, &windows) ||
	    !qs_numbers_spread(&extra, n, 0))
		return false;
	shape->dims[1] = weights.dims[1] < 0 ? -1 : qs_shape_known(weights.dims[1] * group);
	for (int i = 0; i < n; i++) {
		const int64_t stride = windows.strides.at[i], size = shape->dims[i + 2];
		const int64_t extent = (windows.kernel.at[i] - 1) * windows.dilations.at[i] + 1;

		if (given.n == n)
			shape->dims[i + 2] = qs_shape_known(given.at[i]);
		else if (size < 0 || auto_pad_is(infer, "SAME"))
			shape->dims[i + 2] = size < 0 ? -1 : qs_shape_known(size * stride);
		else
			shape->dims[i + 2] =
			    qs_shape_known((size - 1) * stride + extent + extra.at[i] -
					   windows.pads.at[i] - windows.pads.at[n + i]);
	}
	return true;
}

bool qs_shape_rule_pool(const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	struct windows windows;

	if (output > 1 || !qs_shape_input(infer, 0, shape))
		return false;
	windows.kernel = kernel_of(infer, NULL);
	if (!read_windows(infer, shape->rank - 2, &windows))
		return false;
	for (int i = 0; i < shape->rank - 2; i++)
		shape->dims[i + 2] =
		    count_windows(infer, &windows, i, shape->rank - 2, shape->dims[i + 2]);
	return true;
}

bool qs_shape_rule_global_pool(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape)
{
	if (output != 0 || !qs_shape_input(infer, 0, shape))
		return false;
	for (int i = 2; i < shape->rank; i++)
		shape->dims[i] = 1;
	return true;
}
