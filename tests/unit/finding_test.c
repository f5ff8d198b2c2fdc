/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: their order, and how they are written for people and for programs. */
#include "base/finding.h"

#include <string.h>

#include "tests/unit/expect.h"

static struct qs_place span(const struct qs_source *source, size_t begin, size_t end)
{
	return (struct qs_place){source, begin, end};
}

static void expect_text(
    struct qs_findings *findings, const struct qs_text_style *style, const char *expected)
{
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(qs_findings_write_text(findings, style, &text), QS_OK);
	assert_string_equal(text.data, expected);
	qs_text_done(&text);
}

static const struct qs_text_style lines = {false, false, QS_SEVERITY_INFO};
static const struct qs_text_style frames = {false, true, QS_SEVERITY_INFO};

static void an_empty_list_writes_nothing(void **state)
{
	struct qs_findings *findings = qs_findings_new();

	(void)state;
	qs_findings_sort(findings);
	expect_text(findings, &frames, "");
	assert_int_equal(qs_findings_count(findings), 0);
	assert_int_equal(qs_findings_status(findings), QS_OK);
	qs_findings_free(findings);
	qs_findings_free(NULL);
}

static void findings_sort_by_source_place_and_addition(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *first, *second;

	(void)state;
	assert_int_equal(qs_source_new("z.json", "abcdef", 6, &first), QS_OK);
	assert_int_equal(qs_source_new("a.json", "abcdef", 6, &second), QS_OK);
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(first, 4, 5), "one");
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(second, 1, 2), "two");
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(first, 2, 3), "three");
	qs_finding_add(findings, QS_FINDING_COMMENT, span(first, 2, 6), "four");
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(second, 0, 1), "five");
	qs_findings_sort(findings);
	expect_text(findings, &lines,
	    "z.json:1:3: error: three [QS102]\n"
	    "z.json:1:3: error: four [QS103]\n"
	    "z.json:1:5: error: one [QS102]\n"
	    "a.json:1:1: error: five [QS102]\n"
	    "a.json:1:2: error: two [QS102]\n");
	qs_findings_free(findings);
	qs_source_free(first);
	qs_source_free(second);
}

static void frames_show_the_line_with_carets(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of("{\n\t\"\xE6\xBC\xA2\": 1, \"b\": 22\r\n}");
	struct qs_finding *finding;

	(void)state;
	finding = qs_finding_add(
	    findings, QS_FINDING_UNKNOWN_KEY, span(source, 13, 16), "unknown key \"%s\"", "b");
	qs_finding_pointer(findings, finding, "/b");
	qs_finding_hint(findings, finding, "remove %s", "it");
	qs_finding_fix(
	    findings, finding, true, span(source, 13, 16), "\"c\"", "did you mean \"c\"?");
	qs_finding_relate(findings, finding, span(source, 3, 8), "another key");
	qs_finding_relate(findings, finding, qs_place_of(NULL), "the default is %d", 8);
	expect_text(findings, &frames,
	    "config.json:2:10: error: unknown key \"b\" [QS201]\n"
	    "     2 |  \"\xE6\xBC\xA2\": 1, \"b\": 22\n"
	    "       |          ^^^ did you mean \"c\"?\n"
	    "     2 |  \"\xE6\xBC\xA2\": 1, \"b\": 22\n"
	    "       |  ^^^ another key\n"
	    "       = note: the default is 8\n"
	    "       = at /b\n"
	    "       = help: remove it\n");
	qs_findings_free(findings);
	qs_source_free(source);
}

/* A place at the end of the text, or over several lines, has carets on its first line only. */
static void carets_stay_on_the_line(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of("ab\ncd");

	(void)state;
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(source, 1, 5), "over two lines");
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(source, 5, 5), "at the end");
	expect_text(findings, &frames,
	    "config.json:1:2: error: over two lines [QS102]\n"
	    "     1 | ab\n"
	    "       |  ^\n"
	    "config.json:2:3: error: at the end [QS102]\n"
	    "     2 | cd\n"
	    "       |   ^\n");
	qs_findings_free(findings);
	qs_source_free(source);
}

