/* SPDX-License-Identifier: Apache-2.0 */
/* Strict JSON: every mistake with its place and fix, and what reading makes of the rest. */
#include "base/json.h"

#include <math.h>
#include <stdlib.h>

#include "tests/unit/expect.h"

/* Reads a text that has exactly these findings. End the document with qs_json_done(). */
static void read_json(
    const struct qs_source *source, const char *expected, struct qs_json_document *document)
{
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status;

	assert_non_null(findings);
	status = qs_json_read(source, findings, document);
	expect_findings(findings, expected);
	assert_int_equal(status, expected[0] ? QS_INVALID : QS_OK);
	qs_findings_free(findings);
}

static void expect_json_findings(void **state)
{
	const struct row *row = *state;
	struct qs_source *source = source_of(row->text);
	struct qs_json_document document;

	read_json(source, row->findings, &document);
	qs_json_done(&document);
	qs_source_free(source);
}

static const struct row right[] = {
    {"every_kind_of_value", "{\"a\": [1, -2.5e3, true, false, null, \"x\", {}, []]}", ""},
    {"white_space_of_all_kinds", " \t\r\n[ \r\n\t1 ,\t2 ]\r\n ", ""},
    {"a_scalar_is_a_document", "\"x\"", ""},
    {"no_final_newline", "[1]", ""},
    {"every_escape", "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83d\\ude00\"]", ""},
    {"characters_beyond_ascii", "[\"\xC3\xA9\xE6\xBC\xA2\xF0\x9F\x98\x80\xF4\x8F\xBF\xBF\"]", ""},
    {"quotes_of_other_kinds_inside_a_string", "[\"it's `fine` \xE2\x80\x9Chere\xE2\x80\x9D\"]", ""},
    {"the_ends_of_integers", "[9223372036854775807, -9223372036854775808, 0, -0]", ""},
    {"reals_of_all_shapes", "[0.5, 1e5, 1E+5, 1e-5, 0.0e0, 1e-400]", ""},
    {"comment_marks_inside_a_string", "[\"// # /* */\"]", ""},
    {"brackets_inside_a_string", "[\"]}[{\"]", ""},
    {"the_deepest_nesting",
	"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
	"]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
	""},
};

static const struct row no_json[] = {
    {"empty", "", "QS101 1:1"},
    {"only_white_space", " \n ", "QS101 2:2"},
    {"html", "<html>", "QS101 1:1"},
    {"yaml", "target_device: CPU\n", "QS101 1:1"},
    {"a_closing_bracket", "}", "QS101 1:1"},
    {"big_endian_utf16", "\xFE\xFF{}", "QS101 1:1"},
    {"byte_order_mark", "\xEF\xBB\xBF[1]", "QS117 1:1 => (nothing)"},
    {"two_documents", "{}\n{}", "QS115 2:1"},
    {"text_behind_the_end", "[1]]", "QS115 1:4"},
    {"only_a_comment", "// nothing", "QS103 1:1 => (nothing)\nQS101 1:11"},
};

static const struct row words[] = {
    {"line_comment", "// c\n{}", "QS103 1:1 => (nothing)"},
    {"hash_comment", "{} # c", "QS103 1:4 => (nothing)"},
    {"block_comment", "[1, /* c */ 2]", "QS103 1:5 => (nothing)"},
    {"open_block_comment", "[1] /* c", "QS103 1:5 => (nothing)"},
    {"comments_in_a_row_are_one", "[ // a\n // b\n /* c */ 1]", "QS103 1:3 => (nothing)"},
    {"nan", "[NaN]", "QS107 1:2 => null"},
    {"infinity", "[Infinity, -Infinity]",
	"QS107 1:2 => null\n"
	"QS107 1:12 => null"},
    {"python_true", "[True]", "QS106 1:2 => true"},
    {"python_false", "[False]", "QS106 1:2 => false"},
    {"python_none", "[None]", "QS106 1:2 => null"},
    {"javascript_undefined", "[undefined]", "QS106 1:2 => null"},
    {"bare_word", "[maxmin]", "QS106 1:2 => \"maxmin\""},
    {"bare_key", "{method: 1}", "QS106 1:2 => \"method\""},
    {"nan_as_key", "{NaN: 1}", "QS106 1:2 => \"NaN\""},
};

