/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The method "diffs": of five neighbouring binary points the one with the least squared error.
 *
 * The first candidate is the one that holds all data; each next one halves the step and the reach.
 * The input of a graph keeps the first. Source: vai_q_pytorch 3.5.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "numbers/calib.h"
#include "numbers/registry.h"
#include "numbers/round.h"

#define CANDIDATES 5

/* The sums of squared differences of the candidates so far. */
struct search {
	const struct qs_calibration *calibration;
	int first;
	double sums[CANDIDATES][QS_GRID_SUMS];
};

/* A position that could not go any further has nothing to be compared with. */
static enum qs_status begin(
    const struct qs_calibration *calibration, const struct qs_extent *extent, void **ret_state)
{
	const int first = qs_calib_position(calibration, extent);
	struct search *search;

	if (calibration->is_graph_input || first >= qs_calib_last_position(calibration))
		return QS_OK;
	search = calloc(1, sizeof(*search));
	if (!search)
		return QS_NOMEM;
	search->calibration = calibration;
	search->first = first;
	*ret_state = search;
	return QS_OK;
}

/* The law one value at a time, for foreign rounding modes and integers that kernels do not hold. */
static double error_by_law(
    const struct qs_calibration *calibration, double scale, const float *values, size_t n)
{
	const double least = (double)calibration->range.min, most = (double)calibration->range.max;
	double sum = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double scaled = fmax(least, fmin(most, (double)values[i] / scale));
		const double difference =
		    (double)values[i] - calibration->rounding->round(scaled) * scale;

		sum += difference * difference;
	}
	return sum;
}

/* Whether kernels can do it: a built-in rounding mode, and integers and a scale of float32. */
static bool has_kernel(const struct qs_calibration *calibration, int position)
{
	return qs_round_kernel(calibration->rounding) != QS_KERNEL__ROUNDINGS &&
	       position > FLT_MIN_EXP && calibration->range.max <= QS_GRID_LIMIT &&
	       calibration->range.min >= -QS_GRID_LIMIT;
}

static void add_errors(const struct qs_calibration *calibration, int position, const float *values,
    size_t n, double sums[QS_GRID_SUMS])
{
	const struct qs_int_range range = calibration->range;
	const double scale = ldexp(1.0, -position);
	struct qs_grid grid;

	if (!has_kernel(calibration, position)) {
		sums[0] += error_by_law(calibration, scale, values, n);
		return;
	}
	grid =
	    qs_grid_of((float)(1.0 / scale), (float)scale, (int32_t)range.min, (int32_t)range.max);
	calibration->kernels->grid_error[qs_round_kernel(calibration->rounding)](
	    &grid, values, n, sums);
}

static enum qs_status observe(void *state, const float *values, size_t n)
{
	struct search *search = state;

	for (int i = 0; i < CANDIDATES; i++)
		add_errors(search->calibration, search->first + i, values, n, search->sums[i]);
	return QS_OK;
}

static enum qs_status merge(void *state, const void *other)
{
	struct search *search = state;
	const struct search *more = other;

	for (int i = 0; i < CANDIDATES; i++) {
		for (size_t k = 0; k < QS_GRID_SUMS; k++)
			search->sums[i][k] += more->sums[i][k];
	}
	return QS_OK;
}

static double total(const double sums[QS_GRID_SUMS])
{
	double sum = 0.0;

	for (size_t i = 0; i < QS_GRID_SUMS; i++)
		sum += sums[i];
	return sum;
}

/* The first of several equally good ones. */
static enum qs_status decide(const struct qs_calibration *calibration,
    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict)
{
	const struct search *search = state;
	int best = 0;

	for (int i = 1; search && i < CANDIDATES; i++) {
		if (total(search->sums[i]) < total(search->sums[best]))
			best = i;
	}
	*ret_verdict = qs_calib_binary(calibration, qs_calib_position(calibration, extent) + best);
	return QS_OK;
}

static void end(void *state)
{
	free(state);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_ROUND_MODE, QS_PARAM_PER_CHANNEL,
    QS_PARAM_SIGNED, QS_PARAM_NARROW_RANGE, QS_PARAM_SCALE_TYPE, QS_PARAM_STATISTIC};

const struct qs_calibrator qs_calib_diffs = {
    .plugin = {QS_PLUGIN_ABI, "diffs", "least squared error over five neighbouring powers of two",
	reads, sizeof(reads) / sizeof(*reads)},
    .begin = begin,
    .observe = observe,
    .decide = decide,
    .end = end,
    .merge = merge,
};
