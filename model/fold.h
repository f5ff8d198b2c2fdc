/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding of batch normalization into the convolution or linear layer before it.
 *
 * In inference, a batch normalization is a factor and a summand a channel: y = (x - mean) * s + b
 * with s = scale / sqrt(variance + epsilon). Where x comes from Conv, ConvTranspose or Gemm with
 * constant float32 weights and goes nowhere else, weights are multiplied by s and the bias becomes
 * (bias - mean) * s + b, in double and then rounded once. Weights keep their names unless other
 * nodes read them too; a bias that was not there is named after the weights; the layer takes the
 * name of what the batch normalization gave.
 */
#ifndef MODEL_FOLD_H
#define MODEL_FOLD_H

#include "model/onnx.h"

/*
 * Folds all that can be folded and gives their number. Those that stay are told as findings (info)
 * with the reason. QS_INVALID with a finding when the graph is not sound or a constant cannot be
 * read.
 */
enum qs_status qs_fold_batch_norms(
    struct qs_model *model, struct qs_findings *findings, size_t *ret_folded);

#endif
