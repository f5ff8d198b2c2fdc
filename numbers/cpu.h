/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which instruction sets kernels may use, and how many processors there are.
 */
#ifndef NUMBERS_CPU_H
#define NUMBERS_CPU_H

#include <stddef.h>

/*
 * The sets (enum qs_kernel_set, joined) that the processor has, less those that the environment
 * variable QSTRATA_CPU_MASK names: "avx2" (and with it what builds on it), "avx512" and "neon",
 * with anything between them, or "all".
 */
unsigned qs_cpu_sets(void);

/* How many processors there are to run threads on. */
size_t qs_cpu_count(void);

#endif
