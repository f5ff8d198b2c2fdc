/* SPDX-License-Identifier: Apache-2.0 */
/* Cuts a graph into pieces. */
#include "engine/pieces.h"

#include <stdlib.h>

#include "model/regions.h"

size_t qs_node_n_reads(const struct qs_node *node)
{
	return node->proto->n_input + node->n_inner;
}

static const struct qs_graph *graph_of(const struct qs_pieces *pieces)
{
	return pieces->plan->layers->graph;
}

size_t qs_pieces_site_of_read(const struct qs_pieces *pieces, size_t node, size_t input)
{
	const struct qs_node *item = &graph_of(pieces)->nodes[node];

	if (!pieces->cuts || !pieces->site_of_read[node] || input >= item->proto->n_input)
		return QS_NONE;
	return pieces->site_of_read[node][input];
}

/* Whether a tensor that flows has a format for anyone. */
static bool has_site(const struct qs_pieces *pieces, size_t value)
{
	return pieces->plan->site_of_value[value] != QS_NONE ||
	       pieces->plan->reading_of_value[value] != QS_NONE;
}

/* Whether something is done with a tensor before it is read. */
static bool is_cut(const struct qs_pieces *pieces, size_t value)
{
	const float gain = pieces->plan->gain_of_value[value];

	if (graph_of(pieces)->values[value].unit)
		return false;
	return (pieces->cuts && has_site(pieces, value)) || gain < 1 || gain > 1;
}

/* Notes which reads take a site for some readers. */
static bool note_reads(struct qs_pieces *pieces)
{
	const struct qs_plan *plan = pieces->plan;

	for (size_t i = 0; i < plan->n_sites; i++) {
		for (size_t u = 0; u < plan->sites[i].n_uses; u++) {
			const struct qs_use use = plan->sites[i].uses[u];
			const struct qs_node *node;

			if (use.node == QS_NONE)
				continue;
			node = &graph_of(pieces)->nodes[use.node];
			if (!pieces->site_of_read[use.node]) {
				size_t *sites = qs_arena_array(
				    &pieces->arena, node->proto->n_input, sizeof(*sites));

				for (size_t j = 0; sites && j < node->proto->n_input; j++)
					sites[j] = QS_NONE;
				pieces->site_of_read[use.node] = sites;
			}
			if (!pieces->site_of_read[use.node])
				return false;
			pieces->site_of_read[use.node][use.input] = i;
		}
	}
	return true;
}

/* The first piece in which a value can be read. */
static size_t ready_in(const struct qs_pieces *pieces, size_t value)
{
	const struct qs_value *item = &graph_of(pieces)->values[value];

	if (item->producer == QS_NONE || item->is_static)
		return 0;
	return pieces->piece_of_node[item->producer] +
	       (is_cut(pieces, value) ||
		   qs_region_is_if(graph_of(pieces)->nodes[item->producer].proto));
}

/* How many pieces later than it is ready a value is read: what an If passes on is computed before
 * it. */
static size_t delay_of(const struct qs_pieces *pieces, const struct qs_node *reader, size_t value)
{
	const struct qs_value *item = &graph_of(pieces)->values[value];

	return qs_region_is_if(reader->proto) && !reader->unit && item->producer != QS_NONE &&
	       !item->is_static && !is_cut(pieces, value);
}

static bool is_static(const struct qs_graph *graph, size_t node)
{
	for (size_t i = 0; i < graph->nodes[node].proto->n_output; i++) {
		const struct qs_value *value = qs_graph_output(graph, node, i);

		if (value && !value->is_static)
			return false;
	}
	return true;
}

/* The first piece in which all that a node reads can be read, but for what its unit computes. */
static size_t find_piece(const struct qs_pieces *pieces, size_t node)
{
	const struct qs_graph *graph = graph_of(pieces);
	const struct qs_node *item = &graph->nodes[node];
	size_t piece = 0;

	for (size_t i = 0; i < qs_node_n_reads(item); i++) {
		const size_t value = item->inputs[i];
		size_t ready;

		if (value == QS_NONE || (item->unit && graph->values[value].unit == item->unit))
			continue;
		ready = ready_in(pieces, value) + delay_of(pieces, item, value);
		piece = ready > piece ? ready : piece;
	}
	/* Whether a branch is taken is known before the first of its nodes is run. */
	if (graph->condition[item->region] != QS_NONE &&
	    !graph->values[graph->condition[item->region]].unit) {
		const size_t ready = ready_in(pieces, graph->condition[item->region]) + 1;

		piece = ready > piece ? ready : piece;
	}
	return piece;
}

