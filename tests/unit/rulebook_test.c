/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule set and a profile have to be: tests/data/rules/documents.jsonl, which
 * tests/rules_schema_test.sh holds against the published JSON Schemas; and what a schema cannot
 * say.
 */
#include "policy/rule.h"

#include <string.h>

#include "tests/unit/expect.h"

static struct qs_rulebook *new_rulebook(void)
{
	struct qs_rulebook *rulebook;

	assert_int_equal(qs_rulebook_new(&rulebook), QS_OK);
	return rulebook;
}

/* ---- documents that the schemas know --------------------------------------------------------- */

static void check_document(struct json_object *line, void *context)
{
	const bool is_profile =
	    strcmp(json_object_get_string(json_object_object_get(line, "kind")), "profile") == 0;
	const bool valid = json_object_get_boolean(json_object_object_get(line, "valid"));
	struct qs_source *source =
	    source_of(json_object_to_json_string(json_object_object_get(line, "document")));
	struct qs_rulebook *rulebook = new_rulebook();
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status;
	size_t device;

	status = is_profile ? qs_rulebook_add_profile(rulebook, source, findings, &device)
	                    : qs_rulebook_add_rules(rulebook, source, findings);
	if (status != (valid ? QS_OK : QS_INVALID)) {
		show_findings(findings);
		fail_msg("%s: expected it to be %s",
		    json_object_get_string(json_object_object_get(line, "what")),
		    valid ? "valid" : "invalid");
	}
	++*(size_t *)context;
	qs_rulebook_free(rulebook);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void documents_are_judged_as_the_schemas_judge_them(void **state)
{
	size_t n = 0;

	(void)state;
	assert_true(each_line("rules/documents.jsonl", check_document, &n) > 100);
}

/* ---- what a schema cannot say ---------------------------------------------------------------- */

#define SET(name, rules)                                                                           \
	"{\"format\": \"qstrata-rules\", \"version\": 1, \"name\": \"" name                        \
	"\", \"rules\": [" rules "]}"
#define RULE(code, name, more)                                                                     \
	"{\"code\": \"" code "\", \"name\": \"" name                                               \
	"\", \"devices\": [\"CPU\"], \"tensors\": [\"weights\"], \"require\": {\"bit_width\": "    \
	"[8]}, " more "\"hint\": \"h\", \"source\": \"s\", \"date\": \"2026-01-01\"}"
#define PROFILE(name, more)                                                                        \
	"{\"format\": \"qstrata-profile\", \"version\": 1, \"name\": \"" name                      \
	"\", \"title\": \"t\", " more "\"source\": \"s\", \"date\": \"2026-01-01\"}"

/* Texts one after the other into one rulebook, up to the last, which has the findings. */
static const struct {
	const char *texts[3];
	const char *findings;
} rows[] = {
    {{"", NULL, NULL}, "QS101 1:1"},
    {{"7", NULL, NULL}, "QS010 1:1 (root)"},
    {{SET("a", RULE("AA001", "one", "")), SET("b", RULE("AA001", "two", "")), NULL},
	"QS015 1:75 /rules/0/code"},
    {{SET("a", RULE("AA001", "one", "")), SET("b", RULE("AA002", "one", "")), NULL},
	"QS015 1:92 /rules/0/name"},
    {{SET("a", RULE("AA001", "one", "")), SET("a", RULE("AA001", "one", "")), NULL}, ""},
    {{SET("a", RULE("QS201", "one", "")), NULL, NULL}, "QS015 1:75 /rules/0/code"},
    {{SET("a", RULE("AA001", "unknown-key", "")), NULL, NULL}, "QS015 1:92 /rules/0/name"},
    {{SET("a", RULE("AA001", "one", "\"since\": \"3.5\", \"until\": \"2.5\", ")), NULL, NULL},
	"QS013 1:199 /rules/0/until"},
    {{PROFILE("CPUS", "\"like\": [\"CPU\"], "), NULL, NULL}, ""},
    {{PROFILE("CPUS", "\"like\": [\"CPUX\"], "), NULL, NULL}, "QS013 1:84 /like/0 => \"CPU\""},
};

static void what_a_schema_cannot_say_is_said(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_rulebook *rulebook = new_rulebook();
		struct qs_findings *findings = qs_findings_new();
		struct qs_source *sources[3] = {NULL};
		size_t device;

		for (size_t t = 0; t < 3 && rows[i].texts[t]; t++) {
			sources[t] = source_of(rows[i].texts[t]);
			if (strstr(rows[i].texts[t], "qstrata-profile"))
				(void)qs_rulebook_add_profile(
				    rulebook, sources[t], findings, &device);
			else
				(void)qs_rulebook_add_rules(rulebook, sources[t], findings);
		}
		expect_findings(findings, rows[i].findings);
		qs_findings_free(findings);
		qs_rulebook_free(rulebook);
		for (size_t t = 0; t < 3; t++)
			qs_source_free(sources[t]);
	}
}

