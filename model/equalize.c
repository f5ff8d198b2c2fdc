/* SPDX-License-Identifier: Apache-2.0 */
/* Cross-layer equalization. */
#include "model/equalize.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/edit.h"
#include "model/layers.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* Channels whose ranges sum up to less stay as they are. */
#define LEAST_RANGES 0.5F

/* A weight below counts as this much when biases are compared with it. */
#define LEAST_WEIGHT 1e-7F

/* ---- pairs ----------------------------------------------------------------------------------- */

/* A convolution with its parameters. */
struct conv {
	size_t node;
	const struct qs_value *weights, *bias; /* bias NULL: none */
	size_t outer, inner, rest, groups;     /* dims 0 and 1 of the weights, and the others */
	bool transposed;
	float *weight_values, *bias_values;
};

static size_t count_inputs(const struct conv *conv)
{
	return conv->transposed ? conv->outer : conv->inner * conv->groups;
}

static size_t count_outputs(const struct conv *conv)
{
	return conv->transposed ? conv->inner * conv->groups : conv->outer;
}

/* The channels that weights (outer, inner) lead between. */
static size_t input_of(const struct conv *conv, size_t outer, size_t inner)
{
	return conv->transposed ? outer
	                        : outer / (conv->outer / conv->groups) * conv->inner + inner;
}

static size_t output_of(const struct conv *conv, size_t outer, size_t inner)
{
	return conv->transposed ? outer / (conv->outer / conv->groups) * conv->inner + inner
	                        : outer;
}

/* Whether a parameter is a constant of the layer's own. */
static bool is_own(const struct qs_graph *graph, const struct qs_value *value)
{
	if (!value || !value->constant || value->element_type != FLOAT || value->n_uses != 1 ||
	    value->is_output)
		return false;
	return value->is_initializer ||
	       qs_attribute(graph->nodes[value->producer].proto, "value") != NULL;
}

static bool read_conv(const struct qs_graph *graph, size_t node, struct conv *ret_conv)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const int64_t groups = qs_attribute_int(proto, "group", 1);
	struct conv conv = {.node = node,
	    .weights = qs_graph_input(graph, node, 1),
	    .bias = qs_graph_input(graph, node, 2),
	    .transposed = qs_node_is(proto, "ConvTranspose")};
	size_t count, n_bias;

	if (!conv.transposed && !qs_node_is(proto, "Conv"))
		return false;
	if (!is_own(graph, conv.weights) || conv.weights->rank < 4 || groups < 1 ||
	    !qs_shape_count(conv.weights->dims, (size_t)conv.weights->rank, &count) || !count)
		return false;
	conv.outer = (size_t)conv.weights->dims[0];
	conv.inner = (size_t)conv.weights->dims[1];
	conv.rest = count / conv.outer / conv.inner;
	conv.groups = (size_t)groups;
	if (conv.outer % conv.groups)
		return false;
	if (conv.bias &&
	    (!is_own(graph, conv.bias) || conv.bias->rank != 1 ||
		!qs_shape_count(conv.bias->dims, 1, &n_bias) || n_bias != count_outputs(&conv)))
		return false;
	*ret_conv = conv;
	return true;
}

static bool is_type(const struct qs_graph *graph, size_t node, const char *type)
{
	const struct qs_layer_type *found = qs_layer_type_of(graph, node);

	return found && strcmp(found->type, type) == 0;
}

/* Whether factors of channels pass through a node. */
static bool lets_through(const struct qs_graph *graph, size_t node)
{
	static const char *const operators[] = {
	    "Relu", "MaxPool", "AveragePool", "GlobalAveragePool", "Dropout"};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (qs_node_is(graph->nodes[node].proto, operators[i]))
			return true;
	}
	return is_type(graph, node, "Identity");
}

/* The convolution that follows a node, or QS_NONE. */
static size_t find_next(const struct qs_graph *graph, size_t node, bool *ret_clipped)
{
	*ret_clipped = false;
	for (;;) {
		const struct qs_value *value = qs_graph_output(graph, node, 0);

		if (!value || value->n_uses != 1 || value->is_output || value->uses[0].input != 0)
			return QS_NONE;
		node = value->uses[0].node;
		if (qs_node_is(graph->nodes[node].proto, "Conv") ||
		    qs_node_is(graph->nodes[node].proto, "ConvTranspose"))
			return node;
		if (is_type(graph, node, "ReLU6"))
			*ret_clipped = true;
		else if (!lets_through(graph, node))
			return QS_NONE;
	}
}

