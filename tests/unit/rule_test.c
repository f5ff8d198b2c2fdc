/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device rules: every rule that is built in has an example in tests/data/rules/examples.jsonl that
 * breaks it and no other, and that passes when the rule is taken out of the data.
 */
#include "policy/rule.h"

#include <stdlib.h>
#include <string.h>

#include "policy/builtin.h"
#include "tests/unit/expect.h"

/* An example: the codes of device rules that a config breaks on a device. */
struct example {
	const char *code, *device, *also;
	const char *config;
};

static struct example example_of(struct json_object *line)
{
	struct json_object *also = json_object_object_get(line, "also");

	return (struct example){json_object_get_string(json_object_object_get(line, "code")),
	    json_object_get_string(json_object_object_get(line, "device")),
	    also ? json_object_get_string(json_object_array_get_idx(also, 0)) : "",
	    json_object_to_json_string(json_object_object_get(line, "config"))};
}

static struct qs_rulebook *new_rulebook(void)
{
	struct qs_rulebook *rulebook;

	assert_int_equal(qs_rulebook_new(&rulebook), QS_OK);
	return rulebook;
}

static uint64_t device_bit(const struct qs_rulebook *rulebook, const char *name)
{
	const int device = qs_rulebook_device(rulebook, name, strlen(name));

	assert_true(device >= 0);
	return (uint64_t)1 << device;
}

/* Writes the codes of device rules that a config breaks, one after the other. */
static void judge(
    const struct qs_rulebook *rulebook, uint64_t devices, const char *config, struct qs_text *text)
{
	const struct qs_policy_options options = {
	    .tool = QS_TOOL_NEWEST, .rulebook = rulebook, .devices = devices};
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of(config);
	struct qs_policy *policy = NULL;

	qs_text_clear(text);
	(void)qs_policy_read_for(source, &options, findings, &policy);
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const char *code = qs_findings_at(findings, i)->code;

		if (strncmp(code, "QS3", 3) == 0)
			qs_text_adds(text, code);
		else
			assert_string_equal(strncmp(code, "QS4", 3) == 0 ? "" : code, "");
	}
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

/* ---- examples -------------------------------------------------------------------------------- */

static void check_example(struct json_object *line, void *context)
{
	const struct qs_rulebook *rulebook = context;
	const struct example example = example_of(line);
	struct qs_text found = QS_TEXT_INIT, expected = QS_TEXT_INIT;

	qs_text_addf(&expected, "%s%s", example.code, example.also);
	judge(rulebook, device_bit(rulebook, example.device), example.config, &found);
	if (strcmp(found.data, expected.data) != 0)
		fail_msg("the example of %s breaks %s", example.code, found.data);
	qs_text_done(&found);
	qs_text_done(&expected);
}

static void every_example_breaks_its_rule_alone(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();

	(void)state;
	assert_int_equal(
	    each_line("rules/examples.jsonl", check_example, rulebook), rulebook->n_rules);
	qs_rulebook_free(rulebook);
}

/* On other devices a rule is silent. */
static void check_devices(struct json_object *line, void *context)
{
	const struct qs_rulebook *rulebook = context;
	const struct example example = example_of(line);
	struct qs_text found = QS_TEXT_INIT;
	size_t r = 0;

	while (r < rulebook->n_rules && strcmp(rulebook->rules[r].kind.code, example.code) != 0)
		r++;
	assert_true(r < rulebook->n_rules);
	for (size_t d = 0; d < rulebook->n_profiles; d++) {
		judge(rulebook, (uint64_t)1 << d, example.config, &found);
		assert_int_equal(
		    strstr(found.data, example.code) != NULL, rulebook->rules[r].devices >> d & 1);
	}
	qs_text_done(&found);
}

static void rules_hold_for_their_devices_only(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();

	(void)state;
	each_line("rules/examples.jsonl", check_devices, rulebook);
	qs_rulebook_free(rulebook);
}

/* ---- mutations ------------------------------------------------------------------------------- */

