/* SPDX-License-Identifier: Apache-2.0 */
/* The type of a node: the first row of layer_types.def whose condition holds. */
#include "model/layers.h"

#include <stdlib.h>
#include <string.h>

#include "model/tensor.h"

#define NO_INPUT (-1)

enum condition {
	ALWAYS,
	STATIC,
	WEIGHT_RANK,
	INPUT_RANK,
	KERNEL,
	CLIP,
	NO_PADDING
};

static const struct row {
	struct qs_layer_type type;
	enum condition condition;
	int number;
} rows[] = {
#define LAYER(type, op_type, condition, number, weights, bias)                                     \
	{{type, op_type, weights, bias}, condition, number},
#include "model/layer_types.def"
#undef LAYER
};

/* A bound of Clip: an attribute up to opset 10, a constant input from 11 on. */
static bool clips_at(
    const struct qs_graph *graph, size_t node, const char *name, size_t input, float bound)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const struct qs_value *value = qs_graph_input(graph, node, input);
	struct qs_findings *quiet;
	bool same = false;
	float *number;
	size_t count;

	if (qs_attribute(proto, name))
		return qs_attribute_float(proto, name, 0) == bound;
	if (!value || !value->constant)
		return false;
	quiet = qs_findings_new();
	if (quiet &&
	    qs_tensor_read(graph->model, value->constant, quiet, &number, &count) == QS_OK) {
		same = count == 1 && number[0] == bound;
		free(number);
	}
	qs_findings_free(quiet);
	return same;
}

/* An attribute up to opset 10, a constant input from 11 on. */
static bool pads_nothing(const struct qs_graph *graph, size_t node)
{
	const Onnx__AttributeProto *pads = qs_attribute(graph->nodes[node].proto, "pads");
	const struct qs_value *value = qs_graph_input(graph, node, 1);
	struct qs_findings *quiet;
	int64_t *numbers = NULL;
	size_t count = 0;
	bool nothing;

	if (!pads && (!value || !value->constant))
		return false;
	quiet = qs_findings_new();
	nothing = pads || (quiet && qs_tensor_read_integers(graph->model, value->constant, quiet,
					&numbers, &count) == QS_OK);
	for (size_t i = 0; i < (pads ? pads->n_ints : count); i++)
		nothing = nothing && (pads ? pads->ints[i] : numbers[i]) == 0;
	free(numbers);
	qs_findings_free(quiet);
	return nothing;
}

static bool holds(const struct qs_graph *graph, size_t node, const struct row *row)
{
	const struct qs_value *input = qs_graph_input(graph, node, 0), *weights = NULL;
	const Onnx__AttributeProto *attribute;

	if (row->type.weights != NO_INPUT)
		weights = qs_graph_input(graph, node, (size_t)row->type.weights);
	switch (row->condition) {
	case ALWAYS:
		return true;
	case STATIC:
		return weights && weights->is_static;
	case WEIGHT_RANK:
		return weights && weights->rank == row->number;
	case INPUT_RANK:
		return input && input->rank == row->number;
	case KERNEL:
		attribute = qs_attribute(graph->nodes[node].proto, "kernel_shape");
		return attribute && attribute->n_ints == (size_t)row->number;
	case CLIP:
		return clips_at(graph, node, "min", 1, 0) &&
		       clips_at(graph, node, "max", 2, (float)row->number);
	case NO_PADDING:
		return pads_nothing(graph, node);
	}
	return false;
}

const struct qs_layer_type *qs_layer_type_of(const struct qs_graph *graph, size_t node)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (qs_node_is(graph->nodes[node].proto, rows[i].type.op_type) &&
		    holds(graph, node, &rows[i]))
			return &rows[i].type;
	}
	return NULL;
}

struct qs_value *qs_graph_root(const struct qs_graph *graph, const struct qs_value *value)
{
	static const char *const moves[] = {
	    "Transpose", "Reshape", "Identity", "Unsqueeze", "Squeeze", "Flatten", "Cast"};

	while (value && value->is_static && !value->constant && value->producer != QS_NONE) {
		const Onnx__NodeProto *node = graph->nodes[value->producer].proto;
		size_t i = 0;

		while (i < sizeof(moves) / sizeof(moves[0]) && !qs_node_is(node, moves[i]))
			i++;
		if (i == sizeof(moves) / sizeof(moves[0]))
			return NULL;
		value = qs_graph_input(graph, value->producer, 0);
	}
	return value && value->constant ? &graph->values[value - graph->values] : NULL;
}
