/* SPDX-License-Identifier: Apache-2.0 */
/* The sites of a plan as rows. */
#include "analysis/sensitivity_rows.h"

#include <stdlib.h>

#include "numbers/registry.h"

static const char *const types[QS_TENSOR__COUNT] = {
    [QS_TENSOR_INPUT] = "input",
    [QS_TENSOR_WEIGHTS] = "weight",
    [QS_TENSOR_BIAS] = "bias",
    [QS_TENSOR_ACTIVATION] = "activation",
};

struct making {
	struct qs_sensitive_rows *rows;
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_map layers; /* by name: index */
	size_t *partner;      /* by site: that of the bias in the row of the weights, or QS_NONE */
	bool *taken;          /* by site: has no row of its own */
	bool nomem;
};

/* How the tools of devices call a format: qint8, float16. */
static const char *name_format(struct making *making, const struct qs_spec *spec)
{
	if (spec->datatype == QS_DATATYPE_INT)
		return qs_arena_printf(&making->rows->arena, "q%sint%d", spec->is_signed ? "" : "u",
		    (int)spec->bit_width);
	return qs_arena_strdup(&making->rows->arena, qs_registry_datatype(making->registry, spec));
}

/* Samples of a run, where the model fixes them. */
static uint64_t find_batch(const struct qs_graph *graph)
{
	for (size_t i = 0; i < graph->n_values; i++) {
		const struct qs_value *value = &graph->values[i];

		if (value->is_input)
			return value->rank > 0 && value->dims[0] > 0 ? (uint64_t)value->dims[0] : 1;
	}
	return 1;
}

static void fill_row(struct making *making, size_t site, struct qs_sensitive *row)
{
	const struct qs_site *item = &making->plan->sites[site];
	const size_t index = item->layer[0] ? qs_map_get(&making->layers, item->layer) : QS_NONE;
	const struct qs_layer *layer =
	    index == QS_NONE ? NULL : &making->plan->layers->items[index];
	struct qs_arena *arena = &making->rows->arena;

	row->kind = item->kind;
	row->type = types[item->kind];
	row->layer = index;
	row->format = item->format;
	row->sites[row->n_sites++] = site;
	if (making->partner[site] != QS_NONE)
		row->sites[row->n_sites++] = making->partner[site];
	row->op_name = qs_arena_strdup(arena, layer ? layer->name : item->tensor);
	row->op_type = qs_arena_strdup(arena, !layer ? item->is_constant ? "Constant" : "Input"
					      : layer->type[0] ? layer->type
							       : layer->op_type);
	row->dtype = name_format(making, &item->spec);
	row->macs = (struct qs_macs){0, !layer};
	making->nomem = making->nomem || !row->op_name || !row->op_type || !row->dtype;
}

/* The bias of a layer goes with its weights. */
static void pair_up(struct making *making)
{
	const struct qs_plan *plan = making->plan;

	for (size_t i = 0; i < plan->layers->n_items; i++) {
		const size_t weights = plan->weights_site[i], bias = plan->bias_site[i];

		if (weights == QS_NONE || bias == QS_NONE || weights == bias ||
		    making->partner[weights] != QS_NONE || making->taken[bias])
			continue;
		making->partner[weights] = bias;
		making->taken[bias] = true;
	}
}

static bool prepare(struct making *making)
{
	const struct qs_layers *layers = making->plan->layers;
	const size_t n = making->plan->n_sites;

	making->rows->items = calloc(n + 1, sizeof(*making->rows->items));
	making->partner = qs_plan_none(n);
	making->taken = calloc(n + 1, sizeof(*making->taken));
	making->rows->batch = find_batch(layers->graph);
	if (!making->rows->items || !making->partner || !making->taken)
		return false;
	for (size_t i = 0; i < layers->n_items; i++) {
		if (!qs_map_set(&making->layers, layers->items[i].name, i))
			return false;
	}
	return true;
}

/* What enters the model first, then layer by layer. */
static int compare(const void *a, const void *b)
{
	const struct qs_sensitive *x = a, *y = b;

	if (x->layer != y->layer) {
		if (x->layer == QS_NONE || y->layer == QS_NONE)
			return x->layer == QS_NONE ? -1 : 1;
		return x->layer < y->layer ? -1 : 1;
	}
	return x->sites[0] < y->sites[0] ? -1 : x->sites[0] > y->sites[0];
}

enum qs_status qs_sensitive_rows_init(
    struct qs_sensitive_rows *rows, const struct qs_plan *plan, const struct qs_registry *registry)
{
	struct making making = {
	    .rows = rows, .plan = plan, .registry = registry, .layers = QS_MAP_INIT};

	*rows = (struct qs_sensitive_rows){.items = NULL};
	making.nomem = !prepare(&making);
	if (!making.nomem)
		pair_up(&making);
	for (size_t i = 0; i < plan->n_sites && !making.nomem; i++) {
		if (!making.taken[i])
			fill_row(&making, i, &rows->items[rows->n++]);
	}
	if (rows->n)
		qsort(rows->items, rows->n, sizeof(*rows->items), compare);
	qs_map_done(&making.layers);
	free(making.partner);
	free(making.taken);
	return making.nomem ? QS_NOMEM : QS_OK;
}

static uint64_t times(uint64_t macs, uint64_t batch)
{
	return macs > UINT64_MAX / batch ? UINT64_MAX : macs * batch;
}

void qs_sensitive_rows_count(
    struct qs_sensitive_rows *rows, const struct qs_macs *macs, size_t n_layers)
{
	rows->macs = 0;
	for (size_t i = 0; i < n_layers; i++)
		rows->macs += times(macs[i].n, rows->batch);
	for (size_t i = 0; i < rows->n; i++) {
		struct qs_sensitive *row = &rows->items[i];

		if (row->layer == QS_NONE)
			continue;
		row->macs.n = times(macs[row->layer].n, rows->batch);
		row->macs.known = macs[row->layer].known;
	}
}

void qs_sensitive_rows_done(struct qs_sensitive_rows *rows)
{
	free(rows->items);
	qs_arena_done(&rows->arena);
	*rows = (struct qs_sensitive_rows){.items = NULL};
}
