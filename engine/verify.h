/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares a model that was written with what the config says.
 *
 * A plan is run over data exactly as it is configured (engine/runner.h), and the written file is
 * run by the runtime. How far they agree is what the user gets. A value at the edge of its step may
 * fall on either side when sums come in another order, and from there on a deep network goes
 * another way; so for a verdict the plan is run once more with what the file says (pairs round ties
 * to even), each tensor from what the file gave before it. What is then left is a few values at
 * edges, or a mistake.
 */
#ifndef ENGINE_VERIFY_H
#define ENGINE_VERIFY_H

#include "engine/accord.h"
#include "engine/apply.h"

/* One tensor with a format, or one output of the graph. */
struct qs_verified {
	const char *name; /* of the site, or of the output */
	bool is_output;
	size_t turn;                 /* when the model comes to it, from 1 */
	struct qs_accord configured; /* with the config, from the inputs on */
	struct qs_accord explained;  /* with what was written, from the tensors before it */
};

struct qs_verification {
	struct qs_verified *items; /* what flows in the order of the plan, then the outputs */
	size_t n_items;
	size_t n_batches;
	char runtime[64]; /* "ONNX Runtime 1.30.0" */
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
