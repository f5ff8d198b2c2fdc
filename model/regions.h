/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The branches of If, and the bodies of Loop and Scan, as nodes of the main graph, so that what
 * holds for layers holds for theirs.
 *
 * A model is opened when it is read: the nodes of both branches, and of If within them, move up
 * into the main graph, and in place of the If stands a node of QS_REGION_DOMAIN that reads the
 * condition, what the first branch gives and then what the second one gives, and passes on one of
 * them. In place of a Loop or a Scan stand two nodes: one in front of the body's nodes that reads
 * what the operator reads and gives what the body takes, and one behind them that reads what the
 * body gives and gives what the operator gives. An output of the first, which the second one reads,
 * keeps the two together. What two graphs define under one name gets a name of its own. A region is
 * the main graph, a branch or a body; each node says its region in front of its doc_string.
 * Closing, which is done whenever the model is written, puts all of it back: nodes that were added
 * since go to the innermost region that holds all who read them, but out of bodies, which run many
 * times, where they read nothing from within.
 *
 * Bodies that are not as the operator has them stay where they are, and so do those of Scan before
 * opset 9.
 */
#ifndef MODEL_REGIONS_H
#define MODEL_REGIONS_H

#include "model/onnx.h"

#define QS_REGION_DOMAIN "qstrata.region"

#define QS_REGION_BODY 2

/* A branch or a body, or at index 0 the main graph. */
struct qs_region {
	size_t parent;          /* region that the operator is in */
	Onnx__NodeProto *owner; /* the operator as it was, without its names; NULL: main graph */
	size_t branch; /* 0: where the condition holds, 1: where it does not, QS_REGION_BODY */
	Onnx__GraphProto *body; /* as it was, for what is no node */
};

struct qs_regions {
	struct qs_region *items; /* parents before children */
	size_t n;
	size_t root; /* that is closed as if it was the main graph: part of a model */
};

/* Opens a model, which is in one piece, or leaves it when there is nothing to open. May return
 * QS_NOMEM. */
enum qs_status qs_regions_open(struct qs_model *model);

/*
 * The graph of a model with all branches where they belong, in the memory of an arena; the graph
 * itself where nothing was opened. NULL when memory ran out. The model stays as it is.
 */
Onnx__GraphProto *qs_regions_close(const struct qs_model *model, struct qs_arena *arena);

/* Whether a node stands for something else; for what is in front of a body, or behind it. */
bool qs_region_is_stand_in(const Onnx__NodeProto *node);
bool qs_region_is_enter(const Onnx__NodeProto *node);
bool qs_region_is_leave(const Onnx__NodeProto *node);

/* The outermost body that a region is or is in, 0 for none: it is run as a whole. */
size_t qs_region_unit(const struct qs_regions *regions, size_t region);

/* Whether a node stands for an If; where the values of its branches begin among its inputs. */
bool qs_region_is_if(const Onnx__NodeProto *node);
#define QS_REGION_CONDITION 0
size_t qs_region_input(const Onnx__NodeProto *node, size_t branch, size_t output);

/* The region of a branch of such a node, or that of a body with branch 0, and the region that any
 * node says it is in; QS_REGION_NONE when it says none. */
#define QS_REGION_NONE SIZE_MAX
size_t qs_region_of_branch(const Onnx__NodeProto *node, size_t branch);
size_t qs_region_of_node(const Onnx__NodeProto *node);
size_t qs_region_of_doc(const char *doc_string);

/* What stands behind the region in a doc_string. */
char *qs_region_untagged(char *doc_string);

#endif
