/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans what flows in groups of layers, as vai_q_pytorch does it where all formats are of integers.
 *
 * A layer is quantized at the end of its group: after the functions that alone read it, also
 * through nodes that only move values. What only a concatenation reads is left to the
 * concatenation. In a second pass, whatever a quantized layer reads and that nothing has quantized
 * yet gets a format too, constants that are added or multiplied among them. Graph inputs and
 * constants have the formats of the model.
 */
#include <string.h>

#include "engine/group.h"
#include "engine/plan.h"

struct planner {
	struct qs_plan *plan;
	const struct qs_spec_source *specs;
	const struct qs_graph *graph;
};

static enum qs_role role_of(const struct planner *planner, const struct qs_layer *layer)
{
	return qs_group_role(planner->plan->layers, layer);
}

static const struct qs_layer *only_reader(
    const struct planner *planner, const struct qs_value *value, size_t *ret_index)
{
	return qs_layer_only_reader(planner->plan->layers, value, ret_index);
}

static const struct qs_value *output_of(const struct planner *planner, const struct qs_layer *layer)
{
	return qs_layer_output(planner->plan->layers, layer);
}

/* The value at the end of the group that starts with a value: behind the functions that alone read
 * it. Moves at the end are stepped back over. */
static const struct qs_value *group_end(const struct planner *planner, const struct qs_value *value)
{
	const struct qs_value *end = value;
	size_t index;

	while (value) {
		const struct qs_layer *reader = only_reader(planner, value, &index);
		const enum qs_role role = role_of(planner, reader);

		if (role != QS_ROLE_FOLLOW && role != QS_ROLE_MOVE)
			break;
		value = output_of(planner, reader);
		end = value && role == QS_ROLE_FOLLOW ? value : end;
	}
	return end;
}

static struct qs_spec spec_of(const struct planner *planner, size_t layer, enum qs_tensor kind)
{
	return planner->specs->layer(planner->specs->context, layer, kind);
}

/* Whether a value goes into a quantized concatenation and nowhere else, moved or not. */
static bool is_left_to_concat(const struct planner *planner, const struct qs_value *value)
{
	while (value) {
		size_t index;
		const struct qs_layer *reader = only_reader(planner, value, &index);
		const enum qs_role role = role_of(planner, reader);

		if (role == QS_ROLE_CONCAT) {
			const struct qs_spec spec = spec_of(planner, index, QS_TENSOR_ACTIVATION);

			return !qs_plan_refuses(planner->specs, &spec, QS_TENSOR_ACTIVATION);
		}
		if (role != QS_ROLE_MOVE)
			return false;
		value = output_of(planner, reader);
	}
	return false;
}

static bool is_planned(const struct planner *planner, const struct qs_value *value)
{
	return planner->plan->site_of_value[value - planner->graph->values] != QS_NONE;
}

/* All that flows has the format of activations, what enters the graph too. */
static struct qs_site *add_site_in(struct planner *planner, enum qs_tensor kind,
    const struct qs_value *value, size_t layer, size_t format)
{
	const size_t index = (size_t)(value - planner->graph->values);
	const struct qs_spec spec = spec_of(planner, format, QS_TENSOR_ACTIVATION);
	struct qs_site *site;

	if (is_planned(planner, value) || qs_plan_obstacle(planner->specs, &spec, kind, value))
		return NULL;
	site = qs_plan_add(planner->plan, kind, index,
	    layer == QS_NONE ? NULL : &planner->plan->layers->items[layer], &spec);
	if (site) {
		site->format = format;
		planner->plan->site_of_value[index] = (size_t)(site - planner->plan->sites);
	}
	return site;
}

static struct qs_site *add_site(
    struct planner *planner, enum qs_tensor kind, const struct qs_value *value, size_t layer)
{
	return add_site_in(planner, kind, value, layer, layer);
}

/* The layer whose group a value ends, or NULL. */
static const struct qs_layer *group_start(
    const struct planner *planner, const struct qs_value *value, size_t *ret_index)
{
	for (;;) {
		const struct qs_layer *layer =
		    qs_plan_layer_of(planner->plan, value->producer, ret_index);
		const enum qs_role role = role_of(planner, layer);

		if (role != QS_ROLE_FOLLOW && role != QS_ROLE_MOVE)
			return qs_role_quantizes(role) ? layer : NULL;
		value = qs_graph_input(planner->graph, value->producer, 0);
		if (!value)
			return NULL;
	}
}

