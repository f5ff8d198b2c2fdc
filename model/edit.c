/* SPDX-License-Identifier: Apache-2.0 */
/* Collects changes to a graph. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "model/edit_internal.h"
#include "model/tensor.h"

enum qs_status qs_edit_new(struct qs_graph *graph, struct qs_edit **ret_edit)
{
	struct qs_edit *edit = calloc(1, sizeof(*edit));

	if (!edit)
		return QS_NOMEM;
	edit->graph = graph;
	edit->removed = calloc(graph->n_nodes + 1, sizeof(*edit->removed));
	edit->nomem = !edit->removed || !qs_names_take_graph(&edit->names, graph->proto);
	for (size_t i = 0; i < graph->n_values && !edit->nomem; i++)
		edit->nomem = !qs_names_take(&edit->names, graph->values[i].name);
	if (edit->nomem) {
		qs_edit_free(edit);
		return QS_NOMEM;
	}
	*ret_edit = edit;
	return QS_OK;
}

void qs_edit_free(struct qs_edit *edit)
{
	if (!edit)
		return;
	qs_names_done(&edit->names);
	free(edit->nodes);
	free(edit->tensors);
	free(edit->removed);
	free(edit);
}

/* A piece of the model's memory. */
static void *take(struct qs_edit *edit, size_t count, size_t size)
{
	void *piece = edit->nomem ? NULL : qs_arena_array(&edit->graph->model->arena, count, size);

	if (!piece)
		edit->nomem = true;
	return piece;
}

static char *take_string(struct qs_edit *edit, const char *string)
{
	char *copy = string ? qs_arena_strdup(&edit->graph->model->arena, string) : NULL;

	if (!copy)
		edit->nomem = true;
	return copy;
}

const char *qs_edit_name(struct qs_edit *edit, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	char *name = NULL;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	if (qs_text_status(&text) == QS_OK)
		name = qs_names_make(
		    &edit->names, &edit->graph->model->arena, take_string(edit, text.data));
	qs_text_done(&text);
	if (!name)
		edit->nomem = true;
	return name;
}

/* Appends to a growing list of pointers. */
static void append(struct qs_edit *edit, void ***list, size_t *n, void *item)
{
	/* The list has room for a power of two. */
	if (item && (*n & (*n - 1)) == 0) {
		void **larger = realloc(*list, (*n ? *n * 2 : 1) * sizeof(*larger));

		if (!larger) {
			edit->nomem = true;
			return;
		}
		*list = larger;
	}
	if (item)
		(*list)[(*n)++] = item;
}

static char **take_strings(struct qs_edit *edit, const char *const *names, size_t n)
{
	char **strings = take(edit, n + 1, sizeof(*strings));

	for (size_t i = 0; strings && i < n; i++) {
		strings[i] = (char *)names[i];
		if (!names[i])
			edit->nomem = true;
	}
	return strings;
}

Onnx__NodeProto *qs_edit_add_node(struct qs_edit *edit, const char *op_type, const char *name,
    const char *const *inputs, size_t n_inputs, const char *const *outputs, size_t n_outputs)
{
	Onnx__NodeProto *node = take(edit, 1, sizeof(*node));

	if (!node)
		return NULL;
	onnx__node_proto__init(node);
	node->op_type = take_string(edit, op_type);
	node->name = (char *)qs_edit_name(edit, "%s", name ? name : op_type);
	node->input = take_strings(edit, inputs, n_inputs);
	node->output = take_strings(edit, outputs, n_outputs);
	node->n_input = n_inputs;
	node->n_output = n_outputs;
	if (!edit->nomem)
		append(edit, &edit->nodes, &edit->n_nodes, node);
	return edit->nomem ? NULL : node;
}

void qs_edit_set_domain(struct qs_edit *edit, Onnx__NodeProto *node, const char *domain)
{
	if (node)
		node->domain = take_string(edit, domain);
}

