/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model as layers: what a config selects by type, name and module path.
 */
#ifndef QSTRATA_MODEL_H
#define QSTRATA_MODEL_H

#include "qstrata/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An ONNX model in memory. */
struct qs_model;

/** One tensor of a layer. `dims` are as in the model; -1 stands for a dimension that is not fixed. */
struct qs_layer_tensor {
	const char *name; /**< ONNX name; "" for an optional operand left out */
	const int64_t *dims;
	int rank;             /**< -1: the shape is not known */
	const char *datatype; /**< "float32", "int64" ...; "" when not known */
};

/** A layer: one ONNX node that computes something, with what selectors compare and tools list. */
struct qs_layer {
	const char *name;    /**< ONNX node name, or "" */
	const char *path;    /**< module path, "layer1.0.conv1"; "" when the model does not tell */
	const char *type;    /**< PyTorch type, "Conv2d"; "" when no type of PyTorch corresponds */
	const char *op_type; /**< ONNX operator, "Conv" */
	size_t node;         /**< index of the node in the graph */
	struct qs_layer_tensor input, weights, bias, output;
	uint64_t n_parameters; /**< elements of weights and bias */
	uint64_t macs;         /**< multiply-accumulates for one sample; 0 when shapes are not known */
};

#ifdef __cplusplus
}
#endif

#endif
