/* SPDX-License-Identifier: Apache-2.0 */
/* A job: open, widen, fold, plan, apply, save. */
#include "engine/job.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/finding.h"
#include "engine/fingerprint.h"
#include "model/convert.h"
#include "model/fold.h"
#include "model/opset.h"

/* ---- planning -------------------------------------------------------------------------------- */

static struct qs_spec layer_spec(const void *context, size_t layer, enum qs_tensor kind)
{
	const struct qs_job *job = context;

	return layer == QS_NONE ? qs_policy_model_spec(job->policy, kind)
	                        : qs_selection_spec(job->selection, layer, kind);
}

static bool quantizes(const void *context, enum qs_tensor kind)
{
	const struct qs_job *job = context;

	return qs_policy_quantizes(job->policy, kind);
}

static uint64_t file_size(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 ? (uint64_t)facts.st_size : 0;
}

/* Finds the layers and the entries that win them. */
static enum qs_status find_layers(
    struct qs_job *job, bool allow_unmatched, struct qs_findings *findings)
{
	const struct qs_layer *layers;
	enum qs_status status;
	size_t n_layers;

	qs_selection_free(job->selection);
	job->selection = NULL;
	qs_layers_free(job->layers);
	job->layers = NULL;
	status = qs_layers_new(job->model, findings, &job->layers);
	if (status != QS_OK)
		return status;
	layers = qs_layers_list(job->layers, &n_layers);
	status = qs_policy_select(
	    job->policy, layers, n_layers, allow_unmatched, findings, &job->selection);
	return status == QS_OK ? qs_neighbours_check(job->layers, job->selection, findings)
	                       : status;
}

/* The layers after folding. What there is to say about entries was said about the model as it
 * is. */
static enum qs_status find_folded_layers(struct qs_job *job)
{
	struct qs_findings *silent = qs_findings_new();
	enum qs_status status = silent ? find_layers(job, true, silent) : QS_NOMEM;

	qs_findings_free(silent);
	return status;
}

static enum qs_status take_fingerprints(struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = qs_fingerprint_model(job->model, findings, &job->model_fingerprint);

	if (status == QS_OK)
		status = qs_content_find(job->model, &job->content);
	return status == QS_OK ? qs_fingerprint_scales(job->policy, &job->config_fingerprint)
	                       : status;
}

enum qs_status qs_job_plan(struct qs_job *job, struct qs_findings *findings)
{
	const struct qs_spec_source specs = {layer_spec, quantizes, job,
	    qs_policy_device(job->policy), job->written.written == QS_WRITTEN_INT_WEIGHTS};
	const enum qs_status status = qs_plan_new(job->layers, &specs, findings, &job->plan);

	if (status == QS_OK)
		job->plan->corrects_biases =
		    qs_policy_switch(job->policy, QS_SWITCH_INCLUDE_BIAS_CORR);
	return status;
}

static enum qs_status make_plan(struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_status status = find_folded_layers(job);

	return status == QS_OK ? qs_job_plan(job, findings) : status;
}

/* The lowest opset at which every site of the plan can be said at all. */
static int64_t least_opset(const struct qs_job *job)
{
	int64_t opset = qs_policy_opset(job->policy);

	for (size_t i = 0; i < job->plan->n_sites; i++) {
		const int64_t least = qs_onnx_least_opset(&job->plan->sites[i]);

		opset = least > opset ? least : opset;
	}
	return opset;
}

static void drop_plan(struct qs_job *job)
{
	qs_plan_free(job->plan);
	job->plan = NULL;
	qs_selection_free(job->selection);
	job->selection = NULL;
	qs_layers_free(job->layers);
	job->layers = NULL;
}

/*
 * Brings a model up that is too old for what is to be written, and plans it again. Up to opset 13
 * that is a wish, granted as far as it goes, since com.microsoft has forms for older models (but
 * ONNX Runtime rewrites them into operators that only later opsets have). What the plan or the
 * config asks for has to be had.
 */
