/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method "diffs": of five neighbouring binary points the one with the least squared error.
 *
 * The first candidate is the one that holds all data; each next one halves the step and the reach.
 * The input of a graph keeps the first. Source: vai_q_pytorch 3.5.
 */
#include <float.h>
#include <math.h>

#include "engine/calib.h"
#include "engine/registry.h"
#include "engine/round.h"

#define CANDIDATES 5

/* The law one value at a time, for foreign rounding modes and integers that kernels do not hold. */
static double error_of_run(const struct qs_calib *calib, double scale, const float *data, size_t n)
{
	const struct qs_rounding *rounding = calib->calibration->rounding;
	const double least = (double)calib->range.min, most = (double)calib->range.max;
	double sum = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double scaled = fmax(least, fmin(most, (double)data[i] / scale));
		const double difference = (double)data[i] - rounding->round(scaled) * scale;

		sum += difference * difference;
	}
	return sum;
}

/* Whether kernels can do it: a built-in rounding mode, and integers and a scale of float32. */
static bool has_kernel(const struct qs_calib *calib, int position)
{
	return qs_round_kernel(calib->calibration->rounding) != QS_KERNEL__ROUNDINGS &&
	       position > FLT_MIN_EXP && calib->range.max <= QS_GRID_LIMIT &&
	       calib->range.min >= -QS_GRID_LIMIT;
}

static double error_by_kernel(
    const struct qs_calib *calib, const struct qs_channel *channel, double scale)
{
	const enum qs_kernel_rounding mode = qs_round_kernel(calib->calibration->rounding);
	const struct qs_grid grid = qs_grid_of((float)(1.0 / scale), (float)scale,
	    (int32_t)calib->range.min, (int32_t)calib->range.max);
	double sums[QS_GRID_SUMS] = {0.0}, sum = 0.0;

	for (size_t r = 0; r < channel->n_runs; r++)
		calib->calibration->kernels->grid_error[mode](
		    &grid, channel->data + r * channel->stride, channel->size, sums);
	for (size_t i = 0; i < QS_GRID_SUMS; i++)
		sum += sums[i];
	return sum;
}

static double squared_error(
    const struct qs_calib *calib, const struct qs_channel *channel, int position)
{
	const double scale = ldexp(1.0, -position);
	double sum = 0.0;

	if (has_kernel(calib, position))
		return error_by_kernel(calib, channel, scale);
	for (size_t r = 0; r < channel->n_runs; r++)
		sum +=
		    error_of_run(calib, scale, channel->data + r * channel->stride, channel->size);
	return sum;
}

/* The first of several equally good ones. */
static int best_of(const struct qs_calib *calib, const struct qs_channel *channel, int first)
{
	double least = INFINITY;
	int best = first;

	for (int position = first; position < first + CANDIDATES; position++) {
		const double sum = squared_error(calib, channel, position);

		if (sum < least) {
			least = sum;
			best = position;
		}
	}
	return best;
}

static enum qs_status measure(
    const struct qs_calib *calib, const struct qs_channel *channel, struct qs_verdict *ret_verdict)
{
	int position = qs_calib_position(calib, (double)channel->least, (double)channel->most);

	if (!calib->calibration->is_graph_input && position < qs_calib_last_position(calib))
		position = best_of(calib, channel, position);
	*ret_verdict = qs_calib_binary(calib, position);
	return QS_OK;
}

static enum qs_status observe(void *state, struct qs_layout layout, const float *data)
{
	return qs_calib_observe(state, layout, data, measure);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_ROUND_MODE, QS_PARAM_PER_CHANNEL,
    QS_PARAM_SIGNED, QS_PARAM_NARROW_RANGE, QS_PARAM_SCALE_TYPE, QS_PARAM_STATISTIC};

const struct qs_calibrator qs_calib_diffs = {
    .plugin = {QS_PLUGIN_ABI, "diffs", "least squared error over five neighbouring powers of two",
	reads, sizeof(reads) / sizeof(*reads)},
    .begin = qs_calib_begin,
    .observe = observe,
    .result = qs_calib_result,
    .end = qs_calib_end,
    .batch_scales = qs_calib_batch_scales,
};
