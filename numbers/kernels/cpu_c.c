/* SPDX-License-Identifier: Apache-2.0 */
/* A processor for which there are no kernels but those in C. */
#include "numbers/kernels/kernels.h"

unsigned qs_kernels_cpu(void)
{
	return QS_KERNEL_SET_C;
}