static const struct row strings[] = {
    {"single_quotes", "['a']", "QS105 1:2 => \"a\""},
    {"single_quotes_around_a_key", "{'a': 1}", "QS105 1:2 => \"a\""},
    {"single_quotes_keep_escapes_as_written", "['a\\nb\\u001b']", "QS105 1:2 => \"a\\nb\\u001b\""},
    {"double_quotes_in_single_ones_have_no_fix", "['a\"b']", "QS105 1:2"},
    {"curly_quotes",
	"[\xE2\x80\x9C"
	"a\xE2\x80\x9D]",
	"QS105 1:2 => \"a\""},
    {"single_curly_quotes",
	"[\xE2\x80\x98"
	"a\xE2\x80\x99]",
	"QS105 1:2 => \"a\""},
    {"full_width_quotes",
	"[\xEF\xBC\x82"
	"a\xEF\xBC\x82]",
	"QS105 1:2 => \"a\""},
    {"backticks", "[`a`]", "QS105 1:2 => \"a\""},
    {"string_over_the_end_of_a_line", "[\"ab\n, 1]", "QS102 1:2 => \""},
    {"string_over_the_end_of_the_text", "[\"ab]", "QS116 1:6"},
    {"root_string_over_the_end_of_the_text", "\"ab", "QS116 1:4"},
    {"string_that_ends_in_a_bracket", "{\"a\": \"}", "QS116 1:9"},
    {"escape_at_the_end_of_the_text", "[\"a\\", "QS116 1:5"},
    {"escape_at_the_end_of_a_line", "[\"a\\\n, 1]", "QS102 1:2\nQS118 1:4"},
    {"bad_escape", "[\"a\\qb\", \"\\'\"]",
	"QS118 1:4 => \\\\\n"
	"QS118 1:11 => (nothing)"},
    {"escape_of_a_character_beyond_ascii", "[\"\\\xC3\xA9\"]", "QS118 1:3 => \\\\"},
    {"short_unicode_escape", "[\"\\u12\", \"\\uZZZZ\"]", "QS118 1:3\nQS118 1:11"},
    {"first_half_alone", "[\"\\ud800\"]", "QS112 1:3"},
    {"second_half_alone", "[\"\\ude00\"]", "QS112 1:3"},
    {"two_first_halves", "[\"\\ud800\\ud800\"]", "QS112 1:3\nQS112 1:9"},
    {"control_character",
	"[\"a\x01"
	"b\tc\"]",
	"QS113 1:4 => \\u0001\n"
	"QS113 1:6 => \\u0009"},
    {"bytes_that_are_not_utf8", "[\"a\xC3(\", \"\xFF\"]", "QS111 1:4\nQS111 1:10"},
    {"utf8_too_long", "[\"\xC0\xAF\", \"\xE0\x80\x80\", \"\xF0\x80\x80\x80\"]",
	"QS111 1:3\nQS111 1:8\nQS111 1:13"},
    {"utf8_surrogate", "[\"\xED\xA0\x80\"]", "QS111 1:3"},
    {"utf8_beyond_unicode", "[\"\xF4\x90\x80\x80\", \"\xF5\x80\x80\x80\"]", "QS111 1:3\nQS111 1:8"},
    {"utf8_cut_off", "[\"\xE6\xBC\"]", "QS111 1:3"},
};

static const struct row numbers[] = {
    {"leading_zero", "[08, -00]",
	"QS108 1:2 => 8\n"
	"QS108 1:6"},
    {"plus_sign", "[+1]", "QS108 1:2 => 1"},
    {"no_digits_before_the_point", "[.5]", "QS108 1:2 => 0.5"},
    {"no_digits_behind_the_point", "[1.]", "QS108 1:2 => 1.0"},
    {"no_digits_in_the_exponent", "[1e, 1e+]", "QS108 1:2\nQS108 1:6"},
    {"only_a_sign", "[-]", "QS108 1:2"},
    {"hexadecimal", "[0x10]", "QS108 1:2"},
    {"unit", "[8bit]", "QS108 1:2"},
    {"decimal_points", "[1.2.3]", "QS108 1:2"},
    {"too_large_an_exponent", "[1e400, -1e400]", "QS109 1:2\nQS109 1:9"},
    {"too_large_an_integer", "[9223372036854775808, -9223372036854775809]",
	"QS109 1:2\nQS109 1:23"},
};

