/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schemas of rule sets and device profiles, made from policy/rule_keys.def. */
#include <stdio.h>
#include <string.h>

#include "policy/reading.h"
#include "tools/generate.h"

static struct json_object *object_of_type(const char *type)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "type", type);
	return object;
}

/* ---- shapes ---------------------------------------------------------------------------------- */

static struct json_object *text_of_form(const char *form, int limit)
{
	struct json_object *object = object_of_type("string");

	put_text(object, "pattern", form);
	put(object, "maxLength", json_object_new_int(limit));
	return object;
}

static struct json_object *list_of(struct json_object *items, int least, int most)
{
	struct json_object *object = object_of_type("array");

	put(object, "minItems", json_object_new_int(least));
	put(object, "maxItems", json_object_new_int(most));
	put(object, "items", items);
	return object;
}

static struct json_object *one_of(const struct qs_word_set *set)
{
	struct json_object *object = json_object_new_object();

	put_words(object, set, false);
	return object;
}

static struct json_object *constant(struct json_object *value)
{
	struct json_object *object = json_object_new_object();

	put(object, "const", value);
	return object;
}

static struct json_object *shape_text(void)
{
	return text_of_form(QS_FORM_TEXT, QS_TEXT_LIMIT);
}

static struct json_object *shape_name(void)
{
	return text_of_form(QS_FORM_NAME, QS_NAME_LIMIT);
}

static struct json_object *shape_code(void)
{
	return text_of_form(QS_FORM_CODE, QS_NAME_LIMIT);
}

static struct json_object *shape_date(void)
{
	return text_of_form(QS_FORM_DATE, QS_NAME_LIMIT);
}

static struct json_object *shape_set_format(void)
{
	return constant(json_object_new_string("qstrata-rules"));
}

static struct json_object *shape_profile_format(void)
{
	return constant(json_object_new_string("qstrata-profile"));
}

static struct json_object *shape_version(void)
{
	return constant(json_object_new_int(1));
}

static struct json_object *shape_tool(void)
{
	return one_of(&qs_tool_words);
}

static struct json_object *shape_severity(void)
{
	struct json_object *object = json_object_new_object(), *words = json_object_new_array();

	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		append_text(words, qs_severity_name((enum qs_severity)s));
	put(object, "enum", words);
	return object;
}

static struct json_object *shape_fact_answer(void)
{
	return one_of(&qs_answer_words);
}

/* What holds is no finding, so that a rule cannot answer that it is allowed. */
static struct json_object *shape_rule_answer(void)
{
	const struct qs_word_set set = {qs_answer_words.words + QS_ANSWER_FORBIDDEN,
	    qs_answer_words.n_words - QS_ANSWER_FORBIDDEN};

	return one_of(&set);
}

static struct json_object *shape_tensors(void)
{
	return list_of(one_of(&qs_tensor_words), 1, QS_DEVICE_LIMIT);
}

static struct json_object *shape_devices(void)
{
	return list_of(shape_name(), 1, QS_DEVICE_LIMIT);
}

static struct json_object *shape_types(void)
{
	return list_of(shape_name(), 1, QS_RULE_TYPES);
}

static struct json_object *shape_rules(void)
{
	return list_of(reference("rule"), 0, QS_RULE_LIMIT);
}

static struct json_object *shape_facts(void)
{
	return list_of(reference("fact"), 0, QS_FACT_LIMIT);
}

static struct json_object *shape_operators(void)
{
	return list_of(reference("operator"), 0, QS_OPERATOR_FACT_LIMIT);
}

static struct json_object *shape_operator_names(void)
{
	return list_of(shape_name(), 1, QS_OPERATOR_NAMES);
}

static struct json_object *shape_front_end(void)
{
	return one_of(&qs_front_end_words);
}

static struct json_object *shape_case(void)
{
	return one_of(&qs_case_words);
}

static struct json_object *shape_unit(void)
{
	return one_of(&qs_unit_words);
}

static struct json_object *shape_scale_law(void)
{
	return one_of(&qs_scale_law_words);
}

static struct json_object *shape_numbers(void)
{
	return list_of(one_of(&qs_number_words), 1, QS_NUMBER__COUNT);
}

static struct json_object *whole_number(int least, int most)
{
	struct json_object *object = object_of_type("integer");

	put(object, "minimum", json_object_new_int(least));
	put(object, "maximum", json_object_new_int(most));
	return object;
}

