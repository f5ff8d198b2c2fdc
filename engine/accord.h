/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How well two ways to compute a tensor agree, in steps of its format.
 *
 * A step of integers is their scale; one of a half format is the distance of neighbours at a value;
 * a tensor without a format is measured in 128ths of the largest magnitude of a batch. Values less
 * than half a step apart are equal.
 */
#ifndef ENGINE_ACCORD_H
#define ENGINE_ACCORD_H

#include "engine/plan.h"

struct qs_accord {
	uint64_t n_values, n_equal;
	double sum, most; /* of the distances, in steps */
};

/* Adds n values that were found and what is expected; `site` is NULL for a tensor without a
 * format. */
void qs_accord_add(struct qs_accord *accord, const struct qs_site *site, const float *found,
    const float *expected, size_t n);

/* The distance on average; 0 of nothing. */
double qs_accord_mean(const struct qs_accord *accord);

/* The share of equal values; 1 of nothing. */
double qs_accord_share(const struct qs_accord *accord);

#endif
