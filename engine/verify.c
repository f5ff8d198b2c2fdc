/* SPDX-License-Identifier: Apache-2.0 */
/* Compares a model that was written with what the config says. */
#include "engine/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "numbers/cpu.h"
#include "engine/feed.h"
#include "engine/pair.h"
#include "numbers/registry.h"
#include "engine/runner.h"
#include "engine/site.h"
#include "model/ort.h"
#include "model/session.h"

/*
 * A distance on average of this share of a step is explained by sums in another order: those move
 * single values by one step, while a wrong scale or zero point, or saturation, moves most of them.
 */
#define EXPLAINED 0.1

struct verifier {
	const struct qs_verify_task *task;
	const struct qs_calibrate_options *options;
	struct qs_findings *findings;
	struct qs_verification *verification;
	struct qs_feed feed;
	struct qs_runtime *runtime;
	struct qs_runner *runner;
	struct qs_session *whole, *shown; /* the file, and the same with its tensors as outputs */
	size_t *item_of_site;
	/* What the file gave in a batch: by item with all tensors shown, and then the outputs once
	 * more of the file as it is. */
	struct qs_blob *found;
	bool optimizes; /* the runtime may rewrite the file's graph */
	size_t n_turns; /* items that were compared at all */
	bool explains;  /* the plan is run with what was written */
};

bool qs_verified_is_explained(const struct qs_verified *item)
{
	return qs_accord_mean(&item->explained) <= EXPLAINED;
}

/* ---- items ----------------------------------------------------------------------------------- */

static const struct qs_graph *graph_of(const struct verifier *verifier)
{
	return verifier->task->plan->layers->graph;
}

static enum qs_status make_items(struct verifier *verifier)
{
	const struct qs_plan *plan = verifier->task->plan;
	const Onnx__GraphProto *proto = graph_of(verifier)->proto;
	struct qs_verification *verification = verifier->verification;
	const size_t most = plan->n_sites + proto->n_output;

	verification->items = calloc(most + 1, sizeof(*verification->items));
	verifier->found = calloc(most + proto->n_output + 1, sizeof(*verifier->found));
	verifier->item_of_site = qs_plan_none(plan->n_sites);
	if (!verification->items || !verifier->found || !verifier->item_of_site)
		return QS_NOMEM;
	for (size_t i = 0; i < plan->n_sites; i++) {
		if (!verifier->task->names[i])
			continue;
		verifier->item_of_site[i] = verification->n_items;
		verification->items[verification->n_items++].name =
		    qs_arena_strdup(&verification->arena, plan->sites[i].name);
	}
	for (size_t i = 0; i < proto->n_output; i++) {
		verification->items[verification->n_items].is_output = true;
		verification->items[verification->n_items++].name =
		    qs_arena_strdup(&verification->arena, proto->output[i]->name);
	}
	for (size_t i = 0; i < verification->n_items; i++) {
		if (!verification->items[i].name)
			return QS_NOMEM;
	}
	return QS_OK;
}

/* ---- the file -------------------------------------------------------------------------------- */

static enum qs_status open_session(
    struct verifier *verifier, const struct qs_model *model, struct qs_session **ret_session)
{
	const size_t threads = qs_registry_threads(verifier->task->registry);
	const struct qs_session_options options = {
	    (int)(threads ? threads : qs_cpu_count()), verifier->optimizes};

	return qs_session_open(verifier->runtime, model, &options, verifier->findings, ret_session);
}

/* A session of the file with the tensors of all sites among its outputs. */
static enum qs_status open_shown(struct verifier *verifier, const struct qs_model *file)
{
	const struct qs_plan *plan = verifier->task->plan;
	struct qs_model model = *file;
	Onnx__ModelProto proto = *file->proto;
	Onnx__GraphProto graph = *file->proto->graph;
	Onnx__ValueInfoProto *infos = calloc(plan->n_sites + 1, sizeof(*infos));
	Onnx__ValueInfoProto **outputs =
	    malloc((graph.n_output + plan->n_sites + 1) * sizeof(*outputs));
	enum qs_status status = QS_NOMEM;

