/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans weights and biases: constants, the format of each, and which readers get it.
 *
 * A layer may read its weights through nodes that only move them (a Transpose before a MatMul):
 * then the constant at the root is quantized, and the axis of its channels is followed to there.
 */
#include <stdlib.h>
#include <string.h>

#include "engine/plan.h"

/* One reading of a constant by a layer. */
struct reading {
	size_t root;       /* value of the constant */
	struct qs_use use; /* who reads the constant itself */
	int axis;          /* of the channels in the constant; -1: not known */
};

/* The axis of output channels in the operand of an operator (PyTorch's axis 0, as ONNX has it). */
static int channel_axis(const Onnx__NodeProto *node, int rank)
{
	if (qs_node_is(node, "ConvTranspose"))
		return 1;
	if (qs_node_is(node, "Gemm"))
		return qs_attribute_int(node, "transB", 0) ? 0 : 1;
	if (qs_node_is(node, "MatMul"))
		return rank - 1;
	return 0;
}

/* The axis of a Transpose's input that becomes `axis` of its output; the default reverses all. */
static int before_transpose(const Onnx__NodeProto *node, int rank, int axis)
{
	const Onnx__AttributeProto *perm = qs_attribute(node, "perm");

	if (!perm)
		return rank - 1 - axis;
	return axis >= 0 && (size_t)axis < perm->n_ints ? (int)perm->ints[axis] : -1;
}

/* Follows an operand back to its constant. */
static struct reading trace(
    const struct qs_graph *graph, size_t node, size_t input, enum qs_tensor kind)
{
	struct qs_value *value = qs_graph_input(graph, node, input);
	struct reading reading = {QS_NONE, {node, input}, -1};

	if (!value || value->rank < 0)
		return reading;
	reading.axis = kind == QS_TENSOR_BIAS ? value->rank - 1
	                                      : channel_axis(graph->nodes[node].proto, value->rank);
	while (value && !value->constant && value->producer != QS_NONE) {
		const Onnx__NodeProto *producer = graph->nodes[value->producer].proto;

		if (qs_node_is(producer, "Transpose"))
			reading.axis = before_transpose(producer, value->rank, reading.axis);
		else if (!qs_node_is(producer, "Identity"))
			reading.axis = -1;
		reading.use = (struct qs_use){value->producer, 0};
		value = qs_graph_input(graph, value->producer, 0);
	}
	if (value && value->constant)
		reading.root = (size_t)(value - graph->values);
	return reading;
}

/* The operand of a layer's nodes that comes from a constant of that name. */
static struct reading find_reading(const struct qs_graph *graph, const struct qs_layer *layer,
    enum qs_tensor kind, const char *constant)
{
	for (size_t n = 0; n < layer->n_nodes; n++) {
		const struct qs_node *node = &graph->nodes[layer->nodes[n]];

		for (size_t i = 0; i < node->proto->n_input; i++) {
			const struct reading reading = trace(graph, layer->nodes[n], i, kind);

			if (reading.root != QS_NONE &&
			    strcmp(graph->values[reading.root].name, constant) == 0)
				return reading;
		}
	}
	return (struct reading){QS_NONE, {QS_NONE, 0}, -1};
}

int qs_plan_channel_axis(
    const struct qs_graph *graph, const struct qs_layer *layer, enum qs_tensor kind)
{
	return find_reading(
	    graph, layer, kind, kind == QS_TENSOR_BIAS ? layer->bias.name : layer->weights.name)
	    .axis;
}

bool qs_plan_same_spec(const struct qs_spec *a, const struct qs_spec *b)
{
#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help)            \
	if (a->field < b->field || a->field > b->field)                                            \
		return false;
#include "qstrata/params.def"
#undef PARAM
	return true;
}

/* Whether a site has the format that a layer wants. */
static bool suits(const struct qs_site *site, const struct qs_spec *spec, int axis)
{
	return site->axis == axis && qs_plan_same_spec(&site->spec, spec);
}

