/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Booleans that went into arithmetic: ONNX has a Cast before it, with moves between.
 */
#ifndef ANALYSIS_BOOLEAN_H
#define ANALYSIS_BOOLEAN_H

#include "base/finding.h"
#include "model/graph.h"

/* Whether a value is one at which looking back ends. */
typedef bool qs_boolean_stop(const void *context, const struct qs_value *value);

/*
 * What a Cast made of the boolean that a value is, moved or not; NULL when it is none. `stop` may
 * be NULL.
 */
const struct qs_value *qs_boolean_before(const struct qs_graph *graph, const struct qs_value *value,
    qs_boolean_stop *stop, const void *context);

/*
 * Tells that a node takes a boolean as a float that has no scale of its own. `device` is what it is
 * told of, NULL for any; `source` says who knows it, and when.
 */
struct qs_finding *qs_boolean_tell(struct qs_findings *findings, struct qs_place place,
    const char *node, const struct qs_value *made, const char *device, const char *source);

#endif
