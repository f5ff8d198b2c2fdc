/* SPDX-License-Identifier: Apache-2.0 */
/* What a pair of QuantizeLinear and DequantizeLinear gives. */
#include "engine/pair.h"

#include <math.h>

/* The nearest multiple within a range, as a number of steps. */
static float nearest(float scaled, float low, float high)
{
	const float raised = scaled > low ? scaled : low;
	const float value = raised < high ? raised : high;

	return nearbyintf(value);
}

void qs_pair_apply(const struct qs_site *site, const struct qs_onnx_form *form, const float *in,
    size_t n, float *out)
{
	const struct qs_qparams *qparams = &site->qparams;
	const int64_t zero = qs_onnx_zero_point(site);
	const float scale = (float)qparams->scale[0];
	const float low = (float)(qparams->quant_min - zero);
	const float high = (float)(qparams->quant_max - zero);
	const int64_t steps = form->shifts ? zero - qparams->zero_point[0] : 0;
	const float distance = (float)((double)steps * qparams->scale[0]);

	for (size_t i = 0; i < n; i++)
		out[i] = nearest((in[i] - distance) / scale, low, high) * scale + distance;
}
