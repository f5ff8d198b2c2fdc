/* SPDX-License-Identifier: Apache-2.0 */
/* What an x86 processor has, and the system lets programs use. */
#include "engine/kernels/kernels.h"

unsigned qs_kernels_cpu(void)
{
	unsigned sets = QS_KERNEL_SET_C;

	if (__builtin_cpu_supports("avx2"))
		sets |= QS_KERNEL_SET_AVX2;
	/* Its registers are those of AVX2, and the file of its kernels uses both. */
	if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("f16c"))
		sets |= QS_KERNEL_SET_F16C;
	return sets;
}
