/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a kernel gives the same bits as the one in C. Needs the kernels and a C library only, so
 * that it can be built for other processors.
 */
#ifndef TESTS_KERNELS_COMPARE_H
#define TESTS_KERNELS_COMPARE_H

#include <stdbool.h>

#include "numbers/kernels/kernels.h"

/* Bytes before and after outputs that kernels have to leave alone. */
#define GUARD ((size_t)256)

/* Inputs, and room for the outputs of both kernels. */
struct stage {
	const float *in;        /* n values */
	const uint16_t *halves; /* n values */
	const float *tame;      /* n values of magnitude at most `most` */
	float most;
	size_t n;
	struct qs_grid grid;
	size_t shift;           /* outputs start so many elements after the guard; at most 16 */
	char *found, *expected; /* room for stage_room(n) bytes each */
};

/* Room for outputs of n values of 4 bytes. */
size_t stage_room(size_t n);

/* One function for each type of kernel. */
bool compare_grid_fake(
    const struct stage *stage, qs_kernel_grid_fake *found, qs_kernel_grid_fake *expected);
bool compare_grid_encode(
    const struct stage *stage, qs_kernel_grid_encode *found, qs_kernel_grid_encode *expected);
bool compare_grid_error(
    const struct stage *stage, qs_kernel_grid_error *found, qs_kernel_grid_error *expected);
bool compare_census(const struct stage *stage, qs_kernel_census *found, qs_kernel_census *expected);
bool compare_range(const struct stage *stage, qs_kernel_range *found, qs_kernel_range *expected);
bool compare_bins(const struct stage *stage, qs_kernel_bins *found, qs_kernel_bins *expected);
bool compare_float_to_half(
    const struct stage *stage, qs_kernel_float_to_half *found, qs_kernel_float_to_half *expected);
bool compare_half_to_float(
    const struct stage *stage, qs_kernel_half_to_float *found, qs_kernel_half_to_float *expected);
bool compare_half_fake(
    const struct stage *stage, qs_kernel_half_fake *found, qs_kernel_half_fake *expected);

/*
 * Compares every kernel of the instruction sets of this processor; returns the name of the first
 * that differs, or NULL.
 */
const char *compare_all(const struct stage *stage);

#endif
