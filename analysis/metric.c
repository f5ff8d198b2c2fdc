/* SPDX-License-Identifier: Apache-2.0 */
/* Metrics: sums over pairs, and what they come to. */
#include "analysis/metric.h"

#include <math.h>
#include <string.h>

#define MORE true
#define LESS false
static const struct qs_metric_facts infos[] = {
#define METRIC(id, name, better, what) {#name, what, better},
#include "qstrata/metrics.def"
};
#undef MORE
#undef LESS

const struct qs_metric_facts *qs_metric_info(enum qs_metric metric)
{
	return &infos[metric];
}

enum qs_metric qs_metric_of(const char *name)
{
	size_t i = 0;

	while (i < QS_METRIC__COUNT && strcmp(infos[i].name, name) != 0)
		i++;
	return (enum qs_metric)i;
}

bool qs_metric_better(enum qs_metric metric, double a, double b)
{
	if (isnan(a) || isnan(b))
		return !isnan(a) && isnan(b);
	return infos[metric].more_is_better ? a > b : a < b;
}

static void add_pair(struct qs_agreement *agreement, double expected, double found)
{
	const double difference = fabs(found - expected);

	agreement->product += expected * found;
	agreement->expected_square += expected * expected;
	agreement->found_square += found * found;
	agreement->absolute += difference;
	agreement->square += difference * difference;
	if (difference > agreement->largest || isnan(difference))
		agreement->largest = difference;
}

static double largest_of(const float *values, size_t n)
{
	double largest = (double)values[0];

	for (size_t i = 1; i < n; i++)
		largest = fmax(largest, (double)values[i]);
	return largest;
}

static double log_of_sum(const float *values, size_t n, double largest)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += exp((double)values[i] - largest);
	return log(sum);
}

/* The sum of p * (log p - log q), where p and q are the softmax of what was expected and found. */
static double divergence_of(const float *expected, const float *found, size_t n)
{
	const double most_p = largest_of(expected, n), most_q = largest_of(found, n);
	const double log_p = log_of_sum(expected, n, most_p);
	const double log_q = log_of_sum(found, n, most_q);
	double sum = 0.0;

	for (size_t i = 0; i < n; i++) {
		const double p = (double)expected[i] - most_p - log_p;
		const double q = (double)found[i] - most_q - log_q;

		sum += exp(p) * (p - q);
	}
	/* Equal distributions differ by what the sum is rounded by, and nothing is below 0. */
	return sum < 0.0 ? 0.0 : sum;
}

void qs_agreement_add(
    struct qs_agreement *agreement, const float *expected, const float *found, size_t n, size_t row)
{
	const size_t length = row ? row : n;

	for (size_t i = 0; i < n; i++)
		add_pair(agreement, (double)expected[i], (double)found[i]);
	for (size_t at = 0; at < n; at += length) {
		agreement->divergence += divergence_of(expected + at, found + at, length);
		agreement->n_rows++;
	}
	agreement->n += n;
}

static double cosine_of(const struct qs_agreement *agreement)
{
	const double length = sqrt(agreement->expected_square) * sqrt(agreement->found_square);

	return length == 0.0 ? 0.0 : agreement->product / length;
}

double qs_agreement_of(const struct qs_agreement *agreement, enum qs_metric metric)
{
	const double n = (double)agreement->n;

	if (!agreement->n)
		return NAN;
	switch (metric) {
	case QS_METRIC_COSINE:
		return cosine_of(agreement);
	case QS_METRIC_L1:
		return agreement->absolute / n;
	case QS_METRIC_MSE:
		return agreement->square / n;
	case QS_METRIC_SQNR:
		return agreement->square == 0.0
		           ? INFINITY
		           : 10.0 * log10(agreement->expected_square / agreement->square);
	case QS_METRIC_KL:
		return agreement->divergence / (double)agreement->n_rows;
	case QS_METRIC_ATOL:
		return agreement->largest;
	default:
		return NAN;
	}
}

void qs_compare_floats(const float *expected, const float *found, size_t n, size_t row,
    double ret_values[QS_METRIC__COUNT])
{
	struct qs_agreement agreement = QS_AGREEMENT_INIT;

	qs_agreement_add(&agreement, expected, found, n, row);
	for (int i = 0; i < QS_METRIC__COUNT; i++)
		ret_values[i] = qs_agreement_of(&agreement, (enum qs_metric)i);
}
