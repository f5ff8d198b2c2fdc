/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for the fewest entries that reach a goal. */
#include "analysis/suggest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sensitivity.h"
#include "base/finding.h"
#include "engine/job.h"

#define STRATEGY(ID, word, about) {word, about},
static const struct {
	const char *word, *about;
} strategies[QS_STRATEGY__COUNT] = {QS_STRATEGY_LIST(STRATEGY)};
#undef STRATEGY

const char *qs_strategy_word(enum qs_strategy strategy)
{
	return strategies[strategy].word;
}

const char *qs_strategy_about(enum qs_strategy strategy)
{
	return strategies[strategy].about;
}

/* ---- units ----------------------------------------------------------------------------------- */

static void fill_unit(
    struct qs_suggestion *suggestion, const struct qs_layer *layer, struct qs_candidate_layer *unit)
{
	unit->name = qs_arena_strdup(&suggestion->arena, layer->name);
	unit->type = qs_arena_strdup(&suggestion->arena, layer->type);
	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		unit->cosine_of[kind] = 1.0;
		unit->place_of[kind] = QS_NONE;
	}
}

static void add_row(struct qs_candidate_layer *unit, const struct qs_sensitivity *sensitivity,
    size_t index, const struct qs_job *job, size_t place)
{
	const struct qs_sensitive *row = &sensitivity->rows.items[index];
	const double harm = qs_sensitivity_value(sensitivity, index, QS_METRIC_MSE);
	const double cosine = qs_sensitivity_value(sensitivity, index, QS_METRIC_COSINE);

	for (size_t s = 0; s < row->n_sites; s++) {
		const struct qs_spec *spec = &job->plan->sites[row->sites[s]].spec;

		/* What is wide already stays as it is. */
		if (spec->datatype == QS_DATATYPE_INT && spec->bit_width < 16)
			unit->kinds |= 1U << job->plan->sites[row->sites[s]].kind;
	}
	unit->harm_of[row->kind] += isnan(harm) ? INFINITY : harm;
	unit->harm += isnan(harm) ? INFINITY : harm;
	unit->cosine_of[row->kind] = fmin(unit->cosine_of[row->kind], isnan(cosine) ? -1 : cosine);
	if (place < unit->place_of[row->kind])
		unit->place_of[row->kind] = place;
}

static size_t first_place(const struct qs_candidate_layer *unit)
{
	size_t first = QS_NONE;

	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++)
		first = unit->place_of[kind] < first ? unit->place_of[kind] : first;
	return first;
}

static int compare_units(const void *a, const void *b)
{
	const struct qs_candidate_layer *x = a, *y = b;

	if (x->harm > y->harm || x->harm < y->harm)
		return x->harm > y->harm ? -1 : 1;
	return first_place(x) < first_place(y) ? -1 : first_place(x) > first_place(y);
}

/* Makes units of the rows whose layers may be changed, the most harmful first. */
static enum qs_status make_units(struct qs_suggestion *suggestion, const struct qs_job *job,
    const struct qs_sensitivity *sensitivity)
{
	const size_t n_layers = job->plan->layers->n_items;
	struct qs_candidate_layer *all = calloc(n_layers + 1, sizeof(*all));
	size_t *order = qs_sensitivity_order(sensitivity, QS_METRIC_COSINE);

	suggestion->units = all;
	if (!all || !order) {
		free(order);
		return QS_NOMEM;
	}
	for (size_t i = 0; i < n_layers; i++)
		fill_unit(suggestion, &job->plan->layers->items[i], &all[i]);
	for (size_t i = 0; i < sensitivity->rows.n; i++) {
		const size_t layer = sensitivity->rows.items[order[i]].format;

		if (layer != QS_NONE && !qs_selection_is_chosen(job->selection, layer))
			add_row(&all[layer], sensitivity, order[i], job, i);
	}
	for (size_t i = 0; i < n_layers; i++) {
		if (!all[i].name || !all[i].type) {
			free(order);
			return QS_NOMEM;
		}
		if (all[i].kinds)
			all[suggestion->n_units++] = all[i];
	}
	qsort(all, suggestion->n_units, sizeof(*all), compare_units);
	free(order);
	return QS_OK;
}

#define ALL_KINDS ((1U << QS_TENSOR__COUNT) - 1)
#define FLOWING (1U << QS_TENSOR_ACTIVATION | 1U << QS_TENSOR_INPUT)

