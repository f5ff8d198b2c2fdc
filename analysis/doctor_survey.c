/* SPDX-License-Identifier: Apache-2.0 */
/* Finds what of a model there is to look at: tensors, parts of tensors, comparisons, gates. */
#include <string.h>

#include "analysis/doctor.h"
#include "engine/calibrate.h"
#include "model/shape_internal.h"

/* ---- tensors --------------------------------------------------------------------------------- */

/* The tensor of a value; QS_NONE when memory did not suffice or the value is none that flows. */
static size_t add_tensor(struct qs_doctor *doctor, size_t value, size_t layer)
{
	struct qs_doctor_tensor *tensor;

	if (value == QS_NONE || doctor->of_value[value] != QS_NONE)
		return value == QS_NONE ? QS_NONE : doctor->of_value[value];
	tensor = &doctor->tensors[doctor->n_tensors];
	tensor->value = value;
	tensor->layer = layer;
	tensor->site = doctor->plan->site_of_value[value];
	tensor->channels = tensor->gates = QS_NONE;
	doctor->of_value[value] = doctor->n_tensors;
	return doctor->n_tensors++;
}

/* A node's first output: what layers give, and what checks look at. */
static size_t add_output(struct qs_doctor *doctor, size_t node)
{
	const struct qs_value *output = qs_graph_output(doctor->graph, node, 0);

	if (!output || output->is_static)
		return QS_NONE;
	return add_tensor(
	    doctor, (size_t)(output - doctor->graph->values), doctor->plan->layers->of_node[node]);
}

static size_t add_input(struct qs_doctor *doctor, size_t node, size_t input)
{
	const struct qs_value *value = qs_graph_input(doctor->graph, node, input);
	size_t layer = QS_NONE;

	if (!value || value->is_static)
		return QS_NONE;
	if (value->producer != QS_NONE)
		layer = doctor->plan->layers->of_node[value->producer];
	return add_tensor(doctor, (size_t)(value - doctor->graph->values), layer);
}

/* Whether the output of a node is worth a row: a layer ends there, or it has a format. */
static bool ends_layer(const struct qs_doctor *doctor, size_t node)
{
	const struct qs_layers *layers = doctor->plan->layers;
	const size_t layer = layers->of_node[node];
	const struct qs_value *output = qs_graph_output(doctor->graph, node, 0);

	if (!output || output->is_static)
		return false;
	if (doctor->plan->site_of_value[output - doctor->graph->values] != QS_NONE)
		return true;
	return layer != QS_NONE &&
	       layers->items[layer].nodes[layers->items[layer].n_nodes - 1] == node &&
	       !qs_doctor_moves(doctor->graph->nodes[node].proto);
}

/* ---- parts ----------------------------------------------------------------------------------- */

/* The axis along which a node takes some of a tensor; false when it is not one axis. */
static bool part_axis(const struct qs_doctor *doctor, size_t node, int rank, int *ret_axis)
{
	const Onnx__NodeProto *proto = doctor->graph->nodes[node].proto;
	const struct qs_shape_infer infer = {
	    (struct qs_graph *)doctor->graph, node, proto, doctor->findings};
	struct qs_numbers axes = {1, {qs_attribute_int(proto, "axis", 0)}};

	if (qs_node_is(proto, "Slice"))
		axes = qs_numbers_of(&infer, "axes", 3);
	else if (!qs_node_is(proto, "Gather") && !qs_node_is(proto, "Split"))
		return false;
	return axes.n == 1 && qs_shape_axis(axes.at[0], rank, ret_axis);
}

static size_t add_channels(struct qs_doctor *doctor, size_t tensor, int axis)
{
	struct qs_doctor_channels *channels = doctor->channels;

	for (size_t i = doctor->tensors[tensor].channels; i != QS_NONE; i = channels[i].next) {
		if (channels[i].axis == axis)
			return i;
	}
	channels[doctor->n_channels] = (struct qs_doctor_channels){
	    .tensor = tensor, .axis = axis, .next = doctor->tensors[tensor].channels};
	doctor->tensors[tensor].channels = doctor->n_channels;
	return doctor->n_channels++;
}

static void add_part(struct qs_doctor *doctor, size_t node)
{
	const struct qs_value *whole = qs_graph_input(doctor->graph, node, 0);
	const size_t site = qs_doctor_read_site(doctor, node, 0);
	size_t source;
	int axis;

	if (!whole || whole->is_static || whole->rank < 1 || site == QS_NONE ||
	    !qs_site_has_scales(&doctor->plan->sites[site]) ||
	    !part_axis(doctor, node, whole->rank, &axis))
		return;
	source = add_input(doctor, node, 0);
	for (size_t o = 0; o < doctor->graph->nodes[node].proto->n_output; o++) {
		const struct qs_value *output = qs_graph_output(doctor->graph, node, o);

		if (!output || !output->n_uses)
			continue;
		doctor->parts[doctor->n_parts++] = (struct qs_doctor_part){node,
		    add_tensor(doctor, (size_t)(output - doctor->graph->values),
			doctor->plan->layers->of_node[node]),
		    add_channels(doctor, source, axis), site};
	}
}

/* ---- comparisons ----------------------------------------------------------------------------- */

static bool is_comparison(const Onnx__NodeProto *node)
{
	static const char *const operators[] = {
	    "Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual"};

	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++) {
		if (qs_node_is(node, operators[i]))
			return true;
	}
	return false;
}