/* A set of rules that is built in, without one of them. */
struct mutant {
	struct qs_rulebook *rulebook;
	struct qs_source *source;
	const char *code; /* of the one that is left out */
	size_t n_examples;
};

static struct mutant mutant_without(const char *text, size_t rule)
{
	struct json_object *document = json_tokener_parse(text);
	struct json_object *rules = json_object_object_get(document, "rules");
	struct mutant mutant = {new_rulebook(), NULL, NULL, 0};
	struct qs_findings *findings = qs_findings_new();

	mutant.code = strdup(json_object_get_string(
	    json_object_object_get(json_object_array_get_idx(rules, rule), "code")));
	json_object_array_del_idx(rules, rule, 1);
	mutant.source = source_of(json_object_to_json_string(document));
	if (qs_rulebook_add_rules(mutant.rulebook, mutant.source, findings) != QS_OK) {
		show_findings(findings);
		fail();
	}
	qs_findings_free(findings);
	json_object_put(document);
	return mutant;
}

static void check_mutant(struct json_object *line, void *context)
{
	struct mutant *mutant = context;
	const struct example example = example_of(line);
	struct qs_text found = QS_TEXT_INIT;

	if (strcmp(example.code, mutant->code) != 0)
		return;
	mutant->n_examples++;
	judge(
	    mutant->rulebook, device_bit(mutant->rulebook, example.device), example.config, &found);
	assert_string_equal(found.data, example.also);
	qs_text_done(&found);
}

static size_t mutate(const struct qs_builtin *builtin)
{
	struct json_object *document = json_tokener_parse(builtin->text);
	struct json_object *rules = json_object_object_get(document, "rules");
	const size_t n = rules ? json_object_array_length(rules) : 0;

	for (size_t i = 0; i < n; i++) {
		struct mutant mutant = mutant_without(builtin->text, i);

		each_line("rules/examples.jsonl", check_mutant, &mutant);
		assert_int_equal(mutant.n_examples, 1);
		qs_rulebook_free(mutant.rulebook);
		qs_source_free(mutant.source);
		free((char *)(uintptr_t)mutant.code);
	}
	json_object_put(document);
	return n;
}

static void without_a_rule_its_example_passes(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();
	size_t n = 0;

	(void)state;
	for (size_t i = 0; i < qs_n_builtin; i++)
		n += mutate(&qs_builtin[i]);
	assert_int_equal(n, rulebook->n_rules);
	qs_rulebook_free(rulebook);
}

/* ---- what is built in ------------------------------------------------------------------------ */

static void built_in_rules_are_whole(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();

	(void)state;
	for (size_t i = 0; i < rulebook->n_rules; i++) {
		const struct qs_rule *rule = &rulebook->rules[i];

		assert_true(rule->devices && rule->tensors);
		assert_true(rule->hint[0] && rule->source[0]);
		assert_int_equal(strlen(rule->date), 10);
		assert_int_equal(strspn(rule->kind.name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
		    strlen(rule->kind.name));
		assert_true(
		    i == 0 || strcmp(rulebook->rules[i - 1].kind.code, rule->kind.code) < 0);
	}
	qs_rulebook_free(rulebook);
}

/* What a config can name has a profile, and what is known about one says from where. */
static void every_device_has_a_profile(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();

	(void)state;
	for (int d = 0; d < QS_DEVICE__COUNT; d++)
		(void)device_bit(rulebook, qs_device_words.words[d].word);
	for (size_t i = 0; i < rulebook->n_profiles; i++) {
		const struct qs_profile *profile = &rulebook->profiles[i];

		assert_true(profile->is_builtin && profile->n_facts > 0);
		for (size_t f = 0; f < profile->n_facts; f++)
			assert_true(
			    profile->facts[f].source[0] && strlen(profile->facts[f].date) == 10);
	}
	qs_rulebook_free(rulebook);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_example_breaks_its_rule_alone),
	    cmocka_unit_test(rules_hold_for_their_devices_only),
	    cmocka_unit_test(without_a_rule_its_example_passes),
	    cmocka_unit_test(built_in_rules_are_whole),
	    cmocka_unit_test(every_device_has_a_profile),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
