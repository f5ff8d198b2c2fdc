/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules as data (schemas/rules.json): for the devices and tensor kinds of a rule, when every
 * `when` parameter has one of its values, the `require` parameter must have one of its own.
 *
 * Values are bits of a mask, so that judging a rule is a few shifts. Rules cannot compute: the only
 * comparison is with the same parameter of another tensor kind.
 */
#ifndef POLICY_RULE_H
#define POLICY_RULE_H

#include "base/arena.h"
#include "base/finding.h"
#include "policy/param.h"

#define QS_RULE_CONDITIONS 6

/* A parameter has one of some values: bit v of `values` stands for the integer v. */
struct qs_condition {
	enum qs_param param;
	uint64_t values;
};

struct qs_rule {
	struct qs_finding_kind kind;
	unsigned devices, tensors; /* bit masks */
	struct qs_condition when[QS_RULE_CONDITIONS];
	size_t n_when;
	struct qs_condition require;
	int same_as; /* enum qs_tensor whose value is required, or -1 */
	const char *hint, *source, *date;
};

struct qs_ruleset {
	struct qs_arena arena;
	struct qs_rule *rules;
	size_t n_rules;
};

/* Loads rules from JSON text. QS_INVALID: `ret_problem` says what is wrong, in static words. */
enum qs_status qs_ruleset_load(
    const char *text, struct qs_ruleset *ret_ruleset, const char **ret_problem);
void qs_ruleset_done(struct qs_ruleset *ruleset);

/* The text of schemas/rules.json, embedded when the library is built. */
extern const char qs_builtin_rules[];

/* docs/pages.md: a page for each finding, under "## CODE NAME". */
extern const char qs_finding_pages[];

#endif
