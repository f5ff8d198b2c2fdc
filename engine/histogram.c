/* SPDX-License-Identifier: Apache-2.0 */
/* The magnitudes of a channel in equal bins. */
#include "engine/histogram.h"

#include <math.h>
#include <stdlib.h>

/*
 * As the tool spaces its edges, to the last bit: groups of eight in float32, whose first edges are
 * counted from the nearer end, and each value rounded once.
 */
static float edge(const struct qs_histogram *histogram, size_t i)
{
	const double step = (double)(histogram->most / QS_HISTOGRAM_BINS);
	const size_t lane = i % 8, first = i - lane;
	float base = (float)(step * (double)first);

	if (first >= QS_HISTOGRAM_BINS / 2)
		base =
		    (float)((double)histogram->most - step * (double)(QS_HISTOGRAM_BINS - first));
	return (float)((double)base + step * (double)lane);
}

double qs_histogram_edge(const struct qs_histogram *histogram, size_t i)
{
	return (double)edge(histogram, i);
}

double qs_histogram_center(const struct qs_histogram *histogram, size_t i)
{
	return (double)((edge(histogram, i) + edge(histogram, i + 1)) / 2.0F);
}

static void fill(const struct qs_kernels *kernels, const struct qs_channel *channel, float most,
    struct qs_histogram *histogram)
{
	for (size_t r = 0; r < channel->n_runs; r++)
		kernels->bins(channel->data + r * channel->stride, channel->size, most,
		    QS_HISTOGRAM_BINS, histogram->counts);
	histogram->total = (uint64_t)channel->n_runs * channel->size;
	histogram->most = most;
}

enum qs_status qs_histogram_measure(const struct qs_calib *calib, const struct qs_channel *channel,
    qs_histogram_search *search, struct qs_verdict *ret_verdict)
{
	const float most = fmaxf(fabsf(channel->least), fabsf(channel->most));
	struct qs_histogram *histogram;

	if (!(most > 0.0F)) {
		*ret_verdict = qs_calib_symmetric(calib, 0.0);
		return QS_OK;
	}
	histogram = calloc(1, sizeof(*histogram));
	if (!histogram)
		return QS_NOMEM;
	fill(calib->calibration->kernels, channel, most, histogram);
	*ret_verdict = qs_calib_symmetric(calib, search(calib, histogram));
	free(histogram);
	return QS_OK;
}
