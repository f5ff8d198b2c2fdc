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

const struct qs_value *qs_layer_output(const struct qs_layers *layers, const struct qs_layer *layer)
{
	return qs_graph_output(layers->graph, layer->nodes[layer->n_nodes - 1], 0);
}

const struct qs_layer *qs_layer_only_reader(
    const struct qs_layers *layers, const struct qs_value *value, size_t *ret_index)
{
	size_t index;

	if (value->n_uses != 1 || value->is_output ||
	    value->uses[0].input >= layers->graph->nodes[value->uses[0].node].proto->n_input)
		return NULL;
	index = layers->of_node[value->uses[0].node];
	if (index == QS_NONE)
		return NULL;
	*ret_index = index;
	return &layers->items[index];
}

/* Whether a node exchanges two axes: a transpose, which unlike other permutations ends a group. */
static bool swaps_axes(const struct qs_graph *graph, size_t node)
{
	const Onnx__AttributeProto *perm = qs_attribute(graph->nodes[node].proto, "perm");
	const struct qs_value *output = qs_graph_output(graph, node, 0);
	size_t n_moved = 0;

	if (!perm)
		return output && (output->rank == 2 || output->rank == 3);
	for (size_t i = 0; i < perm->n_ints; i++)
		n_moved += perm->ints[i] != (int64_t)i;
	return n_moved == 2;
}

enum qs_role qs_group_role(const struct qs_layers *layers, const struct qs_layer *layer)
{
	enum qs_role_parameters parameters;
	enum qs_role role;

	if (!layer)
		return QS_ROLE_FLOAT;
	role = qs_role_of(layer, &parameters);
	if (role == QS_ROLE_MOVE && strcmp(layer->op_type, "Transpose") == 0 &&
	    swaps_axes(layers->graph, layer->node))
		return QS_ROLE_FOLLOW;
	return role;
}

static bool is_batch_norm(const struct qs_layer *layer)
{
	return strncmp(layer->type, "BatchNorm", 9) == 0;
}

static bool is_convolution(const struct qs_layer *layer)
{
	return strncmp(layer->type, "Conv", 4) == 0;
}

bool qs_group_folds(const struct qs_layers *layers, const struct qs_layer *layer)
{
	const struct qs_value *operand = qs_graph_input(layers->graph, layer->node, 0);
	size_t producer = QS_NONE, reader;

	if (is_batch_norm(layer) && operand && operand->producer != QS_NONE)
		producer = layers->of_node[operand->producer];
	return producer != QS_NONE && is_convolution(&layers->items[producer]) &&
	       qs_layer_only_reader(layers, operand, &reader);
}

/* Whether a layer goes on with the group of its only operand. */
static bool joins(
    const struct qs_layers *layers, const struct qs_layer *first, const struct qs_layer *layer)
{
	const enum qs_role role = qs_group_role(layers, layer);

	return role == QS_ROLE_FOLLOW || role == QS_ROLE_MOVE ||
	       (is_batch_norm(layer) && is_convolution(first));
}

/* Notes the first layer of a group for all that belong to it. */
static void note_group(const struct qs_layers *layers, const struct qs_layer *first, size_t *firsts)
{
	const struct qs_value *value = qs_layer_output(layers, first);
	size_t index;

	while (value) {
		const struct qs_layer *reader = qs_layer_only_reader(layers, value, &index);

		if (!reader || !joins(layers, first, reader))
			return;
		firsts[index] = (size_t)(first - layers->items);
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
		/* What joined a group before has its own readers in it. */
		if (firsts[i] == i && qs_role_quantizes(qs_group_role(layers, &layers->items[i])))
			note_group(layers, &layers->items[i], firsts);
	}
	status = qs_selection_check_groups(selection, firsts, findings);
	free(firsts);
	return status;
}
