/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges device rules on effective settings: the model level, then every entry that counts.
 *
 * One cause, one finding: kinds that break a rule through the same setting are named together, and
 * an entry is not told again what it only inherits from the model level.
 */
#include <string.h>

#include "policy/policy.h"
#include "policy/rule.h"

/* What is judged: the settings of a scope and how to speak of it. */
struct scope {
	struct qs_policy *policy;
	const struct qs_settings *settings;
	unsigned tensors;
	const struct qs_entry *entry; /* NULL for the model level */
};

/* Whether a setting may be judged, and is one of the values. */
static bool holds(const struct qs_condition *condition, const struct qs_settings *settings)
{
	const struct qs_setting *setting = settings->param[condition->param];

	return !setting->broken && (condition->values >> setting->value.integer & 1);
}

static bool applies(const struct qs_rule *rule, const struct qs_settings *settings)
{
	for (size_t i = 0; i < rule->n_when; i++) {
		if (!holds(&rule->when[i], settings))
			return false;
	}
	return true;
}

/* Whether a kind breaks a rule. What involves a broken value is not judged. */
static bool breaks(const struct scope *scope, const struct qs_rule *rule, int tensor)
{
	const struct qs_settings *settings = &scope->settings[tensor];
	const struct qs_setting *setting = settings->param[rule->require.param];
	const struct qs_settings *other;

	/* What holds most often is asked first. */
	if (rule->same_as < 0 && (rule->require.values >> setting->value.integer & 1))
		return false;
	if (setting->broken || qs_setting_is_foreign(setting, rule->require.param) ||
	    !applies(rule, settings))
		return false;
	if (rule->same_as < 0)
		return true;
	other = &scope->settings[rule->same_as];
	return (scope->tensors >> rule->same_as & 1) && applies(rule, other) &&
	       !other->param[rule->require.param]->broken &&
	       other->param[rule->require.param]->value.integer != setting->value.integer;
}

/* Whether an entry breaks a rule only as the model level does already. */
static bool is_inherited(const struct scope *scope, const struct qs_rule *rule, int tensor)
{
	const struct qs_settings *own = &scope->settings[tensor];
	const struct qs_settings *model = &scope->policy->model[tensor];

	if (!scope->entry || own->param[rule->require.param] != model->param[rule->require.param])
		return false;
	for (size_t i = 0; i < rule->n_when; i++) {
		if (own->param[rule->when[i].param] != model->param[rule->when[i].param])
			return false;
	}
	return rule->same_as < 0 ||
	       scope->settings[rule->same_as].param[rule->require.param] ==
	           scope->policy->model[rule->same_as].param[rule->require.param];
}

static void write_setting(
    struct qs_text *text, enum qs_param param, const struct qs_setting *setting)
{
	qs_text_addf(text, "%s ", qs_param_info(param)->key);
	qs_setting_write(setting, param, text);
}

static void write_allowed(struct qs_text *text, const struct qs_condition *condition)
{
	int n = 0;

	for (int v = 0; v < 64; v++) {
		if (!(condition->values >> v & 1))
			continue;
		qs_text_adds(text, n++ ? ", " : "");
		qs_param_write(condition->param, (union qs_value){.integer = v}, text);
	}
}

static void write_tensors(struct qs_text *text, unsigned tensors)
{
	int n = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : "", qs_tensor_words.words[t].word);
	}
}

/* The settings that a rule looks at, the required one first. */
static size_t involved(const struct scope *scope, const struct qs_rule *rule, int tensor,
    enum qs_param params[QS_RULE_CONDITIONS + 2],
    const struct qs_setting *settings[QS_RULE_CONDITIONS + 2])
{
	size_t n = 0;

	params[n] = rule->require.param;
	settings[n++] = scope->settings[tensor].param[rule->require.param];
	if (rule->same_as >= 0) {
		params[n] = rule->require.param;
		settings[n++] = scope->settings[rule->same_as].param[rule->require.param];
	}
	for (size_t i = 0; i < rule->n_when; i++) {
		params[n] = rule->when[i].param;
		settings[n++] = scope->settings[tensor].param[rule->when[i].param];
	}
	return n;
}

/* Where a finding points: at what breaks the rule, else at what makes it hold, else at the
 * scope. */
static const struct qs_json *primary(
    const struct scope *scope, const struct qs_setting *const *settings, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (settings[i]->member)
			return settings[i]->member;
	}
	return scope->entry ? scope->entry->selector.value : scope->policy->device_value;
}

