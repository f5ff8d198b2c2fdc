/* SPDX-License-Identifier: Apache-2.0 */
/* Writes device profiles: a table for people, a page for one device, and JSON. */
#include "base/json_document.h"
#include "policy/rule.h"

#include <string.h>

/* Whether a rule holds for a device, by itself or through a device that it is like. */
static bool is_for(const struct qs_rulebook *rulebook, const struct qs_rule *rule, size_t device)
{
	return (rulebook->like[device] & rule->devices) != 0;
}

static size_t count_rules(const struct qs_rulebook *rulebook, size_t device)
{
	size_t n = 0;

	for (size_t i = 0; i < rulebook->n_rules; i++)
		n += is_for(rulebook, &rulebook->rules[i], device);
	return n;
}

static size_t count_facts(const struct qs_rulebook *rulebook, size_t device)
{
	size_t n = 0;

	while (qs_rulebook_operator(rulebook, device, n))
		n++;
	return rulebook->profiles[device].n_facts + n;
}

/* ---- text ------------------------------------------------------------------------------------ */

static void write_values(const struct qs_condition *condition, struct qs_text *text)
{
	int n = 0;

	for (int v = 0; v < 64; v++) {
		if (!(condition->values >> v & 1))
			continue;
		qs_text_adds(text, n++ ? ", " : "");
		qs_param_write(condition->param, (union qs_param_value){.integer = v}, text);
	}
}

/* "method of input, weights: "diffs", "maxmin", with scale_type "float"" */
static void write_law(const struct qs_rule *rule, struct qs_text *text)
{
	const struct qs_condition *required = &rule->require.condition;
	int n = 0;

	qs_text_addf(text, "%s of ", qs_param_info(required->param)->key);
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (rule->tensors >> t & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : "", qs_tensor_words.words[t].word);
	}
	for (size_t i = 0; i < rule->types.n; i++)
		qs_text_addf(text, "%s%s", i ? ", " : " of ", rule->types.words[i]);
	qs_text_adds(text, ": ");
	if (rule->require.same_as >= 0)
		qs_text_addf(text, "that of %s", qs_tensor_words.words[rule->require.same_as].word);
	else
		write_values(required, text);
	for (size_t i = 0; i < rule->when.n; i++) {
		const struct qs_condition *when = &rule->when.list[i];

		qs_text_adds(text, i ? " and " : ", with ");
		if (when->tensor >= 0)
			qs_text_addf(text, "%s.", qs_tensor_words.words[when->tensor].word);
		qs_text_addf(text, "%s ", qs_param_info(when->param)->key);
		write_values(when, text);
	}
}

static void write_rules(const struct qs_rulebook *rulebook, size_t device, struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < rulebook->n_rules; i++) {
		const struct qs_rule *rule = &rulebook->rules[i];

		if (!is_for(rulebook, rule, device))
			continue;
		qs_text_addf(text, "%s  %-7s %s, else %s: ", n++ ? "" : "\nrules\n",
		    rule->kind.code, rule->kind.name, qs_answer_word(rule->answer));
		write_law(rule, text);
		qs_text_addf(text, "\n          %s, %s\n", rule->source, rule->date);
	}
}

/* "int8, int16" */
static void write_numbers(uint32_t numbers, struct qs_text *text)
{
	int n = 0;

	for (int i = 0; i < QS_NUMBER__COUNT; i++) {
		if (numbers >> i & 1)
			qs_text_addf(text, "%s%s", n++ ? ", " : "", qs_number_words.words[i].word);
	}
}

/* "Linear of pytorch on bpu; input int8; weights int8" */
static void write_operator_law(const struct qs_operator_fact *fact, struct qs_text *text)
{
	for (size_t i = 0; i < fact->n_operators; i++)
		qs_text_addf(text, "%s%s", i ? ", " : "", fact->operators[i]);
	qs_text_adds(text, fact->n_operators ? "" : "every operator");
	if (fact->only != QS_CASE_ANY)
		qs_text_addf(text, " (%s)", qs_case_words.words[fact->only].word);
	if (fact->front_end != QS_FRONT_END_ANY)
		qs_text_addf(text, " of %s", qs_front_end_words.words[fact->front_end].word);
	if (fact->on != QS_UNIT_UNKNOWN)
		qs_text_addf(text, " on %s", qs_unit_word(fact->on));
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (fact->numbers[t]) {
			qs_text_addf(text, "; %s ", qs_tensor_words.words[t].word);
			write_numbers(fact->numbers[t], text);
		}
	}
	for (int i = 0; i < QS_LIMIT__COUNT; i++) {
		if (fact->limits[i] != UINT32_MAX)
			qs_text_addf(text, "; %s up to %u", qs_limit_list[i].key, fact->limits[i]);
	}
	if (fact->beyond != QS_UNIT_UNKNOWN)
		qs_text_addf(text, "; beyond on %s", qs_unit_word(fact->beyond));
	if (fact->cost)
		qs_text_addf(text, "; %u in the order of latencies", fact->cost);
	if (fact->text)
		qs_text_addf(text, "; %s", fact->text);
}

