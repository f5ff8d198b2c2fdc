/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries configs: with the scales of those that were calibrated, several side by side; or calibrated
 * as they are.
 */
#include <stdlib.h>
#include <unistd.h>

#include "analysis/sensitivity_trials.h"
#include "analysis/suggest.h"
#include "base/finding.h"
#include "engine/replan.h"

/* ---- measuring ------------------------------------------------------------------------------- */

static bool goes_on(const struct qs_suggestion *suggestion)
{
	const struct qs_suggest_options *options = suggestion->options;

	return !options->progress ||
	       options->progress(options->context, suggestion->n_tried, suggestion->n_tried + 1);
}

static bool pause_trials(void *context, size_t n_done, size_t n_all)
{
	(void)n_done;
	(void)n_all;
	return goes_on(context);
}

/* What a calibrated job gives at its outputs. */
static enum qs_status measure_outputs(const struct qs_suggestion *suggestion,
    const struct qs_job *job, struct qs_findings *findings, double *ret_value)
{
	const struct qs_suggest_options *options = suggestion->options;
	struct qs_trials trials;
	enum qs_status status = qs_trials_open(&trials, job, options->calibrate, 1, 0.0, findings);

	if (status == QS_OK) {
		trials.items[0].all_but = true;
		status = qs_trials_run(&trials, pause_trials, (void *)suggestion, findings);
	}
	if (status == QS_OK)
		*ret_value = qs_trial_value(&trials, &trials.items[0], options->metric);
	qs_trials_done(&trials);
	return status;
}

/* What the caller says of the model that a calibrated job writes. */
static enum qs_status measure_model(const struct qs_suggestion *suggestion, struct qs_job *job,
    struct qs_findings *findings, double *ret_value)
{
	const struct qs_suggest_options *options = suggestion->options;
	struct qs_text why = QS_TEXT_INIT;
	enum qs_status status = qs_job_apply(job, findings);

	if (status == QS_OK)
		status = qs_job_save(job, options->temporary, findings);
	if (status == QS_OK &&
	    !options->measure(options->measure_context, options->temporary, &why, ret_value)) {
		if (why.size)
			qs_finding_add(findings, QS_FINDING_METRIC_COMMAND, qs_place_of(NULL),
			    "the metric command %s", why.data);
		status = QS_INVALID;
	}
	qs_text_done(&why);
	unlink(options->temporary);
	return status;
}

static enum qs_status measure(const struct qs_suggestion *suggestion, struct qs_job *job,
    struct qs_candidate *candidate, struct qs_findings *findings)
{
	double value;
	const enum qs_status status = suggestion->options->measure
	                                  ? measure_model(suggestion, job, findings, &value)
	                                  : measure_outputs(suggestion, job, findings, &value);

	if (status == QS_OK)
		qs_candidate_take(suggestion, candidate, value);
	return status;
}

/* ---- one at a time --------------------------------------------------------------------------- */

/* Plans the model by a config that was read; what is wrong with that refuses the candidate. */
static enum qs_status plan(const struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    struct qs_findings *own, struct qs_suggest_job *job)
{
	const enum qs_status status = qs_suggest_plan(suggestion, job, own);

	candidate->is_refused = status == QS_INVALID || status == QS_UNSUPPORTED ||
	                        (status == QS_OK && !qs_suggest_is_clean(suggestion, own));
	if (candidate->is_refused)
		return QS_OK;
	if (status == QS_OK)
		qs_candidate_count(suggestion, job->job->plan, candidate);
	return status;
}

/* Calibrates a job that was planned, and measures it. */
static enum qs_status run_whole(struct qs_suggestion *suggestion, struct qs_suggest_job *job,
    struct qs_candidate *candidate, struct qs_findings *findings)
{
	enum qs_status status =
	    qs_job_calibrate(job->job, suggestion->options->calibrate, findings);

	suggestion->n_calibrated++;
	candidate->is_checked = true;
	return status == QS_OK ? measure(suggestion, job->job, candidate, findings) : status;
}

/* Measures the model of a candidate whose policy was read, with scales that are known. */
static enum qs_status run_known(struct qs_suggestion *suggestion, struct qs_suggest_job *job,
    struct qs_candidate *candidate, struct qs_findings *findings, bool *ret_taken)
{
	enum qs_status status = qs_job_take_scales(
	    job->job, suggestion->known, suggestion->n_known, findings, ret_taken);

