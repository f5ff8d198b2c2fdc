/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the scales of a plan's sites. */
#include "engine/calibrate.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/array.h"
#include "engine/dataset.h"
#include "engine/observer.h"
#include "engine/onnx_form.h"
#include "qstrata/numbers.h"
#include "engine/registry.h"
#include "model/ort.h"

bool qs_site_has_scales(const struct qs_site *site)
{
	return site->spec.datatype == QS_DATATYPE_INT;
}

bool qs_site_is_constant(const struct qs_site *site)
{
	return site->kind == QS_TENSOR_WEIGHTS || site->kind == QS_TENSOR_BIAS;
}

/* ---- parameters ------------------------------------------------------------------------------ */

static enum qs_status calibrate_constant(const struct qs_plan *plan, struct qs_site *site,
    const struct qs_registry *registry, struct qs_findings *findings)
{
	const struct qs_graph *graph = plan->layers->graph;
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	struct qs_observation observation = {.channels = 1,
	    .subject = {site->name, qs_model_place(graph->model, findings), findings}};
	struct qs_layout layout;
	enum qs_status status;
	float *values;
	size_t n;

	status = qs_tensor_read(graph->model, constant, findings, &values, &n);
	if (status != QS_OK)
		return status;
	qs_qparams_done(&site->qparams);
	if (!qs_layout_of(constant->dims, constant->n_dims, site->axis, &layout)) {
		status = QS_BUG;
	} else {
		observation.channels = layout.channels;
		status = qs_observer_calibrate(
		    registry, &site->spec, &observation, layout, values, &site->qparams);
	}
	free(values);
	return status;
}

enum qs_status qs_calibrate_parameters(
    struct qs_plan *plan, const struct qs_registry *registry, struct qs_findings *findings)
{
	enum qs_status worst = QS_OK;

	/* Every constant that cannot be calibrated is told in one run. */
	for (size_t i = 0; i < plan->n_sites; i++) {
		struct qs_site *site = &plan->sites[i];
		enum qs_status status;

		if (!qs_site_is_constant(site) || !qs_site_has_scales(site) ||
		    site->input_site != QS_NONE)
			continue;
		status = calibrate_constant(plan, site, registry, findings);
		if (status == QS_NOMEM || status == QS_BUG)
			return status;
		if (status != QS_OK)
			worst = status;
	}
	return worst;
}

/* Integer arithmetic adds a bias to products of codes, whose unit is the product of both scales. */
static enum qs_status derive_scales(const struct qs_plan *plan, struct qs_site *site)
{
	const struct qs_qparams *input = &plan->sites[site->input_site].qparams;
	const struct qs_qparams *weights = &plan->sites[site->weights_site].qparams;
	enum qs_status status;

	qs_qparams_done(&site->qparams);
	status = qs_qparams_init(&site->qparams, weights->n);
	if (status != QS_OK)
		return status;
	site->qparams.quant_min = INT32_MIN;
	site->qparams.quant_max = INT32_MAX;
	for (size_t i = 0; i < weights->n; i++) {
		/* In float32, as whoever multiplies the scales in the model does it. */
		site->qparams.scale[i] = (float)input->scale[0] * (float)weights->scale[i];
		site->qparams.float_max[i] = site->qparams.scale[i] * INT32_MAX;
	}
	return QS_OK;
}

enum qs_status qs_calibrate_biases(struct qs_plan *plan)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < plan->n_sites && status == QS_OK; i++) {
		if (plan->sites[i].input_site != QS_NONE)
			status = derive_scales(plan, &plan->sites[i]);
	}
	return status;
}

/* ---- activations ----------------------------------------------------------------------------- */

/* One tensor under observation. */
struct watch {
	struct qs_site *site;
	struct qs_observer *observer;
	size_t input; /* of the model, or QS_NONE for what the model computes */
};

struct observation_run {
	struct qs_plan *plan;
	const struct qs_registry *registry;
	const struct qs_calibrate_options *options;
	struct qs_findings *findings;
	struct watch *watches;
	size_t n_watches;
	const char **outputs; /* names of what is computed and watched */
	size_t n_outputs;
	struct qs_data_input *inputs;
	size_t n_inputs;
	struct qs_runtime *runtime;
	struct qs_session *session;
	struct qs_dataset dataset;
};

static enum qs_status add_watch(struct observation_run *run, struct qs_site *site)
{
	const struct qs_graph *graph = run->plan->layers->graph;
	const struct qs_value *value = &graph->values[site->value];
	struct watch *watch = &run->watches[run->n_watches++];
	const struct qs_observation observation = {.channels = 1,
	    .is_graph_input = value->is_input,
	    .subject = {site->name, qs_model_place(graph->model, run->findings), run->findings}};

