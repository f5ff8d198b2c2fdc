/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Quantizers from the inside; their calls are in qstrata/numbers.h.
 */
#ifndef NUMBERS_QUANTIZER_H
#define NUMBERS_QUANTIZER_H

#include "numbers/kernels/kernels.h"
#include "qstrata/numbers.h"

/* Adds what kernels found to what callers are told. */
void qs_census_count(const struct qs_census *census, struct qs_counts *counts);

#endif
