/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gathers the statistics of a model's tensors, in float and quantized.
 *
 * The float model is run whole, the quantized one in its formats, batch by batch; of each tensor
 * only sums are kept.
 */
#include "analysis/stats.h"

#include <stdlib.h>
#include <string.h>

#include "engine/calibrate.h"
#include "engine/constant.h"
#include "engine/feed.h"
#include "engine/job.h"
#include "numbers/registry.h"
#include "model/ort.h"
#include "model/tensor.h"

/* ---- which axis has the channels ------------------------------------------------------------- */

/* The axis of what a layer gives, or 0 when the layer does not tell. */
static int axis_of_layer(const struct qs_layer *layer)
{
	if (layer->weights.rank >= 3 || strncmp(layer->type, "BatchNorm", 9) == 0)
		return 1;
	return *layer->weights.name ? -1 : 0;
}

/* Channels are where layers with weights have them, and stay there as long as the rank does. */
static void find_axes(const struct qs_layers *layers, int *axes)
{
	const struct qs_graph *graph = layers->graph;

	for (size_t i = 0; i < layers->n_items; i++) {
		const struct qs_layer *layer = &layers->items[i];
		const size_t output = qs_graph_find(graph, layer->output.name);

		if (output == QS_NONE)
			continue;
		axes[output] = axis_of_layer(layer);
		for (size_t k = 0; k < layer->n_inputs && !axes[output]; k++) {
			if (layer->inputs[k].rank == layer->output.rank)
				axes[output] = axes[qs_graph_find(graph, layer->inputs[k].name)];
		}
	}
	for (size_t i = 0; i < graph->n_values; i++) {
		if (!axes[i])
			axes[i] = graph->values[i].rank >= 4 ? 1 : -1;
	}
}

/* The axes of a graph's values; QS_NO_CHANNELS everywhere unless they are asked for. */
static int *make_axes(const struct qs_layers *layers, bool wanted)
{
	const size_t n = layers->graph->n_values;
	int *axes = calloc(n + 1, sizeof(*axes));

	if (axes && wanted)
		find_axes(layers, axes);
	for (size_t i = 0; axes && !wanted && i < n; i++)
		axes[i] = QS_NO_CHANNELS;
	return axes;
}

/* ---- constants ------------------------------------------------------------------------------- */

static int axis_of_constant(
    const struct qs_stats *stats, const struct qs_plan *plan, const struct qs_row *row)
{
	const enum qs_tensor kind = row->attr == QS_ATTR_BIAS ? QS_TENSOR_BIAS : QS_TENSOR_WEIGHTS;
	const int axis =
	    stats->per_channel ? qs_plan_channel_axis(plan->layers->graph, row->layer, kind) : -1;

	return axis < 0 ? QS_NO_CHANNELS : axis;
}

static enum qs_status see_values(struct qs_seen *seen, const Onnx__TensorProto *constant,
    enum qs_status status, float *values, int axis)
{
	if (status == QS_OK)
		status = qs_seen_add(seen, values, constant->dims, constant->n_dims, axis);
	free(values);
	return status;
}

/* A constant as the float model has it. */
static enum qs_status see_float_constant(
    struct qs_stats *stats, const struct qs_graph *graph, size_t value, int axis)
{
	const Onnx__TensorProto *constant = graph->values[value].constant;
	struct qs_seen *seen = &stats->floats[value];
	float *values = NULL;
	enum qs_status status;
	size_t n;

	if (seen->is_there)
		return QS_OK;
	status = qs_tensor_read(graph->model, constant, stats->findings, &values, &n);
	return see_values(seen, constant, status, values, axis);
}

/* The constant of a row in the format of its site. */
static enum qs_status see_quantized_constant(
    struct qs_stats *stats, const struct qs_row *row, int axis)
{
	const struct qs_plan *plan = stats->job->plan;
	struct qs_seen *seen = &stats->at_site[row->site];
	float *values = NULL;
	enum qs_status status;
	size_t n;

	if (seen->is_there)
		return QS_OK;
	status = qs_constant_fake(
	    plan, stats->job->registry, &plan->sites[row->site], stats->findings, &values, &n);
	return see_values(
	    seen, plan->layers->graph->values[row->value].constant, status, values, axis);
}

static enum qs_status see_constants(struct qs_stats *stats, const struct qs_plan *plan)
{
	const struct qs_graph *graph = stats->plain.layers->graph;
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < stats->rows.n && status == QS_OK; i++) {
		const struct qs_row *row = &stats->rows.items[i];
		const size_t value = stats->of_plan[row->value];
		int axis;

		if (!row->layer || !plan->layers->graph->values[row->value].constant)
			continue;
		axis = axis_of_constant(stats, plan, row);
		if (value != QS_NONE && graph->values[value].constant)
			status = see_float_constant(stats, graph, value, axis);
		if (status == QS_OK && stats->job && row->site != QS_NONE)
			status = see_quantized_constant(stats, row, axis);
	}
	return status;
}

