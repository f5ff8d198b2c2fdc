/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bringing a model to a later version of the standard operators.
 *
 * The work is done by libonnx's version converter, which is C++ and brings a registry of all
 * operators with it; it therefore lives in a module of its own (base/module.h) that is loaded when
 * a model needs it. The converter only decides about nodes: inputs, outputs, shapes, weights,
 * comments, metadata and fields that it does not know stay those of the model, and so do names of
 * nodes.
 */
#ifndef MODEL_OPSET_H
#define MODEL_OPSET_H

#include "model/onnx.h"

/*
 * Brings a model to a version of the standard operators, unless it has that or a later one.
 * QS_UNSUPPORTED with a finding when the converter or its module cannot: the model is as before
 * then.
 */
enum qs_status qs_opset_raise(
    struct qs_model *model, int64_t version, struct qs_findings *findings);

/*
 * Gives slopes of PRelu the shape that they need since opset 7, in a model that was brought up from
 * before.
 */
enum qs_status qs_opset_spread_slopes(struct qs_model *model, struct qs_findings *findings);

#endif
