/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Least, greatest, mean and variance of values that come in pieces.
 *
 * What is not finite is counted and otherwise left out. Every piece is summed up on its own and
 * then put together with what came before (Chan, Golub and LeVeque 1979), so that the variance of
 * many values far from 0 keeps its digits.
 */
#ifndef ANALYSIS_MOMENTS_H
#define ANALYSIS_MOMENTS_H

#include <stddef.h>
#include <stdint.h>

struct qs_moments {
	uint64_t n, nan, infinite; /* finite values, and the others */
	float least, most;         /* of the finite ones; meaningless without any */
	double mean;
	double squares; /* sum of the squared distances from the mean */
};

#define QS_MOMENTS_INIT                                                                            \
	{                                                                                          \
		0, 0, 0, 0.0F, 0.0F, 0.0, 0.0                                                      \
	}

/* Adds n values. */
void qs_moments_add(struct qs_moments *moments, const float *values, size_t n);
/* Adds what is known of other values. */
void qs_moments_merge(struct qs_moments *moments, const struct qs_moments *other);

/* The unbiased variance, divided by n - 1 as torch.var() has it; NaN with fewer than two values. */
double qs_moments_variance(const struct qs_moments *moments);

#endif
