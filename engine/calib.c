/* SPDX-License-Identifier: Apache-2.0 */
/* What the built-in calibrators share. */
#include "engine/calib.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "base/finding.h"
#include "engine/array.h"
#include "engine/round.h"
#include "engine/statistic.h"

enum qs_status qs_calib_begin(const struct qs_calibration *calibration, void **ret_state)
{
	const struct qs_subject *subject = &calibration->subject;
	const struct qs_int_range range = qs_spec_int_range(&calibration->spec);
	struct qs_calib *calib;

	if (range.max < 1) {
		qs_finding_add(subject->findings, QS_FINDING_NO_POSITIVE_INTEGER, subject->place,
		    "%s: bit_width %d leaves the integers %lld to %lld, and a scale needs a "
		    "positive one",
		    subject->name, calibration->spec.bit_width, (long long)range.min,
		    (long long)range.max);
		return QS_UNSUPPORTED;
	}
	calib = calloc(1, sizeof(*calib));
	if (!calib)
		return QS_NOMEM;
	calib->calibration = calibration;
	calib->range = range;
	*ret_state = calib;
	return QS_OK;
}

void qs_calib_end(void *state)
{
	struct qs_calib *calib = state;

	free(calib->scales);
	free(calib->zero_points);
	free(calib->float_maxima);
	free(calib);
}

static bool grow(double **values, size_t n)
{
	double *larger = realloc(*values, n * sizeof(**values));

	if (larger)
		*values = larger;
	return larger != NULL;
}

/* Room for one more row. */
static enum qs_status make_room(struct qs_calib *calib)
{
	const size_t channels = calib->calibration->channels;
	const size_t capacity = calib->capacity ? calib->capacity * 2 : 1;

	if (calib->n_batches < calib->capacity)
		return QS_OK;
	if (capacity > SIZE_MAX / sizeof(double) / (channels ? channels : 1))
		return QS_NOMEM;
	if (!grow(&calib->scales, capacity * channels) ||
	    !grow(&calib->zero_points, capacity * channels) ||
	    !grow(&calib->float_maxima, capacity * channels))
		return QS_NOMEM;
	calib->capacity = capacity;
	return QS_OK;
}

/* A batch seen one channel at a time; a tensor with one channel is one run. */
static struct qs_channel channel_of(struct qs_layout layout, const float *data, size_t index)
{
	const size_t stride = layout.channels * layout.inner;

	if (layout.channels == 1)
		return (struct qs_channel){data, 1, layout.outer * layout.inner, 0, 0.0F, 0.0F};
	return (struct qs_channel){
	    data + index * layout.inner, layout.outer, layout.inner, stride, 0.0F, 0.0F};
}

static void find_ends(const struct qs_kernels *kernels, struct qs_channel *channel)
{
	channel->least = INFINITY;
	channel->most = -INFINITY;
	for (size_t r = 0; r < channel->n_runs; r++) {
		float least, most;

		kernels->range(channel->data + r * channel->stride, channel->size, &least, &most);
		channel->least = fminf(channel->least, least);
		channel->most = fmaxf(channel->most, most);
	}
}

/* Unsigned symmetric integers have no place for negative data. */
static enum qs_status settle_sign(struct qs_calib *calib, const float *data, size_t n)
{
	const struct qs_subject *subject = &calib->calibration->subject;
	struct qs_channel all = {data, 1, n, 0, 0.0F, 0.0F};
	struct qs_spec spec = calib->calibration->spec;
	struct qs_finding *finding;

	if (!spec.symmetry || spec.is_signed)
		return QS_OK;
	find_ends(calib->calibration->kernels, &all);
	if (all.least >= 0.0F)
		return QS_OK;
	if (spec.per_channel) {
		spec.is_signed = true;
		calib->range = qs_spec_int_range(&spec);
		return QS_OK;
	}
	finding = qs_finding_add(subject->findings, QS_FINDING_NEGATIVE_DATA, subject->place,
	    "%s: the data goes down to %g, and unsigned symmetric integers start at 0",
	    subject->name, (double)all.least);
	qs_finding_hint(subject->findings, finding,
	    "set signed to true, or symmetry to false, for this tensor");
	return QS_INVALID;
}

