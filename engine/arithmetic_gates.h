/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hard sigmoid and hard swish as the DPU computes them, in vai_q_pytorch 3.5:
 *
 *   hard sigmoid  g(x) = relu6(x + 3) * 2731 / 16384
 *   hard swish    x * k / 128, with k the integer nearest to 128 * g(x), ties up, 127 at most
 */
#ifndef ENGINE_ARITHMETIC_GATES_H
#define ENGINE_ARITHMETIC_GATES_H

#include "model/layers.h"

/*
 * Writes every such layer of a model in these operators, under its name; gives their number. Layers
 * and graph are out of date afterwards where it is not 0. QS_NOMEM, or QS_INVALID with a finding
 * when the graph is not sound.
 */
enum qs_status qs_arithmetic_write_gates(
    const struct qs_layers *layers, struct qs_findings *findings, size_t *ret_count);

#endif
