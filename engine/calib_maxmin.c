/* SPDX-License-Identifier: Apache-2.0 */
/* The method "maxmin": the scale comes from the smallest and the largest value. */
#include <math.h>

#include "engine/calib.h"
#include "engine/registry.h"

static enum qs_status measure(
    const struct qs_calib *calib, const struct qs_channel *channel, struct qs_verdict *ret_verdict)
{
	const struct qs_spec *spec = &calib->calibration->spec;
	const double least = (double)channel->least, most = (double)channel->most;

	if (spec->scale_type == QS_SCALE_TYPE_POWEROFTWO)
		*ret_verdict = qs_calib_binary(calib, qs_calib_position(calib, least, most));
	else if (spec->symmetry)
		*ret_verdict = qs_calib_symmetric(calib, fmax(fabs(least), fabs(most)));
	else
		*ret_verdict = qs_calib_asymmetric(calib, least, most);
	return QS_OK;
}

static enum qs_status observe(void *state, struct qs_layout layout, const float *data)
{
	return qs_calib_observe(state, layout, data, measure);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_SYMMETRY, QS_PARAM_PER_CHANNEL,
    QS_PARAM_SIGNED, QS_PARAM_NARROW_RANGE, QS_PARAM_SCALE_TYPE, QS_PARAM_STATISTIC};

const struct qs_calibrator qs_calib_maxmin = {
    .plugin = {QS_PLUGIN_ABI, "maxmin", "from the smallest and the largest value", reads,
	sizeof(reads) / sizeof(*reads)},
    .begin = qs_calib_begin,
    .observe = observe,
    .result = qs_calib_result,
    .end = qs_calib_end,
    .batch_scales = qs_calib_batch_scales,
};
