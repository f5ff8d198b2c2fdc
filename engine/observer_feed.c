/* SPDX-License-Identifier: Apache-2.0 */
/* Observers: a batch becomes verdicts. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/finding.h"
#include "engine/array.h"
#include "engine/kernels/kernels.h"
#include "engine/observer.h"

/* A batch on its way. */
struct passage {
	const struct qs_observer *observer;
	const struct qs_batch *batch;
	struct qs_layout layout; /* of the batch; with one channel, one run */
	struct qs_calibration calibration;
	bool fell_back, not_finite;
	struct qs_extent *extents; /* of every channel */
	void **states;
};

/* Uses a piece of the batch that begins with value `at`. */
typedef enum qs_status use_piece(struct passage *passage, size_t at, const float *values, size_t n);

/* Uses values of one channel that stand side by side. */
typedef enum qs_status use_run(
    struct passage *passage, size_t channel, const float *values, size_t n);

static enum qs_status go_through(struct passage *passage, use_piece *use)
{
	const size_t total = qs_layout_count(passage->layout);
	enum qs_status status = QS_OK;

	for (size_t at = 0; at < total && status == QS_OK; at += QS_OBSERVER_PIECE) {
		const size_t rest = total - at;
		const size_t n = rest < QS_OBSERVER_PIECE ? rest : QS_OBSERVER_PIECE;
		const float *values;

		status = passage->batch->read(passage->batch->context, at, n, &values);
		if (status == QS_OK)
			status = use(passage, at, values, n);
	}
	return status;
}

static enum qs_status each_run(
    struct passage *passage, size_t at, const float *values, size_t n, use_run *use)
{
	const size_t inner = passage->layout.inner;
	enum qs_status status = QS_OK;

	for (size_t done = 0; done < n && status == QS_OK;) {
		const size_t run = (at + done) / inner, rest = (run + 1) * inner - (at + done);
		const size_t size = rest < n - done ? rest : n - done;

		status = use(passage, run % passage->layout.channels, values + done, size);
		done += size;
	}
	return status;
}

/* ---- the ends -------------------------------------------------------------------------------- */

/* The ends are finite exactly when every value is. */
static enum qs_status widen(struct passage *passage, size_t channel, const float *values, size_t n)
{
	struct qs_extent *extent = &passage->extents[channel];
	float least, most;

	passage->calibration.kernels->range(values, n, &least, &most);
	if (!isfinite(least) || !isfinite(most)) {
		passage->not_finite = true;
		return QS_INVALID;
	}
	extent->least = fminf(extent->least, least);
	extent->most = fmaxf(extent->most, most);
	extent->n += n;
	return QS_OK;
}

/* As widen(), for channels that stand side by side, which have a run of one value each. */
static enum qs_status widen_rows(struct passage *passage, size_t at, const float *values, size_t n)
{
	const size_t channels = passage->layout.channels;
	size_t channel = at % channels;
	float least, most;

	passage->calibration.kernels->range(values, n, &least, &most);
	if (!isfinite(least) || !isfinite(most)) {
		passage->not_finite = true;
		return QS_INVALID;
	}
	for (size_t i = 0; i < n; i++) {
		struct qs_extent *extent = &passage->extents[channel];

		extent->least = values[i] < extent->least ? values[i] : extent->least;
		extent->most = values[i] > extent->most ? values[i] : extent->most;
		extent->n++;
		channel = channel + 1 == channels ? 0 : channel + 1;
	}
	return QS_OK;
}

static enum qs_status find_ends(struct passage *passage, size_t at, const float *values, size_t n)
{
	if (passage->layout.inner == 1 && passage->layout.channels > 1)
		return widen_rows(passage, at, values, n);
	return each_run(passage, at, values, n, widen);
}

/* What a batch holds that is not finite. */
struct blemish {
	struct passage passage; /* first, so that uses of pieces get to the rest */
	struct qs_census census;
	size_t first;
};

static enum qs_status count_blemishes(
    struct passage *passage, size_t at, const float *values, size_t n)
{
	struct blemish *blemish = (struct blemish *)passage;
	const bool clean = !blemish->census.nan && !blemish->census.infinite;
	size_t i = 0;

