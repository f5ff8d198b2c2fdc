/* SPDX-License-Identifier: Apache-2.0 */
/* Rows of comparisons: filling, ordering and judging them. */
#include "analysis/compare.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/table.h"
#include "model/tensor.h"

enum qs_status qs_comparison_new(
    const char *expected, const char *found, size_t n, struct qs_comparison **ret_comparison)
{
	struct qs_comparison *comparison = calloc(1, sizeof(*comparison));

	if (!comparison)
		return QS_NOMEM;
	comparison->expected = qs_arena_strdup(&comparison->arena, expected);
	comparison->found = qs_arena_strdup(&comparison->arena, found);
	comparison->items = calloc(n + 1, sizeof(*comparison->items));
	comparison->order = calloc(n + 1, sizeof(*comparison->order));
	comparison->ranked = calloc(n + 1, sizeof(*comparison->ranked));
	if (!comparison->expected || !comparison->found || !comparison->items ||
	    !comparison->order || !comparison->ranked) {
		qs_comparison_free(comparison);
		return QS_NOMEM;
	}
	*ret_comparison = comparison;
	return QS_OK;
}

void qs_comparison_free(struct qs_comparison *comparison)
{
	if (!comparison)
		return;
	for (size_t i = 0; i < comparison->n; i++) {
		qs_seen_done(&comparison->items[i].expected);
		qs_seen_done(&comparison->items[i].found);
	}
	free(comparison->items);
	free(comparison->order);
	free(comparison->ranked);
	qs_arena_done(&comparison->arena);
	free(comparison);
}

struct qs_compared *qs_comparison_add(
    struct qs_comparison *comparison, const struct qs_compared *item)
{
	struct qs_compared *added = &comparison->items[comparison->n];

	*added = *item;
	added->type = qs_arena_strdup(&comparison->arena, item->type);
	added->layer = qs_arena_strdup(&comparison->arena, item->layer);
	added->tensor = qs_arena_strdup(&comparison->arena, item->tensor);
	added->dtype = qs_arena_strdup(&comparison->arena, item->dtype);
	if (!added->type || !added->layer || !added->tensor || !added->dtype)
		return NULL;
	comparison->order[comparison->n] = comparison->n;
	comparison->n++;
	return added;
}

/* ---- filling --------------------------------------------------------------------------------- */

static bool is_same_shape(const struct qs_values *a, const struct qs_values *b)
{
	return a->rank == b->rank &&
	       (!a->rank || memcmp(a->dims, b->dims, a->rank * sizeof(*a->dims)) == 0);
}

static void add_shape(struct qs_text *text, const struct qs_values *values)
{
	qs_text_adds(text, "[");
	for (size_t i = 0; i < values->rank; i++)
		qs_text_addf(text, "%s%" PRId64, i ? "," : "", values->dims[i]);
	qs_text_adds(text, "]");
}

static void tell_shapes(const struct qs_compared *item, const struct qs_values *expected,
    const struct qs_values *found, struct qs_place place, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text, "tensor \"%s\" is ", item->tensor);
	add_shape(&text, found);
	qs_text_adds(&text, ", expected ");
	add_shape(&text, expected);
	qs_finding_add(findings, QS_FINDING_SHAPES_DIFFER, place, "%s", text.data);
	qs_text_done(&text);
}

/* The length of the last axis; 1 of a single value. */
static size_t length_of_row(const int64_t *dims, size_t rank)
{
	return rank ? (size_t)dims[rank - 1] : 1;
}

/* Takes in what was expected and found; notes when the shapes differ. */
static enum qs_status take(
    struct qs_compared *item, const struct qs_values *expected, const struct qs_values *found)
{
	enum qs_status status = qs_seen_add(
	    &item->expected, expected->values, expected->dims, expected->rank, QS_NO_CHANNELS);
	size_t n;

	if (status == QS_OK)
		status = qs_seen_add(
		    &item->found, found->values, found->dims, found->rank, QS_NO_CHANNELS);
	if (status != QS_OK || !qs_shape_count(expected->dims, expected->rank, &n))
		return status;
	if (!is_same_shape(expected, found))
		item->differs = true;
	else if (n)
		qs_agreement_add(&item->agreement, expected->values, found->values, n,
		    length_of_row(expected->dims, expected->rank));
	return QS_OK;
}

enum qs_status qs_compared_add(struct qs_compared *item, const struct qs_values *expected,
    const struct qs_values *found, struct qs_place place, struct qs_findings *findings)
{
	const bool differed = item->differs;
	const enum qs_status status = take(item, expected, found);

	if (item->differs && !differed)
		tell_shapes(item, expected, found, place, findings);
	return status;
}

enum qs_status qs_compared_add_constant(
    struct qs_compared *item, const struct qs_values *expected, const struct qs_values *found)
{
	const enum qs_status status = take(item, expected, found);
	size_t n;

	if (status == QS_OK && !item->differs && qs_shape_count(found->dims, found->rank, &n))
		qs_compared_add_own(
		    item, expected->values, found->values, n, found->dims, found->rank);
	return status;
}

void qs_compared_add_own(struct qs_compared *item, const float *expected, const float *found,
    size_t n, const int64_t *dims, size_t rank)
{
	item->has_own = true;
	if (n)
		qs_agreement_add(&item->own, expected, found, n, length_of_row(dims, rank));
}

/* Whether the values of a row are as expected, bit by bit. */
static bool is_same(const struct qs_compared *item)
{
	return !item->differs && item->agreement.n && item->agreement.largest <= 0.0;
}

