/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Suggestions from the inside: layers that can have more bits, and configs that were tried.
 *
 * What reads the config (suggest_text.c) knows no model, and what runs the model knows no config.
 *
 * A config is tried with the scales that were found for the same formats under the config as it is
 * and under one that gives all layers more bits, so that a trial costs a run of the model. The one
 * that is suggested is calibrated and run as it is; where that falls short, the search goes on with
 * as much to spare.
 */
#ifndef ANALYSIS_SUGGEST_H
#define ANALYSIS_SUGGEST_H

#include "base/arena.h"
#include "qstrata/sensitivity.h"

struct qs_macs;
struct qs_plan;
struct qs_trials;

/* What a layer is given in place of what it has. */
enum qs_promotion {
	QS_PROMOTION_INT16,
	QS_PROMOTION_FLOAT16
};

#define QS_ALL_KINDS ((1U << QS_TENSOR__COUNT) - 1)
/* Kinds of what flows, rather than of what is constant. */
#define QS_FLOWING (1U << QS_TENSOR_ACTIVATION | 1U << QS_TENSOR_INPUT)

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
	unsigned char *kinds; /* by unit, with room for all layers: what it is given, a bit each */
	enum qs_promotion promotion;
	size_t n_layers, n_entries;
	uint64_t bytes, macs16;
	double value;
	bool is_refused; /* by the judgement of the config, or by a limit */
	bool is_checked; /* calibrated and run as it is */
	bool reaches, is_pareto;
};

/* A job by a config, and all that it lives on. */
struct qs_suggest_job {
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_job *job;
};

/* What random choices of as many layers came to. */
struct qs_suggest_chance {
	size_t n, n_layers, n_reaching;
	double best, mean;
};

/* Plans that were calibrated: by the config as it is, and with all layers at 16 bits. */
#define QS_KNOWN_PLANS 2

struct qs_suggestion {
	const struct qs_suggest_options *options;
	const struct qs_source *source;
	struct qs_policy *policy;   /* of the config as it is */
	size_t n_warnings;          /* that it has */
	struct qs_job *job;         /* calibrated by it */
	struct qs_suggest_job wide; /* all that can have 16 bits has them */
	const struct qs_plan *known[QS_KNOWN_PLANS];
	size_t n_known;
	struct qs_trials *trials;         /* of the job, for candidates side by side */
	struct qs_macs *macs;             /* by layer */
	struct qs_candidate_layer *units; /* the most harmful first */
	size_t n_layers, n_units, n_rows;
	struct qs_candidate **tried;
	size_t n_tried, capacity;
	size_t n_calibrated; /* of these, calibrated on their own */
	double margin;       /* by which trials have to be better than the goal */
	const struct qs_candidate *best;
	struct qs_text config; /* of the best */
	struct qs_suggest_chance chance;
	/* What outlives the options, for writing. */
	const char *measured;
	double goal;
	bool less_is_better, is_command;
	uint64_t seed;
	struct qs_arena arena;
};

/* ---- suggest_units.c ------------------------------------------------------------------------- */

/* Makes units of the layers that may be changed, the most harmful first. */
enum qs_status qs_suggest_units(
    struct qs_suggestion *suggestion, const struct qs_sensitivity *sensitivity);

/* Leaves each unit the kinds that it may have at 16 bits by the judgement of configs. */
enum qs_status qs_suggest_allow(struct qs_suggestion *suggestion);

/* ---- suggest_candidate.c --------------------------------------------------------------------- */

/* A candidate without anything, or a copy of another; NULL when memory ran out. */
struct qs_candidate *qs_candidate_new(
    const struct qs_suggestion *suggestion, const struct qs_candidate *from);
void qs_candidate_free(struct qs_candidate *candidate);

