/* SPDX-License-Identifier: Apache-2.0 */
/* Gives a model to a runtime, large weights beside it. */
#include "model/session.h"

#include <stdlib.h>

#include "model/deferred.h"
#include "model/external.h"
#include "model/pack.h"
#include "model/tensor.h"

/* Initializers of so many bytes are not copied. */
#define APART_FROM ((size_t)1 << 16)

/* Weights that a runtime is given beside a model. */
struct weights {
	struct qs_blob *blobs;
	struct qs_mapping *mappings; /* of those in files; zeros for others */
	Onnx__TensorProto **stubs;   /* what stands for them in the message */
	size_t n;
};

static void free_weights(struct weights *weights)
{
	if (!weights)
		return;
	for (size_t i = 0; i < weights->n; i++)
		qs_external_unmap(&weights->mappings[i]);
	free(weights->blobs);
	free(weights->mappings);
	free(weights->stubs);
	free(weights);
}

static struct weights *new_weights(size_t limit)
{
	struct weights *weights = calloc(1, sizeof(*weights));

	if (!weights)
		return NULL;
	weights->blobs = calloc(limit + 1, sizeof(*weights->blobs));
	weights->mappings = calloc(limit + 1, sizeof(*weights->mappings));
	weights->stubs = calloc(limit + 1, sizeof(Onnx__TensorProto *));
	if (!weights->blobs || !weights->mappings || !weights->stubs) {
		free_weights(weights);
		return NULL;
	}
	return weights;
}

/* As the bytes of a model are. */
static bool is_least_byte_first(void)
{
	static const uint16_t one = 1;

	return *(const unsigned char *)&one == 1;
}

/* Whether a tensor is large, and has its data as the machine has it, in one run of bytes. */
static bool is_apart(const struct qs_model *model, const Onnx__TensorProto *tensor)
{
	size_t size;

	if (!qs_tensor_data_size(tensor, &size) || size < APART_FROM || !*qs_tensor_name(tensor) ||
	    qs_element_bits(tensor->data_type) < 8 || !is_least_byte_first())
		return false;
	if (qs_external_is(tensor))
		return !qs_tensor_is_deferred(model, tensor);
	return tensor->has_raw_data && tensor->raw_data.len == size;
}

/* Takes the data of a tensor out of the message. */
static enum qs_status take_apart(struct weights *weights, const struct qs_model *model,
    struct qs_arena *arena, Onnx__TensorProto **tensor, struct qs_findings *findings)
{
	const Onnx__TensorProto *before = *tensor;
	Onnx__TensorProto *stub = qs_arena_alloc(arena, sizeof(*stub));
	struct qs_mapping *mapping = &weights->mappings[weights->n];
	enum qs_status status = stub ? QS_OK : QS_NOMEM;

	if (status == QS_OK && qs_external_is(before))
		status = qs_external_map(model, before, findings, mapping);
	if (status != QS_OK)
		return status;
	onnx__tensor_proto__init(stub);
	stub->name = before->name;
	stub->n_dims = before->n_dims;
	stub->dims = before->dims;
	stub->has_data_type = true;
	stub->data_type = before->data_type;
	weights->blobs[weights->n] = (struct qs_blob){before->name, before->data_type,
	    before->n_dims, before->dims, mapping->data ? mapping->data : before->raw_data.data,
	    mapping->data ? mapping->size : before->raw_data.len};
	weights->stubs[weights->n++] = *tensor = stub;
	return QS_OK;
}

/* The graph of a message with other initializers, which are those of before or stand for them. */
static enum qs_status split(struct weights *weights, const struct qs_model *model,
    struct qs_arena *arena, Onnx__GraphProto *graph, struct qs_findings *findings)
{
	Onnx__TensorProto **tensors =
	    qs_arena_array(arena, graph->n_initializer + 1, sizeof(*tensors));
	enum qs_status status = tensors ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < graph->n_initializer && status == QS_OK; i++) {
		tensors[i] = graph->initializer[i];
		if (is_apart(model, tensors[i]))
			status = take_apart(weights, model, arena, &tensors[i], findings);
	}
	graph->initializer = tensors;
	return status;
}

/* Says of what stands for weights that the data is elsewhere. */
static enum qs_status refer(const struct weights *weights, struct qs_arena *arena)
{
	Onnx__StringStringEntryProto *location = qs_arena_alloc(arena, sizeof(*location));
	Onnx__StringStringEntryProto **list = qs_arena_alloc(arena, sizeof(*list));

	if (!location || !list)
		return QS_NOMEM;
	onnx__string_string_entry_proto__init(location);
	location->key = "location";
	location->value = "elsewhere";
	*list = location;
	for (size_t i = 0; i < weights->n; i++) {
		weights->stubs[i]->external_data = list;
		weights->stubs[i]->n_external_data = 1;
		weights->stubs[i]->has_data_location = true;
		weights->stubs[i]->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
	}
	return QS_OK;
}

/* The bytes of a model without its weights. */
static enum qs_status pack(const struct qs_model *model, struct qs_findings *findings,
    struct weights **ret_weights, unsigned char **ret_bytes, size_t *ret_size)
{
	struct qs_arena arena = QS_ARENA_INIT;
	struct qs_intake intake = {.model = model};
	struct weights *weights = NULL;
	Onnx__ModelProto proto;
	Onnx__GraphProto graph;
	enum qs_status status = qs_pack_close(model, &arena, &proto);

	if (status == QS_OK) {
		graph = *proto.graph;
		proto.graph = &graph;
		weights = new_weights(graph.n_initializer);
		status = weights ? split(weights, model, &arena, &graph, findings) : QS_NOMEM;
	}
	if (status == QS_OK)
		status = qs_intake_take(&intake, model, &proto, findings);
	if (status == QS_OK)
		status = refer(weights, &arena);
	if (status == QS_OK)
		status = qs_pack_message(model, &proto, findings, ret_bytes, ret_size);
	qs_intake_give_back(&intake);
	qs_arena_done(&arena);
	if (status == QS_OK)
		*ret_weights = weights;
	else
		free_weights(weights);
	return status;
}

enum qs_status qs_session_open(struct qs_runtime *runtime, const struct qs_model *model,
    const struct qs_session_options *options, struct qs_findings *findings,
    struct qs_session **ret_session)
{
	struct weights *weights = NULL;
	unsigned char *bytes;
	size_t size;
	enum qs_status status;

	status = runtime->takes_weights ? pack(model, findings, &weights, &bytes, &size)
	                                : qs_model_pack(model, true, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = runtime->open_session(runtime, model->path, bytes, size,
	    weights ? weights->blobs : NULL, weights ? weights->n : 0, options, findings,
	    ret_session);
	free(bytes);
	free_weights(weights);
	return status;
}
