/* SPDX-License-Identifier: Apache-2.0 */
/* Comparisons as tables for people, and for programs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "base/table.h"

enum column {
#define COLUMN(id, name, title, kind, about) COLUMN_##id,
#define MEASURE(id, name, about) COLUMN_METRIC_##id,
#define OWN(id, name, about) COLUMN_OWN_METRIC_##id,
#include "analysis/compare_columns.def"
	N_COLUMNS
};

static const struct qs_column columns[] = {
#define COLUMN(id, name, title, kind, about) {#name, title, QS_COLUMN_##kind, false, about},
#define MEASURE(id, name, about) {#name, #name, QS_COLUMN_NUMBER, false, about},
#define OWN(id, name, about)                                                                       \
	{"own_" #name, "own " #name, QS_COLUMN_NUMBER, false, "of the layer alone: " about},
#include "analysis/compare_columns.def"
};

/* What people see unless they ask for something else. */
#define USUAL "type,layer,attr,dtype,cosine,sqnr,l1,atol,steps,own_sqnr,own_steps,shape"

/* ---- cells ----------------------------------------------------------------------------------- */

static struct qs_cell text_cell(const char *text)
{
	return (struct qs_cell){.text = text};
}

static struct qs_cell number_cell(bool is_there, double number)
{
	return (struct qs_cell){.is_empty = !is_there, .number = number};
}

/* A metric of an agreement; empty when there is none. */
static struct qs_cell metric_cell(
    const struct qs_agreement *agreement, bool is_there, size_t metric)
{
	return number_cell(is_there && agreement->n,
	    is_there ? qs_agreement_of(agreement, (enum qs_metric)metric) : 0.0);
}

/* The largest difference in steps; empty without a scale. */
static struct qs_cell steps_cell(
    const struct qs_compared *item, const struct qs_agreement *agreement, bool is_there)
{
	return number_cell(
	    is_there && agreement->n && !isnan(item->scale), agreement->largest / item->scale);
}

static struct qs_cell shape_cell(const struct qs_seen *seen, bool is_there)
{
	return (struct qs_cell){
	    .is_empty = !is_there || !seen->is_there, .dims = seen->dims, .rank = seen->rank};
}

static struct qs_cell moments_cell(const struct qs_compared *item, enum column column)
{
	const bool is_found =
	    column == COLUMN_FOUND_MIN || column == COLUMN_FOUND_MAX || column == COLUMN_FOUND_MEAN;
	const struct qs_moments *moments = is_found ? &item->found.all : &item->expected.all;

	if (column == COLUMN_EXPECTED_MIN || column == COLUMN_FOUND_MIN)
		return number_cell(moments->n, (double)moments->least);
	if (column == COLUMN_EXPECTED_MAX || column == COLUMN_FOUND_MAX)
		return number_cell(moments->n, (double)moments->most);
	return number_cell(moments->n, moments->mean);
}

static struct qs_cell cell(const void *context, size_t row, size_t column)
{
	const struct qs_compared *item = &((const struct qs_comparison *)context)->items[row];

