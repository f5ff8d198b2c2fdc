/* SPDX-License-Identifier: Apache-2.0 */
/* Computes what depends on constants only, by a model of the nodes on the way. */
#include "model/static.h"

#include <stdlib.h>

enum qs_status qs_statics_init(
    struct qs_statics *statics, const struct qs_graph *graph, struct qs_runtime *runtime)
{
	*statics = (struct qs_statics){.graph = graph,
	    .runtime = runtime,
	    .position = malloc((graph->n_nodes + 1) * sizeof(*statics->position)),
	    .asked = calloc(graph->n_values + 1, sizeof(*statics->asked)),
	    .nodes = malloc((graph->n_nodes + 1) * sizeof(*statics->nodes)),
	    .constants = malloc((graph->n_values + 1) * sizeof(*statics->constants))};
	for (size_t i = 0; statics->position && i < graph->n_nodes; i++)
		statics->position[graph->order[i]] = i;
	return statics->position && statics->asked && statics->nodes && statics->constants
	           ? QS_OK
	           : QS_NOMEM;
}

void qs_statics_done(struct qs_statics *statics)
{
	free(statics->position);
	free(statics->asked);
	free(statics->nodes);
	free(statics->constants);
}

/* Takes the node or the constant that a value is from, once. */
static void visit(struct qs_statics *statics, size_t value)
{
	const struct qs_graph *graph = statics->graph;
	const struct qs_value *item = &graph->values[value];

	if (statics->asked[value] == statics->n_requests)
		return;
	statics->asked[value] = statics->n_requests;
	if (item->producer == QS_NONE) {
		if (item->constant)
			statics->constants[statics->n_constants++] = item->constant;
		return;
	}
	/* What else the node gives comes with it. */
	for (size_t i = 0; i < graph->nodes[item->producer].proto->n_output; i++) {
		if (graph->nodes[item->producer].outputs[i] != QS_NONE)
			statics->asked[graph->nodes[item->producer].outputs[i]] =
			    statics->n_requests;
	}
	statics->nodes[statics->n_nodes++] = statics->position[item->producer];
}

static int compare(const void *a, const void *b)
{
	const size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return x < y ? -1 : x > y;
}

/* Finds what is on the way to a value, and brings the nodes in order. */
static void find_way(struct qs_statics *statics, size_t value)
{
	const struct qs_graph *graph = statics->graph;

	statics->n_nodes = statics->n_constants = 0;
	statics->n_requests++;
	visit(statics, value);
	for (size_t i = 0; i < statics->n_nodes; i++) {
		const struct qs_node *node = &graph->nodes[graph->order[statics->nodes[i]]];

		for (size_t k = 0; k < node->proto->n_input + node->n_inner; k++) {
			if (node->inputs[k] != QS_NONE)
				visit(statics, node->inputs[k]);
		}
	}
	qsort(statics->nodes, statics->n_nodes, sizeof(*statics->nodes), compare);
}

/* Makes a model of what is on the way, which gives a value and takes nothing. */
static enum qs_status open_session(const struct qs_statics *statics, const char *name,
    Onnx__NodeProto **nodes, struct qs_findings *findings, struct qs_session **ret_session)
{
	/* As the nodes say it, and nothing that a runtime takes them together for. */
	const struct qs_session_options options = {1, false};
	struct qs_model model = *statics->graph->model;
	Onnx__ModelProto proto = *model.proto;
	Onnx__ValueInfoProto output, *outputs[] = {&output};
	Onnx__GraphProto graph;
	unsigned char *bytes;
	enum qs_status status;
	size_t size;

	onnx__value_info_proto__init(&output);
	output.name = (char *)name;
	onnx__graph_proto__init(&graph);
	graph.name = "constants";
	graph.n_node = statics->n_nodes;
	graph.node = nodes;
	graph.n_initializer = statics->n_constants;
	graph.initializer = statics->constants;
	graph.n_output = 1;
	graph.output = outputs;
	proto.graph = &graph;
	model.proto = &proto;
	model.regions = NULL;
	status = qs_model_pack(&model, true, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_session_new(
	    statics->runtime, model.path, bytes, size, &options, findings, ret_session);
	free(bytes);
	return status;
}

enum qs_status qs_statics_compute(struct qs_statics *statics, size_t value,
    struct qs_findings *findings, struct qs_blob *ret_blob)
{
	const struct qs_graph *graph = statics->graph;
	const char *name = graph->values[value].name;
	struct qs_session *session = NULL;
	Onnx__NodeProto **nodes;
	enum qs_status status;

	find_way(statics, value);
	nodes = malloc((statics->n_nodes + 1) * sizeof(*nodes));
	if (!nodes)
		return QS_NOMEM;
	for (size_t i = 0; i < statics->n_nodes; i++)
		nodes[i] = graph->nodes[graph->order[statics->nodes[i]]].proto;
	status = open_session(statics, name, nodes, findings, &session);
	free(nodes);
	if (status == QS_OK)
		status = qs_session_run(session, NULL, 0, &name, 1, findings, ret_blob);
	qs_session_free(session);
	return status;
}
