/* SPDX-License-Identifier: Apache-2.0 */
/* The method "maxmin": the scale comes from the smallest and the largest value. */
#include <math.h>

#include "numbers/calib.h"
#include "numbers/registry.h"

static enum qs_status decide(const struct qs_calibration *calibration,
    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict)
{
	const double least = (double)extent->least, most = (double)extent->most;

	(void)state;
	if (calibration->spec.scale_type == QS_SCALE_TYPE_POWEROFTWO)
		*ret_verdict = qs_calib_binary(calibration, qs_calib_position(calibration, extent));
	else if (calibration->spec.symmetry)
		*ret_verdict = qs_calib_symmetric(calibration, fmax(fabs(least), fabs(most)));
	else
		*ret_verdict = qs_calib_asymmetric(calibration, least, most);
	return QS_OK;
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_SYMMETRY, QS_PARAM_PER_CHANNEL,
    QS_PARAM_SIGNED, QS_PARAM_NARROW_RANGE, QS_PARAM_SCALE_TYPE, QS_PARAM_STATISTIC};

const struct qs_calibrator qs_calib_maxmin = {
    .plugin = {QS_PLUGIN_ABI, "maxmin", "from the smallest and the largest value", reads,
	sizeof(reads) / sizeof(*reads)},
    .decide = decide,
};
