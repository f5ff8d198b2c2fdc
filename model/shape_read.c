/* SPDX-License-Identifier: Apache-2.0 */
/* What rules of shapes read: shapes of inputs, and numbers from attributes and constants. */
#include <stdlib.h>

#include "model/shape_internal.h"
#include "model/tensor.h"

bool qs_shape_input(const struct qs_shape_infer *infer, size_t i, struct qs_shape *shape)
{
	const struct qs_value *value = qs_graph_input(infer->graph, infer->node, i);

	if (!value || value->rank < 0 || value->rank > QS_RANK_LIMIT)
		return false;
	shape->rank = value->rank;
	for (int k = 0; k < value->rank; k++)
		shape->dims[k] = value->dims[k] <= QS_LARGEST_DIM ? value->dims[k] : -1;
	return true;
}

static bool is_small(int64_t number)
{
	return number >= -QS_LARGEST_DIM && number <= QS_LARGEST_DIM;
}

struct qs_numbers qs_numbers_keep(const int64_t *numbers, size_t n)
{
	struct qs_numbers kept = {-1, {0}};

	if (n > QS_RANK_LIMIT)
		return kept;
	for (size_t i = 0; i < n; i++) {
		/* Ends of slices are "as far as it goes" by being huge. */
		kept.at[i] = is_small(numbers[i]) ? numbers[i]
		             : numbers[i] < 0     ? -QS_LARGEST_DIM
		                                  : QS_LARGEST_DIM;
	}
	kept.n = (int)n;
	return kept;
}

struct qs_numbers qs_numbers_attribute(const struct qs_shape_infer *infer, const char *name)
{
	const Onnx__AttributeProto *attribute = qs_attribute(infer->proto, name);

	if (!attribute)
		return (struct qs_numbers){-1, {0}};
	return qs_numbers_keep(attribute->ints, attribute->n_ints);
}

struct qs_numbers qs_numbers_constant(const struct qs_shape_infer *infer, size_t input)
{
	const struct qs_value *value = qs_graph_input(infer->graph, infer->node, input);
	struct qs_numbers kept = {-1, {0}};
	int64_t *numbers;
	size_t n;

	if (!value || !value->constant || value->constant->n_dims > 1 ||
	    (value->constant->n_dims == 1 && value->constant->dims[0] > QS_RANK_LIMIT))
		return kept;
	if (qs_tensor_read_integers(
		infer->graph->model, value->constant, infer->quiet, &numbers, &n) != QS_OK)
		return kept;
	kept = qs_numbers_keep(numbers, n);
	free(numbers);
	return kept;
}

struct qs_numbers qs_numbers_of(const struct qs_shape_infer *infer, const char *name, size_t input)
{
	const struct qs_numbers numbers = qs_numbers_attribute(infer, name);

	return numbers.n >= 0 ? numbers : qs_numbers_constant(infer, input);
}

bool qs_numbers_spread(struct qs_numbers *numbers, int n, int64_t absent)
{
	if (numbers->n < 0) {
		for (int i = 0; i < n; i++)
			numbers->at[i] = absent;
		numbers->n = n;
	}
	return numbers->n == n;
}

int64_t qs_shape_attribute(const struct qs_shape_infer *infer, const char *name, int64_t absent)
{
	const int64_t number = qs_attribute_int(infer->proto, name, absent);

	return is_small(number) ? number : absent;
}

bool qs_shape_axis(int64_t axis, int rank, int *ret_axis)
{
	if (axis < -rank || axis >= rank)
		return false;
	*ret_axis = (int)(axis < 0 ? axis + rank : axis);
	return true;
}

int64_t qs_shape_known(int64_t dim)
{
	return dim > QS_LARGEST_DIM || dim < 0 ? -1 : dim;
}