/* The site of a constant that suits a reading, or NULL; says whether the constant has any. */
static struct qs_site *find_site(struct qs_plan *plan, size_t first, const struct reading *reading,
    const struct qs_spec *spec, int axis, bool *ret_other)
{
	*ret_other = false;
	for (size_t i = first; i < plan->n_sites; i++) {
		struct qs_site *site = &plan->sites[i];

		if (site->value != reading->root)
			continue;
		if (suits(site, spec, axis))
			return site;
		*ret_other = true;
	}
	return NULL;
}

/* Where the search for sites of a constant starts: its first site, by value. */
struct constants {
	size_t *first; /* by value; QS_NONE: no site yet */
	/* By node that moves a constant to layers: the site that it reads, or QS_NONE. */
	size_t *moved;
};

/* Whether a reading of a layer goes through a node that other layers may read as well. */
static bool is_moved(const struct qs_layer *layer, const struct reading *reading)
{
	for (size_t n = 0; n < layer->n_nodes; n++) {
		if (layer->nodes[n] == reading->use.node)
			return false;
	}
	return true;
}

/* The axis of the scales of a parameter; -1: one scale for all. */
static int scale_axis(const struct qs_spec *spec, const struct reading *reading)
{
	return spec->datatype == QS_DATATYPE_INT && spec->per_channel ? reading->axis : -1;
}