/* The layer whose format a concatenation has: that of its first operand, where it is of its
 * group. */
static size_t format_of_concat(const struct planner *planner, size_t layer)
{
	for (;;) {
		const struct qs_layer *item = &planner->plan->layers->items[layer];
		const struct qs_value *operand = qs_graph_input(planner->graph, item->node, 0);
		size_t first;

		if (!operand || !only_reader(planner, operand, &first))
			return layer;
		item = group_start(planner, operand, &first);
		if (!item)
			return layer;
		layer = first;
		if (role_of(planner, item) != QS_ROLE_CONCAT)
			return layer;
	}
}

/* Where the output of a layer is quantized, or NULL: moved values have their format already, and a
 * function is its group's. */
static const struct qs_value *place_of_output(
    const struct planner *planner, const struct qs_layer *layer)
{
	const struct qs_value *value = output_of(planner, layer);

	/* What follows a concatenation is not of its group. */
	return value && role_of(planner, layer) != QS_ROLE_CONCAT ? group_end(planner, value)
	                                                          : value;
}

static void plan_output(struct planner *planner, size_t layer)
{
	const struct qs_layer *item = &planner->plan->layers->items[layer];
	const enum qs_role role = role_of(planner, item);
	const struct qs_value *value;

	if (!qs_role_quantizes(role))
		return;
	value = place_of_output(planner, item);
	if (value && role == QS_ROLE_CONCAT)
		add_site_in(
		    planner, QS_TENSOR_ACTIVATION, value, layer, format_of_concat(planner, layer));
	else if (value && !is_left_to_concat(planner, value))
		add_site(planner, QS_TENSOR_ACTIVATION, value, layer);
}

static void plan_input(struct planner *planner, const struct qs_value *value)
{
	if (value->is_entry && value->n_uses && !is_left_to_concat(planner, value))
		add_site(planner, QS_TENSOR_INPUT, value, QS_NONE);
}

const struct qs_value *qs_plan_before_moves(
    const struct qs_plan *plan, const struct qs_value *value)
{
	const struct qs_graph *graph = plan->layers->graph;

	for (;;) {
		enum qs_role_parameters parameters;
		const struct qs_value *source;
		const struct qs_layer *layer;
		size_t index;

		layer = qs_plan_layer_of(plan, value->producer, &index);
		if (plan->site_of_value[value - graph->values] != QS_NONE || !layer ||
		    qs_role_of(layer, &parameters) != QS_ROLE_MOVE)
			return value;
		source = qs_graph_input(graph, value->producer, 0);
		if (!source)
			return value;
		value = source;
	}
}

size_t qs_plan_output_site(const struct qs_plan *plan, const struct qs_layer *layer)
{
	const struct planner planner = {
	    .plan = (struct qs_plan *)plan, .graph = plan->layers->graph};
	const struct qs_value *value = output_of(&planner, layer);

	while (value) {
		const size_t site = plan->site_of_value[value - planner.graph->values];
		const struct qs_layer *reader;
		enum qs_role role;
		size_t index;

		if (site != QS_NONE)
			return site;
		reader = only_reader(&planner, value, &index);
		role = role_of(&planner, reader);
		if (role != QS_ROLE_FOLLOW && role != QS_ROLE_MOVE && role != QS_ROLE_CONCAT)
			return QS_NONE;
		value = output_of(&planner, reader);
	}
	return QS_NONE;
}

/* ---- the second pass ------------------------------------------------------------------------- */

/* A constant that is added or multiplied is quantized for those who do that with it. */
static void plan_constant(struct planner *planner, const struct qs_value *value, struct qs_use use)
{
	const size_t index = (size_t)(value - planner->graph->values);
	const size_t known = planner->plan->site_of_value[index];
	struct qs_site *site = known == QS_NONE
	                           ? add_site(planner, QS_TENSOR_ACTIVATION, value, QS_NONE)
	                           : &planner->plan->sites[known];

	if (site)
		qs_plan_add_use(planner->plan, site, use);
}

/* Whether the model itself quantizes a value. */
static bool is_quantized(const struct planner *planner, const struct qs_value *value)
{
	return value->producer != QS_NONE &&
	       strcmp(planner->graph->nodes[value->producer].proto->op_type, "DequantizeLinear") ==
	           0;
}

