/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares the float model of a job with the quantized one.
 *
 * Both are run batch by batch, the float one first, whose tensors are kept until the quantized ones
 * are there. The own error of a layer is told by its float twin, which reads what the quantized
 * layer reads; that of a constant, and of what is quantized as it enters, is all there is.
 */
#include <math.h>
#include <stdlib.h>

#include "analysis/compare.h"
#include "analysis/kept.h"
#include "analysis/plain.h"
#include "analysis/watch.h"
#include "engine/calibrate.h"
#include "engine/constant.h"
#include "engine/feed.h"
#include "engine/job.h"
#include "model/ort.h"
#include "model/tensor.h"

struct comparing {
	const struct qs_job *job;
	const struct qs_look *look;
	struct qs_findings *findings;
	struct qs_place place;
	struct qs_comparison *comparison;
	struct qs_plain plain;
	struct qs_watch watch;
	struct qs_rows rows;
	struct qs_feed feed;
	struct qs_kept_tensors kept; /* by value of the float model */
	size_t *of_plan;             /* by value of the plan: that of the float model, or QS_NONE */
	size_t *item_of_value;       /* by value of the plan: the row of what all readers see */
	size_t *item_of_site;        /* by site of the plan: the row of what its readers see */
	size_t *item_of_twin;        /* by twin: the row of what the layer gives */
};

/* ---- rows ------------------------------------------------------------------------------------ */

/* Whether a row has something to compare that no other row has. */
static bool is_wanted(const struct qs_row *row)
{
	return row->attr == QS_ATTR_OUTPUT || row->is_own;
}

static size_t index_of_layer(const struct comparing *comparing, const struct qs_row *row)
{
	return (size_t)(row->layer - comparing->job->plan->layers->items);
}

/* Asks for what a row needs, and notes where its values are to go. */
static void ask(struct comparing *comparing, const struct qs_row *row, size_t item)
{
	const struct qs_plan *plan = comparing->job->plan;
	const struct qs_site *site = row->site == QS_NONE ? NULL : &plan->sites[row->site];
	const size_t expected = comparing->of_plan[row->value];

	if (expected != QS_NONE)
		comparing->plain.is_asked[expected] = true;
	comparing->watch.is_asked[row->value] = true;
	if (site && site->n_uses)
		comparing->item_of_site[row->site] = item;
	else
		comparing->item_of_value[row->value] = item;
	if (row->attr == QS_ATTR_OUTPUT && row->layer) {
		comparing->item_of_twin[comparing->watch.twins.n] = item;
		qs_twins_add(&comparing->watch.twins, plan, index_of_layer(comparing, row));
	}
}

/* Compares a constant, which no batch changes. */
static enum qs_status add_constant(
    struct comparing *comparing, const struct qs_row *row, struct qs_compared *item)
{
	const struct qs_plan *plan = comparing->job->plan;
	const struct qs_graph *graph = plan->layers->graph;
	const Onnx__TensorProto *constant = graph->values[row->value].constant;
	struct qs_values expected = {NULL, constant->dims, constant->n_dims}, found = expected;
	float *before = NULL, *after = NULL;
	size_t n = 0;
	enum qs_status status =
	    qs_tensor_read(graph->model, constant, comparing->findings, &before, &n);

	if (status == QS_OK)
		status = qs_constant_fake(plan, comparing->job->registry, &plan->sites[row->site],
		    comparing->findings, &after, &n);
	expected.values = before;
	found.values = after;
	if (status == QS_OK)
		status =
		    qs_compared_add(item, &expected, &found, comparing->place, comparing->findings);
	if (status == QS_OK)
		qs_compared_add_own(item, before, after, n, constant->dims, constant->n_dims);
	free(before);
	free(after);
	return status;
}

static enum qs_status add_row(struct comparing *comparing, const struct qs_row *row)
{
	const struct qs_plan *plan = comparing->job->plan;
	const struct qs_value *value = &plan->layers->graph->values[row->value];
	const struct qs_site *site = row->site == QS_NONE ? NULL : &plan->sites[row->site];
	char dtype[QS_DTYPE_WORD];
	const struct qs_compared item = {.type = qs_row_type(row),
	    .layer = qs_row_layer(row),
	    .tensor = row->tensor,
	    .dtype = dtype,
	    .attr = row->attr,
	    .scale = qs_row_scale(site),
	    .is_output = row->attr == QS_ATTR_OUTPUT && value->is_output};
	struct qs_compared *added;

