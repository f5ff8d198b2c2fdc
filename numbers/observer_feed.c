/* SPDX-License-Identifier: Apache-2.0 */
/* Observers: a batch becomes verdicts. */
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

#include "base/finding.h"
#include "numbers/array.h"
#include "numbers/kernels/kernels.h"
#include "numbers/observer_pass.h"

/* ---- the ends -------------------------------------------------------------------------------- */

/* The ends are finite exactly when every value is. */
static enum qs_status widen(
    const struct qs_passage *passage, struct qs_part *part, const float *values, size_t n)
{
	struct qs_extent *extent = &part->extent;
	float least, most;

	passage->calibration.kernels->range(values, n, &least, &most);
	if (!isfinite(least) || !isfinite(most)) {
		part->not_finite = true;
		return QS_INVALID;
	}
	extent->least = fminf(extent->least, least);
	extent->most = fmaxf(extent->most, most);
	extent->n += n;
	return QS_OK;
}

/* As widen(), for channels that stand side by side, which have a run of one value each. */
static enum qs_status widen_rows(
    struct qs_passage *passage, size_t at, const float *values, size_t n)
{
	const size_t channels = passage->layout.channels;
	size_t channel = at % channels;
	float least, most;

	passage->calibration.kernels->range(values, n, &least, &most);
	if (!isfinite(least) || !isfinite(most)) {
		passage->parts[0].not_finite = true;
		return QS_INVALID;
	}
	for (size_t i = 0; i < n; i++) {
		struct qs_extent *extent = &passage->parts[channel].extent;

		extent->least = values[i] < extent->least ? values[i] : extent->least;
		extent->most = values[i] > extent->most ? values[i] : extent->most;
		extent->n++;
		channel = channel + 1 == channels ? 0 : channel + 1;
	}
	return QS_OK;
}

/* Afterwards the first part has the ends of a channel that is in several. */
static enum qs_status find_ends(struct qs_passage *passage)
{
	struct qs_part *parts = passage->parts;
	enum qs_status status;

	for (size_t i = 0; i < passage->n_parts; i++)
		parts[i].extent = (struct qs_extent){INFINITY, -INFINITY, 0};
	if (passage->layout.inner == 1 && passage->layout.channels > 1)
		status = qs_passage_pieces(passage, widen_rows);
	else
		status = qs_passage_parts(passage, widen);
	for (size_t i = passage->layout.channels; i < passage->n_parts; i++) {
		parts[0].extent.least = fminf(parts[0].extent.least, parts[i].extent.least);
		parts[0].extent.most = fmaxf(parts[0].extent.most, parts[i].extent.most);
		parts[0].extent.n += parts[i].extent.n;
	}
	return status;
}

static bool is_finite(const struct qs_passage *passage)
{
	size_t i = 0;

	while (i < passage->n_parts && !passage->parts[i].not_finite)
		i++;
	return i == passage->n_parts;
}

/* What a batch holds that is not finite. */
struct blemish {
	struct qs_passage passage; /* first, so that uses of pieces get to the rest */
	struct qs_census census;
	size_t first;
};

static enum qs_status count_blemishes(
    struct qs_passage *passage, size_t at, const float *values, size_t n)
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
static enum qs_status refuse_values(const struct qs_passage *passage)
{
	const struct qs_subject *subject = &passage->calibration.subject;
	const struct qs_batch *batch = passage->batch;
	struct blemish blemish = {.passage = *passage};
	enum qs_status status = qs_passage_pieces(&blemish.passage, count_blemishes);
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
static enum qs_status settle_range(struct qs_passage *passage)
{
	const struct qs_spec *spec = &passage->calibration.spec;
	const struct qs_subject *subject = &passage->calibration.subject;
	struct qs_finding *finding;
	float least = 0.0F;

	for (size_t c = 0; c < passage->layout.channels; c++)
		least = fminf(least, passage->parts[c].extent.least);
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

static enum qs_status show(
    const struct qs_passage *passage, struct qs_part *part, const float *values, size_t n)
{
	return part->state ? passage->observer->calibrator->observe(part->state, values, n) : QS_OK;
}

static enum qs_status begin_parts(struct qs_passage *passage, bool *ret_wanted)
{
	const size_t channels = passage->layout.channels;
	enum qs_status status = QS_OK;