/* Gives a format to what a quantized layer reads and nobody has quantized. */
static void plan_operand(
    struct planner *planner, size_t layer, struct qs_use use, const struct qs_value *operand)
{
	const struct qs_layer *items = planner->plan->layers->items;
	const struct qs_value *value = qs_plan_before_moves(planner->plan, operand);
	size_t producer;

	if (operand->constant && role_of(planner, &items[layer]) == QS_ROLE_COMBINE)
		plan_constant(planner, operand, use);
	else if (!value->is_static && !is_quantized(planner, value) &&
		 qs_plan_layer_of(planner->plan, value->producer, &producer))
		add_site(planner, QS_TENSOR_ACTIVATION, value, producer);
}

/* Visits what a quantized layer reads. Within a layer of several nodes nothing is quantized. */
static void plan_operands(struct planner *planner, size_t layer)
{
	const struct qs_layer *item = &planner->plan->layers->items[layer];
	const enum qs_role role = role_of(planner, item);

	if (!qs_role_quantizes(role) || role == QS_ROLE_CONCAT)
		return;
	for (size_t n = 0; n < item->n_nodes; n++) {
		const struct qs_node *node = &planner->graph->nodes[item->nodes[n]];

		for (size_t i = 0; i < node->proto->n_input; i++) {
			const struct qs_value *operand =
			    qs_graph_input(planner->graph, item->nodes[n], i);
			size_t producer;

			if (operand &&
			    qs_plan_layer_of(planner->plan, operand->producer, &producer) != item)
				plan_operand(
				    planner, layer, (struct qs_use){item->nodes[n], i}, operand);
		}
	}
}

/* ---- what stays as it is --------------------------------------------------------------------- */

static void note_output(struct planner *planner, size_t layer)
{
	const struct qs_layer *item = &planner->plan->layers->items[layer];
	const struct qs_spec spec = spec_of(planner, layer, QS_TENSOR_ACTIVATION);
	const enum qs_role role = role_of(planner, item);
	const struct qs_value *value;
	const char *reason;

	if (role == QS_ROLE_MOVE || role == QS_ROLE_FOLLOW ||
	    qs_plan_is_border(planner->plan, item))
		return;
	value = place_of_output(planner, item);
	if (!value || is_planned(planner, value) ||
	    (qs_role_quantizes(role) && is_left_to_concat(planner, value)))
		return;
	reason = qs_plan_obstacle(planner->specs, &spec, QS_TENSOR_ACTIVATION, value);
	qs_plan_keep(planner->plan, item, QS_TENSOR_ACTIVATION,
	    reason ? reason : "outputs of layers of this type are not quantized");
}

static void note_input(struct planner *planner, const struct qs_value *value)
{
	const struct qs_spec spec = spec_of(planner, QS_NONE, QS_TENSOR_ACTIVATION);
	const char *reason = qs_plan_obstacle(planner->specs, &spec, QS_TENSOR_INPUT, value);
	const struct qs_layer *reader;
	size_t index;

	if (!value->is_entry || !value->n_uses || is_left_to_concat(planner, value))
		return;
	reader = qs_plan_layer_of(planner->plan, value->uses[0].node, &index);
	if (reason && reader)
		qs_plan_keep(planner->plan, reader, QS_TENSOR_INPUT, reason);
}

static bool has_layers(const struct planner *planner)
{
	const struct qs_layers *layers = planner->plan->layers;
	size_t i = 0;

	while (i < layers->n_items && !qs_role_quantizes(role_of(planner, &layers->items[i])))
		i++;
	return i < layers->n_items;
}

void qs_plan_groups(struct qs_plan *plan, const struct qs_spec_source *specs)
{
	struct planner planner = {plan, specs, plan->layers->graph};
	const bool inputs = has_layers(&planner);

	for (size_t i = 0; i < plan->layers->n_items; i++)
		plan_output(&planner, i);
	/* A graph without a layer to quantize keeps its inputs as well. */
	for (size_t i = 0; i < planner.graph->n_values && inputs; i++)
		plan_input(&planner, &planner.graph->values[i]);
	for (size_t i = 0; i < plan->layers->n_items; i++)
		plan_operands(&planner, i);
	for (size_t i = 0; i < plan->layers->n_items; i++)
		note_output(&planner, i);
	for (size_t i = 0; i < planner.graph->n_values; i++)
		note_input(&planner, &planner.graph->values[i]);
}