/* The part of a long line around the place is shown, and no character is cut. */
static void long_lines_are_clipped(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT, shown = QS_TEXT_INIT;
	struct qs_source *source;

	(void)state;
	for (int i = 0; i < 100000; i++)
		qs_text_adds(&text, "\xC3\xA9x");
	assert_int_equal(qs_source_new("min.json", text.data, text.size, &source), QS_OK);
	for (size_t at = 0; at < 400; at++)
		qs_finding_add(findings, QS_FINDING_SYNTAX, span(source, at, 300000), "here");
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(source, 299999, 300000), "here");
	assert_int_equal(qs_findings_write_text(findings, &frames, &shown), QS_OK);
	for (char *line = strtok(shown.data, "\n"); line; line = strtok(NULL, "\n")) {
		assert_true(strlen(line) < 140);
		assert_true(((unsigned char)line[strlen(line) - 1] & 0x80) == 0 ||
			    ((unsigned char)line[strlen(line) - 1] & 0xC0) == 0x80);
		assert_null(strstr(line, "...\xA9"));
	}
	qs_text_done(&text);
	qs_text_done(&shown);
	qs_findings_free(findings);
	qs_source_free(source);
}

static void what_matters_less_is_left_out(void **state)
{
	static const struct qs_text_style errors = {false, false, QS_SEVERITY_ERROR};
	struct qs_findings *findings = qs_findings_new();

	(void)state;
	qs_finding_add(findings, QS_FINDING_NULL_VALUE, qs_place_of(NULL), "doubtful");
	qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "wrong");
	qs_finding_add(findings, QS_FINDING_ONNX_TYPE, qs_place_of(NULL), "by the way");
	expect_text(findings, &errors, "error: wrong [QS102]\n");
	expect_text(findings, &lines,
	    "warning: doubtful [QS207]\nerror: wrong [QS102]\ninfo: by the way [QS504]\n");
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_ERROR), 1);
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_WARNING), 1);
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_INFO), 1);
	qs_findings_free(findings);
}

static void colours_are_ansi_and_only_on_demand(void **state)
{
	static const struct qs_text_style colored = {true, false, QS_SEVERITY_INFO};
	struct qs_findings *findings = qs_findings_new();

	(void)state;
	qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "wrong");
	expect_text(findings, &colored, "\033[1m\033[31merror\033[0m: wrong [QS102]\n");
	qs_findings_free(findings);
}

/* What a file says must not steer the terminal of who reads about it. */
static void control_characters_do_not_reach_the_terminal(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;
	struct qs_source *source;

	(void)state;
	assert_int_equal(qs_source_new("\033[2Jname", "\033[2Jtext", 8, &source), QS_OK);
	finding = qs_finding_add(findings, QS_FINDING_SYNTAX, span(source, 0, 4), "\033[2Jmessage");
	qs_finding_pointer(findings, finding, "/\033[2Jpointer");
	qs_finding_hint(findings, finding, "\033[2Jhint");
	qs_finding_fix(findings, finding, true, span(source, 0, 4), "x", "\033[2Jfix");
	qs_finding_relate(findings, finding, span(source, 0, 4), "\033[2Jrelated");
	qs_finding_relate(findings, finding, qs_place_of(NULL), "\033[2Jnote");
	assert_int_equal(qs_findings_write_text(findings, &frames, &text), QS_OK);
	assert_null(strchr(text.data, '\033'));
	qs_text_done(&text);
	qs_findings_free(findings);
	qs_source_free(source);
}

/* A rule set ends before the findings that its rules made. */
static void kinds_that_are_data_may_end_first(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	char code[] = "QS399", name[] = "made-up", title[] = "doubt";
	const struct qs_finding_kind kind = {code, name, QS_SEVERITY_WARNING, title};

	(void)state;
	qs_finding_add_kind(findings, &kind, qs_place_of(NULL), "doubtful");
	memset(code, 'x', 5);
	memset(name, 'x', 7);
	memset(title, 'x', 5);
	assert_string_equal(qs_findings_at(findings, 0)->code, "QS399");
	assert_string_equal(qs_findings_at(findings, 0)->name, "made-up");
	assert_string_equal(qs_findings_at(findings, 0)->title, "doubt");
	qs_findings_free(findings);
}

static void what_is_beyond_the_limit_is_counted(void **state)
{
	struct qs_findings *findings = qs_findings_new();

	(void)state;
	for (size_t i = 0; i < QS_FINDINGS_LIMIT + 5; i++)
		qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "wrong");
	assert_null(qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "wrong"));
	qs_finding_hint(findings, NULL, "fine");
	qs_finding_pointer(findings, NULL, "fine");
	qs_finding_relate(findings, NULL, qs_place_of(NULL), "fine");
	qs_finding_fix(findings, NULL, true, qs_place_of(NULL), "", "fine");
	assert_int_equal(qs_findings_count(findings), QS_FINDINGS_LIMIT);
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_ERROR), QS_FINDINGS_LIMIT + 6);
	qs_findings_free(findings);
}

