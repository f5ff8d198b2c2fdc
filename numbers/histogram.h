/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The magnitudes of a channel in equal bins, from which some methods find a threshold.
 *
 * 2048 bins of [0, max|x|], as in vai_q_pytorch. Bin i lies between the edges i and i + 1. The
 * counts are all that is kept of the data: 16 KiB, however much it is.
 */
#ifndef NUMBERS_HISTOGRAM_H
#define NUMBERS_HISTOGRAM_H

#include "numbers/calib.h"

#define QS_HISTOGRAM_BINS 2048

/* The methods that try thresholds start at this bin and go on in these steps. */
#define QS_HISTOGRAM_FIRST 1536
#define QS_HISTOGRAM_STRIDE 16

struct qs_histogram {
	const struct qs_calibration *calibration;
	float most; /* the largest magnitude */
	uint64_t total;
	uint64_t counts[QS_HISTOGRAM_BINS];
};

/* The slots of a method that finds a threshold: data of zeros, whose threshold is 0, has no
 * histogram. */
enum qs_status qs_histogram_begin(
    const struct qs_calibration *calibration, const struct qs_extent *extent, void **ret_state);
enum qs_status qs_histogram_observe(void *state, const float *values, size_t n);
void qs_histogram_end(void *state);
enum qs_status qs_histogram_merge(void *state, const void *other);

/* A threshold >= 0 in units of the data, found from a histogram with values other than 0. */
typedef double qs_histogram_search(const struct qs_histogram *histogram);

/* The slot `decide` with a search. */
enum qs_status qs_histogram_decide(const struct qs_calibration *calibration, void *state,
    qs_histogram_search *search, struct qs_verdict *ret_verdict);

/* Edge i, from 0 to QS_HISTOGRAM_BINS, and the middle of bin i. */
double qs_histogram_edge(const struct qs_histogram *histogram, size_t i);
double qs_histogram_center(const struct qs_histogram *histogram, size_t i);

#endif
