/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which parameters of two models belong together.
 *
 * A quantized model calls the weights that a node reads by other names, or computes them from
 * codes, but leaves the node: with its name, or else it is the nearest of its operator before the
 * tensor that both models have.
 */
#include "analysis/compare_parameters.h"

#include <string.h>

#include "analysis/kept.h"
#include "model/layers.h"
#include "model/static.h"

/* So many nodes are between what a layer computes and what its readers see in a quantized model. */
#define STEPS 16

static const char *operator_of(const struct qs_node *node)
{
	return node->proto->op_type ? node->proto->op_type : "";
}

enum qs_status qs_counterparts_init(struct qs_counterparts *counterparts,
    const struct qs_layers *expected, const struct qs_layers *found,
    const size_t *found_of_expected)
{
	const struct qs_graph *graph = found->graph;

	*counterparts = (struct qs_counterparts){expected, found, found_of_expected, QS_MAP_INIT};
	for (size_t i = 0; i < graph->n_nodes; i++) {
		const char *name = graph->nodes[i].proto->name;

		if (name && *name && qs_map_get(&counterparts->by_name, name) == QS_MAP_NONE &&
		    !qs_map_set(&counterparts->by_name, name, i))
			return QS_NOMEM;
	}
	return QS_OK;
}

void qs_counterparts_done(struct qs_counterparts *counterparts)
{
	qs_map_done(&counterparts->by_name);
}

/* The nearest node of an operator before a value of the found model, or QS_NONE. */
static size_t find_before(
    const struct qs_counterparts *counterparts, size_t value, const char *op_type)
{
	const struct qs_graph *graph = counterparts->found->graph;

	for (size_t i = 0; i < STEPS && value != QS_NONE; i++) {
		const size_t node = graph->values[value].producer;

		if (node == QS_NONE || strcmp(operator_of(&graph->nodes[node]), op_type) == 0)
			return node;
		value = graph->nodes[node].proto->n_input ? graph->nodes[node].inputs[0] : QS_NONE;
	}
	return QS_NONE;
}

/* The node of the found model that is a node of the expected one, or QS_NONE. */
static size_t find_node(const struct qs_counterparts *counterparts, size_t node)
{
	const struct qs_graph *found = counterparts->found->graph;
	const struct qs_node *item = &counterparts->expected->graph->nodes[node];
	const char *name = item->proto->name, *op_type = operator_of(item);
	const size_t named = name && *name ? qs_map_get(&counterparts->by_name, name) : QS_NONE;

	if (named != QS_NONE && strcmp(operator_of(&found->nodes[named]), op_type) == 0)
		return named;
	if (!item->proto->n_output || item->outputs[0] == QS_NONE)
		return QS_NONE;
	return find_before(
	    counterparts, counterparts->found_of_expected[item->outputs[0]], op_type);
}

/* Whether a value is a parameter by its name: the constant that it is, or is made from. */
static bool is_parameter(const struct qs_graph *graph, size_t value, const char *name)
{
	const struct qs_value *item = &graph->values[value];
	const struct qs_value *root = item->is_static ? qs_graph_root(graph, item) : NULL;

	return *name && item->is_static && strcmp((root ? root : item)->name, name) == 0;
}

/* Finds where a node of a layer reads a parameter, and where the found model does. */
static bool find_read(const struct qs_counterparts *counterparts, size_t node, const char *name,
    struct qs_parameter *ret_parameter)
{
	const struct qs_graph *expected = counterparts->expected->graph;
	const struct qs_graph *found = counterparts->found->graph;
	const struct qs_node *item = &expected->nodes[node];

	for (size_t i = 0; i < item->proto->n_input; i++) {
		size_t other, value;

		if (item->inputs[i] == QS_NONE || !is_parameter(expected, item->inputs[i], name))
			continue;
		other = find_node(counterparts, node);
		if (other == QS_NONE || i >= found->nodes[other].proto->n_input)
			return false;
		value = found->nodes[other].inputs[i];
		if (value == QS_NONE || !found->values[value].is_static)
			return false;
		ret_parameter->expected = item->inputs[i];
		ret_parameter->found = value;
		return true;
	}
	return false;
}

size_t qs_counterparts_find(const struct qs_counterparts *counterparts,
    const struct qs_layer *layer, struct qs_parameter ret_parameters[QS_PARAMETERS])
{
	const struct {
		enum qs_attr attr;
		const char *name;
	} wanted[QS_PARAMETERS] = {
	    {QS_ATTR_WEIGHT, layer->weights.name}, {QS_ATTR_BIAS, layer->bias.name}};
	size_t n = 0;

	for (size_t w = 0; w < QS_PARAMETERS; w++) {
		bool found = false;

		for (size_t i = 0; i < layer->n_nodes && !found; i++)
			found = find_read(
			    counterparts, layer->nodes[i], wanted[w].name, &ret_parameters[n]);
		if (found)
			ret_parameters[n++].attr = wanted[w].attr;
	}
	return n;
}

/* ---- values ---------------------------------------------------------------------------------- */

/* Keeps the values of a constant, or of what is computed from constants. */
static enum qs_status keep(struct qs_statics *statics, size_t value, struct qs_findings *findings,
    struct qs_kept_tensors *kept, size_t index)
{
	struct qs_blob blob = {.name = NULL};
	enum qs_status status = qs_statics_compute(statics, value, findings, &blob);

	if (status == QS_OK)
		status = qs_kept_take(kept, index, &blob);
	qs_blob_done(&blob);
	return status;
}

/* The values without the leading dimensions of 1 that another tensor does not have. */
static struct qs_values values_of(
    const struct qs_kept_tensor *kept, const struct qs_kept_tensor *other)
{
	size_t spare = 0;

	while (kept->rank - spare > other->rank && kept->dims[spare] == 1)
		spare++;
	return (struct qs_values){kept->values, kept->dims + spare, kept->rank - spare};
}

static enum qs_status compare(struct qs_statics *expected, struct qs_statics *found,
    const struct qs_parameter *parameter, struct qs_findings *findings, struct qs_compared *item)
{
	struct qs_kept_tensors kept;
	const struct qs_kept_tensor *a, *b;
	enum qs_status status = qs_kept_init(&kept, 2);

	if (status == QS_OK)
		status = keep(expected, parameter->expected, findings, &kept, 0);
	if (status == QS_OK)
		status = keep(found, parameter->found, findings, &kept, 1);
	a = &kept.items[0];
	b = &kept.items[1];
	/* What is no number is not kept. */
	if (status == QS_OK && a->values && b->values) {
		const struct qs_values first = values_of(a, b), second = values_of(b, a);

		status = qs_compared_add_constant(item, &first, &second);
	}
	qs_kept_done(&kept);
	return status;
}

enum qs_status qs_parameters_compare(const struct qs_counterparts *counterparts,
    const struct qs_parameter *parameters, size_t n, struct qs_runtime *runtime,
    struct qs_findings *findings, struct qs_compared *items)
{
	struct qs_statics expected, found;
	enum qs_status status = qs_statics_init(&expected, counterparts->expected->graph, runtime);
	const enum qs_status other = qs_statics_init(&found, counterparts->found->graph, runtime);

	status = status == QS_OK ? other : status;
	for (size_t i = 0; i < n && status == QS_OK; i++)
		status = compare(
		    &expected, &found, &parameters[i], findings, &items[parameters[i].item]);
	qs_statics_done(&expected);
	qs_statics_done(&found);
	return status;
}
