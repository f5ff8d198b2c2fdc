/* SPDX-License-Identifier: Apache-2.0 */
/* A model as it is: run whole, with any of its tensors shown. */
#ifndef ANALYSIS_PLAIN_H
#define ANALYSIS_PLAIN_H

#include "engine/runner.h"

struct qs_plain {
	struct qs_model *model;
	struct qs_layers *layers;
	struct qs_plan *plan; /* an empty one */
	struct qs_runner *runner;
	bool *is_asked; /* by value: whether it is to be shown; set before the start */
};

/* Takes over a model, also when it fails. To be ended in any case. */
enum qs_status qs_plain_init(
    struct qs_plain *plain, struct qs_model *model, struct qs_findings *findings);
void qs_plain_done(struct qs_plain *plain);

/* Gets ready to run; registry and runtime outlive it. `show` is called with each run's context. */
enum qs_status qs_plain_start(struct qs_plain *plain, const struct qs_registry *registry,
    struct qs_runtime *runtime, qs_runner_show *show, struct qs_findings *findings);

/* Runs a batch: a blob for each input by name. */
enum qs_status qs_plain_run(struct qs_plain *plain, const struct qs_blob *inputs, size_t n_inputs,
    void *context, struct qs_findings *findings);

#endif
