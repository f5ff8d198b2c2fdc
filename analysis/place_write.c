/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a placement: tables for people, and JSON. */
#include <string.h>

#include "analysis/place.h"
#include "base/table.h"
#include "model/onnx.h"

const struct qs_profile *qs_placement_profile(const struct qs_placement *placement)
{
	size_t n_profiles;

	return &qs_rulebook_profiles(
	    placement->options.rules, &n_profiles)[placement->options.device];
}

static const char *front_end_of(const struct qs_placement *placement)
{
	return qs_front_end_word(placement->options.front_end);
}

/* The fact that a node is where it is for. */
static const struct qs_operator_fact *reason_of(const struct qs_placed *placed)
{
	return placed->passed ? placed->passed : placed->fact;
}

static const struct qs_node *node_of(
    const struct qs_placement *placement, const struct qs_placed *placed)
{
	return &placement->layers->graph->nodes[placed->node];
}

/* ---- text ------------------------------------------------------------------------------------ */

#define SOURCES 64

/* Sources, numbered in the order in which they are first referred to. */
struct references {
	const struct qs_operator_fact *facts[SOURCES];
	size_t n;
};

static bool is_same_source(const struct qs_operator_fact *a, const struct qs_operator_fact *b)
{
	return strcmp(a->source, b->source) == 0 && strcmp(a->date, b->date) == 0;
}

/* The number of a fact's source, from 1; 0 for no fact, or one too many. */
static size_t refer(struct references *references, const struct qs_operator_fact *fact)
{
	size_t i = 0;

	if (!fact)
		return 0;
	while (i < references->n && !is_same_source(references->facts[i], fact))
		i++;
	if (i == SOURCES)
		return 0;
	if (i == references->n)
		references->facts[references->n++] = fact;
	return i + 1;
}

/* "[2] only on request": what a fact says about a row of a table, in an arena. */
static const char *write_reason(struct qs_arena *arena, struct references *references,
    const struct qs_operator_fact *fact, const char *text)
{
	const size_t number = refer(references, fact);

	if (!fact)
		return "no source";
	return qs_arena_printf(arena, "[%zu]%s%s", number, text ? " " : "", text ? text : "");
}

/* The same of a node, with why it is in floating point. */
static const char *write_node_reason(
    struct qs_arena *arena, struct references *references, const struct qs_placed *placed)
{
	const char *reason = write_reason(arena, references, reason_of(placed),
	    placed->passed ? qs_limit_what(placed->limit)
	    : placed->fact ? placed->fact->text
			   : NULL);

	return reason && placed->left
	           ? qs_arena_printf(arena, "%s; left in float: %s", reason, placed->left)
	           : reason;
}

/* Rows of a table with the reason of each. */
struct rows {
	const struct qs_placement *placement;
	const struct qs_layer_formats **formats; /* of layers; a second row is about later facts */
	const char **reasons;
	size_t n;
};

static struct qs_cell text_cell(const char *text)
{
	return (struct qs_cell){.is_empty = !text, .text = text};
}

static struct qs_cell node_cell(const void *context, size_t row, size_t column)
{
	const struct rows *rows = context;
	const struct qs_placed *placed = &rows->placement->nodes[row];

	switch (column) {
	case 0:
		return text_cell(node_of(rows->placement, placed)->label);
	case 1:
		return text_cell(node_of(rows->placement, placed)->proto->op_type);
	case 2:
		return text_cell(placed->splits ? "cpu, splits" : qs_unit_word(placed->on));
	case 3:
		return (struct qs_cell){.is_empty = !placed->segment, .count = placed->segment};
	default:
		return text_cell(rows->reasons[row]);
	}
}

static enum qs_status write_nodes(const struct qs_placement *placement,
    struct references *references, struct qs_arena *arena, struct qs_text *text)
{
	static const struct qs_column columns[] = {
	    {"node", "node", QS_COLUMN_TEXT, true, "its name"},
	    {"operator", "operator", QS_COLUMN_TEXT, true, "of ONNX"},
	    {"on", "on", QS_COLUMN_TEXT, true, "where it runs"},
	    {"segment", "segment", QS_COLUMN_COUNT, true, "of the unit for networks"},
	    {"source", "source", QS_COLUMN_TEXT, true, "which says so"}};
	struct rows rows = {.placement = placement,
	    .reasons = qs_arena_array(arena, placement->n_nodes + 1, sizeof(*rows.reasons))};
	const struct qs_table table = {.columns = columns,
	    .n_columns = sizeof(columns) / sizeof(*columns),
	    .n_rows = placement->n_nodes,
	    .cell = node_cell,
	    .context = &rows};

	for (size_t i = 0; rows.reasons && i < placement->n_nodes; i++) {
		rows.reasons[i] = write_node_reason(arena, references, &placement->nodes[i]);
		if (!rows.reasons[i])
			return QS_NOMEM;
	}
	return rows.reasons ? qs_table_write_text(&table, text) : QS_NOMEM;
}

/* The tensor kind of a column of formats, from the third one on. */
#define FIRST_KIND 2