static const struct row structures[] = {
    {"trailing_comma_in_an_array", "[1,]", "QS104 1:3 => (nothing)"},
    {"trailing_comma_in_an_object", "{\"a\": 1, }", "QS104 1:8 => (nothing)"},
    {"trailing_comma_before_the_wrong_bracket", "{\"a\": [1, }",
	"QS104 1:9 => (nothing)\nQS102 1:11"},
    {"missing_comma", "[1 2]", "QS102 1:4"},
    {"missing_comma_between_members", "{\"a\": 1\n\"b\": 2}", "QS102 2:1 => ,"},
    {"comma_too_many", "[1,,2]", "QS102 1:4"},
    {"comma_too_many_between_members", "{\"a\": 1,, \"b\": 2}", "QS102 1:9"},
    {"comma_first", "[,1]", "QS102 1:2"},
    {"semicolon", "[1; 2]", "QS102 1:3 => ,"},
    {"missing_colon", "{\"a\" 1}", "QS102 1:6"},
    {"equals_sign", "{\"a\" = 1}", "QS102 1:6 => :"},
    {"missing_value", "{\"a\": }", "QS102 1:7"},
    {"number_as_key", "{(1): 2, \"b\": 3}", "QS102 1:2"},
    {"brace_for_bracket", "[1}", "QS102 1:3"},
    {"bracket_for_brace", "{\"a\": 1]", "QS102 1:8"},
    {"wrong_bracket_inside", "{\"a\": [1}, \"b\": 2}", "QS102 1:9"},
    {"missing_bracket_inside", "{\"a\": [1}", "QS102 1:9"},
    {"missing_bracket_before_two", "{\"a\": {\"b\": [1}}", "QS102 1:15"},
    {"bracket_too_many_inside", "{\"a\": 1], \"b\": 2}", "QS102 1:8"},
    {"open_array", "[1", "QS116 1:3"},
    {"open_object_behind_an_inner_one", "{\"a\": {\"b\": 1}", "QS116 1:15"},
    {"open_array_behind_an_inner_one", "[[1]", "QS116 1:5"},
    {"open_brackets_are_told_once", "{\"a\": [[{", "QS116 1:10"},
    {"end_behind_a_key", "{\"a\"", "QS116 1:5"},
    {"end_behind_a_colon", "{\"a\":", "QS116 1:6"},
    {"end_behind_a_comma", "[1,", "QS116 1:4"},
    {"full_width_comma", "[1\xEF\xBC\x8C 2]", "QS119 1:3 => ,"},
    {"ideographic_comma", "[1\xE3\x80\x81 2]", "QS119 1:3 => ,"},
    {"full_width_colon", "{\"a\"\xEF\xBC\x9A 1}", "QS119 1:5 => :"},
    {"full_width_brackets", "[1\xEF\xBC\xBD", "QS119 1:3 => ]"},
    {"too_deep", "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1",
	"QS114 1:65"},
    {"nul_byte_behind_a_value", "[1\x01]", "QS102 1:3"},
};

static const struct row duplicates[] = {
    {"two_equal_keys", "{\"a\": 1, \"a\": 2}", "QS110 1:10 /a => (nothing)"},
    {"three_equal_keys", "{\"a\": 1, \"a\": 2, \"a\": 3}",
	"QS110 1:10 /a => (nothing)\n"
	"QS110 1:18 /a => (nothing)"},
    {"escaped_and_plain_keys_are_equal", "{\"a\": 1, \"\\u0061\": 2}",
	"QS110 1:10 /a => (nothing)"},
    {"keys_of_other_objects_are_not", "{\"a\": {\"a\": 1}, \"b\": {\"a\": 2}}", ""},
    {"empty_keys", "{\"\": 1, \"\": 2}", "QS110 1:9 / => (nothing)"},
    {"keys_that_differ_in_case", "{\"a\": 1, \"A\": 2}", ""},
    {"pointers_escape_what_they_must", "{\"x\": {\"~/\": 1, \"~/\": 2}}",
	"QS110 1:17 /x/~0~1 => (nothing)"},
    {"many_members",
	"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,"
	"\"k\":11,\"l\":12,\"m\":13,\"c\":14,\"a\":15,\"a\":16,\"cc\":17}",
	"QS110 1:84 /c => (nothing)\n"
	"QS110 1:91 /a => (nothing)\n"
	"QS110 1:98 /a => (nothing)"},
    {"keys_in_an_element", "[0, {\"a\": 1, \"a\": 2}]", "QS110 1:14 /1/a => (nothing)"},
};

