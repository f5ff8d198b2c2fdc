/* SPDX-License-Identifier: Apache-2.0 */
/* The topological order of a graph's nodes. */
#ifndef MODEL_GRAPH_ORDER_H
#define MODEL_GRAPH_ORDER_H

#include "model/graph.h"

/* Fills graph->order. QS_INVALID with a finding that names the nodes of a cycle, if there is one.
 */
enum qs_status qs_graph_sort(struct qs_graph *graph, struct qs_findings *findings);

#endif