/* ---- the law --------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* What biases and weights look like together. */
struct shape_of_bias {
	float most_bias, most_weight, median;
	double mean; /* median and mean are of |bias| / |weight| */
};

/* The least magnitude of a row that is not 0; 0 when all are. */
static float least_of_row(const struct conv *conv, const float *rows, size_t row, size_t n)
{
	float least = 0;

	(void)conv;
	for (size_t i = 0; i < n; i++) {
		const float size = fabsf(rows[row * n + i]);

		if (size > 0 && (least <= 0 || size < least))
			least = size;
	}
	return least;
}

/* The weights by output channel: a row for each. */
static float *make_rows(const struct conv *conv)
{
	const size_t n_outputs = count_outputs(conv);
	const size_t n_row = conv->outer * conv->inner / n_outputs * conv->rest;
	float *rows = malloc((n_outputs * n_row + 1) * sizeof(*rows));
	size_t *filled = calloc(n_outputs + 1, sizeof(*filled));

	for (size_t o = 0; rows && filled && o < conv->outer; o++) {
		for (size_t i = 0; i < conv->inner; i++) {
			const size_t row = output_of(conv, o, i);

			memcpy(rows + row * n_row + filled[row],
			    conv->weight_values + (o * conv->inner + i) * conv->rest,
			    conv->rest * sizeof(*rows));
			filled[row] += conv->rest;
		}
	}
	if (!filled) {
		free(rows);
		rows = NULL;
	}
	free(filled);
	return rows;
}

/* Compares biases with weights; those of a channel without weights count as 0. */
static bool describe_bias(const struct conv *conv, const float *rows, size_t n_row, float *biases,
    struct shape_of_bias *ret_shape)
{
	const size_t n_outputs = count_outputs(conv), n = n_outputs * n_row;
	float *ratios = malloc((n + 1) * sizeof(*ratios));
	struct shape_of_bias shape = {0, 0, 0, 0};

	if (!ratios)
		return false;
	for (size_t r = 0; r < n_outputs; r++) {
		const float least = least_of_row(conv, rows, r, n_row);

		shape.most_bias = fmaxf(shape.most_bias, fabsf(conv->bias_values[r]));
		biases[r] = least > 0 ? conv->bias_values[r] : 0;
		for (size_t i = 0; i < n_row; i++) {
			float size = fabsf(rows[r * n_row + i]);

			size = size > 0 ? size : least;
			size = size < LEAST_WEIGHT ? LEAST_WEIGHT : size;
			shape.most_weight = fmaxf(shape.most_weight, size);
			ratios[r * n_row + i] = fabsf(biases[r]) / size;
			shape.mean += (double)ratios[r * n_row + i];
		}
	}
	shape.mean /= (double)n;
	qsort(ratios, n, sizeof(*ratios), compare);
	shape.median = n % 2 ? ratios[n / 2] : (ratios[n / 2 - 1] + ratios[n / 2]) / 2;
	free(ratios);
	*ret_shape = shape;
	return true;
}

/* How many times less a bias counts than a weight. */
static float find_shrink(const struct shape_of_bias *shape)
{
	if (shape->most_bias < 10 && shape->most_bias / shape->most_weight < 20)
		return shape->median > 100 || shape->mean > 1000 ? 5 : 2;
	if (shape->median > 30 || shape->mean > 500)
		return 20;
	return shape->median > 15 || shape->mean > 100 ? 10 : 5;
}

/* The range of every output channel of the first convolution, biases included. */
static bool find_output_ranges(const struct conv *conv, float *ranges)
{
	const size_t n_outputs = count_outputs(conv);
	const size_t n_row = conv->outer * conv->inner / n_outputs * conv->rest;
	float *rows = make_rows(conv), *biases = calloc(n_outputs + 1, sizeof(*biases));
	struct shape_of_bias shape;
	bool done = rows && biases;

	if (done && conv->bias)
		done = describe_bias(conv, rows, n_row, biases, &shape);
	for (size_t r = 0; done && r < n_outputs; r++) {
		ranges[r] = conv->bias ? fabsf(biases[r] / find_shrink(&shape)) : 0;
		for (size_t i = 0; i < n_row; i++)
			ranges[r] = fmaxf(ranges[r], fabsf(rows[r * n_row + i]));
	}
	free(rows);
	free(biases);
	return done;
}

static void find_input_ranges(const struct conv *conv, float *ranges)
{
	for (size_t o = 0; o < conv->outer; o++) {
		for (size_t i = 0; i < conv->inner; i++) {
			const float *values =
			    conv->weight_values + (o * conv->inner + i) * conv->rest;
			float *range = &ranges[input_of(conv, o, i)];

			for (size_t k = 0; k < conv->rest; k++)
				*range = fmaxf(*range, fabsf(values[k]));
		}
	}
}