/* Whether the device takes these kinds of a unit at 16 bits. */
static enum qs_status ask(
    struct qs_suggestion *suggestion, size_t unit, unsigned kinds, bool *ret_is_clean)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);
	enum qs_status status;

	if (!candidate)
		return QS_NOMEM;
	candidate->kinds[unit] = (unsigned char)kinds;
	status = qs_candidate_judge(suggestion, candidate, ret_is_clean);
	qs_candidate_free(candidate);
	return status;
}

/* What of kinds the device takes: all, what flows, what is constant, or nothing. */
static enum qs_status allow(
    struct qs_suggestion *suggestion, size_t unit, unsigned kinds, unsigned *ret_kinds)
{
	const unsigned tries[] = {kinds, kinds & FLOWING, kinds & ~FLOWING};
	enum qs_status status = QS_OK;

	*ret_kinds = 0;
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries) && !*ret_kinds; i++) {
		bool is_clean = false;

		if (tries[i] && status == QS_OK)
			status = ask(suggestion, unit, tries[i], &is_clean);
		*ret_kinds = is_clean ? tries[i] : 0;
	}
	return status;
}

/* Leaves each unit the kinds that it may have at 16 bits; units of equal kinds are alike in it. */
static enum qs_status allow_units(struct qs_suggestion *suggestion)
{
	unsigned allowed[ALL_KINDS + 1] = {0};
	bool is_known[ALL_KINDS + 1] = {false};
	enum qs_status status = QS_OK;
	size_t n = 0;

	for (size_t i = 0; i < suggestion->n_units && status == QS_OK; i++) {
		const unsigned kinds = suggestion->units[i].kinds;

		if (!is_known[kinds])
			status = allow(suggestion, i, kinds, &allowed[kinds]);
		is_known[kinds] = true;
	}
	for (size_t i = 0; i < suggestion->n_units && status == QS_OK; i++) {
		suggestion->units[i].kinds = allowed[suggestion->units[i].kinds];
		if (suggestion->units[i].kinds)
			suggestion->units[n++] = suggestion->units[i];
	}
	suggestion->n_units = status == QS_OK ? n : suggestion->n_units;
	return status;
}

/* ---- trying ---------------------------------------------------------------------------------- */

/* What a choice gives a unit: kinds, a bit each. */
typedef unsigned choice(const struct qs_candidate_layer *unit, size_t index, const void *context);

static enum qs_status try_choice(struct qs_suggestion *suggestion, choice *choose,
    const void *context, enum qs_promotion promotion, const char *label,
    struct qs_findings *findings, const struct qs_candidate **ret_candidate)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);

	*ret_candidate = NULL;
	if (!candidate)
		return QS_NOMEM;
	candidate->promotion = promotion;
	for (size_t i = 0; i < suggestion->n_units; i++)
		candidate->kinds[i] = (unsigned char)choose(&suggestion->units[i], i, context);
	return qs_candidate_try(suggestion, candidate, label, findings, ret_candidate);
}

static bool reaches(const struct qs_candidate *candidate)
{
	return candidate && candidate->reaches;
}

/* ---- the fewest layers ----------------------------------------------------------------------- */

static unsigned choose_first(
    const struct qs_candidate_layer *unit, size_t index, const void *context)
{
	return index < *(const size_t *)context ? unit->kinds : 0;
}

static enum qs_status try_first(struct qs_suggestion *suggestion, size_t n,
    struct qs_findings *findings, const struct qs_candidate **ret_candidate)
{
	char label[64];

	snprintf(label, sizeof(label), "the %zu most harmful", n);
	return try_choice(
	    suggestion, choose_first, &n, QS_PROMOTION_INT16, label, findings, ret_candidate);
}

/* The shortest beginning of the list that reaches the goal, on the way from none to all. */
static enum qs_status bisect(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	size_t no = 0, yes = suggestion->n_units;
	enum qs_status status = try_first(suggestion, yes, findings, best);

	/* Where all at once are too much for a limit or the device, some may not be. */
	if (status != QS_OK || (*best && !(*best)->reaches))
		return status;
	while (yes - no > 1 && status == QS_OK) {
		/* Few layers are what is expected, and what is cheap to try first. */
		const size_t middle = no + (yes - no > 8 ? (yes - no) / 4 : (yes - no) / 2);
		const struct qs_candidate *tried;

		status = try_first(suggestion, middle, findings, &tried);
		if (status != QS_OK)
			break;
		/* What a limit refuses is too much. */
		if (!tried || tried->reaches) {
			yes = middle;
			*best = reaches(tried) ? tried : *best;
		} else {
			no = middle;
		}
	}
	return status;
}

