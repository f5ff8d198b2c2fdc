/* SPDX-License-Identifier: Apache-2.0 */
/* The tensors of a model, in order. */
#include "analysis/rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *qs_attr_word(enum qs_attr attr)
{
	static const char *const words[] = {"input", "weight", "bias", "output"};

	return words[attr];
}

const char *qs_row_type(const struct qs_row *row)
{
	if (!row->layer)
		return "graph";
	return *row->layer->type ? row->layer->type : row->layer->op_type;
}

const char *qs_row_layer(const struct qs_row *row)
{
	return row->layer ? row->layer->name : row->tensor;
}

void qs_row_dtype(const struct qs_site *site, char word[QS_DTYPE_WORD])
{
	if (!site)
		snprintf(word, QS_DTYPE_WORD, "float32");
	else if (site->spec.datatype == QS_DATATYPE_INT)
		snprintf(word, QS_DTYPE_WORD, "%sint%d", site->qparams.quant_min < 0 ? "" : "u",
		    site->spec.bit_width);
	else
		snprintf(word, QS_DTYPE_WORD, "%s",
		    qs_datatype_word((enum qs_datatype)site->spec.datatype));
}

double qs_row_scale(const struct qs_site *site)
{
	double largest = NAN;

	for (size_t i = 0; site && i < site->qparams.n; i++)
		largest = fmax(largest, site->qparams.scale[i]);
	return largest;
}

/* The rows in the making, of a plan. */
struct listing {
	const struct qs_plan *plan;
	struct qs_rows *rows;
	bool *is_listed; /* by value: what a layer gives */
};

static void add(struct listing *listing, const struct qs_layer *layer, enum qs_attr attr,
    size_t value, size_t site, bool is_own)
{
	listing->rows->items[listing->rows->n++] =
	    (struct qs_row){layer, attr, listing->plan->layers->graph->values[value].name, value,
		site, is_own && site != QS_NONE};
}

/* The site at which a layer reads a value in a format of its own, or QS_NONE. */
static size_t find_reading(const struct qs_plan *plan, const struct qs_layer *layer, size_t value)
{
	size_t i = plan->reading_of_value[value];

	while (i != QS_NONE && strcmp(plan->sites[i].layer, layer->name) != 0)
		i = plan->sites[i].next;
	return i;
}

static void add_inputs(struct listing *listing, const struct qs_layer *layer)
{
	for (size_t i = 0; i < layer->n_inputs; i++) {
		const size_t value =
		    qs_graph_find(listing->plan->layers->graph, layer->inputs[i].name);
		const size_t reading = find_reading(listing->plan, layer, value);

		add(listing, layer, QS_ATTR_INPUT, value,
		    reading == QS_NONE ? listing->plan->site_of_value[value] : reading,
		    reading != QS_NONE);
	}
}

static void add_parameter(struct listing *listing, const struct qs_layer *layer, enum qs_attr attr,
    const struct qs_layer_tensor *tensor, size_t site)
{
	const struct qs_graph *graph = listing->plan->layers->graph;
	const size_t value = *tensor->name ? qs_graph_find(graph, tensor->name) : QS_NONE;

	/* What is computed from constants is not looked at. */
	if (value != QS_NONE && graph->values[value].constant)
		add(listing, layer, attr, value, site, true);
}

static void add_layer(struct listing *listing, size_t index)
{
	const struct qs_plan *plan = listing->plan;
	const struct qs_layer *layer = &plan->layers->items[index];
	const size_t value =
	    *layer->output.name ? qs_graph_find(plan->layers->graph, layer->output.name) : QS_NONE;

	add_inputs(listing, layer);
	add_parameter(listing, layer, QS_ATTR_WEIGHT, &layer->weights, plan->weights_site[index]);
	add_parameter(listing, layer, QS_ATTR_BIAS, &layer->bias, plan->bias_site[index]);
	if (value == QS_NONE)
		return;
	add(listing, layer, QS_ATTR_OUTPUT, value, plan->site_of_value[value], true);
	listing->is_listed[value] = true;
}

/* What enters the graph in a format. */
static void add_graph_inputs(struct listing *listing)
{
	const struct qs_graph *graph = listing->plan->layers->graph;

	for (size_t i = 0; i < graph->n_values; i++) {
		const size_t site = listing->plan->site_of_value[i];

		if (graph->values[i].is_entry && site != QS_NONE)
			add(listing, NULL, QS_ATTR_INPUT, i, site, true);
	}
}

/* What leaves the graph and is not what a layer gives, or is in a format of its own. */
static void add_graph_outputs(struct listing *listing)
{
	const struct qs_plan *plan = listing->plan;
	const struct qs_graph *graph = plan->layers->graph;

	for (size_t i = 0; i < graph->n_values; i++) {
		const struct qs_value *value = &graph->values[i];
		size_t site = plan->reading_of_value[i];

		if (!value->is_output || value->is_static || value->is_input)
			continue;
		while (site != QS_NONE && plan->sites[site].uses[0].node != QS_NONE)
			site = plan->sites[site].next;
		if (site != QS_NONE || !listing->is_listed[i])
			add(listing, NULL, QS_ATTR_OUTPUT, i,
			    site == QS_NONE ? plan->site_of_value[i] : site, true);
	}
}

static size_t count_most(const struct qs_plan *plan)
{
	size_t n = 2 * plan->layers->graph->n_values;

	for (size_t i = 0; i < plan->layers->n_items; i++)
		n += plan->layers->items[i].n_inputs + 3;
	return n;
}

enum qs_status qs_rows_init(struct qs_rows *rows, const struct qs_plan *plan)
{
	struct listing listing = {
	    plan, rows, calloc(plan->layers->graph->n_values + 1, sizeof(bool))};

	*rows = (struct qs_rows){calloc(count_most(plan) + 1, sizeof(*rows->items)), 0};
	if (rows->items && listing.is_listed) {
		add_graph_inputs(&listing);
		for (size_t i = 0; i < plan->layers->n_items; i++)
			add_layer(&listing, i);
		add_graph_outputs(&listing);
	}
	free(listing.is_listed);
	return rows->items && listing.is_listed ? QS_OK : QS_NOMEM;
}

void qs_rows_done(struct qs_rows *rows)
{
	free(rows->items);
}
