/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Compares two models on the same data, tensor by tensor: those of equal names, and outputs, which
 * belong together by their order where their names differ; and what their layers have as weights
 * and biases.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/compare_parameters.h"
#include "analysis/kept.h"
#include "analysis/plain.h"
#include "base/finding.h"
#include "engine/feed.h"
#include "model/fold.h"
#include "numbers/registry.h"
#include "model/ort.h"
#include "model/tensor.h"

struct comparing {
	const struct qs_look *look;
	struct qs_findings *findings;
	struct qs_comparison *comparison;
	struct qs_registry *registry;
	struct qs_plain expected, found;
	struct qs_feed feed;
	struct qs_blob *inputs;      /* of what is found: those of the feed under other names */
	struct qs_kept_tensors kept; /* by value of what is expected */
	size_t *pair_of_found;       /* by value of what is found: its counterpart, or QS_NONE */
	size_t *pair_of_expected;    /* the other way round */
	size_t *item_of_found;       /* by value of what is found: its row, or QS_NONE */
	struct qs_counterparts counterparts;
	struct qs_parameter *parameters; /* in the order of their rows */
	size_t n_parameters, n_tensors;  /* and rows about what flows */
};

static const struct qs_graph *graph_of(const struct qs_plain *plain)
{
	return plain->layers->graph;
}

/* ---- which tensors belong together ----------------------------------------------------------- */

/* Whether a tensor flows and is one of data. */
static bool is_data(const struct qs_value *value)
{
	return value->producer != QS_NONE && !value->is_static && !value->is_shape;
}

static void join(struct comparing *comparing, size_t expected, size_t found)
{
	comparing->pair_of_expected[expected] = found;
	comparing->pair_of_found[found] = expected;
}

static void join_names(struct comparing *comparing)
{
	const struct qs_graph *expected = graph_of(&comparing->expected);
	const struct qs_graph *found = graph_of(&comparing->found);

	for (size_t i = 0; i < expected->n_values; i++) {
		const size_t other = qs_graph_find(found, expected->values[i].name);

		if (other != QS_NONE && is_data(&expected->values[i]) &&
		    is_data(&found->values[other]))
			join(comparing, i, other);
	}
}

/* The value of an output, or QS_NONE. */
static size_t value_of_output(const struct qs_graph *graph, size_t output)
{
	return qs_graph_find(graph, graph->proto->output[output]->name);
}

