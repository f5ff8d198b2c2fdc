/* SPDX-License-Identifier: Apache-2.0 */
/* What one scale makes of values. */
#include "numbers/lattice.h"

#include <float.h>
#include <math.h>

#include "numbers/calib.h"

struct qs_lattice qs_lattice_of(const struct qs_qparams *qparams, size_t channel)
{
	const size_t at = qparams->n == 1 ? 0 : channel;
	const double amp =
	    fmax(0x1p-127, fmin(1.0 / qs_scale_usable(qparams->scale[at]), (double)FLT_MAX));
	const int64_t zero_point = qparams->zero_point[at];

	return (struct qs_lattice){
	    .amp = (float)amp,
	    .step = 1.0F / (float)amp,
	    .low = qparams->quant_min - zero_point,
	    .high = qparams->quant_max - zero_point,
	    .zero_point = zero_point,
	};
}

/* Floats from here on are integers. */
#define WHOLE 0x1p23F

/* A NaN fails the first comparison, and ends are integers. */
static bool is_tie(float scaled, float low, float high)
{
	const float raised = scaled > low ? scaled : low;
	const float value = raised < high ? raised : high;
	const float rest = value - (float)(int32_t)value;

	return rest == 0.5F || rest == -0.5F;
}

uint64_t qs_lattice_count_ties(const struct qs_lattice *lattice, const float *values, size_t n)
{
	const float low = fmaxf((float)lattice->low, -WHOLE);
	const float high = fminf((float)lattice->high, WHOLE);
	uint64_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += is_tie(values[i] * lattice->amp, low, high);
	return count;
}
