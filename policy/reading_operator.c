/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the values of facts about operators: names, units, number formats, limits. */
#include "policy/reading.h"

void qs_read_operator_names(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	struct qs_rule_types *names = target;

	if (qs_reading_list(
		reading, value, QS_OPERATOR_NAMES, "a list of operators or layer types"))
		qs_read_names(reading, value, names);
}

void qs_read_case(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const int only = qs_reading_set(reading, value, "case", &qs_case_words);

	if (only >= 0)
		*(enum qs_case *)target = (enum qs_case)only;
}

void qs_read_front_end(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const int front_end = qs_reading_set(reading, value, "front end", &qs_front_end_words);

	if (front_end >= 0)
		*(enum qs_front_end *)target = (enum qs_front_end)front_end;
}

void qs_read_unit(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const int unit = qs_reading_set(reading, value, "unit", &qs_unit_words);

	if (unit >= 0)
		*(enum qs_unit *)target = (enum qs_unit)unit;
}

void qs_read_scale_law(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	const int law = qs_reading_set(reading, value, "scale law", &qs_scale_law_words);

	if (law >= 0)
		*(enum qs_scale_law *)target = (enum qs_scale_law)law;
}

void qs_read_numbers(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	if (!qs_reading_list(reading, value, QS_NUMBER__COUNT, "a list of number formats"))
		return;
	for (const struct qs_json *item = value->children.first; item; item = item->next) {
		const int number = qs_reading_set(reading, item, "number format", &qs_number_words);

		if (number >= 0)
			*(uint32_t *)target |= (uint32_t)1 << number;
	}
}

/* A whole number up to `most`. */
static void read_count(struct qs_reading *reading, const struct qs_json *value, int64_t least,
    int64_t most, void *target)
{
	if (!qs_reading_is(reading, value, QS_JSON_INT, "an integer"))
		return;
	if (value->integer >= least && value->integer <= most)
		*(uint32_t *)target = (uint32_t)value->integer;
	else
		qs_reading_say(reading, QS_FINDING_RULES_ILLEGAL_VALUE,
		    qs_json_place(&reading->document, value), value,
		    "%.*s cannot be %lld; expected %lld to %lld", qs_json_shown(value->key, 80),
		    value->key.bytes, (long long)value->integer, (long long)least, (long long)most);
}

void qs_read_cost(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_count(reading, value, 1, QS_COST_LIMIT, target);
}

static void read_limit(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	read_count(reading, value, 0, QS_LARGEST_LIMIT, target);
}

void qs_read_limits(struct qs_reading *reading, const struct qs_json *value, void *target)
{
	struct qs_reading_key keys[QS_LIMIT__COUNT];
	_Static_assert(QS_LIMIT__COUNT <= QS_READING_KEYS, "an object may have all limits");

	for (int i = 0; i < QS_LIMIT__COUNT; i++)
		keys[i] = (struct qs_reading_key){
		    qs_limit_list[i].key, read_limit, (size_t)i * sizeof(uint32_t), false};
	qs_reading_object(reading, value, "an object of limits", keys, QS_LIMIT__COUNT, target);
}
