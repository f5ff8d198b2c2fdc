/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method "mse": the threshold is the middle of a bin, the one under which the middles of all
 * bins, weighted by their counts, lose least when they are quantized. Source: vai_q_pytorch 3.5.
 */
#include <math.h>

#include "numbers/histogram.h"
#include "numbers/registry.h"
#include "numbers/round.h"

/*
 * Rounding is half_even here, whatever the rounding mode of the tensor. `divisor` is what the scale
 * law divides a threshold by, so that amp is 1 / scale.
 */
static double loss(
    const struct qs_histogram *histogram, double threshold, double divisor, double top)
{
	const double amp = divisor / threshold;
	double sum = 0.0;

	for (size_t i = 0; i < QS_HISTOGRAM_BINS; i++) {
		const double center = qs_histogram_center(histogram, i);
		const double value = fmin(top, qs_round_half_even(center * amp)) / amp;

		sum += (center - value) * (center - value) * (double)histogram->counts[i];
	}
	return sum;
}

static double search(const struct qs_histogram *histogram)
{
	const double divisor = qs_calib_divisor(histogram->calibration);
	const double top = (double)histogram->calibration->range.max;
	double least = INFINITY, best = (double)histogram->most;

	for (size_t i = QS_HISTOGRAM_FIRST; i < QS_HISTOGRAM_BINS; i += QS_HISTOGRAM_STRIDE) {
		const double threshold = qs_histogram_center(histogram, i);
		const double sum = loss(histogram, threshold, divisor, top);

		if (sum < least) {
			least = sum;
			best = threshold;
		}
	}
	return best;
}

static enum qs_status decide(const struct qs_calibration *calibration,
    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict)
{
	(void)extent;
	return qs_histogram_decide(calibration, state, search, ret_verdict);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_PER_CHANNEL, QS_PARAM_SIGNED,
    QS_PARAM_NARROW_RANGE, QS_PARAM_STATISTIC};

const struct qs_calibrator qs_calib_mse = {
    .plugin = {QS_PLUGIN_ABI, "mse", "least squared error over candidate thresholds", reads,
	sizeof(reads) / sizeof(*reads)},
    .begin = qs_histogram_begin,
    .observe = qs_histogram_observe,
    .decide = decide,
    .end = qs_histogram_end,
    .merge = qs_histogram_merge,
};
