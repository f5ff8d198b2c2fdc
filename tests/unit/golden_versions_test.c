/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The answers of vai_q_pytorch 2.5, 3.0 and 3.5 to 600 configs: what a version refuses or crashes
 * on is refused for it, and what it takes is refused only for what no version judges.
 */
#include <string.h>

#include "policy/param.h"
#include "qstrata/policy.h"
#include "tests/unit/data.h"

/* What is refused on purpose though the tool takes it (docs/differences.md): values of a wrong type
 * or outside the legal set, which the tool looks at only when it uses them; words that a version
 * does not have and ignores; entries that select nothing or two things. */
static const char *const on_purpose[] = {"QS202", "QS203", "QS205", "QS211"};

static bool is_on_purpose(const struct qs_finding *finding)
{
	for (size_t i = 0; i < sizeof(on_purpose) / sizeof(*on_purpose); i++) {
		if (strcmp(finding->code, on_purpose[i]) == 0)
			return true;
	}
	return false;
}

/* Whether an error is not one of those on purpose. */
static bool refuses_more(const struct qs_findings *findings)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity == QS_SEVERITY_ERROR && !is_on_purpose(finding))
			return true;
	}
	return false;
}

static void check_version(struct json_object *line, const struct qs_source *source,
    const struct qs_policy_options *options, size_t *n_wrong)
{
	struct json_object *answer = json_object_object_get(line, qs_tool_word(options->tool));
	const char *verdict = json_object_get_string(json_object_object_get(answer, "verdict"));
	const char *says = json_object_get_string(json_object_object_get(answer, "says"));
	struct qs_findings *findings = qs_findings_new();
	struct qs_policy *policy = NULL;
	const enum qs_status status = qs_policy_read_for(source, options, findings, &policy);
	bool good;

	assert_true(status == QS_OK || status == QS_INVALID);
	if (strcmp(verdict, "accept") == 0)
		good = status == QS_OK || !refuses_more(findings);
	else
		good = status == QS_INVALID;
	if (!good) {
		fprintf(stderr, "%s under %s: expected %s (%s)\n", qs_source_name(source),
		    qs_tool_word(options->tool), verdict, says ? says : "");
		show_findings(findings);
		++*n_wrong;
	}
	qs_policy_free(policy);
	qs_findings_free(findings);
}

struct run {
	struct qs_policy_options options;
	size_t n_wrong;
};

static void check_case(struct json_object *line, void *context)
{
	struct run *run = context;
	const char *id = json_object_get_string(json_object_object_get(line, "id"));
	const char *config = json_object_to_json_string_ext(
	    json_object_object_get(line, "config"), JSON_C_TO_STRING_PRETTY);
	struct qs_source *source;

	assert_int_equal(qs_source_new(id, config, strlen(config), &source), QS_OK);
	for (int tool = 0; tool < QS_TOOL__COUNT; tool++) {
		run->options.tool = (enum qs_tool)tool;
		check_version(line, source, &run->options, &run->n_wrong);
	}
	qs_source_free(source);
}

static void every_verdict_of_every_version_agrees(void **state)
{
	struct run run = {QS_POLICY_OPTIONS_INIT, 0};
	struct qs_rulebook *rulebook;

	(void)state;
	assert_int_equal(qs_rulebook_new(&rulebook), QS_OK);
	run.options.rulebook = rulebook;
	assert_int_equal(each_line("golden/config_versions.jsonl", check_case, &run), 600);
	assert_int_equal(run.n_wrong, 0);
	qs_rulebook_free(rulebook);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(every_verdict_of_every_version_agrees)};

	return cmocka_run_group_tests_name("golden_versions", tests, NULL, NULL);
}