/* ---- what flows ------------------------------------------------------------------------------ */

static enum qs_status show_float(void *context, size_t value, const struct qs_blob *blob)
{
	struct qs_stats *stats = context;

	return qs_seen_add_blob(&stats->floats[value], blob, stats->float_axis[value]);
}

static enum qs_status show_quantized(
    void *context, size_t value, size_t site, const struct qs_blob *blob, const float *before)
{
	struct qs_stats *stats = context;
	struct qs_seen *seen = site == QS_NONE ? &stats->quantized[value] : &stats->at_site[site];

	(void)before;
	return qs_seen_add_blob(seen, blob, stats->channel_axis[value]);
}

/* Asks for the tensors of the rows, in both models. */
static void ask(struct qs_stats *stats)
{
	for (size_t i = 0; i < stats->rows.n; i++) {
		const struct qs_row *row = &stats->rows.items[i];

		if (stats->of_plan[row->value] != QS_NONE)
			stats->plain.is_asked[stats->of_plan[row->value]] = true;
		if (stats->job)
			stats->watch.is_asked[row->value] = true;
	}
}

static enum qs_status run_batch(
    struct qs_stats *stats, const struct qs_look *look, struct qs_feed *feed, size_t batch)
{
	enum qs_status status = qs_feed_read(feed, batch, stats->findings);

	if (status == QS_OK)
		status = qs_plain_run(
		    &stats->plain, feed->blobs, feed->n_inputs, stats, stats->findings);
	if (status == QS_OK && stats->job)
		status = qs_watch_run(&stats->watch, feed->blobs, feed->n_inputs);
	if (status == QS_OK && look->run.progress &&
	    !look->run.progress(look->run.context, batch + 1, feed->dataset.n_batches))
		status = QS_INVALID;
	return status;
}

static enum qs_status start(struct qs_stats *stats, struct qs_runtime *runtime)
{
	const struct qs_registry *registry = stats->job ? stats->job->registry : stats->registry;
	enum qs_status status =
	    qs_plain_start(&stats->plain, registry, runtime, show_float, stats->findings);

	if (status != QS_OK || !stats->job)
		return status;
	stats->watch.tensor = show_quantized;
	stats->watch.context = stats;
	return qs_watch_start(&stats->watch, runtime);
}

static void stop(struct qs_stats *stats)
{
	qs_runner_free(stats->plain.runner);
	stats->plain.runner = NULL;
	qs_runner_free(stats->watch.runner);
	stats->watch.runner = NULL;
}

static enum qs_status run(struct qs_stats *stats, const struct qs_look *look)
{
	struct qs_runtime *runtime = NULL;
	struct qs_feed feed;
	/* What is wrong with the data is cheaper to find than a session is to open. */
	enum qs_status status = qs_feed_open(
	    stats->plain.layers->graph, look->run.data, look->run.images, stats->findings, &feed);

	if (status == QS_OK)
		status = qs_ort_open(look->run.onnxruntime, stats->findings, &runtime);
	if (status == QS_OK)
		status = start(stats, runtime);
	for (; status == QS_OK && stats->n_batches < feed.dataset.n_batches; stats->n_batches++)
		status = run_batch(stats, look, &feed, stats->n_batches);
	stop(stats);
	qs_runtime_close(runtime);
	qs_feed_done(&feed);
	return status;
}

/* ---- making ---------------------------------------------------------------------------------- */

/* Room for what is seen, and which values of both models are the same. */
static enum qs_status make_room(struct qs_stats *stats, const struct qs_plan *plan)
{
	const struct qs_graph *of_plan = plan->layers->graph;
	const struct qs_graph *graph = stats->plain.layers->graph;

	stats->floats = calloc(graph->n_values + 1, sizeof(*stats->floats));
	stats->quantized = calloc(of_plan->n_values + 1, sizeof(*stats->quantized));
	stats->at_site = calloc(plan->n_sites + 1, sizeof(*stats->at_site));
	stats->of_plan = qs_plan_none(of_plan->n_values);
	stats->channel_axis = make_axes(plan->layers, stats->per_channel);
	stats->float_axis = make_axes(stats->plain.layers, stats->per_channel);
	if (!stats->floats || !stats->quantized || !stats->at_site || !stats->of_plan ||
	    !stats->channel_axis || !stats->float_axis)
		return QS_NOMEM;
	for (size_t i = 0; i < of_plan->n_values; i++)
		stats->of_plan[i] = qs_graph_find(graph, of_plan->values[i].name);
	return qs_rows_init(&stats->rows, plan);
}

