/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rounding modes as laws: what the kernels do fast and other code asks for.
 *
 * All four round to the nearest integer and differ on ties only. Source: vai_q_pytorch 3.5, whose
 * kernels were run over ties and their neighbours (tests/data/golden/rounding.jsonl).
 */
#ifndef NUMBERS_ROUND_H
#define NUMBERS_ROUND_H

#include "numbers/kernels/kernels.h"
#include "qstrata/plugin.h"

/* The built-in modes, in the order of enum qs_kernel_rounding. */
extern const struct qs_rounding qs_round_builtin[QS_KERNEL__ROUNDINGS];

/* Ties to the even integer: 2.5 and -2.5 give 2 and -2, 1.5 and -1.5 give 2 and -2. */
double qs_round_half_even(double value);

/* Ties toward plus infinity: 3 and -2; 2 and -1. */
double qs_round_half_up(double value);

/* Ties toward zero: 2 and -2; 1 and -1. */
double qs_round_half_down(double value);

/* Ties away from zero: 3 and -3; 2 and -2. */
double qs_round_std_round(double value);

/* The kernels that follow a mode, or QS_KERNEL__ROUNDINGS when there are none (a foreign mode). */
enum qs_kernel_rounding qs_round_kernel(const struct qs_rounding *rounding);

#endif
