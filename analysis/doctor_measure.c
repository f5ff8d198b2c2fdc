/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the model over the data: in float32 for what tensors hold, then in float32 and quantized,
 * batch by batch, for how far the two are apart.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/doctor.h"
#include "analysis/doctor_measure.h"
#include "numbers/array.h"
#include "engine/calibrate.h"
#include "engine/feed.h"
#include "engine/runner.h"
#include "model/ort.h"
#include "qstrata/numbers.h"

/* A gigabyte is what a batch of a large network takes, and what machines have to spare. */
#define DEFAULT_MEMORY ((size_t)1 << 30)

/* Channels are looked at one by one when there are at most so many. */
#define CHANNEL_LIMIT 4096

/* The float32 values of a tensor in a batch. */
struct kept {
	float *values; /* NULL: none are kept */
	size_t n;
};

struct measuring {
	struct qs_doctor *doctor;
	struct qs_feed feed;
	struct qs_runtime *runtime;
	struct qs_runner *in_float, *quantized;
	bool *is_asked;
	struct kept *kept; /* by tensor */
	bool *has_no_room; /* by tensor */
	size_t room;
};

static struct qs_doctor_tensor *tensor_of(const struct measuring *measuring, size_t value)
{
	return &measuring->doctor->tensors[measuring->doctor->of_value[value]];
}

static enum qs_status skip_site(void *context, size_t site, const float *in, size_t n, float *out)
{
	(void)context;
	(void)site;
	if (out && n)
		memcpy(out, in, n * sizeof(*out));
	return QS_OK;
}

/* ---- what tensors hold ----------------------------------------------------------------------- */

static bool is_binary(const float *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!(values[i] >= 0 && values[i] <= 1) || (values[i] > 0 && values[i] < 1))
			return false;
	}
	return true;
}

/* Room for the channels that the first batch has; later batches are to have as many. */
static bool open_channels(
    struct qs_doctor *doctor, struct qs_doctor_channels *channels, size_t n, enum qs_status *status)
{
	if (channels->n || !n || n > CHANNEL_LIMIT)
		return channels->n == n;
	channels->least = qs_arena_array(&doctor->arena, n, sizeof(*channels->least));
	channels->most = qs_arena_array(&doctor->arena, n, sizeof(*channels->most));
	channels->is_mask = qs_arena_array(&doctor->arena, n, sizeof(*channels->is_mask));
	if (!channels->least || !channels->most || !channels->is_mask) {
		*status = QS_NOMEM;
		return false;
	}
	channels->n = n;
	for (size_t c = 0; c < n; c++) {
		channels->least[c] = INFINITY;
		channels->most[c] = -INFINITY;
		channels->is_mask[c] = true;
	}
	return true;
}

static void add_run(struct qs_doctor_channels *channels, size_t c, const float *values, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		channels->least[c] = fminf(channels->least[c], values[i]);
		channels->most[c] = fmaxf(channels->most[c], values[i]);
	}
	channels->is_mask[c] = channels->is_mask[c] && is_binary(values, n);
}

static enum qs_status look_at_channels(struct qs_doctor *doctor,
    struct qs_doctor_channels *channels, const struct qs_blob *blob, const float *values)
{
	enum qs_status status = QS_OK;
	struct qs_layout layout;

	if (channels->axis >= (int)blob->n_dims ||
	    !qs_layout_of(blob->dims, blob->n_dims, channels->axis, &layout) ||
	    !open_channels(doctor, channels, layout.channels, &status))
		return status;
	for (size_t o = 0; o < layout.outer; o++) {
		for (size_t c = 0; c < layout.channels; c++)
			add_run(channels, c, values + (o * layout.channels + c) * layout.inner,
			    layout.inner);
	}
	return QS_OK;
}

static enum qs_status look(void *context, size_t value, const struct qs_blob *blob)
{
	struct measuring *measuring = context;
	struct qs_doctor *doctor = measuring->doctor;
	struct qs_doctor_tensor *tensor = tensor_of(measuring, value);
	enum qs_status status = QS_OK;
	size_t n;
	float *values;