	*ret_wanted = false;
	for (size_t i = 0; i < passage->n_parts && status == QS_OK; i++) {
		struct qs_part *part = &passage->parts[i];

		status = passage->observer->calibrator->begin(&passage->calibration,
		    &passage->parts[i < channels ? i : 0].extent, &part->state);
		*ret_wanted |= part->state != NULL;
	}
	return status;
}

/* The parts of one channel become the first of them, in their order. */
static enum qs_status merge_parts(struct qs_passage *passage)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;
	enum qs_status status = QS_OK;

	for (size_t i = passage->layout.channels; i < passage->n_parts && status == QS_OK; i++)
		status = calibrator->merge(passage->parts[0].state, passage->parts[i].state);
	return status;
}

static enum qs_status show_values(struct qs_passage *passage)
{
	enum qs_status status = QS_OK;
	bool wanted = false;

	if (passage->observer->calibrator->begin)
		status = begin_parts(passage, &wanted);
	if (status == QS_OK && wanted)
		status = qs_passage_parts(passage, show);
	return status == QS_OK && wanted ? merge_parts(passage) : status;
}

static enum qs_status decide(struct qs_passage *passage, struct qs_cell *cells)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;
	const struct qs_subject *subject = &passage->calibration.subject;
	enum qs_status status = QS_OK;

	for (size_t c = 0; c < passage->layout.channels && status == QS_OK; c++) {
		const struct qs_extent *extent = &passage->parts[c].extent;
		struct qs_verdict verdict = {0.0, 0, 0.0};

		status = calibrator->decide(
		    &passage->calibration, extent, passage->parts[c].state, &verdict);
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

static enum qs_status measure(struct qs_passage *passage, struct qs_cell *cells)
{
	enum qs_status status = find_ends(passage);

	if (status != QS_OK)
		return is_finite(passage) ? status : refuse_values(passage);
	status = settle_range(passage);
	if (status == QS_OK)
		status = show_values(passage);
	return status == QS_OK ? decide(passage, cells) : status;
}

/* Cells for the verdicts of a batch; nothing is kept when it fails. */
static enum qs_status measure_batch(struct qs_passage *passage, struct qs_cell *cells)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;
	enum qs_status status;

	passage->parts = calloc(passage->n_parts, sizeof(*passage->parts));
	if (!passage->parts)
		return QS_NOMEM;
	status = measure(passage, cells);
	for (size_t i = 0; i < passage->n_parts; i++) {
		if (passage->parts[i].state)
			calibrator->end(passage->parts[i].state);
	}
	free(passage->parts);
	return status;
}

/* A tensor with one channel is one run, whatever its shape. */
static struct qs_layout simplify(struct qs_layout layout)
{
	return layout.channels == 1 ? (struct qs_layout){1, 1, qs_layout_count(layout)} : layout;
}

static enum qs_status feed(
    struct qs_observer *observer, uint64_t number, const struct qs_batch *batch, const float *all)
{
	struct qs_passage passage = {.observer = observer,
	    .batch = batch,
	    .all = all,
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
	passage.n_parts = qs_passage_count_parts(&passage);
	alone.cells = calloc(channels, sizeof(*alone.cells));
	if (alone.cells)
		status = measure_batch(&passage, alone.cells);
	row.fell_back = passage.fell_back;
	if (status == QS_OK)
		status = qs_observer_adopt(observer, &alone, observer->calibration.subject.place);
	free(alone.cells);
	return status;
}

enum qs_status qs_observer_feed_batch(
    struct qs_observer *observer, uint64_t number, const struct qs_batch *batch)
{
	return feed(observer, number, batch, NULL);
}

/* ---- data that is all there ------------------------------------------------------------------ */

enum qs_status qs_observer_feed_numbered(
    struct qs_observer *observer, uint64_t number, struct qs_layout layout, const float *data)
{
	const struct qs_batch batch = {.layout = layout};

	return feed(observer, number, &batch, data);
}

enum qs_status qs_observer_feed(
    struct qs_observer *observer, struct qs_layout layout, const float *data)
{
	const struct qs_record *record = &observer->record;
	const uint64_t number = record->n_rows ? record->rows[record->n_rows - 1].number + 1 : 0;

	return qs_observer_feed_numbered(observer, number, layout, data);
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
