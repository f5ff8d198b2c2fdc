/* SPDX-License-Identifier: Apache-2.0 */
/* Observers: made, merged, and asked for what the batches say together. */
#include "numbers/observer.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/finding.h"
#include "numbers/array.h"
#include "numbers/calib.h"
#include "qstrata/numbers.h"
#include "numbers/registry.h"
#include "numbers/statistic.h"

bool qs_observer_needed(const struct qs_registry *registry, const struct qs_spec *spec)
{
	const struct qs_quantizer *quantizer =
	    qs_registry_quantizer(registry, qs_registry_datatype(registry, spec));

	return quantizer && quantizer->needs_qparams;
}

static enum qs_status refuse(const struct qs_subject *subject, enum qs_finding_id id,
    const char *what, const char *name, const char *why)
{
	qs_finding_add(subject->findings, id, subject->place, "%s: %s \"%s\" %s", subject->name,
	    what, name, why);
	return QS_UNSUPPORTED;
}

/* Whether a tensor can be calibrated so. */
static enum qs_status check_law(const struct qs_observer *observer)
{
	const struct qs_subject *subject = &observer->calibration.subject;
	const struct qs_int_range range = observer->calibration.range;

	if (range.max < 1) {
		qs_finding_add(subject->findings, QS_FINDING_NO_POSITIVE_INTEGER, subject->place,
		    "%s: bit_width %d leaves the integers %lld to %lld, and a scale needs a "
		    "positive one",
		    subject->name, observer->calibration.spec.bit_width, (long long)range.min,
		    (long long)range.max);
		return QS_UNSUPPORTED;
	}
	if (!(observer->averaging >= 0.0 && observer->averaging <= 1.0))
		return QS_BUG;
	if (observer->averaging > 0.0 && observer->calibrator->begin)
		return refuse(subject, QS_FINDING_NO_AVERAGING, "method",
		    observer->calibrator->plugin.name,
		    "looks at all values, and moving averages are those of the smallest and the "
		    "largest");
	return QS_OK;
}

enum qs_status qs_observer_new(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_observer **ret_observer)
{
	const char *method = qs_registry_method(registry, spec);
	const char *mode = qs_registry_round_mode(registry, spec);
	const struct qs_observer wanted = {
	    .registry = registry,
	    .calibrator = qs_registry_calibrator(registry, method),
	    .averaging = observation->averaging,
	    .record = {.channels = observation->channels},
	    .calibration = {.spec = *spec,
		.rounding = qs_registry_rounding(registry, mode),
		.kernels = qs_registry_kernels(registry),
		.scale_law = observation->scale_law,
		.range = qs_spec_int_range(spec),
		.is_graph_input = observation->is_graph_input,
		.subject = observation->subject},
	};
	struct qs_observer *observer;
	enum qs_status status;

	if (!wanted.calibrator)
		return qs_registry_lack(QS_PLUGIN_CALIBRATOR, method, &observation->subject);
	if (!wanted.calibration.rounding)
		return qs_registry_lack(QS_PLUGIN_ROUNDING, mode, &observation->subject);
	status = check_law(&wanted);
	if (status != QS_OK)
		return status;
	observer = malloc(sizeof(*observer));
	if (!observer)
		return QS_NOMEM;
	*observer = wanted;
	*ret_observer = observer;
	return QS_OK;
}

void qs_observer_free(struct qs_observer *observer)
{
	if (!observer)
		return;
	qs_record_done(&observer->record);
	free(observer);
}

bool qs_observer_may_fall_back(const struct qs_observer *observer)
{
	const struct qs_spec *spec = &observer->calibration.spec;

	return spec->symmetry && !spec->is_signed && spec->per_channel;
}

struct qs_int_range qs_observer_fallback(const struct qs_observer *observer)
{
	struct qs_spec spec = observer->calibration.spec;

	spec.is_signed = true;
	return qs_spec_int_range(&spec);
}

/* ---- results --------------------------------------------------------------------------------- */

/* The range of all batches together: the signed one if a single one needs it. */
static struct qs_int_range common_range(const struct qs_observer *observer)
{
	for (size_t r = 0; r < observer->record.n_rows; r++) {
		if (observer->record.rows[r].fell_back)
			return qs_observer_fallback(observer);
	}
	return observer->calibration.range;
}

/*
 * What a batch says about a channel under the common range: where other batches have put it off,
 * the scale of a float comes anew from the threshold.
 */
static struct qs_verdict verdict_at(
    const struct qs_observer *observer, const struct qs_calibration *common, size_t r, size_t c)
{
	const struct qs_record *record = &observer->record;
	const struct qs_verdict verdict = record->cells[r * record->channels + c].verdict;

	if (record->rows[r].fell_back || common->range.min == observer->calibration.range.min ||
	    common->spec.scale_type == QS_SCALE_TYPE_POWEROFTWO)
		return verdict;
	return qs_calib_symmetric(common, verdict.float_max);
}

/* The numbers of one channel, those of every kind side by side. */
struct columns {
	double *scales, *zero_points, *float_maxima;
};

