/* SPDX-License-Identifier: Apache-2.0 */
/* Places the nodes of a model: opens it, asks the facts about each node and layer, and keeps what
 * they say. */
#include "analysis/place.h"

#include <stdlib.h>
#include <string.h>

#include "engine/job.h"

/* ---- the model ------------------------------------------------------------------------------- */

static enum qs_status open_model(struct qs_placement *placement, struct qs_findings *findings)
{
	const struct qs_place_options *options = &placement->options;
	enum qs_status status;

	if (options->policy) {
		status = qs_job_new(options->policy, options->model, options->allow_unmatched,
		    findings, &placement->job);
		if (status != QS_OK)
			return status;
		placement->layers = placement->job->layers;
		placement->plan = placement->job->plan;
		return QS_OK;
	}
	status = qs_model_open(options->model, findings, &placement->own_model);
	if (status == QS_OK)
		status = qs_layers_new(placement->own_model, findings, &placement->own_layers);
	placement->layers = placement->own_layers;
	return status;
}

/* ---- nodes and layers ------------------------------------------------------------------------ */

/* Whether a node is in a body, which runs where its operator does. */
static bool is_in_body(const struct qs_graph *graph, size_t node)
{
	const struct qs_value *output = qs_graph_output(graph, node, 0);

	return output && output->unit;
}

static enum qs_status place_nodes(struct qs_placement *placement)
{
	const struct qs_graph *graph = placement->layers->graph;

	placement->nodes = calloc(graph->n_nodes + 1, sizeof(*placement->nodes));
	placement->of_node = qs_plan_none(graph->n_nodes);
	if (!placement->nodes || !placement->of_node)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_nodes; i++) {
		struct qs_placed *placed = &placement->nodes[placement->n_nodes];

		if (!qs_graph_computes(graph, graph->order[i]) ||
		    is_in_body(graph, graph->order[i]))
			continue;
		placed->node = graph->order[i];
		qs_place_node(placement, placed);
		placement->of_node[placed->node] = placement->n_nodes++;
	}
	return qs_place_segments(placement);
}

static enum qs_status judge_layers(struct qs_placement *placement)
{
	if (!placement->plan)
		return QS_OK;
	placement->formats = calloc(placement->layers->n_items + 1, sizeof(*placement->formats));
	placement->formats_of_layer = qs_plan_none(placement->layers->n_items);
	if (!placement->formats || !placement->formats_of_layer ||
	    qs_place_find_left(placement) != QS_OK)
		return QS_NOMEM;
	for (size_t i = 0; i < placement->layers->n_items; i++) {
		struct qs_layer_formats *formats = &placement->formats[placement->n_formats];

		formats->layer = i;
		if (!qs_place_formats(placement, formats))
			continue;
		qs_place_judge(placement, formats);
		placement->formats_of_layer[i] = placement->n_formats++;
	}
	return QS_OK;
}

enum qs_status qs_place_model(const struct qs_place_options *options, struct qs_findings *findings,
    struct qs_placement **ret_placement)
{
	struct qs_placement *placement = calloc(1, sizeof(*placement));
	enum qs_status status = placement ? QS_OK : QS_NOMEM;

	if (status != QS_OK)
		return status;
	placement->options = *options;
	status = open_model(placement, findings);
	if (status == QS_OK)
		status = judge_layers(placement);
	if (status == QS_OK)
		status = place_nodes(placement);
	if (status != QS_OK) {
		qs_placement_free(placement);
		return status;
	}
	*ret_placement = placement;
	return qs_place_tell(placement, findings);
}

void qs_placement_free(struct qs_placement *placement)
{
	if (!placement)
		return;
	free(placement->nodes);
	free(placement->of_node);
	free(placement->formats);
	free(placement->formats_of_layer);
	free(placement->left);
	qs_job_free(placement->job);
	qs_layers_free(placement->own_layers);
	qs_model_free(placement->own_model);
	free(placement);
}

/* ---- questions ------------------------------------------------------------------------------- */

struct qs_segments qs_placement_segments(const struct qs_placement *placement)
{
	return placement->segments;
}

enum qs_unit qs_placement_unit(const struct qs_placement *placement, const char *node)
{
	for (size_t i = 0; i < placement->n_nodes; i++) {
		const struct qs_placed *placed = &placement->nodes[i];

		if (strcmp(placement->layers->graph->nodes[placed->node].label, node) == 0)
			return placed->on;
	}
	return QS_UNIT__COUNT;
}

enum qs_answer qs_placement_answer(const struct qs_placement *placement, const char *layer)
{
	for (size_t i = 0; i < placement->n_formats; i++) {
		const struct qs_layer_formats *formats = &placement->formats[i];

		if (strcmp(placement->layers->items[formats->layer].name, layer) == 0)
			return formats->answer;
	}
	return QS_ANSWER__COUNT;
}
