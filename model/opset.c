/* SPDX-License-Identifier: Apache-2.0 */
/* Brings models to a later version of the standard operators. */
#include "model/opset.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/module.h"
#include "model/edit.h"
#include "model/opset_shim.h"
#include "model/regions.h"
#include "model/shape.h"
#include "model/tensor.h"

/* From this IR version on, an initializer need not be an input as well. */
#define IR_WITHOUT_INPUTS 4

/* From this opset on, operands are broadcast from their last axes on. */
#define WITH_BROADCASTING 7

/* From this opset on, a Scan has no batches of its own. */
#define SCAN_WITHOUT_BATCHES 9

struct module {
	qs_opset_shim_latest *latest;
	qs_opset_shim_convert *convert;
};

/* ---- the module ------------------------------------------------------------------------------ */

static enum qs_status no_module(struct qs_findings *findings, const char *why)
{
	struct qs_finding *finding = qs_finding_add(findings, QS_FINDING_OPSET_MODULE,
	    (struct qs_place){NULL, 0, 0}, "the version converter cannot be loaded: %s", why);

	qs_finding_hint(findings, finding,
	    "name the folder of %s in %s, or export the model with a later opset", QS_OPSET_MODULE,
	    QS_MODULE_VARIABLE);
	return QS_UNSUPPORTED;
}

/* Addresses are objects to dlsym(); functions come out of a union, which POSIX allows. */
static enum qs_status load_module(struct qs_findings *findings, struct module *ret_module)
{
	static const char *const names[] = {"qs_opset_module_latest", "qs_opset_module_convert"};
	union {
		void *objects[2];
		struct module module;
	} symbols;
	const char *error = qs_module_load(QS_OPSET_MODULE, names, 2, symbols.objects);

	if (error)
		return no_module(findings, error);
	*ret_module = symbols.module;
	return QS_OK;
}

/* ---- shapes for the converter ---------------------------------------------------------------- */

/* Some conversions depend on shapes that exporters leave out and that can be worked out here. */
static Onnx__ValueInfoProto *describe(struct qs_arena *arena, const struct qs_value *value)
{
	Onnx__ValueInfoProto *info = qs_arena_alloc(arena, sizeof(*info));
	Onnx__TypeProto *type = qs_arena_alloc(arena, sizeof(*type));
	Onnx__TypeProto__Tensor *tensor = qs_arena_alloc(arena, sizeof(*tensor));
	Onnx__TensorShapeProto *shape = qs_arena_alloc(arena, sizeof(*shape));
	Onnx__TensorShapeProto__Dimension *dims =
	    qs_arena_array(arena, (size_t)value->rank + 1, sizeof(*dims));

	if (!info || !type || !tensor || !shape || !dims)
		return NULL;
	onnx__value_info_proto__init(info);
	onnx__type_proto__init(type);
	onnx__type_proto__tensor__init(tensor);
	onnx__tensor_shape_proto__init(shape);
	shape->dim = qs_arena_array(arena, (size_t)value->rank + 1, sizeof(*shape->dim));
	if (!shape->dim)
		return NULL;
	for (int i = 0; i < value->rank; i++) {
		onnx__tensor_shape_proto__dimension__init(&dims[i]);
		if (value->dims[i] >= 0) {
			dims[i].value_case = ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;
			dims[i].dim_value = value->dims[i];
		}
		shape->dim[shape->n_dim++] = &dims[i];
	}
	tensor->has_elem_type = true;
	tensor->elem_type = value->element_type;
	tensor->shape = shape;
	type->value_case = ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE;
	type->tensor_type = tensor;
	info->name = (char *)value->name;
	info->type = type;
	return info;
}

/* The model's bytes with its branches open, as the converter leaves alone what is within others. It
 * asks for the version of every domain. */
static enum qs_status pack_open(struct qs_graph *graph, struct qs_findings *findings,
    unsigned char **ret_bytes, size_t *ret_size)
{
	struct qs_model model = *graph->model;
	Onnx__ModelProto proto = *model.proto;
	const size_t n = proto.n_opset_import;

	if (!model.regions)
		return qs_model_pack(&model, false, findings, ret_bytes, ret_size);
	proto.opset_import = qs_arena_array(&graph->arena, n + 1, sizeof(*proto.opset_import));
	if (!proto.opset_import)
		return QS_NOMEM;
	if (n)
		memcpy(
		    proto.opset_import, model.proto->opset_import, n * sizeof(*proto.opset_import));
	proto.opset_import[n] = qs_arena_alloc(&graph->arena, sizeof(**proto.opset_import));
	if (!proto.opset_import[n])
		return QS_NOMEM;
	onnx__operator_set_id_proto__init(proto.opset_import[n]);
	proto.opset_import[n]->domain = QS_REGION_DOMAIN;
	proto.opset_import[n]->has_version = true;
	proto.opset_import[n]->version = 1;
	proto.n_opset_import = n + 1;
	model.proto = &proto;
	model.regions = NULL;
	return qs_model_pack(&model, false, findings, ret_bytes, ret_size);
}