static float find_factor(float first, float second)
{
	const float root = sqrtf(first * second);

	if (first + second < LEAST_RANGES || !(root > 0))
		return 1;
	return first / root;
}

static void divide_outputs(struct conv *conv, const float *factors)
{
	for (size_t o = 0; o < conv->outer; o++) {
		for (size_t i = 0; i < conv->inner; i++) {
			float *values = conv->weight_values + (o * conv->inner + i) * conv->rest;

			for (size_t k = 0; k < conv->rest; k++)
				values[k] /= factors[output_of(conv, o, i)];
		}
	}
	for (size_t r = 0; conv->bias && r < count_outputs(conv); r++)
		conv->bias_values[r] /= factors[r];
}

static void multiply_inputs(struct conv *conv, const float *factors)
{
	for (size_t o = 0; o < conv->outer; o++) {
		for (size_t i = 0; i < conv->inner; i++) {
			float *values = conv->weight_values + (o * conv->inner + i) * conv->rest;

			for (size_t k = 0; k < conv->rest; k++)
				values[k] *= factors[input_of(conv, o, i)];
		}
	}
}

/* ---- one pair -------------------------------------------------------------------------------- */

static enum qs_status read_values(
    const struct qs_graph *graph, struct conv *conv, struct qs_findings *findings)
{
	size_t n;
	enum qs_status status = qs_tensor_read(
	    graph->model, conv->weights->constant, findings, &conv->weight_values, &n);

	if (status == QS_OK && conv->bias)
		status = qs_tensor_read(
		    graph->model, conv->bias->constant, findings, &conv->bias_values, &n);
	return status;
}

static enum qs_status write_values(const struct qs_graph *graph, const struct conv *conv)
{
	enum qs_status status =
	    qs_tensor_set(graph->model, conv->weights->constant, FLOAT, conv->weight_values);

	if (status == QS_OK && conv->bias)
		status =
		    qs_tensor_set(graph->model, conv->bias->constant, FLOAT, conv->bias_values);
	return status;
}

static enum qs_status equalize_values(
    const struct qs_graph *graph, struct conv *first, struct conv *second)
{
	const size_t n = count_outputs(first);
	float *factors = calloc(n + 1, sizeof(*factors)), *ranges = calloc(n + 1, sizeof(*ranges));
	enum qs_status status = QS_NOMEM;

	if (factors && ranges && find_output_ranges(first, factors)) {
		find_input_ranges(second, ranges);
		for (size_t c = 0; c < n; c++)
			factors[c] = find_factor(factors[c], ranges[c]);
		divide_outputs(first, factors);
		multiply_inputs(second, factors);
		status = write_values(graph, first);
		if (status == QS_OK)
			status = write_values(graph, second);
	}
	free(factors);
	free(ranges);
	return status;
}

static enum qs_status equalize_pair(const struct qs_graph *graph, struct conv *first,
    struct conv *second, struct qs_findings *findings)
{
	enum qs_status status = read_values(graph, first, findings);

	if (status == QS_OK)
		status = read_values(graph, second, findings);
	if (status == QS_OK)
		status = equalize_values(graph, first, second);
	free(first->weight_values);
	free(first->bias_values);
	free(second->weight_values);
	free(second->bias_values);
	return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum qs_status equalize_graph(
    const struct qs_graph *graph, struct qs_findings *findings, struct qs_equalized *equalized)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < graph->n_nodes && status == QS_OK; i++) {
		struct conv first, second;
		bool clipped;
		size_t next;

		if (!read_conv(graph, graph->order[i], &first))
			continue;
		next = find_next(graph, graph->order[i], &clipped);
		if (next == QS_NONE || !read_conv(graph, next, &second) ||
		    count_outputs(&first) != count_inputs(&second))
			continue;
		equalized->n_clipped += clipped;
		if (clipped)
			continue;
		status = equalize_pair(graph, &first, &second, findings);
		equalized->n_pairs++;
	}
	return status;
}

enum qs_status qs_equalize(
    struct qs_model *model, struct qs_findings *findings, struct qs_equalized *ret_equalized)
{
	struct qs_equalized equalized = {0, 0};
	struct qs_graph *graph = NULL;
	enum qs_status status = qs_graph_new(model, findings, &graph);

	if (status == QS_OK)
		status = equalize_graph(graph, findings, &equalized);
	if (status == QS_OK)
		*ret_equalized = equalized;
	qs_graph_free(graph);
	return status;
}
