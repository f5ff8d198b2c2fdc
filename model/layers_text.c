/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a model as a table for people. */
#include <inttypes.h>

#include "base/table.h"
#include "model/layers.h"

enum column {
	NAME,
	TYPE,
	INPUT,
	WEIGHTS,
	OUTPUT,
	PARAMETERS,
	MACS
};

static const struct qs_column columns[] = {
    [NAME] = {"layer", "layer", QS_COLUMN_TEXT, true, "its name"},
    [TYPE] = {"type", "type", QS_COLUMN_TEXT, true, "of PyTorch, or the operator"},
    [INPUT] = {"input", "input", QS_COLUMN_TEXT, true, "the shapes of what is read"},
    [WEIGHTS] = {"weights", "weights", QS_COLUMN_TEXT, true, "name and shape"},
    [OUTPUT] = {"output", "output", QS_COLUMN_TEXT, true, "name and shape"},
    [PARAMETERS] = {"parameters", "parameters", QS_COLUMN_LARGE, true, "how many there are"},
    [MACS] = {"macs", "MACs", QS_COLUMN_LARGE, true, "multiply-accumulates of one sample"}};

/* What cells are made of, and the one that was made last. */
struct rows {
	const struct qs_layers *layers;
	struct qs_text *made;
};

static void add_shape(struct qs_text *text, const struct qs_layer_tensor *tensor)
{
	if (tensor->rank < 0) {
		qs_text_adds(text, "?");
		return;
	}
	qs_text_adds(text, "[");
	for (int i = 0; i < tensor->rank; i++) {
		qs_text_adds(text, i ? "," : "");
		if (tensor->dims[i] < 0)
			qs_text_adds(text, "?");
		else
			qs_text_addf(text, "%" PRId64, tensor->dims[i]);
	}
	qs_text_adds(text, "]");
}

static void add_tensor(struct qs_text *text, const struct qs_layer_tensor *tensor)
{
	if (!*tensor->name)
		return;
	qs_text_addf(text, "%s ", tensor->name);
	add_shape(text, tensor);
}

/* The text of a cell of words; an empty one has nothing to say, but in a list of inputs. */
static void add_words(struct qs_text *text, const struct qs_layer *layer, enum column column)
{
	switch (column) {
	case NAME:
		qs_text_adds(text, layer->name);
		break;
	case TYPE:
		qs_text_addf(text, "%s%s", *layer->type ? layer->type : layer->op_type,
		    *layer->type && layer->depthwise ? " (depthwise)" : "");
		break;
	case INPUT:
		for (size_t i = 0; i < layer->n_inputs; i++) {
			qs_text_adds(text, i ? " " : "");
			add_shape(text, &layer->inputs[i]);
		}
		break;
	default:
		add_tensor(text, column == WEIGHTS ? &layer->weights : &layer->output);
		break;
	}
}

static struct qs_cell make_cell(const void *context, size_t row, size_t index)
{
	const struct rows *rows = context;
	const struct qs_layer *layer = &rows->layers->items[row];
	const enum column column = (enum column)index;

	if (column == PARAMETERS)
		return (struct qs_cell){
		    .is_empty = !layer->n_parameters, .count = layer->n_parameters};
	if (column == MACS)
		return (struct qs_cell){.is_unknown = !layer->macs_known,
		    .is_empty = layer->macs_known && !layer->macs,
		    .count = layer->macs};
	qs_text_clear(rows->made);
	add_words(rows->made, layer, column);
	return (struct qs_cell){
	    .is_empty = !rows->made->size && (column == WEIGHTS || column == OUTPUT),
	    .text = rows->made->size ? rows->made->data : ""};
}

static void add_sums(const struct qs_layers *layers, struct qs_text *text)
{
	uint64_t parameters = 0, macs = 0;
	size_t n_unknown = 0;

	for (size_t i = 0; i < layers->n_items; i++) {
		parameters += layers->items[i].n_parameters;
		macs += layers->items[i].macs;
		n_unknown += !layers->items[i].macs_known;
	}
	qs_text_addf(text, "\n%zu layers, ", layers->n_items);
	qs_table_add_large(text, parameters);
	qs_text_adds(text, " parameters, ");
	qs_table_add_large(text, macs);
	qs_text_adds(text, " MACs for one sample");
	if (n_unknown)
		qs_text_addf(
		    text, " and those of %zu layers whose shapes are not known", n_unknown);
	qs_text_adds(text, "\n");
}

enum qs_status qs_layers_write_text(const struct qs_layers *layers, struct qs_text *text)
{
	struct qs_text made = QS_TEXT_INIT;
	const struct rows rows = {layers, &made};
	const struct qs_table table = {.columns = columns,
	    .n_columns = sizeof(columns) / sizeof(*columns),
	    .n_rows = layers->n_items,
	    .cell = make_cell,
	    .context = &rows};
	enum qs_status status = qs_table_write_text(&table, text);

	add_sums(layers, text);
	if (status == QS_OK)
		status = qs_text_status(&made);
	qs_text_done(&made);
	return status == QS_OK ? qs_text_status(text) : status;
}
