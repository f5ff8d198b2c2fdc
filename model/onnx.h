/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An ONNX model in memory, from a file and back to one.
 *
 * The model is the protobuf message as protobuf-c unpacks it: names, comments, order and unknown
 * fields are kept, and whoever edits it edits the message. Everything that the message points to
 * lives in the model's arena, old and new alike, so that nothing is ever released on its own: take
 * memory for new parts from qs_model.arena and let go of old parts by forgetting them.
 *
 * External data stays in its files and is read when a tensor is (model/tensor.h). A model that is
 * saved into the folder it came from keeps referring to them; saved anywhere else, it embeds them,
 * or takes them into a file of its own when they are large (model/save_data.h).
 */
#ifndef MODEL_ONNX_H
#define MODEL_ONNX_H

#include "base/arena.h"
#include "base/finding.h"
#include "model/onnx.pb-c.h"
#include "qstrata/model.h"

struct qs_model {
	Onnx__ModelProto *proto;
	struct qs_arena arena;
	ProtobufCAllocator allocator; /* over the arena; releasing does nothing */
	char *path;                   /* as given */
	char *folder;                 /* where external data is looked for */
	struct qs_deferred *deferred; /* tensors that are made when they are written, or NULL */
	size_t n_deferred;
	struct qs_regions
	    *regions;   /* branches and bodies that are open (model/regions.h), or NULL */
	size_t n_calls; /* of functions that were put in their place (model/functions.h) */
};

/* No model may be larger: protobuf's own limit. */
#define QS_MODEL_LIMIT ((size_t)INT32_MAX)

/* As qs_model_open(), from bytes; `path` names the model in findings and says where it lies. */
enum qs_status qs_model_parse(const char *path, const void *bytes, size_t size,
    struct qs_findings *findings, struct qs_model **ret_model);

/* The model as a place. */
struct qs_place qs_model_place(const struct qs_model *model, struct qs_findings *findings);

/* The version of the standard operators that the model asks for; 1 when it is too old to tell. */
int64_t qs_model_opset(const struct qs_model *model);

/*
 * The model's bytes, malloc'ed. With `embed`, external data is within them. The model is not
 * changed. QS_INVALID or QS_IO when external data cannot be read; QS_UNSUPPORTED beyond
 * QS_MODEL_LIMIT.
 */
enum qs_status qs_model_pack(const struct qs_model *model, bool embed, struct qs_findings *findings,
    unsigned char **ret_bytes, size_t *ret_size);

/* As qs_model_save(), and tells how many bytes the model is, with its data in other files. */
enum qs_status qs_model_write(const struct qs_model *model, const char *path,
    struct qs_findings *findings, uint64_t *ret_size);

/* How many bytes of the model are in other files. */
uint64_t qs_model_external_size(const struct qs_model *model);

/* Checks that all external data is there: one finding a file or tensor that is not. */
enum qs_status qs_model_check_external(const struct qs_model *model, struct qs_findings *findings);

#endif
