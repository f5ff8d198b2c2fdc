/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A graph cut at the tensors of a plan's sites: pieces that can be run one after the other.
 *
 * A node is in the first piece after those whose quantized tensors it reads. Nodes that depend on
 * constants only are in no piece of their own, but in each that needs them. The nodes of a piece
 * are all in one branch of an If, or in none; the body of a Loop or Scan is never cut.
 */
#ifndef ENGINE_PIECES_H
#define ENGINE_PIECES_H

#include "engine/plan.h"

struct qs_pieces {
	const struct qs_plan *plan;
	bool cuts;
	size_t n;
	size_t *piece_of_node;   /* QS_NONE for nodes that depend on constants only */
	size_t *nodes;           /* those of one piece side by side, in an order to run them */
	size_t *first;           /* n + 1: where the nodes of a piece begin */
	size_t *last_reader;     /* by value: the last piece that reads it, or QS_NONE */
	size_t **site_of_read;   /* by node: NULL, or by input the site that it reads or QS_NONE */
	size_t *position;        /* of nodes in the order of the graph */
	size_t *region_of_piece; /* the branch that its nodes are in */
	bool *is_if;             /* by piece: its nodes are Ifs, which whoever runs it passes on */
	bool *is_shown;          /* by value: whoever runs the pieces asks for it */
	struct qs_arena arena;
};

/*
 * Cuts the graph of a plan, which outlives the pieces; without `cuts` there is one piece. With
 * `splits` branches that do not depend on each other are pieces of their own.
 */
enum qs_status qs_pieces_init(
    struct qs_pieces *pieces, const struct qs_plan *plan, bool cuts, bool splits);
void qs_pieces_done(struct qs_pieces *pieces);

/* Parts what is in one piece by branches, and Ifs from all else: branches behind what is around
 * them. False when memory ran out. */
bool qs_pieces_part(struct qs_pieces *pieces);

/* The site that a node reads in place of a tensor, or QS_NONE. */
size_t qs_pieces_site_of_read(const struct qs_pieces *pieces, size_t node, size_t input);

/* Whether a piece has to give a value: a site, an output or a later piece reads it. */
bool qs_pieces_gives(const struct qs_pieces *pieces, size_t piece, const struct qs_value *value);

/* All that a node reads, within its subgraphs too. */
size_t qs_node_n_reads(const struct qs_node *node);

#endif
