/* SPDX-License-Identifier: Apache-2.0 */
/* Gives more bits by rows of the sensitivity: the first of them, and those below thresholds. */
#include <math.h>
#include <stdio.h>

#include "analysis/suggest.h"

/* What a choice gives a unit: kinds, a bit each. */
typedef unsigned choice(const struct qs_candidate_layer *unit, const void *context);

/* Tries a choice; the label is written into the candidate. */
static enum qs_status try_choice(struct qs_suggestion *suggestion, choice *choose,
    const void *context, enum qs_promotion promotion, const char *label,
    struct qs_findings *findings, const struct qs_candidate **ret_tried)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);

	if (!candidate)
		return QS_NOMEM;
	candidate->promotion = promotion;
	for (size_t i = 0; i < suggestion->n_units; i++)
		candidate->kinds[i] = (unsigned char)choose(&suggestion->units[i], context);
	qs_candidate_name(candidate, "%s", label);
	return qs_candidate_try(suggestion, candidate, findings, ret_tried);
}

/* Bias goes with weights. */
static unsigned with_bias(unsigned kinds)
{
	return kinds & 1U << QS_TENSOR_WEIGHTS ? kinds | 1U << QS_TENSOR_BIAS : kinds;
}

static unsigned choose_rows(const struct qs_candidate_layer *unit, const void *context)
{
	unsigned kinds = 0;

	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		if (unit->place_of[kind] < *(const size_t *)context)
			kinds |= 1U << kind;
	}
	return unit->kinds & with_bias(kinds);
}

enum qs_status qs_search_rows(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const double number = suggestion->options->strategy_number;
	const double n_rows = (double)suggestion->n_rows;
	const bool is_ratio = suggestion->options->strategy == QS_STRATEGY_RATIO;
	const size_t n =
	    (size_t)(is_ratio ? ceil(fmin(number, 1.0) * n_rows) : fmin(number, n_rows));
	const struct qs_candidate *tried;
	char label[64];

	snprintf(
	    label, sizeof(label), "%s=%g", qs_strategy_word(suggestion->options->strategy), number);
	return try_choice(suggestion, choose_rows, &n, QS_PROMOTION_INT16, label, findings, &tried);
}

static const double thresholds[] = {0.99, 0.999, 0.9999, 0.99999, 1.0};

struct threshold {
	double cosine;
	unsigned among, always; /* kinds that may be given, and those that all are given */
};

/* Kinds whose rows are at or below the threshold. */
static unsigned choose_threshold(const struct qs_candidate_layer *unit, const void *context)
{
	const struct threshold *threshold = context;
	unsigned kinds = 0;

	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		if (unit->cosine_of[kind] <= threshold->cosine)
			kinds |= 1U << kind;
	}
	return unit->kinds & ((with_bias(kinds) & threshold->among) | threshold->always);
}

/* Promotes more and more rows until the goal is reached; the last threshold takes all. */
static enum qs_status go_through(struct qs_suggestion *suggestion, unsigned among, unsigned always,
    enum qs_promotion promotion, const char *what, struct qs_findings *findings,
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
		if (status == QS_OK && qs_candidate_reaches(tried)) {
			*ret_reached = tried;
			break;
		}
	}
	return status;
}

enum qs_status qs_search_thresholds(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const struct qs_candidate *tried;

	return go_through(
	    suggestion, QS_ALL_KINDS, 0, QS_PROMOTION_INT16, "int16", findings, &tried);
}

/*
 * Stages: whether all of a stage reach the goal, and if so with which rows alone; else the next.
 * Activations come first, then weights too, then all as float16.
 */
enum qs_status qs_search_staged(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	static const struct {
		const char *name;
		unsigned among, always;
		enum qs_promotion promotion;
	} stages[] = {
	    {"int16", QS_FLOWING, 0, QS_PROMOTION_INT16},
	    {"dual int16", QS_ALL_KINDS & ~QS_FLOWING, QS_FLOWING, QS_PROMOTION_INT16},
	    {"float16", QS_ALL_KINDS, 0, QS_PROMOTION_FLOAT16},
	};
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < sizeof(stages) / sizeof(*stages) && status == QS_OK; i++) {
		const struct threshold all = {2.0, stages[i].among, stages[i].always};
		const struct qs_candidate *tried;
		char label[64];

		snprintf(label, sizeof(label), "%s, all", stages[i].name);
		status = try_choice(suggestion, choose_threshold, &all, stages[i].promotion, label,
		    findings, &tried);
		if (status != QS_OK || !qs_candidate_reaches(tried))
			continue;
		return go_through(suggestion, stages[i].among, stages[i].always,
		    stages[i].promotion, stages[i].name, findings, &tried);
	}
	return status;
}
