/* SPDX-License-Identifier: Apache-2.0 */
/* Configs that were tried: what each is, costs and is worth. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/suggest.h"
#include "analysis/replay_macs.h"
#include "engine/calibrate.h"

/* Layers that the name of a candidate tells. */
#define LAYERS_TOLD 3

struct qs_candidate *qs_candidate_new(
    const struct qs_suggestion *suggestion, const struct qs_candidate *from)
{
	struct qs_candidate *candidate = calloc(1, sizeof(*candidate));

	if (!candidate)
		return NULL;
	candidate->kinds = calloc(suggestion->n_layers + 1, sizeof(*candidate->kinds));
	if (!candidate->kinds) {
		free(candidate);
		return NULL;
	}
	if (from) {
		memcpy(candidate->kinds, from->kinds, suggestion->n_units);
		candidate->promotion = from->promotion;
	}
	return candidate;
}

void qs_candidate_free(struct qs_candidate *candidate)
{
	if (!candidate)
		return;
	free(candidate->label);
	free(candidate->kinds);
	free(candidate);
}

void qs_candidate_name(struct qs_candidate *candidate, const char *format, ...)
{
	char label[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(label, sizeof(label), format, arguments);
	va_end(arguments);
	free(candidate->label);
	candidate->label = strdup(label);
}

/* A unit, and what it is given if that is not all that it may have. */
static void add_unit(const struct qs_candidate_layer *unit, unsigned kinds, struct qs_text *text)
{
	qs_text_adds(text, unit->name);
	if (kinds != unit->kinds)
		qs_text_adds(text, kinds & QS_FLOWING ? " (activation)" : " (weights)");
}

void qs_candidate_describe(const struct qs_suggestion *suggestion, struct qs_candidate *candidate)
{
	struct qs_text text = QS_TEXT_INIT;
	size_t n = 0, n_layers = 0;

	if (candidate->label)
		return;
	for (size_t i = 0; i < suggestion->n_units; i++) {
		n_layers += candidate->kinds[i] != 0;
		if (!candidate->kinds[i] || n == LAYERS_TOLD)
			continue;
		qs_text_adds(&text, n++ ? ", " : "");
		add_unit(&suggestion->units[i], candidate->kinds[i], &text);
	}
	if (n_layers > n)
		qs_text_addf(&text, " and %zu more", n_layers - n);
	candidate->label = text.failed || !text.data ? NULL : strdup(text.data);
	qs_text_done(&text);
}

/* ---- what it is worth ------------------------------------------------------------------------ */

bool qs_suggestion_better(const struct qs_suggestion *suggestion, double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a) && isnan(b);
	return suggestion->less_is_better ? a < b : a > b;
}

bool qs_candidate_reaches(const struct qs_candidate *candidate)
{
	return candidate && candidate->reaches;
}

void qs_candidate_take(
    const struct qs_suggestion *suggestion, struct qs_candidate *candidate, double value)
{
	const double margin = candidate->is_checked ? 0.0 : suggestion->margin;
	const double goal =
	    suggestion->less_is_better ? suggestion->goal - margin : suggestion->goal + margin;

	candidate->value = value;
	candidate->reaches = !isnan(value) && !qs_suggestion_better(suggestion, goal, value);
}

/* ---- what it costs --------------------------------------------------------------------------- */

static unsigned bits_of(const struct qs_spec *spec)
{
	return spec->datatype == QS_DATATYPE_INT ? (unsigned)spec->bit_width : 16;
}

/* Bytes of the parameters that have formats. */
static uint64_t count_bytes(const struct qs_plan *plan)
{
	uint64_t bits = 0;

	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];
		const struct qs_value *value = &plan->layers->graph->values[site->value];
		size_t n;

		if (qs_site_is_constant(site) && value->rank >= 0 &&
		    qs_shape_count(value->dims, (size_t)value->rank, &n))
			bits += (uint64_t)n * bits_of(&site->spec);
	}
	return (bits + 7) / 8;
}

static bool is_wide(const struct qs_plan *plan, size_t site)
{
	return site != QS_NONE && bits_of(&plan->sites[site].spec) > 8;
}

/* Multiply-accumulates of layers with an operand of more than 8 bits. */
static uint64_t count_macs16(const struct qs_plan *plan, const struct qs_macs *macs)
{
	uint64_t n = 0;

	for (size_t i = 0; i < plan->layers->n_items; i++) {
		const struct qs_layer *layer = &plan->layers->items[i];

		if (macs[i].n && (is_wide(plan, plan->weights_site[i]) ||
				     is_wide(plan, qs_plan_input_site(plan, layer, 0)) ||
				     is_wide(plan, qs_plan_input_site(plan, layer, 1))))
			n += macs[i].n;
	}
	return n;
}

void qs_candidate_count(const struct qs_suggestion *suggestion, const struct qs_plan *plan,
    struct qs_candidate *candidate)
{
	const struct qs_suggest_options *options = suggestion->options;

	candidate->bytes = count_bytes(plan);
	candidate->macs16 = count_macs16(plan, suggestion->macs);
	/* The config as it is may be over a limit; nothing is to be added to it then. */
	candidate->is_refused =
	    candidate->n_layers &&
	    (candidate->bytes > options->bytes_limit || candidate->macs16 > options->macs16_limit);
}

/* ---- all of them ----------------------------------------------------------------------------- */

enum qs_status qs_candidate_keep(struct qs_suggestion *suggestion, struct qs_candidate *candidate)
{
	if (suggestion->n_tried == suggestion->capacity) {
		const size_t capacity = suggestion->capacity ? suggestion->capacity * 2 : 32;
		struct qs_candidate **larger =
		    realloc(suggestion->tried, capacity * sizeof(struct qs_candidate *));

		if (!larger) {
			qs_candidate_free(candidate);
			return QS_NOMEM;
		}
		suggestion->tried = larger;
		suggestion->capacity = capacity;
	}
	suggestion->tried[suggestion->n_tried++] = candidate;
	return QS_OK;
}

struct qs_candidate *qs_candidate_find(
    const struct qs_suggestion *suggestion, const struct qs_candidate *candidate)
{
	for (size_t i = 0; i < suggestion->n_tried; i++) {
		struct qs_candidate *tried = suggestion->tried[i];

		if (tried->promotion == candidate->promotion &&
		    memcmp(tried->kinds, candidate->kinds, suggestion->n_units) == 0)
			return tried;
	}
	return NULL;
}
