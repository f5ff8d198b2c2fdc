/* SPDX-License-Identifier: Apache-2.0 */
/* Plans one model by several configs, with the scales of those that were calibrated. */
#include "engine/replan.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/calibrate.h"

/* ---- likeness -------------------------------------------------------------------------------- */

static bool have_same_uses(const struct qs_site *a, const struct qs_site *b)
{
	bool same = a->n_uses == b->n_uses;

	for (size_t i = 0; same && i < a->n_uses; i++)
		same = a->uses[i].node == b->uses[i].node && a->uses[i].input == b->uses[i].input;
	return same;
}

static bool is_like(const struct qs_site *a, const struct qs_site *b)
{
	return a->kind == b->kind && a->value == b->value && a->axis == b->axis &&
	       a->is_constant == b->is_constant && a->next == b->next &&
	       a->input_site == b->input_site && a->weights_site == b->weights_site &&
	       strcmp(a->tensor, b->tensor) == 0 && have_same_uses(a, b);
}

bool qs_plan_is_like(const struct qs_plan *plan, const struct qs_plan *other)
{
	bool like = plan->n_sites == other->n_sites &&
	            plan->layers->graph->n_values == other->layers->graph->n_values;

	for (size_t i = 0; like && i < plan->n_sites; i++)
		like = is_like(&plan->sites[i], &other->sites[i]);
	return like;
}

/* ---- scales ---------------------------------------------------------------------------------- */

enum qs_status qs_site_take_scales(struct qs_site *site, const struct qs_site *from)
{
	const size_t n = from->qparams.n;
	enum qs_status status = n ? qs_qparams_init(&site->qparams, n) : QS_OK;

	if (status != QS_OK)
		return status;
	site->qparams.quant_min = from->qparams.quant_min;
	site->qparams.quant_max = from->qparams.quant_max;
	for (size_t i = 0; i < n; i++) {
		site->qparams.scale[i] = from->qparams.scale[i];
		site->qparams.zero_point[i] = from->qparams.zero_point[i];
		site->qparams.float_max[i] = from->qparams.float_max[i];
	}
	if (!from->correction)
		return QS_OK;
	site->correction = malloc(from->n_correction * sizeof(*site->correction) + 1);
	if (!site->correction)
		return QS_NOMEM;
	memcpy(site->correction, from->correction, from->n_correction * sizeof(*site->correction));
	site->n_correction = from->n_correction;
	return QS_OK;
}

/* What a site has beside its format and its scales. */
static void take_facts(struct qs_site *site, const struct qs_site *from)
{
	site->fixed_scale = from->fixed_scale;
	site->scale_law = from->scale_law;
	site->is_given = from->is_given;
	site->n_rounded = from->n_rounded;
	site->n_ties = from->n_ties;
}

/* Gives the sites of a plan the scales of the first of several plans that has their formats. */
static enum qs_status take_scales(
    struct qs_plan *plan, const struct qs_plan *const *known, size_t n_known, bool *ret_all)
{
	enum qs_status status = QS_OK;

	*ret_all = n_known > 0;
	for (size_t k = 0; k < n_known && *ret_all; k++)
		*ret_all = qs_plan_is_like(plan, known[k]);
	for (size_t i = 0; i < plan->n_sites && status == QS_OK && *ret_all; i++) {
		struct qs_site *site = &plan->sites[i];
		size_t k = 0;

		while (k < n_known && !qs_plan_same_spec(&site->spec, &known[k]->sites[i].spec))
			k++;
		*ret_all = k < n_known;
		if (k == n_known)
			continue;
		take_facts(site, &known[k]->sites[i]);
		status = qs_site_take_scales(site, &known[k]->sites[i]);
	}
	if (*ret_all)
		plan->scale_law = known[0]->scale_law;
	return status;
}

enum qs_status qs_job_take_scales(struct qs_job *job, const struct qs_plan *const *known,
    size_t n_known, struct qs_findings *findings, bool *ret_taken)
{
	enum qs_status status = qs_job_settle_arithmetic(job, findings);

	*ret_taken = false;
	if (job->stage != QS_JOB_PLANNED)
		return QS_BUG;
	if (status == QS_OK)
		status = take_scales(job->plan, known, n_known, ret_taken);
	return status == QS_OK && *ret_taken ? qs_job_derive(job, findings) : status;
}

/* ---- plans ----------------------------------------------------------------------------------- */

static enum qs_status select_entries(const struct qs_job *job, const struct qs_policy *policy,
    struct qs_findings *findings, struct qs_selection **ret_selection)
{
	size_t n;
	const struct qs_layer *layers = qs_layers_list(job->layers, &n);

	return qs_policy_select(policy, layers, n, true, findings, ret_selection);
}

/* A job for the time of planning: the model of another one, by another policy. */
static struct qs_job with_policy(const struct qs_job *job, const struct qs_policy *policy)
{
	return (struct qs_job){.policy = policy,
	    .registry = job->registry,
	    .layers = job->layers,
	    .arithmetic = job->arithmetic,
	    .written = job->written};
}

enum qs_status qs_job_replan(const struct qs_job *job, const struct qs_policy *policy,
    const struct qs_plan *const *known, size_t n_known, struct qs_plan **ret_plan)
{
	struct qs_job other = with_policy(job, policy);
	struct qs_findings *silent = qs_findings_new();
	enum qs_status status =
	    silent ? select_entries(job, policy, silent, &other.selection) : QS_NOMEM;
	bool all = false;

	if (status == QS_OK)
		status = qs_job_plan(&other, silent);
	if (status == QS_OK)
		status = take_scales(other.plan, known, n_known, &all);
	if (status == QS_OK && all) {
		memcpy(other.plan->gain_of_value, job->plan->gain_of_value,
		    job->layers->graph->n_values * sizeof(*job->plan->gain_of_value));
		status = qs_job_derive(&other, silent);
	}
	qs_selection_free(other.selection);
	qs_findings_free(silent);
	*ret_plan = status == QS_OK && all ? other.plan : NULL;
	if (!*ret_plan)
		qs_plan_free(other.plan);
	return status == QS_NOMEM || status == QS_BUG ? status : QS_OK;
}
