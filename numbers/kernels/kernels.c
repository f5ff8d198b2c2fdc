/* SPDX-License-Identifier: Apache-2.0 */
/* The table of kernels, and the grids that they work on. */
#include "numbers/kernels/kernels.h"

#include <math.h>

void qs_kernels_init(struct qs_kernels *kernels, unsigned sets)
{
#define KERNEL(type, slot, function, SET)                                                          \
	if (sets & QS_KERNEL_SET_##SET)                                                            \
		kernels->slot = function;
#include "numbers/kernels/kernels.def"
#undef KERNEL
}

float qs_grid_first(double bound)
{
	const float nearest = (float)bound;

	return (double)nearest < bound ? nextafterf(nearest, INFINITY) : nearest;
}

float qs_grid_last(double bound)
{
	return -qs_grid_first(-bound);
}

struct qs_grid qs_grid_of(float amp, float step, int32_t low, int32_t high)
{
	return (struct qs_grid){
	    .amp = amp,
	    .step = step,
	    .low = low,
	    .high = high,
	    .first = qs_grid_first((double)low - 0.5),
	    .last = qs_grid_last((double)high + 0.5),
	};
}
