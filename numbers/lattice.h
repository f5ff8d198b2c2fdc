/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one scale makes of values: multiples of a step, in float32 throughout.
 *
 *   k = clamp(round(x * amp), low, high), y = k * step; the code is k + zero_point.
 *
 * amp = float32(1 / scale) and step = float32(1 / amp), as vai_q_pytorch 3.5 has it. Only k matters
 * to y, so that the range moves instead of the values.
 */
#ifndef NUMBERS_LATTICE_H
#define NUMBERS_LATTICE_H

#include "qstrata/plugin.h"

struct qs_lattice {
	float amp, step;
	int64_t low, high, zero_point;
};

/*
 * The lattice of a channel; that of the only scale, where there is one for all channels.
 *
 * An amp above FLT_MAX would turn 0 into NaN, and so would a step above it: a scale below 2^-128
 * acts as 2^-128, and one above 2^127 as 2^127.
 */
struct qs_lattice qs_lattice_of(const struct qs_qparams *qparams, size_t channel);

/* How many of n values are half way between two multiples of the range: rounding modes differ in
 * nothing else. */
uint64_t qs_lattice_count_ties(const struct qs_lattice *lattice, const float *values, size_t n);

#endif
