/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Shapes and element types of what nodes compute, where the model does not say them.
 *
 * The usual operators of networks are known (the table in shape.c); what others give stays unknown,
 * and so does what follows from it. What the model says itself is believed.
 */
#ifndef MODEL_SHAPE_H
#define MODEL_SHAPE_H

#include "model/graph.h"

/* Fills in rank, dims and element_type of the graph's values. */
enum qs_status qs_shapes_infer(struct qs_graph *graph);

#endif