static void write_operators(const struct qs_rulebook *rulebook, size_t device, struct qs_text *text)
{
	const struct qs_operator_fact *fact;

	for (size_t i = 0; (fact = qs_rulebook_operator(rulebook, device, i)) != NULL; i++) {
		const char *answer = qs_answer_word(fact->answer);

		qs_text_addf(text, "%s  %-9s ", i ? "" : "\noperators\n", answer ? answer : "-");
		write_operator_law(fact, text);
		qs_text_addf(text, "\n            %s, %s\n", fact->source, fact->date);
	}
}

static void write_page(const struct qs_rulebook *rulebook, size_t device, struct qs_text *text)
{
	const struct qs_profile *profile = &rulebook->profiles[device];

	qs_text_addf(text, "%s: %s", profile->name, profile->title);
	if (profile->architecture)
		qs_text_addf(text, " (%s)", profile->architecture);
	qs_text_addf(text, "\n%s, %s\n", profile->source, profile->date);
	qs_text_addf(text, "a symmetric scale is %s\n",
	    qs_scale_law_words.words[profile->scale_law].meaning);
	write_rules(rulebook, device, text);
	write_operators(rulebook, device, text);
	for (size_t i = 0; i < profile->n_facts; i++) {
		const struct qs_device_fact *fact = &profile->facts[i];

		qs_text_addf(text, "%s  %-9s %s\n            %s, %s\n", i ? "" : "\nfacts\n",
		    qs_answer_word(fact->answer), fact->text, fact->source, fact->date);
	}
}

/* A name, which is ASCII, padded to a width. */
static void write_cell(const char *word, size_t width, struct qs_text *text)
{
	qs_text_adds(text, word);
	qs_text_fill(text, ' ', width > strlen(word) ? width - strlen(word) : 0);
}

static void write_table(const struct qs_rulebook *rulebook, struct qs_text *text)
{
	size_t width = 6;

	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		const size_t size = strlen(rulebook->profiles[i].name);

		width = size > width ? size : width;
	}
	write_cell("device", width, text);
	qs_text_adds(text, "  rules  facts  date        title; source\n");
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		const struct qs_profile *profile = &rulebook->profiles[i];

		write_cell(profile->name, width, text);
		qs_text_addf(text, "  %5zu  %5zu  %s  %s; %s\n", count_rules(rulebook, i),
		    count_facts(rulebook, i), profile->date, profile->title, profile->source);
	}
}

enum qs_status qs_rulebook_write_text(
    const struct qs_rulebook *rulebook, const size_t *device, struct qs_text *text)
{
	if (device)
		write_page(rulebook, *device, text);
	else
		write_table(rulebook, text);
	return qs_text_status(text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json_object *rule_json(const struct qs_rule *rule)
{
	struct json_object *object = json_object_new_object();
	struct qs_text law = QS_TEXT_INIT;

	write_law(rule, &law);
	qs_json_put(object, "code", qs_json_text(rule->kind.code));
	qs_json_put(object, "name", qs_json_text(rule->kind.name));
	qs_json_put(object, "severity", qs_json_text(qs_severity_name(rule->kind.severity)));
	qs_json_put(object, "answer", qs_json_text(qs_answer_word(rule->answer)));
	qs_json_put(object, "law", qs_json_text(law.data));
	qs_json_put(object, "hint", qs_json_text(rule->hint));
	qs_json_put(object, "since", qs_json_text(qs_tool_word(rule->versions.first)));
	qs_json_put(object, "until", qs_json_text(qs_tool_word(rule->versions.last)));
	qs_json_put(object, "source", qs_json_text(rule->source));
	qs_json_put(object, "date", qs_json_text(rule->date));
	qs_text_done(&law);
	return object;
}

static struct json_object *fact_json(const struct qs_device_fact *fact)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "text", qs_json_text(fact->text));
	qs_json_put(object, "answer", qs_json_text(qs_answer_word(fact->answer)));
	qs_json_put(object, "source", qs_json_text(fact->source));
	qs_json_put(object, "date", qs_json_text(fact->date));
	return object;
}

