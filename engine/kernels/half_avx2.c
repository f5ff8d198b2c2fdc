/* SPDX-License-Identifier: Apache-2.0 */
/* 16-bit floats with AVX2 and F16C, whose conversions are those of IEEE 754. */
#include <immintrin.h>
#include <string.h>

#include "engine/kernels/kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define WIDTH ((size_t)8)

/* Eight values each way. */
typedef __m128i narrow_lanes(__m256 in);
typedef __m256 widen_lanes(__m128i in);

INLINE __m128i to_bfloat16(__m256 in)
{
	const __m256i bits = _mm256_castps_si256(in);
	const __m256i is_nan = _mm256_castps_si256(_mm256_cmp_ps(in, in, _CMP_UNORD_Q));
	const __m256i high = _mm256_srli_epi32(bits, 16);
	const __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
	const __m256i rounded = _mm256_srli_epi32(
	    _mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
	const __m256i quiet = _mm256_or_si256(high, _mm256_set1_epi32(0x40));
	const __m256i half = _mm256_blendv_epi8(rounded, quiet, is_nan);

	return _mm_packus_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

INLINE __m256 from_bfloat16(__m128i in)
{
	return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(in), 16));
}

INLINE __m128i to_float16(__m256 in)
{
	return _mm256_cvtps_ph(in, _MM_FROUND_TO_NEAREST_INT);
}

/* The instruction makes every NaN a quiet one; C keeps the bit as it is. */
INLINE __m256 from_float16(__m128i in)
{
	const __m256 value = _mm256_cvtph_ps(in);
	const __m256 is_nan = _mm256_cmp_ps(value, value, _CMP_UNORD_Q);
	const __m256i shifted = _mm256_slli_epi32(_mm256_cvtepu16_epi32(in), 13);
	const __m256i was_loud = _mm256_andnot_si256(shifted, _mm256_set1_epi32(0x400000));

	return _mm256_andnot_ps(_mm256_and_ps(is_nan, _mm256_castsi256_ps(was_loud)), value);
}

INLINE void narrow(const float *in, size_t n, uint16_t *out, narrow_lanes *convert)
{
	float piece[WIDTH] = {0.0F};
	__m128i half;
	size_t i = 0;

	for (; i + WIDTH <= n; i += WIDTH)
		_mm_storeu_si128((__m128i *)(out + i), convert(_mm256_loadu_ps(in + i)));
	if (i == n)
		return;
	memcpy(piece, in + i, (n - i) * sizeof(*in));
	half = convert(_mm256_loadu_ps(piece));
	memcpy(out + i, &half, (n - i) * sizeof(*out));
}

INLINE void widen(const uint16_t *in, size_t n, float *out, widen_lanes *convert)
{
	uint16_t piece[WIDTH] = {0};
	__m256 value;
	size_t i = 0;

	for (; i + WIDTH <= n; i += WIDTH)
		_mm256_storeu_ps(out + i, convert(_mm_loadu_si128((const __m128i *)(in + i))));
	if (i == n)
		return;
	memcpy(piece, in + i, (n - i) * sizeof(*in));
	value = convert(_mm_loadu_si128((const __m128i *)piece));
	memcpy(out + i, &value, (n - i) * sizeof(*out));
}

void qs_float_to_bfloat16__avx2(const float *in, size_t n, uint16_t *out)
{
	narrow(in, n, out, to_bfloat16);
}

void qs_float_to_float16__f16c(const float *in, size_t n, uint16_t *out)
{
	narrow(in, n, out, to_float16);
}

void qs_bfloat16_to_float__avx2(const uint16_t *in, size_t n, float *out)
{
	widen(in, n, out, from_bfloat16);
}

void qs_float16_to_float__f16c(const uint16_t *in, size_t n, float *out)
{
	widen(in, n, out, from_float16);
}