static void add_comparison(struct qs_doctor *doctor, size_t node)
{
	const struct qs_graph *graph = doctor->graph;

	if (!is_comparison(graph->nodes[node].proto))
		return;
	for (size_t i = 0; i < 2; i++) {
		const struct qs_value *other = qs_graph_input(graph, node, 1 - i);
		const struct qs_value *root = other ? qs_graph_root(graph, other) : NULL;
		const size_t site = qs_doctor_read_site(doctor, node, i);

		if (!root || site == QS_NONE || qs_site_is_constant(&doctor->plan->sites[site]) ||
		    !qs_site_has_scales(&doctor->plan->sites[site]))
			continue;
		doctor->comparisons[doctor->n_comparisons++] = (struct qs_doctor_comparison){
		    node, site, add_output(doctor, node), (size_t)(root - graph->values)};
		return;
	}
}

/* ---- gates ----------------------------------------------------------------------------------- */

/* The node that computes what a node reads, behind what only moves values; QS_NONE for none. */
static size_t computed_by(const struct qs_doctor *doctor, size_t node, size_t input)
{
	const struct qs_value *value = qs_graph_input(doctor->graph, node, input);

	while (value && value->producer != QS_NONE && !value->is_static) {
		if (!qs_doctor_moves(doctor->graph->nodes[value->producer].proto))
			return value->producer;
		value = qs_graph_input(doctor->graph, value->producer, 0);
	}
	return QS_NONE;
}

static bool computes(const struct qs_doctor *doctor, size_t node, const char *op_type)
{
	return node != QS_NONE && qs_node_is(doctor->graph->nodes[node].proto, op_type);
}

/* Mul, or ReduceSum behind Mul; false when there is none. */
static bool find_product(const struct qs_doctor *doctor, size_t node, struct qs_doctor_gate *gate)
{
	gate->sum = QS_NONE;
	if (computes(doctor, node, "ReduceSum")) {
		gate->sum = node;
		node = computed_by(doctor, node, 0);
	}
	gate->product = node;
	return computes(doctor, node, "Mul");
}

static void add_gate(struct qs_doctor *doctor, size_t node)
{
	struct qs_doctor_gate gate = {.sigmoid = node};
	const struct qs_value *product;
	size_t before;
	bool found;

	if (!computes(doctor, node, "Sigmoid"))
		return;
	before = computed_by(doctor, node, 0);
	found = find_product(doctor, before, &gate);
	for (size_t i = 0; i < 2 && !found && computes(doctor, before, "Add"); i++)
		found = find_product(doctor, computed_by(doctor, before, i), &gate);
	if (!found)
		return;
	product = qs_graph_output(doctor->graph, gate.product, 0);
	if (!product || doctor->plan->site_of_value[product - doctor->graph->values] == QS_NONE)
		return;
	gate.tensor = add_output(doctor, gate.product);
	gate.next = doctor->tensors[gate.tensor].gates;
	doctor->tensors[gate.tensor].gates = doctor->n_gates;
	doctor->gates[doctor->n_gates++] = gate;
}

/* ---- all of it ------------------------------------------------------------------------------- */

static enum qs_status make_room(struct qs_doctor *doctor)
{
	const struct qs_graph *graph = doctor->graph;
	size_t n_outputs = 0;

	for (size_t i = 0; i < graph->n_nodes; i++)
		n_outputs += graph->nodes[i].proto->n_output;
	doctor->of_value = qs_arena_array(&doctor->arena, graph->n_values, sizeof(size_t));
	doctor->tensors = qs_arena_array(&doctor->arena, graph->n_values, sizeof(*doctor->tensors));
	doctor->channels = qs_arena_array(&doctor->arena, n_outputs, sizeof(*doctor->channels));
	doctor->parts = qs_arena_array(&doctor->arena, n_outputs, sizeof(*doctor->parts));
	doctor->comparisons =
	    qs_arena_array(&doctor->arena, graph->n_nodes, sizeof(*doctor->comparisons));
	doctor->gates = qs_arena_array(&doctor->arena, graph->n_nodes, sizeof(*doctor->gates));
	if (!doctor->of_value || !doctor->tensors || !doctor->channels || !doctor->parts ||
	    !doctor->comparisons || !doctor->gates)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_values; i++)
		doctor->of_value[i] = QS_NONE;
	return QS_OK;
}

/* In the order in which they are computed, so that tables and plots go along the model. */
static void survey_node(struct qs_doctor *doctor, size_t node)
{
	if (qs_doctor_moves(doctor->graph->nodes[node].proto))
		add_part(doctor, node);
	add_comparison(doctor, node);
	if (ends_layer(doctor, node))
		add_output(doctor, node);
	if (qs_node_is(doctor->graph->nodes[node].proto, "Concat")) {
		for (size_t i = 0; i < doctor->graph->nodes[node].proto->n_input; i++)
			add_input(doctor, node, i);
	}
	add_gate(doctor, node);
}

enum qs_status qs_doctor_survey(struct qs_doctor *doctor)
{
	const struct qs_graph *graph = doctor->graph;
	const enum qs_status status = make_room(doctor);

	if (status != QS_OK)
		return status;
	for (size_t i = 0; i < graph->n_values; i++) {
		if (graph->values[i].is_input && graph->values[i].n_uses)
			add_tensor(doctor, i, QS_NONE);
	}
	for (size_t i = 0; i < graph->n_nodes; i++)
		survey_node(doctor, graph->order[i]);
	doctor->n_flowing = doctor->n_tensors;
	/* Constants, by their first format. */
	for (size_t i = 0; i < doctor->plan->n_sites; i++) {
		const struct qs_site *site = &doctor->plan->sites[i];

		if (!qs_site_is_constant(site) || doctor->of_value[site->value] != QS_NONE)
			continue;
		doctor->tensors[add_tensor(doctor, site->value, QS_NONE)].site = i;
	}
	return QS_OK;
}