	tensor->is_boolean = blob->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
	if (blob->element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return QS_OK;
	values = qs_blob_floats(blob, &n);
	if (!values)
		return QS_NOMEM;
	qs_moments_add(&tensor->moments, values, n);
	tensor->is_binary = tensor->is_binary && is_binary(values, n);
	for (size_t i = tensor->channels; i != QS_NONE && status == QS_OK;
	     i = doctor->channels[i].next)
		status = look_at_channels(doctor, &doctor->channels[i], blob, values);
	free(values);
	return status;
}

/* ---- both models ----------------------------------------------------------------------------- */

static void count_bins(struct qs_doctor_tensor *tensor, const float *values, size_t n)
{
	const double least = (double)tensor->moments.least;
	const double width = (double)tensor->moments.most - least;

	tensor->has_counts = true;
	for (size_t i = 0; i < n; i++) {
		const double at = width > 0 ? ((double)values[i] - least) / width : 0;
		const size_t bin = at > 0 ? (size_t)(at * QS_DOCTOR_BINS) : 0;

		tensor->counts[bin < QS_DOCTOR_BINS ? bin : QS_DOCTOR_BINS - 1]++;
	}
}

/* Keeps the values of a tensor for the quantized run, as long as there is room. */
static void keep(struct measuring *measuring, size_t index, float *values, size_t n)
{
	struct kept *kept = &measuring->kept[index];

	if (n > measuring->room / sizeof(*values)) {
		measuring->has_no_room[index] = true;
		free(values);
		return;
	}
	measuring->room -= n * sizeof(*values);
	*kept = (struct kept){values, n};
}

static enum qs_status look_in_float(void *context, size_t value, const struct qs_blob *blob)
{
	struct measuring *measuring = context;
	struct qs_doctor *doctor = measuring->doctor;
	struct qs_doctor_tensor *tensor = tensor_of(measuring, value);
	enum qs_status status = QS_OK;
	size_t n;
	float *values;

	if (blob->element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT && !tensor->is_boolean)
		return QS_OK;
	values = qs_blob_floats(blob, &n);
	if (!values)
		return QS_NOMEM;
	if (!tensor->is_boolean)
		count_bins(tensor, values, n);
	for (size_t i = tensor->gates; i != QS_NONE && status == QS_OK; i = doctor->gates[i].next)
		status = qs_doctor_measure_gate(doctor, &doctor->gates[i], blob, values, n);
	keep(measuring, doctor->of_value[value], values, n);
	return status;
}

static size_t row_of(const struct qs_blob *blob)
{
	return blob->n_dims && blob->dims[blob->n_dims - 1] > 0
	           ? (size_t)blob->dims[blob->n_dims - 1]
	           : 0;
}

static void count_different(
    struct qs_doctor_tensor *tensor, const float *expected, const float *found, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		tensor->n_different += expected[i] < found[i] || expected[i] > found[i];
		tensor->n_held += expected[i] > 0;
		tensor->n_held_quantized += found[i] > 0;
	}
}

/* What has no format of its own is compared as it comes; the others when they have it. */
static enum qs_status look_quantized(void *context, size_t value, const struct qs_blob *blob)
{
	struct measuring *measuring = context;
	struct qs_doctor_tensor *tensor = tensor_of(measuring, value);
	const struct kept *kept = &measuring->kept[measuring->doctor->of_value[value]];
	size_t n;
	float *values;

	if (tensor->site != QS_NONE || !kept->values)
		return QS_OK;
	values = qs_blob_floats(blob, &n);
	if (!values)
		return QS_NOMEM;
	if (n == kept->n && tensor->is_boolean)
		count_different(tensor, kept->values, values, n);
	else if (n == kept->n)
		qs_agreement_add(&tensor->error, kept->values, values, n, row_of(blob));
	tensor->is_compared |= n == kept->n;
	free(values);
	return QS_OK;
}

/* What a tensor becomes in a format. */
static enum qs_status quantize(const struct measuring *measuring, const struct qs_site *site,
    struct qs_layout layout, const float *in, float *out, struct qs_counts *ret_counts)
{
	const struct qs_doctor *doctor = measuring->doctor;
	const struct qs_subject subject = {
	    site->name, qs_model_place(doctor->graph->model, doctor->findings), doctor->findings};
	struct qs_quantization how;
	const enum qs_status status = qs_quantizer_bind(doctor->job->registry, &site->spec,
	    qs_site_has_scales(site) ? &site->qparams : NULL, &subject, &how);

	return status == QS_OK ? qs_quantizer_fake(&how, layout, in, out, ret_counts) : status;
}

