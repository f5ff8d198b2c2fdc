/* SPDX-License-Identifier: Apache-2.0 */
/* Weights and biases of two models, layer by layer. */
#ifndef ANALYSIS_COMPARE_PARAMETERS_H
#define ANALYSIS_COMPARE_PARAMETERS_H

#include "analysis/compare.h"
#include "model/graph.h"
#include "model/runtime.h"

/* A parameter of a layer: what a node of the layer reads, and where the other model reads it. */
struct qs_parameter {
	enum qs_attr attr;
	size_t expected, found; /* values of the graphs */
	size_t item;            /* its row; whoever looks for parameters gives it one */
};

/* Room for those of a layer. */
#define QS_PARAMETERS 2

/* The counterparts of nodes, made once for two models. */
struct qs_counterparts {
	const struct qs_layers *expected, *found;
	const size_t *found_of_expected; /* by value: that of the found model, or QS_NONE */
	struct qs_map by_name;           /* nodes of the found model; the first of a name */
};

/* Gets ready; what is passed in outlives it. To be ended in any case; may return QS_NOMEM. */
enum qs_status qs_counterparts_init(struct qs_counterparts *counterparts,
    const struct qs_layers *expected, const struct qs_layers *found,
    const size_t *found_of_expected);
void qs_counterparts_done(struct qs_counterparts *counterparts);

/* The parameters of a layer that both models have, weights first; returns how many. */
size_t qs_counterparts_find(const struct qs_counterparts *counterparts,
    const struct qs_layer *layer, struct qs_parameter ret_parameters[QS_PARAMETERS]);

/* Computes parameters of both models and compares them in their rows, of `items`. */
enum qs_status qs_parameters_compare(const struct qs_counterparts *counterparts,
    const struct qs_parameter *parameters, size_t n, struct qs_runtime *runtime,
    struct qs_findings *findings, struct qs_compared *items);

#endif
