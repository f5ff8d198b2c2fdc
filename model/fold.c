/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of batch normalization. */
#include "model/fold.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/edit.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* Inputs of BatchNormalization behind the data. */
enum statistic {
	SCALE,
	SHIFT,
	MEAN,
	VARIANCE,
	N_STATISTICS
};

struct fold {
	struct qs_graph *graph;
	struct qs_edit *edit;
	struct qs_findings *findings;
	size_t norm, layer;                    /* nodes */
	const struct qs_value *weights, *bias; /* bias NULL: none */
	size_t n_channels;
	float *statistics[N_STATISTICS];
	double *factors, *summands; /* one a channel */
	float *weight_values, *bias_values;
	size_t n_weights;
};

/* ---- whether it can be folded; NULL or the reason why not ------------------------------------ */

static bool is_training(const struct qs_graph *graph, size_t norm)
{
	const Onnx__NodeProto *proto = graph->nodes[norm].proto;

	for (size_t i = 1; i < proto->n_output; i++) {
		if (qs_graph_output(graph, norm, i))
			return true;
	}
	return qs_attribute_int(proto, "training_mode", 0) != 0 ||
	       qs_attribute_int(proto, "spatial", 1) != 1;
}

static bool is_foldable_layer(const Onnx__NodeProto *proto)
{
	return qs_node_is(proto, "Conv") || qs_node_is(proto, "ConvTranspose") ||
	       qs_node_is(proto, "Gemm");
}

static bool is_float_constant(const struct qs_value *value)
{
	return value && value->constant && value->element_type == FLOAT;
}

static size_t count_of(const struct qs_value *value)
{
	size_t count;

	return qs_shape_count(value->dims, (size_t)value->rank, &count) ? count : 0;
}

/* Output channels by the shape of the weights; 0 when it is not one of the layer's kind. */
static size_t count_channels(const Onnx__NodeProto *proto, const struct qs_value *weights)
{
	const int64_t group = qs_attribute_int(proto, "group", 1);
	const int64_t *dims = weights->dims;

	if (weights->rank < 2 || !count_of(weights) || group < 1)
		return 0;
	if (qs_node_is(proto, "Gemm"))
		return (size_t)dims[qs_attribute_int(proto, "transB", 0) ? 0 : 1];
	if (qs_node_is(proto, "Conv"))
		return (size_t)dims[0];
	return dims[0] % group == 0 && group <= dims[0] ? (size_t)(dims[1] * group) : 0;
}

static const char *check_layer(struct fold *fold)
{
	const struct qs_graph *graph = fold->graph;
	const Onnx__NodeProto *proto = graph->nodes[fold->layer].proto;

	fold->weights = qs_graph_input(graph, fold->layer, 1);
	fold->bias = qs_graph_input(graph, fold->layer, 2);
	if (!is_float_constant(fold->weights))
		return "the weights before it are not float32 constants";
	if (fold->bias && !is_float_constant(fold->bias))
		return "the bias before it is not a float32 constant";
	fold->n_channels = count_channels(proto, fold->weights);
	if (!fold->n_channels)
		return "the weights before it have an unusual shape";
	if (fold->bias && count_of(fold->bias) != fold->n_channels)
		return "the bias before it is not one value a channel";
	if (qs_node_is(proto, "Gemm") && fold->bias && qs_attribute_float(proto, "beta", 1) == 0)
		return "the layer before it leaves its bias out";
	return NULL;
}

static const char *check_norm(struct fold *fold)
{
	const struct qs_graph *graph = fold->graph;
	const struct qs_value *input = qs_graph_input(graph, fold->norm, 0);
	const char *reason;

	if (!input || input->producer == QS_NONE ||
	    !is_foldable_layer(graph->nodes[input->producer].proto))
		return "it does not follow a convolution or a linear layer";
	if (input->n_uses != 1 || input->is_output)
		return "what it normalizes is read elsewhere too";
	if (is_training(graph, fold->norm))
		return "it is not in its form for inference";
	fold->layer = input->producer;
	reason = check_layer(fold);
	for (size_t i = 0; !reason && i < N_STATISTICS; i++) {
		const struct qs_value *statistic = qs_graph_input(graph, fold->norm, i + 1);

		if (!is_float_constant(statistic) || count_of(statistic) != fold->n_channels)
			reason = "its parameters are not float32 constants, one a channel";
	}
	return reason;
}

/* ---- folding --------------------------------------------------------------------------------- */

static enum qs_status read(
    const struct fold *fold, const struct qs_value *value, float **ret_values)
{
	size_t count;

	return qs_tensor_read(
	    fold->graph->model, value->constant, fold->findings, ret_values, &count);
}

static enum qs_status read_values(struct fold *fold)
{
	enum qs_status status = read(fold, fold->weights, &fold->weight_values);

