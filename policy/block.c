/* SPDX-License-Identifier: Apache-2.0 */
/* Reads one object of parameters: keys, types and values, each against its descriptor. */
#include "policy/policy.h"

#include <string.h>

static const char *expected_type(enum qs_param_kind kind)
{
	switch (kind) {
	case QS_KIND_BOOL:
		return "true or false";
	case QS_KIND_INT:
		return "an integer";
	case QS_KIND_REAL:
		return "a number with a decimal point";
	case QS_KIND_CHOICE:
		break;
	}
	return "a string";
}

/* The value as the writer has it, clipped; containers are only named. */
static void write_found(
    const struct qs_policy *policy, const struct qs_json *value, struct qs_text *text)
{
	const struct qs_json_string written = qs_json_written(&policy->document, value);

	qs_text_adds(text, qs_json_type_name((enum qs_json_type)value->type));
	if (value->type != QS_JSON_NULL && value->type < QS_JSON_ARRAY)
		qs_text_addf(text, ", %.*s", qs_json_shown(written, 60), written.bytes);
}

static struct qs_finding *report_type(
    struct qs_policy *policy, const struct qs_json *member, const struct qs_param_info *info)
{
	struct qs_text found = QS_TEXT_INIT;
	struct qs_finding *finding;

	write_found(policy, member, &found);
	finding = qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
	    qs_policy_value_place(policy, member), member, "%s must be %s, found %s", info->key,
	    expected_type(info->kind), found.data);
	qs_findings_end_text(policy->findings, &found);
	qs_offer_value(policy, finding, member, info->kind, info->least, info->most);
	return finding;
}

/* Whether a value of an overall block is one that blocks for single kinds may override. */
static bool may_be_overridden(const struct qs_json *member)
{
	const struct qs_json *block = member->parent;

	if (!qs_json_string_is(block->key, "overall_quantize_config"))
		return false;
	for (const struct qs_json *m = block->parent->children.first; m; m = m->next) {
		if (qs_json_string_is(m->key, "tensor_quantize_config"))
			return true;
	}
	return false;
}

/* Says which parameter's word this is, when it is one: a round mode given as method. What every
 * tensor overrides is checked all the same, which is not what people expect. */
static void hint_at_owner(struct qs_policy *policy, struct qs_finding *finding,
    struct qs_json_string word, const char *key, bool overall)
{
	for (int i = 0; i < QS_PARAM__COUNT; i++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)i);

		if (info->kind == QS_KIND_CHOICE && qs_word_find(&info->set, word) >= 0)
			qs_finding_hint(policy->findings, finding,
			    "\"%.*s\" is a value of %s, not of %s%s", (int)word.size, word.bytes,
			    info->key, key,
			    overall ? "; it is checked even where every tensor has its own" : "");
	}
}

static struct qs_finding *report_word(
    struct qs_policy *policy, const struct qs_json *member, const struct qs_param_info *info)
{
	struct qs_text words = QS_TEXT_INIT;
	struct qs_finding *finding;

	for (int i = 0; i < info->set.n_words; i++)
		qs_text_addf(&words, "%s\"%s\"", i ? ", " : "", info->set.words[i].word);
	finding =
	    qs_policy_say(policy, QS_FINDING_ILLEGAL_VALUE, qs_policy_value_place(policy, member),
		member, "%s cannot be \"%.*s\"; expected one of %s", info->key,
		qs_json_shown(member->string, 80), member->string.bytes, words.data);
	qs_findings_end_text(policy->findings, &words);
	qs_unknown_word(policy, finding, info->key, member, &info->set);
	hint_at_owner(policy, finding, member->string, info->key, may_be_overridden(member));
	return finding;
}

/* The value of a plug-in's word, or -1; those behind 63 would not be seen by device rules. */
static int find_foreign(const struct qs_vocabulary *vocabulary, enum qs_param param,
    const struct qs_word_set *set, struct qs_json_string word)
{
	for (size_t i = 0; vocabulary && i < vocabulary->n_words[param]; i++) {
		const char *name = vocabulary->words[param][i];

		if (qs_json_string_equals(word, name, strlen(name)))
			return set->n_words + (int)i;
	}
	return -1;
}

static bool read_choice(struct qs_policy *policy, const struct qs_json *member,
    const struct qs_param_info *info, union qs_param_value *ret_value, struct qs_finding **ret_said)
{
	if (member->type != QS_JSON_STRING) {
		*ret_said = report_type(policy, member, info);
		return false;
	}
	ret_value->integer = qs_word_find(&info->set, member->string);
	if (ret_value->integer >= 0) {
		/* Of a key that the version does not have, that is enough. */
		if (qs_versions_have(info->versions, policy->tool))
			qs_version_word(policy, member, &info->set.words[ret_value->integer]);
		return true;
	}
	ret_value->integer = find_foreign(policy->vocabulary,
	    (enum qs_param)qs_param_find(member->key), &info->set, member->string);
	if (ret_value->integer >= 0)
		return true;
	*ret_said = report_word(policy, member, info);
	return false;
}

