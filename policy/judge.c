/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges device rules.
 *
 * One cause, one finding: devices of one rule and kinds that break it through the same setting are
 * named together, and an entry is not told again what it only inherits from the model level.
 */
#include "policy/judge.h"

#include <stdlib.h>
#include <string.h>

#define ALL_TENSORS ((1U << QS_TENSOR__COUNT) - 1)

/* Whether a setting has one of the values of a condition, which are built-in ones. */
static bool is_one_of(const struct qs_condition *condition, const struct qs_setting *setting)
{
	return setting->value.integer < 64 && (condition->values >> setting->value.integer & 1);
}

/* Whether a setting may be judged, and is one of the values. */
static bool holds(
    const struct qs_condition *condition, const struct qs_settings *settings, int tensor)
{
	const struct qs_setting *setting = qs_condition_setting(condition, settings, tensor);

	return !setting->broken && is_one_of(condition, setting);
}

static bool applies(const struct qs_rule *rule, const struct qs_settings *settings, int tensor)
{
	for (size_t i = 0; i < rule->when.n; i++) {
		if (!holds(&rule->when.list[i], settings, tensor))
			return false;
	}
	return true;
}

/* Whether a kind breaks a rule. What involves a broken value is not judged. */
static bool breaks(const struct qs_judge_scope *scope, const struct qs_rule *rule, int tensor)
{
	const struct qs_condition *required = &rule->require.condition;
	const struct qs_setting *setting = scope->settings[tensor].param[required->param];
	const int same_as = rule->require.same_as;
	const struct qs_setting *other;

	/* What holds most often is asked first. */
	if (same_as < 0 && is_one_of(required, setting))
		return false;
	if (setting->broken || qs_setting_is_foreign(setting, required->param) ||
	    !applies(rule, scope->settings, tensor))
		return false;
	if (same_as < 0)
		return true;
	other = scope->settings[same_as].param[required->param];
	return (scope->tensors >> same_as & 1) && applies(rule, scope->settings, same_as) &&
	       !other->broken && other->value.integer != setting->value.integer;
}

static bool is_of_model(
    const struct qs_judge_scope *scope, const struct qs_condition *condition, int tensor)
{
	return qs_condition_setting(condition, scope->settings, tensor) ==
	       qs_condition_setting(condition, scope->judge->policy->model, tensor);
}

/* Whether an entry breaks a rule only as the model level does already. */
static bool is_inherited(const struct qs_judge_scope *scope, const struct qs_rule *rule, int tensor)
{
	/* Without a model, the model level is not judged for layer types that have an entry. */
	if (!scope->entry || (rule->types.n && !scope->by_layers) ||
	    !is_of_model(scope, &rule->require.condition, tensor))
		return false;
	for (size_t i = 0; i < rule->when.n; i++) {
		if (!is_of_model(scope, &rule->when.list[i], tensor))
			return false;
	}
	return rule->require.same_as < 0 ||
	       is_of_model(scope, &rule->require.condition, rule->require.same_as);
}

/* ---- what is judged -------------------------------------------------------------------------- */

/* Kinds that break a rule through the same setting are one cause. */
static void judge_rule(const struct qs_judge_scope *scope, const struct qs_judged_rule *judged)
{
	const struct qs_rule *rule = judged->rule;
	const enum qs_param param = rule->require.condition.param;
	/* Of a layer type with rules of its own the entry is judged with what it inherits. */
	const unsigned tensors = (rule->types.n ? ALL_TENSORS : scope->tensors) & rule->tensors;
	unsigned broken = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1 && breaks(scope, rule, t) && !is_inherited(scope, rule, t))
			broken |= 1U << t;
	}
	for (int t = 0; broken && t < QS_TENSOR__COUNT; t++) {
		const struct qs_setting *cause = scope->settings[t].param[param];
		unsigned same = 0;

		if (!(broken >> t & 1))
			continue;
		for (int u = t; u < QS_TENSOR__COUNT; u++) {
			if (broken >> u & 1 &&
			    scope->settings[u].param[param]->member == cause->member)
				same |= 1U << u;
		}
		qs_judge_report(scope, judged, t, same);
		broken &= ~same;
	}
}

/* The layer types of a rule that an entry is for, a bit each. */
static uint64_t types_of_entry(const struct qs_rule *rule, const struct qs_entry *entry)
{
	if (entry->selector.kind != QS_SELECT_TYPE)
		return 0;
	for (size_t i = 0; i < rule->types.n; i++) {
		if (qs_json_string_is(entry->selector.text, rule->types.words[i]))
			return (uint64_t)1 << i;
	}
	return 0;
}

static uint64_t all_types(const struct qs_rule *rule)
{
	return rule->types.n == 64 ? ~(uint64_t)0 : ((uint64_t)1 << rule->types.n) - 1;
}

void qs_judge_model(struct qs_judge *judge, bool typed)
{
	struct qs_judge_scope scope = {judge, judge->policy->model, ALL_TENSORS, NULL, 0, false};

	for (size_t i = 0; i < judge->n_rules; i++) {
		const struct qs_judged_rule *judged = &judge->rules[i];

		if (typed != (judged->rule->types.n > 0))
			continue;
		scope.types = all_types(judged->rule) & ~judged->own;
		if (!typed || scope.types)
			judge_rule(&scope, judged);
	}
}