/* Reading goes on behind a mistake, and nothing is told twice. */
static const struct row recovery[] = {
    {"several_mistakes",
	"{ // a comment\n"
	"  'single': 08,\n"
	"  bare: True,\n"
	"  \"twice\": 1, \"twice\": [1, 2,],\n"
	"  \"colon\" 5\n"
	"  \"nan\": NaN;\n"
	"  \"end\": \"\xE6\xBC\xA2\\q\"\n"
	"}\n",
	"QS103 1:3 => (nothing)\n"
	"QS105 2:3 => \"single\"\n"
	"QS108 2:13 => 8\n"
	"QS106 3:3 => \"bare\"\n"
	"QS106 3:9 => true\n"
	"QS110 4:15 /twice => (nothing)\n"
	"QS104 4:29 => (nothing)\n"
	"QS102 5:11\n"
	"QS102 6:3 => ,\n"
	"QS107 6:10 => null\n"
	"QS102 6:13 => ,\n"
	"QS118 7:12 => \\\\"},
    {"a_string_that_goes_on_behind_a_line_break_is_told_once",
	"{\"a\": \"max\n  min\r\n\", \"b\nc\": 08}",
	"QS113 1:11 => \\n & \\n\n"
	"QS113 3:6 => \\n\n"
	"QS108 4:5 => 8"},
    {"a_value_without_its_closing_quote_ends_before_the_comma",
	"{\"a\": \"max, \n \"b\": \"min\n, \"c\": 08}",
	"QS102 1:7 => \"\n"
	"QS102 2:7 => \"\n"
	"QS108 3:8 => 8"},
    {"a_key_without_its_closing_quote_ends_before_the_colon", "{\"a: 1,\n \"a\": 2}",
	"QS102 1:2 => \"\nQS110 2:2 /a => (nothing)"},
    {"what_was_left_out_of_a_string_is_not_taken_back", "[\"a: \x01\x01\x01\n, \"b\"]",
	"QS102 1:2 => \"\nQS113 1:6 => \\u0001\nQS113 1:7 => \\u0001\nQS113 1:8 => \\u0001"},
    {"broken_members_do_not_hide_later_ones", "{\"a\": @@@, \"b\": [!], \"c\": 08}",
	"QS102 1:7\n"
	"QS102 1:18\n"
	"QS108 1:27 => 8"},
};

/* Every file of tests/data/json. */
static const struct row files[] = {
    {"00_ok.json", NULL, ""},
    {"01_dup_key.json", NULL, "QS110 1:46 /overall_quantize_config/bit_width => (nothing)"},
    {"02_dup_toplevel.json", NULL, "QS110 1:49 /overall_quantize_config => (nothing)"},
    {"03_line_comment.json", NULL, "QS103 1:1 => (nothing)"},
    {"04_block_comment.json", NULL, "QS103 1:2 => (nothing)"},
    {"05_trailing_comma.json", NULL, "QS104 1:44 => (nothing)"},
    {"06_nan.json", NULL, "QS107 1:44 => null"},
    {"07_infinity.json", NULL, "QS107 1:44 => null"},
    {"08_bigint.json", NULL, ""},
    {"09_huge_exp.json", NULL, "QS109 1:44"},
    {"10_int_as_8.0.json", NULL, ""},
    {"11_bom_utf8.json", NULL, "QS117 1:1 => (nothing)"},
    {"12_utf16le_bom.json", NULL, "QS101 1:1"},
    {"13_bad_utf8_value.json", NULL, "QS111 1:21"},
    {"14_bad_utf8_in_name.json", NULL, "QS111 1:43"},
    {"15_lone_surrogate.json", NULL, "QS112 1:42"},
    {"16_control_char.json", NULL, "QS113 1:43 => \\u0001"},
    {"17_deep_100k.json", NULL, "QS114 1:89"},
    {"18_empty.json", NULL, "QS101 1:1"},
    {"19_two_docs.json", NULL, "QS115 2:1"},
    {"20_truncated.json", NULL, "QS116 1:44"},
    {"21_leading_zero.json", NULL, "QS108 1:43 => 8"},
    {"22_single_quotes.json", NULL,
	"QS105 1:2 => \"overall_quantize_config\"\nQS105 1:30 => \"bit_width\""},
    {"23_unquoted_key.json", NULL, "QS106 1:2 => \"overall_quantize_config\""},
    {"24_nul_byte.json", NULL, "QS115 1:46"},
    {"25_broken_string.json", NULL, "QS113 4:19 => \\n\nQS113 6:21 => \\n\nQS113 8:12 => \\n"},
    {"26_unclosed_string.json", NULL, "QS102 4:15 => \"\nQS102 6:5 => \""},
};