static void a_name_gives_one_source(void **state)
{
	struct qs_findings *findings = qs_findings_new();

	(void)state;
	assert_ptr_equal(
	    qs_findings_name_source(findings, "a"), qs_findings_name_source(findings, "a"));
	assert_ptr_not_equal(
	    qs_findings_name_source(findings, "a"), qs_findings_name_source(findings, "b"));
	qs_findings_free(findings);
}

/* ---- decisions ------------------------------------------------------------------------------- */

struct decided {
	const char *prefix;
	enum qs_decision decision;
};

/* The longest prefix counts, of equal ones the last; a selection leaves out the rest. */
static void the_longest_prefix_decides(void **state)
{
	static const struct {
		struct decided rows[3];
		const char *expected;
	} cases[] = {
	    {{{NULL, QS_DECISION_ON}}, "error: a [QS102]\nwarning: b [QS207]\ninfo: c [QS504]\n"},
	    {{{"QS2", QS_DECISION_OFF}}, "error: a [QS102]\ninfo: c [QS504]\n"},
	    {{{"QS2", QS_DECISION_ON}}, "warning: b [QS207]\n"},
	    {{{"QS", QS_DECISION_OFF}, {"QS504", QS_DECISION_ON}}, "info: c [QS504]\n"},
	    {{{"QS", QS_DECISION_ON}, {"QS5", QS_DECISION_OFF}},
		"error: a [QS102]\nwarning: b [QS207]\n"},
	    {{{"QS2", QS_DECISION_ON}, {"QS2", QS_DECISION_OFF}}, ""},
	    {{{"QS10", QS_DECISION_INFO}, {"QS", QS_DECISION_ERROR}, {"QS5", QS_DECISION_WARNING}},
		"info: a [QS102]\nerror: b [QS207]\nwarning: c [QS504]\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct qs_findings *findings = qs_findings_new();

		for (size_t j = 0; j < 3 && cases[i].rows[j].prefix; j++)
			assert_int_equal(qs_findings_judge(findings, cases[i].rows[j].prefix,
					     cases[i].rows[j].decision),
			    QS_OK);
		qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "a");
		qs_finding_add(findings, QS_FINDING_NULL_VALUE, qs_place_of(NULL), "b");
		qs_finding_add(findings, QS_FINDING_ONNX_TYPE, qs_place_of(NULL), "c");
		expect_text(findings, &lines, cases[i].expected);
		qs_findings_free(findings);
	}
}

/* Every format finds its writer, and writes no more findings than the view asks for. */
static void formats_are_found_by_name(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	const struct qs_findings_view view = {.at_most = 1};
	struct qs_text text = QS_TEXT_INIT;
	size_t n;
	const struct qs_findings_format *formats = qs_findings_formats(&n);

	(void)state;
	qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "first");
	qs_finding_add(findings, QS_FINDING_SYNTAX, qs_place_of(NULL), "second");
	assert_null(qs_findings_format_of_word("yaml"));
	for (size_t i = 0; i < n; i++) {
		assert_ptr_equal(qs_findings_format_of_word(formats[i].name), &formats[i]);
		assert_int_equal(qs_findings_write(findings, &formats[i], &view, &text), QS_OK);
		assert_non_null(strstr(text.data, "first"));
		assert_null(strstr(text.data, "second"));
		qs_text_clear(&text);
	}
	qs_text_done(&text);
	qs_findings_free(findings);
}

