/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a model, with external data left where it is or taken in. */
#include "model/pack.h"

#include <stdlib.h>

#include "model/external.h"
#include "model/regions.h"

/* A tensor as it was before its data was taken in. */
struct qs_taken {
	Onnx__TensorProto *tensor;
	Onnx__TensorProto before;
};

static enum qs_status too_large(const struct qs_model *model, struct qs_findings *findings)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_MODEL_TOO_LARGE,
	    qs_model_place(model, findings), "the model with all its data is larger than 2 GiB");

	qs_finding_hint(findings, finding,
	    "write it into the folder of the input, where it can go on referring to its data "
	    "files");
	return QS_UNSUPPORTED;
}

static enum qs_status count_external(Onnx__TensorProto *tensor, void *context)
{
	*(size_t *)context += qs_external_is(tensor);
	return QS_OK;
}

static enum qs_status take_in(Onnx__TensorProto *tensor, void *context)
{
	struct qs_intake *intake = context;
	struct qs_taken *taken = &intake->taken[intake->n_taken];
	enum qs_status status;
	unsigned char *bytes;
	size_t size;

	if (!qs_external_is(tensor))
		return QS_OK;
	status = qs_external_read(intake->model, tensor, intake->findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	*taken = (struct qs_taken){tensor, *tensor};
	intake->n_taken++;
	intake->size += size;
	tensor->has_raw_data = true;
	tensor->raw_data = (ProtobufCBinaryData){size, bytes};
	tensor->n_external_data = 0;
	tensor->has_data_location = false;
	return intake->size > QS_MODEL_LIMIT ? too_large(intake->model, intake->findings) : QS_OK;
}

enum qs_status qs_intake_take(struct qs_intake *intake, const struct qs_model *model,
    Onnx__ModelProto *proto, struct qs_findings *findings)
{
	size_t n = 0;

	*intake = (struct qs_intake){.model = model, .findings = findings};
	qs_tensors_visit(proto, count_external, &n);
	if (!n)
		return QS_OK;
	intake->taken = calloc(n, sizeof(*intake->taken));
	return intake->taken ? qs_tensors_visit(proto, take_in, intake) : QS_NOMEM;
}

void qs_intake_give_back(struct qs_intake *intake)
{
	for (size_t i = 0; i < intake->n_taken; i++) {
		free(intake->taken[i].tensor->raw_data.data);
		*intake->taken[i].tensor = intake->taken[i].before;
	}
	free(intake->taken);
}

enum qs_status qs_pack_close(
    const struct qs_model *model, struct qs_arena *arena, Onnx__ModelProto *ret_proto)
{
	*ret_proto = *model->proto;
	ret_proto->graph = qs_regions_close(model, arena);
	return ret_proto->graph || !model->proto->graph ? QS_OK : QS_NOMEM;
}

enum qs_status qs_pack_message(const struct qs_model *model, const Onnx__ModelProto *proto,
    struct qs_findings *findings, unsigned char **ret_bytes, size_t *ret_size)
{
	const size_t size = onnx__model_proto__get_packed_size(proto);
	unsigned char *bytes;

	if (size > QS_MODEL_LIMIT)
		return too_large(model, findings);
	bytes = malloc(size + 1);
	if (!bytes)
		return QS_NOMEM;
	*ret_size = onnx__model_proto__pack(proto, bytes);
	*ret_bytes = bytes;
	return QS_OK;
}

enum qs_status qs_model_pack(const struct qs_model *model, bool embed, struct qs_findings *findings,
    unsigned char **ret_bytes, size_t *ret_size)
{
	struct qs_arena arena = QS_ARENA_INIT;
	struct qs_intake intake = {.model = model};
	Onnx__ModelProto proto;
	enum qs_status status = qs_pack_close(model, &arena, &proto);

	if (status == QS_OK && embed)
		status = qs_intake_take(&intake, model, &proto, findings);
	if (status == QS_OK)
		status = qs_pack_message(model, &proto, findings, ret_bytes, ret_size);
	qs_intake_give_back(&intake);
	qs_arena_done(&arena);
	return status;
}
