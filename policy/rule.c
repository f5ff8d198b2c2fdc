/* SPDX-License-Identifier: Apache-2.0 */
/* Loads device rules from JSON. */
#include "policy/rule.h"

#include <json-c/json.h>
#include <string.h>

struct loader {
	struct qs_ruleset *ruleset;
	const char *problem;
	bool nomem;
};

static bool fail(struct loader *loader, const char *problem)
{
	if (!loader->problem)
		loader->problem = problem;
	return false;
}

static struct qs_json_string string_of(struct json_object *value)
{
	return (struct qs_json_string){
	    json_object_get_string(value), (uint32_t)json_object_get_string_len(value)};
}

static const char *keep_text(struct loader *loader, struct json_object *rule, const char *key)
{
	struct json_object *value = json_object_object_get(rule, key);
	const char *kept;

	if (!json_object_is_type(value, json_type_string)) {
		fail(loader, "a rule lacks code, name, hint, source or date");
		return "";
	}
	kept = qs_arena_strdup(&loader->ruleset->arena, json_object_get_string(value));
	loader->nomem = loader->nomem || !kept;
	return kept ? kept : "";
}

/* A list of words as a mask. */
static unsigned word_mask(
    struct loader *loader, struct json_object *rule, const char *key, const struct qs_word_set *set)
{
	struct json_object *list = json_object_object_get(rule, key);
	unsigned mask = 0;

	if (!json_object_is_type(list, json_type_array)) {
		fail(loader, "devices and tensors of a rule are lists");
		return 0;
	}
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const int word = qs_word_find(set, string_of(json_object_array_get_idx(list, i)));

		if (word < 0)
			fail(loader, "a rule names an unknown device or tensor kind");
		else
			mask |= 1U << word;
	}
	return mask;
}

/* A legal value of a parameter as a bit number, or -1. */
static int value_bit(const struct qs_param_info *info, struct json_object *value)
{
	const int64_t integer = json_object_get_int64(value);

	switch (info->kind) {
	case QS_KIND_BOOL:
		return json_object_is_type(value, json_type_boolean)
		           ? json_object_get_boolean(value)
		           : -1;
	case QS_KIND_INT:
		return json_object_is_type(value, json_type_int) && integer >= 0 && integer < 64
		           ? (int)integer
		           : -1;
	case QS_KIND_CHOICE:
		return json_object_is_type(value, json_type_string)
		           ? qs_word_find(&info->set, string_of(value))
		           : -1;
	case QS_KIND_REAL:
		break;
	}
	return -1;
}

static bool load_condition(struct loader *loader, const char *key, struct json_object *values,
    struct qs_condition *condition)
{
	const int param = qs_param_find((struct qs_json_string){key, (uint32_t)strlen(key)});

	if (param < 0)
		return fail(loader, "a rule names an unknown parameter");
	condition->param = (enum qs_param)param;
	condition->values = 0;
	if (!json_object_is_type(values, json_type_array))
		return fail(loader, "the values of a parameter are a list");
	for (size_t i = 0; i < json_object_array_length(values); i++) {
		const int bit = value_bit(
		    qs_param_info(condition->param), json_object_array_get_idx(values, i));

		if (bit < 0)
			return fail(loader, "a rule names a value that the parameter cannot have");
		condition->values |= (uint64_t)1 << bit;
	}
	return true;
}

static void load_when(struct loader *loader, struct json_object *when, struct qs_rule *rule)
{
	json_object_object_foreach(when, key, values)
	{
		if (rule->n_when == QS_RULE_CONDITIONS) {
			fail(loader, "a rule has too many conditions");
			return;
		}
		load_condition(loader, key, values, &rule->when[rule->n_when++]);
	}
}

static void load_require(struct loader *loader, struct json_object *require, struct qs_rule *rule)
{
	rule->same_as = -1;
	if (json_object_object_length(require) != 1) {
		fail(loader, "a rule requires exactly one parameter");
		return;
	}
	json_object_object_foreach(require, key, values)
	{
		struct json_object *other = json_object_object_get(values, "same_as");

		if (!other) {
			load_condition(loader, key, values, &rule->require);
			continue;
		}
		rule->same_as = qs_word_find(&qs_tensor_words, string_of(other));
		rule->require.param = (enum qs_param)qs_param_find(
		    (struct qs_json_string){key, (uint32_t)strlen(key)});
		if (rule->same_as < 0 || (int)rule->require.param < 0)
			fail(loader, "same_as needs a parameter and a tensor kind");
	}
}

static void load_rule(struct loader *loader, struct json_object *object, struct qs_rule *rule)
{
	struct json_object *when = json_object_object_get(object, "when");
	struct json_object *require = json_object_object_get(object, "require");
	struct json_object *severity = json_object_object_get(object, "severity");

	rule->kind.code = keep_text(loader, object, "code");
	rule->kind.name = keep_text(loader, object, "name");
	rule->kind.severity = QS_SEVERITY__COUNT;
	for (int s = 0; s < QS_SEVERITY__COUNT; s++) {
		if (severity &&
		    qs_json_string_is(string_of(severity), qs_severity_name((enum qs_severity)s)))
			rule->kind.severity = (enum qs_severity)s;
	}
	if (rule->kind.severity == QS_SEVERITY__COUNT)
		fail(loader, "the severity of a rule is info, warning or error");
	rule->hint = rule->kind.title = keep_text(loader, object, "hint");
	rule->source = keep_text(loader, object, "source");
	rule->date = keep_text(loader, object, "date");
	rule->devices = word_mask(loader, object, "devices", &qs_device_words);
	rule->tensors = word_mask(loader, object, "tensors", &qs_tensor_words);
	if (!json_object_is_type(when, json_type_object) ||
	    !json_object_is_type(require, json_type_object)) {
		fail(loader, "a rule needs the objects when and require");
		return;
	}
	load_when(loader, when, rule);
	load_require(loader, require, rule);
}

enum qs_status qs_ruleset_load(
    const char *text, struct qs_ruleset *ret_ruleset, const char **ret_problem)
{
	struct loader loader = {ret_ruleset, NULL, false};
	struct json_object *document = json_tokener_parse(text);
	struct json_object *list = document ? json_object_object_get(document, "rules") : NULL;

	*ret_ruleset = (struct qs_ruleset){QS_ARENA_INIT, NULL, 0};
	if (json_object_is_type(list, json_type_array)) {
		const size_t n = json_object_array_length(list);

		ret_ruleset->rules = qs_arena_array(&ret_ruleset->arena, n, sizeof(struct qs_rule));
		loader.nomem = !ret_ruleset->rules;
		for (size_t i = 0; i < n && !loader.nomem; i++)
			load_rule(&loader, json_object_array_get_idx(list, i),
			    &ret_ruleset->rules[ret_ruleset->n_rules++]);
	} else {
		fail(&loader, "there is no list of rules");
	}
	json_object_put(document);
	*ret_problem = loader.problem;
	if (loader.nomem)
		return QS_NOMEM;
	return loader.problem ? QS_INVALID : QS_OK;
}

void qs_ruleset_done(struct qs_ruleset *ruleset)
{
	qs_arena_done(&ruleset->arena);
	ruleset->n_rules = 0;
}
