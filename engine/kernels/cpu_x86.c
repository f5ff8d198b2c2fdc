/* SPDX-License-Identifier: Apache-2.0 */
/* What an x86 processor has, and the system lets programs use. */
#include "engine/kernels/kernels.h"

unsigned qs_kernels_cpu(void)
{
	unsigned sets = QS_KERNEL_SET_C;

	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c") &&
	    __builtin_cpu_supports("fma"))
		sets |= QS_KERNEL_SET_AVX2;
#ifdef QS_KERNELS_AVX512
	if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
	    __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
		sets |= QS_KERNEL_SET_AVX512;
#endif
	return sets;
}
