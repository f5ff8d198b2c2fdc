/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Placements of one model on several devices, side by side: where each node runs, whether each
 * layer's formats are taken, and what that comes to. All of them have the same nodes and layers.
 */
#include <stdlib.h>

#include "analysis/place.h"
#include "base/table.h"

/* Placements and, by column of a table, its title. */
struct several {
	const struct qs_placement *const *placements;
	size_t n;
	struct qs_column *columns;
};

static struct qs_cell text_cell(const char *text)
{
	return (struct qs_cell){.is_empty = !text, .text = text};
}

/* ---- tables with a column for each device ---------------------------------------------------- */

/* The columns before those of the devices. */
#define FIRST 2

/* The table of cells, `n_rows` of them, whose first two columns are called as given. */
static enum qs_status write_table(struct several *several, const char *first, const char *second,
    struct qs_cell (*cell)(const void *context, size_t row, size_t column), size_t n_rows,
    struct qs_text *text)
{
	const struct qs_table table = {.columns = several->columns,
	    .n_columns = FIRST + several->n,
	    .n_rows = n_rows,
	    .cell = cell,
	    .context = several};

	several->columns[0].title = first;
	several->columns[1].title = second;
	return qs_table_write_text(&table, text);
}

static struct qs_cell node_cell(const void *context, size_t row, size_t column)
{
	const struct several *several = context;
	const struct qs_placement *placement =
	    several->placements[column < FIRST ? 0 : column - FIRST];
	const struct qs_placed *placed = &placement->nodes[row];
	const struct qs_node *node = &placement->layers->graph->nodes[placed->node];

	if (column < FIRST)
		return text_cell(column ? node->proto->op_type : node->label);
	return text_cell(placed->splits ? "cpu, splits" : qs_unit_word(placed->on));
}

static struct qs_cell layer_cell(const void *context, size_t row, size_t column)
{
	const struct several *several = context;
	const struct qs_placement *placement =
	    several->placements[column < FIRST ? 0 : column - FIRST];
	const struct qs_layer_formats *formats = &placement->formats[row];
	const struct qs_layer *layer = &placement->layers->items[formats->layer];

	if (column == 0)
		return text_cell(layer->name);
	if (column == 1)
		return text_cell(layer->type[0] ? layer->type : layer->op_type);
	return text_cell(qs_answer_word(formats->answer));
}

/* ---- sums ------------------------------------------------------------------------------------ */

static size_t count_answers(const struct qs_placement *placement, enum qs_answer answer)
{
	size_t n = 0;

	for (size_t i = 0; i < placement->n_formats; i++)
		n += placement->formats[i].answer == answer;
	return n;
}

/* "3", or "3 to 5" where that depends on what nobody tells. */
static void write_segments(struct qs_segments segments, struct qs_text *text)
{
	const size_t least = segments.if_bpu < segments.if_cpu ? segments.if_bpu : segments.if_cpu;
	const size_t most = segments.if_bpu > segments.if_cpu ? segments.if_bpu : segments.if_cpu;

	qs_text_addf(text, "%zu", least);
	if (most > least)
		qs_text_addf(text, " to %zu", most);
	qs_text_adds(text, most == 1 ? " segment" : " segments");
}

/* "4 of 8 nodes on the BPU in 2 segments, 4 on the CPU". */
static void write_units(const struct qs_placement *placement, struct qs_text *text)
{
	const size_t n_unknown = qs_placement_count(placement, QS_UNIT_UNKNOWN);
	const size_t n_cpu = qs_placement_count(placement, QS_UNIT_CPU);
	bool known;
	const char *unit = qs_place_unit_name(placement, &known);

	if (!known && !n_unknown) {
		qs_text_addf(text, "%zu nodes, all on the CPU", placement->n_nodes);
		return;
	}
	qs_text_addf(text, "%zu of %zu nodes on the %s in ", placement->n_nodes - n_cpu - n_unknown,
	    placement->n_nodes, unit);
	write_segments(placement->segments, text);
	qs_text_addf(text, ", %zu on the CPU", n_cpu);
	if (n_unknown)
		qs_text_addf(text, ", %zu unknown", n_unknown);
}