static void place_in(struct qs_pieces *pieces, size_t node, size_t piece)
{
	pieces->piece_of_node[node] = piece;
	pieces->n = piece >= pieces->n ? piece + 1 : pieces->n;
}

/* The pieces of bodies, which are run as a whole, with the nodes at their ends. */
struct units {
	size_t *piece; /* so far */
	bool *is_done; /* the node behind it has its piece */
};

static void place_node(struct qs_pieces *pieces, size_t node, struct units *units)
{
	const struct qs_graph *graph = graph_of(pieces);
	const struct qs_node *item = &graph->nodes[node];
	const size_t unit = item->unit;
	size_t piece;

	/* What comes behind the end of its body is nothing that anyone reads. */
	if (is_static(graph, node) || (unit && units->is_done[unit])) {
		pieces->piece_of_node[node] = QS_NONE;
		return;
	}
	piece = find_piece(pieces, node);
	if (unit) {
		piece = piece < units->piece[unit] ? units->piece[unit] : piece;
		units->piece[unit] = piece;
		units->is_done[unit] =
		    qs_region_is_leave(item->proto) && qs_region_of_branch(item->proto, 0) == unit;
	}
	place_in(pieces, node, piece);
}

/* Finds the pieces of all nodes: what is in a body has that of the node behind it. */
static bool place_nodes(struct qs_pieces *pieces)
{
	const struct qs_graph *graph = graph_of(pieces);
	const size_t n = graph->n_regions + 1;
	struct units units = {calloc(n, sizeof(*units.piece)), calloc(n, sizeof(*units.is_done))};
	const bool made = units.piece && units.is_done;

	for (size_t i = 0; made && i < graph->n_nodes; i++)
		place_node(pieces, graph->order[i], &units);
	for (size_t i = 0; made && i < graph->n_nodes; i++) {
		if (graph->nodes[i].unit && pieces->piece_of_node[i] != QS_NONE)
			place_in(pieces, i, units.piece[graph->nodes[i].unit]);
	}
	free(units.piece);
	free(units.is_done);
	return made;
}

/* Notes what a node is the last one to read so far. */
static void note_reader(struct qs_pieces *pieces, size_t node)
{
	const struct qs_node *item = &graph_of(pieces)->nodes[node];
	const size_t piece = pieces->piece_of_node[node];

	for (size_t i = 0; piece != QS_NONE && i < qs_node_n_reads(item); i++) {
		size_t *last;

		if (item->inputs[i] == QS_NONE)
			continue;
		last = &pieces->last_reader[item->inputs[i]];
		*last = *last == QS_NONE || *last < piece ? piece : *last;
	}
}

/* Sorts the nodes by piece, leaving their order within one. */
static bool collect_nodes(struct qs_pieces *pieces)
{
	const struct qs_graph *graph = graph_of(pieces);
	size_t *next = calloc(pieces->n + 1, sizeof(*next));

	free(pieces->first);
	pieces->first = calloc(pieces->n + 1, sizeof(*pieces->first));
	if (!next || !pieces->first) {
		free(next);
		return false;
	}
	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (pieces->piece_of_node[i] != QS_NONE)
			pieces->first[pieces->piece_of_node[i] + 1]++;
	}
	for (size_t p = 0; p < pieces->n; p++)
		next[p + 1] = pieces->first[p + 1] += pieces->first[p];
	for (size_t i = 0; i < graph->n_nodes; i++) {
		const size_t node = graph->order[i], piece = pieces->piece_of_node[node];

		pieces->position[node] = i;
		if (piece != QS_NONE)
			pieces->nodes[next[piece]++] = node;
	}
	free(next);
	return true;
}

/* ---- pieces side by side --------------------------------------------------------------------- */

/* The node that stands for all that a node is joined with; the way there gets shorter. */
static size_t find_root(size_t *joined, size_t node)
{
	while (joined[node] != node) {
		joined[node] = joined[joined[node]];
		node = joined[node];
	}
	return node;
}

