/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables: columns that are listed once, rows that are asked for cell by cell, and three ways to
 * write them: aligned text for people, CSV and JSON for programs.
 */
#ifndef BASE_TABLE_H
#define BASE_TABLE_H

#include "base/json_document.h"

/* What stands in a column. */
enum qs_column_kind {
	QS_COLUMN_TEXT,
	QS_COLUMN_COUNT,
	QS_COLUMN_LARGE,  /* counts whose digits people see in threes */
	QS_COLUMN_FIXED,  /* numbers of one unit: seven decimals as long as these say something */
	QS_COLUMN_NUMBER, /* numbers of any size: six digits, of what is nearly 1 eight decimals */
	QS_COLUMN_SHAPE
};

struct qs_column {
	const char *name;  /* for programs, "own_sqnr" */
	const char *title; /* for people, "own SQNR" */
	enum qs_column_kind kind;
	bool is_usual; /* people see it unless they ask for others; programs always do */
	const char *about;
};

/* One cell; what its column's kind does not call for is not looked at. */
struct qs_cell {
	bool is_empty;   /* there is nothing to say: "-" for people, null in JSON */
	bool is_unknown; /* there is something, but nobody knows it: "?" for people, null in JSON */
	const char *text;
	uint64_t count;
	double number;       /* NaN and infinities are the words "nan", "inf" and "-inf" */
	const int64_t *dims; /* negative: not known, "?" or null */
	size_t rank;
};

struct qs_table {
	const struct qs_column *columns;
	size_t n_columns;
	const size_t *chosen; /* the columns that people see, in order; NULL: the usual ones */
	size_t n_chosen;
	size_t n_rows;
	const size_t *order; /* which row comes when; NULL: as they are */
	struct qs_cell (*cell)(const void *context, size_t row, size_t column);
	const void *context;
};

/* The column of a name, or n_columns. */
size_t qs_table_find(const struct qs_table *table, const char *name);

/*
 * Appends lines for people: the titles and a line a row, padded by characters. What would move the
 * cursor in a name is shown as a question mark.
 */
enum qs_status qs_table_write_text(const struct qs_table *table, struct qs_text *text);

/* Appends all columns as RFC 4180 has them, but with line feeds alone: a line of names, then one a
 * row. */
enum qs_status qs_table_write_csv(const struct qs_table *table, struct qs_text *text);

/* All columns of a row as an object, and all rows as an array of such. */
struct json_object *qs_table_row_json(const struct qs_table *table, size_t row);
struct json_object *qs_table_json(const struct qs_table *table);

/* Appends a count with its digits in threes: 1234567 as "1 234 567", and 0 as "-". */
void qs_table_add_large(struct qs_text *text, uint64_t count);

/* A number in JSON, where NaN and infinities are strings. */
struct json_object *qs_table_number_json(double number);

#endif
