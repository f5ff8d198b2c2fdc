/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a planned model with its formats, any of them, in bounded memory.
 *
 * The graph is cut at the tensors of the plan's sites. A runtime computes the pieces between the
 * cuts, and whoever runs the model does with the tensors at the cuts what their formats ask for. So
 * formats and rounding modes that no operator knows are run exactly. A tensor is let go of when
 * nothing reads it any more.
 */
#ifndef ENGINE_RUNNER_H
#define ENGINE_RUNNER_H

#include "engine/correct.h"
#include "engine/plan.h"
#include "model/runtime.h"

struct qs_runner;

/*
 * Called for every site of what flows: for that of all readers first, then for those of some. `out`
 * is to be filled with the n values that become of `in`; it is NULL where the graph is not cut.
 */
typedef enum qs_status qs_runner_visit(
    void *context, size_t site, const float *in, size_t n, float *out);

/*
 * Called for a value that was asked for, as it was computed: before its sites, where there are any.
 * The blob is borrowed.
 */
typedef enum qs_status qs_runner_show(void *context, size_t value, const struct qs_blob *blob);

struct qs_runner_options {
	bool cuts; /* false: the float model, whose sites are only shown */
	/* Biases that change from run to run; NULL: none. Outlive the runner. */
	const struct qs_correct *correct;
	/* Layers with float twins; NULL: none. They outlive the runner. Without cuts there are no
	 * twins. */
	const struct qs_twins *twins;
	qs_twin_learn *learn; /* with the context of the run; not NULL with `twins` */
	/* Whether a value is asked for, by value, which outlives the making; NULL: none is. Values
	 * that depend on constants only are never shown, nor are those within a body. */
	const bool *is_asked;
	qs_runner_show *show; /* with the context of the run; not NULL with `is_asked` */
	bool splits;   /* branches that do not depend on each other are pieces of their own */
	int n_threads; /* of each session; 0: as the registry has them */
};

/*
 * A runner of a plan; runtime and plan outlive it. Constants have the formats of their sites, where
 * these have scales already.
 */
enum qs_status qs_runner_new(const struct qs_plan *plan, const struct qs_registry *registry,
    struct qs_runtime *runtime, const struct qs_runner_options *options,
    struct qs_findings *findings, struct qs_runner **ret_runner);
void qs_runner_free(struct qs_runner *runner);

/*
 * Runs the model once, with a blob for each of its inputs by name. Pieces are prepared when they
 * are run for the first time.
 */
enum qs_status qs_runner_run(struct qs_runner *runner, const struct qs_blob *inputs,
    size_t n_inputs, qs_runner_visit *visit, void *context, struct qs_findings *findings);

/* An output of the graph after a run, until the next one; NULL when there is none of that name. */
const struct qs_blob *qs_runner_output(const struct qs_runner *runner, const char *name);

#endif
