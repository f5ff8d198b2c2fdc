/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The branches of If as nodes of the main graph, so that what holds for layers holds for theirs.
 *
 * A model is opened when it is read: the nodes of both branches, and of If within them, move up
 * into the main graph, and in place of the If stands a node of QS_REGION_DOMAIN that reads the
 * condition, what the first branch gives and then what the second one gives, and passes on one of
 * them. What two graphs define under one name gets a name of its own. A region is the main graph or
 * a branch; each node says its region in front of its doc_string. Closing, which is done whenever
 * the model is written, puts all of it back: nodes that were added since go to the innermost region
 * that holds all who read them.
 *
 * Bodies of Loop and Scan stay as they are: their nodes run many times for one of the graph.
 */
#ifndef MODEL_REGIONS_H
#define MODEL_REGIONS_H

#include "model/onnx.h"

#define QS_REGION_DOMAIN "qstrata.region"

/* A branch, or at index 0 the main graph. */
struct qs_region {
	size_t parent;          /* region that the If is in */
	Onnx__NodeProto *owner; /* the If as it was, without its names; NULL: the main graph */
	size_t branch;          /* 0: where the condition holds, 1: where it does not */
	Onnx__GraphProto *body; /* as it was, for what is no node */
};

struct qs_regions {
	struct qs_region *items; /* parents before children */
	size_t n;
};

/* Opens a model, which is in one piece, or leaves it when there is no If. May return QS_NOMEM. */
enum qs_status qs_regions_open(struct qs_model *model);

/*
 * The graph of a model with all branches where they belong, in the memory of an arena; the graph
 * itself where nothing was opened. NULL when memory ran out. The model stays as it is.
 */
Onnx__GraphProto *qs_regions_close(const struct qs_model *model, struct qs_arena *arena);

/* Whether a node stands for an If; where the values of its branches begin among its inputs. */
bool qs_region_is_if(const Onnx__NodeProto *node);
#define QS_REGION_CONDITION 0
size_t qs_region_input(const Onnx__NodeProto *node, size_t branch, size_t output);

/* The region of a branch of such a node, and the region that any node says it is in; QS_REGION_NONE
 * when it says none. */
#define QS_REGION_NONE SIZE_MAX
size_t qs_region_of_branch(const Onnx__NodeProto *node, size_t branch);
size_t qs_region_of_node(const Onnx__NodeProto *node);
size_t qs_region_of_doc(const char *doc_string);

/* What stands behind the region in a doc_string. */
char *qs_region_untagged(char *doc_string);

#endif
