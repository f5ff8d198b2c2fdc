/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The topological order of a graph's nodes: depth first along the producers of a node's inputs,
 * with a stack of its own, since chains of nodes may be longer than the machine's stack is deep.
 */
#include "model/graph_order.h"

#include <stdlib.h>

/* Nodes of a cycle that a finding names. */
#define NAMED_NODES ((size_t)8)

enum mark {
	NEW,
	OPEN,
	DONE
};

struct frame {
	size_t node;
	size_t next; /* the input to follow next */
};

struct sort {
	struct qs_graph *graph;
	struct qs_findings *findings;
	unsigned char *marks;
	struct frame *stack; /* the open nodes, each waiting for the one above it */
	size_t n_stack;
	size_t n_order;
};

static enum qs_status report_cycle(const struct sort *sort, size_t first)
{
	struct qs_text names = QS_TEXT_INIT;
	enum qs_status status;

	for (size_t i = sort->n_stack; i > first && sort->n_stack - i < NAMED_NODES; i--)
		qs_text_addf(
		    &names, "\"%s\" -> ", sort->graph->nodes[sort->stack[i - 1].node].label);
	if (sort->n_stack - first > NAMED_NODES)
		qs_text_addf(&names, "(%zu more) -> ", sort->n_stack - first - NAMED_NODES);
	qs_text_addf(
	    &names, "\"%s\"", sort->graph->nodes[sort->stack[sort->n_stack - 1].node].label);
	status = qs_text_status(&names);
	if (status == QS_OK) {
		qs_finding_add(sort->findings, QS_FINDING_GRAPH_CYCLE,
		    qs_model_place(sort->graph->model, sort->findings), "the graph has a cycle: %s",
		    names.data);
		status = QS_INVALID;
	}
	qs_text_done(&names);
	return status;
}

/* Opens a node; an open one is a cycle from there to the top of the stack. */
static enum qs_status open_node(struct sort *sort, size_t node)
{
	size_t first = 0;

	if (sort->marks[node] == DONE)
		return QS_OK;
	if (sort->marks[node] == OPEN) {
		while (sort->stack[first].node != node)
			first++;
		return report_cycle(sort, first);
	}
	sort->marks[node] = OPEN;
	sort->stack[sort->n_stack++] = (struct frame){node, 0};
	return QS_OK;
}

/* Follows the next input of the node on top, or finishes the node. */
static enum qs_status step(struct sort *sort)
{
	struct frame *top = &sort->stack[sort->n_stack - 1];
	const struct qs_node *node = &sort->graph->nodes[top->node];
	const size_t n_reads = node->proto->n_input + node->n_inner;
	size_t value = sort->graph->condition[node->region];

	/* What says whether its branch is taken comes before a node as well. */
	if (top->next > n_reads || (top->next == n_reads && value == QS_NONE)) {
		sort->marks[top->node] = DONE;
		sort->graph->order[sort->n_order++] = top->node;
		sort->n_stack--;
		return QS_OK;
	}
	if (top->next < n_reads)
		value = node->inputs[top->next];
	top->next++;
	if (value == QS_NONE || sort->graph->values[value].producer == QS_NONE)
		return QS_OK;
	return open_node(sort, sort->graph->values[value].producer);
}

enum qs_status qs_graph_sort(struct qs_graph *graph, struct qs_findings *findings)
{
	const size_t n = graph->n_nodes + 1;
	struct sort sort = {graph, findings, calloc(n, 1), malloc(n * sizeof(*sort.stack)), 0, 0};
	enum qs_status status = sort.marks && sort.stack ? QS_OK : QS_NOMEM;

	for (size_t i = 0; status == QS_OK && i < graph->n_nodes; i++) {
		status = open_node(&sort, i);
		while (status == QS_OK && sort.n_stack)
			status = step(&sort);
	}
	free(sort.marks);
	free(sort.stack);
	return status;
}