	*watch = (struct watch){site, NULL, QS_NONE};
	if (!value->is_input)
		run->outputs[run->n_outputs++] = site->tensor;
	for (size_t i = 0; i < run->n_inputs; i++) {
		if (strcmp(run->inputs[i].name, site->tensor) == 0)
			watch->input = i;
	}
	return qs_observer_new(run->registry, &site->spec, &observation, &watch->observer);
}

static enum qs_status find_inputs(struct observation_run *run)
{
	const struct qs_graph *graph = run->plan->layers->graph;

	run->inputs = calloc(graph->n_values + 1, sizeof(*run->inputs));
	if (!run->inputs)
		return QS_NOMEM;
	/* In the model's order, so that a single batch file means the first and only one. */
	for (size_t i = 0; i < graph->proto->n_input; i++) {
		const size_t index = qs_graph_find(graph, graph->proto->input[i]->name);
		const struct qs_value *value = index == QS_NONE ? NULL : &graph->values[index];
		enum qs_element element;

		if (!value || !value->is_input)
			continue;
		element = qs_onnx_element(value->element_type);
		if (element == QS_ELEMENT__COUNT) {
			qs_finding_add(run->findings, QS_FINDING_DATA_TYPE,
			    qs_model_place(graph->model, run->findings),
			    "input \"%s\" of the model is of a type that arrays cannot have",
			    value->name);
			return QS_UNSUPPORTED;
		}
		run->inputs[run->n_inputs++] =
		    (struct qs_data_input){value->name, element, value->rank, value->dims};
	}
	return QS_OK;
}

static enum qs_status watch_sites(struct observation_run *run)
{
	enum qs_status status = QS_OK;

	run->watches = calloc(run->plan->n_sites + 1, sizeof(*run->watches));
	run->outputs = calloc(run->plan->n_sites + 1, sizeof(*run->outputs));
	if (!run->watches || !run->outputs)
		return QS_NOMEM;
	for (size_t i = 0; i < run->plan->n_sites && status == QS_OK; i++) {
		struct qs_site *site = &run->plan->sites[i];

		if (!qs_site_is_constant(site) && qs_site_has_scales(site))
			status = add_watch(run, site);
	}
	return status;
}

/* The bytes of the float model with the watched tensors among its outputs. */
static enum qs_status pack_watched(
    struct observation_run *run, unsigned char **ret_bytes, size_t *ret_size)
{
	const struct qs_graph *graph = run->plan->layers->graph;
	Onnx__GraphProto *proto = graph->proto;
	Onnx__ValueInfoProto **outputs = proto->output;
	const size_t n_outputs = proto->n_output;
	Onnx__ValueInfoProto *infos = calloc(run->n_outputs + 1, sizeof(*infos));
	Onnx__ValueInfoProto **all = calloc(n_outputs + run->n_outputs + 1, sizeof(*all));
	enum qs_status status = QS_NOMEM;

	if (infos && all) {
		if (n_outputs)
			memcpy(all, outputs, n_outputs * sizeof(*all));
		proto->output = all;
		for (size_t i = 0; i < run->n_outputs; i++) {
			const size_t value = qs_graph_find(graph, run->outputs[i]);

			if (graph->values[value].is_output)
				continue;
			onnx__value_info_proto__init(&infos[i]);
			infos[i].name = (char *)run->outputs[i];
			all[proto->n_output++] = &infos[i];
		}
		status = qs_model_pack(graph->model, true, run->findings, ret_bytes, ret_size);
		proto->output = outputs;
		proto->n_output = n_outputs;
	}
	free(infos);
	free(all);
	return status;
}

static enum qs_status open_session(struct observation_run *run)
{
	const struct qs_session_options options = {(int)qs_registry_threads(run->registry), true};
	unsigned char *bytes;
	enum qs_status status;
	size_t size;

	status = qs_ort_open(run->options->onnxruntime, run->findings, &run->runtime);
	if (status != QS_OK)
		return status;
	status = pack_watched(run, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_session_new(run->runtime, run->plan->layers->graph->model->path, bytes, size,
	    &options, run->findings, &run->session);
	free(bytes);
	return status;
}

/* Feeds the observers with what went in and what came out. */
static enum qs_status feed(
    struct observation_run *run, const struct qs_array *inputs, const struct qs_blob *outputs)
{
	enum qs_status status = QS_OK;
	size_t next = 0;

