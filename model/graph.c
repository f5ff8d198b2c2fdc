/* SPDX-License-Identifier: Apache-2.0 */
/* Builds the index of a graph. */
#include "model/graph.h"

#include <stdlib.h>
#include <string.h>

#include "model/graph_build.h"
#include "model/graph_order.h"
#include "model/regions.h"
#include "model/tensor.h"

bool qs_node_is_standard(const Onnx__NodeProto *node)
{
	return !node->domain || !*node->domain || strcmp(node->domain, "ai.onnx") == 0;
}

bool qs_node_is(const Onnx__NodeProto *node, const char *op_type)
{
	return node->op_type && strcmp(node->op_type, op_type) == 0 && qs_node_is_standard(node);
}

size_t qs_graph_find(const struct qs_graph *graph, const char *name)
{
	return qs_map_get(&graph->by_name, name);
}

struct qs_value *qs_graph_input(const struct qs_graph *graph, size_t node, size_t i)
{
	const struct qs_node *n = &graph->nodes[node];

	return i < n->proto->n_input && n->inputs[i] != QS_NONE ? &graph->values[n->inputs[i]]
	                                                        : NULL;
}

struct qs_value *qs_graph_output(const struct qs_graph *graph, size_t node, size_t i)
{
	const struct qs_node *n = &graph->nodes[node];

	return i < n->proto->n_output && n->outputs[i] != QS_NONE ? &graph->values[n->outputs[i]]
	                                                          : NULL;
}

bool qs_graph_computes(const struct qs_graph *graph, size_t node)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;

	for (size_t i = 0; i < proto->n_output && !qs_region_is_enter(proto); i++) {
		const struct qs_value *value = qs_graph_output(graph, node, i);

		if (value && !value->is_static && !value->is_shape)
			return true;
	}
	return false;
}

/* ---- values ---------------------------------------------------------------------------------- */

static enum qs_status defined_twice(struct qs_graph_build *build, const char *name)
{
	qs_finding_add(build->findings, QS_FINDING_TENSOR_DEFINED_TWICE,
	    qs_model_place(build->graph->model, build->findings),
	    "tensor \"%s\" is defined more than once", name);
	return QS_INVALID;
}

/* Adds a value of a new name. */
static enum qs_status add_value(
    struct qs_graph_build *build, const char *name, struct qs_value **ret_value)
{
	struct qs_graph *graph = build->graph;
	struct qs_value *value = &graph->values[graph->n_values];

	if (qs_graph_find(graph, name) != QS_NONE)
		return defined_twice(build, name);
	if (!qs_map_set(&graph->by_name, name, graph->n_values))
		return QS_NOMEM;
	graph->n_values++;
	value->name = name;
	value->producer = QS_NONE;
	value->rank = -1;
	*ret_value = value;
	return QS_OK;
}

static const char *name_of(const char *name)
{
	return name ? name : "";
}

static enum qs_status add_initializers(struct qs_graph_build *build)
{
	const Onnx__GraphProto *proto = build->graph->proto;
	enum qs_status status = QS_OK;
	struct qs_value *value;

	for (size_t i = 0; status == QS_OK && i < proto->n_initializer; i++) {
		Onnx__TensorProto *tensor = proto->initializer[i];

		status = add_value(build, name_of(tensor->name), &value);
		if (status != QS_OK)
			break;
		value->is_initializer = true;
		value->constant = tensor;
	}
	for (size_t i = 0; status == QS_OK && i < proto->n_sparse_initializer; i++) {
		const Onnx__TensorProto *values = proto->sparse_initializer[i]->values;

		status = add_value(build, values ? name_of(values->name) : "", &value);
		if (status == QS_OK)
			value->is_initializer = true;
	}
	return status;
}

static enum qs_status add_inputs(struct qs_graph_build *build)
{
	struct qs_graph *graph = build->graph;

