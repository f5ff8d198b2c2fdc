/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans what flows: graph inputs and what layers compute.
 *
 * A layer is quantized at the end of its group: after the ReLU or Clip that alone reads it. What
 * only a concatenation reads is left to the concatenation. In a second pass, whatever a quantized
 * layer reads and that nothing has quantized yet gets a format too.
 */
#include "engine/group.h"
#include "engine/plan.h"

struct planner {
	struct qs_plan *plan;
	const struct qs_spec_source *specs;
	const struct qs_graph *graph;
};

/* The layer that a node belongs to, or NULL. */
static const struct qs_layer *layer_of(
    const struct planner *planner, size_t node, size_t *ret_index)
{
	const struct qs_layers *layers = planner->plan->layers;

	*ret_index = node == QS_NONE ? QS_NONE : layers->of_node[node];
	return *ret_index == QS_NONE ? NULL : &layers->items[*ret_index];
}

static enum qs_role role_of(const struct qs_layer *layer)
{
	bool parameters;

	return layer ? qs_role_of(layer, &parameters) : QS_ROLE_FLOAT;
}

static bool is_half(const struct qs_spec *spec)
{
	return spec->datatype == QS_DATATYPE_BFLOAT16 || spec->datatype == QS_DATATYPE_FLOAT16;
}

/* The value at the end of a layer's group: behind the activation functions that alone read it. */
static struct qs_value *group_end(const struct planner *planner, const struct qs_layer *layer)
{
	struct qs_value *value = qs_layer_output(planner->plan->layers, layer);

	while (value) {
		const struct qs_layer *reader = qs_layer_only_reader(planner->plan->layers, value);
		struct qs_value *next;

		if (role_of(reader) != QS_ROLE_FOLLOW)
			break;
		next = qs_layer_output(planner->plan->layers, reader);
		if (!next)
			break;
		value = next;
	}
	return value;
}

/* Whether a value goes into a quantized concatenation and nowhere else. */
static bool is_left_to_concat(const struct planner *planner, const struct qs_value *value)
{
	const struct qs_layer *reader = qs_layer_only_reader(planner->plan->layers, value);
	struct qs_spec spec;
	size_t index;

	if (role_of(reader) != QS_ROLE_CONCAT)
		return false;
	layer_of(planner, value->uses[0].node, &index);
	spec = planner->specs->layer(planner->specs->context, index, QS_TENSOR_ACTIVATION);
	return !qs_plan_refuses(planner->specs, &spec, QS_TENSOR_ACTIVATION);
}

static bool is_planned(const struct planner *planner, const struct qs_value *value)
{
	return planner->plan->site_of_value[value - planner->graph->values] != QS_NONE;
}

