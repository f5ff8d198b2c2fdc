/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kernels. */
#include "engine/kernels/kernels.h"

void qs_kernels_init(struct qs_kernels *kernels, unsigned sets)
{
#define KERNEL(type, slot, function, SET)                                                          \
	if (sets & QS_KERNEL_SET_##SET)                                                            \
		kernels->slot = function;
#include "engine/kernels/kernels.def"
#undef KERNEL
}
