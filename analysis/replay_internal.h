/* SPDX-License-Identifier: Apache-2.0 */
/* What a replay and its runs share. */
#ifndef ANALYSIS_REPLAY_INTERNAL_H
#define ANALYSIS_REPLAY_INTERNAL_H

#include <pthread.h>

#include "analysis/replay.h"
#include "engine/runner_internal.h"

struct qs_replay_variant;

struct qs_replay {
	const struct qs_plan *plan;
	const struct qs_graph *graph;
	/* Its tensors are those of the float run, its pieces have their constants in float. */
	struct qs_runner *runner;
	struct qs_replay_variant **variants; /* by piece: those with constants in formats */
	pthread_mutex_t lock;                /* of the variants */
	bool *all_off;                       /* by site */
	struct qs_macs *layers;              /* what each multiplies */
	uint64_t *macs;                      /* by piece */
	uint64_t macs_of_all;
	bool is_counted;
	size_t *outputs; /* values; QS_NONE for one that the graph does not compute */
	size_t n_outputs;
};

/* What differs from the float run; blobs without data are as they were there. */
struct qs_replay_course {
	struct qs_replay *replay;
	const struct qs_plan *plan; /* that of the replay, or one like it: the formats */
	const bool *is_on;
	struct qs_findings *findings;
	struct qs_blob *of_value;
	struct qs_blob *of_site; /* of sites that are on and for some readers */
	bool *site_differs;      /* of these: from what its readers got in the float run */
	struct qs_replay_cost cost;
};

/* A copy with memory of its own. May return QS_NOMEM. */
enum qs_status qs_replay_copy(const struct qs_blob *blob, struct qs_blob *ret_blob);

/* Computes a piece into tensors, which are replaced. */
enum qs_status qs_replay_compute(
    const struct qs_replay_course *course, const struct qs_piece *piece, struct qs_blob *of_value);

/* ---- replay_variant.c ------------------------------------------------------------------------ */

/* A piece with its constants in the formats of a course; made when it is first asked for. */
enum qs_status qs_replay_choose(
    struct qs_replay_course *course, size_t piece, const struct qs_piece **ret_piece);
/* Releases the variants of all pieces. */
void qs_replay_forget_variants(struct qs_replay *replay);

#endif
