/* SPDX-License-Identifier: Apache-2.0 */
/* What is in a constant tensor. Layouts: onnx.proto, TensorProto. */
#include "model/tensor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/external.h"

/* Element types of ONNX, also those that are newer than the installed onnx.proto. */
static const struct element {
	const char *name;
	unsigned char bits;
} element_types[] = {
    {"", 0},
    {"float32", 32},
    {"uint8", 8},
    {"int8", 8},
    {"uint16", 16},
    {"int16", 16},
    {"int32", 32},
    {"int64", 64},
    {"string", 0},
    {"bool", 8},
    {"float16", 16},
    {"float64", 64},
    {"uint32", 32},
    {"uint64", 64},
    {"complex64", 64},
    {"complex128", 128},
    {"bfloat16", 16},
    {"float8e4m3fn", 8},
    {"float8e4m3fnuz", 8},
    {"float8e5m2", 8},
    {"float8e5m2fnuz", 8},
    {"uint4", 4},
    {"int4", 4},
    {"float4e2m1", 4},
    {"float8e8m0", 8},
    {"uint2", 2},
    {"int2", 2},
};

static const struct element *element_of(int type)
{
	const size_t n = sizeof(element_types) / sizeof(element_types[0]);

	return &element_types[type > 0 && (size_t)type < n ? type : 0];
}

const char *qs_element_name(int element_type)
{
	return element_of(element_type)->name;
}

size_t qs_element_bits(int element_type)
{
	return element_of(element_type)->bits;
}

bool qs_element_is_float(int element_type)
{
	return element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
	       element_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE ||
	       element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16 ||
	       element_type == ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16;
}

const char *qs_tensor_name(const Onnx__TensorProto *tensor)
{
	return tensor->name ? tensor->name : "";
}

bool qs_shape_count(const int64_t *dims, size_t n_dims, size_t *ret_count)
{
	size_t count = 1;
	bool empty = false;

	for (size_t i = 0; i < n_dims; i++)
		empty = empty || dims[i] == 0;
	for (size_t i = 0; i < n_dims && !empty; i++) {
		if (dims[i] < 0 || (uint64_t)dims[i] > SIZE_MAX / count)
			return false;
		count *= (size_t)dims[i];
	}
	*ret_count = empty ? 0 : count;
	return true;
}

bool qs_tensor_data_size(const Onnx__TensorProto *tensor, size_t *ret_size)
{
	const size_t bits = qs_element_bits(tensor->data_type);
	size_t count;

	if (!bits || !qs_shape_count(tensor->dims, tensor->n_dims, &count) ||
	    count > (SIZE_MAX - 7) / bits)
		return false;
	*ret_size = (count * bits + 7) / 8;
	return true;
}

/* Where the elements of a tensor are: raw bytes, or a typed list. */
struct elements {
	int type;
	size_t count;
	const unsigned char *raw;
	const Onnx__TensorProto *typed;
	unsigned char *owned; /* raw, when it had to be read from a file */
};

static enum qs_status bad(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, const char *what)
{
	qs_finding_add(findings, QS_FINDING_BAD_TENSOR, qs_model_place(model, findings),
	    "tensor \"%s\" cannot be used: %s", qs_tensor_name(tensor), what);
	return QS_INVALID;
}

/* How many elements the typed list of a tensor's type has. */
static size_t count_typed(const Onnx__TensorProto *tensor)
{
	switch (tensor->data_type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
		return tensor->n_float_data;
	case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
		return tensor->n_double_data;
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
		return tensor->n_int64_data;
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
		return tensor->n_uint64_data;
	default:
		return tensor->n_int32_data;
	}
}

static bool is_packed(int type)
{
	return qs_element_bits(type) == 4;
}

/* Finds the elements and makes sure that there are as many as the shape takes. */
static enum qs_status open_elements(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, struct elements *ret_elements)
{
	struct elements found = {tensor->data_type, 0, NULL, NULL, NULL};
	enum qs_status status;
	size_t size, present;

	if (!qs_tensor_data_size(tensor, &size) ||
	    !qs_shape_count(tensor->dims, tensor->n_dims, &found.count))
		return bad(model, tensor, findings, "its type or its shape is not valid");
	if (qs_external_is(tensor)) {
		status = qs_external_read(model, tensor, findings, &found.owned, &size);
		if (status != QS_OK)
			return status;
		found.raw = found.owned;
	} else if (tensor->has_raw_data) {
		if (tensor->raw_data.len != size)
			return bad(
			    model, tensor, findings, "its data is not as long as its shape takes");
		found.raw = tensor->raw_data.data;
	} else {
		present = count_typed(tensor);
		if (present != (is_packed(found.type) ? (found.count + 1) / 2 : found.count))
			return bad(
			    model, tensor, findings, "it has more or fewer values than its shape");
		found.typed = tensor;
	}
	*ret_elements = found;
	return QS_OK;
}

/* `size` little-endian bytes as an unsigned number. */
static uint64_t load_bytes(const unsigned char *bytes, size_t size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | bytes[size];
	return value;
}

static double half_value(unsigned bits)
{
	const int exponent = (int)(bits >> 10 & 0x1F);
	const double fraction = bits & 0x3FF;
	double value;

	if (exponent == 0x1F)
		value = fraction != 0 ? (double)NAN : (double)INFINITY;
	else if (exponent)
		value = ldexp(fraction + 1024, exponent - 25);
	else
		value = ldexp(fraction, -24);
	return bits & 0x8000 ? -value : value;
}

