/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ONNX Runtime, loaded when it is needed, from wherever it is installed.
 *
 * Looked for in this order: the path that is given, the path in QSTRATA_ONNXRUNTIME, what the
 * dynamic loader finds, the places of pip (the active virtual environment, the user's and the
 * system's packages), the places of npm (node_modules of the current folder and those above, the
 * global ones). A path is the library or a folder that holds it. A path that is given has to work;
 * elsewhere the search goes on.
 */
#ifndef MODEL_ORT_H
#define MODEL_ORT_H

#include "model/runtime.h"

/* The variable that names the library. */
#define QS_ORT_VARIABLE "QSTRATA_ONNXRUNTIME"

/*
 * Loads ONNX Runtime; `path` may be NULL. QS_UNSUPPORTED with a finding when there is none, which
 * says how to get it, or when the one that is named cannot be used.
 */
enum qs_status qs_ort_open(
    const char *path, struct qs_findings *findings, struct qs_runtime **ret_runtime);

#endif
