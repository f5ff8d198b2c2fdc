/* SPDX-License-Identifier: Apache-2.0 */
/* Reads what a rule is about and asks for: layer types, conditions and the requirement. */
#include <stdio.h>
#include <string.h>

#include "policy/reading.h"

/* A legal value of a parameter as a bit number; -1 with a finding. */
static int read_bit(
    struct qs_reading *reading, const struct qs_param_info *info, const struct qs_json *value)
{
	switch (info->kind) {
	case QS_KIND_BOOL:
		return qs_reading_is(reading, value, QS_JSON_BOOL, "true or false") ? value->boolean
		                                                                    : -1;
	case QS_KIND_INT:
		if (!qs_reading_is(reading, value, QS_JSON_INT, "an integer"))
			return -1;
		if (value->integer >= (int64_t)info->least && value->integer <= (int64_t)info->most)
			return (int)value->integer;
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
		    qs_reading_place(reading, value), value, "%s cannot be %lld; expected %d to %d",
		    info->key, (long long)value->integer, (int)info->least, (int)info->most);
		return -1;
	case QS_KIND_CHOICE:
		return qs_reading_set(reading, value, info->key, &info->set);
	case QS_KIND_REAL:
		break;
	}
	return -1;
}

static void read_values(
    struct qs_reading *reading, const struct qs_json *list, struct qs_condition *condition)
{
	const struct qs_param_info *info = qs_param_info(condition->param);

	if (!qs_reading_list(reading, list, QS_VALUES_LIMIT, "a list of values"))
		return;
	for (const struct qs_json *item = list->children.first; item; item = item->next) {
		const int bit = read_bit(reading, info, item);

		if (bit >= 0)
			condition->values |= (uint64_t)1 << bit;
	}
}

/* Whether rules may speak of a parameter: its values are few enough to be listed. */
static bool can_be_listed(int param)
{
	return qs_param_info((enum qs_param)param)->kind != QS_KIND_REAL;
}

/* What can stand in conditions, PARAMETER and KIND.PARAMETER, or in a requirement. */
static void report_parameter(
    struct qs_reading *reading, const struct qs_json *member, bool with_kinds)
{
	char names[(QS_TENSOR__COUNT + 1) * QS_PARAM__COUNT][48];
	const char *known[(QS_TENSOR__COUNT + 1) * QS_PARAM__COUNT];
	size_t n = 0;

	for (int t = -1; t < (with_kinds ? QS_TENSOR__COUNT : 0); t++) {
		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			if (!can_be_listed(p))
				continue;
			snprintf(names[n], sizeof(names[n]), "%s%s%s",
			    t < 0 ? "" : qs_tensor_words.words[t].word, t < 0 ? "" : ".",
			    qs_param_info((enum qs_param)p)->key);
			known[n] = names[n];
			n++;
		}
	}
	qs_reading_unknown_key(reading, member,
	    with_kinds ? "the conditions of a rule: parameters whose values can be listed"
		       : "the requirement of a rule: a parameter whose values can be listed",
	    known, n);
}

/* The parameter of a key, with the kind before a dot if there may be one; false with a finding. */
static bool read_parameter(struct qs_reading *reading, const struct qs_json *member,
    bool with_kinds, struct qs_condition *condition)
{
	const char *dot = with_kinds ? memchr(member->key.bytes, '.', member->key.size) : NULL;
	struct qs_json_string key = member->key;
	int param;

	condition->tensor = -1;
	if (dot) {
		const struct qs_json_string kind = {key.bytes, (uint32_t)(dot - key.bytes)};

		condition->tensor = qs_word_find(&qs_tensor_words, kind);
		key = (struct qs_json_string){dot + 1, key.size - kind.size - 1};
	}
	param = qs_param_find(key);
	if (param < 0 || !can_be_listed(param) || (dot && condition->tensor < 0)) {
		report_parameter(reading, member, with_kinds);
		return false;
	}
	condition->param = (enum qs_param)param;
	return true;
}

void qs_read_conditions(struct qs_reading *reading, const struct qs_json *object, void *target)
{
	struct qs_rule_when *when = target;

	if (!qs_reading_is(reading, object, QS_JSON_OBJECT, "an object of conditions"))
		return;
	if (object->children.count > QS_RULE_CONDITIONS) {
		qs_reading_say(reading, QS_FINDING_RULES_LIMIT, qs_reading_place(reading, object),
		    object, "the rule has %u conditions; the limit is %d", object->children.count,
		    QS_RULE_CONDITIONS);
		return;
	}
	for (const struct qs_json *m = object->children.first; m; m = m->next) {
		struct qs_condition *condition = &when->list[when->n];

		if (m->hidden || !read_parameter(reading, m, true, condition))
			continue;
		read_values(reading, m, condition);
		when->n++;
	}
}

/* {"same_as": KIND} */
static void read_same_as(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	*(int *)target = qs_reading_set(reading, value, "tensor kind", &qs_tensor_words);
}

void qs_read_requirement(struct qs_reading *reading, const struct qs_json *object, void *target)
{
	static const struct qs_reading_key keys[] = {{"same_as", read_same_as, 0, true}};
	struct qs_rule_require *require = target;
	const struct qs_json *member;

	if (!qs_reading_is(reading, object, QS_JSON_OBJECT, "an object with one parameter"))
		return;
	member = object->children.first;
	if (object->children.count != 1) {
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
		    qs_reading_place(reading, object), object,
		    "a rule requires exactly one parameter, found %u", object->children.count);
		return;
	}
	if (!read_parameter(reading, member, false, &require->condition))
		return;
	if (member->type == QS_JSON_OBJECT)
		qs_reading_object(reading, member, "a comparison", keys, 1, &require->same_as);
	else
		read_values(reading, member, &require->condition);
}

void qs_read_types(struct qs_reading *reading, const struct qs_json *list, void *target)
{
	if (qs_reading_list(reading, list, QS_RULE_TYPES, "a list of layer types"))
		qs_read_names(reading, list, target);
}
