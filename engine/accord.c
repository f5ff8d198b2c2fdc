/* SPDX-License-Identifier: Apache-2.0 */
/* How well two ways to compute a tensor agree. */
#include "engine/accord.h"

#include <float.h>
#include <math.h>

/* Bits behind the leading one, and the exponent below which there are no more of them. */
#define FLOAT16_BITS 10
#define FLOAT16_LEAST (-14)
#define BFLOAT16_BITS 7
#define BFLOAT16_LEAST (-126)

/* The distance of neighbours at a value. */
static double spacing(double value, int bits, int least)
{
	const int exponent = fabs(value) >= ldexp(1.0, least) ? ilogb(value) : least;

	return ldexp(1.0, exponent - bits);
}

static double largest(const float *values, size_t n)
{
	double most = 0;

	for (size_t i = 0; i < n; i++)
		most = fmax(most, isfinite(values[i]) ? fabs((double)values[i]) : 0);
	return most;
}

static double step_at(const struct qs_site *site, double whole, double value)
{
	if (!site)
		return fmax(whole / 128, FLT_MIN);
	switch ((enum qs_datatype)site->spec.datatype) {
	case QS_DATATYPE_FLOAT16:
		return spacing(isfinite(value) ? value : 0, FLOAT16_BITS, FLOAT16_LEAST);
	case QS_DATATYPE_BFLOAT16:
		return spacing(isfinite(value) ? value : 0, BFLOAT16_BITS, BFLOAT16_LEAST);
	default:
		return site->qparams.n ? site->qparams.scale[0] : 1;
	}
}

/* Infinities of one sign are equal, and so are two NaN; nothing else is near them. */
static double distance(double found, double expected, double step)
{
	if (isnan(found) || isnan(expected))
		return isnan(found) && isnan(expected) ? 0 : INFINITY;
	return found < expected || found > expected ? fabs(found - expected) / step : 0;
}

void qs_accord_add(struct qs_accord *accord, const struct qs_site *site, const float *found,
    const float *expected, size_t n)
{
	const double whole = site ? 0 : largest(expected, n);

	for (size_t i = 0; i < n; i++) {
		const double value = (double)expected[i];
		const double steps = distance((double)found[i], value, step_at(site, whole, value));

		accord->n_values++;
		accord->n_equal += steps < 0.5;
		accord->sum += steps;
		accord->most = fmax(accord->most, steps);
	}
}

double qs_accord_mean(const struct qs_accord *accord)
{
	return accord->n_values ? accord->sum / (double)accord->n_values : 0;
}

double qs_accord_share(const struct qs_accord *accord)
{
	return accord->n_values ? (double)accord->n_equal / (double)accord->n_values : 1;
}
