/* SPDX-License-Identifier: Apache-2.0 */
/* How the numbers of several batches become one. */
#include "numbers/statistic.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double mean(const double *values, size_t n)
{
	double sum = 0.0;

	for (size_t i = 0; i < n; i++)
		sum += values[i];
	return sum / (double)n;
}

/* The longest run of equals in ascending order, the first of several. */
static double mode(const double *sorted, size_t n)
{
	double best = sorted[0];
	size_t longest = 0;

	for (size_t i = 0, first = 0; i < n; i++) {
		if (sorted[i] != sorted[first])
			first = i;
		if (i - first + 1 > longest) {
			longest = i - first + 1;
			best = sorted[i];
		}
	}
	return best;
}

double qs_statistic_of(enum qs_statistic statistic, double *values, size_t n)
{
	if (statistic == QS_STATISTIC_MEAN)
		return mean(values, n);
	qsort(values, n, sizeof(*values), compare);
	switch (statistic) {
	case QS_STATISTIC_MAX:
		return values[n - 1];
	case QS_STATISTIC_MEDIAN:
		return n % 2 ? values[n / 2] : (values[n / 2 - 1] + values[n / 2]) / 2.0;
	default:
		return mode(values, n);
	}
}