static bool read_integer(struct qs_policy *policy, const struct qs_json *member,
    const struct qs_param_info *info, union qs_param_value *ret_value, struct qs_finding **ret_said)
{
	if (member->type != QS_JSON_INT) {
		*ret_said = report_type(policy, member, info);
		return false;
	}
	if (member->integer < (int64_t)info->least || member->integer > (int64_t)info->most) {
		*ret_said = qs_policy_say(policy, QS_FINDING_ILLEGAL_VALUE,
		    qs_policy_value_place(policy, member), member,
		    "%s cannot be %lld; expected %d to %d", info->key, (long long)member->integer,
		    (int)info->least, (int)info->most);
		if (member->integer == 0)
			qs_finding_hint(policy->findings, *ret_said,
			    "leave the key out: vai_q_pytorch takes 0 for not given");
		return false;
	}
	ret_value->integer = (int)member->integer;
	return true;
}

/* An integer passes here: whether the missing decimal point matters depends on the method. */
static bool read_real(struct qs_policy *policy, const struct qs_json *member,
    const struct qs_param_info *info, union qs_param_value *ret_value, struct qs_finding **ret_said)
{
	if (member->type != QS_JSON_REAL && member->type != QS_JSON_INT) {
		*ret_said = report_type(policy, member, info);
		return false;
	}
	ret_value->real = member->type == QS_JSON_REAL ? member->real : (double)member->integer;
	if (ret_value->real > info->least && ret_value->real <= info->most)
		return true;
	*ret_said =
	    qs_policy_say(policy, QS_FINDING_ILLEGAL_VALUE, qs_policy_value_place(policy, member),
		member, "%s cannot be %.15g; expected more than %g and at most %g", info->key,
		ret_value->real, info->least, info->most);
	return false;
}

static bool read_bool(struct qs_policy *policy, const struct qs_json *member,
    const struct qs_param_info *info, union qs_param_value *ret_value, struct qs_finding **ret_said)
{
	if (member->type != QS_JSON_BOOL) {
		*ret_said = report_type(policy, member, info);
		return false;
	}
	ret_value->integer = member->boolean;
	return true;
}

/* Reads a value. False: it is none that the parameter has, and `*ret_said` is what was said. */
typedef bool value_reader(struct qs_policy *policy, const struct qs_json *member,
    const struct qs_param_info *info, union qs_param_value *ret_value,
    struct qs_finding **ret_said);

static value_reader *const readers[] = {[QS_KIND_BOOL] = read_bool,
    [QS_KIND_INT] = read_integer,
    [QS_KIND_REAL] = read_real,
    [QS_KIND_CHOICE] = read_choice};

static void read_parameter(
    struct qs_policy *policy, struct qs_json *member, enum qs_param param, struct qs_block *block)
{
	const struct qs_param_info *info = qs_param_info(param);
	struct qs_finding *finding;

	(void)qs_version_key(policy, member, info->versions);
	if (member->type == QS_JSON_NULL) {
		finding = qs_policy_say(policy, QS_FINDING_NULL_VALUE,
		    qs_policy_value_place(policy, member), member,
		    "%s is null and counts as not given", info->key);
		qs_offer_removal(policy, finding, member, true);
		return;
	}
	block->member[param] = member;
	block->broken[param] =
	    member->type == QS_JSON_BROKEN ||
	    !readers[info->kind](policy, member, info, &block->value[param], &block->said[param]);
	if (block->broken[param])
		member->mark = QS_MARK_REPORTED;
	if (param == QS_PARAM_PERCENTAGE)
		block->percentage_is_integer = member->type == QS_JSON_INT;
}

static void report_unknown(
    struct qs_policy *policy, const struct qs_json *member, struct qs_block *block)
{
	const char *known[QS_PARAM__COUNT], *meant;
	struct qs_finding *finding;

	for (int i = 0; i < QS_PARAM__COUNT; i++)
		known[i] = qs_param_info((enum qs_param)i)->key;
	meant = qs_unknown_key(
	    policy, member, "a block of parameters", known, QS_PARAM__COUNT, &finding);
	if (meant)
		block->said[qs_param_of_word(meant)] = finding;
}

void qs_block_read(struct qs_policy *policy, struct qs_json *object, struct qs_block *ret_block)
{
	memset(ret_block, 0, sizeof(*ret_block));
	ret_block->object = object;
	if (object->type != QS_JSON_OBJECT) {
		if (object->type != QS_JSON_BROKEN)
			qs_policy_say(policy, QS_FINDING_WRONG_TYPE,
			    qs_policy_value_place(policy, object), object,
			    "%.*s must be an object of parameters, found %s", (int)object->key.size,
			    object->key.bytes, qs_json_type_name((enum qs_json_type)object->type));
		return;
	}
	for (struct qs_json *member = object->children.first; member; member = member->next) {
		const int param = qs_param_find(member->key);

		if (param < 0)
			report_unknown(policy, member, ret_block);
		else
			read_parameter(policy, member, (enum qs_param)param, ret_block);
	}
}
