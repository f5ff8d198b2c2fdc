/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Float twins: layers that are run a second time beside themselves, on the same input but with
 * their float parameters and without formats. What a layer gave and what its twin gave differ by
 * what the layer's own formats did.
 */
#ifndef ENGINE_TWIN_H
#define ENGINE_TWIN_H

#include "engine/plan.h"
#include "model/runtime.h"

/* A layer with a twin. */
struct qs_twin {
	size_t layer;
	size_t output; /* value that the layer gives */
};

struct qs_twins {
	struct qs_twin *items; /* room for one a layer */
	size_t n;
	size_t *of_node; /* by main node of the layer: its item, or QS_NONE */
};

/*
 * Called when a layer with a twin was run: the item, what the layer gave in the format that all
 * readers see, and what its twin gave. The blobs are borrowed. A layer whose nodes are in several
 * pieces has no twin, and is not heard of.
 */
typedef enum qs_status qs_twin_learn(
    void *context, size_t item, const struct qs_blob *output, const struct qs_blob *twin);

/* No twins, for a plan. To be ended in any case; QS_NOMEM. */
enum qs_status qs_twins_init(struct qs_twins *twins, const struct qs_plan *plan);
void qs_twins_done(struct qs_twins *twins);

/* Gives a layer a twin, which it has not. */
void qs_twins_add(struct qs_twins *twins, const struct qs_plan *plan, size_t layer);

#endif