static void relate(const struct scope *scope, struct qs_finding *finding, enum qs_param param,
    const struct qs_setting *setting, const struct qs_json *told)
{
	struct qs_policy *policy = scope->policy;
	struct qs_text text = QS_TEXT_INIT;

	/* That the datatype is int goes without saying: no other has rules. */
	if (setting->member == told || param == QS_PARAM_DATATYPE)
		return;
	write_setting(&text, param, setting);
	if (setting->member)
		qs_finding_relate(policy->findings, finding,
		    qs_policy_value_place(policy, setting->member), "%s is set here", text.data);
	else
		qs_finding_relate(policy->findings, finding, (struct qs_place){NULL, 0, 0},
		    "%s is the built-in default", text.data);
	qs_findings_end_text(policy->findings, &text);
}

/* The sentence: what is refused, for which kinds, on which device, because of what, and what
 * goes. */
static void write_message(const struct scope *scope, const struct qs_rule *rule, int tensor,
    unsigned tensors, struct qs_text *text)
{
	const struct qs_settings *settings = &scope->settings[tensor];
	const char *device = qs_device_words.words[scope->policy->device].word;

	write_setting(text, rule->require.param, settings->param[rule->require.param]);
	qs_text_addf(text,
	    rule->kind.severity == QS_SEVERITY_ERROR ? " is refused on %s for " : " on %s for ",
	    device);
	write_tensors(text, tensors);
	if (rule->same_as >= 0) {
		qs_text_addf(text, ": it must be that of %s, which has ",
		    qs_tensor_words.words[rule->same_as].word);
		qs_param_write(rule->require.param,
		    scope->settings[rule->same_as].param[rule->require.param]->value, text);
		return;
	}
	for (size_t i = 0, n = 0; i < rule->n_when; i++) {
		if (rule->when[i].param == QS_PARAM_DATATYPE)
			continue;
		qs_text_adds(text, n++ ? ", " : " with ");
		write_setting(text, rule->when[i].param, settings->param[rule->when[i].param]);
	}
	qs_text_adds(text, "; expected ");
	write_allowed(text, &rule->require);
}

static void report(
    const struct scope *scope, const struct qs_rule *rule, int tensor, unsigned tensors)
{
	enum qs_param params[QS_RULE_CONDITIONS + 2];
	const struct qs_setting *settings[QS_RULE_CONDITIONS + 2];
	const size_t n = involved(scope, rule, tensor, params, settings);
	const struct qs_json *told = primary(scope, settings, n);
	struct qs_policy *policy = scope->policy;
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	write_message(scope, rule, tensor, tensors, &text);
	finding = qs_finding_add_kind(
	    policy->findings, &rule->kind, qs_policy_value_place(policy, told), "%s", text.data);
	if (rule->kind.severity == QS_SEVERITY_ERROR)
		policy->n_errors++;
	qs_findings_end_text(policy->findings, &text);
	if (finding) {
		qs_policy_point(policy->findings, finding, told);
		qs_finding_hint(policy->findings, finding, "%s", rule->hint);
		for (size_t i = 0; i < n; i++)
			relate(scope, finding, params[i], settings[i], told);
		if (policy->device_value != told)
			qs_finding_relate(policy->findings, finding,
			    qs_policy_value_place(policy, policy->device_value),
			    "target_device \"%s\" is set here",
			    qs_device_words.words[policy->device].word);
	}
	qs_findings_end_text(policy->findings, &text);
}

/* Kinds that break a rule through the same setting are one cause. */
static void judge_rule(const struct scope *scope, const struct qs_rule *rule)
{
	unsigned broken = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if ((scope->tensors & rule->tensors) >> t & 1 && breaks(scope, rule, t) &&
		    !is_inherited(scope, rule, t))
			broken |= 1U << t;
	}
	for (int t = 0; broken && t < QS_TENSOR__COUNT; t++) {
		const struct qs_setting *cause = scope->settings[t].param[rule->require.param];
		unsigned same = 0;

		if (!(broken >> t & 1))
			continue;
		for (int u = t; u < QS_TENSOR__COUNT; u++) {
			if (broken >> u & 1 &&
			    scope->settings[u].param[rule->require.param]->member == cause->member)
				same |= 1U << u;
		}
		report(scope, rule, t, same);
		broken &= ~same;
	}
}

static void judge(const struct qs_ruleset *ruleset, const struct scope *scope)
{
	for (size_t i = 0; i < ruleset->n_rules; i++) {
		if (ruleset->rules[i].devices >> scope->policy->device & 1)
			judge_rule(scope, &ruleset->rules[i]);
	}
}

void qs_conflict_model(struct qs_policy *policy, const struct qs_ruleset *ruleset)
{
	const struct scope scope = {policy, policy->model, (1U << QS_TENSOR__COUNT) - 1, NULL};

	if (policy->device >= 0)
		judge(ruleset, &scope);
}

void qs_conflict_entry(
    struct qs_policy *policy, const struct qs_ruleset *ruleset, const struct qs_entry *entry)
{
	const struct scope scope = {policy, entry->settings, entry->tensors, entry};

	if (policy->device >= 0)
		judge(ruleset, &scope);
}
