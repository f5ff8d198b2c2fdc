/* SPDX-License-Identifier: Apache-2.0 */
/* A piece of a graph while it is made a model of its own: what its parts share. */
#ifndef ENGINE_RUNNER_MAKING_H
#define ENGINE_RUNNER_MAKING_H

#include "engine/runner_internal.h"

/* A list of pointers or numbers that grows. */
struct qs_list {
	void **items;
	size_t n, capacity;
};

/* A piece in the making. */
struct qs_making {
	struct qs_runner *runner;
	struct qs_piece *item;
	size_t piece;
	const struct qs_plan *formats; /* whose sites say what constants are */
	const bool *is_on;             /* by site: constants in their formats; NULL: all */
	struct qs_findings *findings;
	const struct qs_graph *graph;
	struct qs_arena arena;        /* until the session is there */
	struct qs_map nodes, tensors; /* node labels are not unique: by position */
	struct qs_list members;       /* struct qs_node */
	struct qs_list initializers, inputs, outputs, buffers;
	struct qs_list sources;   /* struct qs_source_of */
	struct qs_list constants; /* struct qs_site */
	struct qs_list placed;    /* struct qs_making_node */
	struct qs_list twin;      /* struct qs_node: of the twin in the making */
	enum qs_status status;
};

/* A node of the piece, and where the one that it is or was stands in the graph. */
struct qs_making_node {
	size_t position;
	Onnx__NodeProto *proto;
};

void qs_making_push(struct qs_making *making, struct qs_list *list, void *pointer);

/* Memory until the session is there, zeroed; NULL when there is none. */
void *qs_making_take(struct qs_making *making, size_t size);

/* Adds a node to a list of the piece's, unless it is there; `kind` tells the lists apart. */
void qs_making_add_node(
    struct qs_making *making, struct qs_list *list, const char *kind, size_t node);

/* A read of a tensor under its own name. */
void qs_making_add_read(struct qs_making *making, size_t index);

/* Adds a node of the piece, at the position in the graph of the one that it is or was. */
void qs_making_place(struct qs_making *making, const struct qs_node *node, Onnx__NodeProto *proto);

/* The float twins of the piece's layers; their outputs follow the results. */
void qs_making_add_twins(struct qs_making *making, size_t first, size_t end);

#endif
