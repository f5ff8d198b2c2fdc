/* SPDX-License-Identifier: Apache-2.0 */
/* Moments of values in pieces. */
#include "analysis/moments.h"

#include <math.h>

static void add_to_sum(struct qs_moments *moments, float value, double *sum)
{
	if (isnan(value)) {
		moments->nan++;
		return;
	}
	if (isinf(value)) {
		moments->infinite++;
		return;
	}
	moments->least = !moments->n || value < moments->least ? value : moments->least;
	moments->most = !moments->n || value > moments->most ? value : moments->most;
	moments->n++;
	*sum += (double)value;
}

void qs_moments_add(struct qs_moments *moments, const float *values, size_t n)
{
	struct qs_moments piece = QS_MOMENTS_INIT;
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		add_to_sum(&piece, values[i], &sum);
	piece.mean = piece.n ? sum / (double)piece.n : 0.0;
	for (size_t i = 0; i < n; i++) {
		const double distance = (double)values[i] - piece.mean;

		piece.squares += isfinite(values[i]) ? distance * distance : 0.0;
	}
	qs_moments_merge(moments, &piece);
}

/* Both have finite values. */
static void merge_finite(struct qs_moments *moments, const struct qs_moments *other)
{
	const double a = (double)moments->n, b = (double)other->n;
	const double distance = other->mean - moments->mean;

	moments->least = fminf(moments->least, other->least);
	moments->most = fmaxf(moments->most, other->most);
	moments->mean += distance * (b / (a + b));
	moments->squares += other->squares + distance * distance * (a * b / (a + b));
	moments->n += other->n;
}

void qs_moments_merge(struct qs_moments *moments, const struct qs_moments *other)
{
	const uint64_t nan = moments->nan + other->nan;
	const uint64_t infinite = moments->infinite + other->infinite;

	if (!moments->n)
		*moments = *other;
	else if (other->n)
		merge_finite(moments, other);
	moments->nan = nan;
	moments->infinite = infinite;
}

double qs_moments_variance(const struct qs_moments *moments)
{
	return moments->n < 2 ? (double)NAN : moments->squares / (double)(moments->n - 1);
}
