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
 * Reads a model. QS_IO when the file cannot be read; QS_INVALID when it is not a model, when a part
 * of it is missing, or when its graph is not one. One finding says which.
 */
QS_API enum qs_status qs_model_open(
    const char *path, struct qs_findings *findings, struct qs_model **ret_model);

/** Releases a model; NULL is fine. */
QS_API void qs_model_free(struct qs_model *model);

/**
 * Writes a model: beside its final name first, then renamed. In the folder that it was read from it
 * goes on referring to its external data; anywhere else the data is embedded. QS_IO, or
 * QS_UNSUPPORTED when the file would be larger than ONNX allows.
 */
QS_API enum qs_status qs_model_save(
    const struct qs_model *model, const char *path, struct qs_findings *findings);

/** One tensor of a layer. `dims` are as in the model; -1 stands for a dimension that is not
 * fixed. */
struct qs_layer_tensor {
	const char *name; /**< ONNX name; "" for an optional operand left out */
	const int64_t *dims;
	int rank;             /**< -1: the shape is not known */
	const char *datatype; /**< "float32", "int64" ...; "" when not known */
};

/**
 * A layer: one ONNX node that computes something, or several that are one module of PyTorch (a
 * layer norm that was taken apart, a MatMul with its bias), with what selectors compare and tools
 * list.
 *
 * Nodes that do not depend on the model's inputs (weights that are transposed) and nodes that
 * compute only shapes are no layers. Nodes within the branches of an If are; those within the
 * bodies of Loop and Scan are none.
 */
struct qs_layer {
	const char *name;    /**< name of the main node; "Conv#2", the third Conv, if it has none */
	const char *path;    /**< module path, "layer1.0.conv1"; "" when the model does not tell */
	const char *type;    /**< PyTorch type, "Conv2d"; "" when no type of PyTorch corresponds */
	const char *op_type; /**< operator of the main node, "Conv" */
	size_t node;         /**< the main node: index in the graph */
	const size_t *nodes; /**< all nodes of the layer, in order; the last one gives the output */
	const char *const *names; /**< their names, as `name` */
	size_t n_nodes;
	const struct qs_layer_tensor *inputs; /**< what is read and is not a constant */
	size_t n_inputs;
	struct qs_layer_tensor weights, bias; /**< parameters, by initializer or Constant node */
	struct qs_layer_tensor output;
	bool depthwise;        /**< a convolution with one group for each input channel */
	uint64_t n_parameters; /**< elements of all parameters; running statistics are none */
	bool macs_known;       /**< shapes are known, or the layer has nothing to multiply */
	uint64_t macs; /**< multiply-accumulates for one sample, without bias; 0 if not known */
};

/** The layers of a model, in topological order. */
struct qs_layers;

/**
 * Finds the layers of a model, which outlives them. QS_INVALID with one finding when the graph is
 * not sound: a cycle, an undefined tensor.
 */
QS_API enum qs_status qs_layers_new(
    struct qs_model *model, struct qs_findings *findings, struct qs_layers **ret_layers);

/** Releases layers; NULL is fine. */
QS_API void qs_layers_free(struct qs_layers *layers);

/** All layers; NULL or not when there are none. */
QS_API const struct qs_layer *qs_layers_list(const struct qs_layers *layers, size_t *ret_count);

/** A table for people: one line a layer and the sums below. */
QS_API enum qs_status qs_layers_write_text(const struct qs_layers *layers, struct qs_text *text);

/** The layers as one JSON document of format version 1.0. */
QS_API enum qs_status qs_layers_write_json(const struct qs_layers *layers, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