static void expect_file_findings(void **state)
{
	const struct row *row = *state;
	struct qs_json_document document;
	struct qs_source *source;
	char path[64];

	snprintf(path, sizeof(path), "json/%s", row->name);
	source = source_of_file(path);
	read_json(source, row->findings, &document);
	qs_json_done(&document);
	qs_source_free(source);
}

/* ---- what reading gives ---------------------------------------------------------------------- */

static const struct qs_json *element(const struct qs_json_document *document, int index)
{
	const struct qs_json *value = document->root->children.first;

	while (index-- > 0)
		value = value->next;
	return value;
}

static void values_are_what_is_written(void **state)
{
	struct qs_source *source = source_of("[-7, 0.1, true, null, \"a\\u00e9\\ud83d\\ude00\\n\", "
					     "{\"k\": 1}, [], 9007199254740993]");
	struct qs_json_document document;
	struct qs_json_string written;

	(void)state;
	read_json(source, "", &document);
	assert_int_equal(document.root->children.count, 8);
	assert_int_equal(element(&document, 0)->integer, -7);
	assert_true(element(&document, 1)->real == 0.1);
	assert_true(element(&document, 2)->boolean);
	assert_int_equal(element(&document, 3)->type, QS_JSON_NULL);
	assert_true(
	    qs_json_string_is(element(&document, 4)->string, "a\xC3\xA9\xF0\x9F\x98\x80\n"));
	assert_true(qs_json_string_is(element(&document, 5)->children.first->key, "k"));
	assert_int_equal(element(&document, 6)->children.count, 0);
	assert_true(element(&document, 7)->integer == 9007199254740993);
	written = qs_json_written(&document, element(&document, 1));
	assert_int_equal(written.size, 3);
	assert_memory_equal(written.bytes, "0.1", 3);
	assert_true(document.complete);
	qs_json_done(&document);
	qs_source_free(source);
}

static void what_cannot_be_read_is_broken(void **state)
{
	struct qs_source *source = source_of("[08, \"\\q\", @, NaN, 1e400, 5]");
	struct qs_json_document document;

	(void)state;
	read_json(source,
	    "QS108 1:2 => 8\n"
	    "QS118 1:7 => \\\\\n"
	    "QS102 1:12\n"
	    "QS107 1:15 => null\n"
	    "QS109 1:20",
	    &document);
	assert_int_equal(document.root->children.count, 6);
	for (int i = 0; i < 5; i++)
		assert_int_equal(element(&document, i)->type, QS_JSON_BROKEN);
	assert_int_equal(element(&document, 5)->integer, 5);
	qs_json_done(&document);
	qs_source_free(source);
}

static void the_last_of_equal_keys_is_not_hidden(void **state)
{
	struct qs_source *source = source_of("{\"a\": 1, \"a\": 2, \"b\": 3, \"a\": 4}");
	struct qs_json_document document;

	(void)state;
	read_json(source,
	    "QS110 1:10 /a => (nothing)\n"
	    "QS110 1:26 /a => (nothing)",
	    &document);
	assert_true(element(&document, 0)->hidden);
	assert_true(element(&document, 1)->hidden);
	assert_false(element(&document, 2)->hidden);
	assert_false(element(&document, 3)->hidden);
	qs_json_done(&document);
	qs_source_free(source);
}

static void key_places_span_the_key_as_written(void **state)
{
	static const struct {
		const char *text, *findings;
		size_t end;
	} rows[] = {{"{\"a\\u0062\": 1}", "", 10}, {"{'ab': 1}", "QS105 1:2 => \"ab\"", 5},
	    {"{ab: 1}", "QS106 1:2 => \"ab\"", 3},
	    {"{\xE2\x80\x9C"
	     "ab\xE2\x80\x9D: 1}",
		"QS105 1:2 => \"ab\"", 9}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_source *source = source_of(rows[i].text);
		struct qs_json_document document;
		struct qs_place place;

		read_json(source, rows[i].findings, &document);
		place = qs_json_key_place(&document, element(&document, 0));
		assert_int_equal(place.begin, 1);
		assert_int_equal(place.end, rows[i].end);
		qs_json_done(&document);
		qs_source_free(source);
	}
}

