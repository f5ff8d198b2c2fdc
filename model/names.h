/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that are taken in a model, of tensors and nodes, and new ones that nothing has.
 *
 * Names are borrowed: they outlive the set.
 */
#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include "base/arena.h"
#include "base/map.h"
#include "model/onnx.pb-c.h"

struct qs_names {
	struct qs_map next; /* by name that is taken: the number to try behind it */
};

#define QS_NAMES_INIT                                                                              \
	{                                                                                          \
		QS_MAP_INIT                                                                        \
	}

void qs_names_done(struct qs_names *names);

/* Takes a name, taken or not; NULL and "" are none. False when memory ran out. */
bool qs_names_take(struct qs_names *names, const char *name);

/* Takes all names that a graph defines, and its subgraphs. False when memory ran out. */
bool qs_names_take_graph(struct qs_names *names, const Onnx__GraphProto *graph);

/* Takes those of the subgraphs of a node. False when memory ran out. */
bool qs_names_take_bodies(struct qs_names *names, const Onnx__NodeProto *node);

/*
 * Takes a new name: the stem, or when that is taken the stem with the next number behind it, in the
 * memory of the arena: "x", "x_1", "x_2". NULL when memory ran out, or for a stem of NULL.
 */
char *qs_names_make(struct qs_names *names, struct qs_arena *arena, char *stem);

#endif