	if (infos && outputs) {
		memcpy(outputs, graph.output, graph.n_output * sizeof(*outputs));
		for (size_t i = 0; i < plan->n_sites; i++) {
			bool is_new = verifier->task->names[i] != NULL;

			for (size_t o = 0; o < file->proto->graph->n_output && is_new; o++)
				is_new = strcmp(outputs[o]->name, verifier->task->names[i]) != 0;
			if (!is_new)
				continue;
			onnx__value_info_proto__init(&infos[i]);
			infos[i].name = (char *)(uintptr_t)verifier->task->names[i];
			outputs[graph.n_output++] = &infos[i];
		}
		graph.output = outputs;
		proto.graph = &graph;
		model.proto = &proto;
		status = open_session(verifier, &model, &verifier->shown);
	}
	free(infos);
	free(outputs);
	return status;
}

static enum qs_status open_file(struct verifier *verifier)
{
	struct qs_model *file = NULL;
	enum qs_status status = qs_model_open(verifier->task->path, verifier->findings, &file);

	if (status == QS_OK)
		status = open_session(verifier, file, &verifier->whole);
	if (status == QS_OK)
		status = open_shown(verifier, file);
	qs_model_free(file);
	return status;
}

static size_t count_outputs(const struct verifier *verifier)
{
	return graph_of(verifier)->proto->n_output;
}

static void forget_found(struct verifier *verifier)
{
	const size_t n = verifier->verification->n_items + count_outputs(verifier);

	for (size_t i = 0; verifier->found && i < n; i++)
		qs_blob_done(&verifier->found[i]);
}

static enum qs_status run_file(struct verifier *verifier)
{
	const struct qs_verification *verification = verifier->verification;
	const size_t n = verification->n_items, n_outputs = count_outputs(verifier);
	const struct qs_feed *feed = &verifier->feed;
	const char **names = malloc((n + 1) * sizeof(*names));
	enum qs_status status;

	if (!names)
		return QS_NOMEM;
	forget_found(verifier);
	for (size_t i = 0; i < verifier->task->plan->n_sites; i++) {
		if (verifier->item_of_site[i] != QS_NONE)
			names[verifier->item_of_site[i]] = verifier->task->names[i];
	}
	for (size_t i = n - n_outputs; i < n; i++)
		names[i] = verification->items[i].name;
	status = qs_session_run(verifier->shown, feed->blobs, feed->n_inputs, names, n,
	    verifier->findings, verifier->found);
	if (status == QS_OK)
		status = qs_session_run(verifier->whole, feed->blobs, feed->n_inputs,
		    names + n - n_outputs, n_outputs, verifier->findings, verifier->found + n);
	free(names);
	return status;
}

/* ---- the plan -------------------------------------------------------------------------------- */

/* Compares what the plan gives for an item with what the file gave, which takes its place where the
 * file is to be explained: then every tensor is judged by what it is computed from. */
static enum qs_status compare(
    struct verifier *verifier, size_t item, const struct qs_site *site, float *values, size_t n)
{
	struct qs_verified *verified = &verifier->verification->items[item];
	const bool is_whole = verified->is_output && !verifier->explains;
	const size_t at = is_whole ? item + count_outputs(verifier) : item;
	size_t n_found;
	float *found = qs_blob_floats(&verifier->found[at], &n_found);

	if (!found)
		return QS_NOMEM;
	if (!verified->turn)
		verified->turn = ++verifier->n_turns;
	if (n_found == n)
		qs_accord_add(verifier->explains ? &verified->explained : &verified->configured,
		    site, found, values, n);
	if (n_found == n && verifier->explains)
		memcpy(values, found, n * sizeof(*values));
	free(found);
	return n_found == n ? QS_OK : QS_BUG;
}

static enum qs_status quantize(
    struct verifier *verifier, const struct qs_site *site, const float *in, size_t n, float *out)
{
	const struct qs_verify_task *task = verifier->task;
	struct qs_onnx_form form;

