/* SPDX-License-Identifier: Apache-2.0 */
/* Reads TensorProto files. Layout of the message: onnx.proto. */
#include "data/tensor_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/finding.h"
#include "data/npy.h"
#include "data/onnx_element.h"
#include "model/external.h"
#include "model/tensor.h"
#include "model/wire.h"

static enum qs_status refuse(
    struct qs_findings *findings, const char *path, enum qs_status status, const char *why)
{
	qs_finding_add(findings, QS_FINDING_MALFORMED_TENSOR,
	    qs_place_of(qs_findings_name_source(findings, path)), "the tensor cannot be read: %s",
	    why);
	return status;
}

/* Copies a typed list into elements of the array's type; false when it is not as long. */
#define TAKE(list, type)                                                                           \
	if (tensor->n_##list != array->n_values)                                                   \
		return false;                                                                      \
	for (size_t i = 0; i < array->n_values; i++)                                               \
		((type *)array->data)[i] = (type)tensor->list[i];                                  \
	return true

static bool take_typed(const Onnx__TensorProto *tensor, struct qs_array *array)
{
	switch (array->element) {
	case QS_ELEMENT_FLOAT32:
		TAKE(float_data, float);
	case QS_ELEMENT_FLOAT64:
		TAKE(double_data, double);
	case QS_ELEMENT_INT64:
		TAKE(int64_data, int64_t);
	case QS_ELEMENT_UINT64:
		TAKE(uint64_data, uint64_t);
	case QS_ELEMENT_UINT32:
		TAKE(uint64_data, uint32_t);
	case QS_ELEMENT_INT32:
		TAKE(int32_data, int32_t);
	case QS_ELEMENT_INT16:
	case QS_ELEMENT_UINT16:
	case QS_ELEMENT_FLOAT16:
	case QS_ELEMENT_BFLOAT16:
		TAKE(int32_data, uint16_t);
	default:
		TAKE(int32_data, uint8_t);
	}
}
#undef TAKE

static bool take_elements(const Onnx__TensorProto *tensor, struct qs_array *array)
{
	const size_t size = qs_element_size(array->element);

	if (!tensor->has_raw_data)
		return take_typed(tensor, array);
	if (tensor->raw_data.len != array->n_values * size)
		return false;
	if (tensor->raw_data.len)
		memcpy(array->data, tensor->raw_data.data, tensor->raw_data.len);
	qs_array_order_bytes(array, false);
	return true;
}

static enum qs_status take_array(const Onnx__TensorProto *tensor, const char *path,
    struct qs_findings *findings, struct qs_array *ret_array)
{
	struct qs_array array = {qs_onnx_element(tensor->data_type), tensor->n_dims, {0}, 0, NULL};

	if (qs_external_is(tensor))
		return refuse(findings, path, QS_UNSUPPORTED, "its data is in another file");
	if (array.element == QS_ELEMENT__COUNT)
		return refuse(
		    findings, path, QS_UNSUPPORTED, "arrays cannot have its element type");
	if (tensor->n_dims > QS_ARRAY_RANK_LIMIT)
		return refuse(findings, path, QS_UNSUPPORTED, "it has more than 32 dimensions");
	if (tensor->n_dims)
		memcpy(array.dims, tensor->dims, tensor->n_dims * sizeof(*tensor->dims));
	if (!qs_array_count(
		array.dims, array.rank, qs_element_size(array.element), &array.n_values))
		return refuse(findings, path, QS_INVALID, "its shape is not valid");
	/* The data is in the message, so that the message bounds what is allocated. */
	if (array.n_values > tensor->raw_data.len + tensor->n_float_data + tensor->n_double_data +
				 tensor->n_int32_data + tensor->n_int64_data +
				 tensor->n_uint64_data)
		return refuse(findings, path, QS_INVALID, "it has fewer values than its shape");
	array.data = calloc(array.n_values + 1, qs_element_size(array.element));
	if (!array.data)
		return QS_NOMEM;
	if (!take_elements(tensor, &array)) {
		qs_array_done(&array);
		return refuse(
		    findings, path, QS_INVALID, "it has more or fewer values than its shape");
	}
	*ret_array = array;
	return QS_OK;
}

static enum qs_status unpack(const char *path, const void *bytes, size_t size,
    struct qs_findings *findings, struct qs_array *ret_array, char **ret_name)
{
	Onnx__TensorProto *tensor;
	enum qs_status status;

	if (qs_wire_check(bytes, size, &onnx__tensor_proto__descriptor).fault != QS_WIRE_OK)
		return refuse(
		    findings, path, QS_INVALID, "it is no TensorProto of ONNX, or is cut off");
	tensor = onnx__tensor_proto__unpack(NULL, size, bytes);
	if (!tensor)
		return QS_NOMEM;
	status = take_array(tensor, path, findings, ret_array);
	if (status == QS_OK) {
		*ret_name = strdup(qs_tensor_name(tensor));
		if (!*ret_name) {
			qs_array_done(ret_array);
			status = QS_NOMEM;
		}
	}
	onnx__tensor_proto__free_unpacked(tensor, NULL);
	return status;
}

enum qs_status qs_tensor_file_read(
    const char *path, struct qs_findings *findings, struct qs_array *ret_array, char **ret_name)
{
	enum qs_status status;
	char *bytes;
	size_t size;

	status = qs_file_read(path, QS_NPY_LIMIT, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = unpack(path, bytes, size, findings, ret_array, ret_name);
	free(bytes);
	return status;
}
