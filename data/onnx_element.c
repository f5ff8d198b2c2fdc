/* SPDX-License-Identifier: Apache-2.0 */
/* Element types as ONNX numbers them: TensorProto.DataType of onnx.proto. */
#include "data/onnx_element.h"

#include "model/onnx.h"

static const int onnx_types[QS_ELEMENT__COUNT] = {
    [QS_ELEMENT_BOOL] = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
    [QS_ELEMENT_INT8] = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
    [QS_ELEMENT_UINT8] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
    [QS_ELEMENT_INT16] = ONNX__TENSOR_PROTO__DATA_TYPE__INT16,
    [QS_ELEMENT_UINT16] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT16,
    [QS_ELEMENT_INT32] = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
    [QS_ELEMENT_UINT32] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT32,
    [QS_ELEMENT_INT64] = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
    [QS_ELEMENT_UINT64] = ONNX__TENSOR_PROTO__DATA_TYPE__UINT64,
    [QS_ELEMENT_FLOAT16] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16,
    [QS_ELEMENT_BFLOAT16] = ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16,
    [QS_ELEMENT_FLOAT32] = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
    [QS_ELEMENT_FLOAT64] = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
};

int qs_onnx_type(enum qs_element element)
{
	return onnx_types[element];
}

enum qs_element qs_onnx_element(int onnx_type)
{
	int e = 0;

	while (e < QS_ELEMENT__COUNT && onnx_types[e] != onnx_type)
		e++;
	return (enum qs_element)e;
}
