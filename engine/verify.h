/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares a model that was written with what the config says.
 *
 * A plan is run over data exactly as it is configured (engine/runner.h), and the written file is
 * run by the runtime. Where the file says less than the plan (pairs round ties to even) the plan is
 * run once more with what the pairs give: that is how far rounding explains a difference. What is
 * left is for sums in another order, which move a value over the edge of its step now and then, and
 * for mistakes.
 */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "engine/accord.h"
#include "engine/apply.h"

/* One tensor with a format, or one output of the graph. */
struct qs_verified {
	const char *name; /* of the site, or of the output */
	bool is_output;
	struct qs_accord configured, explained; /* with the config; with what was written */
};

struct qs_verification {
	struct qs_verified *items; /* what flows in the order of the plan, then the outputs */
	size_t n_items;
	size_t n_batches;
	char runtime[64]; /* "ONNX Runtime 1.30.0" */
	bool is_native;   /* the file says less than the plan */
	struct qs_arena arena;
};

/* What is compared. */
struct qs_verify_task {
	const struct qs_plan *plan; /* with scales, of a model that was not written into */
	const struct qs_registry *registry;
	struct qs_apply_options written;
	const char *const *names; /* by site: the tensor in the file, or NULL for constants */
	const char *path;         /* the file */
	int64_t opset;            /* of the file */
};

/*
 * Runs both over the data of the options. QS_INVALID with a finding for every output, and the first
 * tensor, that differs beyond what rounding explains; the verification is there all the same. End
 * with qs_verification_done() either way.
 */
enum qs_status qs_verify(const struct qs_verify_task *task,
    const struct qs_calibrate_options *options, struct qs_findings *findings,
    struct qs_verification *ret_verification);

void qs_verification_done(struct qs_verification *verification);

/* Whether an item differs no more than rounding explains. */
bool qs_verified_is_explained(const struct qs_verified *item);

#endif