/* Takes kinds from a unit as long as the goal is reached without. */
static enum qs_status leave_out(struct qs_suggestion *suggestion, size_t unit, unsigned kinds,
    struct qs_findings *findings, const struct qs_candidate **best)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, *best);
	const struct qs_candidate *tried;
	struct qs_text label = QS_TEXT_INIT;
	enum qs_status status;

	if (!candidate)
		return QS_NOMEM;
	candidate->kinds[unit] &= (unsigned char)~kinds;
	qs_text_addf(&label, "without %s%s", suggestion->units[unit].name,
	    !candidate->kinds[unit]              ? ""
	    : kinds & 1U << QS_TENSOR_ACTIVATION ? ", activation"
						 : ", weights");
	status = qs_candidate_try(suggestion, candidate, label.data, findings, &tried);
	qs_text_done(&label);
	if (status == QS_OK && reaches(tried))
		*best = tried;
	return status;
}

/* The least harmful go first. Then the kind of each layer that does less harm. */
static enum qs_status thin_out(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	enum qs_status status = QS_OK;

	for (size_t i = suggestion->n_units; i-- > 0 && status == QS_OK;) {
		if ((*best)->kinds[i] && (*best)->n_layers > 1)
			status =
			    leave_out(suggestion, i, suggestion->units[i].kinds, findings, best);
	}
	for (size_t i = suggestion->n_units; i-- > 0 && status == QS_OK;) {
		const struct qs_candidate_layer *unit = &suggestion->units[i];
		const unsigned activation = unit->kinds & FLOWING;
		const unsigned weights = unit->kinds & ~activation;
		const bool lesser =
		    unit->harm_of[QS_TENSOR_WEIGHTS] + unit->harm_of[QS_TENSOR_BIAS] <
		    unit->harm_of[QS_TENSOR_ACTIVATION] + unit->harm_of[QS_TENSOR_INPUT];

		if ((*best)->kinds[i] && activation && weights)
			status =
			    leave_out(suggestion, i, lesser ? weights : activation, findings, best);
	}
	return status;
}

/* Gives units what the limits leave room for, the most harmful first. */
static enum qs_status fill_up(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **ret_candidate)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);
	enum qs_status status = candidate ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < suggestion->n_units && status == QS_OK; i++) {
		const unsigned kinds = suggestion->units[i].kinds;
		const unsigned tries[] = {kinds, kinds & FLOWING, kinds & ~FLOWING, 0};
		bool fits = false;

		for (size_t t = 0; !fits && status == QS_OK; t++) {
			candidate->kinds[i] = (unsigned char)tries[t];
			fits = !tries[t];
			if (tries[t])
				status = qs_candidate_price(suggestion, candidate, findings, &fits);
		}
	}
	if (status != QS_OK) {
		qs_candidate_free(candidate);
		return status;
	}
	return qs_candidate_try(
	    suggestion, candidate, "what the budget has room for", findings, ret_candidate);
}

static bool is_limited(const struct qs_suggest_options *options)
{
	return options->bytes_limit != UINT64_MAX || options->macs16_limit != UINT64_MAX;
}

static enum qs_status search_fewest(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const struct qs_candidate *best;
	enum qs_status status = bisect(suggestion, findings, &best);

	if (status == QS_OK && !reaches(best) && is_limited(suggestion->options))
		status = fill_up(suggestion, findings, &best);
	return status == QS_OK && reaches(best) ? thin_out(suggestion, findings, &best) : status;
}

/* ---- rows, ratios and thresholds ------------------------------------------------------------- */

/* Bias goes with weights. */
static unsigned with_bias(unsigned kinds)
{
	return kinds & 1U << QS_TENSOR_WEIGHTS ? kinds | 1U << QS_TENSOR_BIAS : kinds;
}

static unsigned choose_rows(
    const struct qs_candidate_layer *unit, size_t index, const void *context)
{
	unsigned kinds = 0;

	(void)index;
	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		if (unit->place_of[kind] < *(const size_t *)context)
			kinds |= 1U << kind;
	}
	return unit->kinds & with_bias(kinds);
}