/* Outputs that found nothing by name, and stand at the same place. */
static void join_outputs(struct comparing *comparing)
{
	const struct qs_graph *expected = graph_of(&comparing->expected);
	const struct qs_graph *found = graph_of(&comparing->found);

	for (size_t i = 0;
	     i < expected->proto->n_output && expected->proto->n_output == found->proto->n_output;
	     i++) {
		const size_t a = value_of_output(expected, i), b = value_of_output(found, i);

		if (a != QS_NONE && b != QS_NONE && comparing->pair_of_expected[a] == QS_NONE &&
		    comparing->pair_of_found[b] == QS_NONE)
			join(comparing, a, b);
	}
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The node that dequantizes a tensor of a quantized model, or NULL. */
static const struct qs_node *dequantizer_of(
    const struct qs_graph *graph, const struct qs_value *value)
{
	const struct qs_node *node =
	    value->producer == QS_NONE ? NULL : &graph->nodes[value->producer];
	const char *type = node && node->proto->op_type ? node->proto->op_type : "";

	/* The operators of com.microsoft mean the same. */
	return strcmp(type, "DequantizeLinear") == 0 && node->proto->n_input >= 2 ? node : NULL;
}

/* The number format of a tensor and its scale, as the nodes of the model say it. */
static enum qs_status describe(
    struct comparing *comparing, size_t value, char *dtype, size_t room, double *ret_scale)
{
	const struct qs_graph *graph = graph_of(&comparing->found);
	const struct qs_node *node = dequantizer_of(graph, &graph->values[value]);
	int type = graph->values[value].element_type;
	enum qs_status status = QS_OK;

	*ret_scale = NAN;
	if (node) {
		const struct qs_value *codes = &graph->values[node->inputs[0]];
		const Onnx__TensorProto *constant = graph->values[node->inputs[1]].constant;
		float *scales = NULL;
		size_t n = 0;

		type = codes->element_type ? codes->element_type : type;
		if (constant)
			status = qs_tensor_read(
			    graph->model, constant, comparing->findings, &scales, &n);
		for (size_t i = 0; status == QS_OK && i < n; i++)
			*ret_scale = fmax(*ret_scale, (double)scales[i]);
		free(scales);
	}
	snprintf(dtype, room, "%s", type ? qs_element_name(type) : "float32");
	return status;
}

/* Adds a row about what is told of two values, one of each model. */
static enum qs_status add_row(struct comparing *comparing, const struct qs_row *row, size_t found)
{
	char dtype[QS_DTYPE_WORD];
	struct qs_compared compared = {.type = qs_row_type(row),
	    .layer = qs_row_layer(row),
	    .tensor = row->tensor,
	    .dtype = dtype,
	    .attr = row->attr,
	    .is_output = row->attr == QS_ATTR_OUTPUT &&
	                 graph_of(&comparing->expected)->values[row->value].is_output};
	const enum qs_status status =
	    describe(comparing, found, dtype, sizeof(dtype), &compared.scale);

	if (status != QS_OK)
		return status;
	return qs_comparison_add(comparing->comparison, &compared) ? QS_OK : QS_NOMEM;
}

/* A row about what a node gives. */
static enum qs_status add_output(
    struct comparing *comparing, const struct qs_layer *layer, size_t value)
{
	const size_t found = comparing->pair_of_expected[value];
	const struct qs_row row = {.layer = layer,
	    .attr = QS_ATTR_OUTPUT,
	    .tensor = graph_of(&comparing->expected)->values[value].name,
	    .value = value};
	const enum qs_status status = add_row(comparing, &row, found);

	if (status != QS_OK)
		return status;
	comparing->item_of_found[found] = comparing->comparison->n - 1;
	comparing->expected.is_asked[value] = comparing->found.is_asked[found] = true;
	comparing->n_tensors++;
	return QS_OK;
}

/* Rows about the parameters of a layer. */
static enum qs_status add_parameters(struct comparing *comparing, const struct qs_layer *layer)
{
	struct qs_parameter found[QS_PARAMETERS];
	const size_t n = qs_counterparts_find(&comparing->counterparts, layer, found);
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < n && status == QS_OK; i++) {
		const struct qs_row row = {.layer = layer,
		    .attr = found[i].attr,
		    .tensor =
			found[i].attr == QS_ATTR_BIAS ? layer->bias.name : layer->weights.name,
		    .value = found[i].expected};

		status = add_row(comparing, &row, found[i].found);
		found[i].item = comparing->comparison->n - 1;
		comparing->parameters[comparing->n_parameters++] = found[i];
	}
	return status;
}

/* Rows about what a node gives, and before the first node of a layer those about its parameters. */
static enum qs_status add_node(struct comparing *comparing, size_t node)
{
	const struct qs_layers *layers = comparing->expected.layers;
	const struct qs_node *item = &layers->graph->nodes[node];
	const struct qs_layer *layer =
	    layers->of_node[node] == QS_NONE ? NULL : &layers->items[layers->of_node[node]];
	enum qs_status status =
	    layer && layer->nodes[0] == node ? add_parameters(comparing, layer) : QS_OK;

	for (size_t k = 0; k < item->proto->n_output && status == QS_OK; k++) {
		const size_t value = item->outputs[k];

		if (value != QS_NONE && comparing->pair_of_expected[value] != QS_NONE)
			status = add_output(comparing, layer, value);
	}
	return status;
}

/* In the order of the expected model. */
static enum qs_status add_rows(struct comparing *comparing)
{
	const struct qs_graph *graph = graph_of(&comparing->expected);
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < graph->n_nodes && status == QS_OK; i++)
		status = add_node(comparing, graph->order[i]);
	if (status != QS_OK || comparing->n_tensors)
		return status;
	qs_finding_add(comparing->findings, QS_FINDING_NOTHING_IN_COMMON,
	    qs_model_place(comparing->found.model, comparing->findings),
	    "no tensor is called as in \"%s\", and there are not as many outputs",
	    comparing->comparison->expected);
	return QS_INVALID;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* The inputs of a graph that are no constants, in order; QS_NONE behind the last one. */
static size_t input_of(const struct qs_graph *graph, size_t index)
{
	for (size_t i = 0; i < graph->proto->n_input; i++) {
		const size_t value = qs_graph_find(graph, graph->proto->input[i]->name);

		if (value != QS_NONE && graph->values[value].is_input && index-- == 0)
			return value;
	}
	return QS_NONE;
}

static bool takes(const struct qs_graph *graph, const char *name)
{
	const size_t value = qs_graph_find(graph, name);

	return value != QS_NONE && graph->values[value].is_input;
}

