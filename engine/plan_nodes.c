/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans what flows a layer at a time, as vai_q_pytorch does it where not all formats are of
 * integers.
 *
 * Every layer reads its operands in the format of its kind "input" and gives its output in that of
 * its kind "activation". Floating-point formats are for layers of every type, integers for those
 * whose outputs are quantized. Graph inputs stay as they are, as their readers convert them; graph
 * outputs are also given in the floating-point format of the model's inputs.
 */
#include "engine/plan.h"

struct planner {
	struct qs_plan *plan;
	const struct qs_spec_source *specs;
	const struct qs_graph *graph;
};

static bool is_half(const struct qs_spec *spec)
{
	return spec->datatype == QS_DATATYPE_BFLOAT16 || spec->datatype == QS_DATATYPE_FLOAT16;
}

static struct qs_spec spec_of(const struct planner *planner, size_t layer, enum qs_tensor kind)
{
	return planner->specs->layer(planner->specs->context, layer, kind);
}

/* Why a layer's operands or output cannot have a format, or NULL when they can. */
static const char *find_obstacle(const struct planner *planner, const struct qs_layer *layer,
    enum qs_tensor kind, const struct qs_spec *spec, const struct qs_value *value)
{
	const char *reason = qs_plan_obstacle(planner->specs, spec, kind, value);
	enum qs_role_parameters parameters;

	if (!reason && !is_half(spec) && !qs_role_quantizes(qs_role_of(layer, &parameters)))
		reason = "outputs of layers of this type are not quantized";
	return reason;
}

static bool is_constant_operand(const struct qs_layer *layer, const struct qs_value *value)
{
	enum qs_role_parameters parameters;

	return value->constant && qs_role_of(layer, &parameters) == QS_ROLE_COMBINE;
}

/* The format that a value has before anyone reads it. */
static const struct qs_spec *format_of(const struct planner *planner, const struct qs_value *value)
{
	const size_t site = planner->plan->site_of_value[value - planner->graph->values];

	return site == QS_NONE ? NULL : &planner->plan->sites[site].spec;
}

/* A site of a value for some of its readers, in a format: one that there is, or a new one. */
static struct qs_site *site_for(struct planner *planner, const struct qs_value *value,
    const struct qs_layer *layer, const struct qs_spec *spec)
{
	struct qs_plan *plan = planner->plan;
	const size_t index = (size_t)(value - planner->graph->values);
	struct qs_site *site;

	for (size_t i = plan->reading_of_value[index]; i != QS_NONE; i = plan->sites[i].next) {
		if (qs_plan_same_spec(&plan->sites[i].spec, spec))
			return &plan->sites[i];
	}
	site = qs_plan_add(plan, QS_TENSOR_INPUT, index, layer, spec);
	if (!site)
		return NULL;
	site->name = qs_arena_printf(&plan->arena, "%s -> %s", site->tensor, layer->name);
	plan->nomem = plan->nomem || !site->name;
	qs_plan_add_reading(plan, site);
	return site;
}

static void plan_operand(
    struct planner *planner, size_t layer, struct qs_use use, const struct qs_value *value)
{
	const struct qs_layer *item = &planner->plan->layers->items[layer];
	const struct qs_spec spec = spec_of(planner, layer, QS_TENSOR_INPUT);
	const struct qs_spec *format = format_of(planner, value);
	const char *reason = find_obstacle(planner, item, QS_TENSOR_INPUT, &spec, value);
	struct qs_site *site;

	if (reason && value->is_entry)
		qs_plan_keep(planner->plan, item, QS_TENSOR_INPUT, reason);
	/* Rounding to the same floating-point format again changes nothing. */
	if (reason || (format && is_half(&spec) && format->datatype == spec.datatype))
		return;
	site = site_for(planner, value, item, &spec);
	if (site)
		qs_plan_add_use(planner->plan, site, use);
}

/* Within a layer of several nodes nothing is quantized. */
static void plan_operands(struct planner *planner, size_t layer)
{
	const struct qs_layer *item = &planner->plan->layers->items[layer];

	for (size_t n = 0; n < item->n_nodes; n++) {
		const struct qs_node *node = &planner->graph->nodes[item->nodes[n]];

		for (size_t i = 0; i < node->proto->n_input; i++) {
			const struct qs_value *value =
			    qs_graph_input(planner->graph, item->nodes[n], i);
			size_t producer = QS_NONE;

			if (value)
				qs_plan_layer_of(planner->plan, value->producer, &producer);
			if (value && producer != layer && !value->is_shape &&
			    (!value->is_static || is_constant_operand(item, value)))
				plan_operand(
				    planner, layer, (struct qs_use){item->nodes[n], i}, value);
		}
	}
}

