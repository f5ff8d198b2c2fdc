/* SPDX-License-Identifier: Apache-2.0 */
/* Makes float32 of float16 and bfloat16. */
#include "model/widen.h"

#include <stdlib.h>
#include <string.h>

#include "model/edit.h"
#include "model/regions.h"
#include "model/shape.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
#define FLOAT16 ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16
#define BFLOAT16 ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16

/* From this IR version on, an initializer need not be an input as well. */
#define IR_WITHOUT_INPUTS 4

struct widening {
	struct qs_model *model;
	struct qs_graph *graph;
	struct qs_edit *edit;
	struct qs_widened *widened;
};

static bool is_narrow(int element_type)
{
	return element_type == FLOAT16 || element_type == BFLOAT16;
}

static void note(struct widening *widening, int element_type)
{
	if (!widening->widened->element_type)
		widening->widened->element_type = element_type;
}

/* ---- what has to be widened ------------------------------------------------------------------ */

/* Domains whose operators take float32 wherever they take a narrower type. */
static bool is_open_domain(const Onnx__NodeProto *node)
{
	return qs_node_is_standard(node) || strncmp(node->domain, "ai.onnx.", 8) == 0 ||
	       strcmp(node->domain, "com.microsoft") == 0 ||
	       strcmp(node->domain, QS_REGION_DOMAIN) == 0;
}

/* Whether anything but a Cast reads a value. */
static bool is_computed_with(const struct widening *widening, const struct qs_value *value)
{
	for (size_t i = 0; i < value->n_uses; i++) {
		if (!qs_node_is(widening->graph->nodes[value->uses[i].node].proto, "Cast"))
			return true;
	}
	return false;
}

/* The attribute that says what type a node gives, or NULL. */
static Onnx__AttributeProto *type_attribute(const Onnx__NodeProto *node)
{
	static const char *const names[] = {
	    "to", "dtype", "output_dtype", "output_datatype", "precision"};
	Onnx__AttributeProto *attribute = NULL;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names) && !attribute; i++)
		attribute = qs_attribute(node, names[i]);
	return attribute && is_narrow((int)attribute->i) ? attribute : NULL;
}

/* The tensor that a node fills its output with, where it is narrow. */
static Onnx__TensorProto *filling(const Onnx__NodeProto *node)
{
	const Onnx__AttributeProto *value = qs_attribute(node, "value");

	return qs_node_is(node, "ConstantOfShape") && value && value->t &&
	               is_narrow(value->t->data_type)
	           ? value->t
	           : NULL;
}

/* Whether a node gives a narrow type by itself that something is computed with. */
static bool is_source(const struct widening *widening, size_t node)
{
	const Onnx__NodeProto *proto = widening->graph->nodes[node].proto;
	const struct qs_value *value = qs_graph_output(widening->graph, node, 0);

	if (!qs_node_is_standard(proto) || !value || !(type_attribute(proto) || filling(proto)))
		return false;
	return !qs_node_is(proto, "Cast") || is_computed_with(widening, value);
}

static bool has_subgraph(const Onnx__NodeProto *node)
{
	for (size_t i = 0; i < node->n_attribute; i++) {
		if (node->attribute[i]->g || node->attribute[i]->n_graphs)
			return true;
	}
	return false;
}

/* Whether what a node of another domain gives is known, or whether it can be left alone. */
static bool is_understood(const struct widening *widening, size_t node)
{
	const Onnx__NodeProto *proto = widening->graph->nodes[node].proto;

	if (has_subgraph(proto))
		return false;
	for (size_t i = 0; i < proto->n_output && !is_open_domain(proto); i++) {
		const struct qs_value *value = qs_graph_output(widening->graph, node, i);

		if (value && !value->element_type)
			return false;
	}
	return true;
}

static bool is_widened(const struct widening *widening, const struct qs_value *value)
{
	return is_narrow(value->element_type) && is_computed_with(widening, value) &&
	       (value->constant || value->is_input);
}

/* Whether there is something to widen, and nothing that stands in the way. */
static bool is_wanted(const struct widening *widening)
{
	const struct qs_graph *graph = widening->graph;
	bool found = false;

	for (size_t i = 0; i < graph->n_values && !found; i++)
		found = is_widened(widening, &graph->values[i]);
	for (size_t i = 0; i < graph->n_nodes; i++) {
		found = found || is_source(widening, i);
		if (!is_understood(widening, i))
			return false;
	}
	return found;
}

