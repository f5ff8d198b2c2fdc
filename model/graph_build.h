/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a graph while it is made. */
#ifndef MODEL_GRAPH_BUILD_H
#define MODEL_GRAPH_BUILD_H

#include "model/graph.h"

/* A read that was seen, before reads are sorted by value. */
struct qs_graph_read {
	size_t value;
	struct qs_use use;
};

struct qs_graph_build {
	struct qs_graph *graph;
	struct qs_findings *findings;
	struct qs_graph_read *reads;
	size_t n_reads, capacity;
};

/*
 * Finds what all nodes and their subgraphs read, and gives every value its readers. QS_INVALID with
 * a finding when something is read that nothing defines.
 */
enum qs_status qs_graph_find_reads(struct qs_graph_build *build);

#endif