static enum qs_status raise_opset(struct qs_job *job, struct qs_findings *findings)
{
	const int64_t least = least_opset(job);
	const int64_t wanted = least > QS_STANDARD_OPSET ? least : QS_STANDARD_OPSET;
	const bool must = least > job->opset;
	struct qs_findings *wishes;
	enum qs_status status;

	if (wanted <= job->opset)
		return QS_OK;
	wishes = must ? NULL : qs_findings_new();
	if (!must && !wishes)
		return QS_NOMEM;
	drop_plan(job);
	status = qs_opset_raise(job->model, wanted, must ? findings : wishes);
	for (int64_t less = wanted - 1; !must && status == QS_UNSUPPORTED && less > job->opset;
	     less--)
		status = qs_opset_raise(job->model, less, wishes);
	qs_findings_free(wishes);
	if (status != QS_OK && (must || status != QS_UNSUPPORTED))
		return status;
	job->opset = qs_model_opset(job->model);
	return make_plan(job, findings);
}

/* What the switches of the config make of the model before it is planned. */
static enum qs_status rewrite(struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	if (qs_policy_switch(job->policy, QS_SWITCH_CONVERT_RELU6_TO_RELU))
		status = qs_relu6_to_relu(job->model, findings, &job->n_relu6);
	if (status == QS_OK && qs_policy_switch(job->policy, QS_SWITCH_CONVERT_SILU_TO_HSWISH))
		status = qs_silu_to_hardswish(job->model, findings, &job->n_silu);
	if (status == QS_OK && qs_policy_switch(job->policy, QS_SWITCH_INCLUDE_CLE))
		status = qs_equalize(job->model, findings, &job->equalized);
	return status;
}

enum qs_status qs_job_open_float(
    const struct qs_job *job, struct qs_findings *findings, struct qs_model **ret_model)
{
	const bool equalizes = qs_policy_switch(job->policy, QS_SWITCH_INCLUDE_CLE);
	struct qs_equalized equalized;
	struct qs_widened widened;
	struct qs_model *model = NULL;
	size_t n;
	enum qs_status status = qs_model_open(job->model_path, findings, &model);

	if (status == QS_OK)
		status = qs_widen(model, findings, &widened);
	if (status == QS_OK)
		status = qs_fold_batch_norms(model, findings, &n);
	if (status == QS_OK && equalizes &&
	    qs_policy_switch(job->policy, QS_SWITCH_CONVERT_RELU6_TO_RELU))
		status = qs_relu6_to_relu(model, findings, &n);
	if (status == QS_OK && equalizes)
		status = qs_equalize(model, findings, &equalized);
	if (status == QS_OK)
		*ret_model = model;
	else
		qs_model_free(model);
	return status;
}

static enum qs_status prepare(
    struct qs_job *job, bool allow_unmatched, struct qs_findings *findings)
{
	enum qs_status status = qs_model_open(job->model_path, findings, &job->model);

	if (status == QS_OK)
		status = qs_model_check_external(job->model, findings);
	if (status == QS_OK)
		status = find_layers(job, allow_unmatched, findings);
	if (status == QS_OK)
		status = take_fingerprints(job, findings);
	if (status == QS_OK)
		status = qs_widen(job->model, findings, &job->widened);
	if (status == QS_OK)
		status = qs_fold_batch_norms(job->model, findings, &job->n_folded);
	if (status == QS_OK)
		status = rewrite(job, findings);
	if (status != QS_OK)
		return status;
	job->bytes_before = file_size(job->model_path) + qs_model_external_size(job->model);
	job->opset = job->opset_before = qs_model_opset(job->model);
	status = make_plan(job, findings);
	if (status == QS_OK)
		status = raise_opset(job, findings);
	return status;
}

/* What plug-ins compute can be written; what they mean by a number format cannot. */
static enum qs_status check_formats(const struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < job->plan->n_sites; i++) {
		const struct qs_site *site = &job->plan->sites[i];