static enum qs_status gather(
    struct qs_stats *stats, struct qs_model *model, const struct qs_look *look)
{
	const struct qs_plan *plan;
	enum qs_status status = qs_plain_init(&stats->plain, model, stats->findings);

	if (status != QS_OK)
		return status;
	plan = stats->job ? stats->job->plan : stats->plain.plan;
	status = make_room(stats, plan);
	if (status == QS_OK && stats->job)
		status = qs_watch_init(&stats->watch, plan, stats->job->registry, stats->findings);
	if (status == QS_OK)
		status = see_constants(stats, plan);
	if (status != QS_OK)
		return status;
	ask(stats);
	return run(stats, look);
}

static enum qs_status finish(
    struct qs_stats *stats, enum qs_status status, struct qs_stats **ret_stats)
{
	stats->findings = NULL;
	if (status == QS_OK)
		*ret_stats = stats;
	else
		qs_stats_free(stats);
	return status;
}

enum qs_status qs_stats_of_model(const char *path, const struct qs_look *look,
    struct qs_findings *findings, struct qs_stats **ret_stats)
{
	struct qs_stats *stats = calloc(1, sizeof(*stats));
	struct qs_model *model = NULL;
	enum qs_status status = QS_NOMEM;

	if (!stats)
		return QS_NOMEM;
	stats->findings = findings;
	stats->per_channel = look->per_channel;
	stats->model_path = strdup(path);
	stats->registry = qs_registry_new();
	if (stats->model_path && stats->registry)
		status = qs_registry_use_threads(stats->registry, look->n_threads);
	if (status == QS_OK)
		status = qs_model_open(path, findings, &model);
	if (status == QS_OK)
		status = gather(stats, model, look);
	return finish(stats, status, ret_stats);
}

enum qs_status qs_stats_of_job(const struct qs_job *job, const struct qs_look *look,
    struct qs_findings *findings, struct qs_stats **ret_stats)
{
	struct qs_stats *stats;
	struct qs_model *model = NULL;
	enum qs_status status;

	if (job->stage != QS_JOB_CALIBRATED)
		return QS_BUG;
	stats = calloc(1, sizeof(*stats));
	if (!stats)
		return QS_NOMEM;
	stats->job = job;
	stats->findings = findings;
	stats->per_channel = look->per_channel;
	stats->model_path = strdup(job->model_path);
	status = stats->model_path ? qs_job_open_float(job, findings, &model) : QS_NOMEM;
	if (status == QS_OK)
		status = gather(stats, model, look);
	return finish(stats, status, ret_stats);
}

static void free_seen(struct qs_seen *seen, size_t n)
{
	for (size_t i = 0; seen && i < n; i++)
		qs_seen_done(&seen[i]);
	free(seen);
}

void qs_stats_free(struct qs_stats *stats)
{
	if (!stats)
		return;
	if (stats->plain.layers)
		free_seen(stats->floats, stats->plain.layers->graph->n_values);
	if (stats->plain.plan) {
		const struct qs_plan *plan = stats->job ? stats->job->plan : stats->plain.plan;

		free_seen(stats->quantized, plan->layers->graph->n_values);
		free_seen(stats->at_site, plan->n_sites);
	}
	free(stats->of_plan);
	free(stats->channel_axis);
	free(stats->float_axis);
	qs_rows_done(&stats->rows);
	qs_watch_done(&stats->watch);
	qs_plain_done(&stats->plain);
	qs_registry_free(stats->registry);
	free(stats->model_path);
	free(stats);
}

/* ---- looking --------------------------------------------------------------------------------- */

const struct qs_seen *qs_stats_float(const struct qs_stats *stats, const struct qs_row *row)
{
	const size_t value = stats->of_plan[row->value];

	return value != QS_NONE && stats->floats[value].is_there ? &stats->floats[value] : NULL;
}

const struct qs_seen *qs_stats_quantized(const struct qs_stats *stats, const struct qs_row *row)
{
	const struct qs_seen *seen = &stats->quantized[row->value];
	const struct qs_site *site = qs_stats_site(stats, row);

	if (!stats->job)
		return NULL;
	if (site && (site->n_uses || qs_site_is_constant(site)))
		seen = &stats->at_site[row->site];
	return seen->is_there ? seen : NULL;
}

const struct qs_site *qs_stats_site(const struct qs_stats *stats, const struct qs_row *row)
{
	return stats->job && row->site != QS_NONE ? &stats->job->plan->sites[row->site] : NULL;
}
