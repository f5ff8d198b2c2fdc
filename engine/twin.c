/* SPDX-License-Identifier: Apache-2.0 */
/* Which layers have float twins. */
#include "engine/twin.h"

#include <stdlib.h>

enum qs_status qs_twins_init(struct qs_twins *twins, const struct qs_plan *plan)
{
	*twins =
	    (struct qs_twins){.items = calloc(plan->layers->n_items + 1, sizeof(*twins->items)),
		.of_node = qs_plan_none(plan->layers->graph->n_nodes)};
	return twins->items && twins->of_node ? QS_OK : QS_NOMEM;
}

void qs_twins_done(struct qs_twins *twins)
{
	free(twins->items);
	free(twins->of_node);
}

void qs_twins_add(struct qs_twins *twins, const struct qs_plan *plan, size_t layer)
{
	const struct qs_layer *item = &plan->layers->items[layer];
	const size_t last = item->nodes[item->n_nodes - 1];

	twins->of_node[item->node] = twins->n;
	twins->items[twins->n++] =
	    (struct qs_twin){layer, plan->layers->graph->nodes[last].outputs[0]};
}
