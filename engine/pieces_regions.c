/* SPDX-License-Identifier: Apache-2.0 */
/* Parts pieces by the branches of If. */
#include <stdlib.h>

#include "engine/pieces.h"
#include "model/regions.h"

/* Where a node comes in the order of pieces. */
struct rank {
	size_t piece;
	bool is_if;
	size_t region;
	size_t node;
};

static int compare_places(const struct rank *x, const struct rank *y)
{
	if (x->piece != y->piece)
		return x->piece < y->piece ? -1 : 1;
	if (x->is_if != y->is_if)
		return x->is_if ? 1 : -1;
	/* Branches have higher numbers than what is around them. */
	if (x->region != y->region)
		return x->region < y->region ? -1 : 1;
	return 0;
}

static int compare(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;
	const int places = compare_places(x, y);

	return places ? places : (x->node > y->node) - (x->node < y->node);
}

/* The branch that a node is in, with all of its body. */
static size_t home_of(const struct qs_graph *graph, const struct qs_node *node)
{
	return node->unit ? graph->model->regions->items[node->unit].parent : node->region;
}

static size_t rank_nodes(const struct qs_pieces *pieces, struct rank *ranks)
{
	const struct qs_graph *graph = pieces->plan->layers->graph;
	size_t n = 0;

	for (size_t i = 0; i < graph->n_nodes; i++) {
		const struct qs_node *node = &graph->nodes[i];

		if (pieces->piece_of_node[i] == QS_NONE)
			continue;
		ranks[n++] = (struct rank){pieces->piece_of_node[i],
		    qs_region_is_if(node->proto) && !node->unit, home_of(graph, node), i};
	}
	qsort(ranks, n, sizeof(*ranks), compare);
	return n;
}

bool qs_pieces_part(struct qs_pieces *pieces)
{
	const size_t n_nodes = pieces->plan->layers->graph->n_nodes;
	struct rank *ranks = malloc((n_nodes + 1) * sizeof(*ranks));
	size_t n;

	pieces->region_of_piece = calloc(n_nodes + 1, sizeof(*pieces->region_of_piece));
	pieces->is_if = calloc(n_nodes + 1, sizeof(*pieces->is_if));
	if (!ranks || !pieces->region_of_piece || !pieces->is_if) {
		free(ranks);
		return false;
	}
	n = rank_nodes(pieces, ranks);
	for (size_t i = 0, piece = 0; i < n; i++) {
		piece += i && compare_places(&ranks[i - 1], &ranks[i]) != 0;
		pieces->piece_of_node[ranks[i].node] = piece;
		pieces->region_of_piece[piece] = ranks[i].region;
		pieces->is_if[piece] = ranks[i].is_if;
		pieces->n = piece + 1;
	}
	free(ranks);
	return true;
}