/* Why a layer's parameter cannot have the format that the policy wants, or NULL. */
static const char *find_obstacle(const struct qs_plan *plan, const struct constants *constants,
    const struct qs_layer *layer, const struct reading *reading, const struct qs_spec *spec)
{
	const struct qs_graph *graph = plan->layers->graph;
	size_t moved;

	if (reading->root == QS_NONE)
		return "the parameter is computed from other values";
	if (graph->values[reading->root].element_type == ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE)
		return "the parameter is float64, and formats are for float32 and less";
	if (graph->values[reading->root].element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return "the parameter is not float32";
	if (spec->datatype == QS_DATATYPE_INT && spec->per_channel && reading->axis < 0)
		return "the axis of the channels cannot be followed through the nodes before the "
		       "layer";
	moved = is_moved(layer, reading) ? constants->moved[reading->use.node] : QS_NONE;
	if (moved != QS_NONE && !suits(&plan->sites[moved], spec, scale_axis(spec, reading)))
		return "a node before the layer gives the parameter to one of another format";
	return NULL;
}

/* The site of a reading: one that there is, or a new one; NULL when memory ran out. */
static struct qs_site *site_for(struct qs_plan *plan, enum qs_tensor kind,
    const struct qs_layer *layer, const struct qs_spec *spec, const struct reading *reading,
    struct constants *constants)
{
	const int axis = scale_axis(spec, reading);
	size_t *first = &constants->first[reading->root];
	bool other = false;
	struct qs_site *site =
	    *first == QS_NONE ? NULL : find_site(plan, *first, reading, spec, axis, &other);

	if (site)
		return site;
	if (*first == QS_NONE)
		*first = plan->n_sites;
	site = qs_plan_add(plan, kind, reading->root, layer, spec);
	if (!site)
		return NULL;
	site->axis = axis;
	if (other)
		site->name = qs_arena_printf(&plan->arena, "%s -> %s", site->tensor, layer->name);
	plan->nomem = plan->nomem || !site->name;
	qs_plan_add_reading(plan, site);
	return site;
}

static void plan_parameter(struct qs_plan *plan, const struct qs_spec_source *specs, size_t index,
    enum qs_tensor kind, enum qs_tensor format, const struct qs_layer_tensor *tensor,
    struct constants *constants)
{
	const struct qs_layer *layer = &plan->layers->items[index];
	const struct qs_spec spec = specs->layer(specs->context, index, format);
	const char *reason = qs_plan_refuses(specs, &spec, kind);
	struct reading reading;
	struct qs_site *site;
	bool known = false;

	if (!tensor->name[0])
		return;
	reading = find_reading(plan->layers->graph, layer, kind, tensor->name);
	if (!reason)
		reason = find_obstacle(plan, constants, layer, &reading, &spec);
	if (reason) {
		qs_plan_keep(plan, layer, kind, reason);
		return;
	}
	site = site_for(plan, kind, layer, &spec, &reading, constants);
	if (!site)
		return;
	if (is_moved(layer, &reading)) {
		known = constants->moved[reading.use.node] != QS_NONE;
		constants->moved[reading.use.node] = (size_t)(site - plan->sites);
	}
	if (!known)
		qs_plan_add_use(plan, site, reading.use);
	site->n_layers++;
	*(kind == QS_TENSOR_BIAS ? &plan->bias_site[index] : &plan->weights_site[index]) =
	    (size_t)(site - plan->sites);
}

void qs_plan_parameters(struct qs_plan *plan, const struct qs_spec_source *specs)
{
	const struct qs_graph *graph = plan->layers->graph;
	struct constants constants = {qs_plan_none(graph->n_values), qs_plan_none(graph->n_nodes)};

	plan->nomem = plan->nomem || !constants.first || !constants.moved;
	for (size_t i = 0; i < plan->layers->n_items && !plan->nomem; i++) {
		const struct qs_layer *layer = &plan->layers->items[i];
		enum qs_role_parameters parameters;

		qs_role_of(layer, &parameters);
		if (parameters == QS_PARAMETERS_WITHOUT) {
			if (layer->weights.name[0])
				qs_plan_keep(plan, layer, QS_TENSOR_WEIGHTS,
				    "parameters of layers of this type are not quantized");
			continue;
		}
		plan_parameter(plan, specs, i, QS_TENSOR_WEIGHTS,
		    parameters == QS_PARAMETERS_GAMMA ? QS_TENSOR_ACTIVATION : QS_TENSOR_WEIGHTS,
		    &layer->weights, &constants);
		plan_parameter(
		    plan, specs, i, QS_TENSOR_BIAS, QS_TENSOR_BIAS, &layer->bias, &constants);
	}
	free(constants.first);
	free(constants.moved);
}

/* ---- biases of 32 bits ----------------------------------------------------------------------- */

static bool has_scales(const struct qs_plan *plan, size_t site)
{
	return site != QS_NONE && plan->sites[site].spec.datatype == QS_DATATYPE_INT;
}

size_t qs_plan_input_site(const struct qs_plan *plan, const struct qs_layer *layer, size_t input)
{
	const struct qs_graph *graph = plan->layers->graph;
	const struct qs_value *value = qs_graph_input(graph, layer->node, input);
	size_t own;

	if (!value)
		return QS_NONE;
	own = plan->site_of_read[plan->first_read[layer->node] + input];
	if (own != QS_NONE)
		return own;
	return plan->site_of_value[qs_plan_before_moves(plan, value) - graph->values];
}

/* Whether a bias has an element for each scale of the weights, along its last axis. */
static bool has_channels_of(
    const struct qs_plan *plan, const struct qs_site *bias, const struct qs_site *weights)
{
	const struct qs_value *values = plan->layers->graph->values;
	const struct qs_value *of_bias = &values[bias->value],
			      *of_weights = &values[weights->value];

	return weights->axis < 0 || (of_bias->rank > 0 && of_bias->dims[of_bias->rank - 1] ==
							      of_weights->dims[weights->axis]);
}

/* Whether the scales of a layer's input and weights are there and fit its bias. A bias that several
 * layers share would have to have several scales. */
static bool can_be_tied(const struct qs_plan *plan, size_t bias, size_t input, size_t weights)
{
	return has_scales(plan, bias) && has_scales(plan, input) && has_scales(plan, weights) &&
	       plan->sites[bias].spec.bit_width == 32 && plan->sites[bias].n_layers == 1 &&
	       has_channels_of(plan, &plan->sites[bias], &plan->sites[weights]);
}

void qs_plan_biases(struct qs_plan *plan)
{
	for (size_t i = 0; i < plan->layers->n_items; i++) {
		const size_t weights = plan->weights_site[i], bias = plan->bias_site[i];
		const size_t input = qs_plan_input_site(plan, &plan->layers->items[i], 0);
		struct qs_site *site;

		if (!can_be_tied(plan, bias, input, weights))
			continue;
		site = &plan->sites[bias];
		site->input_site = input;
		site->weights_site = weights;
		site->axis = plan->sites[weights].axis >= 0
		                 ? plan->layers->graph->values[site->value].rank - 1
		                 : -1;
	}
}
