/* SPDX-License-Identifier: Apache-2.0 */
/* The magnitudes of a channel in equal bins. */
#include "numbers/histogram.h"

#include <math.h>
#include <stdlib.h>

/*
 * As torch.linspace() spaces them for the tool, to the last bit: groups of eight in float32. The
 * first of a group is counted from the nearer end and rounded once, as a fused operation does it;
 * to it the others add their multiple of the step, rounded by itself.
 */
static float edge(const struct qs_histogram *histogram, size_t i)
{
	const float step = histogram->most / QS_HISTOGRAM_BINS;
	const size_t lane = i % 8, first = i - lane;
	float base = (float)((double)step * (double)first);

	if (first >= QS_HISTOGRAM_BINS / 2)
		base = (float)((double)histogram->most -
			       (double)step * (double)(QS_HISTOGRAM_BINS - first));
	return base + step * (float)lane;
}

double qs_histogram_edge(const struct qs_histogram *histogram, size_t i)
{
	return (double)edge(histogram, i);
}

double qs_histogram_center(const struct qs_histogram *histogram, size_t i)
{
	return (double)((edge(histogram, i) + edge(histogram, i + 1)) / 2.0F);
}

enum qs_status qs_histogram_begin(
    const struct qs_calibration *calibration, const struct qs_extent *extent, void **ret_state)
{
	const float most = fmaxf(fabsf(extent->least), fabsf(extent->most));
	struct qs_histogram *histogram;

	if (!(most > 0.0F))
		return QS_OK;
	histogram = calloc(1, sizeof(*histogram));
	if (!histogram)
		return QS_NOMEM;
	histogram->calibration = calibration;
	histogram->most = most;
	histogram->total = extent->n;
	*ret_state = histogram;
	return QS_OK;
}

enum qs_status qs_histogram_observe(void *state, const float *values, size_t n)
{
	struct qs_histogram *histogram = state;

	histogram->calibration->kernels->bins(
	    values, n, histogram->most, QS_HISTOGRAM_BINS, histogram->counts);
	return QS_OK;
}

void qs_histogram_end(void *state)
{
	free(state);
}

enum qs_status qs_histogram_merge(void *state, const void *other)
{
	struct qs_histogram *histogram = state;
	const struct qs_histogram *more = other;

	for (size_t i = 0; i < QS_HISTOGRAM_BINS; i++)
		histogram->counts[i] += more->counts[i];
	return QS_OK;
}

enum qs_status qs_histogram_decide(const struct qs_calibration *calibration, void *state,
    qs_histogram_search *search, struct qs_verdict *ret_verdict)
{
	*ret_verdict = qs_calib_symmetric(calibration, state ? search(state) : 0.0);
	return QS_OK;
}
