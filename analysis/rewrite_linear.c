/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linear layers as a product that is broadcast and a sum: every row of the input, of shape [1, K],
 * is multiplied with the weights as [N, K], and summed up over the last axis. The weights become an
 * operand that flows, so that they have one scale rather than one a channel; in exchange Mul and
 * ReduceSum take 16 bits for both operands where a Linear does not (InfoQ, 2025-05-21).
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/rewrite.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* A layer of which it is known that it can be rewritten. */
struct linear {
	const struct qs_layer *layer;
	const struct qs_value *input, *output,
	    *bias;                        /* of the product; the bias of a Gemm or NULL */
	const Onnx__TensorProto *weights; /* [K, N], or [N, K] with is_turned */
	bool is_turned, is_gemm, turns_input;
	float alpha;
	int64_t n_inputs, n_outputs;
};

static const struct qs_layer *find_layer(const struct qs_change *change, const char *name)
{
	for (size_t i = 0; i < change->layers->n_items; i++) {
		const struct qs_layer *layer = &change->layers->items[i];

		if (strcmp(layer->name, name) == 0 ||
		    (layer->path[0] && strcmp(layer->path, name) == 0))
			return layer;
	}
	return NULL;
}

static enum qs_status say_unknown(struct qs_change *change, const char *name)
{
	struct qs_nearest nearest = qs_nearest_to(name, strlen(name));

	for (size_t i = 0; i < change->layers->n_items; i++)
		qs_nearest_offer(&nearest, change->layers->items[i].name);
	return qs_change_unknown(change, "layer", name, &nearest);
}

/* Whether a permutation swaps two axes, which is what a transpose does without one. */
static bool swaps(const Onnx__NodeProto *node)
{
	const Onnx__AttributeProto *perm = qs_attribute(node, "perm");

	return !perm || (perm->n_ints == 2 && perm->ints[0] == 1 && perm->ints[1] == 0);
}

/* The constant that a matrix is, itself or transposed; NULL when it is made in another way. */
static const Onnx__TensorProto *find_matrix(
    const struct qs_graph *graph, const struct qs_value *value, bool *is_turned)
{
	if (!value->constant && value->producer != QS_NONE) {
		const Onnx__NodeProto *node = graph->nodes[value->producer].proto;

		if (!qs_node_is(node, "Transpose") || !swaps(node))
			return NULL;
		value = qs_graph_input(graph, value->producer, 0);
		*is_turned = !*is_turned;
	}
	return value && value->constant && value->constant->n_dims == 2 ? value->constant : NULL;
}

/* Why a layer cannot be rewritten, or NULL. */
static const char *examine(
    const struct qs_graph *graph, const struct qs_layer *layer, struct linear *linear)
{
	const Onnx__NodeProto *node = graph->nodes[layer->node].proto;
	const struct qs_value *weights = qs_graph_input(graph, layer->node, 1);

	*linear = (struct linear){.layer = layer, .is_gemm = qs_node_is(node, "Gemm")};
	if (strcmp(layer->type, "Linear") != 0)
		return "it is no Linear layer";
	linear->input = qs_graph_input(graph, layer->node, 0);
	linear->output = qs_graph_output(graph, layer->node, 0);
	linear->bias = linear->is_gemm ? qs_graph_input(graph, layer->node, 2) : NULL;
	linear->alpha = linear->is_gemm ? qs_attribute_float(node, "alpha", 1) : 1;
	linear->turns_input = linear->is_gemm && qs_attribute_int(node, "transA", 0);
	linear->is_turned = linear->is_gemm && qs_attribute_int(node, "transB", 0);
	if (!linear->input || !linear->output || !weights)
		return "an operand is left out";
	linear->weights = find_matrix(graph, weights, &linear->is_turned);
	if (!linear->weights)
		return "its weights are no constant matrix";
	if (linear->weights->data_type != FLOAT)
		return "its weights are not float32";
	if (linear->input->rank < 2)
		return linear->input->rank < 0
		           ? "the number of dimensions of its input is not known"
		           : "its input has fewer than two dimensions";
	if (linear->bias && qs_attribute_float(node, "beta", 1) != 1)
		return "its bias has a factor (beta)";
	linear->n_inputs = linear->weights->dims[linear->is_turned ? 1 : 0];
	linear->n_outputs = linear->weights->dims[linear->is_turned ? 0 : 1];
	return NULL;
}