static struct json_object *shape_cost(void)
{
	return whole_number(1, QS_COST_LIMIT);
}

static struct json_object *shape_limits(void)
{
	struct json_object *properties = json_object_new_object();

	for (int i = 0; i < QS_LIMIT__COUNT; i++) {
		struct json_object *limit = whole_number(0, QS_LARGEST_LIMIT);

		put_text(limit, "description", qs_limit_list[i].what);
		put(properties, qs_limit_list[i].key, limit);
	}
	return closed_object("Sizes.", properties);
}

/* ---- conditions ------------------------------------------------------------------------------ */

/* A list of values of a parameter; NULL for one whose values cannot be listed. */
static struct json_object *values_of(const struct qs_param_info *info)
{
	struct json_object *item = json_object_new_object();

	switch (info->kind) {
	case QS_KIND_BOOL:
		put_text(item, "type", "boolean");
		break;
	case QS_KIND_INT:
		put_text(item, "type", "integer");
		put(item, "minimum", json_object_new_int((int)info->least));
		put(item, "maximum", json_object_new_int((int)info->most));
		break;
	case QS_KIND_CHOICE:
		put_words(item, &info->set, false);
		break;
	case QS_KIND_REAL:
		json_object_put(item);
		return NULL;
	}
	return list_of(item, 1, QS_VALUES_LIMIT);
}

static void put_conditions(struct json_object *properties, const char *prefix)
{
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)p);
		struct json_object *values = values_of(info);
		char key[64];

		snprintf(key, sizeof(key), "%s%s", prefix, info->key);
		if (values)
			put(properties, key, values);
	}
}

static struct json_object *shape_conditions(void)
{
	struct json_object *properties = json_object_new_object(), *object;

	put_conditions(properties, "");
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		char prefix[32];

		snprintf(prefix, sizeof(prefix), "%s.", qs_tensor_words.words[t].word);
		put_conditions(properties, prefix);
	}
	object = closed_object("Parameters and their values.", properties);
	put(object, "maxProperties", json_object_new_int(QS_RULE_CONDITIONS));
	return object;
}

/* {"same_as": KIND} */
static struct json_object *comparison(void)
{
	struct json_object *properties = json_object_new_object(), *object;
	struct json_object *required = json_object_new_array();

	put(properties, "same_as", one_of(&qs_tensor_words));
	object = closed_object("The kind whose value is required.", properties);
	append_text(required, "same_as");
	put(object, "required", required);
	return object;
}

static struct json_object *shape_requirement(void)
{
	struct json_object *properties = json_object_new_object(), *object;

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)p);
		struct json_object *values = values_of(info), *either, *list;

		if (!values)
			continue;
		either = json_object_new_object();
		list = json_object_new_array();
		json_object_array_add(list, values);
		json_object_array_add(list, comparison());
		put(either, "anyOf", list);
		put(properties, info->key, either);
	}
	object = closed_object("A parameter and its values.", properties);
	put(object, "minProperties", json_object_new_int(1));
	put(object, "maxProperties", json_object_new_int(1));
	return object;
}

/* ---- objects --------------------------------------------------------------------------------- */

#define SHAPE_TEXT shape_text
#define SHAPE_NAME shape_name
#define SHAPE_CODE shape_code
#define SHAPE_DATE shape_date
#define SHAPE_SET_FORMAT shape_set_format
#define SHAPE_PROFILE_FORMAT shape_profile_format
#define SHAPE_VERSION shape_version
#define SHAPE_TOOL shape_tool
#define SHAPE_SEVERITY shape_severity
#define SHAPE_FACT_ANSWER shape_fact_answer
#define SHAPE_RULE_ANSWER shape_rule_answer
#define SHAPE_TENSORS shape_tensors
#define SHAPE_DEVICES shape_devices
#define SHAPE_TYPES shape_types
#define SHAPE_RULES shape_rules
#define SHAPE_FACTS shape_facts
#define SHAPE_OPERATORS shape_operators
#define SHAPE_OPERATOR_NAMES shape_operator_names
#define SHAPE_FRONT_END shape_front_end
#define SHAPE_CASE shape_case
#define SHAPE_UNIT shape_unit
#define SHAPE_NUMBERS shape_numbers
#define SHAPE_COST shape_cost
#define SHAPE_LIMITS shape_limits
#define SHAPE_SCALE_LAW shape_scale_law
#define SHAPE_CONDITIONS shape_conditions
#define SHAPE_REQUIREMENT shape_requirement
#define REQUIRED true
#define OPTIONAL false

