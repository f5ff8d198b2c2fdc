/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons from the inside: rows that are filled while models run, and then told. */
#ifndef ANALYSIS_COMPARE_H
#define ANALYSIS_COMPARE_H

#include "analysis/metric.h"
#include "analysis/rows.h"
#include "analysis/seen.h"
#include "base/arena.h"

/* A tensor that is compared. Texts are of the comparison. */
struct qs_compared {
	const char *type, *layer, *tensor, *dtype;
	enum qs_attr attr;
	double scale;   /* NaN: there is none */
	bool is_output; /* the model gives it */
	bool differs;   /* in shape: it was not compared */
	bool has_own;   /* its own error is known */
	struct qs_seen expected, found;
	struct qs_agreement agreement, own;
};

/* A row and what it is ordered by: the more the worse. */
struct qs_ranked {
	double badness;
	bool is_empty;
	size_t row;
};

struct qs_comparison {
	struct qs_arena arena;
	const char *expected, *found; /* what is compared, for people */
	bool by_config;               /* `found` is the config that quantizes `expected` */
	size_t n_batches;
	struct qs_compared *items;
	size_t n;
	size_t *order;            /* which row comes when */
	struct qs_ranked *ranked; /* room to order them */
};

/* A comparison without rows, with room for n. */
enum qs_status qs_comparison_new(
    const char *expected, const char *found, size_t n, struct qs_comparison **ret_comparison);

/* Adds a row; its texts are copied. NULL when memory ran out. */
struct qs_compared *qs_comparison_add(
    struct qs_comparison *comparison, const struct qs_compared *item);

/* Values of a tensor. */
struct qs_values {
	const float *values;
	const int64_t *dims;
	size_t rank;
};

/*
 * Takes in what was expected and what was found of a tensor in a batch. Different shapes become a
 * finding at the place, once. May return QS_NOMEM.
 */
enum qs_status qs_compared_add(struct qs_compared *item, const struct qs_values *expected,
    const struct qs_values *found, struct qs_place place, struct qs_findings *findings);

/*
 * The same of a constant, whose error is all its own. Different shapes are no finding: weights may
 * be laid out in another way. May return QS_NOMEM.
 */
enum qs_status qs_compared_add_constant(
    struct qs_compared *item, const struct qs_values *expected, const struct qs_values *found);

/* Takes in the own error of a tensor in a batch: n values, `row` of them along the last axis. */
void qs_compared_add_own(struct qs_compared *item, const float *expected, const float *found,
    size_t n, const int64_t *dims, size_t rank);

/*
 * Warns when a model that has formats of integers gives what the float model does, bit by bit: then
 * the float model was measured, as with nodes that do not quantize.
 */
void qs_comparison_check_difference(
    const struct qs_comparison *comparison, struct qs_place place, struct qs_findings *findings);

/* The table of a comparison, which is its context; NULL for the columns alone. */
struct qs_table;
void qs_comparison_table(const struct qs_comparison *comparison, struct qs_table *ret_table);

#endif
