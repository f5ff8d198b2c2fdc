/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays and layouts. */
#include "numbers/array.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "numbers/cpu.h"
#include "numbers/kernels/kernels.h"

void qs_array_done(struct qs_array *array)
{
	free(array->data);
	*array = (struct qs_array){0};
}

static const struct {
	const char *word;
	size_t size;
} elements[] = {
#define ELEMENT(ID, word, size) [QS_ELEMENT_##ID] = {word, size},
    QS_ELEMENT_LIST(ELEMENT)
#undef ELEMENT
};

const char *qs_element_word(enum qs_element element)
{
	return elements[element].word;
}

size_t qs_element_size(enum qs_element element)
{
	return elements[element].size;
}

bool qs_array_count(const int64_t *dims, size_t rank, size_t size, size_t *ret_count)
{
	const uint64_t most = (SIZE_MAX < INT64_MAX ? SIZE_MAX : INT64_MAX) / size;
	uint64_t product = 1;
	bool empty = false;

	for (size_t i = 0; i < rank; i++) {
		const uint64_t factor = dims[i] > 0 ? (uint64_t)dims[i] : 1;

		if (dims[i] < 0 || product > most / factor)
			return false;
		product *= factor;
		empty |= dims[i] == 0;
	}
	*ret_count = empty ? 0 : (size_t)product;
	return true;
}

void qs_element_order_bytes(enum qs_element element, void *values, size_t n, bool big_endian)
{
	if (big_endian != qs_bytes_are_big_endian())
		qs_bytes_turn(values, n, qs_element_size(element));
}

void qs_array_order_bytes(struct qs_array *array, bool big_endian)
{
	qs_element_order_bytes(array->element, array->data, array->n_values, big_endian);
}

#define CONVERT(ID, type)                                                                          \
	case QS_ELEMENT_##ID:                                                                      \
		for (size_t i = 0; i < n; i++)                                                     \
			out[i] = (float)((const type *)in)[i];                                     \
		break;

void qs_element_floats(enum qs_element element, const void *in, size_t n, float *out)
{
	struct qs_kernels kernels;

	qs_kernels_init(&kernels, qs_cpu_sets());
	switch (element) {
		CONVERT(INT8, int8_t)
		CONVERT(UINT8, uint8_t)
		CONVERT(INT16, int16_t)
		CONVERT(UINT16, uint16_t)
		CONVERT(INT32, int32_t)
		CONVERT(UINT32, uint32_t)
		CONVERT(INT64, int64_t)
		CONVERT(UINT64, uint64_t)
		CONVERT(FLOAT64, double)
	case QS_ELEMENT_BOOL:
		for (size_t i = 0; i < n; i++)
			out[i] = ((const uint8_t *)in)[i] ? 1.0F : 0.0F;
		break;
	case QS_ELEMENT_FLOAT16:
		kernels.float16_to_float(in, n, out);
		break;
	case QS_ELEMENT_BFLOAT16:
		kernels.bfloat16_to_float(in, n, out);
		break;
	case QS_ELEMENT_FLOAT32:
		memcpy(out, in, n * sizeof(*out));
		break;
	case QS_ELEMENT__COUNT:
		memset(out, 0, n * sizeof(*out));
		break;
	}
}

enum qs_status qs_array_floats(const struct qs_array *array, float **ret_values)
{
	float *values = malloc(array->n_values ? array->n_values * sizeof(*values) : 1);

	if (!values)
		return QS_NOMEM;
	if (array->element == QS_ELEMENT__COUNT) {
		free(values);
		return QS_BUG;
	}
	qs_element_floats(array->element, array->data, array->n_values, values);
	*ret_values = values;
	return QS_OK;
}

bool qs_element_is_float32_or_half(enum qs_element element)
{
	return element == QS_ELEMENT_FLOAT32 || element == QS_ELEMENT_FLOAT16 ||
	       element == QS_ELEMENT_BFLOAT16;
}

/* Makes halves of float32. */
static void narrow(enum qs_element element, const float *values, size_t n, uint16_t *out)
{
	struct qs_kernels kernels;

	qs_kernels_init(&kernels, qs_cpu_sets());
	if (element == QS_ELEMENT_FLOAT16)
		kernels.float_to_float16(values, n, out);
	else
		kernels.float_to_bfloat16(values, n, out);
}

enum qs_status qs_array_convert(struct qs_array *array, enum qs_element element)
{
	float *values;
	uint16_t *halves;
	enum qs_status status;

	if (!qs_element_is_float32_or_half(element) ||
	    !qs_element_is_float32_or_half(array->element))
		return QS_BUG;
	status = qs_array_floats(array, &values);
	if (status != QS_OK)
		return status;
	halves =
	    element == QS_ELEMENT_FLOAT32 ? NULL : malloc(array->n_values * sizeof(*halves) + 1);
	if (element != QS_ELEMENT_FLOAT32 && !halves) {
		free(values);
		return QS_NOMEM;
	}
	free(array->data);
	array->element = element;
	array->data = values;
	if (halves) {
		narrow(element, values, array->n_values, halves);
		free(values);
		array->data = halves;
	}
	return QS_OK;
}

bool qs_layout_of(const int64_t *dims, size_t rank, int axis, struct qs_layout *ret_layout)
{
	struct qs_layout layout = {1, 1, 1};
	size_t count;

	if (axis < -1 || (axis >= 0 && (size_t)axis >= rank))
		return false;
	if (!qs_array_count(dims, rank, sizeof(float), &count))
		return false;
	if (axis < 0) {
		*ret_layout = (struct qs_layout){1, 1, count};
		return true;
	}
	for (size_t i = 0; i < rank; i++) {
		size_t *part = i < (size_t)axis ? &layout.outer : &layout.inner;

		if (i == (size_t)axis)
			part = &layout.channels;
		*part *= (size_t)dims[i];
	}
	*ret_layout = layout;
	return true;
}

size_t qs_layout_count(struct qs_layout layout)
{
	return layout.outer * layout.channels * layout.inner;
}
