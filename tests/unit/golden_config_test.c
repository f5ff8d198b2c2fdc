/* SPDX-License-Identifier: Apache-2.0 */
/* The answers of vai_q_pytorch 3.5 to 1,500 configs: verdict and resolution agree on every one. */
#include <string.h>

#include "qstrata/policy.h"
#include "tests/unit/data.h"

struct tally {
	size_t wrong_verdicts, wrong_resolutions;
};

static const char *text_of(struct json_object *object, const char *key)
{
	return json_object_get_string(json_object_object_get(object, key));
}

static bool resolves_to(const struct qs_policy *policy, struct json_object *expected)
{
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *found;
	bool equal;

	assert_int_equal(qs_policy_write_json(policy, NULL, &text), QS_OK);
	found = json_tokener_parse(text.data);
	equal = json_object_equal(found, expected);
	if (!equal)
		fprintf(stderr, "expected %s\nfound %s\n", json_object_to_json_string(expected),
		    json_object_to_json_string(found));
	json_object_put(found);
	qs_text_done(&text);
	return equal;
}

static void check_case(struct json_object *line, void *context)
{
	struct tally *tally = context;
	const char *config = json_object_to_json_string_ext(
	    json_object_object_get(line, "config"), JSON_C_TO_STRING_PRETTY);
	struct qs_findings *findings = qs_findings_new();
	const bool accept = strcmp(text_of(line, "verdict"), "accept") == 0;
	struct qs_source *source;
	struct qs_policy *policy = NULL;
	enum qs_status status;

	assert_int_equal(
	    qs_source_new(text_of(line, "id"), config, strlen(config), &source), QS_OK);
	status = qs_policy_read(source, findings, &policy);
	assert_true(status == QS_OK || status == QS_INVALID);
	if ((status == QS_OK) != accept) {
		tally->wrong_verdicts++;
		fprintf(stderr, "%s: expected %s because %s\n", text_of(line, "id"),
		    text_of(line, "verdict"), text_of(line, "because"));
		show_findings(findings);
	} else if (accept && !resolves_to(policy, json_object_object_get(line, "resolved"))) {
		tally->wrong_resolutions++;
	}
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void every_verdict_and_resolution_agrees(void **state)
{
	struct tally tally = {0, 0};

	(void)state;
	assert_int_equal(each_line("golden/config_cases.jsonl", check_case, &tally), 1500);
	assert_int_equal(tally.wrong_verdicts, 0);
	assert_int_equal(tally.wrong_resolutions, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_verdict_and_resolution_agrees)};

	return cmocka_run_group_tests_name("golden_config", tests, NULL, NULL);
}