/* Finds out what the inputs of the found model are called: the same, or other words in order. */
static enum qs_status name_inputs(struct comparing *comparing)
{
	const struct qs_graph *expected = graph_of(&comparing->expected);
	const struct qs_graph *found = graph_of(&comparing->found);
	size_t n = 0;
	bool same = true;

	while (input_of(found, n) != QS_NONE)
		same = takes(expected, found->values[input_of(found, n++)].name) && same;
	comparing->inputs = calloc(comparing->feed.n_inputs + 1, sizeof(*comparing->inputs));
	if (!comparing->inputs)
		return QS_NOMEM;
	if (n != comparing->feed.n_inputs) {
		qs_finding_add(comparing->findings, QS_FINDING_INPUTS_DIFFER,
		    qs_model_place(comparing->found.model, comparing->findings),
		    "the model takes %zu inputs, expected %zu as in \"%s\"", n,
		    comparing->feed.n_inputs, comparing->comparison->expected);
		return QS_INVALID;
	}
	for (size_t i = 0; i < n; i++)
		comparing->inputs[i].name =
		    same ? comparing->feed.inputs[i].name : found->values[input_of(found, i)].name;
	return QS_OK;
}

/* ---- batches --------------------------------------------------------------------------------- */

static enum qs_status show_expected(void *context, size_t value, const struct qs_blob *blob)
{
	struct comparing *comparing = context;

	return qs_kept_take(&comparing->kept, value, blob);
}

static enum qs_status show_found(void *context, size_t value, const struct qs_blob *blob)
{
	struct comparing *comparing = context;
	const struct qs_kept_tensor *kept = &comparing->kept.items[comparing->pair_of_found[value]];
	struct qs_compared *item = &comparing->comparison->items[comparing->item_of_found[value]];
	struct qs_values found = {NULL, blob->dims, blob->n_dims};
	enum qs_status status;
	float *values;
	size_t n;

	if (!kept->values || !qs_elements_to_float(blob->element_type, NULL, 0, NULL))
		return QS_OK;
	values = qs_blob_floats(blob, &n);
	if (!values)
		return QS_NOMEM;
	found.values = values;
	status =
	    qs_compared_add(item, &(struct qs_values){kept->values, kept->dims, kept->rank}, &found,
		qs_model_place(comparing->found.model, comparing->findings), comparing->findings);
	free(values);
	return status;
}

static enum qs_status run_batch(struct comparing *comparing, size_t batch)
{
	const struct qs_calibrate_options *run = &comparing->look->run;
	struct qs_feed *feed = &comparing->feed;
	enum qs_status status = qs_feed_read(feed, batch, comparing->findings);

	if (status == QS_OK)
		status = qs_plain_run(&comparing->expected, feed->blobs, feed->n_inputs, comparing,
		    comparing->findings);
	for (size_t i = 0; i < feed->n_inputs && status == QS_OK; i++) {
		const char *name = comparing->inputs[i].name;

		comparing->inputs[i] = feed->blobs[i];
		comparing->inputs[i].name = name;
	}
	if (status == QS_OK)
		status = qs_plain_run(&comparing->found, comparing->inputs, feed->n_inputs,
		    comparing, comparing->findings);
	if (status == QS_OK && run->progress &&
	    !run->progress(run->context, batch + 1, feed->dataset.n_batches))
		status = QS_INVALID;
	return status;
}

static enum qs_status run(struct comparing *comparing, struct qs_runtime *runtime)
{
	size_t *n_batches = &comparing->comparison->n_batches;
	enum qs_status status = qs_plain_start(
	    &comparing->expected, comparing->registry, runtime, show_expected, comparing->findings);

	if (status == QS_OK)
		status = qs_plain_start(&comparing->found, comparing->registry, runtime, show_found,
		    comparing->findings);
	if (status == QS_OK)
		status = qs_parameters_compare(&comparing->counterparts, comparing->parameters,
		    comparing->n_parameters, runtime, comparing->findings,
		    comparing->comparison->items);
	for (; status == QS_OK && *n_batches < comparing->feed.dataset.n_batches; ++*n_batches)
		status = run_batch(comparing, *n_batches);
	return status;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static size_t count_batch_norms(const struct qs_model *model)
{
	const Onnx__GraphProto *graph = model->proto->graph;
	size_t n = 0;

	for (size_t i = 0; i < graph->n_node; i++)
		n += qs_node_is(graph->node[i], "BatchNormalization");
	return n;
}

/*
 * Opens both models. When that which is found has batch norms within the weights of other layers,
 * so has what is expected: else all these weights would be others.
 */
static enum qs_status open_sides(
    struct comparing *comparing, const char *expected, const char *found)
{
	struct qs_model *models[2] = {NULL, NULL};
	enum qs_status status = qs_model_open(expected, comparing->findings, &models[0]), other;
	size_t n;

