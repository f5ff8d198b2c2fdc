/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of rules that do not hold, and of the devices on which a config can be used. */
#include "policy/judge.h"

const struct qs_setting *qs_condition_setting(
    const struct qs_condition *condition, const struct qs_settings *settings, int tensor)
{
	return settings[condition->tensor < 0 ? tensor : condition->tensor].param[condition->param];
}

/* A setting that a rule looks at. */
struct involved {
	const struct qs_condition *condition;
	int tensor;
	const struct qs_setting *setting;
};
#define INVOLVED (QS_RULE_CONDITIONS + 2)

static struct involved involve(
    const struct qs_judge_scope *scope, const struct qs_condition *condition, int tensor)
{
	return (struct involved){condition, condition->tensor < 0 ? tensor : condition->tensor,
	    qs_condition_setting(condition, scope->settings, tensor)};
}

/* The settings that a rule looks at, the required one first. */
static size_t find_involved(const struct qs_judge_scope *scope, const struct qs_rule *rule,
    int tensor, struct involved involved[INVOLVED])
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
    const struct qs_judge_scope *scope, const struct involved *involved, size_t n)
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
		qs_param_write(condition->param, (union qs_param_value){.integer = v}, text);
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
static void write_tensors(struct qs_text *text, const struct qs_judge_scope *scope,
    const struct qs_rule *rule, unsigned tensors)
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

static void relate(const struct qs_judge_scope *scope, struct qs_finding *finding,
    const struct involved *involved, const struct qs_json *told)
{
	struct qs_findings *findings = scope->judge->findings;
	const struct qs_policy *policy = scope->judge->policy;
	struct qs_text text = QS_TEXT_INIT;

	/* That the datatype is int goes without saying: no other has rules. */
	if (involved->setting->member == told || involved->condition->param == QS_PARAM_DATATYPE)
		return;
	write_setting(&text, involved);
	if (involved->setting->member)
		qs_finding_relate(findings, finding,
		    qs_policy_value_place(policy, involved->setting->member), "%s is set here",
		    text.data);
	else
		qs_finding_relate(findings, finding, (struct qs_place){NULL, 0, 0},
		    "%s is the built-in default", text.data);
	qs_findings_end_text(findings, &text);
}

/* What the setting at fault is called, and on which devices: by the answer and how bad it is. */
static void write_answer(const struct qs_judge_scope *scope, const struct qs_judged_rule *judged,
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
static void write_message(const struct qs_judge_scope *scope, const struct qs_judged_rule *judged,
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

void qs_judge_report(const struct qs_judge_scope *scope, const struct qs_judged_rule *judged,
    int tensor, unsigned tensors)
{
	const struct qs_rule *rule = judged->rule;
	struct involved involved[INVOLVED];
	const size_t n = find_involved(scope, rule, tensor, involved);
	const struct qs_json *told = find_primary(scope, involved, n);
	struct qs_findings *findings = scope->judge->findings;
	const struct qs_policy *policy = scope->judge->policy;
	const struct qs_place place = place_of(policy, told);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;

	/* What is only counted needs no words. */
	if (qs_findings_count(findings) < QS_FINDINGS_LIMIT)
		write_message(scope, judged, involved, n, tensors, &text);
	finding = qs_finding_add_kind(findings, &rule->kind, place, "%s", text.data);
	if (rule->kind.severity == QS_SEVERITY_ERROR)
		scope->judge->n_errors++;
	count(scope->judge, judged, place);
	if (finding) {
		qs_policy_point(findings, finding, told);
		qs_finding_hint(findings, finding, "%s", rule->hint);
		qs_judge_offer(scope, rule, finding, tensor, tensors);
		for (size_t i = 0; i < n; i++) {
			relate(scope, finding, &involved[i], told);
			qs_policy_trace(findings, finding, policy,
			    (enum qs_tensor)involved[i].tensor, involved[i].condition->param,
			    involved[i].setting);
		}
		if (!policy->devices && policy->device_value != told)
			qs_finding_relate(findings, finding,
			    qs_policy_value_place(policy, policy->device_value),
			    "target_device \"%s\" is set here",
			    qs_device_words.words[policy->device].word);
	}
	qs_findings_end_text(findings, &text);
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
	qs_finding_relate(judge->findings, finding, tally->place, "%s: %s; %s here", name,
	    text.data, tally->code);
	qs_findings_end_text(judge->findings, &text);
}

void qs_judge_sum_up(const struct qs_judge *judge)
{
	const struct qs_policy *policy = judge->policy;
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
	finding = qs_finding_add(judge->findings, QS_FINDING_PORTABILITY, place_of(policy, about),
	    "as far as rules of devices know, %s", text.data);
	qs_policy_point(judge->findings, finding, about);
	for (size_t d = 0; d < policy->rulebook->n_profiles; d++) {
		if ((refused | unknown) >> d & 1)
			relate_stop(judge, finding, d);
	}
	qs_findings_end_text(judge->findings, &text);
}
