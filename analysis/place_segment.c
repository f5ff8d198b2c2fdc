/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Segments: nodes of the BPU, or of what else a device is bought for, that run as one. What waits
 * for a node of the CPU, which itself waits for the BPU, is of a later segment; within a stage,
 * nodes that hand tensors to each other are of the same one.
 */
#include <stdlib.h>

#include "analysis/place.h"

/* One view of a placement: with all unknown nodes on the BPU, or none. */
struct view {
	const struct qs_placement *placement;
	bool unknown_is_bpu;
	size_t *stage; /* of a node on the BPU its own, from 1; of one on the CPU that before it */
	size_t *part;  /* union and find: the first node of the segment */
};

static bool is_on_bpu(const struct view *view, size_t i)
{
	const enum qs_unit on = view->placement->nodes[i].on;

	return qs_place_is_special(on) || (on == QS_UNIT_UNKNOWN && view->unknown_is_bpu);
}

/* The placed node that gives input i of a placed node, or QS_NONE. */
static size_t producer_of(const struct qs_placement *placement, size_t placed, size_t input)
{
	const struct qs_graph *graph = placement->layers->graph;
	const size_t value = graph->nodes[placement->nodes[placed].node].inputs[input];
	const size_t node = value == QS_NONE ? QS_NONE : graph->values[value].producer;

	return node == QS_NONE ? QS_NONE : placement->of_node[node];
}

static size_t count_inputs(const struct qs_placement *placement, size_t placed)
{
	const struct qs_node *node =
	    &placement->layers->graph->nodes[placement->nodes[placed].node];

	return node->proto->n_input + node->n_inner;
}

static void find_stages(const struct view *view)
{
	for (size_t i = 0; i < view->placement->n_nodes; i++) {
		const bool on_bpu = is_on_bpu(view, i);
		size_t stage = on_bpu;

		for (size_t k = 0; k < count_inputs(view->placement, i); k++) {
			const size_t before = producer_of(view->placement, i, k);
			size_t least;

			if (before == QS_NONE)
				continue;
			least = view->stage[before] + (on_bpu && !is_on_bpu(view, before));
			stage = least > stage ? least : stage;
		}
		view->stage[i] = stage;
	}
}

static size_t find_part(const struct view *view, size_t i)
{
	while (view->part[i] != i) {
		view->part[i] = view->part[view->part[i]];
		i = view->part[i];
	}
	return i;
}

static void join_parts(const struct view *view)
{
	for (size_t i = 0; i < view->placement->n_nodes; i++)
		view->part[i] = i;
	for (size_t i = 0; i < view->placement->n_nodes; i++) {
		for (size_t k = 0; k < count_inputs(view->placement, i); k++) {
			const size_t before = producer_of(view->placement, i, k);
			size_t a, b;

			if (before == QS_NONE || !is_on_bpu(view, i) || !is_on_bpu(view, before) ||
			    view->stage[i] != view->stage[before])
				continue;
			a = find_part(view, i);
			b = find_part(view, before);
			view->part[a < b ? b : a] = a < b ? a : b;
		}
	}
}

static size_t count_parts(const struct view *view)
{
	size_t n = 0;

	for (size_t i = 0; i < view->placement->n_nodes; i++)
		n += is_on_bpu(view, i) && view->part[i] == i;
	return n;
}

/* Gives nodes the numbers of their segments, in the order of first nodes. */
static void number_parts(const struct view *view, struct qs_placement *placement)
{
	size_t n = 0;

	for (size_t i = 0; i < placement->n_nodes; i++) {
		if (!is_on_bpu(view, i))
			continue;
		placement->nodes[i].segment =
		    view->part[i] == i ? ++n : placement->nodes[find_part(view, i)].segment;
	}
}

/* A node off the BPU splits the model when the BPU has worked before it and works after it. */
static bool find_splits(const struct view *view, struct qs_placement *placement)
{
	bool *feeds_bpu = calloc(placement->n_nodes + 1, sizeof(*feeds_bpu));

	if (!feeds_bpu)
		return false;
	for (size_t i = placement->n_nodes; i-- > 0;) {
		const bool passes_on = is_on_bpu(view, i) || feeds_bpu[i];

		placement->nodes[i].splits =
		    !is_on_bpu(view, i) && feeds_bpu[i] && view->stage[i] > 0;
		for (size_t k = 0; passes_on && k < count_inputs(placement, i); k++) {
			const size_t before = producer_of(placement, i, k);

			if (before != QS_NONE)
				feeds_bpu[before] = true;
		}
	}
	free(feeds_bpu);
	return true;
}

enum qs_status qs_place_segments(struct qs_placement *placement)
{
	struct view view = {.placement = placement,
	    .stage = calloc(placement->n_nodes + 1, sizeof(*view.stage)),
	    .part = calloc(placement->n_nodes + 1, sizeof(*view.part))};
	bool good = view.stage && view.part;

	if (good) {
		find_stages(&view);
		join_parts(&view);
		placement->segments.if_cpu = count_parts(&view);
		view.unknown_is_bpu = true;
		find_stages(&view);
		join_parts(&view);
		placement->segments.if_bpu = count_parts(&view);
		number_parts(&view, placement);
		good = find_splits(&view, placement);
	}
	free(view.stage);
	free(view.part);
	return good ? QS_OK : QS_NOMEM;
}
