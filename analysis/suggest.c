/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for entries that reach a goal: measures, searches, checks what was found. */
#include "analysis/suggest.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sensitivity_trials.h"
#include "base/finding.h"

/* So often is searched, when what was found falls short once it is calibrated. */
#define SEARCHES 3

/* Candidates of a size that are checked before larger ones are. */
#define CHECKS_A_SIZE 3

#define STRATEGY(ID, word, about) {word, about},
static const struct {
	const char *word, *about;
} strategies[QS_STRATEGY__COUNT] = {QS_STRATEGY_LIST(STRATEGY)};
#undef STRATEGY

static qs_search *const searches[QS_STRATEGY__COUNT] = {
    [QS_STRATEGY_FEWEST] = qs_search_fewest,
    [QS_STRATEGY_TYPES] = qs_search_types,
    [QS_STRATEGY_TOP] = qs_search_rows,
    [QS_STRATEGY_RATIO] = qs_search_rows,
    [QS_STRATEGY_THRESHOLDS] = qs_search_thresholds,
    [QS_STRATEGY_STAGED] = qs_search_staged,
};

const char *qs_strategy_word(enum qs_strategy strategy)
{
	return strategies[strategy].word;
}

const char *qs_strategy_about(enum qs_strategy strategy)
{
	return strategies[strategy].about;
}

/* ---- the best -------------------------------------------------------------------------------- */

/* Whether one costs no more and is worth no less than another, and is not the same in both. */
static bool dominates(const struct qs_suggestion *suggestion, const struct qs_candidate *a,
    const struct qs_candidate *b)
{
	const bool no_worse = !qs_suggestion_better(suggestion, b->value, a->value) &&
	                      a->bytes <= b->bytes && a->macs16 <= b->macs16 &&
	                      a->n_layers <= b->n_layers;

	return no_worse &&
	       (qs_suggestion_better(suggestion, a->value, b->value) || a->bytes < b->bytes ||
		   a->macs16 < b->macs16 || a->n_layers < b->n_layers);
}

static void mark_pareto(struct qs_suggestion *suggestion)
{
	for (size_t i = 0; i < suggestion->n_tried; i++) {
		struct qs_candidate *candidate = suggestion->tried[i];

		candidate->is_pareto = !candidate->is_refused;
		for (size_t j = 0; j < suggestion->n_tried && candidate->is_pareto; j++)
			candidate->is_pareto =
			    suggestion->tried[j]->is_refused ||
			    !dominates(suggestion, suggestion->tried[j], candidate);
	}
}

