/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rows that are measured together where there is too little to spend for each on its own.
 *
 * Data that cannot be cut, such as one picture, is seen whole by every trial, and what lies behind
 * the rows of a model comes to more than half a run of it a layer. So neighbouring rows are
 * quantized together at first, and the groups that do worst are halved and measured again, down to
 * single rows, for as long as the limit allows: group testing. What is told of a row is exact, of
 * it alone or of it with its neighbours, and says which.
 *
 * The nodes of a binary tree over the rows, in the order of the model, are the trials. Level 0 has
 * the rows; a node of the next level has two of the one below, as far as there are two.
 */
#ifndef ANALYSIS_SENSITIVITY_GROUPS_H
#define ANALYSIS_SENSITIVITY_GROUPS_H

#include "analysis/sensitivity_rows.h"
#include "analysis/sensitivity_trials.h"

/* Enough for any number of rows. */
#define QS_GROUP_LEVELS 64

struct qs_row_groups {
	size_t n_rows, n_levels;
	size_t first[QS_GROUP_LEVELS + 1]; /* node of each level */
	size_t *sites;                     /* of all rows, in order */
	size_t *begin;                     /* by row, and the end: where its sites are */
	double *costs;    /* by node, in runs of the model: at most; below 0 while not known */
	bool *is_closed;  /* by node: not to be halved any more */
	size_t *frontier; /* nodes that have all rows between them */
	size_t n_frontier;
	double spent;
};

/* The tree over rows. To be ended in any case; QS_NOMEM. */
enum qs_status qs_row_groups_init(
    struct qs_row_groups *groups, const struct qs_sensitive_rows *rows);
void qs_row_groups_done(struct qs_row_groups *groups);

/* How many trials there may be. */
size_t qs_row_groups_n(const struct qs_row_groups *groups);

/* Gives trials their sites; they are to settle by the groups from then on. */
void qs_row_groups_lead(struct qs_row_groups *groups, struct qs_trials *trials);

/*
 * Settles which trials see the data next: none, when all that the limit allows were measured. What
 * layers multiply is known. Which trials these are depends on what they gave alone. QS_NOMEM.
 */
enum qs_status qs_row_groups_settle(struct qs_row_groups *groups, struct qs_trials *trials);

/* For each row the trial that tells of it, and how many rows that is of. */
void qs_row_groups_spread(
    const struct qs_row_groups *groups, size_t *ret_trials, size_t *ret_n_rows);

#endif
