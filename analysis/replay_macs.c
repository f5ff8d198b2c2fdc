/* SPDX-License-Identifier: Apache-2.0 */
/* Counts multiply-accumulates on the shapes of a run. */
#include "analysis/replay_macs.h"

#include "model/shape.h"

/* Gives a value the shape that it had in the run; what the model says of others may be of any
 * batch, and is found anew. */
static void take_shape(struct qs_value *value, const struct qs_blob *blob)
{
	if (value->constant)
		return;
	value->rank = blob->data ? (int)blob->n_dims : -1;
	value->dims = blob->data ? blob->dims : NULL;
}

enum qs_status qs_macs_count(const struct qs_layers *layers, const struct qs_blob *of_value,
    struct qs_findings *findings, struct qs_macs *ret_macs)
{
	struct qs_graph *graph;
	enum qs_status status = qs_graph_new(layers->graph->model, findings, &graph);

	if (status != QS_OK)
		return status;
	/* Both graphs are of one model, and number its values alike. */
	for (size_t i = 0; i < graph->n_values; i++)
		take_shape(&graph->values[i], &of_value[i]);
	status = qs_shapes_infer(graph);
	for (size_t i = 0; i < layers->n_items && status == QS_OK; i++) {
		const struct qs_layer *layer = &layers->items[i];
		struct qs_macs *macs = &ret_macs[i];

		*macs = (struct qs_macs){0, false};
		macs->known = qs_layer_macs(graph, layer->node, &macs->n);
		if (!macs->known)
			*macs = (struct qs_macs){layer->macs, layer->macs_known};
	}
	qs_graph_free(graph);
	return status;
}