static struct qs_cell layer_cell(const void *context, size_t row, size_t column)
{
	const struct rows *rows = context;
	const struct qs_layer_formats *formats = rows->formats[row];
	const bool is_later = row > 0 && formats == rows->formats[row - 1];
	const struct qs_layer *layer = &rows->placement->layers->items[formats->layer];

	if (column == FIRST_KIND + QS_TENSOR__COUNT + 2)
		return text_cell(rows->reasons[row]);
	if (is_later && column == FIRST_KIND + QS_TENSOR__COUNT + 1)
		return (struct qs_cell){.is_empty = true};
	if (is_later)
		return text_cell(column == FIRST_KIND + QS_TENSOR__COUNT ? "later" : "");
	if (column >= FIRST_KIND && column < FIRST_KIND + QS_TENSOR__COUNT)
		return text_cell(qs_number_word(formats->numbers[column - FIRST_KIND]));
	switch (column) {
	case 0:
		return text_cell(layer->name);
	case 1:
		return text_cell(layer->type[0] ? layer->type : layer->op_type);
	case FIRST_KIND + QS_TENSOR__COUNT:
		return text_cell(qs_answer_word(formats->answer));
	default:
		return (struct qs_cell){.is_empty = !formats->fact || !formats->fact->cost,
		    .count = formats->fact ? formats->fact->cost : 0};
	}
}

/* A row of a layer, or a second one about later facts. False when memory ran out. */
static bool add_row(struct rows *rows, struct references *references, struct qs_arena *arena,
    const struct qs_layer_formats *formats, const struct qs_operator_fact *fact)
{
	rows->formats[rows->n] = formats;
	rows->reasons[rows->n] = write_reason(arena, references, fact, fact ? fact->text : NULL);
	return rows->reasons[rows->n++] != NULL;
}

static enum qs_status write_layers(const struct qs_placement *placement,
    struct references *references, struct qs_arena *arena, struct qs_text *text)
{
	static const struct qs_column columns[] = {
	    {"layer", "layer", QS_COLUMN_TEXT, true, "its name"},
	    {"type", "type", QS_COLUMN_TEXT, true, "of PyTorch, or the operator"},
	    {"input", "input", QS_COLUMN_TEXT, true, "the widest format of what is read"},
	    {"weights", "weights", QS_COLUMN_TEXT, true, "format"},
	    {"bias", "bias", QS_COLUMN_TEXT, true, "format"},
	    {"activation", "activation", QS_COLUMN_TEXT, true, "format of what comes out"},
	    {"answer", "answer", QS_COLUMN_TEXT, true, "whether they work together"},
	    {"cost", "cost", QS_COLUMN_COUNT, true, "place in the order of latencies"},
	    {"source", "source", QS_COLUMN_TEXT, true, "which says so"}};
	const size_t room = 2 * placement->n_formats + 1;
	struct rows rows = {.placement = placement,
	    .formats = qs_arena_array(arena, room, sizeof(*rows.formats)),
	    .reasons = qs_arena_array(arena, room, sizeof(*rows.reasons))};
	struct qs_table table = {.columns = columns,
	    .n_columns = sizeof(columns) / sizeof(*columns),
	    .cell = layer_cell,
	    .context = &rows};
	bool good = rows.formats && rows.reasons;

	for (size_t i = 0; good && i < placement->n_formats; i++) {
		const struct qs_layer_formats *formats = &placement->formats[i];

		good =
		    add_row(&rows, references, arena, formats, formats->fact) &&
		    (!formats->later || add_row(&rows, references, arena, formats, formats->later));
	}
	table.n_rows = rows.n;
	qs_text_adds(text, rows.n ? "\n" : "");
	if (good && rows.n)
		return qs_table_write_text(&table, text);
	return good ? QS_OK : QS_NOMEM;
}

size_t qs_placement_count(const struct qs_placement *placement, enum qs_unit on)
{
	size_t n = 0;

	for (size_t i = 0; i < placement->n_nodes; i++)
		n += placement->nodes[i].on == on;
	return n;
}

static void write_sums(const struct qs_placement *placement, struct qs_text *text)
{
	const struct qs_segments segments = placement->segments;
	const size_t n_unknown = qs_placement_count(placement, QS_UNIT_UNKNOWN);
	const size_t n_cpu = qs_placement_count(placement, QS_UNIT_CPU);
	bool known;
	const char *unit = qs_place_unit_name(placement, &known);

	if (!known && !n_unknown) {
		qs_text_addf(text, "\n%zu nodes, all on the CPU\n", placement->n_nodes);
		return;
	}
	qs_text_addf(text, "\n%zu nodes: %zu on the %s, %zu on the CPU, %zu unknown\n",
	    placement->n_nodes, placement->n_nodes - n_cpu - n_unknown, unit, n_cpu, n_unknown);
	if (n_unknown)
		qs_text_addf(text,
		    "segments on the %s: %zu if it runs all that is unknown, %zu if it runs none "
		    "of it\n",
		    unit, segments.if_bpu, segments.if_cpu);
	else
		qs_text_addf(text, "segments on the %s: %zu\n", unit, segments.if_bpu);
}

