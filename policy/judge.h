/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges device rules on effective settings: the model level, and every entry that counts.
 *
 * What a rule answers for a scope is allowed (it holds), or what it says for when it does not:
 * forbidden or unknown. Rules about layer types need the types of layers. Those that an entry for a
 * type takes are in the config; the others only a model tells, so that such rules are judged by its
 * layers when there is one, and else on the model level and on entries for types.
 */
#ifndef POLICY_JUDGE_H
#define POLICY_JUDGE_H

#include "policy/policy.h"
#include "policy/rule.h"

/* A rule that holds for a device at hand and for the version of the tool. */
struct qs_judged_rule {
	const struct qs_rule *rule;
	uint64_t devices; /* those at hand that it holds for */
	uint64_t own;     /* its layer types that have an entry of their own, a bit each */
	uint64_t
	    inherited; /* those that a model has below an entry that leaves it to the model level */
};

/* What came of a device. */
struct qs_tally {
	size_t n_refused, n_unknown;
	const char *code;      /* of the first rule that stops it, */
	struct qs_place place; /* and where */
};

struct qs_judge {
	const struct qs_policy *policy;
	struct qs_findings *findings;
	size_t n_errors;  /* that were added to them */
	uint64_t devices; /* those at hand, a bit each */
	struct qs_judged_rule *rules;
	size_t n_rules, n_typed; /* typed: about layer types */
	struct qs_tally tally[QS_DEVICE_LIMIT];
};

/* What is judged: the settings of a scope and how to speak of it. */
struct qs_judge_scope {
	struct qs_judge *judge;
	const struct qs_settings *settings;
	unsigned tensors;
	const struct qs_entry *entry; /* NULL for the model level */
	uint64_t types;               /* of the rule at hand, for which it is judged, a bit each */
	bool by_layers;               /* the types are those of layers that it has won */
};

/* Layer types of a model: each once, in the order of strcmp(). */
struct qs_type_list {
	const char **words;
	size_t n;
};

/* Finds the rules for a policy of which the entries are read. False: memory ran out. End it with
 * qs_judge_done() either way. */
bool qs_judge_init(
    struct qs_judge *judge, const struct qs_policy *policy, struct qs_findings *findings);
void qs_judge_done(struct qs_judge *judge);

/* Judges the model level, or an entry that counts, by the rules that are about layer types, or by
 * the others. */
void qs_judge_model(struct qs_judge *judge, bool typed);
void qs_judge_entry(struct qs_judge *judge, const struct qs_entry *entry, bool typed);

/* Judges the layers of these types that an entry has won, by the rules about layer types. What it
 * only inherits is kept for the model level. */
void qs_judge_won(
    struct qs_judge *judge, const struct qs_entry *entry, const struct qs_type_list *types);

/*
 * Judges the model level for the layers of these types that nobody has won, and for what was kept.
 * When the model level was `judged` without a model, that is left out of what is kept.
 */
void qs_judge_rest(struct qs_judge *judge, const struct qs_type_list *types, bool judged);

/* Says where the config can be used, when that is asked for several devices. */
void qs_judge_sum_up(const struct qs_judge *judge);

/* ---- judge_report.c -------------------------------------------------------------------------- */

/* The setting that a condition is about when a kind is judged. */
const struct qs_setting *qs_condition_setting(
    const struct qs_condition *condition, const struct qs_settings *settings, int tensor);

/* Says that the kinds in `tensors`, of which this is the first, break a rule for one cause. */
void qs_judge_report(const struct qs_judge_scope *scope, const struct qs_judged_rule *judged,
    int tensor, unsigned tensors);

#endif