	for (size_t i = 0; i < graph->proto->n_input; i++) {
		const char *name = name_of(graph->proto->input[i]->name);
		const size_t known = qs_graph_find(graph, name);
		struct qs_value *value;
		enum qs_status status;

		if (known != QS_NONE && graph->values[known].is_initializer)
			continue;
		status = add_value(build, name, &value);
		if (status != QS_OK)
			return status;
		value->is_input = value->is_entry = true;
	}
	return QS_OK;
}

static enum qs_status add_outputs(struct qs_graph_build *build, size_t node)
{
	struct qs_graph *graph = build->graph;
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	size_t *outputs = qs_arena_array(&graph->arena, proto->n_output + 1, sizeof(*outputs));
	enum qs_status status = QS_OK;
	struct qs_value *value;

	if (!outputs)
		return QS_NOMEM;
	graph->nodes[node].outputs = outputs;
	for (size_t i = 0; i < proto->n_output; i++) {
		outputs[i] = QS_NONE;
		if (!*proto->output[i])
			continue;
		status = add_value(build, proto->output[i], &value);
		if (status != QS_OK)
			return status;
		outputs[i] = graph->n_values - 1;
		value->producer = node;
		value->unit = qs_region_is_leave(proto)
		                  ? qs_region_unit(graph->model->regions, graph->nodes[node].region)
		                  : graph->nodes[node].unit;
		value->output = i;
		if (i == 0 && qs_node_is(proto, "Constant"))
			value->constant = qs_tensor_of_constant(graph->model, proto, &status);
	}
	return status;
}

/* What a value_info says of a value's shape. */
static enum qs_status set_type(struct qs_graph *graph, const Onnx__ValueInfoProto *info)
{
	const size_t index = qs_graph_find(graph, name_of(info->name));
	const Onnx__TypeProto *type = info->type;
	const Onnx__TensorShapeProto *shape;
	struct qs_value *value;
	int64_t *dims;

	if (index == QS_NONE || !type || type->value_case != ONNX__TYPE_PROTO__VALUE_TENSOR_TYPE)
		return QS_OK;
	value = &graph->values[index];
	value->element_type = type->tensor_type->elem_type;
	shape = type->tensor_type->shape;
	if (!shape || shape->n_dim > QS_RANK_LIMIT)
		return QS_OK;
	dims = qs_arena_array(&graph->arena, shape->n_dim + 1, sizeof(*dims));
	if (!dims)
		return QS_NOMEM;
	for (size_t i = 0; i < shape->n_dim; i++) {
		const Onnx__TensorShapeProto__Dimension *dim = shape->dim[i];
		const bool fixed =
		    dim->value_case == ONNX__TENSOR_SHAPE_PROTO__DIMENSION__VALUE_DIM_VALUE;

		dims[i] = fixed && dim->dim_value >= 0 ? dim->dim_value : -1;
	}
	value->dims = dims;
	value->rank = (int)shape->n_dim;
	return QS_OK;
}

static enum qs_status set_types(
    struct qs_graph *graph, Onnx__ValueInfoProto **infos, size_t n_infos)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < n_infos; i++)
		status = set_type(graph, infos[i]);
	return status;
}

static void set_constant_types(struct qs_graph *graph)
{
	for (size_t i = 0; i < graph->n_values; i++) {
		struct qs_value *value = &graph->values[i];

		if (!value->constant || value->constant->n_dims > QS_RANK_LIMIT)
			continue;
		value->element_type = value->constant->data_type;
		value->rank = (int)value->constant->n_dims;
		value->dims = value->constant->dims;
	}
}

static enum qs_status mark_outputs(struct qs_graph_build *build)
{
	struct qs_graph *graph = build->graph;

	for (size_t i = 0; i < graph->proto->n_output; i++) {
		const char *name = name_of(graph->proto->output[i]->name);
		const size_t value = qs_graph_find(graph, name);

		if (value == QS_NONE) {
			qs_finding_add(build->findings, QS_FINDING_UNDEFINED_TENSOR,
			    qs_model_place(graph->model, build->findings),
			    "nothing defines \"%s\", an output of the model", name);
			return QS_INVALID;
		}
		graph->values[value].is_output = true;
	}
	return QS_OK;
}

