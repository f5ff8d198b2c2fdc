/* SPDX-License-Identifier: Apache-2.0 */
/* Tensors whose elements are made when they are written. */
#include "model/deferred.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"
#include "model/external.h"
#include "model/tensor.h"

/* The key in a tensor's external_data; its value is an index into the model's list. */
#define KEY "qstrata-deferred"

struct qs_deferred {
	const Onnx__TensorProto *tensor;
	qs_tensor_maker *make;
	void *context;
};

/* Makes room for one more; the list is full whenever its length is 0 or a power of two. */
static bool has_room(struct qs_model *model)
{
	const size_t n = model->n_deferred;
	struct qs_deferred *list;

	if (n & (n - 1))
		return true;
	list = qs_arena_array(&model->arena, n ? 2 * n : 1, sizeof(*list));
	if (!list)
		return false;
	if (n)
		memcpy(list, model->deferred, n * sizeof(*list));
	model->deferred = list;
	return true;
}

Onnx__TensorProto *qs_tensor_defer(struct qs_model *model, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, qs_tensor_maker *make, void *context)
{
	Onnx__TensorProto *tensor = qs_tensor_shell(model, name, element_type, dims, n_dims);
	char index[24];
	size_t size;

	snprintf(index, sizeof(index), "%zu", model->n_deferred);
	if (!tensor || !qs_tensor_data_size(tensor, &size) || !has_room(model) ||
	    !qs_external_refer(model, tensor, (const char *const[]){KEY, index}, 1))
		return NULL;
	model->deferred[model->n_deferred++] = (struct qs_deferred){tensor, make, context};
	return tensor;
}

/* What is known about a tensor, or NULL. A model that was read may say anything about itself. */
static const struct qs_deferred *find(const struct qs_model *model, const Onnx__TensorProto *tensor)
{
	const Onnx__StringStringEntryProto *entry =
	    qs_external_is(tensor) && tensor->n_external_data == 1 ? tensor->external_data[0]
								   : NULL;
	size_t index;

	if (!entry || !entry->key || !entry->value || strcmp(entry->key, KEY) != 0)
		return NULL;
	index = strtoul(entry->value, NULL, 10);
	if (index >= model->n_deferred || model->deferred[index].tensor != tensor)
		return NULL;
	return &model->deferred[index];
}

bool qs_tensor_is_deferred(const struct qs_model *model, const Onnx__TensorProto *tensor)
{
	return find(model, tensor) != NULL;
}

enum qs_status qs_tensor_make(const struct qs_model *model, const Onnx__TensorProto *tensor,
    struct qs_findings *findings, unsigned char **ret_bytes, size_t *ret_size)
{
	const struct qs_deferred *deferred = find(model, tensor);
	const size_t element_size = qs_element_bits(tensor->data_type) / 8;
	enum qs_status status;
	unsigned char *bytes;
	size_t size;

	if (!deferred || !qs_tensor_data_size(tensor, &size))
		return QS_BUG;
	bytes = qs_pages_malloc(size + 1);
	if (!bytes)
		return QS_NOMEM;
	status = deferred->make(deferred->context, findings, bytes);
	if (status != QS_OK) {
		free(bytes);
		return status;
	}
	qs_elements_order(bytes, size, element_size);
	*ret_bytes = bytes;
	*ret_size = size;
	return QS_OK;
}
