/* SPDX-License-Identifier: Apache-2.0 */
/* What collecting and applying an edit share. */
#ifndef MODEL_EDIT_INTERNAL_H
#define MODEL_EDIT_INTERNAL_H

#include "model/edit.h"
#include "model/names.h"

struct qs_edit {
	struct qs_graph *graph; /* as it was */
	struct qs_names names;  /* taken, of tensors and nodes */
	void **nodes;           /* Onnx__NodeProto * */
	void **tensors;         /* Onnx__TensorProto * */
	size_t n_nodes, n_tensors;
	bool *removed; /* by node of the graph */
	bool nomem;
};

#endif