static enum qs_status add_values(struct qs_graph_build *build)
{
	struct qs_graph *graph = build->graph;
	const Onnx__GraphProto *proto = graph->proto;
	enum qs_status status = add_initializers(build);

	if (status == QS_OK)
		status = add_inputs(build);
	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++)
		status = add_outputs(build, i);
	if (status == QS_OK)
		status = set_types(graph, proto->value_info, proto->n_value_info);
	if (status == QS_OK)
		status = set_types(graph, proto->output, proto->n_output);
	if (status == QS_OK)
		status = set_types(graph, proto->input, proto->n_input);
	set_constant_types(graph);
	return status == QS_OK ? mark_outputs(build) : status;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* The body that a region is or is in, the innermost one; 0 for none. */
static size_t find_body(const struct qs_regions *regions, size_t region)
{
	while (region && regions->items[region].branch != QS_REGION_BODY)
		region = regions->items[region].parent;
	return region;
}

struct labelling {
	struct qs_graph *graph;
	const struct qs_regions *regions; /* or NULL */
	struct qs_map counts, names;
	const char **of_body; /* by region: what stands in front of labels in it */
};

/* What a node is called within its graph; the numbers of the main graph are those of the file. */
static const char *name_node(
    struct labelling *labelling, const Onnx__NodeProto *proto, const char *prefix)
{
	struct qs_arena *arena = &labelling->graph->arena;
	const char *op_type = name_of(proto->op_type);
	const char *kind = *prefix ? qs_arena_printf(arena, "%s%s", prefix, op_type) : op_type;
	const size_t known = kind ? qs_map_get(&labelling->counts, kind) : QS_MAP_NONE;
	const size_t count = known == QS_MAP_NONE ? 0 : known;

	if (!kind ||
	    (!qs_region_is_enter(proto) && !qs_map_set(&labelling->counts, kind, count + 1)))
		return NULL;
	if (!proto->name || !*proto->name)
		return qs_arena_printf(arena, "%s#%zu", kind, count);
	if (*prefix && qs_map_get(&labelling->names, proto->name) != QS_MAP_NONE)
		return qs_arena_printf(arena, "%s%s", prefix, proto->name);
	return qs_map_set(&labelling->names, proto->name, 0) ? proto->name : NULL;
}

/* Labels a node; one behind a body also names all that is in the body. */
static bool label_node(struct labelling *labelling, size_t node)
{
	struct qs_graph *graph = labelling->graph;
	struct qs_node *item = &graph->nodes[node];
	const size_t body = find_body(labelling->regions, item->region);

	item->label = name_node(labelling, item->proto, labelling->of_body[body]);
	if (!item->label || !qs_region_is_leave(item->proto))
		return item->label;
	labelling->of_body[qs_region_of_branch(item->proto, 0)] =
	    qs_arena_printf(&graph->arena, "%s/", item->label);
	return labelling->of_body[qs_region_of_branch(item->proto, 0)];
}

/* Nodes sorted by the body that they are in, otherwise as they stand. */
static size_t *sort_by_body(struct labelling *labelling, size_t n_regions)
{
	struct qs_graph *graph = labelling->graph;
	size_t *next = qs_arena_array(&graph->arena, n_regions + 1, sizeof(*next));
	size_t *sorted = qs_arena_array(&graph->arena, graph->n_nodes + 1, sizeof(*sorted));

	if (!next || !sorted)
		return NULL;
	for (size_t i = 0; i < graph->n_nodes; i++)
		next[find_body(labelling->regions, graph->nodes[i].region) + 1]++;
	for (size_t r = 0; r < n_regions; r++)
		next[r + 1] += next[r];
	for (size_t i = 0; i < graph->n_nodes; i++)
		sorted[next[find_body(labelling->regions, graph->nodes[i].region)]++] = i;
	return sorted;
}