/* The attribute of a name, emptied if it was there. */
static Onnx__AttributeProto *set_attribute(struct qs_edit *edit, Onnx__NodeProto *node,
    const char *name, Onnx__AttributeProto__AttributeType type)
{
	Onnx__AttributeProto *attribute = node ? qs_attribute(node, name) : NULL;
	Onnx__AttributeProto **list;

	if (!node)
		return NULL;
	if (!attribute) {
		attribute = take(edit, 1, sizeof(*attribute));
		list = take(edit, node->n_attribute + 1, sizeof(Onnx__AttributeProto *));
		if (!attribute || !list)
			return NULL;
		if (node->n_attribute)
			memcpy(list, node->attribute, node->n_attribute * sizeof(*list));
		list[node->n_attribute++] = attribute;
		node->attribute = list;
	}
	onnx__attribute_proto__init(attribute);
	attribute->name = take_string(edit, name);
	attribute->has_type = true;
	attribute->type = type;
	return attribute;
}

void qs_edit_set_int(struct qs_edit *edit, Onnx__NodeProto *node, const char *name, int64_t value)
{
	Onnx__AttributeProto *attribute =
	    set_attribute(edit, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INT);

	if (!attribute)
		return;
	attribute->has_i = true;
	attribute->i = value;
}

void qs_edit_set_float(struct qs_edit *edit, Onnx__NodeProto *node, const char *name, float value)
{
	Onnx__AttributeProto *attribute =
	    set_attribute(edit, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT);

	if (!attribute)
		return;
	attribute->has_f = true;
	attribute->f = value;
}

void qs_edit_set_ints(struct qs_edit *edit, Onnx__NodeProto *node, const char *name,
    const int64_t *values, size_t n_values)
{
	Onnx__AttributeProto *attribute =
	    set_attribute(edit, node, name, ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__INTS);
	int64_t *copy = attribute ? take(edit, n_values + 1, sizeof(*copy)) : NULL;

	if (!copy)
		return;
	if (n_values)
		memcpy(copy, values, n_values * sizeof(*copy));
	attribute->ints = copy;
	attribute->n_ints = n_values;
}

static Onnx__TensorProto *add_tensor(struct qs_edit *edit, Onnx__TensorProto *tensor)
{
	if (!tensor)
		edit->nomem = true;
	else
		append(edit, &edit->tensors, &edit->n_tensors, tensor);
	return tensor;
}

Onnx__TensorProto *qs_edit_add_tensor(struct qs_edit *edit, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, const void *elements)
{
	Onnx__TensorProto *tensor = NULL;

	if (!edit->nomem && name)
		tensor =
		    qs_tensor_new(edit->graph->model, name, element_type, dims, n_dims, elements);
	return add_tensor(edit, tensor);
}

Onnx__TensorProto *qs_edit_add_deferred(struct qs_edit *edit, const char *name, int element_type,
    const int64_t *dims, size_t n_dims, qs_tensor_maker *make, void *context)
{
	Onnx__TensorProto *tensor = NULL;

	if (!edit->nomem && name)
		tensor = qs_tensor_defer(
		    edit->graph->model, name, element_type, dims, n_dims, make, context);
	return add_tensor(edit, tensor);
}

/* ---- existing nodes -------------------------------------------------------------------------- */

static bool defines(const Onnx__GraphProto *proto, const char *name)
{
	for (size_t i = 0; i < proto->n_input; i++) {
		if (proto->input[i]->name && strcmp(proto->input[i]->name, name) == 0)
			return true;
	}
	for (size_t i = 0; i < proto->n_initializer; i++) {
		if (strcmp(qs_tensor_name(proto->initializer[i]), name) == 0)
			return true;
	}
	for (size_t i = 0; i < proto->n_node; i++) {
		for (size_t j = 0; j < proto->node[i]->n_output; j++) {
			if (strcmp(proto->node[i]->output[j], name) == 0)
				return true;
		}
	}
	return false;
}

static void reroute_bodies(const Onnx__NodeProto *node, const char *from, char *to);

