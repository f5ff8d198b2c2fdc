/* SPDX-License-Identifier: Apache-2.0 */
/* One tensor on its own: resolve, calibrate or take scales, quantize. */
#include "engine/probe.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/finding.h"
#include "base/json_document.h"
#include "numbers/calib.h"
#include "numbers/observer.h"
#include "numbers/registry.h"

/* A state of an observer is at most this large. */
#define STATE_LIMIT ((size_t)1 << 30)

enum qs_status qs_probe_layout(const struct qs_probe_run *run, const struct qs_npy_stream *stream,
    struct qs_layout *ret_layout)
{
	const int axis = run->spec.per_channel ? run->probe->axis : -1;

	if (qs_npy_stream_layout(stream, axis, ret_layout))
		return QS_OK;
	qs_finding_add(run->findings, QS_FINDING_NO_SUCH_AXIS, stream->subject.place,
	    "%s has %zu dimensions, and the channels are to be along axis %d", stream->subject.name,
	    stream->header.rank, axis);
	return QS_INVALID;
}

enum qs_status qs_probe_check_channels(const struct qs_probe_run *run,
    const struct qs_npy_stream *stream, size_t found, size_t expected, const char *whose)
{
	if (found == expected)
		return QS_OK;
	qs_finding_add(run->findings, QS_FINDING_CHANNEL_COUNT, stream->subject.place,
	    "%s has %zu channels along axis %d, and %s %zu", stream->subject.name, found,
	    run->probe->axis, whose, expected);
	return QS_INVALID;
}

/* ---- scales ---------------------------------------------------------------------------------- */

/* What messages about all arrays together are about. */
static struct qs_subject whole_subject(const struct qs_probe_run *run)
{
	return (struct qs_subject){qs_tensor_word(run->probe->tensor), {NULL, 0, 0}, run->findings};
}

static enum qs_status start_observer(struct qs_probe_run *run, size_t n_channels)
{
	const struct qs_observation observation = {.channels = n_channels,
	    .is_graph_input = run->probe->is_graph_input,
	    .scale_law = run->probe->scale_law,
	    .subject = whole_subject(run),
	    .averaging = run->probe->averaging};

	run->n_channels = n_channels;
	return qs_observer_new(run->registry, &run->spec, &observation, &run->observer);
}

/* Messages about one array are about its file. */
static enum qs_status feed(
    struct qs_probe_run *run, struct qs_npy_stream *stream, struct qs_layout layout, size_t index)
{
	const struct qs_batch batch = {layout, qs_npy_stream_read, qs_npy_stream_locate, stream};
	enum qs_status status;

	run->observer->calibration.subject = stream->subject;
	status = qs_observer_feed_batch(run->observer, run->probe->first_batch + index, &batch);
	run->observer->calibration.subject = whole_subject(run);
	return status;
}

static enum qs_status observe_file(struct qs_probe_run *run, size_t index)
{
	struct qs_npy_stream stream;
	struct qs_layout layout;
	enum qs_status status =
	    qs_npy_stream_open(run->probe->observed[index], run->findings, &stream);

	if (status != QS_OK)
		return status;
	status = qs_probe_layout(run, &stream, &layout);
	if (status == QS_OK && !run->observer)
		status = start_observer(run, layout.channels);
	if (status == QS_OK)
		status = qs_probe_check_channels(
		    run, &stream, layout.channels, run->n_channels, "the first array has");
	if (status == QS_OK)
		status = feed(run, &stream, layout, index);
	qs_npy_stream_close(&stream);
	return status;
}

static enum qs_status merge_state(struct qs_probe_run *run, const char *path)
{
	struct qs_source *source;
	enum qs_status status = qs_source_read(path, path, STATE_LIMIT, run->findings, &source);

	if (status == QS_OK)
		status = qs_findings_keep_source(run->findings, source);
	if (status == QS_OK && !run->observer)
		status = start_observer(run, qs_observer_state_channels(source));
	return status == QS_OK ? qs_observer_read(run->observer, source) : status;
}

static enum qs_status save_state(const struct qs_probe_run *run)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_observer_write(run->observer, &text);

	if (status == QS_OK)
		status = qs_text_save(&text, run->probe->state_output, run->findings);
	qs_text_done(&text);
	return status;
}

