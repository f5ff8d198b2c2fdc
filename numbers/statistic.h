/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the numbers of several batches become one.
 */
#ifndef NUMBERS_STATISTIC_H
#define NUMBERS_STATISTIC_H

#include <stddef.h>

#include "qstrata/spec.h"

/*
 * The maximum, mean, median (of an even count: the mean of the two in the middle) or mode (of
 * several equally frequent: the smallest) of n >= 1 values, which it may reorder.
 */
double qs_statistic_of(enum qs_statistic statistic, double *values, size_t n);

#endif