static void count_rounding(struct qs_doctor_tensor *tensor, const float *in, const float *out,
    size_t n, const struct qs_counts *counts)
{
	qs_agreement_add(&tensor->rounding, in, out, n, 0);
	qs_moments_add(&tensor->reached, in, n);
	tensor->cut.total += counts->total;
	tensor->cut.saturated += counts->saturated;
	for (size_t i = 0; i < n; i++) {
		const bool is_some = in[i] < 0 || in[i] > 0;

		tensor->n_some += is_some;
		tensor->n_lost += is_some && !(out[i] < 0 || out[i] > 0);
	}
}

static enum qs_status visit(void *context, size_t index, const float *in, size_t n, float *out)
{
	struct measuring *measuring = context;
	struct qs_doctor *doctor = measuring->doctor;
	const struct qs_site *site = &doctor->plan->sites[index];
	const size_t at = doctor->of_value[site->value];
	struct qs_doctor_tensor *tensor = at == QS_NONE ? NULL : &doctor->tensors[at];
	struct qs_counts counts;
	enum qs_status status;

	if (!out || !n)
		return QS_OK;
	status = quantize(measuring, site, (struct qs_layout){1, 1, n}, in, out, &counts);
	/* Further formats of a tensor are for some readers; the row is about that of all. */
	if (status != QS_OK || !tensor || tensor->site != index)
		return status;
	count_rounding(tensor, in, out, n, &counts);
	if (measuring->kept[at].values && measuring->kept[at].n == n) {
		qs_agreement_add(&tensor->error, measuring->kept[at].values, out, n, 0);
		tensor->is_compared = true;
	}
	return QS_OK;
}

/* ---- constants ------------------------------------------------------------------------------- */

static enum qs_status read_constant(const struct qs_doctor *doctor,
    const struct qs_doctor_tensor *tensor, float **ret_values, size_t *ret_n)
{
	const struct qs_value *value = &doctor->graph->values[tensor->value];

	return qs_tensor_read(
	    doctor->graph->model, value->constant, doctor->findings, ret_values, ret_n);
}

static enum qs_status look_at_constant(struct measuring *measuring, struct qs_doctor_tensor *tensor)
{
	size_t n;
	float *values;
	const enum qs_status status = read_constant(measuring->doctor, tensor, &values, &n);

	if (status != QS_OK)
		return status;
	qs_moments_add(&tensor->moments, values, n);
	free(values);
	return QS_OK;
}

static enum qs_status quantize_constant(
    struct measuring *measuring, struct qs_doctor_tensor *tensor)
{
	const struct qs_doctor *doctor = measuring->doctor;
	const struct qs_site *site = qs_doctor_site(doctor, tensor);
	const Onnx__TensorProto *constant = doctor->graph->values[tensor->value].constant;
	struct qs_counts counts;
	struct qs_layout layout;
	enum qs_status status;
	float *values, *out;
	size_t n;

	status = read_constant(doctor, tensor, &values, &n);
	if (status != QS_OK)
		return status;
	out = malloc(n * sizeof(*out) + 1);
	if (!out)
		status = QS_NOMEM;
	else if (!qs_layout_of(constant->dims, constant->n_dims, site->axis, &layout))
		status = QS_BUG;
	else
		status = quantize(measuring, site, layout, values, out, &counts);
	if (status == QS_OK && n) {
		count_bins(tensor, values, n);
		count_rounding(tensor, values, out, n, &counts);
		qs_agreement_add(&tensor->error, values, out, n, 0);
		tensor->is_compared = true;
	}
	free(values);
	free(out);
	return status;
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void measuring_done(struct measuring *measuring)
{
	qs_runner_free(measuring->in_float);
	qs_runner_free(measuring->quantized);
	qs_runtime_close(measuring->runtime);
	qs_feed_done(&measuring->feed);
	free(measuring->is_asked);
	free(measuring->kept);
	free(measuring->has_no_room);
}

static enum qs_status open_runner(
    struct measuring *measuring, bool cuts, qs_runner_show *show, struct qs_runner **ret_runner)
{
	const struct qs_doctor *doctor = measuring->doctor;
	const struct qs_runner_options options = {
	    .cuts = cuts, .is_asked = measuring->is_asked, .show = show};

	return qs_runner_new(doctor->plan, doctor->job->registry, measuring->runtime, &options,
	    doctor->findings, ret_runner);
}

static enum qs_status measuring_init(struct measuring *measuring, struct qs_doctor *doctor)
{
	const struct qs_calibrate_options *run = &doctor->run;
	enum qs_status status;

