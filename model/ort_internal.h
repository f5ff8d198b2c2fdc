/* SPDX-License-Identifier: Apache-2.0 */
/* What loading ONNX Runtime and running models with it share. */
#ifndef MODEL_ORT_INTERNAL_H
#define MODEL_ORT_INTERNAL_H

#include "base/arena.h"
#include "base/finding.h"
#include "model/ort.h"
#include "model/ort_api.h"

struct ort_runtime {
	struct qs_runtime base;
	struct ort_api api;
	struct ort_env *env;
	struct ort_memory *memory;
	struct ort_allocator *allocator; /* of the library */
	struct qs_arena arena;
};

/*
 * QS_OK for NULL; else a finding with the library's words, and QS_INVALID. Takes the status.
 * `place` says what was being run.
 */
enum qs_status qs_ort_check(const struct ort_runtime *ort, struct ort_status *failure,
    struct qs_place place, struct qs_findings *findings);

/* qs_runtime.open_session */
enum qs_status qs_ort_open_session(struct qs_runtime *runtime, const char *model_name,
    const void *model, size_t size, const struct qs_blob *weights, size_t n_weights,
    const struct qs_session_options *options, struct qs_findings *findings,
    struct qs_session **ret_session);

#endif