static void write_references(const struct references *references, struct qs_text *text)
{
	for (size_t i = 0; i < references->n; i++)
		qs_text_addf(text, "%s[%zu] %s, %s\n", i ? "" : "\n", i + 1,
		    references->facts[i]->source, references->facts[i]->date);
}

enum qs_status qs_placement_write_text(const struct qs_placement *placement, struct qs_text *text)
{
	const struct qs_profile *profile = qs_placement_profile(placement);
	struct references references = {.n = 0};
	struct qs_arena arena = QS_ARENA_INIT;
	enum qs_status status;

	qs_text_addf(text, "%s on %s, read by %s\n\n", placement->options.model, profile->name,
	    front_end_of(placement));
	status = write_nodes(placement, &references, &arena, text);
	if (status == QS_OK)
		status = write_layers(placement, &references, &arena, text);
	write_sums(placement, text);
	write_references(&references, text);
	qs_arena_done(&arena);
	return status == QS_OK ? qs_text_status(text) : status;
}

/* ---- JSON ------------------------------------------------------------------------------------ */

static struct json_object *source_json(const struct qs_operator_fact *fact)
{
	struct json_object *object;

	if (!fact)
		return NULL;
	object = json_object_new_object();
	qs_json_put(object, "source", qs_json_text(fact->source));
	qs_json_put(object, "date", qs_json_text(fact->date));
	qs_json_put(object, "text", qs_json_text(fact->text));
	return object;
}

static struct json_object *limit_json(const struct qs_placed *placed)
{
	struct json_object *object;

	if (!placed->passed)
		return NULL;
	object = json_object_new_object();
	qs_json_put(object, "limit", qs_json_text(qs_limit_key(placed->limit)));
	qs_json_put(object, "most", json_object_new_int64(placed->passed->limits[placed->limit]));
	qs_json_put(object, "found", json_object_new_uint64(placed->measured));
	return object;
}

static struct json_object *node_json(
    const struct qs_placement *placement, const struct qs_placed *placed)
{
	struct json_object *object = json_object_new_object();
	const struct qs_node *node = node_of(placement, placed);

	qs_json_put(object, "node", qs_json_text(node->label));
	qs_json_put(object, "operator", qs_json_text(node->proto->op_type));
	qs_json_put(object, "on", qs_json_text(qs_unit_word(placed->on)));
	qs_json_put(
	    object, "segment", placed->segment ? json_object_new_uint64(placed->segment) : NULL);
	qs_json_put(object, "splits", json_object_new_boolean(placed->splits));
	qs_json_put(object, "left_in_float", qs_json_text(placed->left));
	qs_json_put(
	    object, "boolean", placed->boolean ? qs_json_text(placed->boolean->name) : NULL);
	qs_json_put(object, "beyond", limit_json(placed));
	qs_json_put(object, "because", source_json(reason_of(placed)));
	return object;
}

static struct json_object *layer_json(
    const struct qs_placement *placement, const struct qs_layer_formats *formats)
{
	struct json_object *object = json_object_new_object();
	const struct qs_layer *layer = &placement->layers->items[formats->layer];

	qs_json_put(object, "layer", qs_json_text(layer->name));
	qs_json_put(object, "type", qs_json_text(layer->type));
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		qs_json_put(object, qs_tensor_word((enum qs_tensor)t),
		    qs_json_text(qs_number_word(formats->numbers[t])));
	qs_json_put(object, "answer", qs_json_text(qs_answer_word(formats->answer)));
	qs_json_put(object, "cost",
	    formats->fact && formats->fact->cost ? json_object_new_int64(formats->fact->cost)
						 : NULL);
	qs_json_put(object, "because", source_json(formats->fact));
	qs_json_put(object, "later", source_json(formats->later));
	return object;
}

static struct json_object *segments_json(const struct qs_placement *placement)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(
	    object, "if_unknown_on_bpu", json_object_new_uint64(placement->segments.if_bpu));
	qs_json_put(
	    object, "if_unknown_on_cpu", json_object_new_uint64(placement->segments.if_cpu));
	return object;
}

void qs_placement_put(struct json_object *object, const struct qs_placement *placement)
{
	struct json_object *nodes = json_object_new_array(), *layers = json_object_new_array();

	for (size_t i = 0; i < placement->n_nodes; i++)
		json_object_array_add(nodes, node_json(placement, &placement->nodes[i]));
	for (size_t i = 0; i < placement->n_formats; i++)
		json_object_array_add(layers, layer_json(placement, &placement->formats[i]));
	qs_json_put(object, "device", qs_json_text(qs_placement_profile(placement)->name));
	qs_json_put(object, "segments", segments_json(placement));
	qs_json_put(object, "nodes", nodes);
	qs_json_put(object, "layers", layers);
}

enum qs_status qs_placement_write_json(const struct qs_placement *placement, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();

	qs_json_put(document, "format", qs_json_text("qstrata-place"));
	qs_json_put(document, "version", json_object_new_int(1));
	qs_json_put(document, "model", qs_json_text(placement->options.model));
	qs_json_put(document, "front_end", qs_json_text(front_end_of(placement)));
	qs_placement_put(document, placement);
	return qs_json_write(document, text);
}
