/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges device rules.
 *
 * One cause, one finding: devices of one rule and kinds that break it through the same setting are
 * named together, and an entry is not told again what it only inherits from the model level.
 */
#include "policy/judge.h"

#include <string.h>

#define ALL_TENSORS ((1U << QS_TENSOR__COUNT) - 1)

/* What is judged: the settings of a scope and how to speak of it. */
struct scope {
	struct qs_judge *judge;
	const struct qs_settings *settings;
	unsigned tensors;
	const struct qs_entry *entry; /* NULL for the model level */
	uint64_t types;               /* of the rule at hand, for which it is judged, a bit each */
};

static const struct qs_setting *setting_of(
    const struct qs_condition *condition, const struct qs_settings *settings, int tensor)
{
	return settings[condition->tensor < 0 ? tensor : condition->tensor].param[condition->param];
}

/* Whether a setting has one of the values of a condition, which are built-in ones. */
static bool is_one_of(const struct qs_condition *condition, const struct qs_setting *setting)
{
	return setting->value.integer < 64 && (condition->values >> setting->value.integer & 1);
}

/* Whether a setting may be judged, and is one of the values. */
static bool holds(
    const struct qs_condition *condition, const struct qs_settings *settings, int tensor)
{
	const struct qs_setting *setting = setting_of(condition, settings, tensor);

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
static bool breaks(const struct scope *scope, const struct qs_rule *rule, int tensor)
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

static bool is_of_model(const struct scope *scope, const struct qs_condition *condition, int tensor)
{
	return setting_of(condition, scope->settings, tensor) ==
	       setting_of(condition, scope->judge->policy->model, tensor);
}

/* Whether an entry breaks a rule only as the model level does already. */
static bool is_inherited(const struct scope *scope, const struct qs_rule *rule, int tensor)
{
	/* The model level was not judged for layer types that have an entry. */
	if (!scope->entry || rule->types.n || !is_of_model(scope, &rule->require.condition, tensor))
		return false;
	for (size_t i = 0; i < rule->when.n; i++) {
		if (!is_of_model(scope, &rule->when.list[i], tensor))
			return false;
	}
	return rule->require.same_as < 0 ||
	       is_of_model(scope, &rule->require.condition, rule->require.same_as);
}

/* ---- what is said ---------------------------------------------------------------------------- */

/* A setting that a rule looks at. */
struct involved {
	const struct qs_condition *condition;
	int tensor;
	const struct qs_setting *setting;
};
#define INVOLVED (QS_RULE_CONDITIONS + 2)

static struct involved involve(
    const struct scope *scope, const struct qs_condition *condition, int tensor)
{
	return (struct involved){condition, condition->tensor < 0 ? tensor : condition->tensor,
	    setting_of(condition, scope->settings, tensor)};
}

/* The settings that a rule looks at, the required one first. */
static size_t find_involved(const struct scope *scope, const struct qs_rule *rule, int tensor,
    struct involved involved[INVOLVED])
{
	size_t n = 0;

	involved[n++] = involve(scope, &rule->require.condition, tensor);
	if (rule->require.same_as >= 0)
		involved[n++] = involve(scope, &rule->require.condition, rule->require.same_as);
	for (size_t i = 0; i < rule->when.n; i++)
		involved[n++] = involve(scope, &rule->when.list[i], tensor);
	return n;
}

/* What a finding points at: what breaks the rule, else what makes it hold, else the scope. */
static const struct qs_json *find_primary(
    const struct scope *scope, const struct involved *involved, size_t n)
{
	const struct qs_policy *policy = scope->judge->policy;

	for (size_t i = 0; i < n; i++) {
		if (involved[i].setting->member)
			return involved[i].setting->member;
	}
	if (scope->entry)
		return scope->entry->selector.value;
	return policy->device_value ? policy->device_value : policy->document.root;
}

/* Where a value stands; of the document its first byte will do. */
static struct qs_place place_of(const struct qs_policy *policy, const struct qs_json *value)
{
	struct qs_place place = qs_policy_value_place(policy, value);

	if (!value->parent)
		place.end = place.begin + 1;
	return place;
}

/* "bit_width 8", of a condition on another kind "input.bit_width 8". */
static void write_setting(struct qs_text *text, const struct involved *involved)
{
	if (involved->condition->tensor >= 0)
		qs_text_addf(text, "%s.", qs_tensor_words.words[involved->condition->tensor].word);
	qs_text_addf(text, "%s ", qs_param_info(involved->condition->param)->key);
	qs_setting_write(involved->setting, involved->condition->param, text);
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

static void write_devices(
    struct qs_text *text, const struct qs_rulebook *rulebook, uint64_t devices)
{
	int n = 0;

	for (size_t d = 0; d < rulebook->n_profiles; d++) {
		if (devices >> d & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : "", rulebook->profiles[d].name);
	}
}

/* "weights, bias of Linear layers" */
static void write_tensors(
    struct qs_text *text, const struct scope *scope, const struct qs_rule *rule, unsigned tensors)
{
	int n = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : "", qs_tensor_words.words[t].word);
	}
	n = 0;
	for (size_t i = 0; i < rule->types.n; i++) {
		if (scope->types >> i & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : " of ", rule->types.words[i]);
	}
	if (n)
		qs_text_adds(text, " layers");
}