void qs_judge_entry(struct qs_judge *judge, const struct qs_entry *entry, bool typed)
{
	struct qs_judge_scope scope = {judge, entry->settings, entry->tensors, entry, 0, false};

	for (size_t i = 0; i < judge->n_rules; i++) {
		const struct qs_judged_rule *judged = &judge->rules[i];

		if (typed != (judged->rule->types.n > 0))
			continue;
		scope.types = types_of_entry(judged->rule, entry);
		if (!typed || scope.types)
			judge_rule(&scope, judged);
	}
}

/* ---- by the layers of a model ---------------------------------------------------------------- */

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The layer types of a rule that are in a list, a bit each. */
static uint64_t types_among(const struct qs_rule *rule, const struct qs_type_list *types)
{
	uint64_t among = 0;

	for (size_t i = 0; i < rule->types.n; i++) {
		if (types->n && bsearch(&rule->types.words[i], types->words, types->n,
				    sizeof(*types->words), compare_words))
			among |= (uint64_t)1 << i;
	}
	return among;
}

/* Whether a scope breaks a rule for a kind in which it only inherits from the model level. */
static bool breaks_inherited(const struct qs_judge_scope *scope, const struct qs_rule *rule)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (rule->tensors >> t & 1 && breaks(scope, rule, t) &&
		    is_inherited(scope, rule, t))
			return true;
	}
	return false;
}

void qs_judge_won(
    struct qs_judge *judge, const struct qs_entry *entry, const struct qs_type_list *types)
{
	struct qs_judge_scope scope = {judge, entry->settings, entry->tensors, entry, 0, true};

	for (size_t i = 0; i < judge->n_rules; i++) {
		struct qs_judged_rule *judged = &judge->rules[i];

		scope.types = judged->rule->types.n ? types_among(judged->rule, types) : 0;
		if (!scope.types)
			continue;
		judge_rule(&scope, judged);
		if (breaks_inherited(&scope, judged->rule))
			judged->inherited |= scope.types;
	}
}

void qs_judge_rest(struct qs_judge *judge, const struct qs_type_list *types, bool judged_before)
{
	struct qs_judge_scope scope = {judge, judge->policy->model, ALL_TENSORS, NULL, 0, false};

	for (size_t i = 0; i < judge->n_rules; i++) {
		const struct qs_judged_rule *judged = &judge->rules[i];

		if (!judged->rule->types.n)
			continue;
		scope.types = judged->inherited;
		if (judged_before)
			scope.types &= judged->own;
		else
			scope.types |= types_among(judged->rule, types);
		if (scope.types)
			judge_rule(&scope, judged);
	}
}

/* ---- the rules at hand ----------------------------------------------------------------------- */

/* Those of the devices at hand that a rule holds for, by itself or through a device it is like. */
static uint64_t devices_of(const struct qs_judge *judge, const struct qs_rule *rule)
{
	const struct qs_rulebook *rulebook = judge->policy->rulebook;
	uint64_t devices = 0;

	for (size_t d = 0; d < rulebook->n_profiles; d++) {
		if ((judge->devices >> d & 1) && (rulebook->like[d] & rule->devices))
			devices |= (uint64_t)1 << d;
	}
	return devices;
}

static void add_rule(struct qs_judge *judge, const struct qs_rule *rule)
{
	const struct qs_policy *policy = judge->policy;
	struct qs_judged_rule *judged = &judge->rules[judge->n_rules];
	const uint64_t devices = devices_of(judge, rule);

	if (!devices || !qs_versions_have(rule->versions, policy->tool))
		return;
	*judged = (struct qs_judged_rule){rule, devices, 0, 0};
	for (size_t i = 0; rule->types.n && i < policy->n_entries; i++) {
		if (!policy->entries[i].later)
			judged->own |= types_of_entry(rule, &policy->entries[i]);
	}
	judge->n_rules++;
	judge->n_typed += rule->types.n > 0;
}

bool qs_judge_init(
    struct qs_judge *judge, const struct qs_policy *policy, struct qs_findings *findings)
{
	const struct qs_rulebook *rulebook = policy->rulebook;

	memset(judge, 0, sizeof(*judge));
	judge->policy = policy;
	judge->findings = findings;
	judge->devices = policy->devices;
	if (!judge->devices && policy->device >= 0) {
		const struct qs_word *word = &qs_device_words.words[policy->device];
		const int device = qs_rulebook_device(rulebook, word->word, word->size);

		judge->devices = device < 0 ? 0 : (uint64_t)1 << device;
	}
	judge->rules = calloc(rulebook->n_rules + 1, sizeof(*judge->rules));
	if (!judge->rules)
		return false;
	for (size_t i = 0; i < rulebook->n_rules; i++)
		add_rule(judge, &rulebook->rules[i]);
	return true;
}

void qs_judge_done(struct qs_judge *judge)
{
	free(judge->rules);
	judge->rules = NULL;
}
