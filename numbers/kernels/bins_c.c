/* SPDX-License-Identifier: Apache-2.0 */
/* Histograms in C. */
#include <math.h>

#include "numbers/kernels/kernels.h"

void qs_bins__c(const float *in, size_t n, float most, size_t n_bins, uint64_t *bins)
{
	for (size_t i = 0; i < n; i++) {
		const size_t bin = (size_t)(fabsf(in[i]) / most * (float)n_bins);

		bins[bin < n_bins ? bin : n_bins - 1]++;
	}
}
