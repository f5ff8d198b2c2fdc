/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes functions of a model others that a device computes with less: the model gives other values
 * afterwards.
 */
#ifndef MODEL_CONVERT_H
#define MODEL_CONVERT_H

#include "model/onnx.h"

/* Makes every ReLU6 a ReLU; gives their number. */
enum qs_status qs_relu6_to_relu(
    struct qs_model *model, struct qs_findings *findings, size_t *ret_count);

/*
 * Makes every SiLU, x * Sigmoid(x), a hard swish, x * min(max(x / 6 + 1 / 2, 0), 1), under the name
 * of its Sigmoid; gives their number. It is a HardSwish where the opset has it, and a HardSigmoid
 * and the product before.
 */
enum qs_status qs_silu_to_hardswish(
    struct qs_model *model, struct qs_findings *findings, size_t *ret_count);

#endif