/* Why a value cannot have a format, or NULL when it can. */
static const char *stays(const struct planner *planner, enum qs_tensor kind,
    const struct qs_value *value, const struct qs_spec *spec)
{
	const char *reason = qs_plan_refuses(planner->specs, spec, kind);

	if (reason)
		return reason;
	if (spec->datatype == QS_DATATYPE_INT && spec->per_channel)
		return "only parameters have channels with scales";
	if (value->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return NULL;
	return value->element_type ? "the tensor is not float32"
	                           : "the type of the tensor is not known";
}

static void add_site(struct planner *planner, enum qs_tensor kind, const struct qs_value *value,
    const struct qs_layer *layer, const struct qs_spec *spec)
{
	const size_t index = (size_t)(value - planner->graph->values);

	if (is_planned(planner, value) || stays(planner, kind, value, spec))
		return;
	planner->plan->site_of_value[index] = planner->plan->n_sites;
	if (!qs_plan_add(planner->plan, kind, index, layer, spec))
		planner->plan->site_of_value[index] = QS_NONE;
}

static struct qs_spec spec_of(
    const struct planner *planner, const struct qs_layer *layer, enum qs_tensor kind)
{
	const struct qs_spec_source *specs = planner->specs;

	return specs->layer(specs->context, (size_t)(layer - planner->plan->layers->items), kind);
}

/* Whether a layer has an output of its own to quantize: moved values have their format already, and
 * a fused function is its group's. */
static bool has_output(const struct qs_layer *layer)
{
	const enum qs_role role = role_of(layer);

	return role != QS_ROLE_MOVE && role != QS_ROLE_FOLLOW;
}

/* Plans the output of one layer. */
static void plan_output(struct planner *planner, const struct qs_layer *layer)
{
	const struct qs_spec spec = spec_of(planner, layer, QS_TENSOR_ACTIVATION);
	const struct qs_value *value = has_output(layer) ? group_end(planner, layer) : NULL;

	if (!value || (role_of(layer) == QS_ROLE_FLOAT && !is_half(&spec)))
		return;
	if (!is_left_to_concat(planner, value) || is_half(&spec))
		add_site(planner, QS_TENSOR_ACTIVATION, value, layer, &spec);
}

const struct qs_value *qs_plan_before_moves(
    const struct qs_plan *plan, const struct qs_value *value)
{
	const struct qs_graph *graph = plan->layers->graph;

	for (;;) {
		const size_t layer =
		    value->producer == QS_NONE ? QS_NONE : plan->layers->of_node[value->producer];
		const struct qs_value *source;

		if (plan->site_of_value[value - graph->values] != QS_NONE || layer == QS_NONE ||
		    role_of(&plan->layers->items[layer]) != QS_ROLE_MOVE)
			return value;
		source = qs_graph_input(graph, value->producer, 0);
		if (!source)
			return value;
		value = source;
	}
}

/* The spec of a graph input is that of the first layer that reads it and has one, kind input. */
static void plan_graph_input(
    struct planner *planner, const struct qs_value *value, const struct qs_layer *reader)
{
	const struct qs_spec spec = spec_of(planner, reader, QS_TENSOR_INPUT);

	add_site(planner, QS_TENSOR_INPUT, value, reader, &spec);
}

/* Gives a format to what a quantized layer reads and nobody has quantized. */
static void plan_operand(
    struct planner *planner, const struct qs_layer *layer, const struct qs_value *value)
{
	const struct qs_layer *producer;
	struct qs_spec spec;
	size_t index;

	if (is_planned(planner, value) || value->is_static)
		return;
	if (value->is_input) {
		plan_graph_input(planner, value, layer);
		return;
	}
	producer = layer_of(planner, value->producer, &index);
	if (!producer)
		return;
	spec = spec_of(planner, producer, QS_TENSOR_ACTIVATION);
	add_site(planner, QS_TENSOR_ACTIVATION, value, producer, &spec);
}

/* What is done with a value that a layer reads. */
typedef void operand_work(
    struct planner *planner, const struct qs_layer *layer, const struct qs_value *value);

/* Visits what a quantized layer reads, seen through moves. Within a layer of several nodes nothing
 * is quantized. */
static void each_operand(struct planner *planner, const struct qs_layer *layer, operand_work *work)
{
	for (size_t n = 0; n < layer->n_nodes && role_of(layer) == QS_ROLE_COMPUTE; n++) {
		const struct qs_node *node = &planner->graph->nodes[layer->nodes[n]];

		for (size_t i = 0; i < node->proto->n_input; i++) {
			const struct qs_value *operand =
			    qs_graph_input(planner->graph, layer->nodes[n], i);
			size_t producer;

			if (operand && layer_of(planner, operand->producer, &producer) != layer)
				work(planner, layer, qs_plan_before_moves(planner->plan, operand));
		}
	}
}

/* ---- what stays as it is --------------------------------------------------------------------- */

static void note_output(struct planner *planner, const struct qs_layer *layer)
{
	const struct qs_spec spec = spec_of(planner, layer, QS_TENSOR_ACTIVATION);
	const struct qs_value *value = has_output(layer) ? group_end(planner, layer) : NULL;
	const char *reason;

	if (!value || is_planned(planner, value) || is_left_to_concat(planner, value))
		return;
	reason = stays(planner, QS_TENSOR_ACTIVATION, value, &spec);
	qs_plan_keep(planner->plan, layer, QS_TENSOR_ACTIVATION,
	    reason ? reason : "outputs of layers of this type are not quantized");
}

static void note_operand(
    struct planner *planner, const struct qs_layer *layer, const struct qs_value *value)
{
	const struct qs_spec spec = spec_of(planner, layer, QS_TENSOR_INPUT);
	const char *reason = stays(planner, QS_TENSOR_INPUT, value, &spec);

	if (value->is_input && !is_planned(planner, value) && reason)
		qs_plan_keep(planner->plan, layer, QS_TENSOR_INPUT, reason);
}

void qs_plan_activations(struct qs_plan *plan, const struct qs_spec_source *specs)
{
	struct planner planner = {plan, specs, plan->layers->graph};
	const struct qs_layer *layers = plan->layers->items;

	for (size_t i = 0; i < plan->layers->n_items; i++)
		plan_output(&planner, &layers[i]);
	for (size_t i = 0; i < plan->layers->n_items; i++)
		each_operand(&planner, &layers[i], plan_operand);
	for (size_t i = 0; i < plan->layers->n_items; i++) {
		note_output(&planner, &layers[i]);
		each_operand(&planner, &layers[i], note_operand);
	}
}