	for (size_t i = 0; status == QS_OK && i < N_STATISTICS; i++)
		status = read(
		    fold, qs_graph_input(fold->graph, fold->norm, i + 1), &fold->statistics[i]);
	if (status == QS_OK && fold->bias)
		status = read(fold, fold->bias, &fold->bias_values);
	else if (status == QS_OK)
		fold->bias_values = calloc(fold->n_channels, sizeof(*fold->bias_values));
	fold->factors = calloc(fold->n_channels, sizeof(*fold->factors));
	fold->summands = calloc(fold->n_channels, sizeof(*fold->summands));
	if (status == QS_OK && (!fold->factors || !fold->summands || !fold->bias_values))
		status = QS_NOMEM;
	return status;
}

/* False when a variance leaves nothing to divide by. */
static bool find_factors(struct fold *fold)
{
	const Onnx__NodeProto *norm = fold->graph->nodes[fold->norm].proto;
	const double epsilon = (double)qs_attribute_float(norm, "epsilon", 1e-5F);

	for (size_t i = 0; i < fold->n_channels; i++) {
		const double spread = (double)fold->statistics[VARIANCE][i] + epsilon;

		if (!(spread > 0))
			return false;
		fold->factors[i] = (double)fold->statistics[SCALE][i] / sqrt(spread);
		fold->summands[i] = (double)fold->statistics[SHIFT][i] -
		                    (double)fold->statistics[MEAN][i] * fold->factors[i];
	}
	return true;
}

/* The output channel that an element of the weights belongs to. */
static size_t channel_of(const struct fold *fold, size_t element)
{
	const Onnx__NodeProto *proto = fold->graph->nodes[fold->layer].proto;
	const int64_t *dims = fold->weights->dims;
	const size_t count = count_of(fold->weights), outer = (size_t)dims[0],
		     inner = (size_t)dims[1];
	const size_t row = element / (count / outer);
	const size_t column = element / (count / outer / inner) % inner;

	if (qs_node_is(proto, "Conv"))
		return row;
	if (qs_node_is(proto, "Gemm"))
		return qs_attribute_int(proto, "transB", 0) ? row : column;
	return row / (outer / (size_t)qs_attribute_int(proto, "group", 1)) * inner + column;
}

static void fold_values(struct fold *fold)
{
	const Onnx__NodeProto *proto = fold->graph->nodes[fold->layer].proto;
	const bool gemm = qs_node_is(proto, "Gemm");
	/* Gemm multiplies its bias by beta. */
	const double beta = gemm && fold->bias ? (double)qs_attribute_float(proto, "beta", 1) : 1;
	const size_t n = count_of(fold->weights);

	for (size_t i = 0; i < n; i++)
		fold->weight_values[i] =
		    (float)((double)fold->weight_values[i] * fold->factors[channel_of(fold, i)]);
	for (size_t i = 0; i < fold->n_channels; i++)
		fold->bias_values[i] = (float)((double)fold->bias_values[i] * fold->factors[i] +
					       fold->summands[i] / beta);
}

/* Whether new values may take the place of the old ones. */
static bool is_own(const struct fold *fold, const struct qs_value *value)
{
	if (value->n_uses != 1 || value->is_output)
		return false;
	return value->is_initializer ||
	       qs_attribute(fold->graph->nodes[value->producer].proto, "value") != NULL;
}

/* Gives a parameter new values: in its place, or under a new name where others read it. */
static enum qs_status replace(
    struct fold *fold, const struct qs_value *value, size_t input, const float *values)
{
	const char *name;

	if (is_own(fold, value))
		return qs_tensor_set(fold->graph->model, value->constant, FLOAT, values);
	name = qs_edit_name(fold->edit, "%s_folded", value->name);
	if (name)
		qs_edit_add_tensor(
		    fold->edit, name, FLOAT, value->dims, (size_t)value->rank, values);
	qs_edit_reroute_use(fold->edit, value, (struct qs_use){fold->layer, input}, name);
	return QS_OK;
}

/* "conv1.weight" has the bias "conv1.bias". */
static const char *name_bias(struct fold *fold)
{
	static const char end[] = ".weight";
	const size_t size = strlen(fold->weights->name), end_size = sizeof(end) - 1;

	if (size > end_size && strcmp(fold->weights->name + size - end_size, end) == 0)
		return qs_edit_name(
		    fold->edit, "%.*s.bias", (int)(size - end_size), fold->weights->name);
	return qs_edit_name(fold->edit, "%s_bias", fold->weights->name);
}

static void add_bias(struct fold *fold)
{
	const int64_t n = (int64_t)fold->n_channels;
	Onnx__NodeProto *proto = fold->graph->nodes[fold->layer].proto;
	const char *name = name_bias(fold);

	qs_edit_add_tensor(fold->edit, name, FLOAT, &n, 1, fold->bias_values);
	if (proto->n_input > 2 && name)
		proto->input[2] = (char *)name;
	else
		qs_edit_add_input(fold->edit, fold->layer, name);
	/* A bias that was left out was multiplied by any beta. */
	if (qs_attribute(proto, "beta"))
		qs_edit_set_float(fold->edit, proto, "beta", 1);
}

