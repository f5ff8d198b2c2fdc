/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suggestions from the inside: layers that can have more bits, and configs that were tried.
 *
 * What reads the config (suggest_text.c) knows no model, and what runs the model knows no config.
 */
#ifndef ANALYSIS_SUGGEST_H
#define ANALYSIS_SUGGEST_H

#include "base/arena.h"
#include "qstrata/sensitivity.h"

struct qs_macs;

/* What a layer is given in place of what it has. */
enum qs_promotion {
	QS_PROMOTION_INT16,
	QS_PROMOTION_FLOAT16
};

/* A layer that can have more bits: no entry of the config selects it. */
struct qs_candidate_layer {
	const char *name, *type; /* "" for a type that entries cannot name */
	unsigned kinds;          /* that it has formats for, a bit each */
	double harm;             /* mean squared error at the outputs, of all kinds together */
	double harm_of[QS_TENSOR__COUNT];
	size_t place_of[QS_TENSOR__COUNT]; /* among all rows, from 0 for the most sensitive */
	double cosine_of[QS_TENSOR__COUNT];
};

/* A config that was tried, or is to be. */
struct qs_candidate {
	char *label;
	unsigned char *kinds; /* by unit: what it is given, a bit each */
	enum qs_promotion promotion;
	size_t n_layers, n_entries;
	uint64_t bytes, macs16;
	double value;
	bool is_refused; /* by the judgement of the config, or by a limit */
	bool reaches, is_pareto;
};

struct qs_suggestion {
	const struct qs_suggest_options *options;
	const struct qs_source *source;
	struct qs_policy *policy;         /* of the config as it is */
	size_t n_warnings;                /* that it has */
	struct qs_macs *macs;             /* by layer */
	struct qs_candidate_layer *units; /* the most harmful first */
	size_t n_units;
	struct qs_candidate **tried;
	size_t n_tried, capacity;
	const struct qs_candidate *best;
	struct qs_text config; /* of the best */
	/* What outlives the options, for writing. */
	const char *measured;
	double goal;
	bool less_is_better, is_command;
	struct qs_arena arena;
};

/* ---- suggest_try.c --------------------------------------------------------------------------- */

/* A candidate without anything, or a copy of another; NULL when memory ran out. */
struct qs_candidate *qs_candidate_new(
    const struct qs_suggestion *suggestion, const struct qs_candidate *from);
void qs_candidate_free(struct qs_candidate *candidate);

/*
 * Quantizes the model by the config with what a candidate is given, and measures it; the suggestion
 * takes it over in any case. `*ret_candidate` is NULL for one that is refused.
 */
enum qs_status qs_candidate_try(struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    const char *label, struct qs_findings *findings, const struct qs_candidate **ret_candidate);

/* Whether the judgement of configs has nothing against what a candidate is given. QS_NOMEM. */
enum qs_status qs_candidate_judge(
    struct qs_suggestion *suggestion, const struct qs_candidate *candidate, bool *ret_is_clean);

/* Whether the config with what a candidate is given can be planned, and is within the limits. It is
 * not run. QS_NOMEM or QS_IO. */
enum qs_status qs_candidate_price(struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    struct qs_findings *findings, bool *ret_fits);

/* Whether a value is better than another. */
bool qs_suggestion_better(const struct qs_suggestion *suggestion, double a, double b);

/* ---- suggest_text.c -------------------------------------------------------------------------- */

/* The config with the entries of a candidate, in its own formatting; says how many they are. */
enum qs_status qs_suggest_text(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_text *text, size_t *ret_n_entries);

/* An entry for people: its selector, and the kinds. `unit` is one that it is for. */
struct qs_suggested {
	size_t unit;
	bool is_type;
	unsigned kinds;
};

/* No entries: memory ran out. */
#define QS_SUGGEST_NONE ((size_t)-1)

/* The entries of a candidate: types where all layers of a type are given the same, then names. The
 * list has room for one a unit. QS_SUGGEST_NONE when memory ran out. */
size_t qs_suggest_entries(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_suggested *ret_entries);

#endif