/* The zero point always by mode: a mean of zero points would belong to no batch. */
static void condense(const struct qs_observer *observer, const struct qs_calibration *common,
    size_t c, struct columns columns, struct qs_qparams *qparams)
{
	const enum qs_statistic statistic = (enum qs_statistic)common->spec.statistic;
	const size_t n = observer->record.n_rows;

	for (size_t r = 0; r < n; r++) {
		const struct qs_verdict verdict = verdict_at(observer, common, r, c);

		columns.scales[r] = verdict.scale;
		columns.zero_points[r] = (double)verdict.zero_point;
		columns.float_maxima[r] = verdict.float_max;
	}
	qparams->scale[c] = qs_statistic_of(statistic, columns.scales, n);
	qparams->float_max[c] = qs_statistic_of(statistic, columns.float_maxima, n);
	qparams->zero_point[c] =
	    (int64_t)qs_statistic_of(QS_STATISTIC_MODAL, columns.zero_points, n);
}

static enum qs_status by_statistic(const struct qs_observer *observer,
    const struct qs_calibration *common, struct qs_qparams *qparams)
{
	const size_t n = observer->record.n_rows;
	double *scratch = malloc(3 * n * sizeof(*scratch));

	if (!scratch)
		return QS_NOMEM;
	for (size_t c = 0; c < observer->record.channels; c++)
		condense(observer, common, c,
		    (struct columns){scratch, scratch + n, scratch + 2 * n}, qparams);
	free(scratch);
	return QS_OK;
}

/* The averages as PyTorch has them, in float32. */
static struct qs_extent averaged_ends(const struct qs_observer *observer, size_t c)
{
	const struct qs_record *record = &observer->record;
	const struct qs_cell *cell = &record->cells[c];
	const float constant = (float)observer->averaging;
	struct qs_extent ends = {cell->least, cell->most, 1};

	for (size_t r = 1; r < record->n_rows; r++) {
		cell += record->channels;
		ends.least += constant * (cell->least - ends.least);
		ends.most += constant * (cell->most - ends.most);
	}
	return ends;
}

static enum qs_status by_average(const struct qs_observer *observer,
    const struct qs_calibration *common, struct qs_qparams *qparams)
{
	for (size_t c = 0; c < observer->record.channels; c++) {
		const struct qs_extent ends = averaged_ends(observer, c);
		struct qs_verdict verdict = {0.0, 0, 0.0};
		enum qs_status status = observer->calibrator->decide(common, &ends, NULL, &verdict);

		if (status != QS_OK)
			return status;
		qparams->scale[c] = verdict.scale;
		qparams->zero_point[c] = verdict.zero_point;
		qparams->float_max[c] = verdict.float_max;
	}
	return QS_OK;
}

enum qs_status qs_observer_result(struct qs_observer *observer, struct qs_qparams *ret_qparams)
{
	const struct qs_subject *subject = &observer->calibration.subject;
	struct qs_calibration common = observer->calibration;
	struct qs_qparams qparams;
	enum qs_status status;

	if (!observer->record.n_rows) {
		qs_finding_add(subject->findings, QS_FINDING_NO_DATA, subject->place,
		    "%s: there are no values to calibrate with", subject->name);
		return QS_INVALID;
	}
	status = qs_qparams_init(&qparams, observer->record.channels);
	if (status != QS_OK)
		return status;
	common.range = common_range(observer);
	qparams.quant_min = common.range.min;
	qparams.quant_max = common.range.max;
	status = observer->averaging > 0.0 ? by_average(observer, &common, &qparams)
	                                   : by_statistic(observer, &common, &qparams);
	if (status == QS_OK)
		*ret_qparams = qparams;
	else
		qs_qparams_done(&qparams);
	return status;
}

size_t qs_observer_n_batches(const struct qs_observer *observer)
{
	return observer->record.n_rows;
}

uint64_t qs_observer_batch_number(const struct qs_observer *observer, size_t index)
{
	return observer->record.rows[index].number;
}

double qs_observer_batch_scale(const struct qs_observer *observer, size_t index, size_t channel)
{
	return observer->record.cells[index * observer->record.channels + channel].verdict.scale;
}

/* ---- merging --------------------------------------------------------------------------------- */

enum qs_status qs_observer_adopt(
    struct qs_observer *observer, const struct qs_record *rows, struct qs_place place)
{
	const struct qs_subject *subject = &observer->calibration.subject;
	uint64_t number;

	if (qs_record_clash(&observer->record, rows, &number)) {
		qs_finding_add(subject->findings, QS_FINDING_BATCH_NUMBER, place,
		    "%s: batch %" PRIu64 " is there twice", subject->name, number);
		return QS_INVALID;
	}
	if (!qs_record_has_room(&observer->record, rows->n_rows)) {
		qs_finding_add(subject->findings, QS_FINDING_OBSERVER_FULL, place,
		    "%s: more than %zu batches of %zu channels", subject->name,
		    QS_OBSERVER_LIMIT / observer->record.channels, observer->record.channels);
		return QS_INVALID;
	}
	return qs_record_merge(&observer->record, rows);
}