/* The model's bytes with all shapes that are known; the model itself stays as it is. */
static enum qs_status pack_with_shapes(struct qs_graph *graph, struct qs_findings *findings,
    unsigned char **ret_bytes, size_t *ret_size)
{
	Onnx__GraphProto *proto = graph->proto;
	Onnx__ValueInfoProto **before = proto->value_info;
	const size_t n_before = proto->n_value_info;
	enum qs_status status = QS_OK;

	proto->value_info = qs_arena_array(&graph->arena, graph->n_values + 1, sizeof(*before));
	proto->n_value_info = 0;
	if (!proto->value_info)
		status = QS_NOMEM;
	for (size_t i = 0; status == QS_OK && i < graph->n_values; i++) {
		const struct qs_value *value = &graph->values[i];
		Onnx__ValueInfoProto *info;

		if (value->is_input || value->is_output || value->is_initializer ||
		    value->rank < 0 || !value->element_type)
			continue;
		info = describe(&graph->arena, value);
		if (!info)
			status = QS_NOMEM;
		else
			proto->value_info[proto->n_value_info++] = info;
	}
	if (status == QS_OK)
		status = pack_open(graph, findings, ret_bytes, ret_size);
	proto->value_info = before;
	proto->n_value_info = n_before;
	return status;
}

/* ---- what the converter gives ---------------------------------------------------------------- */

/* Gives back to a node what the converter has no room for. */
static void restore_node(Onnx__NodeProto *node, const Onnx__NodeProto *before)
{
	if (!node->name || !*node->name)
		node->name = before->name;
	node->doc_string = before->doc_string;
	if (qs_region_is_stand_in(before))
		node->domain = before->domain;
	node->base.n_unknown_fields = before->base.n_unknown_fields;
	node->base.unknown_fields = before->base.unknown_fields;
}

static void restore_nodes(const struct qs_graph *before, Onnx__GraphProto *converted)
{
	for (size_t i = 0; i < converted->n_node; i++) {
		Onnx__NodeProto *node = converted->node[i];
		size_t value = QS_NONE, producer = QS_NONE;

		for (size_t j = 0; j < node->n_output && value == QS_NONE; j++)
			value = *node->output[j] ? qs_graph_find(before, node->output[j]) : QS_NONE;
		if (value != QS_NONE)
			producer = before->values[value].producer;
		if (producer != QS_NONE)
			restore_node(node, before->nodes[producer].proto);
	}
}

/* All weights as they were, and those that the converter added. */
static enum qs_status join_weights(
    const struct qs_graph *before, const Onnx__GraphProto *converted, size_t *ret_added)
{
	Onnx__GraphProto *proto = before->proto;
	Onnx__TensorProto **tensors = qs_arena_array(&before->model->arena,
	    proto->n_initializer + converted->n_initializer + 1, sizeof(*tensors));
	size_t n = proto->n_initializer;

	if (!tensors)
		return QS_NOMEM;
	for (size_t i = 0; i < n; i++)
		tensors[i] = proto->initializer[i];
	for (size_t i = 0; i < converted->n_initializer; i++) {
		if (qs_graph_find(before, qs_tensor_name(converted->initializer[i])) == QS_NONE)
			tensors[n++] = converted->initializer[i];
	}
	*ret_added = n - proto->n_initializer;
	proto->initializer = tensors;
	proto->n_initializer = n;
	return QS_OK;
}

static void set_version(Onnx__ModelProto *proto, int64_t version)
{
	for (size_t i = 0; i < proto->n_opset_import; i++) {
		const char *domain = proto->opset_import[i]->domain;

		if (domain && *domain && strcmp(domain, "ai.onnx") != 0)
			continue;
		proto->opset_import[i]->has_version = true;
		proto->opset_import[i]->version = version;
	}
}