	for (size_t i = 0; i < run->n_watches && status == QS_OK; i++) {
		const struct watch *watch = &run->watches[i];
		float *values = NULL;
		size_t n;

		if (watch->input == QS_NONE) {
			values = qs_blob_floats(&outputs[next++], &n);
		} else {
			n = inputs[watch->input].n_values;
			status = qs_array_floats(&inputs[watch->input], &values);
		}
		if (status == QS_OK)
			status = values ? qs_observer_feed(
					      watch->observer, (struct qs_layout){1, 1, n}, values)
			                : QS_NOMEM;
		free(values);
	}
	return status;
}

static enum qs_status run_arrays(struct observation_run *run, const struct qs_array *inputs)
{
	struct qs_blob *ports = calloc(run->n_inputs + 1, sizeof(*ports));
	struct qs_blob *outputs = calloc(run->n_outputs + 1, sizeof(*outputs));
	enum qs_status status = ports && outputs ? QS_OK : QS_NOMEM;

	if (run->n_outputs == 0 && status == QS_OK)
		status = feed(run, inputs, outputs);

	for (size_t i = 0; i < run->n_inputs && run->n_outputs && status == QS_OK; i++)
		ports[i] = (struct qs_blob){run->inputs[i].name, qs_onnx_type(inputs[i].element),
		    inputs[i].rank, inputs[i].dims, inputs[i].data,
		    inputs[i].n_values * qs_element_size(inputs[i].element)};
	if (status == QS_OK && run->n_outputs)
		status = qs_session_run(run->session, ports, run->n_inputs, run->outputs,
		    run->n_outputs, run->findings, outputs);
	if (status == QS_OK && run->n_outputs) {
		status = feed(run, inputs, outputs);
		for (size_t i = 0; i < run->n_outputs; i++)
			qs_blob_done(&outputs[i]);
	}
	free(ports);
	free(outputs);
	return status;
}

static enum qs_status run_batch(struct observation_run *run, size_t batch)
{
	struct qs_array *inputs = calloc(run->n_inputs + 1, sizeof(*inputs));
	enum qs_status status =
	    inputs ? qs_dataset_read(&run->dataset, batch, run->findings, inputs) : QS_NOMEM;

	if (status == QS_OK) {
		status = run_arrays(run, inputs);
		for (size_t i = 0; i < run->n_inputs; i++)
			qs_array_done(&inputs[i]);
	}
	free(inputs);
	if (status == QS_OK && run->options->progress &&
	    !run->options->progress(run->options->context, batch + 1, run->dataset.n_batches))
		status = QS_INVALID;
	return status;
}

static enum qs_status observe(struct observation_run *run)
{
	enum qs_status status = find_inputs(run);

	if (status == QS_OK)
		status = watch_sites(run);
	if (status != QS_OK || run->n_watches == 0)
		return status;
	if (!run->options->data) {
		qs_finding_add(run->findings, QS_FINDING_NO_DATA,
		    qs_model_place(run->plan->layers->graph->model, run->findings),
		    "%zu activations need calibration data; give --data or --calib",
		    run->n_watches);
		return QS_INVALID;
	}
	/* What is wrong with the data is cheaper to find than a session is to open. */
	status = qs_dataset_open(run->options->data, run->inputs, run->n_inputs,
	    run->options->images, run->findings, &run->dataset);
	if (status == QS_OK && run->n_outputs)
		status = open_session(run);
	for (size_t i = 0; i < run->dataset.n_batches && status == QS_OK; i++)
		status = run_batch(run, i);
	for (size_t i = 0; i < run->n_watches && status == QS_OK; i++) {
		struct qs_qparams *qparams = &run->watches[i].site->qparams;

		qs_qparams_done(qparams);
		status = qs_observer_result(run->watches[i].observer, qparams);
	}
	return status;
}

enum qs_status qs_calibrate_activations(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calibrate_options *options, struct qs_findings *findings, size_t *ret_n_batches)
{
	struct observation_run run = {
	    .plan = plan, .registry = registry, .options = options, .findings = findings};
	const enum qs_status status = observe(&run);

	*ret_n_batches = run.dataset.n_batches;
	for (size_t i = 0; i < run.n_watches; i++)
		qs_observer_free(run.watches[i].observer);
	qs_session_free(run.session);
	qs_runtime_close(run.runtime);
	qs_dataset_done(&run.dataset);
	free(run.watches);
	free(run.outputs);
	free(run.inputs);
	return status;
}
