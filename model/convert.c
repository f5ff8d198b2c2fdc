/* SPDX-License-Identifier: Apache-2.0 */
/* Makes functions of a model others. */
#include "model/convert.h"

#include <string.h>

#include "model/edit.h"
#include "model/layers.h"

/* The opset of HardSwish. */
#define HARDSWISH_OPSET 14

enum qs_status qs_relu6_to_relu(
    struct qs_model *model, struct qs_findings *findings, size_t *ret_count)
{
	struct qs_graph *graph = NULL;
	enum qs_status status = qs_graph_new(model, findings, &graph);
	size_t n = 0;

	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		Onnx__NodeProto *proto = graph->nodes[i].proto;
		const struct qs_layer_type *type = qs_layer_type_of(graph, i);

		if (!type || strcmp(type->type, "ReLU6") != 0)
			continue;
		proto->op_type = qs_arena_strdup(&model->arena, "Relu");
		proto->n_input = 1;
		proto->n_attribute = 0;
		status = proto->op_type ? QS_OK : QS_NOMEM;
		n++;
	}
	if (status == QS_OK)
		*ret_count = n;
	qs_graph_free(graph);
	return status;
}

/* The gate goes on as the whole function, and the product is left out. */
static void write_hardswish(struct qs_edit *edit, struct qs_model *model,
    const struct qs_graph *graph, const struct qs_fused *silu)
{
	const size_t gate = silu->nodes[0], product = silu->nodes[1];
	Onnx__NodeProto *proto = graph->nodes[gate].proto;

	if (qs_model_opset(model) < HARDSWISH_OPSET) {
		proto->op_type = qs_arena_strdup(&model->arena, "HardSigmoid");
		qs_edit_set_float(edit, proto, "alpha", 1.0F / 6);
		qs_edit_set_float(edit, proto, "beta", 0.5F);
		return;
	}
	proto->op_type = qs_arena_strdup(&model->arena, "HardSwish");
	proto->output[0] = graph->nodes[product].proto->output[0];
	qs_edit_remove_node(edit, product);
}

enum qs_status qs_silu_to_hardswish(
    struct qs_model *model, struct qs_findings *findings, size_t *ret_count)
{
	struct qs_graph *graph = NULL;
	struct qs_edit *edit = NULL;
	enum qs_status status = qs_graph_new(model, findings, &graph);
	size_t n = 0;

	if (status == QS_OK)
		status = qs_edit_new(graph, &edit);
	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		struct qs_fused fused;

		if (!qs_node_is(graph->nodes[i].proto, "Sigmoid") || !qs_fuse(graph, i, &fused))
			continue;
		write_hardswish(edit, model, graph, &fused);
		status = graph->nodes[i].proto->op_type ? QS_OK : QS_NOMEM;
		n++;
	}
	if (status == QS_OK && n)
		status = qs_edit_apply(edit, findings);
	qs_edit_free(edit);
	if (status == QS_OK)
		*ret_count = n;
	qs_graph_free(graph);
	return status;
}
