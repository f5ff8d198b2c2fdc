/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method "entropy": the threshold is the edge of a bin under which the quantized distribution
 * of the magnitudes tells least from the real one (Kullback-Leibler divergence). The bin of 0 takes
 * the count of its neighbour, since exact zeros say nothing about the range. Source:
 * vai_q_pytorch 3.5.
 */
#include <math.h>

#include "numbers/histogram.h"
#include "numbers/registry.h"

/* The first of the bins below `n` that lies not in the same level as bin `first`. */
static size_t end_of_level(size_t first, size_t n, uint64_t n_levels)
{
	const uint64_t level = first * n_levels / n;
	size_t end = first + 1;

	while (end < n && end * n_levels / n == level)
		end++;
	return end;
}

/*
 * Spreads what the bins below `n` hold evenly over those of each level that are not empty: what is
 * left of a distribution that only has n_levels levels.
 */
static void coarsen(const double *bins, size_t n, uint64_t n_levels, double *coarse)
{
	for (size_t first = 0, end; first < n; first = end) {
		double sum = 0.0, n_used = 0.0;

		end = end_of_level(first, n, n_levels);
		for (size_t i = first; i < end; i++) {
			sum += bins[i];
			n_used += bins[i] > 0.0;
		}
		for (size_t i = first; i < end; i++)
			coarse[i] = bins[i] > 0.0 ? sum / n_used : 0.0;
	}
}

/*
 * The sum of p ln(p / q) over n bins, both scaled to the sum 1; what lies beyond them is clipped
 * into the last.
 */
static double divergence(const double *bins, size_t n, const double *coarse)
{
	double beyond = 0.0, p_total = 0.0, q_total = 0.0, sum = 0.0;

	for (size_t i = n; i < QS_HISTOGRAM_BINS; i++)
		beyond += bins[i];
	for (size_t i = 0; i < n; i++) {
		p_total += bins[i];
		q_total += coarse[i];
	}
	p_total += beyond;
	for (size_t i = 0; i < n; i++) {
		const double p = (bins[i] + (i == n - 1 ? beyond : 0.0)) / p_total;
		const double q = coarse[i] / q_total;

		if (p > 0.0)
			sum += p * log(p / q);
	}
	return sum;
}

/*
 * The last of several equally good ones. Division by an empty bin makes infinities, which never
 * win, and a candidate below which all bins are empty makes a NaN, which wins over every number:
 * NumPy's argmin() takes it for the least.
 */
static bool is_better(double sum, double least)
{
	return isnan(sum) || sum <= least;
}

static double search(const struct qs_histogram *histogram)
{
	const struct qs_calibration *calibration = histogram->calibration;
	const uint64_t n_levels = (uint64_t)1
	                          << (calibration->spec.bit_width - (calibration->range.min < 0));
	double bins[QS_HISTOGRAM_BINS], coarse[QS_HISTOGRAM_BINS], least = INFINITY;
	size_t best = QS_HISTOGRAM_BINS;

	for (size_t i = 0; i < QS_HISTOGRAM_BINS; i++)
		bins[i] = (double)histogram->counts[i ? i : 1];
	for (size_t n = QS_HISTOGRAM_FIRST; n <= QS_HISTOGRAM_BINS; n += QS_HISTOGRAM_STRIDE) {
		double sum;

		coarsen(bins, n, n_levels, coarse);
		sum = divergence(bins, n, coarse);
		if (is_better(sum, least)) {
			least = sum;
			best = n;
		}
	}
	return qs_histogram_edge(histogram, best);
}

static enum qs_status decide(const struct qs_calibration *calibration,
    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict)
{
	(void)extent;
	return qs_histogram_decide(calibration, state, search, ret_verdict);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_PER_CHANNEL, QS_PARAM_SIGNED,
    QS_PARAM_NARROW_RANGE, QS_PARAM_STATISTIC};

const struct qs_calibrator qs_calib_entropy = {
    .plugin = {QS_PLUGIN_ABI, "entropy", "least Kullback-Leibler divergence", reads,
	sizeof(reads) / sizeof(*reads)},
    .begin = qs_histogram_begin,
    .observe = qs_histogram_observe,
    .decide = decide,
    .end = qs_histogram_end,
    .merge = qs_histogram_merge,
};
