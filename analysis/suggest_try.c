/* SPDX-License-Identifier: Apache-2.0 */
/* Tries configs: reads, plans, calibrates and measures each. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/sensitivity_trials.h"
#include "analysis/suggest.h"
#include "base/finding.h"
#include "engine/calibrate.h"

struct qs_candidate *qs_candidate_new(
    const struct qs_suggestion *suggestion, const struct qs_candidate *from)
{
	struct qs_candidate *candidate = calloc(1, sizeof(*candidate));

	if (!candidate)
		return NULL;
	candidate->kinds = calloc(suggestion->n_units + 1, sizeof(*candidate->kinds));
	if (!candidate->kinds) {
		free(candidate);
		return NULL;
	}
	if (from) {
		memcpy(candidate->kinds, from->kinds, suggestion->n_units);
		candidate->promotion = from->promotion;
	}
	return candidate;
}

void qs_candidate_free(struct qs_candidate *candidate)
{
	if (!candidate)
		return;
	free(candidate->label);
	free(candidate->kinds);
	free(candidate);
}

bool qs_suggestion_better(const struct qs_suggestion *suggestion, double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a) && isnan(b);
	return suggestion->less_is_better ? a < b : a > b;
}

/* ---- what it costs --------------------------------------------------------------------------- */

static unsigned bits_of(const struct qs_spec *spec)
{
	return spec->datatype == QS_DATATYPE_INT ? (unsigned)spec->bit_width : 16;
}

/* Bytes of the parameters that have formats. */
static uint64_t count_bytes(const struct qs_plan *plan)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];
		const struct qs_value *value = &plan->layers->graph->values[site->value];
		size_t n;

		if (qs_site_is_constant(site) && value->rank >= 0 &&
		    qs_shape_count(value->dims, (size_t)value->rank, &n))
			bits += (uint64_t)n * bits_of(&site->spec);
	}
	return (bits + 7) / 8;
}

static bool is_wide(const struct qs_plan *plan, size_t site)
{
	return site != QS_NONE && bits_of(&plan->sites[site].spec) > 8;
}

/* Multiply-accumulates of layers with an operand of more than 8 bits. */
static uint64_t count_macs16(const struct qs_plan *plan, const struct qs_macs *macs)
{
	uint64_t n = 0;

	for (size_t i = 0; i < plan->layers->n_items; i++) {
		const struct qs_layer *layer = &plan->layers->items[i];

		if (macs[i].n && (is_wide(plan, plan->weights_site[i]) ||
				     is_wide(plan, qs_plan_input_site(plan, layer, 0)) ||
				     is_wide(plan, qs_plan_input_site(plan, layer, 1))))
			n += macs[i].n;
	}
	return n;
}

/* ---- measuring ------------------------------------------------------------------------------- */

static enum qs_status measure_outputs(const struct qs_suggestion *suggestion,
    const struct qs_job *job, struct qs_findings *findings, double *ret_value)
{
	const struct qs_suggest_options *options = suggestion->options;
	struct qs_trials trials;
	enum qs_status status = qs_trials_open(&trials, job, options->calibrate, 1, 0.0, findings);

	if (status == QS_OK) {
		trials.items[0].all_but = true;
		status = qs_trials_run(&trials, NULL, NULL, findings);
	}
	if (status == QS_OK)
		*ret_value = qs_trial_value(&trials, &trials.items[0], options->metric);
	qs_trials_done(&trials);
	return status;
}

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

static bool goes_on(const struct qs_suggestion *suggestion)
{
	const struct qs_suggest_options *options = suggestion->options;

	return !options->progress ||
	       options->progress(options->context, suggestion->n_tried, suggestion->n_tried + 1);
}

/* Notes what a candidate costs. The config as it is may be over a limit; nothing is to be added to
 * it then. */
static void count_cost(const struct qs_suggestion *suggestion, const struct qs_plan *plan,
    struct qs_candidate *candidate)
{
	const struct qs_suggest_options *options = suggestion->options;