void qs_comparison_check_difference(
    const struct qs_comparison *comparison, struct qs_place place, struct qs_findings *findings)
{
	size_t n = 0, n_same = 0;

	for (size_t i = 0; i < comparison->n; i++) {
		n += comparison->items[i].is_output;
		n_same += comparison->items[i].is_output && is_same(&comparison->items[i]);
	}
	if (n && n_same == n)
		qs_finding_add(findings, QS_FINDING_NOTHING_DIFFERS, place,
		    "the outputs are those of the float model, bit by bit: nothing on the way is "
		    "quantized, or the data shows nothing");
}

/* ---- ordering -------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const struct qs_ranked *x = a, *y = b;

	/* Nothing comes last, and what is not a number first. */
	if (x->is_empty != y->is_empty)
		return x->is_empty ? 1 : -1;
	if (isnan(x->badness) != isnan(y->badness))
		return isnan(x->badness) ? -1 : 1;
	if (x->badness > y->badness || x->badness < y->badness)
		return x->badness > y->badness ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Whether more of a column is better: that of a metric, or of one's own. */
static bool more_is_better(const char *column)
{
	const enum qs_metric metric =
	    qs_metric_of(strncmp(column, "own_", 4) == 0 ? column + 4 : column);

	return metric < QS_METRIC__COUNT && qs_metric_info(metric)->more_is_better;
}

static bool is_number(enum qs_column_kind kind)
{
	return kind == QS_COLUMN_NUMBER || kind == QS_COLUMN_FIXED;
}

bool qs_comparison_sorts(const char *name)
{
	struct qs_table table;
	size_t column;

	qs_comparison_table(NULL, &table);
	column = qs_table_find(&table, name);
	return strcmp(name, "model") == 0 ||
	       (column < table.n_columns && is_number(table.columns[column].kind));
}

bool qs_comparison_sort(struct qs_comparison *comparison, const char *name)
{
	const bool by_model = strcmp(name, "model") == 0;
	struct qs_table table;
	size_t column;

	if (!qs_comparison_sorts(name))
		return false;
	qs_comparison_table(comparison, &table);
	column = qs_table_find(&table, name);
	for (size_t i = 0; i < comparison->n; i++) {
		const struct qs_cell cell = by_model ? (struct qs_cell){.is_empty = true}
		                                     : table.cell(table.context, i, column);

		comparison->ranked[i] = (struct qs_ranked){
		    more_is_better(name) ? -cell.number : cell.number, cell.is_empty, i};
	}
	qsort(comparison->ranked, comparison->n, sizeof(*comparison->ranked), compare);
	for (size_t i = 0; i < comparison->n; i++)
		comparison->order[i] = comparison->ranked[i].row;
	return true;
}

/* ---- judging --------------------------------------------------------------------------------- */

bool qs_bound_read(const char *text, struct qs_bound *ret_limit)
{
	const char *equals = strrchr(text, '='), *name = equals;
	char word[32], *end;

	if (!equals || !equals[1])
		return false;
	while (name > text && name[-1] != ':')
		name--;
	if ((size_t)(equals - name) >= sizeof(word))
		return false;
	memcpy(word, name, (size_t)(equals - name));
	word[equals - name] = '\0';
	*ret_limit = (struct qs_bound){"outputs", 7, qs_metric_of(word), strtod(equals + 1, &end)};
	if (name > text) {
		ret_limit->which = text;
		ret_limit->which_size = (size_t)(name - text) - 1;
	}
	return ret_limit->metric < QS_METRIC__COUNT && !*end && !isnan(ret_limit->value);
}

static bool is_called(const struct qs_bound *limit, const char *name)
{
	return strlen(name) == limit->which_size &&
	       memcmp(name, limit->which, limit->which_size) == 0;
}

static bool concerns(const struct qs_bound *limit, const struct qs_compared *item)
{
	if (is_called(limit, "all"))
		return true;
	return is_called(limit, "outputs")
	           ? item->is_output
	           : is_called(limit, item->layer) || is_called(limit, item->tensor);
}

/* Holds a row against a limit; false after a complaint. */
static bool keeps(const struct qs_compared *item, const struct qs_bound *limit,
    struct qs_place place, struct qs_findings *findings)
{
	const char *metric = qs_metric_info(limit->metric)->name;
	const double value = qs_agreement_of(&item->agreement, limit->metric);

	if (!item->differs && !qs_metric_better(limit->metric, limit->value, value))
		return true;
	if (item->differs)
		qs_finding_add(findings, QS_FINDING_TOO_FAR, place,
		    "%s \"%s\" of \"%s\" has no %s, as the shapes differ; the limit is %.9g",
		    qs_attr_word(item->attr), item->tensor, item->layer, metric, limit->value);
	else
		qs_finding_add(findings, QS_FINDING_TOO_FAR, place,
		    "%s \"%s\" of \"%s\" has %s %.9g, which is worse than %.9g",
		    qs_attr_word(item->attr), item->tensor, item->layer, metric, value,
		    limit->value);
	return false;
}

enum qs_status qs_comparison_check(const struct qs_comparison *comparison,
    const struct qs_bound *limit, struct qs_findings *findings)
{
	const struct qs_place place =
	    qs_place_of(qs_findings_name_source(findings, comparison->found));
	enum qs_status status = QS_OK;
	size_t n = 0;

	for (size_t i = 0; i < comparison->n; i++) {
		const struct qs_compared *item = &comparison->items[comparison->order[i]];

		if (!concerns(limit, item))
			continue;
		n++;
		if (!keeps(item, limit, place, findings))
			status = QS_INVALID;
	}
	if (n)
		return status;
	qs_finding_add(findings, QS_FINDING_NOTHING_IN_COMMON, place,
	    "no tensor is compared that is of \"%.*s\"", (int)limit->which_size, limit->which);
	return QS_INVALID;
}