static enum qs_status observe(struct qs_probe_run *run)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < run->probe->n_observed && status == QS_OK; i++)
		status = observe_file(run, i);
	for (size_t i = 0; i < run->probe->n_states && status == QS_OK; i++)
		status = merge_state(run, run->probe->states[i]);
	if (status == QS_OK && run->observer)
		status = qs_observer_result(run->observer, &run->qparams);
	if (status == QS_OK && run->observer && run->probe->state_output)
		status = save_state(run);
	return status;
}

/*
 * The integers of scales that nothing was observed for. Unsigned channels become signed ones where
 * the data is negative, as calibration does it; here only the quantized array can tell.
 */
static enum qs_status find_range(
    const struct qs_probe_run *run, struct qs_npy_stream *quantized, struct qs_int_range *ret_range)
{
	enum qs_status status = QS_OK;
	struct qs_spec spec = run->spec;
	bool has_negative = false;

	if (spec.symmetry && spec.per_channel && !spec.is_signed && quantized)
		status = qs_probe_has_negative(quantized, &has_negative);
	spec.is_signed |= has_negative;
	*ret_range = qs_spec_int_range(&spec);
	return status;
}

static enum qs_status refuse_scales(
    const struct qs_probe_run *run, const char *what, size_t found, size_t expected)
{
	qs_finding_add(run->findings, QS_FINDING_SCALE_COUNT, (struct qs_place){NULL, 0, 0},
	    "expected %zu %s%s, found %zu", expected, what, expected == 1 ? "" : "s", found);
	return QS_INVALID;
}

/* Room for given scales of a tensor that nothing was observed for. */
static enum qs_status make_room(struct qs_probe_run *run, struct qs_npy_stream *quantized, size_t n)
{
	struct qs_int_range range;
	enum qs_status status = find_range(run, quantized, &range);

	if (status == QS_OK)
		status = qs_qparams_init(&run->qparams, n);
	if (status != QS_OK)
		return status;
	run->qparams.quant_min = range.min;
	run->qparams.quant_max = range.max;
	return QS_OK;
}

/* Puts the given scales into place of those that were observed, if any. */
static enum qs_status take_scales(struct qs_probe_run *run, struct qs_npy_stream *quantized)
{
	const struct qs_probe *probe = run->probe;
	const size_t n_known = run->spec.per_channel ? run->qparams.n : 1;
	const size_t n = n_known ? n_known : probe->n_scales;
	enum qs_status status = QS_OK;

	if (probe->n_scales != n)
		return refuse_scales(run, "scale", probe->n_scales, n);
	if (probe->n_zero_points && probe->n_zero_points != 1 && probe->n_zero_points != n)
		return refuse_scales(run, "zero point", probe->n_zero_points, n);
	if (!run->qparams.n)
		status = make_room(run, quantized, n);
	for (size_t c = 0; c < n && status == QS_OK; c++) {
		run->qparams.scale[c] = qs_scale_usable(probe->scales[c]);
		run->qparams.zero_point[c] =
		    probe->n_zero_points ? probe->zero_points[probe->n_zero_points == 1 ? 0 : c]
					 : 0;
	}
	return status;
}

static enum qs_status find_scales(struct qs_probe_run *run, struct qs_npy_stream *quantized)
{
	enum qs_status status;

	if (!qs_observer_needed(run->registry, &run->spec)) {
		if (!run->probe->n_scales)
			return QS_OK;
		qs_finding_add(run->findings, QS_FINDING_SCALE_COUNT, (struct qs_place){NULL, 0, 0},
		    "tensors of datatype \"%s\" have no scales",
		    qs_registry_datatype(run->registry, &run->spec));
		return QS_INVALID;
	}
	status = observe(run);
	if (status == QS_OK && run->probe->n_scales)
		return take_scales(run, quantized);
	if (status == QS_OK && !run->qparams.n) {
		qs_finding_add(run->findings, QS_FINDING_NO_DATA, (struct qs_place){NULL, 0, 0},
		    "there are no arrays to observe, and no scale is given");
		return QS_INVALID;
	}
	return status;
}

/* ---- the answer ------------------------------------------------------------------------------ */

static struct json_object *scales_json(const struct qs_probe_run *run, const double *scales)
{
	struct json_object *list;