	other = qs_model_open(found, comparing->findings, &models[1]);
	status = status == QS_OK ? other : status;
	if (status == QS_OK && count_batch_norms(models[1]) < count_batch_norms(models[0]))
		status = qs_fold_batch_norms(models[0], comparing->findings, &n);
	if (status != QS_OK) {
		qs_model_free(models[0]);
		qs_model_free(models[1]);
		return status;
	}
	status = qs_plain_init(&comparing->expected, models[0], comparing->findings);
	other = qs_plain_init(&comparing->found, models[1], comparing->findings);
	return status == QS_OK ? other : status;
}

/* At most. */
static size_t count_parameters(const struct comparing *comparing)
{
	return QS_PARAMETERS * comparing->expected.layers->n_items;
}

static enum qs_status make_room(struct comparing *comparing)
{
	const size_t n_expected = graph_of(&comparing->expected)->n_values;
	const size_t n_found = graph_of(&comparing->found)->n_values;

	comparing->pair_of_expected = qs_plan_none(n_expected);
	comparing->pair_of_found = qs_plan_none(n_found);
	comparing->item_of_found = qs_plan_none(n_found);
	comparing->parameters =
	    calloc(count_parameters(comparing) + 1, sizeof(struct qs_parameter));
	if (!comparing->pair_of_expected || !comparing->pair_of_found ||
	    !comparing->item_of_found || !comparing->parameters)
		return QS_NOMEM;
	return qs_kept_init(&comparing->kept, n_expected);
}

static enum qs_status prepare(struct comparing *comparing, const char *expected, const char *found)
{
	enum qs_status status = open_sides(comparing, expected, found);

	if (status == QS_OK)
		status = make_room(comparing);
	if (status == QS_OK)
		status = qs_comparison_new(expected, found,
		    graph_of(&comparing->expected)->n_values + count_parameters(comparing),
		    &comparing->comparison);
	if (status != QS_OK)
		return status;
	join_names(comparing);
	join_outputs(comparing);
	status = qs_counterparts_init(&comparing->counterparts, comparing->expected.layers,
	    comparing->found.layers, comparing->pair_of_expected);
	if (status == QS_OK)
		status = add_rows(comparing);
	if (status == QS_OK)
		status = qs_feed_open(graph_of(&comparing->expected), comparing->look->run.data,
		    comparing->look->run.images, comparing->findings, &comparing->feed);
	return status == QS_OK ? name_inputs(comparing) : status;
}

static void release(struct comparing *comparing)
{
	qs_feed_done(&comparing->feed);
	qs_plain_done(&comparing->expected);
	qs_plain_done(&comparing->found);
	qs_kept_done(&comparing->kept);
	qs_registry_free(comparing->registry);
	qs_counterparts_done(&comparing->counterparts);
	free(comparing->parameters);
	free(comparing->inputs);
	free(comparing->pair_of_expected);
	free(comparing->pair_of_found);
	free(comparing->item_of_found);
}

enum qs_status qs_compare_models(const char *expected, const char *found,
    const struct qs_look *look, struct qs_findings *findings, struct qs_comparison **ret_comparison)
{
	struct comparing comparing = {
	    .look = look, .findings = findings, .registry = qs_registry_new()};
	struct qs_runtime *runtime = NULL;
	enum qs_status status = comparing.registry
	                            ? qs_registry_use_threads(comparing.registry, look->n_threads)
	                            : QS_NOMEM;

	if (status == QS_OK)
		status = prepare(&comparing, expected, found);
	if (status == QS_OK)
		status = qs_ort_open(look->run.onnxruntime, findings, &runtime);
	if (status == QS_OK)
		status = run(&comparing, runtime);
	if (status == QS_OK)
		qs_comparison_check_difference(comparing.comparison,
		    qs_place_of(qs_findings_name_source(findings, found)), findings);
	release(&comparing);
	qs_runtime_close(runtime);
	if (status == QS_OK)
		*ret_comparison = comparing.comparison;
	else
		qs_comparison_free(comparing.comparison);
	return status;
}