/* Puts converted nodes into the model. */
static enum qs_status take_nodes(struct qs_graph *graph, const Onnx__ModelProto *converted,
    int64_t version, struct qs_findings *findings)
{
	Onnx__ModelProto *proto = graph->model->proto;
	const Onnx__GraphProto before = *graph->proto;
	struct qs_graph *after = NULL;
	enum qs_status status;
	size_t n_added = 0;

	restore_nodes(graph, converted->graph);
	status = join_weights(graph, converted->graph, &n_added);
	if (status != QS_OK)
		return status;
	graph->proto->node = converted->graph->node;
	graph->proto->n_node = converted->graph->n_node;
	status = qs_graph_new(graph->model, findings, &after);
	qs_graph_free(after);
	if (status != QS_OK) {
		*graph->proto = before;
		return status;
	}
	set_version(proto, version);
	if (n_added && proto->ir_version < IR_WITHOUT_INPUTS)
		proto->ir_version = IR_WITHOUT_INPUTS;
	return QS_OK;
}

/* Exceptions of the converter start with the place in its source. */
static const char *reason_of(const char *message)
{
	static const char *const ahead[] = {" failed: ", "Warning: "};

	for (size_t i = 0; i < sizeof(ahead) / sizeof(ahead[0]); i++) {
		const char *at = strstr(message, ahead[i]);

		if (at)
			message = at + strlen(ahead[i]);
	}
	/* A table of the converter that lacks something says so in the words of C++. */
	return strstr(message, "::at")
	           ? "it has an operator or domain that the converter does not know"
	           : message;
}

static enum qs_status cannot_convert(
    const struct qs_model *model, int64_t version, const char *why, struct qs_findings *findings)
{
	struct qs_finding *finding =
	    qs_finding_add(findings, QS_FINDING_OPSET_CONVERSION, qs_model_place(model, findings),
		"the model has opset %" PRId64 " and cannot be brought to %" PRId64 ": %s",
		qs_model_opset(model), version, why);

	qs_finding_hint(
	    findings, finding, "export the model with opset %" PRId64 " or later", version);
	return QS_UNSUPPORTED;
}

/* Whether there is a Scan with batches of its own, which the converter passes over. */
static bool has_old_scan(const struct qs_graph *graph, int64_t before, int64_t version)
{
	if (before >= SCAN_WITHOUT_BATCHES || version < SCAN_WITHOUT_BATCHES)
		return false;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (qs_node_is(graph->nodes[i].proto, "Scan"))
			return true;
	}
	return false;
}

static enum qs_status convert(struct qs_graph *graph, const struct module *module, int64_t version,
    struct qs_findings *findings)
{
	struct qs_model *model = graph->model;
	unsigned char *bytes = NULL, *converted = NULL;
	Onnx__ModelProto *proto = NULL;
	char message[512] = "";
	size_t size, n_converted;
	enum qs_status status;

	status = pack_with_shapes(graph, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	if (module->convert(
		bytes, size, (int)version, &converted, &n_converted, message, sizeof(message)) != 0)
		status = cannot_convert(model, version, reason_of(message), findings);
	else
		proto = onnx__model_proto__unpack(&model->allocator, n_converted, converted);
	if (status == QS_OK && (!proto || !proto->graph))
		status = QS_NOMEM;
	if (status == QS_OK)
		status = take_nodes(graph, proto, version, findings);
	free(bytes);
	free(converted);
	return status;
}

enum qs_status qs_opset_raise(struct qs_model *model, int64_t version, struct qs_findings *findings)
{
	const int64_t before = qs_model_opset(model);
	struct qs_graph *graph = NULL;
	struct module module;
	enum qs_status status;

	if (before >= version)
		return QS_OK;
	status = load_module(findings, &module);
	if (status == QS_OK && version > module.latest())
		status = cannot_convert(model, version,
		    "that is later than what the version converter knows", findings);
	if (status == QS_OK)
		status = qs_graph_new(model, findings, &graph);
	if (status == QS_OK && has_old_scan(graph, before, version))
		status = cannot_convert(
		    model, version, "a Scan has batches of its own, as before opset 9", findings);
	if (status == QS_OK)
		status = qs_shapes_infer(graph);
	if (status == QS_OK)
		status = convert(graph, &module, version, findings);
	qs_graph_free(graph);
	if (status == QS_OK && before < WITH_BROADCASTING && version >= WITH_BROADCASTING)
		status = qs_opset_spread_slopes(model, findings);
	return status;
}
