/* SPDX-License-Identifier: Apache-2.0 */
/* What a 64-bit ARM processor has: NEON is part of the architecture. */
#include "numbers/kernels/kernels.h"

unsigned qs_kernels_cpu(void)
{
	return QS_KERNEL_SET_C | QS_KERNEL_SET_NEON;
}