	switch ((enum column)column) {
	case COLUMN_TYPE:
		return text_cell(item->type);
	case COLUMN_LAYER:
		return text_cell(item->layer);
	case COLUMN_ATTR:
		return text_cell(qs_attr_word(item->attr));
	case COLUMN_TENSOR:
		return text_cell(item->tensor);
	case COLUMN_DTYPE:
		return text_cell(item->dtype);
	case COLUMN_SCALE:
		return number_cell(!isnan(item->scale), item->scale);
#define COLUMN(id, name, title, kind, about)
#define MEASURE(id, name, about)                                                                   \
	case COLUMN_METRIC_##id:                                                                   \
		return metric_cell(&item->agreement, !item->differs, QS_METRIC_##id);
#define OWN(id, name, about)                                                                       \
	case COLUMN_OWN_METRIC_##id:                                                               \
		return metric_cell(&item->own, item->has_own, QS_METRIC_##id);
#include "analysis/compare_columns.def"
	case COLUMN_STEPS:
		return steps_cell(item, &item->agreement, !item->differs);
	case COLUMN_OWN_STEPS:
		return steps_cell(item, &item->own, item->has_own);
	case COLUMN_VALUES:
		return (struct qs_cell){.count = item->agreement.n};
	case COLUMN_SHAPE:
		return shape_cell(&item->expected, true);
	case COLUMN_FOUND_SHAPE:
		return shape_cell(&item->found, item->differs);
	default:
		return moments_cell(item, (enum column)column);
	}
}

void qs_comparison_table(const struct qs_comparison *comparison, struct qs_table *ret_table)
{
	*ret_table = (struct qs_table){.columns = columns,
	    .n_columns = N_COLUMNS,
	    .n_rows = comparison ? comparison->n : 0,
	    .order = comparison ? comparison->order : NULL,
	    .cell = cell,
	    .context = comparison};
}

const char *qs_comparison_column(size_t index)
{
	return index < N_COLUMNS ? columns[index].name : NULL;
}

/* ---- for people ------------------------------------------------------------------------------ */

/* Finds the columns of a list of names; false when there is no such column, or too many. */
static bool choose(const struct qs_table *table, const char *names, size_t *chosen, size_t *ret_n)
{
	char name[32];

	*ret_n = 0;
	for (const char *at = names; *at; at += *at == ',') {
		const size_t size = strcspn(at, ",");

		if (size >= sizeof(name) || *ret_n == N_COLUMNS)
			return false;
		memcpy(name, at, size);
		name[size] = '\0';
		chosen[*ret_n] = qs_table_find(table, name);
		if (chosen[(*ret_n)++] == table->n_columns)
			return false;
		at += size;
	}
	return *ret_n > 0;
}

bool qs_comparison_shows(const char *names)
{
	struct qs_table table;
	size_t chosen[N_COLUMNS], n;

	qs_comparison_table(NULL, &table);
	return strcmp(names, "all") == 0 || choose(&table, names, chosen, &n);
}

/* Whether a column says something about any row. */
static bool says_something(const struct qs_table *table, size_t column)
{
	for (size_t i = 0; i < table->n_rows; i++) {
		if (!table->cell(table->context, i, column).is_empty)
			return true;
	}
	return false;
}

/* The usual columns, without those that say nothing: arrays have no steps. */
static void choose_usual(const struct qs_table *table, size_t *chosen, size_t *ret_n)
{
	size_t n = 0, n_usual;

	choose(table, USUAL, chosen, &n_usual);
	for (size_t i = 0; i < n_usual; i++) {
		if (says_something(table, chosen[i]))
			chosen[n++] = chosen[i];
	}
	*ret_n = n;
}

static void write_head(const struct qs_comparison *comparison, struct qs_text *text)
{
	qs_text_addf(text, "expected: %s\nfound: %s%s\n", comparison->expected,
	    comparison->by_config ? "the same quantized by " : "", comparison->found);
	if (comparison->n_batches)
		qs_text_addf(text, "batches: %zu\n", comparison->n_batches);
	qs_text_adds(text, "\n");
}

static enum qs_status write_text(const struct qs_comparison *comparison, struct qs_table *table,
    const char *names, struct qs_text *text)
{
	size_t chosen[N_COLUMNS];

	if (names && strcmp(names, "all") == 0) {
		for (size_t i = 0; i < N_COLUMNS; i++)
			chosen[i] = i;
		table->n_chosen = N_COLUMNS;
	} else if (!names) {
		choose_usual(table, chosen, &table->n_chosen);
	} else if (!choose(table, names, chosen, &table->n_chosen)) {
		return QS_INVALID;
	}
	table->chosen = chosen;
	write_head(comparison, text);
	return qs_table_write_text(table, text);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static enum qs_status write_json(
    const struct qs_comparison *comparison, const struct qs_table *table, struct qs_text *text)
{
	bool first = true;

	qs_text_adds(text, "{\n");
	qs_json_write_member("format_version", json_object_new_string("1.0"), ",\n", text);
	qs_json_write_member("expected", qs_json_text(comparison->expected), ",\n", text);
	qs_json_write_member("found", qs_json_text(comparison->found), ",\n", text);
	qs_json_write_member(
	    "batches", json_object_new_uint64(comparison->n_batches), ",\n  \"tensors\": [", text);
	for (size_t i = 0; i < comparison->n; i++)
		qs_json_write_item(qs_table_row_json(table, comparison->order[i]), &first, text);
	qs_text_adds(text, "\n  ]\n}\n");
	return qs_text_status(text);
}

enum qs_status qs_comparison_write(const struct qs_comparison *comparison,
    enum qs_table_format format, const char *names, struct qs_text *text)
{
	struct qs_table table;

	qs_comparison_table(comparison, &table);
	if (format == QS_TABLE_TEXT)
		return write_text(comparison, &table, names, text);
	return format == QS_TABLE_CSV ? qs_table_write_csv(&table, text)
	                              : write_json(comparison, &table, text);
}
