/* SPDX-License-Identifier: Apache-2.0 */
/* Applies an edit: new parts in, what lost its last reader out, nodes in order. */
#include <stdlib.h>
#include <string.h>

#include "model/edit_internal.h"
#include "model/tensor.h"

/* From this IR version on, an initializer need not be an input as well. */
#define IR_WITHOUT_INPUTS 4

/* The lists of the graph with room for what is new. */
static enum qs_status add_parts(struct qs_edit *edit)
{
	struct qs_arena *arena = &edit->graph->model->arena;
	Onnx__GraphProto *proto = edit->graph->proto;
	Onnx__NodeProto **nodes =
	    qs_arena_array(arena, proto->n_node + edit->n_nodes + 1, sizeof(*nodes));
	Onnx__TensorProto **tensors =
	    qs_arena_array(arena, proto->n_initializer + edit->n_tensors + 1, sizeof(*tensors));
	size_t n = 0;

	if (!nodes || !tensors)
		return QS_NOMEM;
	for (size_t i = 0; i < proto->n_node; i++) {
		if (!edit->removed[i])
			nodes[n++] = proto->node[i];
	}
	for (size_t i = 0; i < edit->n_nodes; i++)
		nodes[n++] = edit->nodes[i];
	proto->node = nodes;
	proto->n_node = n;
	for (n = 0; n < proto->n_initializer; n++)
		tensors[n] = proto->initializer[n];
	for (size_t i = 0; i < edit->n_tensors; i++)
		tensors[n++] = edit->tensors[i];
	proto->initializer = tensors;
	proto->n_initializer = n;
	return QS_OK;
}

/* ---- what lost its last reader --------------------------------------------------------------- */

struct prune {
	const struct qs_graph *before, *graph;
	size_t *n_uses; /* by value, counting down */
	bool *dropped;  /* by node */
	bool *unused;   /* by value: had readers once */
};

static bool was_read(const struct prune *prune, const struct qs_value *value)
{
	const size_t known = qs_graph_find(prune->before, value->name);

	return known != QS_NONE &&
	       (prune->before->values[known].n_uses > 0 || prune->before->values[known].is_output);
}

/* Nobody needs the node any more: none of its outputs is read, and at least one was. */
static bool is_lost(const struct prune *prune, size_t node)
{
	bool lost = false;

	for (size_t i = 0; i < prune->graph->nodes[node].proto->n_output; i++) {
		const struct qs_value *value = qs_graph_output(prune->graph, node, i);

		if (!value)
			continue;
		if (value->is_output || prune->n_uses[value - prune->graph->values])
			return false;
		lost = lost || was_read(prune, value);
	}
	return lost;
}

/* Drops lost nodes from the last one on, so that what only they read is lost in time. */
static void drop_nodes(struct prune *prune)
{
	const struct qs_graph *graph = prune->graph;

	for (size_t i = graph->n_nodes; i-- > 0;) {
		const size_t index = graph->order[i];
		const struct qs_node *node = &graph->nodes[index];

		if (!is_lost(prune, index))
			continue;
		prune->dropped[index] = true;
		for (size_t j = 0; j < node->proto->n_input + node->n_inner; j++) {
			if (node->inputs[j] != QS_NONE)
				prune->n_uses[node->inputs[j]]--;
		}
	}
	for (size_t i = 0; i < graph->n_values; i++) {
		const struct qs_value *value = &graph->values[i];

		prune->unused[i] = !prune->n_uses[i] && !value->is_output &&
		                   was_read(prune, value) &&
		                   (value->is_initializer || value->producer != QS_NONE);
	}
}

/* Whether a name means nothing any more: a tensor without readers, or one that was renamed. */
static bool is_unused(const struct prune *prune, const char *name)
{
	const size_t value = name ? qs_graph_find(prune->graph, name) : QS_NONE;

	if (value == QS_NONE)
		return name && qs_graph_find(prune->before, name) != QS_NONE;
	return prune->unused[value];
}

/* Takes unused tensors out of the lists that name them. */
static void drop_tensors(const struct prune *prune, Onnx__GraphProto *proto)
{
	size_t n = 0;

	for (size_t i = 0; i < proto->n_initializer; i++) {
		if (!is_unused(prune, proto->initializer[i]->name))
			proto->initializer[n++] = proto->initializer[i];
	}
	proto->n_initializer = n;
	n = 0;
	for (size_t i = 0; i < proto->n_input; i++) {
		if (!is_unused(prune, proto->input[i]->name))
			proto->input[n++] = proto->input[i];
	}
	proto->n_input = n;
	n = 0;
	for (size_t i = 0; i < proto->n_value_info; i++) {
		if (!is_unused(prune, proto->value_info[i]->name))
			proto->value_info[n++] = proto->value_info[i];
	}
	proto->n_value_info = n;
}

/* Puts the nodes that stay into topological order. */
static enum qs_status order_nodes(const struct prune *prune, Onnx__GraphProto *proto)
{
	const struct qs_graph *graph = prune->graph;
	Onnx__NodeProto **nodes =
	    qs_arena_array(&graph->model->arena, graph->n_nodes + 1, sizeof(*nodes));
	size_t n = 0;

	if (!nodes)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (!prune->dropped[graph->order[i]])
			nodes[n++] = graph->nodes[graph->order[i]].proto;
	}
	proto->node = nodes;
	proto->n_node = n;
	return QS_OK;
}

static enum qs_status tidy(struct qs_edit *edit, const struct qs_graph *after)
{
	struct prune prune = {edit->graph, after,
	    calloc(after->n_values + 1, sizeof(*prune.n_uses)),
	    calloc(after->n_nodes + 1, sizeof(*prune.dropped)),
	    calloc(after->n_values + 1, sizeof(*prune.unused))};
	enum qs_status status = QS_NOMEM;

	if (prune.n_uses && prune.dropped && prune.unused) {
		for (size_t i = 0; i < after->n_values; i++)
			prune.n_uses[i] = after->values[i].n_uses;
		drop_nodes(&prune);
		status = order_nodes(&prune, after->proto);
		drop_tensors(&prune, after->proto);
	}
	free(prune.n_uses);
	free(prune.dropped);
	free(prune.unused);
	return status;
}

enum qs_status qs_edit_apply(struct qs_edit *edit, struct qs_findings *findings)
{
	struct qs_model *model = edit->graph->model;
	struct qs_graph *after = NULL;
	enum qs_status status = edit->nomem ? QS_NOMEM : add_parts(edit);

	if (status == QS_OK && edit->n_tensors && model->proto->ir_version < IR_WITHOUT_INPUTS) {
		model->proto->has_ir_version = true;
		model->proto->ir_version = IR_WITHOUT_INPUTS;
	}
	if (status == QS_OK)
		status = qs_graph_new(model, findings, &after);
	if (status == QS_OK)
		status = tidy(edit, after);
	qs_graph_free(after);
	return status;
}