	if (!run->spec.per_channel)
		return qs_json_number(scales[0]);
	list = json_object_new_array();
	for (size_t c = 0; list && c < run->qparams.n; c++)
		json_object_array_add(list, qs_json_number(scales[c]));
	return list;
}

static struct json_object *zero_points_json(const struct qs_probe_run *run)
{
	const int64_t *zero_points = run->qparams.zero_point;
	struct json_object *list;

	if (!run->spec.per_channel)
		return json_object_new_int64(zero_points[0]);
	list = json_object_new_array();
	for (size_t c = 0; list && c < run->qparams.n; c++)
		json_object_array_add(list, json_object_new_int64(zero_points[c]));
	return list;
}

static struct json_object *batch_json(const struct qs_probe_run *run, size_t index)
{
	struct json_object *list;

	if (!run->spec.per_channel)
		return qs_json_number(qs_observer_batch_scale(run->observer, index, 0));
	list = json_object_new_array();
	for (size_t c = 0; list && c < run->n_channels; c++)
		json_object_array_add(
		    list, qs_json_number(qs_observer_batch_scale(run->observer, index, c)));
	return list;
}

/* One a batch, whatever the statistic made of them. */
static struct json_object *batch_scales_json(const struct qs_probe_run *run)
{
	const size_t n = run->observer ? qs_observer_n_batches(run->observer) : 0;
	struct json_object *list = json_object_new_array();

	for (size_t b = 0; list && b < n; b++)
		json_object_array_add(list, batch_json(run, b));
	return list;
}

/* A format without scales shows its datatype alone, as `resolve` does. */
static enum qs_status write_answer(const struct qs_probe_run *run, struct qs_text *text)
{
	struct json_object *answer = json_object_new_object();

	if (!run->qparams.n) {
		qs_json_put(answer, "datatype",
		    qs_json_text(qs_registry_datatype(run->registry, &run->spec)));
		return qs_json_write(answer, text);
	}
	qs_json_put(answer, "scale", scales_json(run, run->qparams.scale));
	qs_json_put(answer, "zero_point", zero_points_json(run));
	qs_json_put(answer, "quant_min", json_object_new_int64(run->qparams.quant_min));
	qs_json_put(answer, "quant_max", json_object_new_int64(run->qparams.quant_max));
	qs_json_put(answer, "batch_scales", batch_scales_json(run));
	return qs_json_write(answer, text);
}

/* Opened first, so that it is known to be there before long work. */
static enum qs_status open_quantized(
    const struct qs_probe_run *run, struct qs_npy_stream *ret_stream)
{
	struct qs_layout layout;
	enum qs_status status =
	    qs_npy_stream_open(run->probe->quantized, run->findings, ret_stream);

	return status == QS_OK ? qs_probe_layout(run, ret_stream, &layout) : status;
}

static enum qs_status work(struct qs_probe_run *run, struct qs_text *text)
{
	struct qs_npy_stream stream = {.fd = -1};
	struct qs_npy_stream *quantized = run->probe->quantized ? &stream : NULL;
	enum qs_status status = QS_OK;

	if (quantized)
		status = open_quantized(run, quantized);
	if (status == QS_OK)
		status = find_scales(run, quantized);
	if (status == QS_OK && quantized)
		status = qs_probe_quantize(run, quantized);
	if (status == QS_OK)
		status = write_answer(run, text);
	qs_npy_stream_close(&stream);
	return status;
}

enum qs_status qs_probe_run(const struct qs_policy *policy, const struct qs_probe *probe,
    struct qs_findings *findings, struct qs_text *text)
{
	struct qs_registry *builtin = probe->registry ? NULL : qs_registry_new();
	struct qs_probe_run run = {.probe = probe,
	    .registry = probe->registry ? probe->registry : builtin,
	    .findings = findings};
	enum qs_status status = run.registry ? QS_OK : QS_NOMEM;

	if (builtin)
		status = qs_registry_use_threads(builtin, probe->n_threads);
	if (status == QS_OK && probe->layer)
		status = qs_policy_layer_spec(policy, probe->layer, probe->tensor, &run.spec);
	else if (status == QS_OK)
		run.spec = qs_policy_model_spec(policy, probe->tensor);
	if (status == QS_OK)
		status = work(&run, text);
	qs_observer_free(run.observer);
	qs_qparams_done(&run.qparams);
	qs_registry_free(builtin);
	return status;
}