static int compare_sizes(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

/* Which of two is smaller: by entries where types are looked for, else by layers; then by the
 * other, 16-bit multiply-accumulates and bytes. */
static int compare_costs(const struct qs_suggestion *suggestion, const struct qs_candidate *a,
    const struct qs_candidate *b)
{
	const bool types = suggestion->options->strategy == QS_STRATEGY_TYPES;
	const int by_entries = compare_sizes(a->n_entries, b->n_entries);
	const int by_layers = compare_sizes(a->n_layers, b->n_layers);
	const int first = types ? by_entries : by_layers, second = types ? by_layers : by_entries;

	if (first || second)
		return first ? first : second;
	if (a->macs16 != b->macs16)
		return a->macs16 < b->macs16 ? -1 : 1;
	return a->bytes < b->bytes ? -1 : a->bytes > b->bytes;
}

/* The order in which candidates are to be had: the smallest that reaches the goal, and of equal
 * ones the better; else what comes nearest. */
static bool is_preferred(const struct qs_suggestion *suggestion, const struct qs_candidate *a,
    const struct qs_candidate *b)
{
	const int cost = a->reaches && b->reaches ? compare_costs(suggestion, a, b) : 0;

	if (a->reaches != b->reaches)
		return a->reaches;
	return cost ? cost < 0 : qs_suggestion_better(suggestion, a->value, b->value);
}

/* The best that was checked, or of all. */
static struct qs_candidate *find_best(const struct qs_suggestion *suggestion, bool only_checked)
{
	struct qs_candidate *best = NULL;

	for (size_t i = 0; i < suggestion->n_tried; i++) {
		struct qs_candidate *candidate = suggestion->tried[i];

		if (!candidate->is_refused && (candidate->is_checked || !only_checked) &&
		    (!best || is_preferred(suggestion, candidate, best)))
			best = candidate;
	}
	return best;
}

/* ---- checking -------------------------------------------------------------------------------- */

/* What is to be small. */
static size_t size_of(const struct qs_suggestion *suggestion, const struct qs_candidate *candidate)
{
	return suggestion->options->strategy == QS_STRATEGY_TYPES ? candidate->n_entries
	                                                          : candidate->n_layers;
}

/* Whether enough of the size of a candidate were checked in vain. */
static bool is_given_up(
    const struct qs_suggestion *suggestion, const struct qs_candidate *candidate)
{
	size_t n = 0;

	for (size_t i = 0; i < suggestion->n_tried; i++)
		n += suggestion->tried[i]->is_checked &&
		     size_of(suggestion, suggestion->tried[i]) == size_of(suggestion, candidate);
	return n >= CHECKS_A_SIZE;
}

/* What is to be checked next, in place of the best so far: the smallest that is said to reach the
 * goal, and of these the one with most to spare. NULL: nothing. */
static struct qs_candidate *find_next(
    const struct qs_suggestion *suggestion, const struct qs_candidate *best)
{
	struct qs_candidate *next = NULL;

	for (size_t i = 0; i < suggestion->n_tried; i++) {
		struct qs_candidate *candidate = suggestion->tried[i];
		const size_t size = size_of(suggestion, candidate);

		if (candidate->is_refused || candidate->is_checked || !candidate->reaches ||
		    (qs_candidate_reaches(best) && size >= size_of(suggestion, best)) ||
		    (next && (size > size_of(suggestion, next) ||
				 (size == size_of(suggestion, next) &&
				     !qs_suggestion_better(
					 suggestion, candidate->value, next->value)))) ||
		    is_given_up(suggestion, candidate))
			continue;
		next = candidate;
	}
	return next;
}

/* Calibrates what is said to reach the goal, the smallest first, until something does. `*ret_lost`
 * becomes the least that one lost by it and fell short. */
static enum qs_status check(
    struct qs_suggestion *suggestion, double *ret_lost, struct qs_findings *findings)
{
	struct qs_candidate *next = find_next(suggestion, find_best(suggestion, true));
	enum qs_status status = QS_OK;

	*ret_lost = INFINITY;
	while (next && status == QS_OK) {
		const double tried = next->value;

		status = qs_candidate_check(suggestion, next, findings);
		if (status == QS_OK && !next->is_refused && !next->reaches)
			*ret_lost = fmin(*ret_lost, fabs(tried - next->value));
		if (status == QS_OK)
			next = find_next(suggestion, find_best(suggestion, true));
	}
	return status;
}

/* Wants more of trials than the goal: what calibration cost some, or half of what there is to spare
 * at most. */
static void widen_margin(struct qs_suggestion *suggestion, double lost)
{
	const struct qs_candidate *all = find_best(suggestion, false);

	for (size_t i = 0; i < suggestion->n_tried; i++) {
		if (!suggestion->tried[i]->is_refused &&
		    qs_suggestion_better(suggestion, suggestion->tried[i]->value, all->value))
			all = suggestion->tried[i];
	}
	suggestion->margin =
	    fmax(suggestion->margin, fmin(lost, 0.5 * fabs(all->value - suggestion->goal)));
	for (size_t i = 0; i < suggestion->n_tried; i++)
		qs_candidate_take(suggestion, suggestion->tried[i], suggestion->tried[i]->value);
}

/*
 * Searches, and checks what was found; where it fell short, again with more to spare. Where nothing
 * reaches the goal, what comes nearest is checked, so that its value is its own.
 */
static enum qs_status search(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;
	double lost = 0.0;

	for (size_t i = 0; i < SEARCHES && status == QS_OK && isfinite(lost); i++) {
		if (i)
			widen_margin(suggestion, lost);
		status = searches[suggestion->options->strategy](suggestion, findings);
		if (status == QS_OK)
			status = check(suggestion, &lost, findings);
	}
	while (status == QS_OK && !find_best(suggestion, false)->is_checked &&
	       !find_best(suggestion, true)->reaches)
		status = qs_candidate_check(suggestion, find_best(suggestion, false), findings);
	return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Calibrates the model by the config as it is. */
static enum qs_status calibrate(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_suggest_job job = {.policy = suggestion->policy};
	enum qs_status status = qs_suggest_plan(suggestion, &job, findings);

	suggestion->job = job.job;
	suggestion->n_warnings = qs_findings_total(findings, QS_SEVERITY_WARNING);
	if (status == QS_OK)
		status = qs_job_calibrate(job.job, suggestion->options->calibrate, findings);
	if (status == QS_OK)
		suggestion->trials = calloc(1, sizeof(*suggestion->trials));
	if (status == QS_OK)
		status = suggestion->trials
		             ? qs_trials_open(suggestion->trials, job.job,
				   suggestion->options->calibrate, QS_ROUND, 0.0, findings)
		             : QS_NOMEM;
	suggestion->n_layers = status == QS_OK ? job.job->plan->layers->n_items : 0;
	suggestion->n_calibrated = 1;
	suggestion->known[0] = status == QS_OK ? job.job->plan : NULL;
	suggestion->n_known = status == QS_OK;
	return status;
}

/* Runs the model by the config as it is, which tells what its layers multiply. */
static enum qs_status count_macs(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_trials *trials = suggestion->trials;
	const size_t n = suggestion->job->plan->layers->n_items;
	enum qs_status status;

	suggestion->macs = calloc(n + 1, sizeof(*suggestion->macs));
	if (!suggestion->macs)
		return QS_NOMEM;
	qs_trials_renew(trials, 1);
	trials->items[0].all_but = true;
	status = qs_trials_run(trials, NULL, NULL, findings);
	if (status == QS_OK)
		memcpy(suggestion->macs, trials->macs, n * sizeof(*suggestion->macs));
	return status;
}

static enum qs_status try_usual(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **ret_tried)
{
	struct qs_candidate *none = qs_candidate_new(suggestion, NULL);

	if (!none)
		return QS_NOMEM;
	qs_candidate_name(none, "the config as it is");
	return qs_candidate_try(suggestion, none, findings, ret_tried);
}

/* Finds what may be changed, and what it costs. */
static enum qs_status find_units(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const struct qs_suggest_options *options = suggestion->options;
	struct qs_sensitivity *sensitivity = NULL;
	enum qs_status status = qs_sensitivity_new(
	    suggestion->job, options->calibrate, &options->effort, findings, &sensitivity);

	if (status == QS_OK)
		status = qs_suggest_units(suggestion, sensitivity);
	qs_sensitivity_free(sensitivity);
	return status == QS_OK ? qs_suggest_allow(suggestion) : status;
}

static void tell_not_reached(const struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_GOAL_NOT_REACHED,
	    qs_place_of(qs_findings_name_source(findings, qs_source_name(suggestion->source))),
	    "no config that was tried (%zu) reaches %s %s %.10g; the best has %.10g",
	    suggestion->n_tried, suggestion->measured,
	    suggestion->less_is_better ? "<=" : ">=", suggestion->goal, suggestion->best->value);

	if (!suggestion->n_units)
		qs_finding_hint(findings, finding,
		    "there is no layer to change: entries of the config select them all, or the "
		    "rules of the device allow no more bits");
}

/* Settles what is suggested, and what stands beside it. */
static enum qs_status conclude(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	enum qs_status status;
	size_t n;

	suggestion->best = find_best(suggestion, true);
	if (!suggestion->best)
		return QS_BUG;
	mark_pareto(suggestion);
	status = qs_suggest_text(suggestion, suggestion->best, &suggestion->config, &n);
	if (status == QS_OK)
		status = qs_suggest_chance(suggestion, findings);
	if (status == QS_OK && !suggestion->best->reaches)
		tell_not_reached(suggestion, findings);
	return status;
}

static enum qs_status look(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const struct qs_candidate *usual = NULL;
	enum qs_status status = calibrate(suggestion, findings);

	if (status == QS_OK)
		status = count_macs(suggestion, findings);
	if (status == QS_OK)
		status = try_usual(suggestion, findings, &usual);
	if (status == QS_OK && !usual)
		return QS_BUG;
	if (status == QS_OK && !usual->reaches) {
		status = find_units(suggestion, findings);
		if (status == QS_OK && suggestion->n_units)
			status = qs_suggest_widen(suggestion, findings);
		if (status == QS_OK && suggestion->n_units)
			status = search(suggestion, findings);
	}
	return status == QS_OK ? conclude(suggestion, findings) : status;
}

enum qs_status qs_suggest(const struct qs_source *source, const struct qs_suggest_options *options,
    struct qs_findings *findings, struct qs_suggestion **ret_suggestion)
{
	const struct qs_policy_options usual = QS_POLICY_OPTIONS_INIT;
	struct qs_suggestion *suggestion = calloc(1, sizeof(*suggestion));
	enum qs_status status;

	if (!suggestion)
		return QS_NOMEM;
	suggestion->options = options;
	suggestion->source = source;
	suggestion->config = (struct qs_text)QS_TEXT_INIT;
	suggestion->goal = options->goal;
	suggestion->seed = options->seed;
	suggestion->is_command = options->measure;
	suggestion->measured = options->measure ? "metric" : qs_metric_info(options->metric)->name;
	suggestion->less_is_better = options->measure
	                                 ? options->less_is_better
	                                 : !qs_metric_info(options->metric)->more_is_better;
	status = qs_policy_read_for(
	    source, options->policy ? options->policy : &usual, findings, &suggestion->policy);
	if (status == QS_OK)
		status = look(suggestion, findings);
	if (status != QS_OK) {
		qs_suggestion_free(suggestion);
		return status;
	}
	*ret_suggestion = suggestion;
	return QS_OK;
}

void qs_suggestion_free(struct qs_suggestion *suggestion)
{
	if (!suggestion)
		return;
	for (size_t i = 0; i < suggestion->n_tried; i++)
		qs_candidate_free(suggestion->tried[i]);
	free(suggestion->tried);
	free(suggestion->units);
	free(suggestion->macs);
	if (suggestion->trials)
		qs_trials_done(suggestion->trials);
	free(suggestion->trials);
	qs_suggest_job_done(&suggestion->wide);
	qs_job_free(suggestion->job);
	qs_policy_free(suggestion->policy);
	qs_text_done(&suggestion->config);
	qs_arena_done(&suggestion->arena);
	free(suggestion);
}

bool qs_suggestion_reached(const struct qs_suggestion *suggestion)
{
	return suggestion->best->reaches;
}

size_t qs_suggestion_n_entries(const struct qs_suggestion *suggestion)
{
	return suggestion->best->n_entries;
}

const struct qs_text *qs_suggestion_config(const struct qs_suggestion *suggestion)
{
	return &suggestion->config;
}
