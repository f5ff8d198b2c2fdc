/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content of a model that stands in files beside it, as a fingerprint. It has to be read for
 * that, all of it, so it is asked for only where a calibration is kept.
 */
#ifndef ENGINE_CONTENT_H
#define ENGINE_CONTENT_H

#include "model/onnx.h"

/* The files with data of a model, each once. Zeros: none. */
struct qs_content {
	struct qs_arena arena;
	const char **paths;
	size_t n;
};

/* Lists the files of a model whose external data has been checked. May return QS_NOMEM. */
enum qs_status qs_content_find(const struct qs_model *model, struct qs_content *ret_content);
void qs_content_done(struct qs_content *content);

/* Takes what is in the files into account; a fingerprint without files stays as it is. QS_IO with a
 * finding. */
enum qs_status qs_content_fingerprint(
    const struct qs_content *content, struct qs_findings *findings, uint64_t *fingerprint);

#endif
