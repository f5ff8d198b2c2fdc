/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The magnitudes of a channel in equal bins, from which some methods find a threshold.
 *
 * 2048 bins of [0, max|x|], as in vai_q_pytorch. Bin i lies between the edges i and i + 1.
 */
#ifndef ENGINE_HISTOGRAM_H
#define ENGINE_HISTOGRAM_H

#include "engine/calib.h"

#define QS_HISTOGRAM_BINS 2048

/* The methods that try thresholds start at this bin and go on in these steps. */
#define QS_HISTOGRAM_FIRST 1536
#define QS_HISTOGRAM_STRIDE 16

struct qs_histogram {
	float most; /* the largest magnitude */
	uint64_t total;
	uint64_t counts[QS_HISTOGRAM_BINS];
};

/* A threshold >= 0 in units of the data, found from a histogram with values other than 0. */
typedef double qs_histogram_search(
    const struct qs_calib *calib, const struct qs_histogram *histogram);

/* Measures a channel by a search; data of zeros has the threshold 0. May return QS_NOMEM. */
enum qs_status qs_histogram_measure(const struct qs_calib *calib, const struct qs_channel *channel,
    qs_histogram_search *search, struct qs_verdict *ret_verdict);

/* Edge i, from 0 to QS_HISTOGRAM_BINS, and the middle of bin i. */
double qs_histogram_edge(const struct qs_histogram *histogram, size_t i);
double qs_histogram_center(const struct qs_histogram *histogram, size_t i);

#endif