/* ---- casts ----------------------------------------------------------------------------------- */

static void cast(struct widening *widening, const char *input, const char *output, int element_type)
{
	const char *name =
	    output ? qs_arena_printf(&widening->model->arena, "%s_cast", output) : NULL;
	Onnx__NodeProto *node =
	    qs_edit_add_node(widening->edit, "Cast", name, &input, 1, &output, 1);

	qs_edit_set_int(widening->edit, node, "to", element_type);
}

/* A name for a tensor in another type. */
static const char *name_as(struct widening *widening, const char *name, int element_type)
{
	return qs_edit_name(widening->edit, "%s_%s", name, qs_element_name(element_type));
}

/* An initializer that was an input as well is none any more. */
static void drop_input(const struct widening *widening, const char *name)
{
	Onnx__GraphProto *proto = widening->graph->proto;
	size_t n = 0;

	for (size_t i = 0; i < proto->n_input; i++) {
		if (strcmp(proto->input[i]->name, name) != 0)
			proto->input[n++] = proto->input[i];
	}
	if (n < proto->n_input && widening->model->proto->ir_version < IR_WITHOUT_INPUTS)
		widening->model->proto->ir_version = IR_WITHOUT_INPUTS;
	proto->n_input = n;
}

/* What is stored keeps type and values, and its name goes to what is computed with. */
static void widen_constant(struct widening *widening, const struct qs_value *value)
{
	const char *stored = name_as(widening, value->name, value->element_type);

	if (!stored)
		return;
	if (value->is_initializer) {
		drop_input(widening, value->name);
		value->constant->name = (char *)stored;
	} else {
		qs_edit_rename(widening->edit, value, stored);
	}
	cast(widening, stored, value->name, FLOAT);
	widening->widened->n_constants++;
}

static void widen_input(struct widening *widening, const struct qs_value *value)
{
	const char *wide = name_as(widening, value->name, FLOAT);

	cast(widening, value->name, wide, FLOAT);
	qs_edit_reroute(widening->edit, value, wide);
	widening->widened->n_inputs++;
}

static void widen_values(struct widening *widening)
{
	const struct qs_graph *graph = widening->graph;

	for (size_t i = 0; i < graph->n_values; i++) {
		const struct qs_value *value = &graph->values[i];

		if (!is_widened(widening, value))
			continue;
		note(widening, value->element_type);
		if (value->constant)
			widen_constant(widening, value);
		else
			widen_input(widening, value);
	}
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* A node of another domain goes on with the types that it had. */
static void shield(struct widening *widening, size_t node)
{
	const struct qs_graph *graph = widening->graph;
	const Onnx__NodeProto *proto = graph->nodes[node].proto;

	for (size_t i = 0; i < proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, node, i);
		const char *narrow;

		if (!value || !is_narrow(value->element_type))
			continue;
		narrow = name_as(widening, value->name, value->element_type);
		cast(widening, proto->input[i], narrow, value->element_type);
		qs_edit_reroute_use(widening->edit, value, (struct qs_use){node, i}, narrow);
	}
	for (size_t i = 0; i < proto->n_output; i++) {
		const struct qs_value *value = qs_graph_output(graph, node, i);
		const char *wide;

		if (!value || !is_narrow(value->element_type) || !value->n_uses)
			continue;
		wide = name_as(widening, value->name, FLOAT);
		qs_edit_reroute(widening->edit, value, wide);
		cast(widening, value->name, wide, FLOAT);
	}
}

static enum qs_status widen_node(
    struct widening *widening, size_t node, struct qs_findings *findings)
{
	const Onnx__NodeProto *proto = widening->graph->nodes[node].proto;
	Onnx__AttributeProto *attribute = type_attribute(proto);
	Onnx__TensorProto *tensor = filling(proto);
	enum qs_status status = QS_OK;
	float *values = NULL;
	size_t n;

	if (!is_source(widening, node))
		return QS_OK;
	note(widening, attribute ? (int)attribute->i : tensor->data_type);
	widening->widened->n_casts++;
	if (attribute)
		attribute->i = FLOAT;
	if (tensor)
		status = qs_tensor_read(widening->model, tensor, findings, &values, &n);
	if (tensor && status == QS_OK)
		status = qs_tensor_set(widening->model, tensor, FLOAT, values);
	free(values);
	return status;
}

/* ---- what the graph gives -------------------------------------------------------------------- */

