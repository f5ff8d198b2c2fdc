/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An index over the main graph of a model: who produces a tensor, who reads it, in which order to
 * go.
 *
 * The index points into the model and is made anew after the model was edited. Nodes are numbered
 * as in the file, with those of branches of If and of bodies of Loop and Scan (model/regions.h)
 * before these; `order` is a topological order and the file's own one wherever that is topological.
 * A tensor that a subgraph that is not open takes from outside is a use by the node that has the
 * subgraph. An initializer that is also a graph input, as older models have it, counts as a
 * constant.
 *
 * A graph that qs_graph_new() returns is sound: no cycle, every tensor defined, and defined once.
 */
#ifndef MODEL_GRAPH_H
#define MODEL_GRAPH_H

#include "base/map.h"
#include "model/onnx.h"

/* No node, no value. */
#define QS_NONE QS_MAP_NONE

/* One node that reads a value. */
struct qs_use {
	size_t node;
	size_t input; /* at or beyond the node's n_input: within a subgraph of the node */
};

/* One tensor of the graph. */
struct qs_value {
	const char *name;
	size_t producer; /* node, or QS_NONE */
	size_t output;   /* which of the producer's outputs */
	/* What an initializer or a Constant node holds, also seen through a Cast of float16 or
	 * bfloat16 to float32, or NULL. */
	Onnx__TensorProto *constant;
	bool is_initializer;
	bool is_input;  /* of the graph, and not an initializer */
	bool is_entry;  /* the same, or what the only Cast of a narrow one gives, in its place */
	bool is_output; /* of the graph */
	bool is_static; /* depends on constants only */
	bool is_shape;  /* depends on shapes and constants only, and on a shape */
	size_t unit;    /* the outermost body that it is in, 0 for none */
	const struct qs_use *uses;
	size_t n_uses;
	int element_type;    /* of ONNX; 0: not known */
	int rank;            /* -1: the shape is not known */
	const int64_t *dims; /* -1: not fixed */
};

/* One node of the graph. */
struct qs_node {
	Onnx__NodeProto *proto;
	/* The name, or the operator and the how-manieth of its kind the node is, from 0: "Conv#2".
	 * In bodies of Loop and Scan that stands behind the label of these, "Loop#0/Conv#2", and so
	 * does a name that another node has. */
	const char *label;
	const size_t
	    *inputs; /* values, QS_NONE for one left out; n_inner more that subgraphs read */
	size_t n_inner;
	const size_t *outputs; /* values, QS_NONE for one without a name */
	size_t region;         /* the branch or body that it is in (model/regions.h), 0 for none */
	size_t unit;           /* the outermost body that it is in, or at an end of; 0 for none */
};

struct qs_graph {
	struct qs_model *model;
	Onnx__GraphProto *proto;
	struct qs_node *nodes;
	size_t n_nodes;
	struct qs_value *values;
	size_t n_values;
	size_t *order; /* nodes, each after those it depends on */
	/* By region (model/regions.h): the value that says whether the branch is taken, which is
	 * before the branch's nodes in the order; QS_NONE for bodies and the main graph. */
	size_t *condition;
	size_t n_regions;
	struct qs_map by_name;
	struct qs_arena arena;
};

/* Indexes a model, which outlives the graph. QS_INVALID with one finding when the graph is not
 * sound. */
enum qs_status qs_graph_new(
    struct qs_model *model, struct qs_findings *findings, struct qs_graph **ret_graph);

/* Releases an index; NULL is fine. */
void qs_graph_free(struct qs_graph *graph);

/* The value of a name, or QS_NONE. */
size_t qs_graph_find(const struct qs_graph *graph, const char *name);

/* Input i of a node, or NULL when it is left out. */
struct qs_value *qs_graph_input(const struct qs_graph *graph, size_t node, size_t i);

/* Output i of a node, or NULL. */
struct qs_value *qs_graph_output(const struct qs_graph *graph, size_t node, size_t i);

/* Whether a node computes with data, rather than with constants and shapes. What stands in front of
 * a body (model/regions.h) does not. */
bool qs_graph_computes(const struct qs_graph *graph, size_t node);

/* Whether a node is the standard operator of that name. */
bool qs_node_is(const Onnx__NodeProto *node, const char *op_type);

/* Whether a node is of the standard operators at all. */
bool qs_node_is_standard(const Onnx__NodeProto *node);

#endif
