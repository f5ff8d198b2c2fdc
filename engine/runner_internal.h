/* SPDX-License-Identifier: Apache-2.0 */
/* What running a planned model and making its pieces share. */
#ifndef ENGINE_RUNNER_INTERNAL_H
#define ENGINE_RUNNER_INTERNAL_H

#include "engine/pieces.h"
#include "engine/runner.h"

/* What a piece reads: a tensor as it is for all readers, or as a site gives it to some. */
struct qs_source_of {
	size_t value, site;
	const char *name; /* in the piece */
};

/* A piece that can be run. */
struct qs_piece {
	bool is_ready;
	struct qs_session *session; /* NULL when there is nothing to give */
	struct qs_source_of *sources;
	size_t n_sources;
	size_t *results; /* values */
	const char **result_names;
	size_t n_results;
	size_t *twins; /* layers whose float twins follow the results */
	size_t n_twins;
	size_t *constants; /* sites of the constants that the piece reads */
	size_t n_constants;
	struct qs_arena arena;
};

struct qs_runner {
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_runtime *runtime;
	struct qs_findings *findings;
	const struct qs_correct *correct; /* or NULL */
	const struct qs_twins *twins;     /* or NULL */
	bool *is_split;                   /* by twin: in several pieces, where there is none */
	qs_twin_learn *learn;
	int n_threads; /* of a session; 0: as the registry has them */
	struct qs_pieces pieces;
	struct qs_piece *items;   /* one a piece */
	struct qs_blob *of_value; /* what there is of values and sites at the moment */
	struct qs_blob *of_site;
	bool *is_asked; /* by value; or NULL */
	qs_runner_show *show;
	unsigned char *taken; /* by region: whether this run takes the branch, once that is known */
	size_t *if_of_region; /* nodes */
	size_t n_regions;
	size_t *ends, *next_end; /* by piece and by value: what nothing reads afterwards */
};

/*
 * Prepares a piece, zeroed: its graph as a model, and a session of it. What it reads is there.
 * `formats` is the plan of the runner, or one like it, whose sites say what constants are. `is_on`
 * has for each site whether a constant is in its format, rather than as it is; NULL: all.
 */
enum qs_status qs_runner_piece_init(struct qs_runner *runner, size_t piece,
    const struct qs_plan *formats, const bool *is_on, struct qs_findings *findings,
    struct qs_piece *item);
void qs_runner_piece_done(struct qs_piece *item);

/* What a piece reads, at the moment; the tensor as it is, where a site did not give anything. */
const struct qs_blob *qs_runner_blob(
    const struct qs_runner *runner, const struct qs_source_of *source);

/* Finds the Ifs; forgets what was taken, before a run. */
enum qs_status qs_runner_find_ifs(struct qs_runner *runner);
void qs_runner_forget_ifs(struct qs_runner *runner);

/* Whether this run goes through a branch; what its If looks at is there. */
bool qs_runner_takes(struct qs_runner *runner, size_t region);

/* Gives the outputs of an If what the branch gave that was taken. */
enum qs_status qs_runner_pass_on(struct qs_runner *runner, size_t node);

#endif