static void add_site(struct planner *planner, const struct qs_layer *layer,
    const struct qs_spec *spec, const struct qs_value *value)
{
	const size_t index = (size_t)(value - planner->graph->values);
	const size_t site = planner->plan->n_sites;

	if (qs_plan_add(planner->plan, QS_TENSOR_ACTIVATION, index, layer, spec))
		planner->plan->site_of_value[index] = site;
}

static void plan_output(struct planner *planner, size_t layer)
{
	const struct qs_layer *item = &planner->plan->layers->items[layer];
	const struct qs_spec spec = spec_of(planner, layer, QS_TENSOR_ACTIVATION);

	/* A layer whose node gives several tensors gives them all in its format. */
	for (size_t i = 0;
	     i < planner->graph->nodes[item->nodes[item->n_nodes - 1]].proto->n_output; i++) {
		const struct qs_value *value =
		    qs_graph_output(planner->graph, item->nodes[item->n_nodes - 1], i);
		const char *reason =
		    value ? find_obstacle(planner, item, QS_TENSOR_ACTIVATION, &spec, value) : NULL;

		if (reason && i == 0)
			qs_plan_keep(planner->plan, item, QS_TENSOR_ACTIVATION, reason);
		else if (value && !reason)
			add_site(planner, item, &spec, value);
	}
}

/* A constant of a floating-point format is rounded for all who combine with it. */
static void plan_constant(struct planner *planner, const struct qs_value *value)
{
	const struct qs_spec spec = spec_of(planner, QS_NONE, QS_TENSOR_ACTIVATION);
	const size_t index = (size_t)(value - planner->graph->values), n = planner->plan->n_sites;
	struct qs_site *site = NULL;

	if (!is_half(&spec) || qs_plan_obstacle(planner->specs, &spec, QS_TENSOR_ACTIVATION, value))
		return;
	for (size_t i = 0; i < value->n_uses && !planner->plan->nomem; i++) {
		size_t layer;
		const struct qs_layer *item =
		    qs_plan_layer_of(planner->plan, value->uses[i].node, &layer);

		if (!item || item->n_nodes != 1 || !is_constant_operand(item, value))
			continue;
		if (!site) {
			site = qs_plan_add(planner->plan, QS_TENSOR_ACTIVATION, index, NULL, &spec);
			planner->plan->site_of_value[index] = n;
		}
		if (site)
			qs_plan_add_use(planner->plan, site, value->uses[i]);
	}
}

/* What a graph gives in another format than its inputs have is converted at the very end. */
static void plan_return(struct planner *planner, const struct qs_value *value)
{
	const struct qs_spec spec = spec_of(planner, QS_NONE, QS_TENSOR_INPUT);
	const struct qs_spec *format = format_of(planner, value);
	struct qs_plan *plan = planner->plan;
	struct qs_site *site;

	if (!is_half(&spec) || value->producer == QS_NONE || value->is_static || value->is_shape ||
	    (format && format->datatype == spec.datatype) ||
	    qs_plan_obstacle(planner->specs, &spec, QS_TENSOR_INPUT, value))
		return;
	site = qs_plan_add(
	    plan, QS_TENSOR_INPUT, (size_t)(value - planner->graph->values), NULL, &spec);
	if (!site)
		return;
	site->name = qs_arena_printf(&plan->arena, "%s -> ", site->tensor);
	plan->nomem = plan->nomem || !site->name;
	qs_plan_add_reading(plan, site);
	qs_plan_add_use(plan, site, (struct qs_use){QS_NONE, 0});
}

void qs_plan_nodes(struct qs_plan *plan, const struct qs_spec_source *specs)
{
	struct planner planner = {plan, specs, plan->layers->graph};

	for (size_t i = 0; i < planner.graph->n_values && !plan->nomem; i++) {
		if (planner.graph->values[i].constant)
			plan_constant(&planner, &planner.graph->values[i]);
	}
	for (size_t i = 0; i < plan->layers->n_items && !plan->nomem; i++) {
		if (qs_plan_is_border(plan, &plan->layers->items[i]))
			continue;
		plan_operands(&planner, i);
		plan_output(&planner, i);
	}
	for (size_t i = 0; i < planner.graph->n_values && !plan->nomem; i++) {
		if (planner.graph->values[i].is_output)
			plan_return(&planner, &planner.graph->values[i]);
	}
}
