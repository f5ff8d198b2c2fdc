/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibrates what flows, by running the model over the data.
 *
 * In the order of vai_q_pytorch, every tensor is observed on quantized values, quantized with what
 * its observer says about the batches so far, and read like that. With QS_OBSERVE_FLOAT all are
 * observed on the float model.
 */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/calibrate.h"
#include "engine/feed.h"
#include "engine/runner.h"
#include "engine/site.h"
#include "model/ort.h"
#include "qstrata/numbers.h"

struct run {
	struct qs_plan *plan;
	const struct qs_registry *registry;
	const struct qs_calibrate_options *options;
	struct qs_findings *findings;
	struct qs_observer **observers; /* by site; NULL for formats without scales */
	size_t n_observers;
	struct qs_feed feed;
	struct qs_runtime *runtime;
	struct qs_runner *runner;
	struct qs_correct correct;
};

static struct qs_subject subject_of(const struct run *run, const struct qs_site *site)
{
	return (struct qs_subject){site->name,
	    qs_model_place(run->plan->layers->graph->model, run->findings), run->findings};
}

static enum qs_status make_observers(struct run *run)
{
	const struct qs_graph *graph = run->plan->layers->graph;
	enum qs_status status = QS_OK;

	run->observers = calloc(run->plan->n_sites + 1, sizeof(*run->observers));
	if (!run->observers)
		return QS_NOMEM;
	for (size_t i = 0; i < run->plan->n_sites && status == QS_OK; i++) {
		const struct qs_site *site = &run->plan->sites[i];
		const struct qs_observation observation = {.channels = 1,
		    .scale_law = run->plan->scale_law,
		    .is_graph_input = graph->values[site->value].is_input,
		    .subject = subject_of(run, site)};

		if (qs_site_is_constant(site) || !qs_site_has_scales(site) || site->is_given)
			continue;
		status =
		    qs_observer_new(run->registry, &site->spec, &observation, &run->observers[i]);
		run->n_observers++;
	}
	return status;
}

/* The exponents of doubles, from that of the least one. */
#define N_EXPONENTS (DBL_MAX_EXP - DBL_MIN_EXP + DBL_MANT_DIG + 2)

static size_t exponent_of(double scale)
{
	return (size_t)(ilogb(scale) - DBL_MIN_EXP + DBL_MANT_DIG + 1);
}

/* The most frequent scale of batches, the coarsest of several. */
static double coarsest_mode(const struct qs_observer *observer)
{
	/* Scales are powers of two: there are as many counts as exponents. */
	size_t counts[N_EXPONENTS] = {0}, most = 0;
	const size_t n = qs_observer_n_batches(observer);
	double best = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double scale = qs_observer_batch_scale(observer, i, 0);
		const size_t count = ++counts[exponent_of(scale)];

		if (count > most || (count == most && scale > best)) {
			most = count;
			best = scale;
		}
	}
	return best;
}

/*
 * For the DPU vai_q_pytorch counts binary points rather than scales, and of several equally
 * frequent takes the least, which is the coarsest scale.
 */
static enum qs_status take_result(struct run *run, size_t index)
{
	const struct qs_site *site = &run->plan->sites[index];
	struct qs_qparams *qparams = &run->plan->sites[index].qparams;
	enum qs_status status;

	qs_qparams_done(qparams);
	status = qs_observer_result(run->observers[index], qparams);
	if (status == QS_OK && run->plan->device == QS_DEVICE_DPU &&
	    site->spec.scale_type == QS_SCALE_TYPE_POWEROFTWO)
		qparams->scale[0] = coarsest_mode(run->observers[index]);
	return status;
}

static enum qs_status visit(void *context, size_t index, const float *in, size_t n, float *out)
{
	struct run *run = context;
	enum qs_status status = QS_OK;

	if (run->observers[index])
		status = qs_observer_feed(run->observers[index], (struct qs_layout){1, 1, n}, in);
	if (status != QS_OK || !out)
		return status;
	if (!n)
		return QS_OK;
	if (run->observers[index])
		status = take_result(run, index);
	return status == QS_OK ? qs_site_fake(run->plan, run->registry, &run->plan->sites[index],
				     (struct qs_layout){1, 1, n}, run->findings, in, out)
	                       : status;
}

static enum qs_status run_batch(struct run *run, size_t batch)
{
	enum qs_status status = qs_feed_read(&run->feed, batch, run->findings);

	if (status == QS_OK)
		status = qs_runner_run(
		    run->runner, run->feed.blobs, run->feed.n_inputs, visit, run, run->findings);
	if (status == QS_OK && run->options->progress &&
	    !run->options->progress(run->options->context, batch + 1, run->feed.dataset.n_batches))
		status = QS_INVALID;
	return status;
}

static enum qs_status learn(
    void *context, size_t item, const struct qs_blob *output, const struct qs_blob *twin)
{
	struct run *run = context;

	return qs_correct_learn(&run->correct, item, output, twin);
}

static enum qs_status open_runner(struct run *run)
{
	const struct qs_runner_options options = {.cuts = run->options->observe != QS_OBSERVE_FLOAT,
	    .correct = &run->correct,
	    .twins = &run->correct.twins,
	    .learn = learn};
	enum qs_status status =
	    qs_ort_open(run->options->onnxruntime, run->findings, &run->runtime);

	/* On the float model there are no errors to learn from. */
	if (status == QS_OK && options.cuts)
		status = qs_correct_init(&run->correct, run->plan, run->registry, run->findings);
	return status == QS_OK ? qs_runner_new(run->plan, run->registry, run->runtime, &options,
				     run->findings, &run->runner)
	                       : status;
}

static enum qs_status no_data(struct run *run)
{
	qs_finding_add(run->findings, QS_FINDING_NO_DATA,
	    qs_model_place(run->plan->layers->graph->model, run->findings),
	    "%zu activations need calibration data; give --data or --calib", run->n_observers);
	return QS_INVALID;
}

static enum qs_status observe(struct run *run)
{
	enum qs_status status = make_observers(run);

	if (status != QS_OK || run->n_observers == 0)
		return status;
	if (!run->options->data)
		return no_data(run);
	/* What is wrong with the data is cheaper to find than a session is to open. */
	status = qs_feed_open(run->plan->layers->graph, run->options->data, run->options->images,
	    run->findings, &run->feed);
	if (status == QS_OK)
		status = open_runner(run);
	for (size_t i = 0; i < run->feed.dataset.n_batches && status == QS_OK; i++)
		status = run_batch(run, i);
	for (size_t i = 0; i < run->plan->n_sites && status == QS_OK; i++) {
		if (run->observers[i])
			status = take_result(run, i);
	}
	return status == QS_OK ? qs_correct_finish(&run->correct, run->plan) : status;
}

enum qs_status qs_calibrate_activations(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calibrate_options *options, struct qs_findings *findings, size_t *ret_n_batches)
{
	struct run run = {
	    .plan = plan, .registry = registry, .options = options, .findings = findings};
	const enum qs_status status = observe(&run);

	*ret_n_batches = run.feed.dataset.n_batches;
	for (size_t i = 0; run.observers && i < plan->n_sites; i++)
		qs_observer_free(run.observers[i]);
	qs_runner_free(run.runner);
	qs_correct_done(&run.correct);
	qs_runtime_close(run.runtime);
	qs_feed_done(&run.feed);
	free(run.observers);
	return status;
}