/* A subgraph that has the name itself means its own. */
static void reroute_subgraph(Onnx__GraphProto *proto, const char *from, char *to)
{
	if (defines(proto, from))
		return;
	for (size_t i = 0; i < proto->n_node; i++) {
		for (size_t j = 0; j < proto->node[i]->n_input; j++) {
			if (strcmp(proto->node[i]->input[j], from) == 0)
				proto->node[i]->input[j] = to;
		}
		reroute_bodies(proto->node[i], from, to);
	}
	for (size_t i = 0; i < proto->n_output; i++) {
		if (proto->output[i]->name && strcmp(proto->output[i]->name, from) == 0)
			proto->output[i]->name = to;
	}
}

/* Lets the bodies of a node read a tensor from outside under another name. */
static void reroute_bodies(const Onnx__NodeProto *node, const char *from, char *to)
{
	for (size_t i = 0; i < node->n_attribute; i++) {
		if (node->attribute[i]->g)
			reroute_subgraph(node->attribute[i]->g, from, to);
		for (size_t j = 0; j < node->attribute[i]->n_graphs; j++)
			reroute_subgraph(node->attribute[i]->graphs[j], from, to);
	}
}

void qs_edit_reroute_use(
    struct qs_edit *edit, const struct qs_value *value, struct qs_use use, const char *name)
{
	Onnx__NodeProto *node = edit->graph->nodes[use.node].proto;

	if (!name)
		edit->nomem = true;
	else if (use.input < node->n_input)
		node->input[use.input] = (char *)name;
	else
		reroute_bodies(node, value->name, (char *)name);
}

void qs_edit_reroute(struct qs_edit *edit, const struct qs_value *value, const char *name)
{
	for (size_t i = 0; i < value->n_uses; i++)
		qs_edit_reroute_use(edit, value, value->uses[i], name);
}

void qs_edit_rename(struct qs_edit *edit, const struct qs_value *value, const char *name)
{
	if (!name)
		edit->nomem = true;
	else if (value->producer != QS_NONE)
		edit->graph->nodes[value->producer].proto->output[value->output] = (char *)name;
}

void qs_edit_add_input(struct qs_edit *edit, size_t node, const char *name)
{
	Onnx__NodeProto *proto = edit->graph->nodes[node].proto;
	char **inputs = take(edit, proto->n_input + 2, sizeof(*inputs));

	if (!inputs || !name) {
		edit->nomem = true;
		return;
	}
	if (proto->n_input)
		memcpy(inputs, proto->input, proto->n_input * sizeof(*inputs));
	inputs[proto->n_input++] = (char *)name;
	proto->input = inputs;
}

void qs_edit_remove_node(struct qs_edit *edit, size_t node)
{
	edit->removed[node] = true;
}

enum qs_status qs_model_import(struct qs_model *model, const char *domain, int64_t version)
{
	Onnx__ModelProto *proto = model->proto;
	Onnx__OperatorSetIdProto *import = NULL, **list;

	for (size_t i = 0; i < proto->n_opset_import && !import; i++) {
		const char *known = proto->opset_import[i]->domain;

		if (strcmp(known ? known : "", domain) == 0)
			import = proto->opset_import[i];
	}
	if (!import) {
		import = qs_arena_alloc(&model->arena, sizeof(*import));
		list = qs_arena_array(&model->arena, proto->n_opset_import + 1, sizeof(import));
		if (!import || !list)
			return QS_NOMEM;
		onnx__operator_set_id_proto__init(import);
		import->domain = qs_arena_strdup(&model->arena, domain);
		if (!import->domain)
			return QS_NOMEM;
		if (proto->n_opset_import)
			memcpy(list, proto->opset_import, proto->n_opset_import * sizeof(import));
		list[proto->n_opset_import++] = import;
		proto->opset_import = list;
	}
	if (!import->has_version || import->version < version) {
		import->has_version = true;
		import->version = version;
	}
	return QS_OK;
}
