/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of values with AVX2. */
#include <immintrin.h>
#include <string.h>

#include "engine/kernels/kernels.h"

#define WIDTH ((size_t)8)

/* The bits of floats as integers that order as the floats do, and back (IEEE 754-2019, 5.10). */
static inline __m256i to_order(__m256i bits)
{
	return _mm256_xor_si256(bits, _mm256_srli_epi32(_mm256_srai_epi32(bits, 31), 1));
}

static inline __m256i load(const float *in)
{
	return to_order(_mm256_castps_si256(_mm256_loadu_ps(in)));
}

static float from_order(int32_t key)
{
	const int32_t bits = key < 0 ? key ^ INT32_MAX : key;
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

static void take_ends(__m256i least, __m256i most, float *ret_least, float *ret_most)
{
	int32_t low[WIDTH], high[WIDTH];

	memcpy(low, &least, sizeof(low));
	memcpy(high, &most, sizeof(high));
	for (size_t i = 1; i < WIDTH; i++) {
		low[0] = low[i] < low[0] ? low[i] : low[0];
		high[0] = high[i] > high[0] ? high[i] : high[0];
	}
	*ret_least = from_order(low[0]);
	*ret_most = from_order(high[0]);
}

/* What is less than a register is padded with one of its own values. */
static __m256i load_rest(const float *in, size_t n)
{
	float piece[WIDTH];

	for (size_t i = 0; i < WIDTH; i++)
		memcpy(&piece[i], &in[i < n ? i : 0], sizeof(*piece));
	return load(piece);
}

void qs_range__avx2(const float *in, size_t n, float *ret_least, float *ret_most)
{
	__m256i least = _mm256_set1_epi32(INT32_MAX), most = _mm256_set1_epi32(INT32_MIN);

	for (size_t i = 0; i < n; i += WIDTH) {
		const __m256i keys = n - i < WIDTH ? load_rest(in + i, n - i) : load(in + i);

		least = _mm256_min_epi32(least, keys);
		most = _mm256_max_epi32(most, keys);
	}
	take_ends(least, most, ret_least, ret_most);
}