/* Whether a value of a narrow type is one still: what gives it says so. */
static bool stays_narrow(const struct widening *widening, const struct qs_value *value)
{
	const Onnx__NodeProto *proto;

	if (value->constant || value->producer == QS_NONE)
		return true;
	proto = widening->graph->nodes[value->producer].proto;
	return !is_open_domain(proto) || (qs_node_is(proto, "Cast") && type_attribute(proto));
}

static void narrow_output(struct widening *widening, const struct qs_value *value)
{
	const char *wide = name_as(widening, value->name, FLOAT);

	qs_edit_reroute(widening->edit, value, wide);
	qs_edit_rename(widening->edit, value, wide);
	cast(widening, wide, value->name, value->element_type);
	widening->widened->n_outputs++;
}

/* ---- what is known of types ------------------------------------------------------------------ */

static void widen_type(Onnx__TypeProto *type)
{
	while (type && type->value_case == ONNX__TYPE_PROTO__VALUE_SEQUENCE_TYPE)
		type = type->sequence_type->elem_type;
	if (type && type->value_case == ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE &&
	    is_narrow(type->tensor_type->elem_type))
		type->tensor_type->elem_type = FLOAT;
}

static void widen_types(Onnx__ValueInfoProto **infos, size_t n)
{
	for (size_t i = 0; i < n; i++)
		widen_type(infos[i]->type);
}

/* Types of graph inputs and outputs stay. */
static void widen_infos(struct widening *widening)
{
	const struct qs_regions *regions = widening->model->regions;
	Onnx__GraphProto *proto = widening->graph->proto;

	for (size_t i = 0; i < proto->n_value_info; i++) {
		const size_t value = qs_graph_find(widening->graph, proto->value_info[i]->name);

		if (value == QS_NONE || !stays_narrow(widening, &widening->graph->values[value]))
			widen_type(proto->value_info[i]->type);
	}
	for (size_t r = 1; regions && r < regions->n; r++) {
		widen_types(regions->items[r].body->input, regions->items[r].body->n_input);
		widen_types(regions->items[r].body->output, regions->items[r].body->n_output);
	}
}

/* ---- a model --------------------------------------------------------------------------------- */

/* New Casts would change the numbers by which those without names are called. */
static enum qs_status name_casts(const struct widening *widening)
{
	const struct qs_graph *graph = widening->graph;

	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (!qs_node_is(graph->nodes[i].proto, "Cast"))
			continue;
		graph->nodes[i].proto->name =
		    qs_arena_strdup(&widening->model->arena, graph->nodes[i].label);
		if (!graph->nodes[i].proto->name)
			return QS_NOMEM;
	}
	return QS_OK;
}

static void narrow_outputs(struct widening *widening)
{
	for (size_t i = 0; i < widening->graph->n_values; i++) {
		const struct qs_value *value = &widening->graph->values[i];

		if (value->is_output && is_narrow(value->element_type) &&
		    !stays_narrow(widening, value))
			narrow_output(widening, value);
	}
}

/* Nodes of other domains come last, from front to back: they read what all else was made. */
static enum qs_status widen(struct widening *widening, struct qs_findings *findings)
{
	const struct qs_graph *graph = widening->graph;
	enum qs_status status = name_casts(widening);

	if (status == QS_OK)
		status = qs_edit_new(widening->graph, &widening->edit);
	for (size_t i = 0; i < graph->n_nodes && status == QS_OK; i++)
		status = widen_node(widening, i, findings);
	if (status != QS_OK)
		return status;
	widen_values(widening);
	narrow_outputs(widening);
	widen_infos(widening);
	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (!is_open_domain(graph->nodes[graph->order[i]].proto))
			shield(widening, graph->order[i]);
	}
	return qs_edit_apply(widening->edit, findings);
}

enum qs_status qs_widen(
    struct qs_model *model, struct qs_findings *findings, struct qs_widened *ret_widened)
{
	struct widening widening = {.model = model, .widened = ret_widened};
	enum qs_status status = qs_graph_new(model, findings, &widening.graph);

	*ret_widened = (struct qs_widened){.element_type = 0};
	if (status == QS_OK)
		status = qs_shapes_infer(widening.graph);
	if (status == QS_OK && is_wanted(&widening))
		status = widen(&widening, findings);
	qs_edit_free(widening.edit);
	qs_graph_free(widening.graph);
	return status;
}
