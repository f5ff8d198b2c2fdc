/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges device rules on effective settings: the model level, then every entry that counts.
 *
 * What a rule answers for a scope is allowed (it holds), or what it says for when it does not:
 * forbidden or unknown. Without a model the layers of a name or pattern have no known type, so that
 * rules about layer types speak of the model level and of entries for types.
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
};

/* What came of a device. */
struct qs_tally {
	size_t n_refused, n_unknown;
	const char *code;      /* of the first rule that stops it, */
	struct qs_place place; /* and where */
};

struct qs_judge {
	struct qs_policy *policy;
	uint64_t devices; /* those at hand, a bit each */
	struct qs_judged_rule *rules;
	size_t n_rules;
	struct qs_tally tally[QS_DEVICE_LIMIT];
};

/* Finds the rules for a policy of which the entries are read. */
void qs_judge_init(struct qs_judge *judge, struct qs_policy *policy);

/* Judges the model level, or an entry that counts. */
void qs_judge_model(struct qs_judge *judge);
void qs_judge_entry(struct qs_judge *judge, const struct qs_entry *entry);

/* Says where the config can be used, when that is asked for several devices. */
void qs_judge_sum_up(const struct qs_judge *judge);

#endif