	*measuring = (struct measuring){.doctor = doctor};
	measuring->is_asked = calloc(doctor->graph->n_values + 1, sizeof(bool));
	measuring->kept = calloc(doctor->n_tensors + 1, sizeof(*measuring->kept));
	measuring->has_no_room = calloc(doctor->n_tensors + 1, sizeof(bool));
	if (!measuring->is_asked || !measuring->kept || !measuring->has_no_room)
		return QS_NOMEM;
	for (size_t i = 0; i < doctor->n_flowing; i++)
		measuring->is_asked[doctor->tensors[i].value] = true;
	/* What is wrong with the data is cheaper to find than a session is to open. */
	status =
	    qs_feed_open(doctor->graph, run->data, run->images, doctor->findings, &measuring->feed);
	return status == QS_OK
	           ? qs_ort_open(run->onnxruntime, doctor->findings, &measuring->runtime)
	           : status;
}

static enum qs_status tell_progress(const struct measuring *measuring, size_t n_done)
{
	const struct qs_calibrate_options *run = &measuring->doctor->run;

	return run->progress(run->context, n_done, measuring->feed.dataset.n_batches) ? QS_OK
	                                                                              : QS_INVALID;
}

static enum qs_status run_float_batch(struct measuring *measuring, size_t batch)
{
	struct qs_findings *findings = measuring->doctor->findings;
	enum qs_status status = qs_feed_read(&measuring->feed, batch, findings);

	if (status == QS_OK)
		status = qs_runner_run(measuring->in_float, measuring->feed.blobs,
		    measuring->feed.n_inputs, skip_site, measuring, findings);
	return status == QS_OK ? tell_progress(measuring, batch + 1) : status;
}

enum qs_status qs_doctor_measure_float(struct qs_doctor *doctor)
{
	struct measuring measuring;
	enum qs_status status = measuring_init(&measuring, doctor);

	for (size_t i = 0; i < doctor->n_tensors; i++)
		doctor->tensors[i].is_binary = true;
	if (status == QS_OK)
		status = open_runner(&measuring, false, look, &measuring.in_float);
	for (size_t i = 0; i < measuring.feed.dataset.n_batches && status == QS_OK; i++)
		status = run_float_batch(&measuring, i);
	for (size_t i = doctor->n_flowing; i < doctor->n_tensors && status == QS_OK; i++)
		status = look_at_constant(&measuring, &doctor->tensors[i]);
	doctor->n_batches = measuring.feed.dataset.n_batches;
	doctor->is_finite = true;
	for (size_t i = 0; i < doctor->n_tensors; i++) {
		const struct qs_moments *moments = &doctor->tensors[i].moments;

		doctor->is_finite &= moments->nan == 0 && moments->infinite == 0;
	}
	measuring_done(&measuring);
	return status;
}

/* Both models over a batch: what the first one gives is kept for the second. */
static enum qs_status run_both(struct measuring *measuring, size_t batch)
{
	struct qs_doctor *doctor = measuring->doctor;
	enum qs_status status;

	measuring->room = doctor->options->memory ? doctor->options->memory : DEFAULT_MEMORY;
	status = run_float_batch(measuring, batch);
	if (status == QS_OK)
		status = qs_runner_run(measuring->quantized, measuring->feed.blobs,
		    measuring->feed.n_inputs, visit, measuring, doctor->findings);
	for (size_t i = 0; i < doctor->n_tensors; i++) {
		free(measuring->kept[i].values);
		measuring->kept[i] = (struct kept){NULL, 0};
	}
	return status;
}

enum qs_status qs_doctor_measure_both(struct qs_doctor *doctor)
{
	struct measuring measuring;
	enum qs_status status = measuring_init(&measuring, doctor);

	if (status == QS_OK)
		status = open_runner(&measuring, false, look_in_float, &measuring.in_float);
	if (status == QS_OK)
		status = open_runner(&measuring, true, look_quantized, &measuring.quantized);
	for (size_t i = 0; i < measuring.feed.dataset.n_batches && status == QS_OK; i++)
		status = run_both(&measuring, i);
	for (size_t i = doctor->n_flowing; i < doctor->n_tensors && status == QS_OK; i++)
		status = quantize_constant(&measuring, &doctor->tensors[i]);
	for (size_t i = 0; i < doctor->n_flowing && status == QS_OK; i++)
		doctor->n_uncompared += measuring.has_no_room[i];
	measuring_done(&measuring);
	return status;
}
