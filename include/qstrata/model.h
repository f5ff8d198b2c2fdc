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

/**
 * Reads a model. QS_IO when the file cannot be read; QS_INVALID when it is not a model, when a part of it
 * is missing, or when its graph is not one. One finding says which.
 */
QS_API enum qs_status qs_model_open(
    const char *path, struct qs_findings *findings, struct qs_model **ret_model);

/** Releases a model; NULL is fine. */
QS_API void qs_model_free(struct qs_model *model);

/**
 * Writes a model: beside its final name first, then renamed. In the folder that it was read from it goes
 * on referring to its external data; anywhere else the data is embedded. QS_IO, or QS_UNSUPPORTED when
 * the file would be larger than ONNX allows.
 */
QS_API enum qs_status qs_model_save(
    const struct qs_model *model, const char *path, struct qs_findings *findings);

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
