/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions of a model, put in place of the nodes that call them.
 *
 * A function is a list of nodes with inputs, outputs and attributes of its own. A node that calls
 * it becomes these nodes: what they read from outside is what the call reads, what they give is
 * what the call gives, and all else has the name of the call in front. So layers within functions
 * are layers like all others; the model is written without the functions.
 */
#ifndef MODEL_FUNCTIONS_H
#define MODEL_FUNCTIONS_H

#include "model/onnx.h"

/*
 * Puts functions in place of calls, in subgraphs too, and gives the number of calls. The model is
 * left as it is where that cannot be done: a function needs another version of an operator set than
 * the model has, has overloads, calls itself, or they all come to too many nodes. May return
 * QS_NOMEM.
 */
enum qs_status qs_functions_inline(struct qs_model *model, size_t *ret_n);

#endif
