/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups: which layers are quantized as one.
 *
 * A group is a layer that computes and what alone reads it on and on: a batch norm that folds into
 * a convolution, activation functions, and layers that only move values.
 */
#include "engine/group.h"

#include <stdlib.h>
#include <string.h>

#include "engine/plan.h"
#include "qstrata/engine.h"

struct qs_value *qs_layer_output(const struct qs_layers *layers, const struct qs_layer *layer)
{
	return qs_graph_output(layers->graph, layer->nodes[layer->n_nodes - 1], 0);
}

const struct qs_layer *qs_layer_only_reader(
    const struct qs_layers *layers, const struct qs_value *value)
{
	size_t index;

	if (value->n_uses != 1 || value->is_output ||
	    value->uses[0].input >= layers->graph->nodes[value->uses[0].node].proto->n_input)
		return NULL;
	index = layers->of_node[value->uses[0].node];
	return index == QS_NONE ? NULL : &layers->items[index];
}

/* Whether a layer goes on with the group of its only operand. */
static bool joins(const struct qs_layer *first, const struct qs_layer *layer)
{
	bool parameters;
	const enum qs_role role = qs_role_of(layer, &parameters);

	return role == QS_ROLE_FOLLOW || role == QS_ROLE_MOVE ||
	       (strncmp(layer->type, "BatchNorm", 9) == 0 && strncmp(first->type, "Conv", 4) == 0);
}

/* Notes the first layer of a group for all that belong to it. */
static void note_group(const struct qs_layers *layers, const struct qs_layer *first, size_t *firsts)
{
	const struct qs_value *value = qs_layer_output(layers, first);

	while (value) {
		const struct qs_layer *reader = qs_layer_only_reader(layers, value);

		if (!reader || !joins(first, reader))
			return;
		firsts[reader - layers->items] = (size_t)(first - layers->items);
		value = qs_layer_output(layers, reader);
	}
}

enum qs_status qs_groups_check(const struct qs_layers *layers, const struct qs_selection *selection,
    struct qs_findings *findings)
{
	size_t *firsts = malloc((layers->n_items + 1) * sizeof(*firsts));
	enum qs_status status;

	if (!firsts)
		return QS_NOMEM;
	for (size_t i = 0; i < layers->n_items; i++)
		firsts[i] = i;
	for (size_t i = 0; i < layers->n_items; i++) {
		bool parameters;
		const enum qs_role role = qs_role_of(&layers->items[i], &parameters);

		/* What joined a group before has its own readers in it. */
		if (firsts[i] == i && (role == QS_ROLE_COMPUTE || role == QS_ROLE_CONCAT))
			note_group(layers, &layers->items[i], firsts);
	}
	status = qs_selection_check_groups(selection, firsts, findings);
	free(firsts);
	return status;
}
