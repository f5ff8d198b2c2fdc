/* SPDX-License-Identifier: Apache-2.0 */
/* The places where a library of ONNX Runtime may be. */
#ifndef MODEL_ORT_FIND_H
#define MODEL_ORT_FIND_H

#include <stdbool.h>

/* Is shown a path, or a bare name for the dynamic loader; true ends the search. */
typedef bool qs_ort_visitor(const char *path, void *context);

/* Visits a path that was given: the library itself or, when it is a folder, those within. */
bool qs_ort_visit_path(const char *path, qs_ort_visitor *visitor, void *context);

/* Visits the usual places, the likeliest first. False when nothing ended the search. */
bool qs_ort_visit_usual(qs_ort_visitor *visitor, void *context);

#endif