	return status == QS_OK && *ret_taken ? measure(suggestion, job->job, candidate, findings)
	                                     : status;
}

/*
 * Measures a candidate on its own: with scales that are known, unless it is to be checked or has
 * some that are not. What goes wrong with a config that is fine is told.
 */
static enum qs_status run_alone(struct qs_suggestion *suggestion, struct qs_suggest_job *job,
    struct qs_candidate *candidate, bool checks, struct qs_findings *findings)
{
	struct qs_findings *own = qs_findings_new();
	bool taken = false;
	enum qs_status status = own ? plan(suggestion, candidate, own, job) : QS_NOMEM;

	if (status == QS_OK && !candidate->is_refused && !goes_on(suggestion))
		status = QS_INVALID;
	if (status == QS_OK && !candidate->is_refused && !checks) {
		status = run_known(suggestion, job, candidate, own, &taken);
		if (status == QS_OK && !taken) {
			qs_job_free(job->job);
			job->job = NULL;
			status = qs_suggest_plan(suggestion, job, own);
		}
	}
	if (status == QS_OK && !candidate->is_refused && !taken)
		status = run_whole(suggestion, job, candidate, own);
	if (status == QS_OK)
		qs_findings_free(own);
	else if (own)
		qs_findings_join(findings, own);
	return status;
}

enum qs_status qs_candidate_check(
    struct qs_suggestion *suggestion, struct qs_candidate *candidate, struct qs_findings *findings)
{
	struct qs_findings *own = qs_findings_new();
	struct qs_suggest_job job = {.source = NULL};
	enum qs_status status =
	    own ? qs_candidate_read(suggestion, candidate, own, &job) : QS_NOMEM;

	if (status == QS_OK && !candidate->is_refused)
		status = run_alone(suggestion, &job, candidate, true, findings);
	qs_suggest_job_done(&job);
	qs_findings_free(own);
	return status;
}

enum qs_status qs_candidate_price(struct qs_suggestion *suggestion, struct qs_candidate *candidate)
{
	struct qs_findings *own = qs_findings_new();
	struct qs_suggest_job job = {.source = NULL};
	enum qs_status status =
	    own ? qs_candidate_read(suggestion, candidate, own, &job) : QS_NOMEM;

	if (status == QS_OK && !candidate->is_refused)
		status = plan(suggestion, candidate, own, &job);
	qs_suggest_job_done(&job);
	qs_findings_free(own);
	return status;
}

enum qs_status qs_suggest_widen(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_candidate *all = qs_candidate_new(suggestion, NULL);
	struct qs_findings *own = qs_findings_new();
	enum qs_status status = all && own ? QS_OK : QS_NOMEM;

	for (size_t i = 0; all && i < suggestion->n_units; i++)
		all->kinds[i] = (unsigned char)suggestion->units[i].kinds;
	if (status == QS_OK)
		status = qs_candidate_read(suggestion, all, own, &suggestion->wide);
	if (status == QS_OK && !all->is_refused)
		status = plan(suggestion, all, own, &suggestion->wide);
	if (status == QS_OK && suggestion->wide.job) {
		status = qs_job_calibrate(
		    suggestion->wide.job, suggestion->options->calibrate, findings);
		suggestion->n_calibrated++;
		if (status == QS_OK &&
		    qs_plan_is_like(suggestion->wide.job->plan, suggestion->job->plan))
			suggestion->known[suggestion->n_known++] = suggestion->wide.job->plan;
	}
	qs_findings_free(own);
	qs_candidate_free(all);
	return status;
}

/* ---- side by side ---------------------------------------------------------------------------- */

/* A candidate on its way. */
struct attempt {
	struct qs_candidate *candidate;
	struct qs_suggest_job job;
	struct qs_plan *plan; /* with scales that are known; or NULL */
	bool is_alone;        /* it is to be run on its own */
};

static bool is_usual(const struct qs_candidate *candidate)
{
	return candidate->n_layers == 0;
}

/* Reads the config of a candidate, and finds the scales that it is tried with. */
static enum qs_status prepare(struct qs_suggestion *suggestion, struct attempt *attempt)
{
	struct qs_candidate *candidate = attempt->candidate;
	struct qs_findings *own = qs_findings_new();
	enum qs_status status =
	    own ? qs_candidate_read(suggestion, candidate, own, &attempt->job) : QS_NOMEM;

