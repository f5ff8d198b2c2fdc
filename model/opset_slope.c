/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Slopes of PRelu in models from before opset 7.
 *
 * Until then a slope of shape [C] went along the channels, axis 1; since then it is broadcast from
 * the last axis on and has to be [C, 1, ...]. libonnx's converter leaves the shape as it is.
 */
#include <stdlib.h>

#include "model/edit.h"
#include "model/opset.h"
#include "model/shape.h"
#include "model/tensor.h"

/* The slope of a node when it is one for each channel of an input with further axes, else NULL. */
static const struct qs_value *channel_slope(const struct qs_graph *graph, size_t node)
{
	const struct qs_value *input = qs_graph_input(graph, node, 0);
	const struct qs_value *slope = qs_graph_input(graph, node, 1);

	if (!qs_node_is(graph->nodes[node].proto, "PRelu") || !input || !slope || !slope->constant)
		return NULL;
	return slope->rank == 1 && slope->dims[0] > 1 && input->rank > 2 ? slope : NULL;
}

/* Lets a node read the slope in the shape of today. */
static enum qs_status spread(struct qs_edit *edit, const struct qs_graph *graph, size_t node,
    const struct qs_value *slope, struct qs_findings *findings)
{
	const int rank = qs_graph_input(graph, node, 0)->rank;
	const struct qs_use use = {node, 1};
	int64_t dims[QS_RANK_LIMIT];
	enum qs_status status;
	const char *name;
	float *values;
	size_t count;

	if (rank - 1 > QS_RANK_LIMIT)
		return QS_OK;
	status = qs_tensor_read(graph->model, slope->constant, findings, &values, &count);
	if (status != QS_OK)
		return status;
	dims[0] = (int64_t)count;
	for (int i = 1; i < rank - 1; i++)
		dims[i] = 1;
	name = qs_edit_name(edit, "%s_channels", slope->name);
	if (name)
		qs_edit_add_tensor(edit, name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, dims,
		    (size_t)rank - 1, values);
	if (name)
		qs_edit_reroute_use(edit, slope, use, name);
	free(values);
	return name ? QS_OK : QS_NOMEM;
}

enum qs_status qs_opset_spread_slopes(struct qs_model *model, struct qs_findings *findings)
{
	struct qs_graph *graph = NULL;
	struct qs_edit *edit = NULL;
	enum qs_status status;
	size_t n_spread = 0;

	status = qs_graph_new(model, findings, &graph);
	if (status == QS_OK)
		status = qs_shapes_infer(graph);
	if (status == QS_OK)
		status = qs_edit_new(graph, &edit);
	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		const struct qs_value *slope = channel_slope(graph, i);

		if (!slope || slope->element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
			continue;
		status = spread(edit, graph, i, slope, findings);
		n_spread++;
	}
	if (status == QS_OK && n_spread)
		status = qs_edit_apply(edit, findings);
	qs_edit_free(edit);
	qs_graph_free(graph);
	return status;
}
