/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The arithmetic of the DPU where it is not that of the float model, as vai_q_pytorch 3.5 has it.
 *
 * A leaky ReLU has the slope 13/128. An average is a sum times m / 2^n, so that what average pools
 * give is multiplied by count * m / 2^n.
 */
#ifndef ENGINE_ARITHMETIC_H
#define ENGINE_ARITHMETIC_H

#include "engine/plan.h"

/*
 * Notes the gains of a plan's average pools and sets the slopes of leaky ReLUs in the model. A
 * second time changes nothing. `*ret_n_layers` is how many layers compute otherwise than in float.
 */
enum qs_status qs_arithmetic_apply(struct qs_plan *plan, size_t *ret_n_layers);

/* What the mean over a window of the DPU is, in units of the exact one. */
double qs_arithmetic_gain(int64_t height, int64_t width);

#endif