static struct json_object *numbers_json(uint32_t numbers)
{
	struct json_object *list = json_object_new_array();

	for (int i = 0; i < QS_NUMBER__COUNT; i++) {
		if (numbers >> i & 1)
			json_object_array_add(list, qs_json_text(qs_number_words.words[i].word));
	}
	return list;
}

static struct json_object *limits_json(const struct qs_operator_fact *fact)
{
	struct json_object *object = json_object_new_object();

	for (int i = 0; i < QS_LIMIT__COUNT; i++) {
		if (fact->limits[i] != UINT32_MAX)
			qs_json_put(
			    object, qs_limit_list[i].key, json_object_new_int64(fact->limits[i]));
	}
	return object;
}

static struct json_object *operator_json(const struct qs_operator_fact *fact)
{
	struct json_object *object = json_object_new_object();
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; i < fact->n_operators; i++)
		json_object_array_add(names, qs_json_text(fact->operators[i]));
	qs_json_put(object, "operators", names);
	qs_json_put(object, "only", qs_json_text(qs_case_words.words[fact->only].word));
	qs_json_put(
	    object, "front_end", qs_json_text(qs_front_end_words.words[fact->front_end].word));
	qs_json_put(object, "on", qs_json_text(qs_unit_word(fact->on)));
	qs_json_put(object, "answer", qs_json_text(qs_answer_word(fact->answer)));
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		qs_json_put(object, qs_tensor_words.words[t].word, numbers_json(fact->numbers[t]));
	qs_json_put(object, "cost", fact->cost ? json_object_new_int64(fact->cost) : NULL);
	qs_json_put(object, "limits", limits_json(fact));
	qs_json_put(object, "beyond", qs_json_text(qs_unit_word(fact->beyond)));
	qs_json_put(object, "text", qs_json_text(fact->text));
	qs_json_put(object, "source", qs_json_text(fact->source));
	qs_json_put(object, "date", qs_json_text(fact->date));
	return object;
}

static struct json_object *operators_json(const struct qs_rulebook *rulebook, size_t device)
{
	struct json_object *list = json_object_new_array();
	const struct qs_operator_fact *fact;

	for (size_t i = 0; (fact = qs_rulebook_operator(rulebook, device, i)) != NULL; i++)
		json_object_array_add(list, operator_json(fact));
	return list;
}

static struct json_object *profile_json(const struct qs_rulebook *rulebook, size_t device)
{
	const struct qs_profile *profile = &rulebook->profiles[device];
	struct json_object *object = json_object_new_object();
	struct json_object *rules = json_object_new_array(), *facts = json_object_new_array();

	qs_json_put(object, "name", qs_json_text(profile->name));
	qs_json_put(object, "title", qs_json_text(profile->title));
	qs_json_put(object, "architecture", qs_json_text(profile->architecture));
	qs_json_put(object, "builtin", json_object_new_boolean(profile->is_builtin));
	qs_json_put(object, "source", qs_json_text(profile->source));
	qs_json_put(object, "date", qs_json_text(profile->date));
	for (size_t i = 0; i < rulebook->n_rules; i++) {
		if (is_for(rulebook, &rulebook->rules[i], device))
			json_object_array_add(rules, rule_json(&rulebook->rules[i]));
	}
	for (size_t i = 0; i < profile->n_facts; i++)
		json_object_array_add(facts, fact_json(&profile->facts[i]));
	qs_json_put(object, "scale_law", qs_json_text(qs_scale_law_word(profile->scale_law)));
	qs_json_put(object, "rules", rules);
	qs_json_put(object, "operators", operators_json(rulebook, device));
	qs_json_put(object, "facts", facts);
	return object;
}

enum qs_status qs_rulebook_write_json(
    const struct qs_rulebook *rulebook, const size_t *device, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *devices = json_object_new_array();

	qs_json_put(document, "format", qs_json_text("qstrata-devices"));
	qs_json_put(document, "version", json_object_new_int(1));
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		if (!device || *device == i)
			json_object_array_add(devices, profile_json(rulebook, i));
	}
	qs_json_put(document, "devices", devices);
	return qs_json_write(document, text);
}
