/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method "percentile": the threshold is the first edge of the histogram at which the share of
 * the values below the next one reaches the percentage. Source: vai_q_pytorch 3.5.
 */
#include "numbers/histogram.h"
#include "numbers/registry.h"

/*
 * Shares are divided and added in double, as NumPy does it for the tool: where the percentage of
 * the count is a whole number, the roundings of that sum decide.
 */
static double search(const struct qs_histogram *histogram)
{
	const double wanted = histogram->calibration->spec.percentage / 100.0;
	double share = 0.0;
	size_t bin = 0;

	for (; bin < QS_HISTOGRAM_BINS; bin++) {
		share += (double)histogram->counts[bin] / (double)histogram->total;
		if (share >= wanted)
			break;
	}
	return qs_histogram_edge(histogram, bin);
}

static enum qs_status decide(const struct qs_calibration *calibration,
    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict)
{
	(void)extent;
	return qs_histogram_decide(calibration, state, search, ret_verdict);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_PER_CHANNEL, QS_PARAM_SIGNED,
    QS_PARAM_NARROW_RANGE, QS_PARAM_STATISTIC, QS_PARAM_PERCENTAGE};

const struct qs_calibrator qs_calib_percentile = {
    .plugin = {QS_PLUGIN_ABI, "percentile", "the magnitude that a share of the values stays below",
	reads, sizeof(reads) / sizeof(*reads)},
    .begin = qs_histogram_begin,
    .observe = qs_histogram_observe,
    .decide = decide,
    .end = qs_histogram_end,
    .merge = qs_histogram_merge,
};