/* The table, place by place. */
static const struct row {
	const char *place, *key, *help;
	struct json_object *(*shape)(void);
	bool required;
} rows[] = {
#define RULE_KEY(PLACE, key, SHAPE, field, NEED, help) {#PLACE, key, help, SHAPE_##SHAPE, NEED},
#include "policy/rule_keys.def"
#undef RULE_KEY
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

/* The object of a place; rules of a profile name no devices. */
static struct json_object *object_of(const char *place, const char *description, bool of_profile)
{
	struct json_object *properties = json_object_new_object(), *object;
	struct json_object *required = json_object_new_array();

	for (size_t i = 0; i < N_ROWS; i++) {
		struct json_object *value;

		if (strcmp(rows[i].place, place) != 0 ||
		    (of_profile && rows[i].shape == shape_devices && rows[i].required))
			continue;
		value = rows[i].shape();
		put_text(value, "description", rows[i].help);
		put(properties, rows[i].key, value);
		if (rows[i].required)
			append_text(required, rows[i].key);
	}
	object = closed_object(description, properties);
	put(object, "required", required);
	return object;
}

/* {"required": [key]} for one of some keys. */
static struct json_object *any_required(const char *const *keys, size_t n_keys)
{
	struct json_object *either = json_object_new_array();

	for (size_t i = 0; i < n_keys; i++) {
		struct json_object *one = json_object_new_object();
		struct json_object *required = json_object_new_array();

		append_text(required, keys[i]);
		put(one, "required", required);
		json_object_array_add(either, one);
	}
	return either;
}

/* A fact about operators says something, and an answer is about number formats. */
static struct json_object *operator_object(void)
{
	static const char *const says[] = {"on", "answer", "limits"};
	const char *numbers[QS_TENSOR__COUNT];
	struct json_object *object = object_of("OPERATOR", "What is known about operators.", true);
	struct json_object *dependencies = json_object_new_object();
	struct json_object *formats = json_object_new_object();

	for (int i = 0; i < QS_TENSOR__COUNT; i++)
		numbers[i] = qs_tensor_words.words[i].word;
	put(object, "anyOf", any_required(says, sizeof(says) / sizeof(*says)));
	put(formats, "anyOf", any_required(numbers, QS_TENSOR__COUNT));
	put(dependencies, "answer", formats);
	put(object, "dependencies", dependencies);
	return object;
}

static bool write_schema_of(const char *place, const char *title, bool of_profile)
{
	struct json_object *document = object_of(place, title, of_profile);
	struct json_object *definitions = json_object_new_object();

	put_text(document, "$schema", "http://json-schema.org/draft-07/schema#");
	put_text(document, "title", title);
	put(definitions, "rule", object_of("RULE", "A rule.", of_profile));
	if (of_profile) {
		put(definitions, "fact", object_of("FACT", "What is known.", of_profile));
		put(definitions, "operator", operator_object());
	}
	put(document, "definitions", definitions);
	puts(json_object_to_json_string_ext(document,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
	return true;
}

bool write_rules_schema(void)
{
	return write_schema_of("SET", "Device rules of qstrata", false);
}

bool write_profile_schema(void)
{
	return write_schema_of("PROFILE", "Device profile of qstrata", true);
}

bool write_rules_dictionary(void)
{
	puts("# Made from the tables by tools/generate.");
	for (size_t i = 0; i < N_ROWS; i++)
		write_token(rows[i].key);
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		write_token(qs_param_info((enum qs_param)p)->key);
		write_set(&qs_param_info((enum qs_param)p)->set);
	}
	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		write_token(qs_severity_name((enum qs_severity)s));
	write_set(&qs_device_words);
	write_set(&qs_tensor_words);
	write_set(&qs_tool_words);
	write_set(&qs_answer_words);
	write_set(&qs_unit_words);
	write_set(&qs_case_words);
	write_set(&qs_front_end_words);
	write_set(&qs_number_words);
	write_set(&qs_scale_law_words);
	for (int i = 0; i < QS_LIMIT__COUNT; i++)
		write_token(qs_limit_list[i].key);
	write_token("same_as");
	write_token("qstrata-rules");
	write_token("qstrata-profile");
	return true;
}