/* ---- limits ---------------------------------------------------------------------------------- */

static enum qs_status add_rules(struct qs_rulebook *rulebook, const char *name, size_t n,
    struct qs_findings *findings, struct qs_source **ret_source)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	qs_text_addf(&text,
	    "{\"format\": \"qstrata-rules\", \"version\": 1, \"name\": \"%s\", \"rules\": [", name);
	for (size_t i = 0; i < n; i++)
		qs_text_addf(&text,
		    "%s{\"code\": \"AAA%04zu\", \"name\": \"r%zu\", \"devices\": [\"CPU\"], "
		    "\"tensors\": [\"bias\"], \"require\": {\"signed\": [true]}, \"hint\": \"h\", "
		    "\"source\": \"s\", \"date\": \"2026-01-01\"}",
		    i ? "," : "", i, i);
	qs_text_adds(&text, "]}");
	*ret_source = source_of(text.data);
	status = qs_rulebook_add_rules(rulebook, *ret_source, findings);
	qs_text_done(&text);
	return status;
}

static void there_are_limits(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();
	struct qs_findings *findings = qs_findings_new();
	const size_t room = QS_RULE_LIMIT - rulebook->n_rules;
	struct qs_source *sources[2];

	(void)state;
	assert_int_equal(add_rules(rulebook, "a", room, findings, &sources[0]), QS_OK);
	assert_int_equal(rulebook->n_rules, QS_RULE_LIMIT);
	assert_int_equal(add_rules(rulebook, "b", 1, findings, &sources[1]), QS_INVALID);
	expect_findings(findings, "QS016 1:65 /rules");
	qs_findings_free(findings);
	qs_rulebook_free(rulebook);
	qs_source_free(sources[0]);
	qs_source_free(sources[1]);
}

static void there_are_so_many_devices(void **state)
{
	struct qs_rulebook *rulebook = new_rulebook();
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *sources[QS_DEVICE_LIMIT + 1] = {NULL};
	const size_t n_builtin = rulebook->n_profiles;

	(void)state;
	for (size_t i = n_builtin; i <= QS_DEVICE_LIMIT; i++) {
		struct qs_text text = QS_TEXT_INIT;
		size_t device = 0;
		enum qs_status status;

		qs_text_addf(&text,
		    "{\"format\": \"qstrata-profile\", \"version\": 1, \"name\": \"d%zu\", "
		    "\"title\": \"t\", \"source\": \"s\", \"date\": \"2026-01-01\"}",
		    i);
		sources[i] = source_of(text.data);
		status = qs_rulebook_add_profile(rulebook, sources[i], findings, &device);
		assert_int_equal(status, i < QS_DEVICE_LIMIT ? QS_OK : QS_INVALID);
		if (status == QS_OK)
			assert_int_equal(device, i);
		qs_text_done(&text);
	}
	expect_findings(findings, "QS016 1:1 (root)");
	qs_findings_free(findings);
	qs_rulebook_free(rulebook);
	for (size_t i = 0; i <= QS_DEVICE_LIMIT; i++)
		qs_source_free(sources[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(documents_are_judged_as_the_schemas_judge_them),
	    cmocka_unit_test(what_a_schema_cannot_say_is_said),
	    cmocka_unit_test(there_are_limits),
	    cmocka_unit_test(there_are_so_many_devices),
	};

	return cmocka_run_group_tests_name("rulebook", tests, NULL, NULL);
}