/* The weights as [1, ..., N, K], a new constant. NULL with a finding in the change's status. */
static enum qs_status add_weights(
    struct qs_change *change, const struct linear *linear, const char **ret_name)
{
	const size_t rows = (size_t)linear->n_outputs, columns = (size_t)linear->n_inputs;
	const size_t rank = (size_t)linear->input->rank + 1;
	int64_t dims[QS_RANK_LIMIT + 1];
	float *values = NULL, *turned;
	enum qs_status status;
	size_t n;

	status =
	    qs_tensor_read(change->rewrite->model, linear->weights, change->findings, &values, &n);
	if (status != QS_OK)
		return status;
	turned = malloc((n + 1) * sizeof(*turned));
	for (size_t r = 0; turned && r < rows; r++) {
		for (size_t c = 0; c < columns; c++)
			turned[r * columns + c] =
			    linear->alpha *
			    values[linear->is_turned ? r * columns + c : c * rows + r];
	}
	for (size_t i = 0; i < rank; i++)
		dims[i] = i + 2 == rank ? linear->n_outputs : i + 1 == rank ? linear->n_inputs : 1;
	*ret_name = qs_edit_name(change->edit, "%s_rows", qs_tensor_name(linear->weights));
	if (turned)
		qs_edit_add_tensor(change->edit, *ret_name, FLOAT, dims, rank, turned);
	free(values);
	free(turned);
	return turned ? QS_OK : QS_NOMEM;
}

/* Values of the product that is broadcast, for one sample when the batch is not fixed; 0 when
 * another dimension is not. */
static uint64_t count_between(const struct linear *linear)
{
	uint64_t n = (uint64_t)linear->n_outputs;

	for (int i = 0; i < linear->input->rank; i++) {
		const int64_t known = linear->input->dims[i];
		const int64_t dim = i == 0 && known < 0 ? 1 : known;

		if (dim <= 0 || n > UINT64_MAX / (uint64_t)dim)
			return 0;
		n *= (uint64_t)dim;
	}
	return n;
}

static enum qs_status write_linear(struct qs_change *change, const struct linear *linear)
{
	const char *name = linear->layer->name, *rows = linear->input->name, *weights, *product;
	const char *output = linear->output->name, *sum = NULL;
	const int64_t rank = linear->input->rank;
	Onnx__NodeProto *node;
	enum qs_status status = add_weights(change, linear, &weights);

	if (status != QS_OK)
		return status;
	qs_edit_remove_node(change->edit, linear->layer->node);
	if (linear->turns_input)
		rows = qs_change_node(
		    change, "Transpose", name, (const char *const[]){rows, NULL}, &node);
	rows = qs_change_axes_node(change, "Unsqueeze", name, rows, rank - 1, 13, NULL, &node);
	product =
	    qs_change_node(change, "Mul", name, (const char *const[]){rows, weights, NULL}, &node);
	sum = qs_change_axes_node(
	    change, "ReduceSum", name, product, rank, 13, linear->bias ? NULL : output, &node);
	qs_edit_set_int(change->edit, node, "keepdims", 0);
	if (linear->bias) {
		const char *inputs[] = {sum, linear->bias->name};

		qs_change_add(change, "Add", name, inputs, 2, output);
	}
	qs_change_note(change, "linear", name, count_between(linear),
	    "Mul and ReduceSum; the weights have one scale for the tensor, no longer one a "
	    "channel");
	return QS_OK;
}

enum qs_status qs_rewrite_linear(struct qs_rewrite *rewrite, const char *const *layers,
    size_t n_layers, struct qs_findings *findings)
{
	struct linear *linears = calloc(n_layers + 1, sizeof(*linears));
	struct qs_change change;
	enum qs_status status = linears ? qs_change_begin(&change, rewrite, findings) : QS_NOMEM;

	if (!linears)
		return QS_NOMEM;
	for (size_t i = 0; i < n_layers && (status == QS_OK || status == QS_INVALID) && change.edit;
	     i++) {
		const struct qs_layer *layer = find_layer(&change, layers[i]);
		const char *reason = layer ? examine(change.graph, layer, &linears[i]) : NULL;

		for (size_t j = 0; j < i && layer && !reason; j++) {
			if (linears[j].layer == layer)
				reason = "it is named twice";
		}
		if (!layer)
			status = say_unknown(&change, layers[i]);
		else if (reason)
			status = qs_change_refuse(&change, "layer", layers[i], reason);
	}
	for (size_t i = 0; i < n_layers && status == QS_OK; i++)
		status = write_linear(&change, &linears[i]);
	free(linears);
	return qs_change_end(&change, status);
}
