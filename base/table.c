/* SPDX-License-Identifier: Apache-2.0 */
/* Tables as aligned text, CSV and JSON. */
#include "base/table.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

size_t qs_table_find(const struct qs_table *table, const char *name)
{
	size_t i = 0;

	while (i < table->n_columns && strcmp(table->columns[i].name, name) != 0)
		i++;
	return i;
}

static size_t row_at(const struct qs_table *table, size_t place)
{
	return table->order ? table->order[place] : place;
}

/* ---- cells ----------------------------------------------------------------------------------- */

/* The word of a number that is none; NULL for the others. */
static const char *word_of(double number)
{
	if (isnan(number))
		return "nan";
	if (isinf(number))
		return number < 0 ? "-inf" : "inf";
	return NULL;
}

static void add_fixed(struct qs_text *text, double number)
{
	const double size = fabs(number);

	if (size > 0.0 && (size < 1e-4 || size >= 1e7))
		qs_text_addf(text, "%.6e", number);
	else
		qs_text_addf(text, "%.7f", number);
}

static void add_number(struct qs_text *text, enum qs_column_kind kind, double number)
{
	const char *word = word_of(number);

	if (word)
		qs_text_adds(text, word);
	else if (kind == QS_COLUMN_FIXED)
		add_fixed(text, number);
	else if (fabs(number) >= 0.9 && fabs(number) < 1.0)
		qs_text_addf(text, "%.8f", number);
	else
		qs_text_addf(text, "%.6g", number);
}

static void add_shape(
    struct qs_text *text, const int64_t *dims, size_t rank, const char *open, const char *close)
{
	qs_text_adds(text, open);
	for (size_t i = 0; i < rank; i++) {
		qs_text_adds(text, i ? "," : "");
		if (dims[i] < 0)
			qs_text_adds(text, "?");
		else
			qs_text_addf(text, "%" PRId64, dims[i]);
	}
	qs_text_adds(text, close);
}

void qs_table_add_large(struct qs_text *text, uint64_t count)
{
	char digits[QS_NUMBER_SPELLING];
	const int n = count ? snprintf(digits, sizeof(digits), "%" PRIu64, count)
	                    : snprintf(digits, sizeof(digits), "-");

	for (int i = 0; i < n; i++) {
		qs_text_adds(text, i && (n - i) % 3 == 0 ? " " : "");
		qs_text_add(text, digits + i, 1);
	}
}

static void add_name(struct qs_text *text, const char *name)
{
	for (; *name; name++) {
		const bool control = (unsigned char)*name < 0x20 || *name == 0x7F;

		qs_text_add(text, control ? "?" : name, 1);
	}
}

static void add_cell(struct qs_text *text, enum qs_column_kind kind, const struct qs_cell *cell)
{
	if (cell->is_empty)
		qs_text_adds(text, "-");
	else if (cell->is_unknown)
		qs_text_adds(text, "?");
	else if (kind == QS_COLUMN_TEXT)
		add_name(text, cell->text);
	else if (kind == QS_COLUMN_COUNT)
		qs_text_addf(text, "%" PRIu64, cell->count);
	else if (kind == QS_COLUMN_LARGE)
		qs_table_add_large(text, cell->count);
	else if (kind == QS_COLUMN_SHAPE)
		add_shape(text, cell->dims, cell->rank, "[", "]");
	else
		add_number(text, kind, cell->number);
}

/* ---- for people ------------------------------------------------------------------------------ */

/* The columns that people see: a list to be freed, NULL when memory ran out. */
static size_t *choose(const struct qs_table *table, size_t *ret_n)
{
	size_t *list = malloc((table->n_columns + table->n_chosen + 1) * sizeof(*list)), n = 0;

	for (size_t i = 0; list && table->chosen && i < table->n_chosen; i++)
		list[n++] = table->chosen[i];
	for (size_t i = 0; list && !table->chosen && i < table->n_columns; i++) {
		if (table->columns[i].is_usual)
			list[n++] = i;
	}
	*ret_n = n;
	return list;
}

static bool is_to_the_right(enum qs_column_kind kind)
{
	return kind != QS_COLUMN_TEXT && kind != QS_COLUMN_SHAPE;
}

static size_t count_characters(const struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->size; i++)
		n += ((unsigned char)text->data[i] & 0xC0) != 0x80;
	return n;
}

/* The text of a cell; line 0 is the titles. */
static void make_cell(
    const struct qs_table *table, size_t line, size_t column, struct qs_text *text)
{
	struct qs_cell cell;

	qs_text_clear(text);
	if (line == 0) {
		qs_text_adds(text, table->columns[column].title);
		return;
	}
	cell = table->cell(table->context, row_at(table, line - 1), column);
	add_cell(text, table->columns[column].kind, &cell);
}

static void add_padded(
    struct qs_text *text, const struct qs_text *cell, size_t width, bool to_the_right, bool is_last)
{
	const size_t gap = width - count_characters(cell);

	if (to_the_right)
		qs_text_fill(text, ' ', gap);
	qs_text_add(text, cell->data, cell->size);
	if (!to_the_right && !is_last)
		qs_text_fill(text, ' ', gap);
	qs_text_adds(text, is_last ? "\n" : "  ");
}