	qs_row_dtype(site, dtype);
	added = qs_comparison_add(comparing->comparison, &item);
	if (!added)
		return QS_NOMEM;
	if (row->attr == QS_ATTR_WEIGHT || row->attr == QS_ATTR_BIAS)
		return add_constant(comparing, row, added);
	ask(comparing, row, comparing->comparison->n - 1);
	return QS_OK;
}

static enum qs_status add_rows(struct comparing *comparing)
{
	enum qs_status status = qs_rows_init(&comparing->rows, comparing->job->plan);

	if (status == QS_OK)
		status = qs_comparison_new(comparing->job->model_path,
		    qs_policy_name(comparing->job->policy), comparing->rows.n,
		    &comparing->comparison);
	if (status != QS_OK)
		return status;
	comparing->comparison->by_config = true;
	for (size_t i = 0; i < comparing->rows.n && status == QS_OK; i++) {
		if (is_wanted(&comparing->rows.items[i]))
			status = add_row(comparing, &comparing->rows.items[i]);
	}
	return status;
}

/* ---- batches --------------------------------------------------------------------------------- */

static enum qs_status show_expected(void *context, size_t value, const struct qs_blob *blob)
{
	struct comparing *comparing = context;

	return qs_kept_take(&comparing->kept, value, blob);
}

/* Compares a tensor with that of the float model. */
static enum qs_status add_total(struct comparing *comparing, struct qs_compared *item, size_t value,
    const struct qs_values *found)
{
	const size_t index = comparing->of_plan[value];
	const struct qs_kept_tensor *kept = index == QS_NONE ? NULL : &comparing->kept.items[index];

	/* What a rewritten model computes and the float one does not has nothing to be held
	 * against. */
	if (!kept || !kept->values)
		return QS_OK;
	return qs_compared_add(item, &(struct qs_values){kept->values, kept->dims, kept->rank},
	    found, comparing->place, comparing->findings);
}

static enum qs_status show_found(
    void *context, size_t value, size_t site, const struct qs_blob *blob, const float *before)
{
	struct comparing *comparing = context;
	const size_t index =
	    site == QS_NONE ? comparing->item_of_value[value] : comparing->item_of_site[site];
	struct qs_compared *item;
	enum qs_status status = QS_OK;
	float *values;
	size_t n;

	if (index == QS_NONE || !qs_elements_to_float(blob->element_type, NULL, 0, NULL))
		return QS_OK;
	item = &comparing->comparison->items[index];
	values = qs_blob_floats(blob, &n);
	if (!values)
		return QS_NOMEM;
	status = add_total(
	    comparing, item, value, &(struct qs_values){values, blob->dims, blob->n_dims});
	if (status == QS_OK && before && item->attr == QS_ATTR_INPUT)
		qs_compared_add_own(item, before, values, n, blob->dims, blob->n_dims);
	free(values);
	return status;
}

static enum qs_status learn(
    void *context, size_t twin, const struct qs_blob *output, const struct qs_blob *exact)
{
	struct comparing *comparing = context;
	struct qs_compared *item = &comparing->comparison->items[comparing->item_of_twin[twin]];
	float *found, *expected;
	size_t n, n_expected;

	if (!qs_elements_to_float(output->element_type, NULL, 0, NULL))
		return QS_OK;
	found = qs_blob_floats(output, &n);
	expected = qs_blob_floats(exact, &n_expected);
	if (found && expected && n == n_expected)
		qs_compared_add_own(item, expected, found, n, output->dims, output->n_dims);
	free(found);
	free(expected);
	return found && expected ? QS_OK : QS_NOMEM;
}

static enum qs_status run_batch(struct comparing *comparing, size_t batch)
{
	const struct qs_calibrate_options *run = &comparing->look->run;
	struct qs_feed *feed = &comparing->feed;
	enum qs_status status = qs_feed_read(feed, batch, comparing->findings);

