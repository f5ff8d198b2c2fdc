/* SPDX-License-Identifier: Apache-2.0 */
/* Layers that can have more bits, and how many the device takes. */
#include <math.h>
#include <stdlib.h>

#include "analysis/sensitivity.h"
#include "engine/job.h"
#include "analysis/suggest.h"
#include "base/map.h"

static void fill_unit(
    struct qs_suggestion *suggestion, const struct qs_layer *layer, struct qs_candidate_layer *unit)
{
	unit->name = qs_arena_strdup(&suggestion->arena, layer->name);
	unit->type = qs_arena_strdup(&suggestion->arena, layer->type);
	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++) {
		unit->cosine_of[kind] = 1.0;
		unit->place_of[kind] = QS_NONE;
	}
}

static void add_row(struct qs_candidate_layer *unit, const struct qs_sensitivity *sensitivity,
    size_t index, const struct qs_job *job, size_t place)
{
	const struct qs_sensitive *row = &sensitivity->rows.items[index];
	/* Of rows that were measured together each has its part. */
	const double harm = qs_sensitivity_value(sensitivity, index, QS_METRIC_MSE) /
	                    (double)sensitivity->together[index];
	const double cosine = qs_sensitivity_value(sensitivity, index, QS_METRIC_COSINE);

	for (size_t s = 0; s < row->n_sites; s++) {
		const struct qs_spec *spec = &job->plan->sites[row->sites[s]].spec;

		/* What is wide already stays as it is. */
		if (spec->datatype == QS_DATATYPE_INT && spec->bit_width < 16)
			unit->kinds |= 1U << job->plan->sites[row->sites[s]].kind;
	}
	unit->harm_of[row->kind] += isnan(harm) ? INFINITY : harm;
	unit->harm += isnan(harm) ? INFINITY : harm;
	unit->cosine_of[row->kind] = fmin(unit->cosine_of[row->kind], isnan(cosine) ? -1 : cosine);
	if (place < unit->place_of[row->kind])
		unit->place_of[row->kind] = place;
}

static size_t first_place(const struct qs_candidate_layer *unit)
{
	size_t first = QS_NONE;

	for (int kind = 0; kind < QS_TENSOR__COUNT; kind++)
		first = unit->place_of[kind] < first ? unit->place_of[kind] : first;
	return first;
}

static int compare_units(const void *a, const void *b)
{
	const struct qs_candidate_layer *x = a, *y = b;

	if (x->harm > y->harm || x->harm < y->harm)
		return x->harm > y->harm ? -1 : 1;
	return first_place(x) < first_place(y) ? -1 : first_place(x) > first_place(y);
}

enum qs_status qs_suggest_units(
    struct qs_suggestion *suggestion, const struct qs_sensitivity *sensitivity)
{
	const struct qs_job *job = suggestion->job;
	const size_t n_layers = job->plan->layers->n_items;
	struct qs_candidate_layer *all = calloc(n_layers + 1, sizeof(*all));
	size_t *order = qs_sensitivity_order(sensitivity, QS_METRIC_COSINE);

	suggestion->n_rows = sensitivity->rows.n;
	suggestion->units = all;
	if (!all || !order) {
		free(order);
		return QS_NOMEM;
	}
	for (size_t i = 0; i < n_layers; i++)
		fill_unit(suggestion, &job->plan->layers->items[i], &all[i]);
	for (size_t i = 0; i < sensitivity->rows.n; i++) {
		const size_t layer = sensitivity->rows.items[order[i]].format;

		if (layer != QS_NONE && !qs_selection_is_chosen(job->selection, layer))
			add_row(&all[layer], sensitivity, order[i], job, i);
	}
	for (size_t i = 0; i < n_layers; i++) {
		if (!all[i].name || !all[i].type) {
			free(order);
			return QS_NOMEM;
		}
		if (all[i].kinds)
			all[suggestion->n_units++] = all[i];
	}
	qsort(all, suggestion->n_units, sizeof(*all), compare_units);
	free(order);
	return QS_OK;
}

/* ---- what the device takes ------------------------------------------------------------------- */

/* Whether the device takes these kinds of a unit at 16 bits. */
static enum qs_status ask(
    struct qs_suggestion *suggestion, size_t unit, unsigned kinds, bool *ret_is_clean)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);
	enum qs_status status;

	if (!candidate)
		return QS_NOMEM;
	candidate->kinds[unit] = (unsigned char)kinds;
	status = qs_candidate_judge(suggestion, candidate);
	*ret_is_clean = status == QS_OK && !candidate->is_refused;
	qs_candidate_free(candidate);
	return status;
}

/* What of kinds the device takes: all, what flows, what is constant, or nothing. */
static enum qs_status allow(
    struct qs_suggestion *suggestion, size_t unit, unsigned kinds, unsigned *ret_kinds)
{
	const unsigned tries[] = {kinds, kinds & QS_FLOWING, kinds & ~QS_FLOWING};
	enum qs_status status = QS_OK;

	*ret_kinds = 0;
	for (size_t i = 0; i < sizeof(tries) / sizeof(*tries) && !*ret_kinds; i++) {
		bool is_clean = false;

		if (tries[i] && status == QS_OK)
			status = ask(suggestion, unit, tries[i], &is_clean);
		*ret_kinds = is_clean ? tries[i] : 0;
	}
	return status;
}

/* Gives a unit the kinds that it may have: those of a unit of the same type and kinds, if one was
 * asked about before. */
static enum qs_status allow_unit(
    struct qs_suggestion *suggestion, size_t unit, struct qs_map *asked)
{
	struct qs_candidate_layer *item = &suggestion->units[unit];
	/* Maps borrow their keys. */
	const char *key = qs_arena_printf(&suggestion->arena, "%x %s", item->kinds, item->type);
	enum qs_status status = QS_OK;
	unsigned allowed = 0;
	size_t known;

	if (!key)
		return QS_NOMEM;
	known = qs_map_get(asked, key);
	if (known == QS_MAP_NONE) {
		status = allow(suggestion, unit, item->kinds, &allowed);
		if (status == QS_OK && !qs_map_set(asked, key, allowed))
			status = QS_NOMEM;
	} else {
		allowed = (unsigned)known;
	}
	item->kinds = allowed;
	return status;
}

enum qs_status qs_suggest_allow(struct qs_suggestion *suggestion)
{
	struct qs_map asked = QS_MAP_INIT;
	enum qs_status status = QS_OK;
	size_t n = 0;

	for (size_t i = 0; i < suggestion->n_units && status == QS_OK; i++)
		status = allow_unit(suggestion, i, &asked);
	for (size_t i = 0; i < suggestion->n_units && status == QS_OK; i++) {
		if (suggestion->units[i].kinds)
			suggestion->units[n++] = suggestion->units[i];
	}
	suggestion->n_units = status == QS_OK ? n : suggestion->n_units;
	qs_map_done(&asked);
	return status;
}
