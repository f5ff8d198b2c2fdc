/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the Ifs of a model: which branch is taken, and what it passes on. */
#include <stdlib.h>
#include <string.h>

#include "engine/runner_internal.h"
#include "model/regions.h"

enum {
	NOT_KNOWN,
	TAKEN,
	NOT_TAKEN
};

static const struct qs_graph *graph_of(const struct qs_runner *runner)
{
	return runner->plan->layers->graph;
}

enum qs_status qs_runner_find_ifs(struct qs_runner *runner)
{
	const struct qs_graph *graph = graph_of(runner);
	const struct qs_regions *regions = graph->model->regions;
	const size_t n = regions ? regions->n : 1;

	runner->n_regions = n;
	runner->taken = calloc(n + 1, sizeof(*runner->taken));
	runner->if_of_region = qs_plan_none(n);
	if (!runner->taken || !runner->if_of_region)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		for (size_t b = 0; b < 2 && qs_region_is_if(graph->nodes[i].proto); b++) {
			const size_t region = qs_region_of_branch(graph->nodes[i].proto, b);

			if (region < n)
				runner->if_of_region[region] = i;
		}
	}
	return QS_OK;
}

void qs_runner_forget_ifs(struct qs_runner *runner)
{
	memset(runner->taken, NOT_KNOWN, runner->n_regions * sizeof(*runner->taken));
}

/* What an If looks at is there when the first node of a branch is to be run. */
static bool holds(const struct qs_runner *runner, size_t node)
{
	const size_t condition = graph_of(runner)->nodes[node].inputs[QS_REGION_CONDITION];
	const struct qs_blob *blob = condition == QS_NONE ? NULL : &runner->of_value[condition];

	return blob && blob->size && *(const unsigned char *)blob->data;
}

static void decide(struct qs_runner *runner, size_t node)
{
	const Onnx__NodeProto *proto = graph_of(runner)->nodes[node].proto;
	const bool is_first = holds(runner, node);

	for (size_t b = 0; b < 2; b++)
		runner->taken[qs_region_of_branch(proto, b)] =
		    is_first == (b == 0) ? TAKEN : NOT_TAKEN;
}

/* Nesting is bounded by what was checked when the model was read. */
bool qs_runner_takes(struct qs_runner *runner, size_t region)
{
	const struct qs_regions *regions = graph_of(runner)->model->regions;
	const size_t node = region ? runner->if_of_region[region] : QS_NONE;

	if (!region)
		return true;
	if (node == QS_NONE || !qs_runner_takes(runner, regions->items[region].parent))
		return false;
	if (runner->taken[region] == NOT_KNOWN)
		decide(runner, node);
	return runner->taken[region] == TAKEN;
}

static enum qs_status copy_blob(const struct qs_blob *from, const char *name, struct qs_blob *to)
{
	int64_t *dims = malloc((from->n_dims + 1) * sizeof(*dims));
	void *data = malloc(from->size + 1);

	if (!dims || !data) {
		free(dims);
		free(data);
		return QS_NOMEM;
	}
	if (from->n_dims)
		memcpy(dims, from->dims, from->n_dims * sizeof(*dims));
	if (from->size)
		memcpy(data, from->data, from->size);
	qs_blob_done(to);
	*to = (struct qs_blob){name, from->element_type, from->n_dims, dims, data, from->size};
	return QS_OK;
}

enum qs_status qs_runner_pass_on(struct qs_runner *runner, size_t node)
{
	const struct qs_graph *graph = graph_of(runner);
	const struct qs_node *item = &graph->nodes[node];
	const size_t branch = !qs_runner_takes(runner, qs_region_of_branch(item->proto, 0));
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < item->proto->n_output && status == QS_OK; i++) {
		const size_t input = qs_region_input(item->proto, branch, i);
		const struct qs_source_of source = {item->inputs[input],
		    qs_pieces_site_of_read(&runner->pieces, node, input), NULL};
		const struct qs_blob *blob;

		if (item->outputs[i] == QS_NONE)
			continue;
		blob = source.value == QS_NONE ? NULL : qs_runner_blob(runner, &source);
		if (!blob || !blob->data)
			return QS_BUG;
		status = copy_blob(blob, graph->values[item->outputs[i]].name,
		    &runner->of_value[item->outputs[i]]);
	}
	return status;
}
