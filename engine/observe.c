/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibrates what flows, by running the model over the data.
 *
 * In the order of vai_q_pytorch, every tensor is observed on quantized values, quantized with what
 * its observer says about the batches so far, and read like that. With QS_OBSERVE_FLOAT all are
 * observed on the float model.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/finding.h"
#include "engine/calib_state.h"
#include "engine/calibrate.h"
#include "engine/feed.h"
#include "numbers/lattice.h"
#include "engine/onnx_form.h"
#include "engine/runner.h"
#include "engine/site.h"
#include "model/ort.h"
#include "qstrata/numbers.h"

struct run {
	struct qs_plan *plan;
	const struct qs_registry *registry;
	const struct qs_calibrate_options *options;
	const struct qs_calib_course *course;
	struct qs_findings *findings;
	struct qs_observers observers;
	struct qs_calib_state state; /* what is calibrated, and how far that is */
	char runtime_name[128];
	struct timespec last_saved;
	double pause; /* seconds before the state is worth to be saved again */
	size_t batch; /* that is being run */
	struct qs_feed feed;
	struct qs_runtime *runtime;
	struct qs_runner *runner;
	struct qs_correct correct;
};

/* Ties with the scale that a batch is quantized with. */
static void count_ties(struct qs_site *site, const float *in, size_t n)
{
	struct qs_lattice lattice;

	if (qs_onnx_rounds(site))
		return;
	lattice = qs_lattice_of(&site->qparams, 0);
	site->n_rounded += n;
	site->n_ties += qs_lattice_count_ties(&lattice, in, n);
}

static enum qs_status visit(void *context, size_t index, const float *in, size_t n, float *out)
{
	struct run *run = context;
	const bool observed = run->observers.of_site[index] != NULL;
	enum qs_status status = qs_observers_feed(&run->observers, index, run->batch, in, n);

	if (status != QS_OK || !out)
		return status;
	if (!n)
		return QS_OK;
	if (observed)
		status = qs_observers_take(&run->observers, index);
	if (status == QS_OK)
		count_ties(&run->plan->sites[index], in, n);
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
	    "%zu activations need calibration data; give --data or --calib", run->observers.n);
	return QS_INVALID;
}

/* ---- states ---------------------------------------------------------------------------------- */

/* A state takes at most this part of the time: one over it. */
#define SAVING_SHARE 50

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

static enum qs_status save_state(struct run *run, const char *path)
{
	return qs_calib_state_write(
	    &run->state, &run->observers, &run->correct, path, run->findings);
}

/* Keeps the state, and pauses for as long as that was cheap. */
static enum qs_status keep_state(struct run *run)
{
	enum qs_status status;

	clock_gettime(CLOCK_MONOTONIC, &run->last_saved);
	status = save_state(run, run->options->state);
	run->pause = SAVING_SHARE * seconds_since(&run->last_saved);
	return status;
}

/* Says what is calibrated. */
static void describe(struct run *run)
{
	struct qs_calib_origin *data = &run->state.of[QS_CALIB_DATA];

	qs_calib_state_identify(&run->state, run->course->identity);
	data->name = run->options->data;
	qs_fingerprint_write(
	    qs_dataset_fingerprint(&run->feed.dataset, run->options->data), data->fingerprint);
	snprintf(run->runtime_name, sizeof(run->runtime_name), "%s %s", run->runtime->name,
	    run->runtime->version);
	run->state.runtime = run->runtime_name;
	run->state.n_batches = run->feed.dataset.n_batches;
	run->state.shard = run->course->shard;
	run->state.n_shards = run->course->n_shards;
}

/* Goes on from a state, where there is one. */
static enum qs_status resume(struct run *run)
{
	const char *path = run->options->state;

	describe(run);
	if (!path || access(path, F_OK) != 0)
		return QS_OK;
	return qs_calib_state_read(
	    &run->state, &run->observers, &run->correct, path, run->findings);
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Tells how far it is; false to stop. */
static bool tell(const struct run *run, size_t n_batches)
{
	return !run->options->progress ||
	       run->options->progress(run->options->context, run->state.n_done, n_batches);
}

/* Runs the batches of the shard that are left. Observers and biases are as after the last one that
 * was run whole, when the caller stops it. */
static enum qs_status run_batches(struct run *run)
{
	enum qs_status status = QS_OK;
	bool goes_on, is_kept = true;
	size_t first, end;

	qs_calib_state_range(&run->state, &first, &end);
	goes_on = tell(run, end - first);
	for (size_t i = first + run->state.n_done; goes_on && i < end && status == QS_OK; i++) {
		run->batch = i;
		status = run_batch(run, i);
		if (status != QS_OK)
			break;
		run->state.n_done++;
		goes_on = tell(run, end - first);
		is_kept = run->options->state && seconds_since(&run->last_saved) > run->pause;
		if (is_kept)
			status = keep_state(run);
	}
	if (status == QS_OK && run->options->state && !is_kept)
		status = keep_state(run);
	return status == QS_OK && !goes_on ? QS_INVALID : status;
}

static enum qs_status finish(struct run *run)
{
	enum qs_status status;

	if (run->course->shard_path)
		return save_state(run, run->course->shard_path);
	status = qs_correct_finish(&run->correct, run->plan);
	return status == QS_OK ? qs_observers_finish(&run->observers) : status;
}

static enum qs_status observe(struct run *run)
{
	enum qs_status status =
	    qs_observers_init(&run->observers, run->plan, run->registry, run->findings);

	if (status != QS_OK || (run->observers.n == 0 && !run->course->shard_path))
		return status;
	if (!run->options->data)
		return no_data(run);
	/* What is wrong with the data is cheaper to find than a session is to open. */
	status = qs_feed_open(run->plan->layers->graph, run->options->data, run->options->images,
	    run->findings, &run->feed);
	if (status == QS_OK)
		status = open_runner(run);
	if (status == QS_OK)
		status = resume(run);
	if (status == QS_OK)
		status = run_batches(run);
	return status == QS_OK ? finish(run) : status;
}

enum qs_status qs_calibrate_activations(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calibrate_options *options, const struct qs_calib_course *course,
    struct qs_findings *findings, size_t *ret_n_batches)
{
	struct run run = {.plan = plan,
	    .registry = registry,
	    .options = options,
	    .course = course,
	    .findings = findings};
	const enum qs_status status = observe(&run);

	*ret_n_batches = run.feed.dataset.n_batches;
	qs_observers_done(&run.observers);
	qs_runner_free(run.runner);
	qs_correct_done(&run.correct);
	qs_runtime_close(run.runtime);
	qs_feed_done(&run.feed);
	return status;
}

enum qs_status qs_calibrate_merge(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calib_identity *identity, const char *const *paths, size_t n_paths,
    struct qs_findings *findings, size_t *ret_n_batches)
{
	struct qs_observers observers;
	enum qs_status status = qs_observers_init(&observers, plan, registry, findings);

	if (status == QS_OK)
		status = qs_calib_state_merge(identity, paths, n_paths, &observers, ret_n_batches);
	if (status == QS_OK)
		status = qs_observers_finish(&observers);
	qs_observers_done(&observers);
	return status;
}
