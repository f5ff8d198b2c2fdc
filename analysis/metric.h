/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far a tensor is from what it should be.
 *
 * An agreement is fed with both tensors, batch by batch, and keeps sums only, so that it may see
 * any amount of data. Sums are made in double, in the order of the data, so that they do not depend
 * on anything else.
 */
#ifndef ANALYSIS_METRIC_H
#define ANALYSIS_METRIC_H

#include "qstrata/analysis.h"

struct qs_agreement {
	uint64_t n, n_rows;
	double product, expected_square, found_square; /* sums over all pairs */
	double absolute, square;                       /* sums of differences */
	double divergence;                             /* sum over the rows */
	double largest; /* absolute difference; NaN when there is one */
};

#define QS_AGREEMENT_INIT                                                                          \
	{                                                                                          \
		0, 0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0                                            \
	}

/*
 * Adds n pairs: what was expected and what was found. `row` is the length of the last axis, of
 * which n is a multiple; 0 counts as n.
 */
void qs_agreement_add(struct qs_agreement *agreement, const float *expected, const float *found,
    size_t n, size_t row);

/* What a metric says about all pairs so far; NaN when there are none, or one is not finite. */
double qs_agreement_of(const struct qs_agreement *agreement, enum qs_metric metric);

#endif
