/* SPDX-License-Identifier: Apache-2.0 */
/* Element types as ONNX numbers them. */
#ifndef DATA_ONNX_ELEMENT_H
#define DATA_ONNX_ELEMENT_H

#include "qstrata/plugin.h"

/* The ONNX type of elements, as TensorProto.DataType, and back; QS_ELEMENT__COUNT for one that
 * arrays do not have. */
int qs_onnx_type(enum qs_element element);
enum qs_element qs_onnx_element(int onnx_type);

#endif