/* Joins a node with the nodes of its piece whose results it reads, and with those of its body. */
static void join(const struct qs_pieces *pieces, size_t node, size_t *joined, size_t *of_unit)
{
	const struct qs_graph *graph = graph_of(pieces);
	const struct qs_node *item = &graph->nodes[node];

	if (item->unit && of_unit[item->unit] != QS_NONE)
		joined[find_root(joined, node)] = find_root(joined, of_unit[item->unit]);
	if (item->unit)
		of_unit[item->unit] = node;
	for (size_t i = 0; i < qs_node_n_reads(item); i++) {
		const struct qs_value *value =
		    item->inputs[i] == QS_NONE ? NULL : &graph->values[item->inputs[i]];

		if (value && value->producer != QS_NONE && !value->is_static &&
		    pieces->piece_of_node[value->producer] == pieces->piece_of_node[node])
			joined[find_root(joined, value->producer)] = find_root(joined, node);
	}
}

/* Makes pieces of what is in one piece and does not depend on each other, such as branches. */
static bool split(struct qs_pieces *pieces)
{
	const struct qs_graph *graph = graph_of(pieces);
	size_t *joined = malloc((graph->n_nodes + 1) * sizeof(*joined));
	size_t *piece_of_root = qs_plan_none(graph->n_nodes);
	size_t *of_unit = qs_plan_none(graph->n_regions);
	const bool made = joined && piece_of_root && of_unit && collect_nodes(pieces);
	const size_t n = made ? pieces->first[pieces->n] : 0;

	for (size_t i = 0; made && i < graph->n_nodes; i++)
		joined[i] = i;
	for (size_t i = 0; i < n; i++)
		join(pieces, pieces->nodes[i], joined, of_unit);
	pieces->n = made && n ? 0 : pieces->n;
	for (size_t i = 0; i < n; i++) {
		size_t *piece = &piece_of_root[find_root(joined, pieces->nodes[i])];

		if (*piece == QS_NONE)
			*piece = pieces->n++;
		pieces->piece_of_node[pieces->nodes[i]] = *piece;
	}
	free(joined);
	free(piece_of_root);
	free(of_unit);
	return made;
}

enum qs_status qs_pieces_init(
    struct qs_pieces *pieces, const struct qs_plan *plan, bool cuts, bool splits)
{
	const struct qs_graph *graph = plan->layers->graph;
	const size_t n = graph->n_nodes + 1;

	*pieces = (struct qs_pieces){.plan = plan, .cuts = cuts, .n = 1};
	pieces->piece_of_node = malloc(n * sizeof(*pieces->piece_of_node));
	pieces->nodes = malloc(n * sizeof(*pieces->nodes));
	pieces->position = malloc(n * sizeof(*pieces->position));
	pieces->site_of_read = calloc(n, sizeof(*pieces->site_of_read));
	pieces->is_shown = calloc(graph->n_values + 1, sizeof(*pieces->is_shown));
	pieces->last_reader = qs_plan_none(graph->n_values);
	if (!pieces->piece_of_node || !pieces->nodes || !pieces->position ||
	    !pieces->site_of_read || !pieces->is_shown || !pieces->last_reader ||
	    !note_reads(pieces))
		return QS_NOMEM;
	if (!place_nodes(pieces) || (splits && !split(pieces)) || !qs_pieces_part(pieces))
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_nodes; i++)
		note_reader(pieces, i);
	return collect_nodes(pieces) ? QS_OK : QS_NOMEM;
}

void qs_pieces_done(struct qs_pieces *pieces)
{
	free(pieces->piece_of_node);
	free(pieces->nodes);
	free(pieces->first);
	free(pieces->last_reader);
	free(pieces->site_of_read);
	free(pieces->position);
	free(pieces->region_of_piece);
	free(pieces->is_if);
	free(pieces->is_shown);
	qs_arena_done(&pieces->arena);
}

bool qs_pieces_gives(const struct qs_pieces *pieces, size_t piece, const struct qs_value *value)
{
	const size_t index = (size_t)(value - graph_of(pieces)->values);
	const size_t last = pieces->last_reader[index];

	return value->is_output || has_site(pieces, index) || is_cut(pieces, index) ||
	       pieces->is_shown[index] || (last != QS_NONE && last > piece);
}