	passage->calibration.kernels->census(values, n, 1.0F, 0.0F, 0.0F, &blemish->census);
	if (clean && (blemish->census.nan || blemish->census.infinite)) {
		while (isfinite(values[i]))
			i++;
		blemish->first = at + i;
	}
	return QS_OK;
}

/* Goes through the batch once more, to say all that is wrong with it. */
static enum qs_status refuse_values(const struct passage *passage)
{
	const struct qs_subject *subject = &passage->calibration.subject;
	const struct qs_batch *batch = passage->batch;
	struct blemish blemish = {.passage = *passage};
	enum qs_status status = go_through(&blemish.passage, count_blemishes);
	struct qs_text where = QS_TEXT_INIT;

	if (status != QS_OK)
		return status;
	if (batch->locate)
		batch->locate(batch->context, blemish.first, &where);
	else
		qs_text_addf(&where, "at index %zu", blemish.first);
	qs_finding_add(subject->findings, QS_FINDING_NOT_FINITE, subject->place,
	    "%s: of %zu values, %" PRIu64 " are NaN and %" PRIu64
	    " are infinite, the first %s; a scale needs "
	    "finite ones",
	    subject->name, qs_layout_count(passage->layout), blemish.census.nan,
	    blemish.census.infinite, where.data);
	qs_findings_end_text(subject->findings, &where);
	return QS_INVALID;
}

/* Unsigned symmetric integers have no place for negative data. */
static enum qs_status settle_range(struct passage *passage)
{
	const struct qs_spec *spec = &passage->calibration.spec;
	const struct qs_subject *subject = &passage->calibration.subject;
	struct qs_finding *finding;
	float least = 0.0F;

	for (size_t c = 0; c < passage->layout.channels; c++)
		least = fminf(least, passage->extents[c].least);
	if (!spec->symmetry || spec->is_signed || !(least < 0.0F))
		return QS_OK;
	if (qs_observer_may_fall_back(passage->observer)) {
		passage->calibration.range = qs_observer_fallback(passage->observer);
		passage->fell_back = true;
		return QS_OK;
	}
	finding = qs_finding_add(subject->findings, QS_FINDING_NEGATIVE_DATA, subject->place,
	    "%s: the data goes down to %g, and unsigned symmetric integers start at 0",
	    subject->name, (double)least);
	qs_finding_hint(subject->findings, finding,
	    "set signed to true, or symmetry to false, for this tensor");
	return QS_INVALID;
}

/* ---- the method ------------------------------------------------------------------------------ */

static enum qs_status show(struct passage *passage, size_t channel, const float *values, size_t n)
{
	void *state = passage->states[channel];

	return state ? passage->observer->calibrator->observe(state, values, n) : QS_OK;
}

static enum qs_status show_piece(struct passage *passage, size_t at, const float *values, size_t n)
{
	return each_run(passage, at, values, n, show);
}

static enum qs_status show_values(struct passage *passage)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;
	enum qs_status status = QS_OK;
	bool wanted = false;

	for (size_t c = 0; calibrator->begin && c < passage->layout.channels && !status; c++) {
		status = calibrator->begin(
		    &passage->calibration, &passage->extents[c], &passage->states[c]);
		wanted |= passage->states[c] != NULL;
	}
	return status == QS_OK && wanted ? go_through(passage, show_piece) : status;
}

static enum qs_status decide(struct passage *passage, struct qs_cell *cells)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;
	const struct qs_subject *subject = &passage->calibration.subject;
	enum qs_status status = QS_OK;

	for (size_t c = 0; c < passage->layout.channels && status == QS_OK; c++) {
		const struct qs_extent *extent = &passage->extents[c];
		struct qs_verdict verdict = {0.0, 0, 0.0};

		status =
		    calibrator->decide(&passage->calibration, extent, passage->states[c], &verdict);
		if (status == QS_OK && !(isfinite(verdict.scale) && verdict.scale > 0.0 &&
					   isfinite(verdict.float_max))) {
			qs_finding_add(subject->findings, QS_FINDING_PLUGIN_RESULT, subject->place,
			    "%s: calibrator \"%s\" gives the scale %g", subject->name,
			    calibrator->plugin.name, verdict.scale);
			status = QS_INVALID;
		}
		cells[c] = (struct qs_cell){extent->least, extent->most, verdict};
	}
	return status;
}