static void write_lines(const struct qs_table *table, const size_t *chosen, size_t n,
    size_t *widths, struct qs_text *cell, struct qs_text *text)
{
	for (size_t line = 0; line <= table->n_rows; line++) {
		for (size_t i = 0; i < n; i++) {
			size_t width;

			make_cell(table, line, chosen[i], cell);
			width = count_characters(cell);
			widths[i] = width > widths[i] ? width : widths[i];
		}
	}
	for (size_t line = 0; line <= table->n_rows; line++) {
		for (size_t i = 0; i < n; i++) {
			make_cell(table, line, chosen[i], cell);
			add_padded(text, cell, widths[i],
			    is_to_the_right(table->columns[chosen[i]].kind), i + 1 == n);
		}
	}
}

enum qs_status qs_table_write_text(const struct qs_table *table, struct qs_text *text)
{
	struct qs_text cell = QS_TEXT_INIT;
	enum qs_status status = QS_NOMEM;
	size_t n, *chosen = choose(table, &n);
	size_t *widths = chosen ? calloc(n + 1, sizeof(*widths)) : NULL;

	if (widths) {
		write_lines(table, chosen, n, widths, &cell, text);
		status = qs_text_status(&cell);
	}
	qs_text_done(&cell);
	free(chosen);
	free(widths);
	return status == QS_OK ? qs_text_status(text) : status;
}

/* ---- CSV ------------------------------------------------------------------------------------- */

static void add_quoted(struct qs_text *text, const char *value)
{
	if (!strpbrk(value, "\",\r\n")) {
		qs_text_adds(text, value);
		return;
	}
	qs_text_adds(text, "\"");
	for (; *value; value++)
		qs_text_adds(text, *value == '"' ? "\"\"" : (char[]){*value, '\0'});
	qs_text_adds(text, "\"");
}

static void add_value(struct qs_text *text, enum qs_column_kind kind, const struct qs_cell *cell)
{
	char digits[QS_NUMBER_SPELLING];

	if (cell->is_empty || cell->is_unknown)
		return;
	switch (kind) {
	case QS_COLUMN_TEXT:
		add_quoted(text, cell->text);
		break;
	case QS_COLUMN_COUNT:
	case QS_COLUMN_LARGE:
		qs_text_addf(text, "%" PRIu64, cell->count);
		break;
	case QS_COLUMN_SHAPE:
		add_shape(text, cell->dims, cell->rank, cell->rank > 1 ? "\"[" : "[",
		    cell->rank > 1 ? "]\"" : "]");
		break;
	default:
		qs_number_spell(cell->number, digits);
		qs_text_adds(text, word_of(cell->number) ? word_of(cell->number) : digits);
		break;
	}
}

enum qs_status qs_table_write_csv(const struct qs_table *table, struct qs_text *text)
{
	for (size_t i = 0; i < table->n_columns; i++)
		qs_text_addf(text, "%s%s", i ? "," : "", table->columns[i].name);
	qs_text_adds(text, "\n");
	for (size_t r = 0; r < table->n_rows; r++) {
		for (size_t i = 0; i < table->n_columns; i++) {
			const struct qs_cell cell =
			    table->cell(table->context, row_at(table, r), i);

			qs_text_adds(text, i ? "," : "");
			add_value(text, table->columns[i].kind, &cell);
		}
		qs_text_adds(text, "\n");
	}
	return qs_text_status(text);
}

/* ---- JSON ------------------------------------------------------------------------------------ */

struct json_object *qs_table_number_json(double number)
{
	const char *word = word_of(number);

	return word ? json_object_new_string(word) : qs_json_number(number);
}

static struct json_object *shape_json(const struct qs_cell *cell)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < cell->rank; i++)
		json_object_array_add(
		    list, cell->dims[i] < 0 ? NULL : json_object_new_int64(cell->dims[i]));
	return list;
}

static struct json_object *cell_json(enum qs_column_kind kind, const struct qs_cell *cell)
{
	if (cell->is_empty || cell->is_unknown)
		return NULL;
	switch (kind) {
	case QS_COLUMN_TEXT:
		return qs_json_text(cell->text);
	case QS_COLUMN_COUNT:
	case QS_COLUMN_LARGE:
		return json_object_new_uint64(cell->count);
	case QS_COLUMN_SHAPE:
		return shape_json(cell);
	default:
		return qs_table_number_json(cell->number);
	}
}

struct json_object *qs_table_row_json(const struct qs_table *table, size_t row)
{
	struct json_object *object = json_object_new_object();

	for (size_t i = 0; i < table->n_columns; i++) {
		const struct qs_cell cell = table->cell(table->context, row, i);

		qs_json_put(
		    object, table->columns[i].name, cell_json(table->columns[i].kind, &cell));
	}
	return object;
}

struct json_object *qs_table_json(const struct qs_table *table)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < table->n_rows; i++)
		json_object_array_add(list, qs_table_row_json(table, row_at(table, i)));
	return list;
}