		if (site->spec.datatype < QS_DATATYPE__COUNT)
			continue;
		qs_finding_add(findings, QS_FINDING_NOT_EXPRESSIBLE,
		    qs_place_of(qs_findings_name_source(findings, job->model_path)),
		    "tensor \"%s\": ONNX has no form for the datatype of a plug-in", site->name);
		status = QS_UNSUPPORTED;
	}
	return status;
}

enum qs_status qs_job_new(const struct qs_policy *policy, const char *model_path,
    bool allow_unmatched, struct qs_findings *findings, struct qs_job **ret_job)
{
	struct qs_job *job = calloc(1, sizeof(*job));
	enum qs_status status = QS_NOMEM;

	if (!job)
		return QS_NOMEM;
	job->policy = policy;
	job->registry = job->builtin = qs_registry_new();
	job->model_path = strdup(model_path);
	if (job->registry && job->model_path)
		status = prepare(job, allow_unmatched, findings);
	if (status == QS_OK)
		status = check_formats(job, findings);
	if (status != QS_OK) {
		qs_job_free(job);
		return status;
	}
	*ret_job = job;
	return QS_OK;
}

void qs_job_use(struct qs_job *job, const struct qs_registry *registry)
{
	job->registry = registry;
}

void qs_job_free(struct qs_job *job)
{
	if (!job)
		return;
	qs_plan_free(job->plan);
	qs_selection_free(job->selection);
	qs_layers_free(job->layers);
	qs_model_free(job->model);
	qs_content_done(&job->content);
	qs_registry_free(job->builtin);
	qs_verification_done(&job->verification);
	free(job->model_path);
	free(job->output_path);
	free(job);
}

enum qs_status qs_job_set_arithmetic(struct qs_job *job, enum qs_arithmetic arithmetic)
{
	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	job->arithmetic = arithmetic;
	return QS_OK;
}

enum qs_status qs_job_plan_again(struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_scale_law law = job->plan->scale_law;
	enum qs_status status;

	drop_plan(job);
	status = make_plan(job, findings);
	if (status != QS_OK)
		return status;
	job->plan->scale_law = law;
	return job->scales ? qs_job_read_scales(job, job->scales, findings) : QS_OK;
}

enum qs_status qs_job_set_apply(
    struct qs_job *job, const struct qs_apply_options *options, struct qs_findings *findings)
{
	const bool same_plan = (job->written.written == QS_WRITTEN_INT_WEIGHTS) ==
	                       (options->written == QS_WRITTEN_INT_WEIGHTS);

	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	job->written = *options;
	if (same_plan)
		return QS_OK;
	return qs_job_plan_again(job, findings);
}

enum qs_status qs_job_set_scale_law(struct qs_job *job, enum qs_scale_law law)
{
	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	job->plan->scale_law = law;
	return QS_OK;
}

enum qs_status qs_job_use_threads(struct qs_job *job, size_t n_threads)
{
	return qs_registry_use_threads(job->builtin, n_threads);
}

/* ---- the quantized model --------------------------------------------------------------------- */

enum qs_status qs_job_apply(struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status;

	if (job->stage != QS_JOB_CALIBRATED)
		return QS_BUG;
	status = qs_apply(job->plan, job->registry, &job->written, findings, &job->applied);
	if (status == QS_OK)
		job->stage = QS_JOB_APPLIED;
	return status;
}

enum qs_status qs_job_save(struct qs_job *job, const char *path, struct qs_findings *findings)
{
	enum qs_status status;

	if (job->stage != QS_JOB_APPLIED)
		return QS_BUG;
	job->output_path = strdup(path);
	status = job->output_path ? qs_model_write(job->model, path, findings, &job->bytes_after)
	                          : QS_NOMEM;
	if (status == QS_OK)
		job->stage = QS_JOB_SAVED;
	return status;
}