/* Says what a candidate is. */
void qs_candidate_name(struct qs_candidate *candidate, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Names a candidate by its layers, unless it has a name. */
void qs_candidate_describe(const struct qs_suggestion *suggestion, struct qs_candidate *candidate);

/* Notes what a plan of a candidate costs, and refuses it when that is beyond the limits. */
void qs_candidate_count(const struct qs_suggestion *suggestion, const struct qs_plan *plan,
    struct qs_candidate *candidate);

/* Notes a value, and whether it reaches the goal: with the margin, unless it was checked. */
void qs_candidate_take(
    const struct qs_suggestion *suggestion, struct qs_candidate *candidate, double value);

/* Keeps one that was tried; takes it over in any case. QS_NOMEM. */
enum qs_status qs_candidate_keep(struct qs_suggestion *suggestion, struct qs_candidate *candidate);

/* One that was tried with the same, or NULL. */
struct qs_candidate *qs_candidate_find(
    const struct qs_suggestion *suggestion, const struct qs_candidate *candidate);

/* Whether a value is better than another. */
bool qs_suggestion_better(const struct qs_suggestion *suggestion, double a, double b);

/* Whether one that was tried, or NULL, reaches the goal. */
bool qs_candidate_reaches(const struct qs_candidate *candidate);

/* ---- suggest_config.c ------------------------------------------------------------------------ */

/*
 * The policy of the config with what a candidate is given; counts its layers and entries, and
 * refuses it when there is something against it that is not against the config as it is. Findings
 * are new ones for each candidate. The job is to be ended in any case. QS_NOMEM, QS_BUG.
 */
enum qs_status qs_candidate_read(const struct qs_suggestion *suggestion,
    struct qs_candidate *candidate, struct qs_findings *findings, struct qs_suggest_job *ret_job);

/* Whether findings about a config are no more than there are about the config as it is. */
bool qs_suggest_is_clean(
    const struct qs_suggestion *suggestion, const struct qs_findings *findings);

/* Plans the model by a policy that was read, not calibrated. */
enum qs_status qs_suggest_plan(const struct qs_suggestion *suggestion, struct qs_suggest_job *job,
    struct qs_findings *findings);

void qs_suggest_job_done(struct qs_suggest_job *job);

/* Refuses a candidate that the judgement of configs has something against. QS_NOMEM, QS_BUG. */
enum qs_status qs_candidate_judge(struct qs_suggestion *suggestion, struct qs_candidate *candidate);

/* ---- suggest_try.c --------------------------------------------------------------------------- */

/* So many candidates see a batch one after the other. */
#define QS_ROUND 8

/*
 * Tries candidates, at most QS_ROUND, side by side; the suggestion takes them over in any case.
 * `ret_tried` has NULL for one that is refused, and those that were tried before for equal ones.
 */
enum qs_status qs_candidates_try(struct qs_suggestion *suggestion,
    struct qs_candidate *const *candidates, size_t n, struct qs_findings *findings,
    const struct qs_candidate **ret_tried);

/* The same of one. */
enum qs_status qs_candidate_try(struct qs_suggestion *suggestion, struct qs_candidate *candidate,
    struct qs_findings *findings, const struct qs_candidate **ret_tried);

/* Measures candidates, at most QS_ROUND, without keeping them. */
enum qs_status qs_candidates_measure(struct qs_suggestion *suggestion,
    struct qs_candidate *const *candidates, size_t n, struct qs_findings *findings);

/* Calibrates one that was tried as it is, and measures it again. */
enum qs_status qs_candidate_check(
    struct qs_suggestion *suggestion, struct qs_candidate *candidate, struct qs_findings *findings);

/* Refuses a candidate that is beyond the judgement or the limits. It is not run. QS_NOMEM or
 * QS_BUG, or as planning a model. */
enum qs_status qs_candidate_price(struct qs_suggestion *suggestion, struct qs_candidate *candidate);

/* Calibrates the config that gives all units 16 bits, so that others may have its scales; without
 * one that can be had, trials calibrate on their own. */
enum qs_status qs_suggest_widen(struct qs_suggestion *suggestion, struct qs_findings *findings);

/* ---- suggest_fewest.c, suggest_greedy.c, suggest_rows.c, suggest_chance.c -------------------- */

/* A search tries candidates; which one is the best is seen afterwards. */
typedef enum qs_status qs_search(struct qs_suggestion *suggestion, struct qs_findings *findings);
qs_search qs_search_fewest, qs_search_types, qs_search_rows, qs_search_thresholds, qs_search_staged;

/*
 * Adds one group of units after the other, always the one that helps most, until the goal is
 * reached by fewer groups than `fewer_than`. `group` has the group of each unit, below n_groups.
 * `*best` is replaced by what reaches the goal.
 */
enum qs_status qs_search_greedy(struct qs_suggestion *suggestion, const size_t *group,
    size_t n_groups, size_t fewer_than, struct qs_findings *findings,
    const struct qs_candidate **best);

/* Measures random choices of as many layers as the best has. */
enum qs_status qs_suggest_chance(struct qs_suggestion *suggestion, struct qs_findings *findings);

/* ---- suggest_text.c -------------------------------------------------------------------------- */

/* The config with the entries of a candidate, in its own formatting; says how many they are. */
enum qs_status qs_suggest_text(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_text *text, size_t *ret_n_entries);

/* ---- suggest_entries.c ----------------------------------------------------------------------- */

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
