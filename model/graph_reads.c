/* SPDX-License-Identifier: Apache-2.0 */
/* What the nodes of a graph read, in subgraphs too. */
#include <stdlib.h>

#include "model/graph_build.h"

/* The names that a subgraph defines; names of the graph around it are looked up further out. */
struct scope {
	const struct scope *outer;
	struct qs_map names;
};

static enum qs_status add_read(
    struct qs_graph_build *build, size_t value, size_t node, size_t input)
{
	if (build->n_reads == build->capacity) {
		const size_t capacity = build->capacity ? build->capacity * 2 : 256;
		struct qs_graph_read *reads = realloc(build->reads, capacity * sizeof(*reads));

		if (!reads)
			return QS_NOMEM;
		build->reads = reads;
		build->capacity = capacity;
	}
	build->reads[build->n_reads++] = (struct qs_graph_read){value, {node, input}};
	return QS_OK;
}

static enum qs_status undefined(struct qs_graph_build *build, size_t node, const char *name)
{
	qs_finding_add(build->findings, QS_FINDING_UNDEFINED_TENSOR,
	    qs_model_place(build->graph->model, build->findings),
	    "node \"%s\" reads \"%s\", which nothing defines", build->graph->nodes[node].label,
	    name);
	return QS_INVALID;
}

static enum qs_status define(struct scope *scope, const char *name)
{
	return !name || qs_map_set(&scope->names, name, 0) ? QS_OK : QS_NOMEM;
}

static enum qs_status define_names(struct scope *scope, const Onnx__GraphProto *proto)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < proto->n_input; i++)
		status = define(scope, proto->input[i]->name);
	for (size_t i = 0; status == QS_OK && i < proto->n_initializer; i++)
		status = define(scope, proto->initializer[i]->name);
	for (size_t i = 0; status == QS_OK && i < proto->n_sparse_initializer; i++) {
		if (proto->sparse_initializer[i]->values)
			status = define(scope, proto->sparse_initializer[i]->values->name);
	}
	for (size_t i = 0; status == QS_OK && i < proto->n_node; i++) {
		for (size_t j = 0; status == QS_OK && j < proto->node[i]->n_output; j++)
			status = define(scope, proto->node[i]->output[j]);
	}
	return status;
}

/* A name that a subgraph of `node` reads: one of its own, of a graph around it, or of the main
 * graph. */
static enum qs_status read_name(
    struct qs_graph_build *build, const struct scope *scope, size_t node, const char *name)
{
	const size_t n_input = build->graph->nodes[node].proto->n_input;
	size_t value;

	if (!name || !*name)
		return QS_OK;
	for (; scope; scope = scope->outer) {
		if (qs_map_get(&scope->names, name) != QS_MAP_NONE)
			return QS_OK;
	}
	value = qs_graph_find(build->graph, name);
	if (value == QS_NONE)
		return undefined(build, node, name);
	return add_read(build, value, node, n_input + build->graph->nodes[node].n_inner++);
}

static enum qs_status read_subgraphs(struct qs_graph_build *build, const struct scope *scope,
    size_t node, const Onnx__NodeProto *proto);

static enum qs_status read_subgraph(struct qs_graph_build *build, const struct scope *outer,
    size_t node, const Onnx__GraphProto *proto)
{
	struct scope scope = {outer, QS_MAP_INIT};
	enum qs_status status = define_names(&scope, proto);

	for (size_t i = 0; status == QS_OK && i < proto->n_node; i++) {
		const Onnx__NodeProto *inner = proto->node[i];

		for (size_t j = 0; status == QS_OK && j < inner->n_input; j++)
			status = read_name(build, &scope, node, inner->input[j]);
		if (status == QS_OK)
			status = read_subgraphs(build, &scope, node, inner);
	}
	for (size_t i = 0; status == QS_OK && i < proto->n_output; i++)
		status = read_name(build, &scope, node, proto->output[i]->name);
	qs_map_done(&scope.names);
	return status;
}

static enum qs_status read_subgraphs(struct qs_graph_build *build, const struct scope *scope,
    size_t node, const Onnx__NodeProto *proto)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < proto->n_attribute; i++) {
		const Onnx__AttributeProto *attribute = proto->attribute[i];

		if (attribute->g)
			status = read_subgraph(build, scope, node, attribute->g);
		for (size_t j = 0; status == QS_OK && j < attribute->n_graphs; j++)
			status = read_subgraph(build, scope, node, attribute->graphs[j]);
	}
	return status;
}

/* Collects what a node and its subgraphs read, in order. */
static enum qs_status read_node(struct qs_graph_build *build, size_t node)
{
	struct qs_graph *graph = build->graph;
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const size_t first = build->n_reads;
	enum qs_status status = QS_OK;
	size_t *inputs;

	for (size_t i = 0; status == QS_OK && i < proto->n_input; i++) {
		const size_t value = qs_graph_find(graph, proto->input[i]);

		if (*proto->input[i] && value == QS_NONE)
			return undefined(build, node, proto->input[i]);
		if (*proto->input[i])
			status = add_read(build, value, node, i);
	}
	if (status == QS_OK)
		status = read_subgraphs(build, NULL, node, proto);
	if (status != QS_OK)
		return status;
	inputs = qs_arena_array(
	    &graph->arena, proto->n_input + graph->nodes[node].n_inner + 1, sizeof(*inputs));
	if (!inputs)
		return QS_NOMEM;
	for (size_t i = 0; i < proto->n_input; i++)
		inputs[i] = QS_NONE;
	for (size_t i = first; i < build->n_reads; i++)
		inputs[build->reads[i].use.input] = build->reads[i].value;
	graph->nodes[node].inputs = inputs;
	return QS_OK;
}

/* Gives every value its share of one array; reads of a value stay in the order of nodes. */
static enum qs_status sort_reads(struct qs_graph_build *build)
{
	struct qs_graph *graph = build->graph;
	struct qs_use *uses = qs_arena_array(&graph->arena, build->n_reads + 1, sizeof(*uses));
	struct qs_use *next = uses;

	if (!uses)
		return QS_NOMEM;
	for (size_t i = 0; i < build->n_reads; i++)
		graph->values[build->reads[i].value].n_uses++;
	for (size_t i = 0; i < graph->n_values; i++) {
		graph->values[i].uses = next;
		next += graph->values[i].n_uses;
		graph->values[i].n_uses = 0;
	}
	for (size_t i = 0; i < build->n_reads; i++) {
		struct qs_value *value = &graph->values[build->reads[i].value];

		uses[(size_t)(value->uses - uses) + value->n_uses++] = build->reads[i].use;
	}
	return QS_OK;
}

enum qs_status qs_graph_find_reads(struct qs_graph_build *build)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; status == QS_OK && i < build->graph->n_nodes; i++)
		status = read_node(build, i);
	return status == QS_OK ? sort_reads(build) : status;
}