	candidate->bytes = count_bytes(plan);
	candidate->macs16 = count_macs16(plan, suggestion->macs);
	candidate->is_refused =
	    candidate->n_layers &&
	    (candidate->bytes > options->bytes_limit || candidate->macs16 > options->macs16_limit);
}

/* Gives a job its scales, and the candidate what it is worth. */
static enum qs_status run(const struct qs_suggestion *suggestion, struct qs_job *job,
    struct qs_candidate *candidate, struct qs_findings *findings)
{
	const struct qs_suggest_options *options = suggestion->options;
	enum qs_status status;

	if (!goes_on(suggestion))
		return QS_INVALID;
	status = qs_job_calibrate(job, options->calibrate, findings);
	if (status == QS_OK)
		status = options->measure
		             ? measure_model(suggestion, job, findings, &candidate->value)
		             : measure_outputs(suggestion, job, findings, &candidate->value);
	candidate->reaches =
	    status == QS_OK &&
	    !qs_suggestion_better(suggestion, suggestion->goal, candidate->value) &&
	    !isnan(candidate->value);
	return status;
}

static enum qs_status make_job(const struct qs_suggestion *suggestion,
    const struct qs_policy *policy, struct qs_findings *findings, struct qs_job **ret_job)
{
	const struct qs_suggest_options *options = suggestion->options;
	enum qs_status status =
	    qs_job_new(policy, options->model_path, options->allow_unmatched, findings, ret_job);

	if (status == QS_OK)
		status = qs_job_set_arithmetic(*ret_job, options->arithmetic);
	if (status == QS_OK)
		status = qs_job_set_scale_law(*ret_job, options->scale_law);
	if (status != QS_OK)
		return status;
	if (options->registry)
		qs_job_use(*ret_job, options->registry);
	else
		status = qs_job_use_threads(*ret_job, options->n_threads);
	return status;
}

/* A config that has what the other has not been told of is none to suggest. */
static bool is_clean(const struct qs_suggestion *suggestion, const struct qs_findings *findings)
{
	return !qs_findings_total(findings, QS_SEVERITY_ERROR) &&
	       qs_findings_total(findings, QS_SEVERITY_WARNING) <= suggestion->n_warnings;
}

static enum qs_status read_policy(const struct qs_suggestion *suggestion,
    const struct qs_source *source, struct qs_findings *findings, struct qs_policy **ret_policy)
{
	const struct qs_policy_options usual = QS_POLICY_OPTIONS_INIT;
	const struct qs_policy_options *options = suggestion->options->policy;

	return qs_policy_read_for(source, options ? options : &usual, findings, ret_policy);
}

/* Plans the model by a config; what is wrong with that refuses the candidate. */
static enum qs_status plan(struct qs_suggestion *suggestion, const struct qs_source *source,
    struct qs_candidate *candidate, struct qs_findings *findings, struct qs_policy **ret_policy,
    struct qs_job **ret_job)
{
	enum qs_status status = read_policy(suggestion, source, findings, ret_policy);

	if (status == QS_OK)
		status = make_job(suggestion, *ret_policy, findings, ret_job);
	candidate->is_refused = status == QS_INVALID || status == QS_UNSUPPORTED ||
	                        (status == QS_OK && !is_clean(suggestion, findings));
	if (candidate->is_refused)
		return QS_OK;
	if (status == QS_OK)
		count_cost(suggestion, (*ret_job)->plan, candidate);
	return status;
}

/* Tries the text of a config. What goes wrong with a config that is fine is told. */
static enum qs_status try_text(struct qs_suggestion *suggestion, const struct qs_source *source,
    struct qs_candidate *candidate, bool runs, struct qs_findings *findings)
{
	struct qs_findings *own = qs_findings_new();
	struct qs_policy *policy = NULL;
	struct qs_job *job = NULL;
	enum qs_status status;

	if (!own)
		return QS_NOMEM;
	status = plan(suggestion, source, candidate, own, &policy, &job);
	if (status == QS_OK && !candidate->is_refused && runs)
		status = run(suggestion, job, candidate, own);
	qs_job_free(job);
	qs_policy_free(policy);
	if (status == QS_OK)
		qs_findings_free(own);
	else
		qs_findings_join(findings, own);
	return status;
}

