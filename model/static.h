/* SPDX-License-Identifier: Apache-2.0 */
/* Values that depend on constants only: a runtime computes them, whatever their operators are. */
#ifndef MODEL_STATIC_H
#define MODEL_STATIC_H

#include "model/graph.h"
#include "model/runtime.h"

struct qs_statics {
	const struct qs_graph *graph;
	struct qs_runtime *runtime;
	size_t *position;              /* of nodes in the order of the graph */
	size_t *asked;                 /* by value: the request that last came upon it */
	size_t *nodes;                 /* positions of those on the way to a value */
	Onnx__TensorProto **constants; /* those on the way */
	size_t n_nodes, n_constants, n_requests;
};

/* Gets ready to compute; graph and runtime outlive it. To be ended in any case; may return
 * QS_NOMEM. */
enum qs_status qs_statics_init(
    struct qs_statics *statics, const struct qs_graph *graph, struct qs_runtime *runtime);
void qs_statics_done(struct qs_statics *statics);

/*
 * Computes a static value, from its constants on; the blob is to be released with qs_blob_done().
 * QS_INVALID with a finding when the runtime fails.
 */
enum qs_status qs_statics_compute(struct qs_statics *statics, size_t value,
    struct qs_findings *findings, struct qs_blob *ret_blob);

#endif