static enum qs_status search_top(struct qs_suggestion *suggestion, size_t n_rows, const char *label,
    struct qs_findings *findings)
{
	const struct qs_candidate *tried;

	return try_choice(
	    suggestion, choose_rows, &n_rows, QS_PROMOTION_INT16, label, findings, &tried);
}

static const double thresholds[] = {0.99, 0.999, 0.9999, 0.99999, 1.0};

struct threshold {
	double cosine;
	unsigned among, always; /* kinds that may be given, and those that all are given */
};

/* Kinds whose rows are at or below the threshold. */
static unsigned choose_threshold(
    const struct qs_candidate_layer *unit, size_t index, const void *context)
{
	const struct threshold *threshold = context;
	unsigned kinds = 0;

	(void)index;
	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		if (unit->cosine_of[kind] <= threshold->cosine)
			kinds |= 1U << kind;
	}
	return unit->kinds & ((with_bias(kinds) & threshold->among) | threshold->always);
}

/* Promotes more and more rows until the goal is reached; the last threshold takes all. */
static enum qs_status search_thresholds(struct qs_suggestion *suggestion, unsigned among,
    unsigned always, enum qs_promotion promotion, const char *what, struct qs_findings *findings,
    const struct qs_candidate **ret_reached)
{
	enum qs_status status = QS_OK;

	*ret_reached = NULL;
	for (size_t i = 0; i < sizeof(thresholds) / sizeof(*thresholds) && status == QS_OK; i++) {
		const struct threshold threshold = {thresholds[i], among, always};
		const struct qs_candidate *tried;
		char label[96];

		snprintf(label, sizeof(label), "%s, cosine <= %g", what, thresholds[i]);
		status = try_choice(
		    suggestion, choose_threshold, &threshold, promotion, label, findings, &tried);
		if (status == QS_OK && reaches(tried)) {
			*ret_reached = tried;
			break;
		}
	}
	return status;
}

/*
 * Stages: whether all of a stage reach the goal, and if so with which rows alone; else the next.
 * Activations come first, then weights too, then all as float16.
 */
static enum qs_status search_staged(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	static const struct {
		const char *name;
		unsigned among, always;
		enum qs_promotion promotion;
	} stages[] = {
	    {"int16", FLOWING, 0, QS_PROMOTION_INT16},
	    {"dual int16", ALL_KINDS & ~FLOWING, FLOWING, QS_PROMOTION_INT16},
	    {"float16", ALL_KINDS, 0, QS_PROMOTION_FLOAT16},
	};
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages) && status == QS_OK; i++) {
		const struct threshold all = {2.0, stages[i].among, stages[i].always};
		const struct qs_candidate *tried;
		char label[64];

		snprintf(label, sizeof(label), "%s, all", stages[i].name);
		status = try_choice(suggestion, choose_threshold, &all, stages[i].promotion, label,
		    findings, &tried);
		if (status != QS_OK || !reaches(tried))
			continue;
		return search_thresholds(suggestion, stages[i].among, stages[i].always,
		    stages[i].promotion, stages[i].name, findings, &tried);
	}
	return status;
}

