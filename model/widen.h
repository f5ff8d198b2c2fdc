/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model of float16 or bfloat16 made one of float32, so that its tensors can have any format.
 *
 * Every value of the narrow types is one of float32 exactly, so the values of constants stay as
 * they are, and so does their storage: a Cast, which runtimes evaluate once, gives each of them
 * under its name. Inputs and outputs of the graph keep their types, with a Cast behind or before
 * each. What lies between computes in float32, as ONNX Runtime does on a CPU in any case. Values
 * that only a Cast gives and only Casts read are rounded and not computed with: they stay narrow.
 */
#ifndef MODEL_WIDEN_H
#define MODEL_WIDEN_H

#include "model/onnx.h"

struct qs_widened {
	int element_type; /* of ONNX: what was found first; 0: nothing */
	size_t n_constants, n_inputs, n_outputs;
	size_t n_casts; /* nodes that said the type and now say float32 */
};

/*
 * Widens a model. It is left as it is where there is nothing to widen, or where a subgraph that is
 * not open (model/regions.h), or an operator of unknown types in another domain, might need the
 * narrow type.
 */
enum qs_status qs_widen(
    struct qs_model *model, struct qs_findings *findings, struct qs_widened *ret_widened);

#endif