/* The source of the config with what a candidate is given. */
static enum qs_status make_source(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_source **ret_source, size_t *ret_n_entries)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = qs_suggest_text(suggestion, candidate, &text, ret_n_entries);

	if (status == QS_OK)
		status = qs_source_new(
		    qs_source_name(suggestion->source), text.data, text.size, ret_source);
	qs_text_done(&text);
	return status;
}

enum qs_status qs_candidate_judge(
    struct qs_suggestion *suggestion, const struct qs_candidate *candidate, bool *ret_is_clean)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	struct qs_policy *policy = NULL;
	size_t n;
	enum qs_status status =
	    findings ? make_source(suggestion, candidate, &source, &n) : QS_NOMEM;

	if (status == QS_OK)
		status = read_policy(suggestion, source, findings, &policy);
	*ret_is_clean = status == QS_OK && is_clean(suggestion, findings);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	return status == QS_NOMEM ? status : QS_OK;
}

static void count_layers(const struct qs_suggestion *suggestion, struct qs_candidate *candidate)
{
	candidate->n_layers = 0;
	for (size_t i = 0; i < suggestion->n_units; i++)
		candidate->n_layers += candidate->kinds[i] != 0;
}

enum qs_status qs_candidate_price(struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    struct qs_findings *findings, bool *ret_fits)
{
	struct qs_source *source = NULL;
	enum qs_status status = make_source(suggestion, candidate, &source, &candidate->n_entries);

	count_layers(suggestion, candidate);
	if (status == QS_OK)
		status = try_text(suggestion, source, candidate, false, findings);
	qs_source_free(source);
	*ret_fits = !candidate->is_refused;
	return status;
}

static enum qs_status keep(struct qs_suggestion *suggestion, struct qs_candidate *candidate)
{
	if (suggestion->n_tried == suggestion->capacity) {
		const size_t capacity = suggestion->capacity ? suggestion->capacity * 2 : 32;
		struct qs_candidate **larger =
		    realloc(suggestion->tried, capacity * sizeof(struct qs_candidate *));

		if (!larger) {
			qs_candidate_free(candidate);
			return QS_NOMEM;
		}
		suggestion->tried = larger;
		suggestion->capacity = capacity;
	}
	suggestion->tried[suggestion->n_tried++] = candidate;
	return QS_OK;
}

/* One that was tried with the same, or NULL. */
static const struct qs_candidate *find_tried(
    const struct qs_suggestion *suggestion, const struct qs_candidate *candidate)
{
	for (size_t i = 0; i < suggestion->n_tried; i++) {
		const struct qs_candidate *tried = suggestion->tried[i];

		if (tried->promotion == candidate->promotion &&
		    memcmp(tried->kinds, candidate->kinds, suggestion->n_units) == 0)
			return tried;
	}
	return NULL;
}

enum qs_status qs_candidate_try(struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    const char *label, struct qs_findings *findings, const struct qs_candidate **ret_candidate)
{
	const struct qs_candidate *tried = find_tried(suggestion, candidate);
	struct qs_source *source = NULL;
	enum qs_status status;

	if (tried) {
		qs_candidate_free(candidate);
		*ret_candidate = tried->is_refused ? NULL : tried;
		return QS_OK;
	}
	candidate->label = strdup(label);
	count_layers(suggestion, candidate);
	status = candidate->label
	             ? make_source(suggestion, candidate, &source, &candidate->n_entries)
	             : QS_NOMEM;
	if (status == QS_OK)
		status = try_text(suggestion, source, candidate, true, findings);
	qs_source_free(source);
	if (status != QS_OK) {
		qs_candidate_free(candidate);
		return status;
	}
	status = keep(suggestion, candidate);
	if (status == QS_OK)
		*ret_candidate = candidate->is_refused ? NULL : candidate;
	return status;
}
