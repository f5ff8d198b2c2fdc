/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constant tensors: what is in them, and new ones.
 *
 * ONNX keeps the elements of a tensor as raw little-endian bytes, in one of five typed lists, or in
 * another file; reading hides which. New tensors always hold raw bytes.
 */
#ifndef MODEL_TENSOR_H
#define MODEL_TENSOR_H

#include "model/onnx.h"

/* Dimensions that a tensor may have here. */
#define QS_RANK_LIMIT 64

/* The name of an ONNX element type, "float32"; "" when it is not known. */
const char *qs_element_name(int element_type);

/* Bits of one element; 0 for strings and for types that are not known. */
size_t qs_element_bits(int element_type);

/* Whether an element type is float32, float64, float16 or bfloat16. */
bool qs_element_is_float(int element_type);

/*
 * Turns raw little-endian elements of a number type into float32. False when the type is not one
 * that qs_tensor_read() takes.
 */
bool qs_elements_to_float(int element_type, const void *bytes, size_t count, float *ret_values);

/* A tensor's name, or "". */
const char *qs_tensor_name(const Onnx__TensorProto *tensor);

/* How many elements a shape has; false when a dimension is negative or the product overflows. */
bool qs_shape_count(const int64_t *dims, size_t n_dims, size_t *ret_count);

/* How many bytes the shape and type of a tensor take; false when they are not known. */
bool qs_tensor_data_size(const Onnx__TensorProto *tensor, size_t *ret_size);

/*
 * The elements of a tensor of any number type as float32, malloc'ed; bool counts as 0 and 1.
 * QS_INVALID with a finding when there are more or fewer than the shape takes, QS_UNSUPPORTED with
 * a finding when the type has no float32 view, and what qs_external_read() returns.
 */
enum qs_status qs_tensor_read(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, float **ret_values, size_t *ret_count);

/* As qs_tensor_read(), for integer types and bool. */
enum qs_status qs_tensor_read_integers(const struct qs_model *model,
    const Onnx__TensorProto *tensor, struct qs_findings *findings, int64_t **ret_values,
    size_t *ret_count);

/* QS_INVALID with a finding when a value of a tensor is not a number or, with `finite`, infinite.
 */
enum qs_status qs_tensor_check_values(const struct qs_model *model, const char *name,
    const float *values, size_t count, bool finite, struct qs_findings *findings);

/*
 * The tensor that a Constant node holds, made in the model's memory unless the node has it as it
 * is. NULL with `*ret_status` QS_OK when it holds none that is dense and of numbers.
 */
Onnx__TensorProto *qs_tensor_of_constant(
    struct qs_model *model, const Onnx__NodeProto *node, enum qs_status *ret_status);

/* Turns elements from the machine's byte order into that of ONNX, or back. */
void qs_elements_order(unsigned char *bytes, size_t size, size_t element_size);

/* A new tensor in the model's memory that has no elements yet. NULL when memory ran out. */
Onnx__TensorProto *qs_tensor_shell(
    struct qs_model *model, const char *name, int element_type, const int64_t *dims, size_t n_dims);

/*
 * A new tensor in the model's memory. `elements` are values of the element type as the machine has
 * them, (n * bits + 7) / 8 bytes; NULL leaves them zero. NULL when memory ran out.
 */
Onnx__TensorProto *qs_tensor_new(struct qs_model *model, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, const void *elements);

/* Replaces type and elements of a tensor, which keeps its name, comment and dimensions. */
enum qs_status qs_tensor_set(
    struct qs_model *model, Onnx__TensorProto *tensor, int element_type, const void *elements);

/* The attribute of a node, or NULL. */
Onnx__AttributeProto *qs_attribute(const Onnx__NodeProto *node, const char *name);

/* An attribute's number, or what it is when absent. */
int64_t qs_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t absent);
float qs_attribute_float(const Onnx__NodeProto *node, const char *name, float absent);

#endif
