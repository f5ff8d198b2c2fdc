/* SPDX-License-Identifier: Apache-2.0 */
/* One tensor on its own: resolve, calibrate or take scales, quantize. */
#include <stdlib.h>

#include "base/finding.h"
#include "base/json_document.h"
#include "engine/npy.h"
#include "engine/observer.h"
#include "engine/qparams.h"
#include "engine/quantizer.h"
#include "engine/registry.h"
#include "qstrata/engine.h"

/* A probe under way. */
struct run {
	const struct qs_probe *probe;
	struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_spec spec;
	struct qs_qparams qparams; /* n is 0 while there are none */
	struct qs_observer *observer;
	size_t n_channels; /* of the observed arrays */
};

/* An array of a file as it is used: float32, and seen along the axis of the channels. */
struct operand {
	struct qs_array array;
	struct qs_layout layout;
	struct qs_subject subject;
};

static void operand_done(struct operand *operand)
{
	qs_array_done(&operand->array);
}

/* Replaces the values by float32 ones. */
static enum qs_status make_float(struct qs_array *array)
{
	enum qs_status status;
	float *values;

	if (array->element == QS_ELEMENT_FLOAT32)
		return QS_OK;
	status = qs_array_floats(array, &values);
	if (status != QS_OK)
		return status;
	free(array->data);
	array->data = values;
	array->element = QS_ELEMENT_FLOAT32;
	return QS_OK;
}

/* The place of the channels only matters when there is one scale for each. */
static enum qs_status find_channels(const struct run *run, struct operand *operand)
{
	const struct qs_array *array = &operand->array;
	const int axis = run->spec.per_channel ? run->probe->axis : -1;

	if (qs_layout_of(array->dims, array->rank, axis, &operand->layout))
		return QS_OK;
	qs_finding_add(run->findings, QS_FINDING_NO_SUCH_AXIS, operand->subject.place,
	    "%s has %zu dimensions, and the channels are to be along axis %d",
	    operand->subject.name, array->rank, axis);
	return QS_INVALID;
}

/* `operand_done` is due however it ends. */
static enum qs_status read_operand(
    const struct run *run, const char *path, struct operand *ret_operand)
{
	enum qs_status status;

	*ret_operand = (struct operand){
	    .subject = {"the array", qs_place_of(qs_findings_name_source(run->findings, path)),
		run->findings}};
	status = qs_npy_read(path, run->findings, &ret_operand->array);
	if (status == QS_OK)
		status = make_float(&ret_operand->array);
	if (status == QS_OK)
		status = find_channels(run, ret_operand);
	return status;
}

/* ---- scales
 * --------------------------------------------------------------------------------------- */

static enum qs_status start_observer(struct run *run, size_t n_channels)
{
	/* Its messages are about all arrays, not about the first one. */
	const struct qs_observation observation = {n_channels, run->probe->is_graph_input,
	    QS_SCALE_LAW_QMAX, {qs_tensor_word(run->probe->tensor), {NULL, 0, 0}, run->findings}};

	run->n_channels = n_channels;
	return qs_observer_new(run->registry, &run->spec, &observation, &run->observer);
}

static enum qs_status check_channels(
    const struct run *run, const struct operand *operand, size_t expected, const char *whose)
{
	if (operand->layout.channels == expected)
		return QS_OK;
	qs_finding_add(run->findings, QS_FINDING_CHANNEL_COUNT, operand->subject.place,
	    "%s has %zu channels along axis %d, and %s %zu", operand->subject.name,
	    operand->layout.channels, run->probe->axis, whose, expected);
	return QS_INVALID;
}

static enum qs_status observe_file(struct run *run, const char *path)
{
	struct operand operand;
	enum qs_status status = read_operand(run, path, &operand);

	if (status == QS_OK && !run->observer)
		status = start_observer(run, operand.layout.channels);
	if (status == QS_OK)
		status = check_channels(run, &operand, run->n_channels, "the first array has");
	if (status == QS_OK)
		status = qs_observer_feed(run->observer, operand.layout, operand.array.data);
	operand_done(&operand);
	return status;
}

static enum qs_status observe(struct run *run)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < run->probe->n_observed && status == QS_OK; i++)
		status = observe_file(run, run->probe->observed[i]);
	if (status == QS_OK && run->observer)
		status = qs_observer_result(run->observer, &run->qparams);
	return status;
}

