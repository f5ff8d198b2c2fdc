/* SPDX-License-Identifier: Apache-2.0 */
/* Lines and columns as people count them. */
#include "base/source.h"

#include <string.h>

#include "tests/unit/expect.h"

struct place_row {
	const char *text;
	size_t byte, line, column;
};

static void expect_place(const struct place_row *row)
{
	struct qs_source *source = source_of(row->text);
	const struct qs_position found = qs_source_position(source, row->byte);

	if (found.line != row->line || found.column != row->column)
		print_error("\"%s\" byte %zu: expected %zu:%zu, found %zu:%zu\n", row->text,
		    row->byte, row->line, row->column, found.line, found.column);
	assert_int_equal(found.line, row->line);
	assert_int_equal(found.column, row->column);
	qs_source_free(source);
}

static void expect_places(const struct place_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect_place(&rows[i]);
}

#define EXPECT_PLACES(rows) expect_places(rows, sizeof(rows) / sizeof(*(rows)))

static void lines_end_with_lf_crlf_or_cr(void **state)
{
	static const struct place_row rows[] = {
	    {"ab\ncd", 0, 1, 1},
	    {"ab\ncd", 2, 1, 3},
	    {"ab\ncd", 3, 2, 1},
	    {"ab\r\ncd", 3, 1, 4},
	    {"ab\r\ncd", 4, 2, 1},
	    {"ab\rcd", 3, 2, 1},
	    {"a\r\r\nb", 2, 2, 1},
	    {"a\r\r\nb", 4, 3, 1},
	    {"\n\n", 1, 2, 1},
	    {"\n\n", 2, 3, 1},
	};

	(void)state;
	EXPECT_PLACES(rows);
}

static void columns_count_code_points(void **state)
{
	static const struct place_row rows[] = {
	    {"\xC3\xA9x", 2, 1, 2},               /* two bytes */
	    {"\xE6\xBC\xA2x", 3, 1, 2},           /* three */
	    {"\xF0\x9F\x98\x80x", 4, 1, 2},       /* four */
	    {"e\xCC\x81x", 3, 1, 3},              /* a combining accent is a code point */
	    {"\txyz", 1, 1, 2},                   /* a tab is one */
	    {"\xE6\xBC\xA2\n\xC3\xA9x", 6, 2, 2}, /* lines start anew */
	};

	(void)state;
	EXPECT_PLACES(rows);
}

static void offsets_past_the_end_mean_the_end(void **state)
{
	static const struct place_row rows[] = {{"", 0, 1, 1}, {"", 5, 1, 1}, {"ab", 2, 1, 3},
	    {"ab", 99, 1, 3}, {"ab\n", SIZE_MAX, 2, 1}};
	struct qs_source *source = source_of("ab");

	(void)state;
	EXPECT_PLACES(rows);
	assert_int_equal(qs_source_position(source, 99).byte, 2);
	qs_source_free(source);
}

/* Columns of long lines come from a map; it says the same as counting. */
static void long_lines_are_counted_right(void **state)
{
	enum {
		SIZE = 9001
	};
	char text[SIZE + 1];
	struct qs_source *source;
	size_t line = 1, column = 1;

	(void)state;
	for (size_t i = 0; i < SIZE; i++) {
		text[i] = "xyz\xC3\xA9vw"[i % 7];
		if (i == 3002 || i == 3072)
			text[i] = '\n';
	}
	text[SIZE] = '\0';
	source = source_of(text);
	for (size_t i = 0; i < SIZE; i++) {
		const struct qs_position found = qs_source_position(source, i);

		assert_int_equal(found.line, line);
		assert_int_equal(found.column, column);
		column += ((unsigned char)text[i] & 0xC0) != 0x80;
		if (text[i] == '\n') {
			line++;
			column = 1;
		}
	}
	qs_source_free(source);
}

static void lines_come_without_their_ends(void **state)
{
	struct qs_source *source = source_of("one\r\ntwo\n\nlast");
	static const char *const lines[] = {"one", "two", "", "last"};
	size_t size;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		const char *line = qs_source_line(source, i + 1, &size);

		assert_non_null(line);
		assert_int_equal(size, strlen(lines[i]));
		assert_memory_equal(line, lines[i], size);
	}
	assert_null(qs_source_line(source, 0, &size));
	assert_null(qs_source_line(source, 5, &size));
	qs_source_free(source);
}

static void a_source_without_text_has_no_lines(void **state)
{
	struct qs_source *source;
	size_t size = 7;

	(void)state;
	assert_int_equal(qs_source_named("model.onnx", &source), QS_OK);
	assert_string_equal(qs_source_name(source), "model.onnx");
	assert_null(qs_source_text(source, &size));
	assert_int_equal(size, 0);
	assert_int_equal(qs_source_position(source, 3).line, 0);
	assert_null(qs_source_line(source, 1, &size));
	qs_source_free(source);
	qs_source_free(NULL);
}

static void a_source_copies_any_bytes(void **state)
{
	char text[] = "a\0b";
	struct qs_source *source;
	const char *copy;
	size_t size;

	(void)state;
	assert_int_equal(qs_source_new("bytes", text, 3, &source), QS_OK);
	text[0] = 'z';
	copy = qs_source_text(source, &size);
	assert_int_equal(size, 3);
	assert_memory_equal(copy, "a\0b\0\0\0\0\0\0\0\0", 3 + QS_SOURCE_PADDING);
	qs_source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(lines_end_with_lf_crlf_or_cr),
	    cmocka_unit_test(columns_count_code_points),
	    cmocka_unit_test(offsets_past_the_end_mean_the_end),
	    cmocka_unit_test(long_lines_are_counted_right),
	    cmocka_unit_test(lines_come_without_their_ends),
	    cmocka_unit_test(a_source_without_text_has_no_lines),
	    cmocka_unit_test(a_source_copies_any_bytes),
	};

	return cmocka_run_group_tests_name("source", tests, NULL, NULL);
}
