/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as people, spreadsheets and programs read them. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/table.h"

enum column {
	NAME,
	COUNT,
	LEAST,
	METRIC,
	SHAPE,
	N_COLUMNS
};

static const struct qs_column columns[N_COLUMNS] = {
    {"name", "name", QS_COLUMN_TEXT, true, ""},
    {"count", "count", QS_COLUMN_COUNT, false, ""},
    {"least", "min", QS_COLUMN_FIXED, true, ""},
    {"metric", "cosine", QS_COLUMN_NUMBER, true, ""},
    {"shape", "shape", QS_COLUMN_SHAPE, true, ""},
};

static const int64_t dims[] = {2, 100, 60};

static const struct row {
	const char *name;
	uint64_t count;
	double least, metric;
	size_t rank;
	bool has_metric;
} rows[] = {
    {"linear2", 7, 15.4210167, 0.99998502, 3, true},
    {"a,\"b\"\n", 8, -1e-9, INFINITY, 1, true},
    {"\xC3\xA9", 9, 0.0, 0.0, 0, false},
};

static struct qs_cell cell(const void *context, size_t row, size_t column)
{
	const struct row *item = &((const struct row *)context)[row];
	struct qs_cell found = {.text = item->name, .count = item->count};

	found.number = column == LEAST ? item->least : item->metric;
	found.is_empty = column == METRIC && !item->has_metric;
	found.dims = dims;
	found.rank = item->rank;
	return found;
}

static const struct qs_table table = {
    .columns = columns, .n_columns = N_COLUMNS, .n_rows = 3, .cell = cell, .context = rows};

static void expect(enum qs_status (*write)(const struct qs_table *, struct qs_text *),
    const struct qs_table *what, const char *expected)
{
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(write(what, &text), QS_OK);
	assert_string_equal(text.data, expected);
	qs_text_done(&text);
}

static void people_read_aligned_columns(void **state)
{
	(void)state;
	expect(qs_table_write_text, &table,
	    "name               min      cosine  shape\n"
	    "linear2     15.4210167  0.99998502  [2,100,60]\n"
	    "a,\"b\"?   -1.000000e-09         inf  [2]\n"
	    "\xC3\xA9            0.0000000           -  []\n");
}

static void people_choose_columns_and_an_order(void **state)
{
	static const size_t chosen[] = {COUNT, NAME}, order[] = {2, 0};
	struct qs_table part = table;

	(void)state;
	part.chosen = chosen;
	part.n_chosen = 2;
	part.order = order;
	part.n_rows = 2;
	expect(qs_table_write_text, &part, "count  name\n    9  \xC3\xA9\n    7  linear2\n");
	assert_int_equal(qs_table_find(&part, "metric"), METRIC);
	assert_int_equal(qs_table_find(&part, "min"), N_COLUMNS);
}

static void csv_has_every_column_and_every_digit(void **state)
{
	(void)state;
	expect(qs_table_write_csv, &table,
	    "name,count,least,metric,shape\n"
	    "linear2,7,15.4210167,0.99998502,\"[2,100,60]\"\n"
	    "\"a,\"\"b\"\"\n\",8,-1e-09,inf,[2]\n"
	    "\xC3\xA9,9,0,,[]\n");
}

static enum qs_status write_json(const struct qs_table *what, struct qs_text *text)
{
	return qs_json_write_line(qs_table_json(what), text);
}

static void json_has_null_for_nothing_and_words_for_what_is_no_number(void **state)
{
	(void)state;
	expect(write_json, &table,
	    "[ { \"name\": \"linear2\", \"count\": 7, \"least\": 15.4210167, \"metric\": "
	    "0.99998502, \"shape\": [ 2, 100, 60 ] }, { \"name\": \"a,\\\"b\\\"\\n\", "
	    "\"count\": 8, \"least\": -1e-09, \"metric\": \"inf\", \"shape\": [ 2 ] }, { "
	    "\"name\": \"\xC3\xA9\", \"count\": 9, \"least\": 0, \"metric\": null, "
	    "\"shape\": [ ] } ]\n");
}

static struct qs_cell large_cell(const void *context, size_t row, size_t column)
{
	static const uint64_t counts[] = {1234567, 999, 0};

	(void)context;
	(void)column;
	return (struct qs_cell){.is_unknown = row == 2, .count = counts[row]};
}

static void large_counts_stand_in_threes_and_what_is_unknown_is_a_question(void **state)
{
	static const struct qs_column column = {"macs", "MACs", QS_COLUMN_LARGE, true, ""};
	const struct qs_table large = {
	    .columns = &column, .n_columns = 1, .n_rows = 3, .cell = large_cell};

	(void)state;
	expect(qs_table_write_text, &large, "     MACs\n1 234 567\n      999\n        ?\n");
	expect(qs_table_write_csv, &large, "macs\n1234567\n999\n\n");
	expect(write_json, &large,
	    "[ { \"macs\": 1234567 }, { \"macs\": 999 }, { \"macs\": null } ]\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(people_read_aligned_columns),
	    cmocka_unit_test(people_choose_columns_and_an_order),
	    cmocka_unit_test(csv_has_every_column_and_every_digit),
	    cmocka_unit_test(json_has_null_for_nothing_and_words_for_what_is_no_number),
	    cmocka_unit_test(large_counts_stand_in_threes_and_what_is_unknown_is_a_question),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