static enum qs_status search(struct qs_suggestion *suggestion,
    const struct qs_sensitivity *sensitivity, struct qs_findings *findings)
{
	const struct qs_suggest_options *options = suggestion->options;
	const double n_rows = (double)sensitivity->rows.n;
	const struct qs_candidate *tried;
	char label[64];

	switch (options->strategy) {
	case QS_STRATEGY_TOP:
		snprintf(label, sizeof(label), "topk=%g", options->strategy_number);
		return search_top(
		    suggestion, (size_t)fmin(options->strategy_number, n_rows), label, findings);
	case QS_STRATEGY_RATIO:
		snprintf(label, sizeof(label), "ratio=%g", options->strategy_number);
		return search_top(suggestion,
		    (size_t)ceil(fmin(options->strategy_number, 1.0) * n_rows), label, findings);
	case QS_STRATEGY_THRESHOLDS:
		return search_thresholds(
		    suggestion, ALL_KINDS, 0, QS_PROMOTION_INT16, "int16", findings, &tried);
	case QS_STRATEGY_STAGED:
		return search_staged(suggestion, findings);
	default:
		return search_fewest(suggestion, findings);
	}
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

/* The order in which candidates are to be had: what reaches the goal by few entries, layers, 16-bit
 * multiply-accumulates and bytes; else what comes nearest. */
static bool is_preferred(const struct qs_suggestion *suggestion, const struct qs_candidate *a,
    const struct qs_candidate *b)
{
	if (a->reaches != b->reaches)
		return a->reaches;
	if (!a->reaches)
		return qs_suggestion_better(suggestion, a->value, b->value);
	if (a->n_entries != b->n_entries)
		return a->n_entries < b->n_entries;
	if (a->n_layers != b->n_layers)
		return a->n_layers < b->n_layers;
	return a->macs16 != b->macs16 ? a->macs16 < b->macs16 : a->bytes < b->bytes;
}

static enum qs_status choose_best(struct qs_suggestion *suggestion)
{
	size_t n;

	for (size_t i = 0; i < suggestion->n_tried; i++) {
		const struct qs_candidate *candidate = suggestion->tried[i];

		if (!candidate->is_refused &&
		    (!suggestion->best || is_preferred(suggestion, candidate, suggestion->best)))
			suggestion->best = candidate;
	}
	mark_pareto(suggestion);
	return suggestion->best
	           ? qs_suggest_text(suggestion, suggestion->best, &suggestion->config, &n)
	           : QS_BUG;
}

/* ---- all of it ------------------------------------------------------------------------------- */

/* Measures the model by the config as it is, and what each tensor costs. */
static enum qs_status measure(struct qs_suggestion *suggestion, struct qs_findings *findings,
    struct qs_sensitivity **ret_sensitivity)
{
	const struct qs_suggest_options *options = suggestion->options;
	struct qs_effort effort = options->effort;
	struct qs_job *job = NULL;
	enum qs_status status = qs_job_new(
	    suggestion->policy, options->model_path, options->allow_unmatched, findings, &job);

	suggestion->n_warnings = qs_findings_total(findings, QS_SEVERITY_WARNING);
	if (status == QS_OK)
		status = qs_job_set_arithmetic(job, options->arithmetic);
	if (status == QS_OK)
		status = qs_job_set_scale_law(job, options->scale_law);
	if (status == QS_OK && options->registry)
		qs_job_use(job, options->registry);
	else if (status == QS_OK)
		status = qs_job_use_threads(job, options->n_threads);
	if (status == QS_OK)
		status = qs_job_calibrate(job, options->calibrate, findings);
	if (status == QS_OK)
		status =
		    qs_sensitivity_new(job, options->calibrate, &effort, findings, ret_sensitivity);
	if (status == QS_OK) {
		const size_t n = job->plan->layers->n_items;

		suggestion->macs = calloc(n + 1, sizeof(*suggestion->macs));
		status =
		    suggestion->macs ? make_units(suggestion, job, *ret_sensitivity) : QS_NOMEM;
		for (size_t i = 0; status == QS_OK && i < n; i++)
			suggestion->macs[i] = (*ret_sensitivity)->macs[i];
	}
	qs_job_free(job);
	return status;
}

static void tell_not_reached(const struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_GOAL_NOT_REACHED,
	    qs_place_of(qs_findings_name_source(findings, qs_source_name(suggestion->source))),
	    "no config of the %zu that were tried reaches %s %s %.10g; the best has %.10g",
	    suggestion->n_tried, suggestion->measured,
	    suggestion->less_is_better ? "<=" : ">=", suggestion->goal, suggestion->best->value);

	if (!suggestion->n_units)
		qs_finding_hint(findings, finding,
		    "there is no layer to change: entries of the config select them all, or the "
		    "rules of the device allow no more bits");
}

static enum qs_status look(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	struct qs_sensitivity *sensitivity = NULL;
	const struct qs_candidate *usual = NULL;
	struct qs_candidate *none;
	enum qs_status status = measure(suggestion, findings, &sensitivity);

	if (status == QS_OK) {
		none = qs_candidate_new(suggestion, NULL);
		status = none ? qs_candidate_try(
				    suggestion, none, "the config as it is", findings, &usual)
		              : QS_NOMEM;
	}
	if (status == QS_OK && !reaches(usual))
		status = allow_units(suggestion);
	if (status == QS_OK && !reaches(usual) && suggestion->n_units)
		status = search(suggestion, sensitivity, findings);
	qs_sensitivity_free(sensitivity);
	if (status == QS_OK)
		status = choose_best(suggestion);
	if (status == QS_OK && !suggestion->best->reaches)
		tell_not_reached(suggestion, findings);
	return status;
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