	qs_findings_free(own);
	if (status != QS_OK || candidate->is_refused)
		return status;
	attempt->is_alone = suggestion->options->measure;
	if (attempt->is_alone)
		return QS_OK;
	candidate->is_checked = is_usual(candidate);
	if (!is_usual(candidate))
		status = qs_job_replan(suggestion->job, attempt->job.policy, suggestion->known,
		    suggestion->n_known, &attempt->plan);
	attempt->is_alone = !is_usual(candidate) && !attempt->plan;
	if (status == QS_OK && !attempt->is_alone)
		qs_candidate_count(
		    suggestion, attempt->plan ? attempt->plan : suggestion->job->plan, candidate);
	return status;
}

/* Runs those that have all their scales over the data. */
static enum qs_status run_together(struct qs_suggestion *suggestion, struct attempt *attempts,
    size_t n, struct qs_findings *findings)
{
	struct qs_trials *trials = suggestion->trials;
	struct attempt *of_item[QS_ROUND];
	enum qs_status status;
	size_t n_items = 0;

	for (size_t i = 0; i < n; i++) {
		if (!attempts[i].candidate->is_refused && !attempts[i].is_alone)
			of_item[n_items++] = &attempts[i];
	}
	if (!n_items)
		return QS_OK;
	qs_trials_renew(trials, n_items);
	for (size_t i = 0; i < n_items; i++) {
		trials->items[i].all_but = true;
		trials->items[i].plan = of_item[i]->plan;
	}
	status = qs_trials_run(trials, pause_trials, suggestion, findings);
	for (size_t i = 0; i < n_items && status == QS_OK; i++)
		qs_candidate_take(suggestion, of_item[i]->candidate,
		    qs_trial_value(trials, &trials->items[i], suggestion->options->metric));
	return status;
}

enum qs_status qs_candidates_measure(struct qs_suggestion *suggestion,
    struct qs_candidate *const *candidates, size_t n, struct qs_findings *findings)
{
	struct attempt attempts[QS_ROUND] = {{.candidate = NULL}};
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < n && status == QS_OK; i++) {
		attempts[i].candidate = candidates[i];
		status = prepare(suggestion, &attempts[i]);
	}
	if (status == QS_OK)
		status = run_together(suggestion, attempts, n, findings);
	for (size_t i = 0; i < n && status == QS_OK; i++) {
		if (!candidates[i]->is_refused && attempts[i].is_alone)
			status = run_alone(suggestion, &attempts[i].job, candidates[i],
			    is_usual(candidates[i]), findings);
	}
	for (size_t i = 0; i < n; i++) {
		qs_plan_free(attempts[i].plan);
		qs_suggest_job_done(&attempts[i].job);
	}
	return status;
}

enum qs_status qs_candidates_try(struct qs_suggestion *suggestion,
    struct qs_candidate *const *candidates, size_t n, struct qs_findings *findings,
    const struct qs_candidate **ret_tried)
{
	struct qs_candidate *fresh[QS_ROUND] = {NULL};
	enum qs_status status = QS_OK;
	size_t n_fresh = 0;

	for (size_t i = 0; i < n; i++) {
		ret_tried[i] = qs_candidate_find(suggestion, candidates[i]);
		if (ret_tried[i])
			qs_candidate_free(candidates[i]);
		else
			ret_tried[i] = fresh[n_fresh++] = candidates[i];
	}
	for (size_t i = 0; i < n_fresh; i++) {
		qs_candidate_describe(suggestion, fresh[i]);
		status = fresh[i]->label ? status : QS_NOMEM;
	}
	if (status == QS_OK)
		status = qs_candidates_measure(suggestion, fresh, n_fresh, findings);
	for (size_t i = 0; i < n_fresh; i++) {
		if (status == QS_OK)
			status = qs_candidate_keep(suggestion, fresh[i]);
		else
			qs_candidate_free(fresh[i]);
	}
	for (size_t i = 0; i < n && status == QS_OK; i++)
		ret_tried[i] = ret_tried[i]->is_refused ? NULL : ret_tried[i];
	return status;
}

enum qs_status qs_candidate_try(struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    struct qs_findings *findings, const struct qs_candidate **ret_tried)
{
	return qs_candidates_try(suggestion, &candidate, 1, findings, ret_tried);
}
