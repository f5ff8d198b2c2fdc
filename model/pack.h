/* SPDX-License-Identifier: Apache-2.0 */
/* What saving a model and giving it to a runtime share: from the message to bytes. */
#ifndef MODEL_PACK_H
#define MODEL_PACK_H

#include "model/onnx.h"

/* Tensors whose external data is within them for a while. */
struct qs_intake {
	const struct qs_model *model;
	struct qs_findings *findings;
	struct qs_taken *taken;
	size_t n_taken;
	size_t size; /* bytes read so far */
};

/*
 * Takes the external data of all tensors of a message in, which are to be given back in any case.
 * QS_UNSUPPORTED with a finding beyond QS_MODEL_LIMIT.
 */
enum qs_status qs_intake_take(struct qs_intake *intake, const struct qs_model *model,
    Onnx__ModelProto *proto, struct qs_findings *findings);
void qs_intake_give_back(struct qs_intake *intake);

/* The message of a model with its branches and bodies where they belong, in the memory of an
 * arena. */
enum qs_status qs_pack_close(
    const struct qs_model *model, struct qs_arena *arena, Onnx__ModelProto *ret_proto);

/* The bytes of a message, malloc'ed. QS_UNSUPPORTED with a finding beyond QS_MODEL_LIMIT. */
enum qs_status qs_pack_message(const struct qs_model *model, const Onnx__ModelProto *proto,
    struct qs_findings *findings, unsigned char **ret_bytes, size_t *ret_size);

#endif
