/* SPDX-License-Identifier: Apache-2.0 */
/* Exactly these findings. */
#include "tests/unit/expect.h"

#include <stdlib.h>
#include <string.h>

int run_rows(const char *group, const struct row *rows, size_t n_rows, CMUnitTestFunction test)
{
	struct CMUnitTest *tests = calloc(n_rows, sizeof(*tests));
	int n_failed;

	if (!tests)
		return 1;
	for (size_t i = 0; i < n_rows; i++)
		tests[i] = (struct CMUnitTest){
		    rows[i].name, test, NULL, NULL, (void *)(uintptr_t)(const void *)&rows[i]};
	n_failed = _cmocka_run_group_tests(group, tests, n_rows, NULL, NULL);
	free(tests);
	return n_failed;
}

static void write_finding(const struct qs_finding *finding, struct qs_text *text)
{
	struct qs_position position = {0, 0, 0};

	if (finding->place.source)
		position = qs_source_position(finding->place.source, finding->place.begin);
	qs_text_adds(text, finding->code);
	if (position.line)
		qs_text_addf(text, " %zu:%zu", position.line, position.column);
	else
		qs_text_adds(text, " -");
	if (finding->pointer)
		qs_text_addf(text, " %s", finding->pointer[0] ? finding->pointer : "(root)");
	for (const struct qs_fix *fix = finding->fixes; fix; fix = fix->next) {
		for (const struct qs_replacement *edit = fix->edits; edit; edit = edit->next)
			qs_text_addf(text, "%s%s", edit == fix->edits ? " => " : " & ",
			    edit->new_text[0] ? edit->new_text : "(nothing)");
	}
	qs_text_adds(text, "\n");
}

void expect_findings(struct qs_findings *findings, const char *expected)
{
	struct qs_text found = QS_TEXT_INIT;
	const size_t size = strlen(expected);

	qs_findings_sort(findings);
	for (size_t i = 0; i < qs_findings_count(findings); i++)
		write_finding(qs_findings_at(findings, i), &found);
	assert_int_equal(qs_text_status(&found), QS_OK);
	/* The last line of an expectation needs no end. */
	if (strncmp(found.data, expected, size) == 0 &&
	    (found.size == size || (found.size == size + 1 && size))) {
		qs_text_done(&found);
		return;
	}
	fprintf(stderr, "expected findings:\n%s\nfound:\n%s", expected, found.data);
	show_findings(findings);
	qs_text_done(&found);
	fail();
}

struct qs_source *source_of(const char *text)
{
	struct qs_source *source;

	assert_int_equal(qs_source_new("config.json", text, strlen(text), &source), QS_OK);
	return source;
}

struct qs_source *source_of_file(const char *name)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	char path[512];

	assert_non_null(findings);
	assert_int_equal(
	    qs_source_read(data_path(path, name), name, QS_CONFIG_LIMIT, findings, &source), QS_OK);
	qs_findings_free(findings);
	return source;
}

struct qs_policy *policy_of(const struct qs_source *source, const char *expected)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_policy *policy = NULL;
	enum qs_status status;

	assert_non_null(findings);
	assert_int_equal(qs_findings_judge(findings, "QS413", QS_DECISION_OFF), QS_OK);
	assert_int_equal(qs_findings_judge(findings, "QS414", QS_DECISION_OFF), QS_OK);
	status = qs_policy_read(source, findings, &policy);
	expect_findings(findings, expected);
	assert_int_equal(
	    status, qs_findings_total(findings, QS_SEVERITY_ERROR) ? QS_INVALID : QS_OK);
	assert_true((status == QS_OK) == (policy != NULL));
	qs_findings_free(findings);
	return policy;
}
