/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nearest config that a rule does not refuse, where only one value goes: the value is replaced
 * when it is wrong for most kinds that have it, else the kind for which it is wrong gets its own.
 */
#include <string.h>

#include "base/json_fix.h"
#include "policy/judge.h"

/* The only value that goes; false when there are several. */
static bool only_value(const struct qs_rule *rule, union qs_param_value *ret_value)
{
	const uint64_t values = rule->require.condition.values;

	if (rule->require.same_as >= 0 || !values || (values & (values - 1)))
		return false;
	ret_value->integer = 0;
	while (!(values >> ret_value->integer & 1))
		ret_value->integer++;
	return true;
}

/* How many of the kinds in `among` have a value of this member that means something for them. */
static int count_kinds(const struct qs_judge_scope *scope, const struct qs_json *member,
    enum qs_param param, unsigned among)
{
	int n = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		n += (among >> t & 1) && scope->settings[t].param[param]->member == member &&
		     qs_param_applies(param, (enum qs_tensor)t);
	return n;
}

static const struct qs_json *find_member(const struct qs_json *object, const char *key)
{
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		if (!m->hidden && qs_json_string_is(m->key, key))
			return m;
	}
	return NULL;
}

/* Appends the blanks before an offset, as what is inserted is to be set off alike. */
static void add_lead(const struct qs_policy *policy, size_t offset, struct qs_text *text)
{
	size_t size, begin = offset;
	const char *bytes = qs_source_text(policy->document.source, &size);

	while (begin > 0 && bytes[begin - 1] && strchr(" \t\r\n", bytes[begin - 1]))
		begin--;
	qs_text_add(text, bytes + begin, offset - begin);
}

/* Offers to put a member first into an object. */
static void offer_first(const struct qs_policy *policy, struct qs_findings *findings,
    struct qs_finding *finding, const struct qs_json *object, const char *member)
{
	const struct qs_json *first = object->children.first;
	const struct qs_place place = {
	    policy->document.source, object->begin + 1, object->begin + 1};
	struct qs_text text = QS_TEXT_INIT;

	if (first)
		add_lead(policy, first->key_begin, &text);
	qs_text_addf(&text, "%s%s", member, !first ? "" : text.size ? "," : ", ");
	qs_finding_fix(findings, finding, false, place, text.data, "add %s", member);
	qs_findings_end_text(findings, &text);
}

/* Offers to put a member behind another one. */
static void offer_behind(const struct qs_policy *policy, struct qs_findings *findings,
    struct qs_finding *finding, const struct qs_json *other, const char *member)
{
	const struct qs_place place = {policy->document.source, other->end, other->end};
	struct qs_text text = QS_TEXT_INIT;

	qs_text_adds(&text, ",");
	add_lead(policy, other->key_begin, &text);
	qs_text_adds(&text, member);
	qs_finding_fix(findings, finding, false, place, text.data, "add %s", member);
	qs_findings_end_text(findings, &text);
}

/* Offers a value of its own for a kind that has that of an overall block. */
static void offer_own(const struct qs_judge_scope *scope, struct qs_finding *finding,
    const struct qs_json *overall, enum qs_tensor tensor, const char *setting)
{
	static const char key[] = "tensor_quantize_config";
	const char *kind = qs_tensor_words.words[tensor].word;
	const struct qs_policy *policy = scope->judge->policy;
	struct qs_findings *findings = scope->judge->findings;
	const struct qs_json *blocks = find_member(overall->parent, key);
	const struct qs_json *block =
	    blocks && blocks->type == QS_JSON_OBJECT ? find_member(blocks, kind) : NULL;
	struct qs_text text = QS_TEXT_INIT;

	if (block && block->type == QS_JSON_OBJECT) {
		offer_first(policy, findings, finding, block, setting);
	} else if (!block && blocks && blocks->type == QS_JSON_OBJECT) {
		qs_text_addf(&text, "\"%s\": {%s}", kind, setting);
		offer_first(policy, findings, finding, blocks, text.data);
	} else if (!blocks) {
		qs_text_addf(&text, "\"%s\": {\"%s\": {%s}}", key, kind, setting);
		offer_behind(policy, findings, finding, overall, text.data);
	}
	qs_findings_end_text(findings, &text);
}

void qs_judge_offer(const struct qs_judge_scope *scope, const struct qs_rule *rule,
    struct qs_finding *finding, int tensor, unsigned tensors)
{
	const enum qs_param param = rule->require.condition.param;
	const struct qs_setting *setting = scope->settings[tensor].param[param];
	const struct qs_policy *policy = scope->judge->policy;
	struct qs_text value = QS_TEXT_INIT, member = QS_TEXT_INIT;
	union qs_param_value right;
	int n_wrong, n_all;

	if (!setting->member || setting->reset || rule->kind.severity != QS_SEVERITY_ERROR ||
	    !only_value(rule, &right))
		return;
	n_wrong = count_kinds(scope, setting->member, param, tensors);
	n_all = count_kinds(scope, setting->member, param, ~0U);
	qs_param_write(param, right, &value);
	qs_text_addf(&member, "\"%s\": %s", qs_param_info(param)->key, value.data);
	if (2 * n_wrong > n_all)
		qs_finding_fix(scope->judge->findings, finding, false,
		    qs_policy_value_place(policy, setting->member), value.data, "write %s",
		    value.data);
	else if (n_wrong == 1 &&
		 qs_json_string_is(setting->member->parent->key, "overall_quantize_config"))
		offer_own(
		    scope, finding, setting->member->parent, (enum qs_tensor)tensor, member.data);
	qs_findings_end_text(scope->judge->findings, &value);
	qs_findings_end_text(scope->judge->findings, &member);
}
