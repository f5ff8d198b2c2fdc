/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of texts. */
#include "analysis/sensitivity_table.h"

#include <stdlib.h>
#include <string.h>

void qs_table_done(struct qs_table *table)
{
	free(table->cells);
	qs_arena_done(&table->arena);
	table->cells = NULL;
	table->n_cells = table->capacity = 0;
}

void qs_table_add(struct qs_table *table, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	va_list arguments;

	if (table->n_cells == table->capacity) {
		const size_t capacity = table->capacity ? table->capacity * 2 : 64;
		const char **larger = realloc(table->cells, capacity * sizeof(*larger));

		if (!larger) {
			table->nomem = true;
			return;
		}
		table->cells = larger;
		table->capacity = capacity;
	}
	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	table->cells[table->n_cells] = qs_arena_strdup(&table->arena, text.data);
	table->nomem = table->nomem || text.failed || !table->cells[table->n_cells];
	table->n_cells++;
	qs_text_done(&text);
}

static size_t n_rows(const struct qs_table *table)
{
	return table->n_cells / table->n_columns;
}

/* A cell, or the title where the row is 0. */
static const char *cell(const struct qs_table *table, size_t row, size_t column)
{
	return row ? table->cells[(row - 1) * table->n_columns + column]
	           : table->columns[column].title;
}

static size_t count_points(const char *text)
{
	size_t n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xC0) != 0x80;
	return n;
}

static void add_shown(struct qs_text *text, const char *name)
{
	for (; *name; name++)
		qs_text_add(text, (unsigned char)*name < 0x20 || *name == 0x7F ? "?" : name, 1);
}

static void add_padded(
    struct qs_text *text, const struct qs_table *table, size_t row, size_t column, size_t width)
{
	const char *shown = cell(table, row, column);
	const size_t gap = width - count_points(shown);
	const bool is_number = table->columns[column].is_number;

	qs_text_adds(text, column ? "  " : "");
	if (is_number)
		qs_text_fill(text, ' ', gap);
	add_shown(text, shown);
	if (!is_number && column + 1 < table->n_columns)
		qs_text_fill(text, ' ', gap);
}

enum qs_status qs_table_write_text(const struct qs_table *table, struct qs_text *text)
{
	size_t *widths = calloc(table->n_columns + 1, sizeof(*widths));

	if (!widths || table->nomem) {
		free(widths);
		return QS_NOMEM;
	}
	for (size_t row = 0; row <= n_rows(table); row++) {
		for (size_t c = 0; c < table->n_columns; c++) {
			const size_t width = count_points(cell(table, row, c));

			widths[c] = width > widths[c] ? width : widths[c];
		}
	}
	for (size_t row = 0; row <= n_rows(table); row++) {
		for (size_t c = 0; c < table->n_columns; c++)
			add_padded(text, table, row, c, widths[c]);
		qs_text_adds(text, "\n");
	}
	free(widths);
	return qs_text_status(text);
}

/* A field in quotes where it has to be. */
static void add_field(struct qs_text *text, const char *field)
{
	if (!strpbrk(field, "\",\r\n")) {
		qs_text_adds(text, field);
		return;
	}
	qs_text_adds(text, "\"");
	for (; *field; field++) {
		qs_text_adds(text, *field == '"' ? "\"" : "");
		qs_text_add(text, field, 1);
	}
	qs_text_adds(text, "\"");
}

enum qs_status qs_table_write_csv(const struct qs_table *table, struct qs_text *text)
{
	if (table->nomem)
		return QS_NOMEM;
	for (size_t row = 0; row <= n_rows(table); row++) {
		for (size_t c = 0; c < table->n_columns; c++) {
			qs_text_adds(text, c ? "," : "");
			add_field(text, cell(table, row, c));
		}
		qs_text_adds(text, "\n");
	}
	return qs_text_status(text);
}
