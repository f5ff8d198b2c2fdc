/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs a planned model again and again with some of its sites in their formats and the others in
 * float, at the cost of what a change reaches.
 *
 * A batch is run once in float, and every tensor at a cut is kept until the next batch. After that
 * a run computes only the pieces that a site which is on reaches, and stops where a tensor has
 * become what it was again. What comes out is bit by bit what the model with these sites gives,
 * however many threads there are: sessions work with one thread each, and several runs may go on at
 * the same time.
 */
#ifndef ANALYSIS_REPLAY_H
#define ANALYSIS_REPLAY_H

#include "analysis/replay_macs.h"
#include "engine/plan.h"
#include "model/runtime.h"

struct qs_replay;

/* What was computed, to be compared with what the model has. */
struct qs_replay_cost {
	uint64_t pieces, macs;
};

/*
 * Replays a plan that has its scales; plan, registry and runtime outlive it. The arithmetic of the
 * device, where the plan has one, is part of every run, also of the one in float.
 */
enum qs_status qs_replay_new(const struct qs_plan *plan, const struct qs_registry *registry,
    struct qs_runtime *runtime, struct qs_findings *findings, struct qs_replay **ret_replay);
/* Releases a replay; NULL is fine. */
void qs_replay_free(struct qs_replay *replay);

/*
 * Runs a batch in float, in place of the one before: a blob for each input of the model by name.
 * No other call may be under way.
 */
enum qs_status qs_replay_take(struct qs_replay *replay, const struct qs_blob *inputs,
    size_t n_inputs, struct qs_findings *findings);

/* What the model gives: its graph outputs, in order. */
size_t qs_replay_n_outputs(const struct qs_replay *replay);
/* An output of the float run of the batch; its data is NULL when the graph does not compute it. */
const struct qs_blob *qs_replay_expected(const struct qs_replay *replay, size_t output);

/* What a run gave. */
struct qs_replayed {
	struct qs_blob *outputs; /* the data is NULL for one that is as expected */
	size_t n_outputs;
	struct qs_replay_cost cost;
};

/*
 * Runs the batch again: `is_on` has for each site of the plan whether it is in its format. `plan`
 * is the one that is replayed, or one like it (qs_plan_is_like()) with formats and scales of its
 * own. To be ended with qs_replayed_done() if it succeeds. Findings are the caller's own, not to be
 * shared with a run that goes on at the same time.
 */
enum qs_status qs_replay_run(struct qs_replay *replay, const struct qs_plan *plan,
    const bool *is_on, struct qs_findings *findings, struct qs_replayed *ret_replayed);
void qs_replayed_done(struct qs_replayed *replayed);

/* What each layer multiplies for one sample of the first batch that was taken; zeros before. */
const struct qs_macs *qs_replay_macs(const struct qs_replay *replay);

/* What a run of the whole model computes, after the first batch was taken. */
struct qs_replay_cost qs_replay_whole(const struct qs_replay *replay);

#endif