/* Labels bodies from outside in: what is behind one names what is in it. */
static enum qs_status label_all(struct labelling *labelling)
{
	const size_t n_regions = labelling->regions ? labelling->regions->n : 1;
	struct qs_graph *graph = labelling->graph;
	const size_t *sorted = sort_by_body(labelling, n_regions);
	bool good;

	labelling->of_body = qs_arena_array(&graph->arena, n_regions, sizeof(*labelling->of_body));
	good = sorted && labelling->of_body;
	for (size_t r = 0; good && r < n_regions; r++)
		labelling->of_body[r] = "";
	for (size_t i = 0; good && i < graph->n_nodes; i++)
		good = label_node(labelling, sorted[i]);
	return good ? QS_OK : QS_NOMEM;
}

static enum qs_status label_nodes(struct qs_graph *graph)
{
	struct labelling labelling = {.graph = graph,
	    .regions = graph->model->regions,
	    .counts = QS_MAP_INIT,
	    .names = QS_MAP_INIT};
	const enum qs_status status = label_all(&labelling);

	qs_map_done(&labelling.counts);
	qs_map_done(&labelling.names);
	return status;
}

static void place_nodes(struct qs_graph *graph)
{
	const struct qs_regions *regions = graph->model->regions;
	const size_t n_regions = regions ? regions->n : 1;

	for (size_t i = 0; i < graph->n_nodes; i++) {
		struct qs_node *node = &graph->nodes[i];
		size_t region;

		node->proto = graph->proto->node[i];
		region = qs_region_of_node(node->proto);
		node->region = region < n_regions ? region : 0;
		region = qs_region_is_enter(node->proto) || qs_region_is_leave(node->proto)
		             ? qs_region_of_branch(node->proto, 0)
		             : node->region;
		node->unit = qs_region_unit(regions, region);
	}
}
static enum qs_status allocate(struct qs_graph *graph)
{
	const Onnx__GraphProto *proto = graph->proto;
	size_t n_values = proto->n_initializer + proto->n_sparse_initializer + proto->n_input;

	for (size_t i = 0; i < proto->n_node; i++)
		n_values += proto->node[i]->n_output;
	graph->n_nodes = proto->n_node;
	graph->nodes = qs_arena_array(&graph->arena, proto->n_node + 1, sizeof(*graph->nodes));
	graph->values = qs_arena_array(&graph->arena, n_values + 1, sizeof(*graph->values));
	graph->order = qs_arena_array(&graph->arena, proto->n_node + 1, sizeof(*graph->order));
	return graph->nodes && graph->values && graph->order ? QS_OK : QS_NOMEM;
}

/* Finds what the branches that are open depend on. */
static enum qs_status find_conditions(struct qs_graph *graph)
{
	const struct qs_regions *regions = graph->model->regions;

	graph->n_regions = regions ? regions->n : 1;
	graph->condition =
	    qs_arena_array(&graph->arena, graph->n_regions, sizeof(*graph->condition));
	if (!graph->condition)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_regions; i++)
		graph->condition[i] = QS_NONE;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		const struct qs_node *node = &graph->nodes[i];

		for (size_t b = 0; b < 2 && qs_region_is_if(node->proto); b++) {
			const size_t region = qs_region_of_branch(node->proto, b);

			if (region < graph->n_regions)
				graph->condition[region] = node->inputs[QS_REGION_CONDITION];
		}
	}
	return QS_OK;
}

/* Operators that give something new without reading anything. */
static bool is_random(const Onnx__NodeProto *node)
{
	return strncmp(name_of(node->op_type), "Random", 6) == 0 ||
	       qs_node_is(node, "Multinomial") || qs_node_is(node, "Bernoulli");
}

/* What an If may pass on, and what it looks at, is there while it runs, as shapes are. Gives
 * whether it passes on data. */
