/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as a JUnit report: a suite for each file, a failed case for each finding of it. */
#include "base/finding_write.h"

#include <string.h>

static size_t count_tests(size_t n_findings)
{
	return n_findings ? n_findings : 1;
}

static void write_suite_start(
    const char *element, const char *name, size_t n_tests, size_t n_failures, struct qs_text *text)
{
	qs_text_addf(text, "<%s", element);
	qs_text_add_attribute(text, "name", name);
	qs_text_addf(text, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" time=\"0\">\n", n_tests,
	    n_failures);
}

static void write_case(const struct qs_shown_item *item, struct qs_text *text)
{
	const struct qs_finding *finding = item->finding;

	qs_text_adds(text, "    <testcase");
	qs_text_add_attribute(text, "classname", finding->code);
	qs_text_adds(text, " name=\"");
	qs_text_add_xml(text, item->file);
	qs_text_addf(text, ":%zu:%zu\"", item->start.line, item->start.column);
	qs_text_add_attribute(text, "file", item->file);
	qs_text_addf(text, " line=\"%zu\" time=\"0\">\n      <failure", item->start.line);
	qs_text_add_attribute(text, "message", finding->message);
	qs_text_add_attribute(text, "type", qs_severity_name(finding->severity));
	qs_text_adds(text, ">");
	qs_text_add_xml(text, finding->name);
	if (finding->hint) {
		qs_text_adds(text, ": ");
		qs_text_add_xml(text, finding->hint);
	}
	qs_text_adds(text, "</failure>\n    </testcase>\n");
}

/* A suite of the findings in [from, to). A file without any has one case, which passes. */
static void write_suite(
    const struct qs_shown *shown, const char *file, size_t from, size_t to, struct qs_text *text)
{
	qs_text_adds(text, "  ");
	write_suite_start("testsuite", file, count_tests(to - from), to - from, text);
	for (size_t i = from; i < to; i++)
		write_case(&shown->items[i], text);
	if (from == to) {
		qs_text_adds(text, "    <testcase classname=\"qstrata\"");
		qs_text_add_attribute(text, "name", file);
		qs_text_add_attribute(text, "file", file);
		qs_text_adds(text, " time=\"0\"/>\n");
	}
	qs_text_adds(text, "  </testsuite>\n");
}

static bool has_findings(const struct qs_shown *shown, const char *file)
{
	for (size_t i = 0; i < shown->n_items; i++) {
		if (strcmp(shown->items[i].file, file) == 0)
			return true;
	}
	return false;
}

enum qs_status qs_write_junit(const struct qs_shown *shown, struct qs_text *text)
{
	const size_t n_files = shown->view->files ? shown->view->n_files : 0;
	struct qs_text suites = QS_TEXT_INIT;
	size_t n_tests = shown->n_items, to;

	for (size_t from = 0; from < shown->n_items; from = to) {
		for (to = from + 1; to < shown->n_items; to++) {
			if (strcmp(shown->items[to].file, shown->items[from].file) != 0)
				break;
		}
		write_suite(shown, shown->items[from].file, from, to, &suites);
	}
	for (size_t i = 0; i < n_files; i++) {
		if (has_findings(shown, shown->view->files[i]))
			continue;
		write_suite(shown, shown->view->files[i], 0, 0, &suites);
		n_tests++;
	}
	qs_text_adds(text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
	write_suite_start("testsuites", "qstrata", n_tests, shown->n_items, text);
	qs_text_add(text, suites.data, suites.size);
	qs_text_adds(text, "</testsuites>\n");
	text->failed = text->failed || suites.failed;
	qs_text_done(&suites);
	return qs_text_status(text);
}