static void relate(const struct scope *scope, struct qs_finding *finding,
    const struct involved *involved, const struct qs_json *told)
{
	struct qs_policy *policy = scope->judge->policy;
	struct qs_text text = QS_TEXT_INIT;

	/* That the datatype is int goes without saying: no other has rules. */
	if (involved->setting->member == told || involved->condition->param == QS_PARAM_DATATYPE)
		return;
	write_setting(&text, involved);
	if (involved->setting->member)
		qs_finding_relate(policy->findings, finding,
		    qs_policy_value_place(policy, involved->setting->member), "%s is set here",
		    text.data);
	else
		qs_finding_relate(policy->findings, finding, (struct qs_place){NULL, 0, 0},
		    "%s is the built-in default", text.data);
	qs_findings_end_text(policy->findings, &text);
}

/* What the setting at fault is called, and on which devices: by the answer and how bad it is. */
static void write_answer(const struct scope *scope, const struct qs_judged_rule *judged,
    const struct involved *fault, struct qs_text *text)
{
	const bool unknown = judged->rule->answer == QS_ANSWER_UNKNOWN;

	qs_text_adds(text, unknown ? "no source says that " : "");
	write_setting(text, fault);
	qs_text_adds(text, unknown                                            ? " works on "
			   : judged->rule->kind.severity == QS_SEVERITY_ERROR ? " is refused on "
									      : " on ");
	write_devices(text, scope->judge->policy->rulebook, judged->devices);
}

/* The sentence: what is refused, on which devices, for which kinds, because of what, and what
 * goes. */
static void write_message(const struct scope *scope, const struct qs_judged_rule *judged,
    const struct involved *involved, size_t n_involved, unsigned tensors, struct qs_text *text)
{
	const struct qs_rule *rule = judged->rule;

	write_answer(scope, judged, &involved[0], text);
	qs_text_adds(text, " for ");
	write_tensors(text, scope, rule, tensors);
	if (rule->require.same_as >= 0) {
		qs_text_addf(text, ": it must be that of %s, which has ",
		    qs_tensor_words.words[rule->require.same_as].word);
		qs_param_write(rule->require.condition.param, involved[1].setting->value, text);
		return;
	}
	for (size_t i = 1, n = 0; i < n_involved; i++) {
		if (involved[i].condition->param == QS_PARAM_DATATYPE ||
		    (involved[i].condition->param == involved[0].condition->param &&
			involved[i].condition->tensor < 0))
			continue;
		qs_text_adds(text, n++ ? ", " : " with ");
		write_setting(text, &involved[i]);
	}
	qs_text_adds(text, rule->answer == QS_ANSWER_UNKNOWN ? "; documented: " : "; expected ");
	write_allowed(text, &rule->require.condition);
}

static void count(
    struct qs_judge *judge, const struct qs_judged_rule *judged, struct qs_place place)
{
	const struct qs_rule *rule = judged->rule;
	const bool unknown = rule->answer == QS_ANSWER_UNKNOWN;

	if (!unknown && rule->kind.severity != QS_SEVERITY_ERROR)
		return;
	for (size_t d = 0; d < judge->policy->rulebook->n_profiles; d++) {
		struct qs_tally *tally = &judge->tally[d];

		if (!(judged->devices >> d & 1))
			continue;
		/* What refuses is told before what is only not known. */
		if (!tally->code || (!unknown && !tally->n_refused)) {
			tally->code = rule->kind.code;
			tally->place = place;
		}
		tally->n_refused += !unknown;
		tally->n_unknown += unknown;
	}
}

static void report(
    const struct scope *scope, const struct qs_judged_rule *judged, int tensor, unsigned tensors)
{
	const struct qs_rule *rule = judged->rule;
	struct involved involved[INVOLVED];
	const size_t n = find_involved(scope, rule, tensor, involved);
	const struct qs_json *told = find_primary(scope, involved, n);
	struct qs_policy *policy = scope->judge->policy;
	const struct qs_place place = place_of(policy, told);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	/* What is only counted needs no words. */
	if (qs_findings_count(policy->findings) < QS_FINDINGS_LIMIT)
		write_message(scope, judged, involved, n, tensors, &text);
	finding = qs_finding_add_kind(policy->findings, &rule->kind, place, "%s", text.data);
	if (rule->kind.severity == QS_SEVERITY_ERROR)
		policy->n_errors++;
	count(scope->judge, judged, place);
	if (finding) {
		qs_policy_point(policy->findings, finding, told);
		qs_finding_hint(policy->findings, finding, "%s", rule->hint);
		for (size_t i = 0; i < n; i++) {
			relate(scope, finding, &involved[i], told);
			qs_policy_trace(policy->findings, finding, policy,
			    (enum qs_tensor)involved[i].tensor, involved[i].condition->param,
			    involved[i].setting);
		}
		if (!policy->devices && policy->device_value != told)
			qs_finding_relate(policy->findings, finding,
			    qs_policy_value_place(policy, policy->device_value),
			    "target_device \"%s\" is set here",
			    qs_device_words.words[policy->device].word);
	}
	qs_findings_end_text(policy->findings, &text);
}