static bool mark_passed_on(struct qs_graph *graph, size_t node)
{
	bool is_data = false;

	for (size_t i = 0; i < graph->nodes[node].proto->n_input; i++) {
		struct qs_value *value = qs_graph_input(graph, node, i);

		if (value && value->is_static) {
			value->is_static = false;
			value->is_shape = true;
		}
		is_data = is_data || (value && i != QS_REGION_CONDITION && !value->is_shape);
	}
	return is_data;
}

/* What goes into a body and comes out of it may change from run to run, whatever it is now. */
static bool is_end_of_body(const Onnx__NodeProto *node)
{
	return qs_region_is_enter(node) || qs_region_is_leave(node);
}

/* Finds what depends on constants and on shapes only. Subgraphs may do anything. */
static void mark_kinds(struct qs_graph *graph)
{
	for (size_t i = 0; i < graph->n_values; i++)
		graph->values[i].is_static = graph->values[i].is_initializer;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		const size_t index = graph->order[i];
		const struct qs_node *node = &graph->nodes[index];
		bool is_data = is_random(node->proto) || node->n_inner || !node->proto->op_type ||
		               is_end_of_body(node->proto);
		bool is_shape = qs_node_is(node->proto, "Shape") || qs_node_is(node->proto, "Size");

		if (qs_region_is_if(node->proto))
			is_data = mark_passed_on(graph, index);
		for (size_t j = 0; j < node->proto->n_input && !is_data; j++) {
			const struct qs_value *value = qs_graph_input(graph, index, j);

			if (!value || value->is_static)
				continue;
			is_data = !value->is_shape && !is_shape;
			is_shape = is_shape || value->is_shape;
		}
		for (size_t j = 0; j < node->proto->n_output; j++) {
			struct qs_value *value = qs_graph_output(graph, index, j);

			if (!value)
				continue;
			value->is_static = !is_data && !is_shape;
			value->is_shape = !is_data && is_shape;
		}
	}
}

/* What a Cast gives of a narrow constant or input that nobody else reads is one of float32. */
static void see_through_cast(struct qs_graph *graph, size_t node)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	struct qs_value *input = qs_graph_input(graph, node, 0);
	struct qs_value *output = qs_graph_output(graph, node, 0);

	if (!qs_node_is(proto, "Cast") || !input || !output || input->n_uses != 1 ||
	    input->is_output || qs_element_bits(input->element_type) != 16 ||
	    !qs_element_is_float(input->element_type) ||
	    qs_attribute_int(proto, "to", 0) != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return;
	if (input->is_input) {
		input->is_entry = false;
		output->is_entry = true;
	}
	if (!input->constant)
		return;
	output->constant = input->constant;
	output->element_type = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
	output->rank = input->rank;
	output->dims = input->dims;
}

enum qs_status qs_graph_new(
    struct qs_model *model, struct qs_findings *findings, struct qs_graph **ret_graph)
{
	struct qs_graph *graph = calloc(1, sizeof(*graph));
	struct qs_graph_build build = {graph, findings, NULL, 0, 0};
	enum qs_status status;

	if (!graph)
		return QS_NOMEM;
	graph->model = model;
	graph->proto = model->proto->graph;
	status = allocate(graph);
	if (status == QS_OK)
		place_nodes(graph);
	if (status == QS_OK)
		status = label_nodes(graph);
	if (status == QS_OK)
		status = add_values(&build);
	if (status == QS_OK)
		status = qs_graph_find_reads(&build);
	if (status == QS_OK)
		status = find_conditions(graph);
	if (status == QS_OK)
		status = qs_graph_sort(graph, findings);
	free(build.reads);
	if (status == QS_OK) {
		mark_kinds(graph);
		for (size_t i = 0; i < graph->n_nodes; i++)
			see_through_cast(graph, i);
		*ret_graph = graph;
	} else {
		qs_graph_free(graph);
	}
	return status;
}

void qs_graph_free(struct qs_graph *graph)
{
	if (!graph)
		return;
	qs_map_done(&graph->by_name);
	qs_arena_done(&graph->arena);
	free(graph);
}