static enum qs_status write_values(struct fold *fold)
{
	enum qs_status status = replace(fold, fold->weights, 1, fold->weight_values);

	if (status == QS_OK && fold->bias)
		status = replace(fold, fold->bias, 2, fold->bias_values);
	else if (status == QS_OK)
		add_bias(fold);
	qs_edit_rename(fold->edit, qs_graph_input(fold->graph, fold->norm, 0),
	    qs_graph_output(fold->graph, fold->norm, 0)->name);
	qs_edit_remove_node(fold->edit, fold->norm);
	return status;
}

static void release(struct fold *fold)
{
	for (size_t i = 0; i < N_STATISTICS; i++)
		free(fold->statistics[i]);
	free(fold->weight_values);
	free(fold->bias_values);
	free(fold->factors);
	free(fold->summands);
}

/* Folds one batch normalization; `*ret_reason` says why not. */
static enum qs_status fold_one(struct fold *fold, const char **ret_reason)
{
	enum qs_status status;

	*ret_reason = check_norm(fold);
	if (*ret_reason)
		return QS_OK;
	status = read_values(fold);
	if (status == QS_OK && !find_factors(fold)) {
		*ret_reason = "its variance is not positive";
	} else if (status == QS_OK) {
		fold_values(fold);
		status = write_values(fold);
	}
	release(fold);
	return status;
}

/* Those that stay, by reason: networks repeat themselves. */
struct kept {
	const char *reasons[16], *labels[16];
	size_t counts[16], n_reasons;
};

/* Reasons are texts of this file, so that equal ones are one. */
static void keep(struct kept *kept, const char *reason, const char *label)
{
	size_t i = 0;

	while (i < kept->n_reasons && kept->reasons[i] != reason)
		i++;
	if (i == kept->n_reasons) {
		kept->reasons[i] = reason;
		kept->labels[i] = label;
		kept->n_reasons++;
	}
	kept->counts[i]++;
}

static void report(
    const struct qs_graph *graph, const struct kept *kept, struct qs_findings *findings)
{
	for (size_t i = 0; i < kept->n_reasons; i++) {
		const struct qs_place place = qs_model_place(graph->model, findings);

		if (kept->counts[i] == 1)
			qs_finding_add(findings, QS_FINDING_BATCH_NORM_KEPT, place,
			    "batch normalisation \"%s\" stays: %s", kept->labels[i],
			    kept->reasons[i]);
		else
			qs_finding_add(findings, QS_FINDING_BATCH_NORM_KEPT, place,
			    "batch normalisation \"%s\" and %zu more stay: %s", kept->labels[i],
			    kept->counts[i] - 1, kept->reasons[i]);
	}
}

/* One pass over an index of the graph. Reasons are only told once nothing is left to fold. */
static enum qs_status fold_pass(
    struct qs_graph *graph, bool tell, struct qs_findings *findings, size_t *ret_folded)
{
	enum qs_status status;
	struct kept kept = {.n_reasons = 0};
	struct qs_edit *edit;
	size_t n = 0;

	status = qs_edit_new(graph, &edit);
	if (status != QS_OK)
		return status;
	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		struct fold fold = {.graph = graph, .edit = edit, .findings = findings, .norm = i};
		const char *reason = NULL;

		if (!qs_node_is(graph->nodes[i].proto, "BatchNormalization") ||
		    !qs_graph_output(graph, i, 0))
			continue;
		status = fold_one(&fold, &reason);
		if (status == QS_OK && reason)
			keep(&kept, reason, graph->nodes[i].label);
		n += status == QS_OK && !reason;
	}
	if (status == QS_OK)
		status = qs_edit_apply(edit, findings);
	if (status == QS_OK && tell)
		report(graph, &kept, findings);
	qs_edit_free(edit);
	*ret_folded = n;
	return status;
}

enum qs_status qs_fold_batch_norms(
    struct qs_model *model, struct qs_findings *findings, size_t *ret_folded)
{
	size_t n = 1, all = 0;
	bool tell = false;
	enum qs_status status = QS_OK;

	/* A batch normalization behind another one is folded in the next pass. */
	while (status == QS_OK && (n || !tell)) {
		struct qs_graph *graph = NULL;

		tell = !n;
		status = qs_graph_new(model, findings, &graph);
		if (status == QS_OK)
			status = fold_pass(graph, tell, findings, &n);
		all += status == QS_OK ? n : 0;
		qs_graph_free(graph);
	}
	if (status == QS_OK)
		*ret_folded = all;
	return status;
}
