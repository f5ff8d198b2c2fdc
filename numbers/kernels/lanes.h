/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The vocabulary in which vector kernels are written: a register of WIDTH values and what can be
 * done with it.
 *
 * Each instruction set says the same words in a header of its own, and the files *_lanes.c are
 * compiled once for each. What does not fill a register is left to the kernel in C.
 *
 *   floats, ints, bools     a register of float32 or int32, and what a comparison gives
 *   halves, doubles         WIDTH 16-bit values; a register of DOUBLES float64
 *   LANES(name)             the name of a kernel of this set
 *
 * take_greater(a, b) is a > b ? a : b and take_less(a, b) is a < b ? a : b, so that a NaN in `a`
 * gives `b`. Comparisons with NaN are false. stream() wants an aligned place and passes the cache
 * by where the set can; a fence() comes after the last one.
 */
#ifndef NUMBERS_KERNELS_LANES_H
#define NUMBERS_KERNELS_LANES_H

#include <stdbool.h>

#include "numbers/kernels/kernels.h"

#define INLINE static inline __attribute__((always_inline))

#if defined(__AVX512F__)
#include "numbers/kernels/lanes_avx512.h"
#elif defined(__AVX2__)
#include "numbers/kernels/lanes_avx2.h"
#else
#include "numbers/kernels/lanes_neon.h"
#endif

/* How many of n values fill registers. */
INLINE size_t whole_lanes(size_t n)
{
	return n / WIDTH * WIDTH;
}

#endif