static void pointers_name_members_and_elements(void **state)
{
	struct qs_source *source = source_of("{\"a/b\": [0, {\"~\": 1}]}");
	struct qs_text pointer = QS_TEXT_INIT;
	struct qs_json_document document;

	(void)state;
	read_json(source, "", &document);
	qs_json_pointer(element(&document, 0)->children.first->next->children.first, &pointer);
	assert_string_equal(pointer.data, "/a~1b/1/~0");
	qs_text_clear(&pointer);
	qs_json_pointer(document.root, &pointer);
	assert_string_equal(pointer.data, "");
	qs_text_done(&pointer);
	qs_json_done(&document);
	qs_source_free(source);
}

static void messages_show_whole_characters(void **state)
{
	const struct qs_json_string string = {"ab\xE6\xBC\xA2z", 6};

	(void)state;
	assert_int_equal(qs_json_shown(string, 80), 6);
	assert_int_equal(qs_json_shown(string, 5), 5);
	assert_int_equal(qs_json_shown(string, 4), 2);
	assert_int_equal(qs_json_shown(string, 3), 2);
	assert_int_equal(qs_json_shown(string, 1), 1);
}

/* A text of mistakes only stops at a limit, with a last finding that says so. */
static void reading_goes_on_behind_any_number_of_comments(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	struct qs_json_document document;
	struct qs_source *source;

	(void)state;
	qs_text_adds(&text, "[");
	for (int i = 0; i < 1000; i++)
		qs_text_adds(&text, "8, // a\n");
	qs_text_adds(&text, "08]");
	source = source_of(text.data);
	assert_int_equal(qs_json_read(source, findings, &document), QS_INVALID);
	assert_int_equal(qs_findings_count(findings), 1001);
	assert_true(document.complete);
	qs_json_done(&document);
	qs_source_free(source);
	qs_text_done(&text);
	qs_findings_free(findings);
}

static void reading_stops_after_many_mistakes(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	struct qs_json_document document;
	struct qs_source *source;

	(void)state;
	qs_text_adds(&text, "[");
	for (int i = 0; i < 1000; i++)
		qs_text_adds(&text, "08, ");
	qs_text_adds(&text, "1]");
	source = source_of(text.data);
	assert_int_equal(qs_json_read(source, findings, &document), QS_INVALID);
	assert_int_equal(qs_findings_count(findings), 51);
	assert_string_equal(qs_findings_at(findings, 50)->code, "QS120");
	assert_false(document.complete);
	qs_json_done(&document);
	qs_source_free(source);
	qs_text_done(&text);
	qs_findings_free(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_what_is_written),
	    cmocka_unit_test(what_cannot_be_read_is_broken),
	    cmocka_unit_test(the_last_of_equal_keys_is_not_hidden),
	    cmocka_unit_test(key_places_span_the_key_as_written),
	    cmocka_unit_test(pointers_name_members_and_elements),
	    cmocka_unit_test(messages_show_whole_characters),
	    cmocka_unit_test(reading_goes_on_behind_any_number_of_comments),
	    cmocka_unit_test(reading_stops_after_many_mistakes),
	};
	int n_failed = cmocka_run_group_tests_name("json", tests, NULL, NULL);

	n_failed += RUN_ROWS("json: right", right, expect_json_findings);
	n_failed += RUN_ROWS("json: no JSON", no_json, expect_json_findings);
	n_failed += RUN_ROWS("json: words", words, expect_json_findings);
	n_failed += RUN_ROWS("json: strings", strings, expect_json_findings);
	n_failed += RUN_ROWS("json: numbers", numbers, expect_json_findings);
	n_failed += RUN_ROWS("json: structures", structures, expect_json_findings);
	n_failed += RUN_ROWS("json: duplicates", duplicates, expect_json_findings);
	n_failed += RUN_ROWS("json: recovery", recovery, expect_json_findings);
	n_failed += RUN_ROWS("json: files", files, expect_file_findings);
	return n_failed;
}
