/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules and profiles from the inside. A rule says: for these devices, tensor kinds and
 * layer types, when every `when` parameter has one of its values, the `require` parameter must
 * have one of its own; else the answer is that it does not work, or that nobody says that it
 * does.
 *
 * Values are bits of a mask, so that judging a rule is a few shifts. Rules cannot compute: the only
 * comparison is with the same parameter of another tensor kind.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "base/arena.h"
#include "base/finding.h"
#include "policy/param.h"
#include "qstrata/policy.h"

#define QS_RULE_CONDITIONS 8
#define QS_RULE_TYPES 64
#define QS_SET_LIMIT 64
#define QS_FACT_LIMIT 1000
#define QS_OPERATOR_FACT_LIMIT 1000
#define QS_OPERATOR_NAMES 256 /* of one fact */
#define QS_COST_LIMIT 100

/* A parameter has one of some values: bit v of `values` stands for the integer v. */
struct qs_condition {
	enum qs_param param;
	int tensor; /* enum qs_tensor, or -1: of the tensor kind that is judged */
	uint64_t values;
};

/* Names of layer types or operators. For a rule: last parts of dotted names; none: every layer. */
struct qs_rule_types {
	const char **words;
	size_t n;
};

struct qs_rule_when {
	struct qs_condition list[QS_RULE_CONDITIONS];
	size_t n;
};

struct qs_rule_require {
	struct qs_condition condition;
	int same_as; /* enum qs_tensor whose value is required, or -1 */
};

struct qs_rule {
	struct qs_finding_kind kind;
	enum qs_answer answer; /* when it does not hold */
	uint64_t devices;      /* bit mask of indices */
	unsigned tensors;      /* bit mask */
	struct qs_rule_types types;
	struct qs_rule_when when;
	struct qs_rule_require require;
	struct qs_versions versions;
	const char *hint, *source, *date;
	size_t set;            /* index of the rule set, or that of a profile from QS_SET_LIMIT */
	struct qs_place place; /* of its code */
};

struct qs_rulebook {
	struct qs_arena arena;
	struct qs_source *builtin[16]; /* the texts that are built in */
	size_t n_builtin;
	struct qs_profile profiles[QS_DEVICE_LIMIT];
	uint64_t like[QS_DEVICE_LIMIT]; /* whose rules hold for it: its own, and those of others */
	size_t n_profiles;
	const char *sets[QS_SET_LIMIT]; /* names */
	size_t n_sets;
	struct qs_rule *rules;
	size_t n_rules, capacity;
};

/* Room for one more rule, zeroed; NULL when memory ran out. */
struct qs_rule *qs_rulebook_more(struct qs_rulebook *rulebook);

/* Removes the rules of a set. */
void qs_rulebook_drop(struct qs_rulebook *rulebook, size_t set);

/* The index of a device of `size` bytes, or -1. */
int qs_rulebook_device(const struct qs_rulebook *rulebook, const char *name, size_t size);

/* The words of answers, and of what facts about operators are made of. */
extern const struct qs_word_set qs_answer_words, qs_unit_words, qs_case_words, qs_front_end_words,
    qs_number_words, qs_scale_law_words;

/* A key of limits.def, and what it says. */
struct qs_limit_info {
	const char *key, *what;
};
extern const struct qs_limit_info qs_limit_list[QS_LIMIT__COUNT];

/* ---- rule_read.c: texts to rules ------------------------------------------------------------- */

/* Reads a rule set or a profile. */
enum qs_status qs_rules_read(
    struct qs_rulebook *rulebook, const struct qs_source *source, struct qs_findings *findings);
enum qs_status qs_profile_read(struct qs_rulebook *rulebook, const struct qs_source *source,
    bool is_builtin, struct qs_findings *findings, size_t *ret_device);

/* docs/pages.md: a page for each finding, under "## CODE NAME". */
extern const char qs_finding_pages[];

#endif
