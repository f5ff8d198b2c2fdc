/* SPDX-License-Identifier: Apache-2.0 */
/* Float twins: layers of a piece once more, with the constants as they are. */
#include "engine/runner_making.h"

/* ---- float twins ----------------------------------------------------------------------------- */

/* The name of a value in a twin: one that the graph does not have. */
static char *name_twin(struct qs_making *making, const struct qs_value *value)
{
	char *name = qs_arena_printf(&making->item->arena, "%s#float", value->name);

	while (name && qs_graph_find(making->graph, name) != QS_NONE)
		name = qs_arena_printf(&making->item->arena, "%s#", name);
	if (!name)
		making->status = QS_NOMEM;
	return name;
}

/* Whether the twin of a layer computes a value itself: in the layer, and from its constants. */
static bool is_in_twin(const struct qs_making *making, size_t layer, const struct qs_value *value)
{
	return value->producer != QS_NONE &&
	       (value->is_static ||
		   making->runner->plan->layers->of_node[value->producer] == layer);
}

static void add_twin_member(struct qs_making *making, size_t node)
{
	qs_making_add_node(making, &making->twin, "twin ", node);
}

/* A node of a twin: what the twin computes has names of its own, all else is read as it is. */
static Onnx__NodeProto *copy_to_twin(
    struct qs_making *making, size_t layer, const struct qs_node *node)
{
	Onnx__NodeProto *copy = qs_making_take(making, sizeof(*copy));
	char **names = qs_arena_array(
	    &making->arena, node->proto->n_input + node->proto->n_output + 1, sizeof(*names));

	if (!copy || !names) {
		making->status = QS_NOMEM;
		return NULL;
	}
	*copy = *node->proto;
	copy->name = "";
	copy->input = names;
	copy->output = names + copy->n_input;
	for (size_t i = 0; i < qs_node_n_reads(node) && making->status == QS_OK; i++) {
		const struct qs_value *value =
		    node->inputs[i] == QS_NONE ? NULL : &making->graph->values[node->inputs[i]];
		const bool own = value && i < copy->n_input && is_in_twin(making, layer, value);

		if (i < copy->n_input)
			names[i] = own ? name_twin(making, value) : node->proto->input[i];
		if (own)
			add_twin_member(making, value->producer);
		else if (value)
			qs_making_add_read(making, node->inputs[i]);
	}
	for (size_t i = 0; i < copy->n_output && making->status == QS_OK; i++)
		copy->output[i] = node->outputs[i] == QS_NONE
		                      ? node->proto->output[i]
		                      : name_twin(making, &making->graph->values[node->outputs[i]]);
	return copy;
}

/* The output of a layer's twin follows the results of the piece. */
static void add_twin_output(struct qs_making *making, size_t twin)
{
	struct qs_piece *item = making->item;
	const size_t output = making->runner->twins->items[twin].output;
	Onnx__ValueInfoProto *info = qs_making_take(making, sizeof(*info));
	char *name = name_twin(making, &making->graph->values[output]);

	if (!info || !name)
		return;
	onnx__value_info_proto__init(info);
	info->name = name;
	qs_making_push(making, &making->outputs, info);
	item->result_names[item->n_results + item->n_twins] = name;
	item->twins[item->n_twins++] = twin;
}

/* Adds the float twin of a layer, from its output back. */
static void add_twin(struct qs_making *making, size_t twin)
{
	const struct qs_twin *item = &making->runner->twins->items[twin];

	making->twin.n = 0;
	add_twin_member(making, making->graph->values[item->output].producer);
	for (size_t i = 0; i < making->twin.n && making->status == QS_OK; i++) {
		const struct qs_node *node = making->twin.items[i];
		Onnx__NodeProto *copy = copy_to_twin(making, item->layer, node);

		if (copy)
			qs_making_place(making, node, copy);
	}
	add_twin_output(making, twin);
}

/* The twins of the piece's layers; their outputs follow the results. */
void qs_making_add_twins(struct qs_making *making, size_t first, size_t end)
{
	const struct qs_twins *twins = making->runner->twins;
	const size_t *nodes = making->runner->pieces.nodes;

	for (size_t i = first; twins && i < end && making->status == QS_OK; i++) {
		const size_t twin = twins->of_node[nodes[i]];

		if (twin != QS_NONE && !making->runner->is_split[twin])
			add_twin(making, twin);
	}
}