static float float_of_bits(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static double double_of_bits(uint64_t bits)
{
	double value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* The bits of element i, right-aligned, of any type but those kept as float and double lists. */
static uint64_t bits_at(const struct elements *from, size_t i)
{
	const size_t bits = qs_element_bits(from->type);
	const Onnx__TensorProto *typed = from->typed;
	uint64_t byte;

	if (from->raw && bits >= 8)
		return load_bytes(from->raw + i * (bits / 8), bits / 8);
	if (bits == 4) {
		byte = from->raw ? from->raw[i / 2] : (uint64_t)typed->int32_data[i / 2];
		return (i % 2 ? byte >> 4 : byte) & 0xF;
	}
	switch (from->type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
		return (uint64_t)typed->int64_data[i];
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
		return typed->uint64_data[i];
	default:
		return (uint64_t)typed->int32_data[i];
	}
}

/* Element i of a float type. */
static double real_at(const struct elements *from, size_t i)
{
	switch (from->type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
		return from->raw ? (double)float_of_bits((uint32_t)bits_at(from, i))
		                 : (double)from->typed->float_data[i];
	case ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE:
		return from->raw ? double_of_bits(bits_at(from, i)) : from->typed->double_data[i];
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
		return half_value((unsigned)bits_at(from, i) & 0xFFFF);
	default:
		return (double)float_of_bits((uint32_t)bits_at(from, i) << 16);
	}
}

/* Whether the type is one that integer_at() reads. */
static bool is_integer(int type)
{
	switch (type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT8:
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT8:
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT16:
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT16:
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT64:
	case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT32:
	case ONNX__TENSOR_PROTO__DATA_TYPE__UINT64:
		return true;
	default:
		return is_packed(type) && qs_element_name(type)[0] != 'f';
	}
}

/* Element i of an integer type; uint64 beyond int64 wraps. */
static int64_t integer_at(const struct elements *from, size_t i)
{
	const unsigned unused = 64 - (unsigned)qs_element_bits(from->type);
	const uint64_t bits = bits_at(from, i) << unused;

	if (qs_element_name(from->type)[0] == 'i')
		return (int64_t)bits >> unused;
	return (int64_t)(bits >> unused);
}

static bool is_readable(int type)
{
	return qs_element_is_float(type) || is_integer(type);
}

static void read_floats(const struct elements *from, float *values)
{
	const bool is_float = qs_element_is_float(from->type);

	for (size_t i = 0; i < from->count; i++)
		values[i] = is_float ? (float)real_at(from, i) : (float)integer_at(from, i);
}

/* Raw float32: the bytes themselves when they are owned, else a copy. */
static enum qs_status take_floats(const struct elements *from, float **ret_values)
{
	const size_t size = from->count * sizeof(float);
	unsigned char *bytes = from->owned ? from->owned : malloc(size + 1);

	if (!bytes)
		return QS_NOMEM;
	if (!from->owned)
		memcpy(bytes, from->raw, size);
	qs_elements_order(bytes, size, sizeof(float));
	*ret_values = (void *)bytes;
	return QS_OK;
}

bool qs_elements_to_float(int element_type, const void *bytes, size_t count, float *ret_values)
{
	const struct elements from = {element_type, count, bytes, NULL, NULL};

	if (!is_readable(element_type))
		return false;
	read_floats(&from, ret_values);
	return true;
}

enum qs_status qs_tensor_read(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, float **ret_values, size_t *ret_count)
{
	struct elements all;
	enum qs_status status;
	float *values;

	if (!is_readable(tensor->data_type)) {
		bad(model, tensor, findings, "its type is not one of numbers that are read here");
		return QS_UNSUPPORTED;
	}
	status = open_elements(model, tensor, findings, &all);
	if (status != QS_OK)
		return status;
	/* Weights of gigabytes are read as they are and not copied. */
	if (all.type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT && all.raw) {
		status = take_floats(&all, ret_values);
		if (status == QS_OK)
			*ret_count = all.count;
		return status;
	}
	values = malloc(all.count * sizeof(*values) + 1);
	if (values)
		read_floats(&all, values);
	free(all.owned);
	if (!values)
		return QS_NOMEM;
	*ret_values = values;
	*ret_count = all.count;
	return QS_OK;
}

enum qs_status qs_tensor_read_integers(const struct qs_model *model,
    const Onnx__TensorProto *tensor, struct qs_findings *findings, int64_t **ret_values,
    size_t *ret_count)
{
	struct elements all;
	enum qs_status status;
	int64_t *values;

	if (!is_integer(tensor->data_type)) {
		bad(model, tensor, findings, "integers are expected");
		return QS_UNSUPPORTED;
	}
	status = open_elements(model, tensor, findings, &all);
	if (status != QS_OK)
		return status;
	values = malloc(all.count * sizeof(*values) + 1);
	for (size_t i = 0; values && i < all.count; i++)
		values[i] = integer_at(&all, i);
	free(all.owned);
	if (!values)
		return QS_NOMEM;
	*ret_values = values;
	*ret_count = all.count;
	return QS_OK;
}

enum qs_status qs_tensor_check_values(const struct qs_model *model, const char *name,
    const float *values, size_t count, bool finite, struct qs_findings *findings)
{
	size_t n_wrong = 0, first = 0;

	for (size_t i = 0; i < count; i++) {
		if (!isnan(values[i]) && !(finite && isinf(values[i])))
			continue;
		if (!n_wrong++)
			first = i;
	}
	if (!n_wrong)
		return QS_OK;
	qs_finding_add(findings, QS_FINDING_CONSTANT_NOT_FINITE, qs_model_place(model, findings),
	    "tensor \"%s\" has %zu of %zu values that are %s, the first at index %zu", name,
	    n_wrong, count, finite ? "NaN or infinite" : "NaN", first);
	return QS_INVALID;
}
