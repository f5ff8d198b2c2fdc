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

struct qs_finding *qs_boolean_tell(struct qs_findings *findings, struct qs_place place,
    const char *node, const struct qs_value *made, const char *device, const char *source)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_BOOLEAN_OPERAND, place,
	    "\"%s\" takes a boolean as \"%s\", which has no scale of its own: %s computes it on "
	    "its "
	    "processor",
	    node, made->name, device ? device : "a device");

	qs_finding_hint(findings, finding,
	    "quantize what the boolean is converted to on its own: a config of integers does when "
	    "it "
	    "is applied, qstrata rewrite --mask does it in the model (%s)",
	    source);
	return finding;
}