/* ---- what is judged -------------------------------------------------------------------------- */

/* Kinds that break a rule through the same setting are one cause. */
static void judge_rule(const struct scope *scope, const struct qs_judged_rule *judged)
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
		report(scope, judged, t, same);
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

void qs_judge_model(struct qs_judge *judge)
{
	struct scope scope = {judge, judge->policy->model, ALL_TENSORS, NULL, 0};

	for (size_t i = 0; i < judge->n_rules; i++) {
		const struct qs_judged_rule *judged = &judge->rules[i];

		scope.types = all_types(judged->rule) & ~judged->own;
		if (!judged->rule->types.n || scope.types)
			judge_rule(&scope, judged);
	}
}

void qs_judge_entry(struct qs_judge *judge, const struct qs_entry *entry)
{
	struct scope scope = {judge, entry->settings, entry->tensors, entry, 0};

	for (size_t i = 0; i < judge->n_rules; i++) {
		const struct qs_judged_rule *judged = &judge->rules[i];

		scope.types = types_of_entry(judged->rule, entry);
		if (!judged->rule->types.n || scope.types)
			judge_rule(&scope, judged);
	}
}

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
	*judged = (struct qs_judged_rule){rule, devices, 0};
	for (size_t i = 0; rule->types.n && i < policy->n_entries; i++) {
		if (!policy->entries[i].later)
			judged->own |= types_of_entry(rule, &policy->entries[i]);
	}
	judge->n_rules++;
}

void qs_judge_init(struct qs_judge *judge, struct qs_policy *policy)
{
	const struct qs_rulebook *rulebook = policy->rulebook;

	memset(judge, 0, sizeof(*judge));
	judge->policy = policy;
	judge->devices = policy->devices;
	if (!judge->devices && policy->device >= 0) {
		const struct qs_word *word = &qs_device_words.words[policy->device];
		const int device = qs_rulebook_device(rulebook, word->word, word->size);

		judge->devices = device < 0 ? 0 : (uint64_t)1 << device;
	}
	judge->rules = qs_arena_array(&policy->arena, rulebook->n_rules + 1, sizeof(*judge->rules));
	if (!judge->rules) {
		policy->nomem = true;
		return;
	}
	for (size_t i = 0; i < rulebook->n_rules; i++)
		add_rule(judge, &rulebook->rules[i]);
}

/* ---- several devices ------------------------------------------------------------------------- */

/* Appends the devices of a group, if there are any. */
static void write_group(
    const struct qs_judge *judge, uint64_t group, const char *words, struct qs_text *text)
{
	if (!group)
		return;
	qs_text_addf(text, "%s%s ", text->size ? "; " : "", words);
	write_devices(text, judge->policy->rulebook, group);
}

static void relate_stop(const struct qs_judge *judge, struct qs_finding *finding, size_t device)
{
	const struct qs_tally *tally = &judge->tally[device];
	const char *name = judge->policy->rulebook->profiles[device].name;
	struct qs_text text = QS_TEXT_INIT;

	if (tally->n_refused)
		qs_text_addf(&text, "%zu refused", tally->n_refused);
	if (tally->n_unknown)
		qs_text_addf(
		    &text, "%s%zu unknown", tally->n_refused ? ", " : "", tally->n_unknown);
	qs_finding_relate(judge->policy->findings, finding, tally->place, "%s: %s; %s here", name,
	    text.data, tally->code);
	qs_findings_end_text(judge->policy->findings, &text);
}

void qs_judge_sum_up(const struct qs_judge *judge)
{
	struct qs_policy *policy = judge->policy;
	const struct qs_json *about =
	    policy->device_value ? policy->device_value : policy->document.root;
	uint64_t refused = 0, unknown = 0;
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	if (!(judge->devices & (judge->devices - 1)))
		return;
	for (size_t d = 0; d < policy->rulebook->n_profiles; d++) {
		refused |= (uint64_t)(judge->tally[d].n_refused > 0) << d;
		unknown |= (uint64_t)(judge->tally[d].n_unknown > 0) << d;
	}
	unknown &= ~refused;
	write_group(judge, judge->devices & ~refused & ~unknown, "it goes on", &text);
	write_group(judge, refused, "it is refused on", &text);
	write_group(judge, unknown, "it is not known to go on", &text);
	finding = qs_policy_say(policy, QS_FINDING_PORTABILITY, place_of(policy, about), about,
	    "as far as rules of devices know, %s", text.data);
	for (size_t d = 0; d < policy->rulebook->n_profiles; d++) {
		if ((refused | unknown) >> d & 1)
			relate_stop(judge, finding, d);
	}
	qs_findings_end_text(policy->findings, &text);
}