static enum qs_status measure(struct passage *passage, struct qs_cell *cells)
{
	enum qs_status status;

	for (size_t c = 0; c < passage->layout.channels; c++)
		passage->extents[c] = (struct qs_extent){INFINITY, -INFINITY, 0};
	status = go_through(passage, find_ends);
	if (status != QS_OK)
		return passage->not_finite ? refuse_values(passage) : status;
	status = settle_range(passage);
	if (status == QS_OK)
		status = show_values(passage);
	return status == QS_OK ? decide(passage, cells) : status;
}

/* Cells for the verdicts of a batch; nothing is kept when it fails. */
static enum qs_status measure_batch(struct passage *passage, struct qs_cell *cells)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;
	const size_t channels = passage->layout.channels;
	enum qs_status status = QS_NOMEM;

	passage->extents = malloc(channels * sizeof(*passage->extents));
	passage->states = calloc(channels, sizeof(*passage->states));
	if (passage->extents && passage->states)
		status = measure(passage, cells);
	for (size_t c = 0; passage->states && c < channels; c++) {
		if (passage->states[c])
			calibrator->end(passage->states[c]);
	}
	free(passage->states);
	free(passage->extents);
	return status;
}

/* A tensor with one channel is one run, whatever its shape. */
static struct qs_layout simplify(struct qs_layout layout)
{
	return layout.channels == 1 ? (struct qs_layout){1, 1, qs_layout_count(layout)} : layout;
}

enum qs_status qs_observer_feed_batch(
    struct qs_observer *observer, uint64_t number, const struct qs_batch *batch)
{
	struct passage passage = {.observer = observer,
	    .batch = batch,
	    .layout = simplify(batch->layout),
	    .calibration = observer->calibration};
	const size_t channels = passage.layout.channels;
	struct qs_row row = {number, false};
	struct qs_record alone = {channels, 1, 1, &row, NULL};
	enum qs_status status = QS_NOMEM;

	if (channels != observer->record.channels || number > INT64_MAX)
		return QS_BUG;
	if (!qs_layout_count(batch->layout))
		return QS_OK;
	alone.cells = calloc(channels, sizeof(*alone.cells));
	if (alone.cells)
		status = measure_batch(&passage, alone.cells);
	row.fell_back = passage.fell_back;
	if (status == QS_OK)
		status = qs_observer_adopt(observer, &alone, observer->calibration.subject.place);
	free(alone.cells);
	return status;
}

/* ---- data that is all there ------------------------------------------------------------------ */

static enum qs_status point_to(void *context, size_t at, size_t n, const float **ret_values)
{
	(void)n;
	*ret_values = *(const float *const *)context + at;
	return QS_OK;
}

enum qs_status qs_observer_feed(
    struct qs_observer *observer, struct qs_layout layout, const float *data)
{
	const struct qs_batch batch = {layout, point_to, NULL, &data};
	const struct qs_record *record = &observer->record;
	const uint64_t number = record->n_rows ? record->rows[record->n_rows - 1].number + 1 : 0;

	return qs_observer_feed_batch(observer, number, &batch);
}

enum qs_status qs_observer_calibrate(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_layout layout, const float *data,
    struct qs_qparams *ret_qparams)
{
	struct qs_observation with_channels = *observation;
	struct qs_observer *observer = NULL;
	enum qs_status status;

	if (!spec->per_channel)
		layout = (struct qs_layout){1, 1, qs_layout_count(layout)};
	with_channels.channels = layout.channels;
	status = qs_observer_new(registry, spec, &with_channels, &observer);
	if (status == QS_OK)
		status = qs_observer_feed(observer, layout, data);
	if (status == QS_OK)
		status = qs_observer_result(observer, ret_qparams);
	qs_observer_free(observer);
	return status;
}
