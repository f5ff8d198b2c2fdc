/* SPDX-License-Identifier: Apache-2.0 */
/* Suggestions for people and programs. */
#include <inttypes.h>
#include <stdlib.h>

#include "analysis/suggest.h"
#include "base/table.h"

/* ---- what was tried -------------------------------------------------------------------------- */

enum column {
	CONFIG,
	ENTRIES,
	LAYERS,
	VALUE,
	GOAL,
	BYTES,
	MACS16,
	SCALES,
	N_COLUMNS
};

struct writing {
	const struct qs_suggestion *suggestion;
	const struct qs_candidate **rows;
	size_t n;
};

static struct qs_cell make_cell(const void *context, size_t row, size_t column)
{
	const struct writing *writing = context;
	const struct qs_candidate *candidate = writing->rows[row];

	switch (column) {
	case CONFIG:
		return (struct qs_cell){.text = candidate->label};
	case ENTRIES:
		return (struct qs_cell){.count = candidate->n_entries};
	case LAYERS:
		return (struct qs_cell){.count = candidate->n_layers};
	case VALUE:
		return (struct qs_cell){.number = candidate->value};
	case GOAL:
		return (struct qs_cell){.text = candidate->reaches ? "yes" : "no"};
	case SCALES:
		return (struct qs_cell){.text = candidate->is_checked ? "own" : "shared"};
	case BYTES:
		return (struct qs_cell){.count = candidate->bytes};
	default:
		return (struct qs_cell){.count = candidate->macs16};
	}
}

/* Those that nothing else beats, the cheapest first. */
static int compare(const void *a, const void *b)
{
	const struct qs_candidate *x = *(const struct qs_candidate *const *)a;
	const struct qs_candidate *y = *(const struct qs_candidate *const *)b;

	if (x->n_layers != y->n_layers)
		return x->n_layers < y->n_layers ? -1 : 1;
	if (x->macs16 != y->macs16)
		return x->macs16 < y->macs16 ? -1 : 1;
	return x->bytes < y->bytes ? -1 : x->bytes > y->bytes;
}

static bool list_pareto(const struct qs_suggestion *suggestion, struct writing *writing)
{
	*writing = (struct writing){
	    suggestion, calloc(suggestion->n_tried + 1, sizeof(struct qs_candidate *)), 0};
	for (size_t i = 0; writing->rows && i < suggestion->n_tried; i++) {
		if (suggestion->tried[i]->is_pareto)
			writing->rows[writing->n++] = suggestion->tried[i];
	}
	if (writing->rows)
		qsort(writing->rows, writing->n, sizeof(*writing->rows), compare);
	return writing->rows;
}

static void make_columns(const struct qs_suggestion *suggestion, struct qs_column *columns)
{
	const struct qs_column all[N_COLUMNS] = {
	    [CONFIG] = {"config", "config", QS_COLUMN_TEXT, true, "what was tried"},
	    [ENTRIES] = {"entries", "entries", QS_COLUMN_COUNT, true, "that it adds"},
	    [LAYERS] = {"layers", "layers", QS_COLUMN_COUNT, true, "that get more bits"},
	    [VALUE] = {suggestion->measured, suggestion->measured, QS_COLUMN_NUMBER, true,
		"what it comes to"},
	    [GOAL] = {"goal", "goal", QS_COLUMN_TEXT, true, "whether it is reached"},
	    [BYTES] = {"bytes", "bytes", QS_COLUMN_COUNT, true, "of quantized parameters"},
	    [MACS16] = {"macs16", "macs16", QS_COLUMN_COUNT, true,
		"multiply-accumulates of a sample at more than 8 bits"},
	    [SCALES] = {"scales", "scales", QS_COLUMN_TEXT, true,
		"its own, or those that others had for the same formats"},
	};

	for (int c = 0; c < N_COLUMNS; c++)
		columns[c] = all[c];
}

/* ---- documents ------------------------------------------------------------------------------- */

static void add_kinds(struct qs_text *text, unsigned kinds)
{
	bool first = true;

	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		if (!(kinds >> kind & 1))
			continue;
		qs_text_addf(text, "%s%s", first ? "" : ", ", qs_tensor_word((enum qs_tensor)kind));
		first = false;
	}
}

static const char *format_of(const struct qs_candidate *candidate)
{
	return candidate->promotion == QS_PROMOTION_FLOAT16 ? "float16" : "16 bits";
}

static void add_goal(const struct qs_suggestion *suggestion, struct qs_text *text)
{
	const struct qs_candidate *best = suggestion->best;

	qs_text_addf(text, "%s %s %.10g, ", suggestion->measured,
	    suggestion->less_is_better ? "<=" : ">=", suggestion->goal);
	if (!best->reaches)
		qs_text_addf(
		    text, "which nothing reaches; the best found has %.10g\n", best->value);
	else
		qs_text_addf(text, "reached with %.10g\n", best->value);
}

static void add_chance(const struct qs_suggestion *suggestion, struct qs_text *text)
{
	const struct qs_suggest_chance *chance = &suggestion->chance;

	if (chance->n)
		qs_text_addf(text,
		    "\n%zu random choice%s of %zu layer%s (seed %" PRIu64
		    "): the best has %.10g, the mean is %.10g, %zu reach%s the goal\n",
		    chance->n, chance->n == 1 ? "" : "s", chance->n_layers,
		    chance->n_layers == 1 ? "" : "s", suggestion->seed, chance->best, chance->mean,
		    chance->n_reaching, chance->n_reaching == 1 ? "es" : "");
}