	if (verifier->explains && site->spec.datatype == QS_DATATYPE_INT &&
	    qs_apply_writes_pair(&task->written, site, task->opset) &&
	    qs_onnx_form(site, task->opset, &form)) {
		qs_pair_apply(site, &form, in, n, out);
		return QS_OK;
	}
	return qs_site_fake(task->plan, task->registry, site, (struct qs_layout){1, 1, n},
	    verifier->findings, in, out);
}

static enum qs_status visit(void *context, size_t index, const float *in, size_t n, float *out)
{
	struct verifier *verifier = context;
	const struct qs_site *site = &verifier->task->plan->sites[index];
	enum qs_status status = quantize(verifier, site, in, n, out);

	if (status == QS_OK && verifier->item_of_site[index] != QS_NONE)
		status = compare(verifier, verifier->item_of_site[index], site, out, n);
	return status;
}

/* The site that an output of the graph has, or NULL. */
static const struct qs_site *site_of_output(const struct qs_plan *plan, const char *name)
{
	const size_t value = qs_graph_find(plan->layers->graph, name);
	size_t site = value == QS_NONE ? QS_NONE : plan->site_of_value[value];

	for (size_t i = value == QS_NONE ? QS_NONE : plan->reading_of_value[value]; i != QS_NONE;
	     i = plan->sites[i].next) {
		if (plan->sites[i].uses[0].node == QS_NONE)
			site = i;
	}
	return site == QS_NONE ? NULL : &plan->sites[site];
}

static enum qs_status compare_outputs(struct verifier *verifier)
{
	const struct qs_verification *verification = verifier->verification;
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < verification->n_items && status == QS_OK; i++) {
		const char *name = verification->items[i].name;
		const struct qs_blob *blob = verification->items[i].is_output
		                                 ? qs_runner_output(verifier->runner, name)
		                                 : NULL;
		size_t n;
		float *expected = blob ? qs_blob_floats(blob, &n) : NULL;

		if (expected)
			status = compare(
			    verifier, i, site_of_output(verifier->task->plan, name), expected, n);
		free(expected);
	}
	return status;
}

static enum qs_status run_plan(struct verifier *verifier, bool explains)
{
	enum qs_status status;

	verifier->explains = explains;
	status = qs_runner_run(verifier->runner, verifier->feed.blobs, verifier->feed.n_inputs,
	    visit, verifier, verifier->findings);
	return status == QS_OK ? compare_outputs(verifier) : status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum qs_status run_batch(struct verifier *verifier, size_t batch)
{
	const size_t n_batches = verifier->feed.dataset.n_batches;
	enum qs_status status = qs_feed_read(&verifier->feed, batch, verifier->findings);

	if (status == QS_OK)
		status = run_file(verifier);
	if (status == QS_OK)
		status = run_plan(verifier, false);
	if (status == QS_OK)
		status = run_plan(verifier, true);
	if (status == QS_OK && verifier->options->progress &&
	    !verifier->options->progress(verifier->options->context, batch + 1, n_batches))
		status = QS_INVALID;
	return status;
}

static enum qs_status open_all(struct verifier *verifier)
{
	static const struct qs_runner_options options = {.cuts = true};
	const struct qs_verify_task *task = verifier->task;
	enum qs_status status = make_items(verifier);

	if (status == QS_OK)
		status = qs_feed_open(graph_of(verifier), verifier->options->data,
		    verifier->options->images, verifier->findings, &verifier->feed);
	if (status == QS_OK)
		status = qs_ort_open(
		    verifier->options->onnxruntime, verifier->findings, &verifier->runtime);
	if (status != QS_OK)
		return status;
	snprintf(verifier->verification->runtime, sizeof(verifier->verification->runtime), "%s %s",
	    verifier->runtime->name, verifier->runtime->version);
	verifier->verification->n_batches = verifier->feed.dataset.n_batches;
	status = open_file(verifier);
	return status == QS_OK ? qs_runner_new(task->plan, task->registry, verifier->runtime,
				     &options, verifier->findings, &verifier->runner)
	                       : status;
}

/* Runs all batches once. */
static enum qs_status verify(struct verifier *verifier)
{
	struct qs_verification *verification = verifier->verification;
	enum qs_status status = open_all(verifier);