static bool has_negative(const struct operand *operand)
{
	const float *values = operand->array.data;

	for (size_t i = 0; i < operand->array.n_values; i++) {
		if (values[i] < 0.0F)
			return true;
	}
	return false;
}

/*
 * The integers of scales that nothing was observed for. Unsigned channels become signed ones where
 * the data is negative, as calibration does it; here only the quantized array can tell.
 */
static struct qs_int_range range_of(const struct run *run, const struct operand *operand)
{
	struct qs_spec spec = run->spec;

	if (spec.symmetry && spec.per_channel && !spec.is_signed && operand &&
	    has_negative(operand))
		spec.is_signed = true;
	return qs_spec_int_range(&spec);
}

static enum qs_status refuse_scales(
    const struct run *run, const char *what, size_t found, size_t expected)
{
	qs_finding_add(run->findings, QS_FINDING_SCALE_COUNT, (struct qs_place){NULL, 0, 0},
	    "expected %zu %s%s, found %zu", expected, what, expected == 1 ? "" : "s", found);
	return QS_INVALID;
}

/* Puts the given scales into place of those that were observed, if any. */
static enum qs_status take_scales(struct run *run, const struct operand *operand)
{
	const struct qs_probe *probe = run->probe;
	const size_t n_known = run->spec.per_channel ? run->qparams.n : 1;
	const size_t n = n_known ? n_known : probe->n_scales;
	enum qs_status status;

	if (probe->n_scales != n)
		return refuse_scales(run, "scale", probe->n_scales, n);
	if (probe->n_zero_points && probe->n_zero_points != 1 && probe->n_zero_points != n)
		return refuse_scales(run, "zero point", probe->n_zero_points, n);
	if (!run->qparams.n) {
		const struct qs_int_range range = range_of(run, operand);

		status = qs_qparams_init(&run->qparams, n);
		if (status != QS_OK)
			return status;
		run->qparams.quant_min = range.min;
		run->qparams.quant_max = range.max;
	}
	for (size_t c = 0; c < n; c++) {
		run->qparams.scale[c] = probe->scales[c];
		run->qparams.zero_point[c] =
		    probe->n_zero_points ? probe->zero_points[probe->n_zero_points == 1 ? 0 : c]
					 : 0;
	}
	return QS_OK;
}

static enum qs_status find_scales(struct run *run, const struct operand *operand)
{
	enum qs_status status;

	if (!qs_observer_needed(run->registry, &run->spec)) {
		if (!run->probe->n_scales)
			return QS_OK;
		qs_finding_add(run->findings, QS_FINDING_SCALE_COUNT, (struct qs_place){NULL, 0, 0},
		    "tensors of datatype \"%s\" have no scales",
		    qs_datatype_word((enum qs_datatype)run->spec.datatype));
		return QS_INVALID;
	}
	status = observe(run);
	if (status == QS_OK && run->probe->n_scales)
		return take_scales(run, operand);
	if (status == QS_OK && !run->qparams.n) {
		qs_finding_add(run->findings, QS_FINDING_NO_DATA, (struct qs_place){NULL, 0, 0},
		    "there are no arrays to observe, and no scale is given");
		return QS_INVALID;
	}
	return status;
}

/* ---- the quantized array
 * ---------------------------------------------------------------------------- */

/* Infinities are what the narrow floats have for large values; integers have no place for NaN. */
static enum qs_status judge_counts(const struct run *run, const struct operand *operand,
    const struct qs_quantization *how, const struct qs_counts *counts)
{
	if (counts->nan) {
		qs_finding_add(run->findings, QS_FINDING_NOT_FINITE, operand->subject.place,
		    "%s: %llu of %llu values are NaN", operand->subject.name,
		    (unsigned long long)counts->nan, (unsigned long long)counts->total);
		return QS_INVALID;
	}
	if (!how->quantizer->needs_qparams && counts->saturated)
		qs_finding_add(run->findings, QS_FINDING_OVERFLOW, operand->subject.place,
		    "%s: %llu of %llu values are too large for %s and become infinite",
		    operand->subject.name, (unsigned long long)counts->saturated,
		    (unsigned long long)counts->total, how->quantizer->plugin.name);
	return QS_OK;
}

