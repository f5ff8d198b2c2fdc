/* SPDX-License-Identifier: Apache-2.0 */
/* What an x86 processor has, and the system lets programs use. */
#include <cpuid.h>
#include <stdbool.h>

#include "numbers/kernels/kernels.h"

/* Asked of the processor, as not every compiler knows the word; the system saves what AVX2 has. */
static bool has_f16c(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(1, &a, &b, &c, &d) && (c & bit_F16C);
}

unsigned qs_kernels_cpu(void)
{
	unsigned sets = QS_KERNEL_SET_C;

	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && has_f16c())
		sets |= QS_KERNEL_SET_AVX2;
#ifdef QS_KERNELS_AVX512
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		sets |= QS_KERNEL_SET_AVX512;
#endif
	return sets;
}