static void an_address_of_pages_is_a_uri_with_a_place_for_the_code(void **state)
{
	static const struct {
		const char *address, *expected; /* of QS201 unknown-key; NULL: it is none */
	} cases[] = {
	    {"https://a.org/{code}", "https://a.org/QS201"},
	    {"https://a.org/p.md?{name}#{anchor}",
		"https://a.org/p.md?unknown-key#qs201-unknown-key"},
	    {"file:{code}{code}", "file:QS201QS201"},
	    {"", NULL},
	    {"{code}", NULL},
	    {"a.org/{code}", NULL},
	    {"1a:{code}", NULL},
	    {"https://a.org/", NULL},
	    {"https://a.org/{Code}", NULL},
	    {"https://a.org/{code", NULL},
	    {"https://a.org/{code}}", NULL},
	    {"https://a.org/{code} ", NULL},
	    {"https://a.org/\xc3\xbc/{code}", NULL},
	    {"https://a.org/\n{code}", NULL},
	};
	struct qs_text text = QS_TEXT_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		assert_int_equal(
		    qs_page_address_is_good(cases[i].address), cases[i].expected != NULL);
		if (!cases[i].expected)
			continue;
		qs_text_clear(&text);
		qs_page_address_write(cases[i].address, "QS201", "unknown-key", &text);
		assert_string_equal(text.data, cases[i].expected);
	}
	qs_text_done(&text);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static struct json_object *written(const struct qs_findings *findings, size_t n_files)
{
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;

	assert_int_equal(qs_findings_write_json(findings, n_files, QS_SEVERITY_INFO, &text), QS_OK);
	document = json_tokener_parse(text.data);
	assert_non_null(document);
	qs_text_done(&text);
	return document;
}

static struct json_object *at(struct json_object *document, const char *path)
{
	struct json_object *value = NULL;

	if (json_pointer_get(document, path, &value) != 0)
		fail_msg("there is no %s", path);
	return value;
}

static int number_at(struct json_object *document, const char *path)
{
	return json_object_get_int(at(document, path));
}

static const char *text_at(struct json_object *document, const char *path)
{
	return json_object_get_string(at(document, path));
}

static void the_document_is_there_without_findings(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct json_object *document = written(findings, 3);

	(void)state;
	assert_string_equal(text_at(document, "/format_version"), "1.1");
	assert_string_equal(text_at(document, "/tool"), "qstrata");
	assert_string_equal(text_at(document, "/version"), QSTRATA_VERSION);
	assert_int_equal(number_at(document, "/summary/files"), 3);
	assert_int_equal(number_at(document, "/summary/errors"), 0);
	assert_int_equal(json_object_array_length(at(document, "/diagnostics")), 0);
	json_object_put(document);
	qs_findings_free(findings);
}

static void json_has_every_field(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of("\n\xC3\xA9 \"widht\"");
	struct json_object *document;
	struct qs_finding *finding;

	(void)state;
	finding =
	    qs_finding_add(findings, QS_FINDING_UNKNOWN_KEY, span(source, 4, 11), "unknown \"x\"");
	qs_finding_pointer(findings, finding, "/widht");
	qs_finding_hint(findings, finding, "mend it");
	qs_finding_fix(findings, finding, false, span(source, 4, 11), "\"width\"", "write width");
	qs_finding_relate(findings, finding, span(source, 1, 3), "the other");
	qs_finding_add(findings, QS_FINDING_NULL_VALUE, qs_place_of(NULL), "plain");
	document = written(findings, 1);
	assert_string_equal(text_at(document, "/diagnostics/0/file"), "config.json");
	assert_string_equal(text_at(document, "/diagnostics/0/code"), "QS201");
	assert_string_equal(text_at(document, "/diagnostics/0/name"), "unknown-key");
	assert_string_equal(text_at(document, "/diagnostics/0/severity"), "error");
	assert_string_equal(text_at(document, "/diagnostics/0/message"), "unknown \"x\"");
	assert_string_equal(text_at(document, "/diagnostics/0/hint"), "mend it");
	assert_string_equal(text_at(document, "/diagnostics/0/pointer"), "/widht");
	assert_int_equal(number_at(document, "/diagnostics/0/range/start/line"), 2);
	assert_int_equal(number_at(document, "/diagnostics/0/range/start/column"), 3);
	assert_int_equal(number_at(document, "/diagnostics/0/range/start/byte"), 4);
	assert_int_equal(number_at(document, "/diagnostics/0/range/end/line"), 2);
	assert_int_equal(number_at(document, "/diagnostics/0/range/end/column"), 10);
	assert_int_equal(number_at(document, "/diagnostics/0/range/end/byte"), 11);
	assert_string_equal(text_at(document, "/diagnostics/0/fixes/0/applicability"), "unsafe");
	assert_string_equal(text_at(document, "/diagnostics/0/fixes/0/message"), "write width");
	assert_string_equal(
	    text_at(document, "/diagnostics/0/fixes/0/edits/0/new_text"), "\"width\"");
	assert_int_equal(number_at(document, "/diagnostics/0/fixes/0/edits/0/range/end/byte"), 11);
	assert_string_equal(text_at(document, "/diagnostics/0/related/0/message"), "the other");
	assert_string_equal(text_at(document, "/diagnostics/0/related/0/file"), "config.json");
	assert_int_equal(number_at(document, "/diagnostics/0/related/0/range/start/byte"), 1);
	assert_null(at(document, "/diagnostics/1/file"));
	assert_null(at(document, "/diagnostics/1/hint"));
	assert_null(at(document, "/diagnostics/1/pointer"));
	assert_int_equal(json_object_array_length(at(document, "/diagnostics/1/fixes")), 0);
	assert_int_equal(json_object_array_length(at(document, "/diagnostics/1/related")), 0);
	assert_int_equal(number_at(document, "/summary/errors"), 1);
	assert_int_equal(number_at(document, "/summary/warnings"), 1);
	assert_int_equal(number_at(document, "/summary/infos"), 0);
	assert_int_equal(number_at(document, "/summary/fixable"), 1);
	json_object_put(document);
	qs_findings_free(findings);
	qs_source_free(source);
}

