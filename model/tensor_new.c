/* SPDX-License-Identifier: Apache-2.0 */
/* New constant tensors, and those that Constant nodes hold; attributes of nodes. */
#include "model/tensor.h"

#include <string.h>

#include "base/bytes.h"

void qs_elements_order(unsigned char *bytes, size_t size, size_t element_size)
{
	if (element_size && qs_bytes_are_big_endian())
		qs_bytes_turn(bytes, size / element_size, element_size);
}

enum qs_status qs_tensor_set(
    struct qs_model *model, Onnx__TensorProto *tensor, int element_type, const void *elements)
{
	unsigned char *bytes;
	size_t size;

	tensor->has_data_type = true;
	tensor->data_type = element_type;
	if (!qs_tensor_data_size(tensor, &size))
		return QS_BUG;
	bytes = qs_arena_alloc(&model->arena, size + 1);
	if (!bytes)
		return QS_NOMEM;
	if (elements && size) {
		memcpy(bytes, elements, size);
		qs_elements_order(bytes, size, qs_element_bits(element_type) / 8);
	}
	tensor->has_raw_data = true;
	tensor->raw_data = (ProtobufCBinaryData){size, bytes};
	tensor->n_float_data = tensor->n_int32_data = tensor->n_string_data = 0;
	tensor->n_int64_data = tensor->n_double_data = tensor->n_uint64_data = 0;
	tensor->n_external_data = 0;
	tensor->has_data_location = false;
	return QS_OK;
}

Onnx__TensorProto *qs_tensor_shell(
    struct qs_model *model, const char *name, int element_type, const int64_t *dims, size_t n_dims)
{
	Onnx__TensorProto *tensor = qs_arena_alloc(&model->arena, sizeof(*tensor));

	if (!tensor)
		return NULL;
	onnx__tensor_proto__init(tensor);
	tensor->has_data_type = true;
	tensor->data_type = element_type;
	tensor->name = qs_arena_strdup(&model->arena, name);
	tensor->dims = qs_arena_array(&model->arena, n_dims + 1, sizeof(*dims));
	if (!tensor->name || !tensor->dims)
		return NULL;
	if (n_dims)
		memcpy(tensor->dims, dims, n_dims * sizeof(*dims));
	tensor->n_dims = n_dims;
	return tensor;
}

Onnx__TensorProto *qs_tensor_new(struct qs_model *model, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, const void *elements)
{
	Onnx__TensorProto *tensor = qs_tensor_shell(model, name, element_type, dims, n_dims);

	if (!tensor || qs_tensor_set(model, tensor, element_type, elements) != QS_OK)
		return NULL;
	return tensor;
}

Onnx__AttributeProto *qs_attribute(const Onnx__NodeProto *node, const char *name)
{
	for (size_t i = 0; i < node->n_attribute; i++) {
		if (node->attribute[i]->name && strcmp(node->attribute[i]->name, name) == 0)
			return node->attribute[i];
	}
	return NULL;
}

int64_t qs_attribute_int(const Onnx__NodeProto *node, const char *name, int64_t absent)
{
	const Onnx__AttributeProto *attribute = qs_attribute(node, name);

	return attribute && attribute->has_i ? attribute->i : absent;
}

float qs_attribute_float(const Onnx__NodeProto *node, const char *name, float absent)
{
	const Onnx__AttributeProto *attribute = qs_attribute(node, name);

	return attribute && attribute->has_f ? attribute->f : absent;
}

/* The tensor of one attribute of a Constant node; NULL when it is not one of those read here. */
static Onnx__TensorProto *tensor_of(
    struct qs_model *model, const char *name, const Onnx__AttributeProto *attribute)
{
	const int64_t n_floats = (int64_t)attribute->n_floats, n_ints = (int64_t)attribute->n_ints;

	if (strcmp(attribute->name, "value_float") == 0)
		return qs_tensor_new(
		    model, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, NULL, 0, &attribute->f);
	if (strcmp(attribute->name, "value_int") == 0)
		return qs_tensor_new(
		    model, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, NULL, 0, &attribute->i);
	if (strcmp(attribute->name, "value_floats") == 0)
		return qs_tensor_new(model, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, &n_floats,
		    1, attribute->floats);
	return qs_tensor_new(
	    model, name, ONNX__TENSOR_PROTO__DATA_TYPE__INT64, &n_ints, 1, attribute->ints);
}

Onnx__TensorProto *qs_tensor_of_constant(
    struct qs_model *model, const Onnx__NodeProto *node, enum qs_status *ret_status)
{
	static const char *const names[] = {
	    "value_float", "value_int", "value_floats", "value_ints"};
	const Onnx__AttributeProto *attribute = qs_attribute(node, "value");
	Onnx__TensorProto *tensor = NULL;

	*ret_status = QS_OK;
	if (attribute)
		return attribute->t;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !attribute; i++)
		attribute = qs_attribute(node, names[i]);
	if (!attribute || !node->n_output)
		return NULL;
	tensor = tensor_of(model, node->output[0], attribute);
	if (!tensor)
		*ret_status = QS_NOMEM;
	return tensor;
}
