/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Masks: booleans that go into arithmetic get a scale of their own, and comparisons with a constant
 * that quantization moves become comparisons with 0, which it does not.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/boolean.h"
#include "analysis/rewrite.h"
#include "model/tensor.h"

/* Since then the standard operators quantize to 16 bits. */
#define SIXTEEN_BITS_SINCE 21

/* 1 is the largest code, and comes back as 1 exactly. */
#define MASK_SCALE (1.0F / 32767)

static bool is_arithmetic(const Onnx__NodeProto *node)
{
	return qs_node_is(node, "Mul") || qs_node_is(node, "Add") || qs_node_is(node, "Sub") ||
	       qs_node_is(node, "Div");
}

/* QuantizeLinear and DequantizeLinear behind a conversion, for all who read it. */
static void quantize_mask(struct qs_change *change, const struct qs_value *mask)
{
	const bool is_standard = change->opset >= SIXTEEN_BITS_SINCE;
	const char *scale = qs_edit_name(change->edit, "%s_scale", mask->name);
	const char *zero = qs_edit_name(change->edit, "%s_zero_point", mask->name);
	const float scale_value = MASK_SCALE;
	const int16_t zero_value = 0;
	Onnx__NodeProto *quantize, *dequantize;
	const char *codes, *values;

	qs_edit_add_tensor(
	    change->edit, scale, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, NULL, 0, &scale_value);
	qs_edit_add_tensor(
	    change->edit, zero, ONNX__TENSOR_PROTO__DATA_TYPE__INT16, NULL, 0, &zero_value);
	codes = qs_change_node(change, "QuantizeLinear", mask->name,
	    (const char *const[]){mask->name, scale, zero, NULL}, &quantize);
	values = qs_change_node(change, "DequantizeLinear", mask->name,
	    (const char *const[]){codes, scale, zero, NULL}, &dequantize);
	if (!is_standard) {
		qs_edit_set_domain(change->edit, quantize, "com.microsoft");
		qs_edit_set_domain(change->edit, dequantize, "com.microsoft");
	}
	qs_edit_reroute(change->edit, mask, values);
	qs_change_note(change, "mask", mask->name, 0,
	    "quantized to 16 bits with a scale of its own, 1/32767, which keeps 0 and 1");
}

enum qs_status qs_rewrite_masks(struct qs_rewrite *rewrite, struct qs_findings *findings)
{
	struct qs_change change;
	enum qs_status status = qs_change_begin(&change, rewrite, findings);
	bool *done = status == QS_OK ? calloc(change.graph->n_values + 1, sizeof(*done)) : NULL;
	size_t n = 0;

	if (status == QS_OK && !done)
		status = QS_NOMEM;
	for (size_t i = 0; status == QS_OK && i < change.graph->n_nodes; i++) {
		const Onnx__NodeProto *node = change.graph->nodes[i].proto;

		for (size_t k = 0; is_arithmetic(node) && k < node->n_input; k++) {
			const struct qs_value *mask = qs_boolean_before(
			    change.graph, qs_graph_input(change.graph, i, k), NULL, NULL);

			if (!mask || done[mask - change.graph->values])
				continue;
			done[mask - change.graph->values] = true;
			quantize_mask(&change, mask);
			n++;
		}
	}
	if (status == QS_OK && !n)
		status = qs_change_refuse(&change, "model", rewrite->path,
		    "no boolean goes into Mul, Add, Sub or Div without a scale of its own");
	free(done);
	status = qs_change_end(&change, status);
	return status == QS_OK && qs_model_opset(rewrite->model) < SIXTEEN_BITS_SINCE
	           ? qs_model_import(rewrite->model, "com.microsoft", 1)
	           : status;
}

/* ---- comparisons ----------------------------------------------------------------------------- */

/* The only value of a constant, by which operand it is; false when there is none. */
static bool read_constant(
    struct qs_change *change, size_t node, size_t *ret_input, float *ret_value)
{
	for (size_t i = 0; i < 2; i++) {
		const struct qs_value *value = qs_graph_input(change->graph, node, i);
		float *values = NULL;
		size_t n = 0;
		bool good;

		if (!value || !value->constant)
			continue;
		good = qs_tensor_read(change->rewrite->model, value->constant, change->findings,
			   &values, &n) == QS_OK &&
		       n == 1;
		if (good) {
			*ret_input = i;
			*ret_value = values[0];
		}
		free(values);
		if (good)
			return true;
	}
	return false;
}

static size_t find_node(const struct qs_graph *graph, const char *name)
{
	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (strcmp(graph->nodes[i].label, name) == 0)
			return i;
	}
	return QS_NONE;
}

static enum qs_status say_unknown(struct qs_change *change, const char *name)
{
	struct qs_nearest nearest = qs_nearest_to(name, strlen(name));

	for (size_t i = 0; i < change->graph->n_nodes; i++)
		qs_nearest_offer(&nearest, change->graph->nodes[i].label);
	return qs_change_unknown(change, "node", name, &nearest);
}

/* flag == c, with c not 0, becomes not (flag == 0). */
static enum qs_status write_nonzero(struct qs_change *change, const char *name)
{
	const size_t node = find_node(change->graph, name);
	const struct qs_value *output, *constant, *flag;
	const char *zero, *is_zero;
	float value, zero_value = 0;
	Onnx__NodeProto *equal;
	size_t input;

	if (node == QS_NONE)
		return say_unknown(change, name);
	output = qs_graph_output(change->graph, node, 0);
	if (!output || !qs_node_is(change->graph->nodes[node].proto, "Equal"))
		return qs_change_refuse(change, "node", name, "it is no Equal");
	if (!read_constant(change, node, &input, &value))
		return qs_change_refuse(
		    change, "node", name, "it does not compare with one constant");
	constant = qs_graph_input(change->graph, node, input);
	flag = qs_graph_input(change->graph, node, 1 - input);
	if (!(value < 0) && !(value > 0))
		return qs_change_refuse(change, "node", name, "it compares with 0 already");
	if (!flag || constant->constant->data_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return qs_change_refuse(change, "node", name, "it does not compare float32");
	zero = qs_edit_name(change->edit, "%s_zero", output->name);
	qs_edit_add_tensor(change->edit, zero, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
	    constant->constant->dims, constant->constant->n_dims, &zero_value);
	qs_edit_remove_node(change->edit, node);
	is_zero = qs_change_node(
	    change, "Equal", output->name, (const char *const[]){flag->name, zero, NULL}, &equal);
	qs_change_add(change, "Not", output->name, &is_zero, 1, output->name);
	qs_change_note(change, "nonzero", name, 0,
	    "not 0 rather than equal to %g: the same where \"%s\" holds 0 and %g alone",
	    (double)value, flag->name, (double)value);
	return QS_OK;
}

enum qs_status qs_rewrite_nonzero(struct qs_rewrite *rewrite, const char *const *nodes,
    size_t n_nodes, struct qs_findings *findings)
{
	struct qs_change change;
	enum qs_status status = qs_change_begin(&change, rewrite, findings), worst = status;

	for (size_t i = 0; i < n_nodes && status == QS_OK; i++) {
		status = write_nonzero(&change, nodes[i]);
		worst = status == QS_OK ? worst : status;
		status = status == QS_INVALID ? QS_OK : status;
	}
	return qs_change_end(&change, worst);
}
