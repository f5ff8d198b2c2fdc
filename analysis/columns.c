/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of words in columns. */
#include "analysis/columns.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"

void qs_columns_init(struct qs_columns *columns, size_t n_columns)
{
	memset(columns, 0, sizeof(*columns));
	columns->n_columns = n_columns;
}

void qs_columns_done(struct qs_columns *columns)
{
	qs_arena_done(&columns->arena);
	free(columns->cells);
}

/* Characters, as all but continuation bytes of UTF-8 are counted. */
static size_t width_of(const char *word)
{
	size_t n = 0;

	for (; *word; word++)
		n += ((unsigned char)*word & 0xC0) != 0x80;
	return n;
}

static void keep(struct qs_columns *columns, char *word)
{
	size_t *widest = &columns->widths[columns->n_cells % columns->n_columns];
	const char **cells = columns->cells;

	if (columns->n_cells == columns->capacity) {
		const size_t capacity = columns->capacity ? 2 * columns->capacity : 64;

		cells = word ? realloc(cells, capacity * sizeof(*cells)) : NULL;
		if (!cells) {
			columns->nomem = true;
			return;
		}
		columns->cells = cells;
		columns->capacity = capacity;
	}
	columns->nomem |= !word;
	for (char *c = word; c && *c; c++) {
		if ((unsigned char)*c < 0x20 || *c == 0x7F)
			*c = '?';
	}
	if (word && width_of(word) > *widest)
		*widest = width_of(word);
	cells[columns->n_cells++] = word;
}

void qs_columns_add(struct qs_columns *columns, const char *word)
{
	keep(columns, qs_arena_strdup(&columns->arena, word ? word : "-"));
}

void qs_columns_addf(struct qs_columns *columns, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	keep(columns, qs_text_status(&text) == QS_OK
			  ? qs_arena_strdup(&columns->arena, text.data ? text.data : "")
			  : NULL);
	qs_text_done(&text);
}

enum qs_status qs_columns_write(const struct qs_columns *columns, struct qs_text *text)
{
	if (columns->nomem)
		return QS_NOMEM;
	for (size_t i = 0; i < columns->n_cells; i++) {
		const size_t column = i % columns->n_columns;

		qs_text_adds(text, columns->cells[i]);
		if (column + 1 < columns->n_columns)
			qs_text_fill(
			    text, ' ', columns->widths[column] - width_of(columns->cells[i]) + 2);
		else
			qs_text_adds(text, "\n");
	}
	return qs_text_status(text);
}
