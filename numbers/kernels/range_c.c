/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of values, and what among them is no ordinary number, in C. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "numbers/kernels/kernels.h"

void qs_census__c(
    const float *in, size_t n, float amp, float first, float last, struct qs_census *census)
{
	size_t nan = 0, infinite = 0, beyond = 0;

	for (size_t i = 0; i < n; i++) {
		const float scaled = in[i] * amp;
		const size_t finite = fabsf(in[i]) <= FLT_MAX;
		const size_t number = in[i] == in[i];
		const size_t inside = (scaled >= first) & (scaled <= last);

		nan += number ^ 1U;
		infinite += number ^ finite;
		beyond += finite & (inside ^ 1U);
	}
	census->nan += nan;
	census->infinite += infinite;
	census->beyond += beyond;
}

/* The bits of a float as an integer that orders as the floats do (IEEE 754-2019, 5.10). */
static int32_t to_order(int32_t bits)
{
	return bits < 0 ? bits ^ INT32_MAX : bits;
}

static float from_order(int32_t key)
{
	const int32_t bits = to_order(key);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/*
 * Integers, since a minimum of floats has an order of evaluation that keeps it from being
 * vectorized.
 */
void qs_range__c(const float *in, size_t n, float *ret_least, float *ret_most)
{
	int32_t least = INT32_MAX, most = INT32_MIN;

	for (size_t i = 0; i < n; i++) {
		int32_t bits;

		memcpy(&bits, &in[i], sizeof(bits));
		bits = to_order(bits);
		least = bits < least ? bits : least;
		most = bits > most ? bits : most;
	}
	*ret_least = from_order(least);
	*ret_most = from_order(most);
}
