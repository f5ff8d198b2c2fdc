/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A planned model that has its scales, run in its formats, with its tensors shown as those who read
 * them see them.
 */
#ifndef ANALYSIS_WATCH_H
#define ANALYSIS_WATCH_H

#include "engine/runner.h"

/*
 * Called for a tensor: as all its readers see it with the site QS_NONE, then as those of a site do.
 * The blob is borrowed, and so is what its values were before the last format that they got; NULL
 * when they have none.
 */
typedef enum qs_status qs_watch_tensor(
    void *context, size_t value, size_t site, const struct qs_blob *blob, const float *before);

struct qs_watch {
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_runner *runner;
	bool *is_asked;        /* by value: whether it is shown; set before the start */
	struct qs_twins twins; /* of the layers whose own errors are asked for, likewise */
	qs_watch_tensor *tensor;
	qs_twin_learn *learn;
	void *context; /* of both */
	struct qs_findings *findings;
	struct qs_blob current; /* the tensor that is being shown, without its values */
};

/* Watches a plan, which outlives the watch. To be ended in any case. */
enum qs_status qs_watch_init(struct qs_watch *watch, const struct qs_plan *plan,
    const struct qs_registry *registry, struct qs_findings *findings);
void qs_watch_done(struct qs_watch *watch);

/* Gets ready to run, after `tensor`, `learn` and `context` are set; the runtime outlives it. */
enum qs_status qs_watch_start(struct qs_watch *watch, struct qs_runtime *runtime);

/* Runs a batch: a blob for each input by name. */
enum qs_status qs_watch_run(struct qs_watch *watch, const struct qs_blob *inputs, size_t n_inputs);

#endif
