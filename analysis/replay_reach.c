/* SPDX-License-Identifier: Apache-2.0 */
/* Follows changes through the graph of a replay. */
#include "analysis/replay_reach.h"

#include <stdlib.h>

#include "analysis/replay_internal.h"

/* What is reached so far. */
struct reach {
	const struct qs_replay *replay;
	bool *values, *nodes, *pieces;
};

/* A site is for its uses, or for all who read its tensor. */
static void add_site(struct reach *reach, const struct qs_site *site)
{
	reach->values[site->value] = reach->values[site->value] || !site->n_uses;
	for (size_t i = 0; i < site->n_uses; i++) {
		if (site->uses[i].node != QS_NONE)
			reach->nodes[site->uses[i].node] = true;
	}
}

static void follow(struct reach *reach, size_t node)
{
	const struct qs_replay *replay = reach->replay;
	const struct qs_node *item = &replay->graph->nodes[node];
	const size_t piece = replay->runner->pieces.piece_of_node[node];
	bool reached = reach->nodes[node];

	for (size_t i = 0; i < qs_node_n_reads(item) && !reached; i++)
		reached = item->inputs[i] != QS_NONE && reach->values[item->inputs[i]];
	for (size_t i = 0; i < item->proto->n_output && reached; i++) {
		if (item->outputs[i] != QS_NONE)
			reach->values[item->outputs[i]] = true;
	}
	if (reached && piece != QS_NONE)
		reach->pieces[piece] = true;
}

static double share_of(const struct reach *reach, const struct qs_macs *macs)
{
	const struct qs_layers *layers = reach->replay->plan->layers;
	const struct qs_pieces *pieces = &reach->replay->runner->pieces;
	double all = 0.0, reached = 0.0;

	for (size_t i = 0; i < layers->n_items; i++) {
		const size_t piece = pieces->piece_of_node[layers->items[i].node];

		if (piece == QS_NONE)
			continue;
		all += (double)macs[i].n;
		reached += reach->pieces[piece] ? (double)macs[i].n : 0.0;
	}
	if (all > 0.0)
		return reached / all;
	for (size_t p = 0; p < pieces->n; p++)
		reached += reach->pieces[p];
	return reached / (double)pieces->n;
}

enum qs_status qs_replay_reach(const struct qs_replay *replay, const struct qs_macs *macs,
    const size_t *sites, size_t n_sites, double *ret_share)
{
	const struct qs_graph *graph = replay->graph;
	struct reach reach = {replay, calloc(graph->n_values + 1, sizeof(bool)),
	    calloc(graph->n_nodes + 1, sizeof(bool)),
	    calloc(replay->runner->pieces.n + 1, sizeof(bool))};
	const bool made = reach.values && reach.nodes && reach.pieces;

	for (size_t i = 0; made && i < n_sites; i++)
		add_site(&reach, &replay->plan->sites[sites[i]]);
	for (size_t i = 0; made && i < graph->n_nodes; i++)
		follow(&reach, graph->order[i]);
	if (made)
		*ret_share = share_of(&reach, macs);
	free(reach.values);
	free(reach.nodes);
	free(reach.pieces);
	return made ? QS_OK : QS_NOMEM;
}
