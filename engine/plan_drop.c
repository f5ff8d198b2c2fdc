/* SPDX-License-Identifier: Apache-2.0 */
/* Takes sites out of a plan that cannot have scales. */
#include <stdlib.h>

#include "engine/plan.h"
#include "qstrata/numbers.h"

const char qs_plan_unseen[] = "no batch of the calibration data takes its branch";

/* What a site is about: what computes the tensor, or else what reads it. */
static size_t node_of(const struct qs_plan *plan, const struct qs_site *site)
{
	const struct qs_value *value = &plan->layers->graph->values[site->value];

	if (site->n_uses && site->uses[0].node != QS_NONE)
		return site->uses[0].node;
	return value->producer != QS_NONE || !value->n_uses ? value->producer : value->uses[0].node;
}

bool qs_plan_is_in_branch(const struct qs_plan *plan, const struct qs_site *site)
{
	const size_t node = node_of(plan, site);

	return node != QS_NONE && plan->layers->graph->nodes[node].region;
}

static void keep(struct qs_plan *plan, const struct qs_site *site, const char *reason)
{
	size_t index;
	const struct qs_layer *layer = qs_plan_layer_of(plan, node_of(plan, site), &index);

	if (layer)
		qs_plan_keep(plan, layer, site->kind, reason);
}

/* The new index of every site, QS_NONE for one that goes. A bias goes with the scale that it is
 * tied to. */
static void number(const struct qs_plan *plan, const bool *goes, size_t *now)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->n_sites; i++) {
		const struct qs_site *site = &plan->sites[i];
		const bool is_tied = site->input_site != QS_NONE &&
		                     (goes[site->input_site] || goes[site->weights_site]);

		now[i] = goes[i] || is_tied ? QS_NONE : n++;
	}
}

static void renumber(size_t *index, const size_t *now)
{
	if (*index != QS_NONE)
		*index = now[*index];
}

/* Takes what goes out of a list of sites of one tensor, which ends with QS_NONE. */
static void relink(struct qs_plan *plan, size_t *first, const size_t *now)
{
	while (*first != QS_NONE) {
		size_t *next = &plan->sites[*first].next;

		if (now[*first] == QS_NONE) {
			*first = *next;
		} else {
			renumber(first, now);
			first = next;
		}
	}
}

enum qs_status qs_plan_drop(struct qs_plan *plan, const bool *goes, const char *reason)
{
	const size_t n = plan->n_sites;
	size_t *now = malloc((n + 1) * sizeof(*now));

	if (!now)
		return QS_NOMEM;
	number(plan, goes, now);
	for (size_t i = 0; i < plan->layers->graph->n_values; i++) {
		relink(plan, &plan->reading_of_value[i], now);
		renumber(&plan->site_of_value[i], now);
	}
	for (size_t i = 0; i < plan->first_read[plan->layers->graph->n_nodes]; i++)
		renumber(&plan->site_of_read[i], now);
	for (size_t i = 0; i < plan->layers->n_items; i++) {
		renumber(&plan->weights_site[i], now);
		renumber(&plan->bias_site[i], now);
	}
	for (size_t i = 0; i < n; i++) {
		struct qs_site *site = &plan->sites[i];

		if (now[i] == QS_NONE) {
			keep(plan, site, reason);
			qs_qparams_done(&site->qparams);
			free(site->correction);
			continue;
		}
		renumber(&site->input_site, now);
		renumber(&site->weights_site, now);
		plan->sites[now[i]] = *site;
		plan->n_sites = now[i] + 1;
	}
	free(now);
	return plan->nomem ? QS_NOMEM : QS_OK;
}