static enum qs_status write_text(const struct qs_suggestion *suggestion,
    const struct qs_table *table, const struct qs_suggested *entries, size_t n,
    struct qs_text *text)
{
	enum qs_status status;

	qs_text_addf(text, "goal: ");
	add_goal(suggestion, text);
	if (!n)
		qs_text_adds(text, "the config stays as it is: nothing to suggest\n");
	else
		qs_text_addf(text, "%zu entr%s, %zu layer%s:\n", n, n == 1 ? "y" : "ies",
		    suggestion->best->n_layers, suggestion->best->n_layers == 1 ? "" : "s");
	for (size_t i = 0; i < n; i++) {
		const struct qs_candidate_layer *unit = &suggestion->units[entries[i].unit];

		qs_text_addf(text, "  %s %s: ", entries[i].is_type ? "type" : "layer",
		    entries[i].is_type ? unit->type : unit->name);
		add_kinds(text, entries[i].kinds);
		qs_text_addf(text, " at %s\n", format_of(suggestion->best));
	}
	qs_text_addf(text, "\n%zu config%s tried; of these none beats another:\n",
	    suggestion->n_tried, suggestion->n_tried == 1 ? " was" : "s were");
	status = qs_table_write_text(table, text);
	if (status == QS_OK)
		add_chance(suggestion, text);
	return status == QS_OK ? qs_text_status(text) : status;
}

static struct json_object *entries_json(
    const struct qs_suggestion *suggestion, const struct qs_suggested *entries, size_t n)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		const struct qs_candidate_layer *unit = &suggestion->units[entries[i].unit];
		struct json_object *object = json_object_new_object();
		struct json_object *kinds = json_object_new_array();

		for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
			if (entries[i].kinds >> kind & 1)
				json_object_array_add(kinds,
				    json_object_new_string(qs_tensor_word((enum qs_tensor)kind)));
		}
		qs_json_put(object, entries[i].is_type ? "layer_type" : "layer_name",
		    qs_json_text(entries[i].is_type ? unit->type : unit->name));
		qs_json_put(object, "quantizable_data_type", kinds);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *chance_json(const struct qs_suggestion *suggestion)
{
	const struct qs_suggest_chance *chance = &suggestion->chance;
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "choices", json_object_new_uint64(chance->n));
	qs_json_put(object, "layers", json_object_new_uint64(chance->n_layers));
	qs_json_put(object, "seed", json_object_new_uint64(suggestion->seed));
	qs_json_put(object, "best", qs_table_number_json(chance->best));
	qs_json_put(object, "mean", qs_table_number_json(chance->mean));
	qs_json_put(object, "reaching", json_object_new_uint64(chance->n_reaching));
	return object;
}

static enum qs_status write_json(const struct qs_suggestion *suggestion,
    const struct qs_table *table, const struct qs_suggested *entries, size_t n,
    struct qs_text *text)
{
	struct json_object *document = json_object_new_object();

	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "measured", json_object_new_string(suggestion->measured));
	qs_json_put(document, "goal", qs_json_number(suggestion->goal));
	qs_json_put(
	    document, "less_is_better", json_object_new_boolean(suggestion->less_is_better));
	qs_json_put(document, "reached", json_object_new_boolean(suggestion->best->reaches));
	qs_json_put(document, "value", qs_table_number_json(suggestion->best->value));
	qs_json_put(document, "format",
	    json_object_new_string(
		suggestion->best->promotion == QS_PROMOTION_FLOAT16 ? "float16" : "int16"));
	qs_json_put(document, "layers", json_object_new_uint64(suggestion->best->n_layers));
	qs_json_put(document, "entries", entries_json(suggestion, entries, n));
	qs_json_put(document, "tried", json_object_new_uint64(suggestion->n_tried));
	qs_json_put(document, "calibrated", json_object_new_uint64(suggestion->n_calibrated));
	qs_json_put(document, "pareto", qs_table_json(table));
	if (suggestion->chance.n)
		qs_json_put(document, "random", chance_json(suggestion));
	return qs_json_write(document, text);
}

enum qs_status qs_suggestion_write(
    const struct qs_suggestion *suggestion, enum qs_table_format format, struct qs_text *text)
{
	struct qs_suggested *entries = calloc(suggestion->n_units + 1, sizeof(*entries));
	struct qs_column columns[N_COLUMNS];
	struct writing writing;
	enum qs_status status = QS_NOMEM;
	size_t n;

	make_columns(suggestion, columns);
	n = entries ? qs_suggest_entries(suggestion, suggestion->best, entries) : QS_SUGGEST_NONE;
	if (list_pareto(suggestion, &writing) && n != QS_SUGGEST_NONE) {
		const struct qs_table table = {
		    columns, N_COLUMNS, NULL, 0, writing.n, NULL, make_cell, &writing};

		if (format == QS_TABLE_CSV)
			status = qs_table_write_csv(&table, text);
		else if (format == QS_TABLE_JSON)
			status = write_json(suggestion, &table, entries, n, text);
		else
			status = write_text(suggestion, &table, entries, n, text);
	}
	free(writing.rows);
	free(entries);
	return status;
}