	for (size_t i = 0; i < verification->n_batches && status == QS_OK; i++)
		status = run_batch(verifier, i);
	forget_found(verifier);
	qs_runner_free(verifier->runner);
	qs_session_free(verifier->whole);
	qs_session_free(verifier->shown);
	qs_runtime_close(verifier->runtime);
	qs_feed_done(&verifier->feed);
	free(verifier->found);
	free(verifier->item_of_site);
	return status;
}

static bool is_explained(const struct qs_verification *verification)
{
	size_t i = 0;

	while (i < verification->n_items && qs_verified_is_explained(&verification->items[i]))
		i++;
	return i == verification->n_items;
}

/* Whether the file agrees where the runtime runs its nodes as they are. */
static enum qs_status try_unoptimized(const struct verifier *verifier, bool *ret_agrees)
{
	struct qs_verification verification = {.n_items = 0};
	struct verifier plain = {.task = verifier->task,
	    .options = verifier->options,
	    .findings = verifier->findings,
	    .verification = &verification};
	const enum qs_status status = verify(&plain);

	*ret_agrees = is_explained(&verification);
	qs_verification_done(&verification);
	return status;
}

/* The first tensor, as the model is run, that is not explained; NULL when all are. */
static const struct qs_verified *find_first(const struct qs_verification *verification)
{
	const struct qs_verified *first = NULL;

	for (size_t i = 0; i < verification->n_items; i++) {
		const struct qs_verified *item = &verification->items[i];

		if (!item->is_output && !qs_verified_is_explained(item) &&
		    (!first || item->turn < first->turn))
			first = item;
	}
	return first;
}

/* Says what is not explained: the first tensor, where it begins, and all outputs. */
static void complain(const struct verifier *verifier, bool agrees_unoptimized)
{
	const struct qs_verification *verification = verifier->verification;
	const struct qs_verified *first = find_first(verification);
	const struct qs_place place =
	    qs_place_of(qs_findings_name_source(verifier->findings, verifier->task->path));

	for (size_t i = 0; i < verification->n_items; i++) {
		const struct qs_verified *item = &verification->items[i];

		if (qs_verified_is_explained(item) || (!item->is_output && item != first))
			continue;
		qs_finding_add(verifier->findings, QS_FINDING_NOT_AS_CONFIGURED, place,
		    "%s \"%s\": %s gives %.3g %% of the expected codes, %.3g steps off on average "
		    "where rounding explains %g%s",
		    item->is_output ? "output" : "tensor", item->name, verification->runtime,
		    100 * qs_accord_share(&item->explained), qs_accord_mean(&item->explained),
		    EXPLAINED,
		    agrees_unoptimized
			? "; without its graph optimizations it gives what was written"
			: "");
	}
}

enum qs_status qs_verify(const struct qs_verify_task *task,
    const struct qs_calibrate_options *options, struct qs_findings *findings,
    struct qs_verification *ret_verification)
{
	struct verifier verifier = {.task = task,
	    .options = options,
	    .findings = findings,
	    .optimizes = true,
	    .verification = ret_verification};
	bool agrees_unoptimized;
	enum qs_status status;

	memset(ret_verification, 0, sizeof(*ret_verification));
	status = verify(&verifier);
	if (status != QS_OK || is_explained(ret_verification))
		return status;
	status = try_unoptimized(&verifier, &agrees_unoptimized);
	if (status != QS_OK)
		return status;
	complain(&verifier, agrees_unoptimized);
	return QS_INVALID;
}

void qs_verification_done(struct qs_verification *verification)
{
	free(verification->items);
	qs_arena_done(&verification->arena);
	memset(verification, 0, sizeof(*verification));
}

bool qs_findings_are_verdict(const struct qs_findings *findings)
{
	const char *code = qs_finding_kind(QS_FINDING_NOT_AS_CONFIGURED)->code;

	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity == QS_SEVERITY_ERROR && strcmp(finding->code, code) != 0)
			return false;
	}
	return qs_findings_total(findings, QS_SEVERITY_ERROR) > 0;
}
