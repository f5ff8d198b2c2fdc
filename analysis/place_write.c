/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a placement: tables for people, and JSON. */
#include <string.h>

#include "analysis/columns.h"
#include "analysis/place.h"
#include "base/json_document.h"
#include "model/onnx.h"

static const struct qs_profile *profile_of(const struct qs_placement *placement)
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

static void write_reason(struct qs_columns *columns, struct references *references,
    const struct qs_operator_fact *fact, const char *text)
{
	const size_t number = refer(references, fact);

	if (!fact)
		qs_columns_add(columns, "no source");
	else if (text)
		qs_columns_addf(columns, "[%zu] %s", number, text);
	else
		qs_columns_addf(columns, "[%zu]", number);
}

static void write_node(const struct qs_placement *placement, const struct qs_placed *placed,
    struct references *references, struct qs_columns *columns)
{
	const struct qs_node *node = node_of(placement, placed);

	qs_columns_add(columns, node->label);
	qs_columns_add(columns, node->proto->op_type);
	qs_columns_add(columns, qs_unit_word(placed->on));
	if (placed->segment)
		qs_columns_addf(columns, "%zu", placed->segment);
	else
		qs_columns_add(columns, placed->splits ? "splits" : NULL);
	if (placed->passed)
		write_reason(columns, references, placed->passed, qs_limit_what(placed->limit));
	else
		write_reason(
		    columns, references, placed->fact, placed->fact ? placed->fact->text : NULL);
}

static enum qs_status write_nodes(
    const struct qs_placement *placement, struct references *references, struct qs_text *text)
{
	static const char *const titles[] = {"node", "operator", "on", "segment", "source"};
	struct qs_columns columns;
	enum qs_status status;

	qs_columns_init(&columns, sizeof(titles) / sizeof(*titles));
	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		qs_columns_add(&columns, titles[i]);
	for (size_t i = 0; i < placement->n_nodes; i++)
		write_node(placement, &placement->nodes[i], references, &columns);
	status = qs_columns_write(&columns, text);
	qs_columns_done(&columns);
	return status;
}

static void write_layer(const struct qs_placement *placement,
    const struct qs_layer_formats *formats, struct references *references,
    struct qs_columns *columns)
{
	const struct qs_layer *layer = &placement->layers->items[formats->layer];
	const struct qs_operator_fact *fact = formats->fact;

	qs_columns_add(columns, layer->name);
	qs_columns_add(columns, layer->type[0] ? layer->type : layer->op_type);
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		qs_columns_add(columns, qs_number_word(formats->numbers[t]));
	qs_columns_add(columns, qs_answer_word(formats->answer));
	if (fact && fact->cost)
		qs_columns_addf(columns, "%u", fact->cost);
	else
		qs_columns_add(columns, NULL);
	write_reason(columns, references, fact, fact ? fact->text : NULL);
	if (formats->later) {
		for (size_t i = 0; i < 3 + QS_TENSOR__COUNT; i++)
			qs_columns_add(columns, i == 2 + QS_TENSOR__COUNT ? "later" : "");
		qs_columns_add(columns, "");
		write_reason(columns, references, formats->later, formats->later->text);
	}
}

static enum qs_status write_layers(
    const struct qs_placement *placement, struct references *references, struct qs_text *text)
{
	struct qs_columns columns;
	enum qs_status status;

	if (!placement->n_formats)
		return QS_OK;
	qs_text_adds(text, "\n");
	qs_columns_init(&columns, 5 + QS_TENSOR__COUNT);
	qs_columns_add(&columns, "layer");
	qs_columns_add(&columns, "type");
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		qs_columns_add(&columns, qs_tensor_word((enum qs_tensor)t));
	qs_columns_add(&columns, "answer");
	qs_columns_add(&columns, "cost");
	qs_columns_add(&columns, "source");
	for (size_t i = 0; i < placement->n_formats; i++)
		write_layer(placement, &placement->formats[i], references, &columns);
	status = qs_columns_write(&columns, text);
	qs_columns_done(&columns);
	return status;
}

static size_t count_on(const struct qs_placement *placement, enum qs_unit on)
{
	size_t n = 0;

	for (size_t i = 0; i < placement->n_nodes; i++)
		n += placement->nodes[i].on == on;
	return n;
}

static void write_sums(const struct qs_placement *placement, struct qs_text *text)
{
	const struct qs_segments segments = placement->segments;
	const size_t n_unknown = count_on(placement, QS_UNIT_UNKNOWN);

	qs_text_addf(text, "\n%zu nodes: %zu on the BPU, %zu on the CPU, %zu unknown\n",
	    placement->n_nodes, count_on(placement, QS_UNIT_BPU), count_on(placement, QS_UNIT_CPU),
	    n_unknown);
	if (n_unknown)
		qs_text_addf(text,
		    "segments on the BPU: %zu if it runs all that is unknown, %zu if it runs none "
		    "of it\n",
		    segments.if_bpu, segments.if_cpu);
	else
		qs_text_addf(text, "segments on the BPU: %zu\n", segments.if_bpu);
}

static void write_references(const struct references *references, struct qs_text *text)
{
	for (size_t i = 0; i < references->n; i++)
		qs_text_addf(text, "%s[%zu] %s, %s\n", i ? "" : "\n", i + 1,
		    references->facts[i]->source, references->facts[i]->date);
}

enum qs_status qs_placement_write_text(const struct qs_placement *placement, struct qs_text *text)
{
	const struct qs_profile *profile = profile_of(placement);
	struct references references = {.n = 0};
	enum qs_status status;

	qs_text_addf(text, "%s on %s, read by %s\n\n", placement->options.model, profile->name,
	    front_end_of(placement));
	status = write_nodes(placement, &references, text);
	if (status == QS_OK)
		status = write_layers(placement, &references, text);
	write_sums(placement, text);
	write_references(&references, text);
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

enum qs_status qs_placement_write_json(const struct qs_placement *placement, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *nodes = json_object_new_array(), *layers = json_object_new_array();

	qs_json_put(document, "format", qs_json_text("qstrata-place"));
	qs_json_put(document, "version", json_object_new_int(1));
	qs_json_put(document, "model", qs_json_text(placement->options.model));
	qs_json_put(document, "device", qs_json_text(profile_of(placement)->name));
	qs_json_put(document, "front_end", qs_json_text(front_end_of(placement)));
	qs_json_put(document, "segments", segments_json(placement));
	for (size_t i = 0; i < placement->n_nodes; i++)
		json_object_array_add(nodes, node_json(placement, &placement->nodes[i]));
	for (size_t i = 0; i < placement->n_formats; i++)
		json_object_array_add(layers, layer_json(placement, &placement->formats[i]));
	qs_json_put(document, "nodes", nodes);
	qs_json_put(document, "layers", layers);
	return qs_json_write(document, text);
}