static void lists_made_apart_become_one(void **state)
{
	struct qs_findings *findings = qs_findings_new(), *apart;
	struct qs_source *source = source_of("abcdef");

	(void)state;
	assert_int_equal(qs_findings_judge(findings, "QS103", QS_DECISION_OFF), QS_OK);
	qs_finding_add(findings, QS_FINDING_SYNTAX, span(source, 4, 5), "one");
	apart = qs_findings_new_beside(findings);
	qs_finding_add(apart, QS_FINDING_COMMENT, span(source, 1, 2), "off there as well");
	qs_finding_add(apart, QS_FINDING_SYNTAX, span(source, 2, 3), "two");
	qs_finding_add(apart, QS_FINDING_UNREADABLE_FILE,
	    qs_place_of(qs_findings_name_source(apart, "z")), "three");
	qs_findings_join(findings, apart);
	qs_findings_join(findings, qs_findings_new());
	qs_findings_sort(findings);
	expect_text(findings, &lines,
	    "config.json:1:3: error: two [QS102]\n"
	    "config.json:1:5: error: one [QS102]\n"
	    "z: error: three [QS001]\n");
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_ERROR), 3);
	qs_findings_free(findings);
	qs_source_free(source);
}

static void a_joined_list_keeps_its_limit(void **state)
{
	struct qs_findings *findings = qs_findings_new();

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct qs_findings *apart = qs_findings_new();

		for (int k = 0; k < QS_FINDINGS_LIMIT / 2; k++)
			qs_finding_add(apart, QS_FINDING_SYNTAX, qs_place_of(NULL), "%d", k);
		qs_findings_join(findings, apart);
	}
	assert_int_equal(qs_findings_count(findings), QS_FINDINGS_LIMIT);
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_ERROR), QS_FINDINGS_LIMIT / 2 * 3);
	qs_findings_free(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_empty_list_writes_nothing),
	    cmocka_unit_test(findings_sort_by_source_place_and_addition),
	    cmocka_unit_test(frames_show_the_line_with_carets),
	    cmocka_unit_test(carets_stay_on_the_line),
	    cmocka_unit_test(long_lines_are_clipped),
	    cmocka_unit_test(what_matters_less_is_left_out),
	    cmocka_unit_test(colours_are_ansi_and_only_on_demand),
	    cmocka_unit_test(control_characters_do_not_reach_the_terminal),
	    cmocka_unit_test(kinds_that_are_data_may_end_first),
	    cmocka_unit_test(what_is_beyond_the_limit_is_counted),
	    cmocka_unit_test(a_name_gives_one_source),
	    cmocka_unit_test(the_document_is_there_without_findings),
	    cmocka_unit_test(json_has_every_field),
	    cmocka_unit_test(the_longest_prefix_decides),
	    cmocka_unit_test(formats_are_found_by_name),
	    cmocka_unit_test(an_address_of_pages_is_a_uri_with_a_place_for_the_code),
	    cmocka_unit_test(lists_made_apart_become_one),
	    cmocka_unit_test(a_joined_list_keeps_its_limit),
	};

	return cmocka_run_group_tests_name("finding", tests, NULL, NULL);
}
