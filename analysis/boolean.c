/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the booleans behind operands. */
#include "analysis/boolean.h"

/* Operators that give what they take in another shape. */
static bool is_move(const Onnx__NodeProto *node)
{
	static const char *const moves[] = {
	    "Unsqueeze", "Squeeze", "Reshape", "Flatten", "Transpose", "Expand", "Identity"};

	for (size_t i = 0; i < sizeof(moves) / sizeof(*moves); i++) {
		if (qs_node_is(node, moves[i]))
			return true;
	}
	return false;
}

const struct qs_value *qs_boolean_before(const struct qs_graph *graph, const struct qs_value *value,
    qs_boolean_stop *stop, const void *context)
{
	while (value && value->producer != QS_NONE && !(stop && stop(context, value))) {
		const Onnx__NodeProto *node = graph->nodes[value->producer].proto;
		const struct qs_value *source = qs_graph_input(graph, value->producer, 0);

		if (qs_node_is(node, "Cast"))
			return source && source->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__BOOL
			           ? value
			           : NULL;
		if (!is_move(node))
			return NULL;
		value = source;
	}
	return NULL;
}
