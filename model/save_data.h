/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The data of a large model in a file of its own, beside the model that is being written.
 *
 * Tensors go through memory one at a time. The file gets a name that nobody uses yet, so that until
 * the new model has taken its place the old one and its data are whole; what only the old one
 * referred to is removed after that.
 */
#ifndef MODEL_SAVE_DATA_H
#define MODEL_SAVE_DATA_H

#include "model/onnx.h"

struct qs_data_file;

/*
 * Writes tensors of a model to a file beside `path` and lets them refer to it: those that are made
 * when they are written, and with `external` those that are in other files. What the readers of the
 * tensors return, or QS_IO with a finding.
 */
enum qs_status qs_data_file_write(const struct qs_model *model, const char *path, bool external,
    struct qs_findings *findings, struct qs_data_file **ret_file);

/* Gives the file its name, before the model gets its own. QS_IO with a finding. */
enum qs_status qs_data_file_commit(struct qs_data_file *file);

/* Removes the data of the model that was replaced, when the model that refers to this file has its
 * name. */
void qs_data_file_clean(struct qs_data_file *file);

/* Ends it, committed or not, and lets the tensors be as they were; NULL is fine. */
void qs_data_file_free(struct qs_data_file *file);

#endif
