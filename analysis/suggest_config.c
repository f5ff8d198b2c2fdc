/* SPDX-License-Identifier: Apache-2.0 */
/* Reads configs with what candidates are given, and plans models by them. */
#include <stdlib.h>

#include "analysis/suggest.h"
#include "base/finding.h"

bool qs_suggest_is_clean(const struct qs_suggestion *suggestion, const struct qs_findings *findings)
{
	return !qs_findings_total(findings, QS_SEVERITY_ERROR) &&
	       qs_findings_total(findings, QS_SEVERITY_WARNING) <= suggestion->n_warnings;
}

/* The source of the config with what a candidate is given. */
static enum qs_status make_source(const struct qs_suggestion *suggestion,
    struct qs_candidate *candidate, struct qs_source **ret_source)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	candidate->n_layers = 0;
	for (size_t i = 0; i < suggestion->n_units; i++)
		candidate->n_layers += candidate->kinds[i] != 0;
	status = qs_suggest_text(suggestion, candidate, &text, &candidate->n_entries);
	if (status == QS_OK)
		status = qs_source_new(
		    qs_source_name(suggestion->source), text.data, text.size, ret_source);
	qs_text_done(&text);
	return status;
}

enum qs_status qs_candidate_read(const struct qs_suggestion *suggestion,
    struct qs_candidate *candidate, struct qs_findings *findings, struct qs_suggest_job *ret_job)
{
	const struct qs_policy_options usual = QS_POLICY_OPTIONS_INIT;
	const struct qs_policy_options *options = suggestion->options->policy;
	struct qs_suggest_job job = {.source = NULL};
	enum qs_status status = make_source(suggestion, candidate, &job.source);

	if (status == QS_OK)
		status = qs_policy_read_for(
		    job.source, options ? options : &usual, findings, &job.policy);
	candidate->is_refused = status == QS_INVALID || status == QS_UNSUPPORTED ||
	                        (status == QS_OK && !qs_suggest_is_clean(suggestion, findings));
	*ret_job = job;
	return candidate->is_refused ? QS_OK : status;
}

enum qs_status qs_suggest_plan(const struct qs_suggestion *suggestion, struct qs_suggest_job *job,
    struct qs_findings *findings)
{
	const struct qs_suggest_options *options = suggestion->options;
	enum qs_status status = qs_job_new(
	    job->policy, options->model_path, options->allow_unmatched, findings, &job->job);

	if (status == QS_OK)
		status = qs_job_set_arithmetic(job->job, options->arithmetic);
	if (status == QS_OK)
		status = qs_job_set_scale_law(job->job, options->scale_law);
	if (status == QS_OK && options->registry)
		qs_job_use(job->job, options->registry);
	else if (status == QS_OK)
		status = qs_job_use_threads(job->job, options->n_threads);
	return status;
}

void qs_suggest_job_done(struct qs_suggest_job *job)
{
	qs_job_free(job->job);
	qs_policy_free(job->policy);
	qs_source_free(job->source);
	*job = (struct qs_suggest_job){.source = NULL};
}

enum qs_status qs_candidate_judge(struct qs_suggestion *suggestion, struct qs_candidate *candidate)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_suggest_job job = {.source = NULL};
	const enum qs_status status =
	    findings ? qs_candidate_read(suggestion, candidate, findings, &job) : QS_NOMEM;

	qs_suggest_job_done(&job);
	qs_findings_free(findings);
	return status;
}
