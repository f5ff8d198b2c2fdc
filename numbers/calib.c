/* SPDX-License-Identifier: Apache-2.0 */
/* The laws that calibration methods share. */
#include "numbers/calib.h"

#include <float.h>
#include <math.h>

#include "numbers/round.h"

double qs_scale_usable(double scale)
{
	return scale > DBL_MIN ? scale : QS_SCALE_FLOOR;
}

/*
 * The tool keeps the scales of channels in float32 tensors and divides there; one scale for a
 * tensor is a double.
 */
static double divide(const struct qs_calibration *calibration, double a, double b)
{
	const bool in_float = calibration->spec.per_channel && fabs(a) <= (double)FLT_MAX;

	return in_float ? (double)((float)a / (float)b) : a / b;
}

double qs_calib_divisor(const struct qs_calibration *calibration)
{
	const struct qs_int_range range = calibration->range;

	return calibration->scale_law == QS_SCALE_LAW_QMAX ? (double)range.max
	                                                   : (double)(range.max - range.min) / 2.0;
}

struct qs_verdict qs_calib_symmetric(const struct qs_calibration *calibration, double threshold)
{
	const double scale = divide(calibration, threshold, qs_calib_divisor(calibration));

	return (struct qs_verdict){qs_scale_usable(scale), 0, threshold};
}

/* Constant data may put the zero point anywhere; it stays an integer that a double holds. */
struct qs_verdict qs_calib_asymmetric(
    const struct qs_calibration *calibration, double least, double most)
{
	const double levels = (double)(calibration->range.max - calibration->range.min);
	const double scale = qs_scale_usable(divide(calibration, most - least, levels));
	const double zero_point = fmax(-0x1p53, fmin(0x1p53, divide(calibration, -least, scale)));

	return (struct qs_verdict){scale, (int64_t)qs_round_half_even(zero_point), most};
}

int qs_calib_position(const struct qs_calibration *calibration, const struct qs_extent *extent)
{
	const double half = ldexp(1.0, calibration->spec.bit_width - 1);
	const double step =
	    fmax((double)extent->least / (-half - 0.5), (double)extent->most / (half - 0.5));
	int exponent;

	if (!(step > 0.0))
		return 18;
	frexp(1.0 / step, &exponent);
	return exponent - 1;
}

int qs_calib_last_position(const struct qs_calibration *calibration)
{
	return calibration->spec.bit_width <= 8 ? 12 : 15;
}

struct qs_verdict qs_calib_binary(const struct qs_calibration *calibration, int position)
{
	const int last = qs_calib_last_position(calibration);
	const double scale = ldexp(1.0, -(position < last ? position : last));

	return (struct qs_verdict){scale, 0, scale * (double)calibration->range.max};
}