static void write_device(const struct qs_placement *placement, struct qs_text *text)
{
	qs_text_addf(text, "%s: ", qs_placement_profile(placement)->name);
	write_units(placement, text);
	if (placement->plan)
		qs_text_addf(text,
		    "; formats of %zu layers: %zu allowed, %zu forbidden, %zu unknown",
		    placement->n_formats, count_answers(placement, QS_ANSWER_ALLOWED),
		    count_answers(placement, QS_ANSWER_FORBIDDEN),
		    count_answers(placement, QS_ANSWER_UNKNOWN));
	qs_text_adds(text, "\n");
}

/* How many nodes run on the same unit of every device. */
static size_t count_alike(const struct several *several)
{
	size_t n = 0;

	for (size_t row = 0; row < several->placements[0]->n_nodes; row++) {
		size_t i = 1;

		while (i < several->n && several->placements[i]->nodes[row].on ==
					     several->placements[0]->nodes[row].on)
			i++;
		n += i == several->n;
	}
	return n;
}

/* The devices that take, or refuse, or may take all formats: a line for those that there are. */
static void write_answer(
    const struct several *several, enum qs_answer answer, const char *words, struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < several->n; i++) {
		const struct qs_placement *placement = several->placements[i];
		const bool refuses = count_answers(placement, QS_ANSWER_FORBIDDEN) > 0;
		const bool is_unknown = count_answers(placement, QS_ANSWER_UNKNOWN) > 0;
		const enum qs_answer whole = refuses      ? QS_ANSWER_FORBIDDEN
		                             : is_unknown ? QS_ANSWER_UNKNOWN
		                                          : QS_ANSWER_ALLOWED;

		if (whole == answer)
			qs_text_addf(text, "%s%s", n++ ? ", " : words,
			    qs_placement_profile(placement)->name);
	}
	qs_text_adds(text, n ? "\n" : "");
}

static void write_sums(const struct several *several, struct qs_text *text)
{
	qs_text_adds(text, "\n");
	for (size_t i = 0; i < several->n; i++)
		write_device(several->placements[i], text);
	qs_text_addf(text, "on the same unit everywhere: %zu of %zu nodes\n", count_alike(several),
	    several->placements[0]->n_nodes);
	if (!several->placements[0]->plan)
		return;
	write_answer(several, QS_ANSWER_ALLOWED, "every format is taken by: ", text);
	write_answer(several, QS_ANSWER_FORBIDDEN, "a format is refused by: ", text);
	write_answer(several, QS_ANSWER_UNKNOWN, "no source says of all formats for: ", text);
}

static enum qs_status write_all(struct several *several, struct qs_text *text)
{
	const struct qs_placement *first = several->placements[0];
	enum qs_status status;

	for (size_t i = 0; i < several->n; i++) {
		const char *name = qs_placement_profile(several->placements[i])->name;

		qs_text_addf(text, "%s%s", i ? ", " : first->options.model, i ? "" : " on ");
		qs_text_adds(text, name);
		several->columns[FIRST + i].title = name;
	}
	qs_text_addf(text, ", read by %s\n\n", qs_front_end_word(first->options.front_end));
	status = write_table(several, "node", "operator", node_cell, first->n_nodes, text);
	if (status == QS_OK && first->n_formats) {
		qs_text_adds(text, "\n");
		status = write_table(several, "layer", "type", layer_cell, first->n_formats, text);
	}
	write_sums(several, text);
	return status == QS_OK ? qs_text_status(text) : status;
}

enum qs_status qs_placements_write_text(
    const struct qs_placement *const *placements, size_t n, struct qs_text *text)
{
	struct several several = {placements, n, calloc(n + FIRST, sizeof(*several.columns))};
	enum qs_status status = QS_NOMEM;

	for (size_t i = 0; several.columns && i < n + FIRST; i++)
		several.columns[i] = (struct qs_column){.kind = QS_COLUMN_TEXT, .is_usual = true};
	if (several.columns)
		status = write_all(&several, text);
	free(several.columns);
	return status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

enum qs_status qs_placements_write_json(
    const struct qs_placement *const *placements, size_t n, struct qs_text *text)
{
	struct json_object *document = json_object_new_object(), *list = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		struct json_object *device = json_object_new_object();

		qs_placement_put(device, placements[i]);
		json_object_array_add(list, device);
	}
	qs_json_put(document, "format", qs_json_text("qstrata-places"));
	qs_json_put(document, "version", json_object_new_int(1));
	qs_json_put(document, "model", qs_json_text(placements[0]->options.model));
	qs_json_put(document, "front_end",
	    qs_json_text(qs_front_end_word(placements[0]->options.front_end)));
	qs_json_put(document, "devices", list);
	return qs_json_write(document, text);
}
