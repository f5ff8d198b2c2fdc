/* SPDX-License-Identifier: Apache-2.0 */
/* The layers of a model as a table for people. */
#include <inttypes.h>
#include <stdio.h>

#include "model/layers.h"

enum column {
	NAME,
	TYPE,
	INPUT,
	WEIGHTS,
	OUTPUT,
	PARAMETERS,
	MACS,
	N_COLUMNS
};

static const char *const titles[N_COLUMNS] = {
    "layer", "type", "input", "weights", "output", "parameters", "MACs"};

/* Numbers stand to the right of their columns. */
static bool is_number(enum column column)
{
	return column >= PARAMETERS;
}

/* Names come from a file: what would move the cursor is shown as a question mark. */
static void add_name(struct qs_text *text, const char *name)
{
	for (; *name; name++) {
		const bool control = (unsigned char)*name < 0x20 || *name == 0x7F;

		qs_text_add(text, control ? "?" : name, 1);
	}
}

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
	if (!*tensor->name) {
		qs_text_adds(text, "-");
		return;
	}
	add_name(text, tensor->name);
	qs_text_adds(text, " ");
	add_shape(text, tensor);
}

/* 1234567 as "1 234 567", nothing as "-". */
static void add_count(struct qs_text *text, uint64_t count)
{
	char digits[32];
	const int n = count ? snprintf(digits, sizeof(digits), "%" PRIu64, count)
	                    : snprintf(digits, sizeof(digits), "-");

	for (int i = 0; i < n; i++) {
		qs_text_adds(text, i && (n - i) % 3 == 0 ? " " : "");
		qs_text_add(text, digits + i, 1);
	}
}

static void add_cell(struct qs_text *text, const struct qs_layer *layer, enum column column)
{
	switch (column) {
	case NAME:
		add_name(text, layer->name);
		break;
	case TYPE:
		if (*layer->type)
			qs_text_addf(
			    text, "%s%s", layer->type, layer->depthwise ? " (depthwise)" : "");
		else
			add_name(text, layer->op_type);
		break;
	case INPUT:
		for (size_t i = 0; i < layer->n_inputs; i++) {
			qs_text_adds(text, i ? " " : "");
			add_shape(text, &layer->inputs[i]);
		}
		break;
	case WEIGHTS:
		add_tensor(text, &layer->weights);
		break;
	case OUTPUT:
		add_tensor(text, &layer->output);
		break;
	case PARAMETERS:
		add_count(text, layer->n_parameters);
		break;
	default:
		if (layer->macs_known)
			add_count(text, layer->macs);
		else
			qs_text_adds(text, "?");
		break;
	}
}

static size_t count_points(const struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < text->size; i++)
		n += ((unsigned char)text->data[i] & 0xC0) != 0x80;
	return n;
}

static void add_padded(
    struct qs_text *text, const struct qs_text *cell, enum column column, const size_t *widths)
{
	const size_t gap = widths[column] - count_points(cell);

	qs_text_adds(text, column ? "  " : "");
	if (is_number(column))
		qs_text_fill(text, ' ', gap);
	qs_text_add(text, cell->data, cell->size);
	if (!is_number(column))
		qs_text_fill(text, ' ', gap);
}

/* One line; row QS_NONE is the titles. */
static void make_cell(
    const struct qs_layers *layers, size_t row, enum column column, struct qs_text *cell)
{
	qs_text_clear(cell);
	if (row == QS_NONE)
		qs_text_adds(cell, titles[column]);
	else
		add_cell(cell, &layers->items[row], column);
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
	add_count(text, parameters);
	qs_text_adds(text, " parameters, ");
	add_count(text, macs);
	qs_text_adds(text, " MACs for one sample");
	if (n_unknown)
		qs_text_addf(
		    text, " and those of %zu layers whose shapes are not known", n_unknown);
	qs_text_adds(text, "\n");
}

enum qs_status qs_layers_write_text(const struct qs_layers *layers, struct qs_text *text)
{
	size_t widths[N_COLUMNS] = {0};
	struct qs_text cell = QS_TEXT_INIT;
	enum qs_status status;

	for (size_t row = 0; row <= layers->n_items; row++) {
		for (enum column c = 0; c < N_COLUMNS; c++) {
			make_cell(layers, row - 1, c, &cell);
			if (count_points(&cell) > widths[c])
				widths[c] = count_points(&cell);
		}
	}
	for (size_t row = 0; row <= layers->n_items; row++) {
		for (enum column c = 0; c < N_COLUMNS; c++) {
			make_cell(layers, row - 1, c, &cell);
			add_padded(text, &cell, c, widths);
		}
		qs_text_adds(text, "\n");
	}
	add_sums(layers, text);
	status = qs_text_status(&cell);
	qs_text_done(&cell);
	return status == QS_OK ? qs_text_status(text) : status;
}