	if (status == QS_OK)
		status = qs_plain_run(
		    &comparing->plain, feed->blobs, feed->n_inputs, comparing, comparing->findings);
	if (status == QS_OK)
		status = qs_watch_run(&comparing->watch, feed->blobs, feed->n_inputs);
	if (status == QS_OK && run->progress &&
	    !run->progress(run->context, batch + 1, feed->dataset.n_batches))
		status = QS_INVALID;
	return status;
}

static enum qs_status run(struct comparing *comparing, struct qs_runtime *runtime)
{
	size_t *n_batches = &comparing->comparison->n_batches;
	enum qs_status status = qs_plain_start(&comparing->plain, comparing->job->registry, runtime,
	    show_expected, comparing->findings);

	comparing->watch.tensor = show_found;
	comparing->watch.learn = learn;
	comparing->watch.context = comparing;
	if (status == QS_OK)
		status = qs_watch_start(&comparing->watch, runtime);
	for (; status == QS_OK && *n_batches < comparing->feed.dataset.n_batches; ++*n_batches)
		status = run_batch(comparing, *n_batches);
	return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum qs_status make_room(struct comparing *comparing)
{
	const struct qs_plan *plan = comparing->job->plan;
	const struct qs_graph *graph = plan->layers->graph;
	const struct qs_graph *of_float = comparing->plain.layers->graph;

	comparing->of_plan = qs_plan_none(graph->n_values);
	comparing->item_of_value = qs_plan_none(graph->n_values);
	comparing->item_of_site = qs_plan_none(plan->n_sites);
	comparing->item_of_twin = qs_plan_none(plan->layers->n_items);
	if (!comparing->of_plan || !comparing->item_of_value || !comparing->item_of_site ||
	    !comparing->item_of_twin)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_values; i++)
		comparing->of_plan[i] = qs_graph_find(of_float, graph->values[i].name);
	return qs_kept_init(&comparing->kept, of_float->n_values);
}

static enum qs_status prepare(struct comparing *comparing)
{
	const struct qs_job *job = comparing->job;
	struct qs_model *model = NULL;
	enum qs_status status = qs_job_open_float(job, comparing->findings, &model);

	if (status == QS_OK)
		status = qs_plain_init(&comparing->plain, model, comparing->findings);
	if (status == QS_OK)
		status = make_room(comparing);
	if (status == QS_OK)
		status =
		    qs_watch_init(&comparing->watch, job->plan, job->registry, comparing->findings);
	return status == QS_OK ? add_rows(comparing) : status;
}

static void release(struct comparing *comparing)
{
	qs_feed_done(&comparing->feed);
	qs_rows_done(&comparing->rows);
	qs_watch_done(&comparing->watch);
	qs_plain_done(&comparing->plain);
	qs_kept_done(&comparing->kept);
	free(comparing->of_plan);
	free(comparing->item_of_value);
	free(comparing->item_of_site);
	free(comparing->item_of_twin);
}

enum qs_status qs_compare_job(const struct qs_job *job, const struct qs_look *look,
    struct qs_findings *findings, struct qs_comparison **ret_comparison)
{
	struct comparing comparing = {.job = job, .look = look, .findings = findings};
	struct qs_runtime *runtime = NULL;
	enum qs_status status;

	if (job->stage != QS_JOB_CALIBRATED)
		return QS_BUG;
	comparing.place = qs_place_of(qs_findings_name_source(findings, job->model_path));
	status = prepare(&comparing);
	/* What is wrong with the data is cheaper to find than a session is to open. */
	if (status == QS_OK)
		status = qs_feed_open(comparing.plain.layers->graph, look->run.data,
		    look->run.images, findings, &comparing.feed);
	if (status == QS_OK)
		status = qs_ort_open(look->run.onnxruntime, findings, &runtime);
	if (status == QS_OK)
		status = run(&comparing, runtime);
	if (status == QS_OK)
		qs_comparison_check_difference(comparing.comparison, comparing.place, findings);
	release(&comparing);
	qs_runtime_close(runtime);
	if (status == QS_OK)
		*ret_comparison = comparing.comparison;
	else
		qs_comparison_free(comparing.comparison);
	return status;
}
