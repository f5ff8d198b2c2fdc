/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers from the inside: with the graph that they were found in.
 */
#ifndef MODEL_LAYERS_H
#define MODEL_LAYERS_H

#include "model/graph.h"

struct qs_layers {
	struct qs_graph *graph;
	struct qs_layer *items;
	size_t n_items;
	size_t *of_node; /* the layer that a node belongs to, or QS_NONE */
};

/* A row of layer_types.def. */
struct qs_layer_type {
	const char *type, *op_type;
	int weights, bias; /* inputs; -1 for none */
};

/* The type of a node on its own; NULL when there is no row for it. */
const struct qs_layer_type *qs_layer_type_of(const struct qs_graph *graph, size_t node);

/*
 * Where a constant comes from: the initializer or Constant node behind transposes, reshapes and the
 * like. NULL when the value is not static, or computed in some other way.
 */
struct qs_value *qs_graph_root(const struct qs_graph *graph, const struct qs_value *value);

/* Several nodes that are one layer. */
struct qs_fused {
	const char *type;
	size_t nodes[12]; /* in topological order; the last one gives the output */
	size_t n_nodes;
	size_t main; /* the node that the layer is named after */
	struct qs_value *input;
	struct qs_value *weights, *bias; /* NULL for none */
};

/*
 * Recognizes a layer of several nodes by one of them: MatMul with a bias, layer norm, GELU, SiLU,
 * hard swish. Nothing within may be read from outside.
 */
bool qs_fuse(const struct qs_graph *graph, size_t node, struct qs_fused *ret_fused);

/* The module path of a layer, in the arena: from the weights' name, or else from the node's. */
const char *qs_layer_path(struct qs_arena *arena, const char *node_name, const char *weights_name);

/* Multiply-accumulates of a node for one sample; false when shapes are missing. */
bool qs_layer_macs(const struct qs_graph *graph, size_t node, uint64_t *ret_macs);

#endif