enum qs_status qs_calib_observe(
    void *state, struct qs_layout layout, const float *data, qs_calib_measure *measure)
{
	struct qs_calib *calib = state;
	const struct qs_kernels *kernels = calib->calibration->kernels;
	const size_t row = calib->n_batches * layout.channels;
	enum qs_status status = make_room(calib);

	if (status == QS_OK)
		status = settle_sign(calib, data, qs_layout_count(layout));
	for (size_t c = 0; c < layout.channels && status == QS_OK; c++) {
		struct qs_channel channel = channel_of(layout, data, c);
		struct qs_verdict verdict = {0.0, 0, 0.0};

		find_ends(kernels, &channel);
		status = measure(calib, &channel, &verdict);
		calib->scales[row + c] = verdict.scale;
		calib->zero_points[row + c] = (double)verdict.zero_point;
		calib->float_maxima[row + c] = verdict.float_max;
	}
	if (status == QS_OK)
		calib->n_batches++;
	return status;
}

/* The statistic of one channel's column. */
static double condense(const struct qs_calib *calib, enum qs_statistic statistic,
    const double *values, size_t channel, double *scratch)
{
	for (size_t b = 0; b < calib->n_batches; b++)
		scratch[b] = values[b * calib->calibration->channels + channel];
	return qs_statistic_of(statistic, scratch, calib->n_batches);
}

/* The zero point always by mode: a mean of zero points would belong to no batch. */
enum qs_status qs_calib_result(void *state, struct qs_qparams *qparams)
{
	const struct qs_calib *calib = state;
	const enum qs_statistic statistic = (enum qs_statistic)calib->calibration->spec.statistic;
	double *scratch = malloc(calib->n_batches * sizeof(*scratch));

	if (!scratch)
		return QS_NOMEM;
	for (size_t c = 0; c < calib->calibration->channels; c++) {
		qparams->scale[c] = condense(calib, statistic, calib->scales, c, scratch);
		qparams->float_max[c] = condense(calib, statistic, calib->float_maxima, c, scratch);
		qparams->zero_point[c] =
		    (int64_t)condense(calib, QS_STATISTIC_MODAL, calib->zero_points, c, scratch);
	}
	qparams->quant_min = calib->range.min;
	qparams->quant_max = calib->range.max;
	free(scratch);
	return QS_OK;
}

const double *qs_calib_batch_scales(const void *state, size_t *ret_n_batches)
{
	const struct qs_calib *calib = state;

	*ret_n_batches = calib->n_batches;
	return calib->scales;
}

static double usable(double scale)
{
	return scale > DBL_MIN ? scale : 0x1p-18;
}

/*
 * The tool keeps the scales of channels in float32 tensors and divides there; one scale for a
 * tensor is a double.
 */
static double divide(const struct qs_calib *calib, double a, double b)
{
	const bool in_float = calib->calibration->spec.per_channel && fabs(a) <= (double)FLT_MAX;

	return in_float ? (double)((float)a / (float)b) : a / b;
}

struct qs_verdict qs_calib_symmetric(const struct qs_calib *calib, double threshold)
{
	const double top = calib->calibration->scale_law == QS_SCALE_LAW_QMAX
	                       ? (double)calib->range.max
	                       : (double)(calib->range.max - calib->range.min) / 2.0;

	return (struct qs_verdict){usable(divide(calib, threshold, top)), 0, threshold};
}

/* Constant data may put the zero point anywhere; it stays an integer that a double holds. */
struct qs_verdict qs_calib_asymmetric(const struct qs_calib *calib, double least, double most)
{
	const double levels = (double)(calib->range.max - calib->range.min);
	const double scale = usable(divide(calib, most - least, levels));
	const double zero_point = fmax(-0x1p53, fmin(0x1p53, divide(calib, -least, scale)));

	return (struct qs_verdict){scale, (int64_t)qs_round_half_even(zero_point), most};
}

int qs_calib_position(const struct qs_calib *calib, double least, double most)
{
	const double half = ldexp(1.0, calib->calibration->spec.bit_width - 1);
	const double step = fmax(least / (-half - 0.5), most / (half - 0.5));
	int exponent;

	if (!(step > 0.0))
		return 18;
	frexp(1.0 / step, &exponent);
	return exponent - 1;
}

int qs_calib_last_position(const struct qs_calib *calib)
{
	return calib->calibration->spec.bit_width <= 8 ? 12 : 15;
}

struct qs_verdict qs_calib_binary(const struct qs_calib *calib, int position)
{
	const int last = qs_calib_last_position(calib);
	const double scale = ldexp(1.0, -(position < last ? position : last));

	return (struct qs_verdict){scale, 0, scale * (double)calib->range.max};
}