static enum qs_status quantize(const struct run *run, struct operand *operand)
{
	struct qs_array out = operand->array;
	struct qs_quantization how;
	struct qs_counts counts;
	enum qs_status status;

	if (run->qparams.n && run->spec.per_channel) {
		status = check_channels(run, operand, run->qparams.n, "the scales are");
		if (status != QS_OK)
			return status;
	}
	out.data = malloc(out.n_values ? out.n_values * sizeof(float) : 1);
	status = out.data ? qs_quantizer_bind(
				run->registry, &run->spec, &run->qparams, &operand->subject, &how)
	                  : QS_NOMEM;
	if (status == QS_OK)
		status = qs_quantizer_fake(
		    &how, operand->layout, operand->array.data, out.data, &counts);
	if (status == QS_OK)
		status = judge_counts(run, operand, &how, &counts);
	if (status == QS_OK)
		status = qs_npy_write(run->probe->output, &out, run->findings);
	free(out.data);
	return status;
}

/* ---- the answer
 * ------------------------------------------------------------------------------------- */

static struct json_object *scales_json(const struct run *run, const double *scales)
{
	struct json_object *list;

	if (!run->spec.per_channel)
		return qs_json_number(scales[0]);
	list = json_object_new_array();
	for (size_t c = 0; list && c < run->qparams.n; c++)
		json_object_array_add(list, qs_json_number(scales[c]));
	return list;
}

static struct json_object *zero_points_json(const struct run *run)
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

/* One a batch, whatever the statistic made of them. */
static struct json_object *batch_scales_json(const struct run *run)
{
	struct json_object *list = json_object_new_array();
	const double *scales = NULL;
	size_t n_batches = 0;

	if (run->observer)
		scales = qs_observer_batch_scales(run->observer, &n_batches);
	for (size_t b = 0; list && scales && b < n_batches; b++)
		json_object_array_add(list, scales_json(run, scales + b * run->n_channels));
	return list;
}

/* A format without scales shows its datatype alone, as `resolve` does. */
static enum qs_status write_answer(const struct run *run, struct qs_text *text)
{
	struct json_object *answer = json_object_new_object();

	if (!run->qparams.n) {
		qs_json_put(answer, "datatype",
		    qs_json_text(qs_datatype_word((enum qs_datatype)run->spec.datatype)));
		return qs_json_write(answer, text);
	}
	qs_json_put(answer, "scale", scales_json(run, run->qparams.scale));
	qs_json_put(answer, "zero_point", zero_points_json(run));
	qs_json_put(answer, "quant_min", json_object_new_int64(run->qparams.quant_min));
	qs_json_put(answer, "quant_max", json_object_new_int64(run->qparams.quant_max));
	qs_json_put(answer, "batch_scales", batch_scales_json(run));
	return qs_json_write(answer, text);
}

static enum qs_status work(struct run *run, struct qs_text *text)
{
	struct operand operand = {.layout = {0, 0, 0}};
	const char *quantized = run->probe->quantized;
	enum qs_status status = QS_OK;

	if (quantized)
		status = read_operand(run, quantized, &operand);
	if (status == QS_OK)
		status = find_scales(run, quantized ? &operand : NULL);
	if (status == QS_OK && quantized)
		status = quantize(run, &operand);
	if (status == QS_OK)
		status = write_answer(run, text);
	operand_done(&operand);
	return status;
}

enum qs_status qs_probe_run(const struct qs_policy *policy, const struct qs_probe *probe,
    struct qs_findings *findings, struct qs_text *text)
{
	struct run run = {.probe = probe, .registry = qs_registry_new(), .findings = findings};
	enum qs_status status = QS_NOMEM;

	if (run.registry)
		status = qs_registry_use_threads(run.registry, probe->n_threads);
	if (status == QS_OK) {
		if (probe->layer)
			status =
			    qs_policy_layer_spec(policy, probe->layer, probe->tensor, &run.spec);
		else
			run.spec = qs_policy_model_spec(policy, probe->tensor);
	}
	if (status == QS_OK)
		status = work(&run, text);
	qs_observer_free(run.observer);
	qs_qparams_done(&run.qparams);
	qs_registry_free(run.registry);
	return status;
}
