/* SPDX-License-Identifier: Apache-2.0 */
/* Hard sigmoid and hard swish as the DPU computes them. */
#include "engine/arithmetic_gates.h"

#include <string.h>

#include "model/edit.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

#define GATE (2731.0F / 16384)
#define STEPS 128.0F

/* The greatest float below a half: added to what is not negative, it brings ties and nothing below
 * them to the next integer. */
#define NEARLY_HALF 0x1.fffffep-2F

/* A chain of nodes in the making. */
struct chain {
	struct qs_edit *edit;
	const char *layer;   /* its name */
	const char *current; /* the tensor at the end */
};

static const char *add_constant(struct chain *chain, const char *suffix, float value)
{
	const char *name = qs_edit_name(chain->edit, "%s_%s", chain->layer, suffix);

	qs_edit_add_tensor(chain->edit, name, FLOAT, NULL, 0, &value);
	return name;
}

/* Adds a node at the end; `output` NULL: a tensor of its own. */
static void add_node(struct chain *chain, const char *op_type, const char *operand,
    const char *suffix, const char *output)
{
	const char *inputs[2] = {chain->current, operand};
	const char *name = qs_edit_name(chain->edit, "%s_%s", chain->layer, suffix);

	if (!output)
		output = qs_edit_name(chain->edit, "%s_output", name);
	qs_edit_add_node(chain->edit, op_type, name, inputs, operand ? 2 : 1, &output, 1);
	chain->current = output;
}

/* Makes the main node of a layer a Clip at 0 and 6 of the end of a chain. */
static void make_clip(struct chain *chain, struct qs_model *model, Onnx__NodeProto *proto)
{
	char **inputs = qs_arena_array(&model->arena, 3, sizeof(*inputs));
	char **outputs = qs_arena_array(&model->arena, 1, sizeof(*outputs));

	proto->op_type = qs_arena_strdup(&model->arena, "Clip");
	proto->n_attribute = 0;
	if (!inputs || !outputs)
		return;
	inputs[0] = (char *)(uintptr_t)chain->current;
	outputs[0] = (char *)(uintptr_t)qs_edit_name(chain->edit, "%s_clipped", chain->layer);
	proto->n_input = 1;
	/* Since opset 11 the ends are inputs. */
	if (qs_model_opset(model) >= 11) {
		inputs[1] = (char *)(uintptr_t)add_constant(chain, "low", 0);
		inputs[2] = (char *)(uintptr_t)add_constant(chain, "high", 6);
		proto->n_input = 3;
	} else {
		qs_edit_set_float(chain->edit, proto, "min", 0);
		qs_edit_set_float(chain->edit, proto, "max", 6);
	}
	proto->input = inputs;
	proto->output = outputs;
	proto->n_output = 1;
	chain->current = outputs[0];
}

static void write_hardswish(struct chain *chain, const char *input, const char *output)
{
	add_node(chain, "Mul", add_constant(chain, "steps", GATE * STEPS), "scaled", NULL);
	add_node(chain, "Add", add_constant(chain, "half", NEARLY_HALF), "raised", NULL);
	add_node(chain, "Floor", NULL, "rounded", NULL);
	add_node(chain, "Min", add_constant(chain, "most", STEPS - 1), "limited", NULL);
	add_node(chain, "Mul", add_constant(chain, "step", 1 / STEPS), "gate", NULL);
	add_node(chain, "Mul", input, "product", output);
}

static void write_layer(
    struct qs_edit *edit, const struct qs_graph *graph, const struct qs_layer *layer)
{
	Onnx__NodeProto *main = graph->nodes[layer->node].proto;
	const Onnx__NodeProto *last = graph->nodes[layer->nodes[layer->n_nodes - 1]].proto;
	const char *input = layer->inputs[0].name, *output = last->output[0];
	struct chain chain = {edit, layer->name, input};

	for (size_t i = 0; i < layer->n_nodes; i++) {
		if (layer->nodes[i] != layer->node)
			qs_edit_remove_node(edit, layer->nodes[i]);
	}
	add_node(&chain, "Add", add_constant(&chain, "three", 3), "shifted", NULL);
	make_clip(&chain, graph->model, main);
	if (strcmp(layer->type, "Hardswish") == 0)
		write_hardswish(&chain, input, output);
	else
		add_node(&chain, "Mul", add_constant(&chain, "gain", GATE), "gate", output);
}

/* Whether a layer is a gate with the standard slope, of float32. */
static bool is_gate(const struct qs_graph *graph, const struct qs_layer *layer)
{
	const Onnx__NodeProto *proto = graph->nodes[layer->node].proto;
	const struct qs_value *output = qs_graph_output(graph, layer->nodes[layer->n_nodes - 1], 0);

	if (layer->n_inputs != 1 || !output ||
	    output->element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return false;
	if (strcmp(layer->type, "Hardsigmoid") != 0 && strcmp(layer->type, "Hardswish") != 0)
		return false;
	/* A HardSigmoid of ONNX has the slope 0.2 unless it says another. */
	return !qs_node_is(proto, "HardSigmoid") ||
	       (qs_attribute_float(proto, "alpha", 0.2F) > 0.166F &&
		   qs_attribute_float(proto, "alpha", 0.2F) < 0.167F);
}

enum qs_status qs_arithmetic_write_gates(
    const struct qs_layers *layers, struct qs_findings *findings, size_t *ret_count)
{
	struct qs_edit *edit = NULL;
	enum qs_status status = qs_edit_new(layers->graph, &edit);
	size_t n = 0;

	for (size_t i = 0; i < layers->n_items && status == QS_OK; i++) {
		if (!is_gate(layers->graph, &layers->items[i]))
			continue;
		write_layer(edit, layers->graph, &layers->items[i]);
		n++;
	}
	if (status == QS_OK && n)
		status = qs_edit_apply(edit, findings);
	qs_edit_free(edit);
	if (status == QS_OK)
		*ret_count = n;
	return status;
}
