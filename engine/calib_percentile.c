/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method "percentile": the threshold is the first edge of the histogram at which the share of
 * the values below the next one reaches the percentage. Source: vai_q_pytorch 3.5.
 */
#include "engine/histogram.h"
#include "engine/registry.h"

/*
 * Shares are added in float32, as the tool does: where the percentage of the count is a whole
 * number, the error of that sum decides.
 */
static double search(const struct qs_calib *calib, const struct qs_histogram *histogram)
{
	const double wanted = calib->calibration->spec.percentage / 100.0;
	float share = 0.0F;
	size_t bin = 0;

	for (; bin < QS_HISTOGRAM_BINS; bin++) {
		share += (float)histogram->counts[bin] / (float)histogram->total;
		if ((double)share >= wanted)
			break;
	}
	return qs_histogram_edge(histogram, bin);
}

static enum qs_status measure(
    const struct qs_calib *calib, const struct qs_channel *channel, struct qs_verdict *ret_verdict)
{
	return qs_histogram_measure(calib, channel, search, ret_verdict);
}

static enum qs_status observe(void *state, struct qs_layout layout, const float *data)
{
	return qs_calib_observe(state, layout, data, measure);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_PER_CHANNEL, QS_PARAM_SIGNED,
    QS_PARAM_NARROW_RANGE, QS_PARAM_STATISTIC, QS_PARAM_PERCENTAGE};

const struct qs_calibrator qs_calib_percentile = {
    .plugin = {QS_PLUGIN_ABI, "percentile", "the magnitude that a share of the values stays below",
	reads, sizeof(reads) / sizeof(*reads)},
    .begin = qs_calib_begin,
    .observe = observe,
    .result = qs_calib_result,
    .end = qs_calib_end,
    .batch_scales = qs_calib_batch_scales,
};
