/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes and element types, from node to node. */
#include "model/shape.h"

#include <string.h>

#include "model/shape_internal.h"
#include "model/tensor.h"

/* What the element type of a result is. */
enum result {
	LIKE_0,
	LIKE_1,
	INT64,
	BOOL,
	BY_TO,
	BY_ZERO_POINT,
	BY_VALUE
};

static const struct operator
{
	const char *name;
	qs_shape_rule *rule;
	enum result result;
}
operators[] = {
#define qs_shape_rule_unknown NULL
#define OPERATOR(name, rule, result) {name, qs_shape_rule_##rule, result},
#include "model/shape_operators.def"
#undef OPERATOR
#undef qs_shape_rule_unknown
};

static const struct operator* operator_of(const Onnx__NodeProto *node)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (qs_node_is(node, operators[i].name))
			return &operators[i];
	}
	return NULL;
}

static int type_of_input(const struct qs_shape_infer *infer, size_t i)
{
	const struct qs_value *value = qs_graph_input(infer->graph, infer->node, i);

	return value ? value->element_type : 0;
}

static int element_type_of(const struct qs_shape_infer *infer, enum result result)
{
	const Onnx__AttributeProto *value;

	switch (result) {
	case LIKE_0:
		return type_of_input(infer, 0);
	case LIKE_1:
		return type_of_input(infer, 1);
	case INT64:
		return ONNX__TENSOR_PROTO__DATA_TYPE__INT64;
	case BOOL:
		return ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
	case BY_TO:
		return (int)qs_shape_attribute(infer, "to", 0);
	case BY_ZERO_POINT:
		return qs_graph_input(infer->graph, infer->node, 2)
		           ? type_of_input(infer, 2)
		           : ONNX__TENSOR_PROTO__DATA_TYPE__UINT8;
	case BY_VALUE:
		value = qs_attribute(infer->proto, "value");
		return value && value->t ? value->t->data_type
		                         : ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
	}
	return 0;
}

static enum qs_status infer_output(
    const struct qs_shape_infer *infer, const struct operator* op, size_t output)
{
	struct qs_value *value = qs_graph_output(infer->graph, infer->node, output);
	struct qs_shape shape = {-1, {0}};
	int64_t *dims;

	if (!value || value->constant)
		return QS_OK;
	if (!value->element_type)
		value->element_type = element_type_of(infer, op->result);
	if (value->rank >= 0 || !op->rule || !op->rule(infer, output, &shape))
		return QS_OK;
	dims = qs_arena_array(&infer->graph->arena, (size_t)shape.rank + 1, sizeof(*dims));
	if (!dims)
		return QS_NOMEM;
	memcpy(dims, shape.dims, (size_t)shape.rank * sizeof(*dims));
	value->dims = dims;
	value->rank = shape.rank;
	return QS_OK;
}

static enum qs_status infer_forward(struct qs_shape_infer *infer)
{
	const struct qs_graph *graph = infer->graph;
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		const struct operator* op;

		infer->node = graph->order[i];
		infer->proto = graph->nodes[infer->node].proto;
		op = operator_of(infer->proto);
		for (size_t j = 0; op && status == QS_OK && j < infer->proto->n_output; j++)
			status = infer_output(infer, op, j);
	}
	return status;
}

/* Where forward nothing is known, the declared shape of an output may tell that of what it is made
 * of. True when that told something. */
static bool infer_backward(struct qs_graph *graph)
{
	bool told = false;

	for (size_t i = graph->n_nodes; i-- > 0;) {
		const size_t node = graph->order[i];
		const struct operator* op = operator_of(graph->nodes[node].proto);
		struct qs_value *from = qs_graph_output(graph, node, 0);
		struct qs_value *to = qs_graph_input(graph, node, 0);

		if (!op || op->rule != qs_shape_rule_same || !from || !to || from->rank < 0 ||
		    to->rank >= 0)
			continue;
		to->rank = from->rank;
		to->dims = from->dims;
		told = true;
	}
	return told;
}

enum qs_status qs_shapes_infer(struct qs_graph *graph)
{
	struct qs_shape_infer infer = {graph, 0, NULL, qs_findings_new()};
	enum qs_status status = infer.quiet ? infer_forward(&infer) : QS_NOMEM;

	if (status == QS_OK && infer_backward(graph))
		status = infer_forward(&infer);
	qs_findings_free(infer.quiet);
	return status;
}
