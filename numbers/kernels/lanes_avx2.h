/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes of AVX2, F16C and FMA. */
#ifndef NUMBERS_KERNELS_LANES_AVX2_H
#define NUMBERS_KERNELS_LANES_AVX2_H

#include <immintrin.h>

#define LANES(name) name##__avx2
#define WIDTH ((size_t)8)
#define DOUBLES ((size_t)4)

typedef __m256 floats;
typedef __m256i ints;
typedef __m256d doubles;
typedef __m128i halves;
typedef __m256 bools;

/* ---- memory ---------------------------------------------------------------------------------- */

INLINE floats all_floats(float value)
{
	return _mm256_set1_ps(value);
}

INLINE ints all_ints(int32_t value)
{
	return _mm256_set1_epi32(value);
}

INLINE floats load(const float *in)
{
	return _mm256_loadu_ps(in);
}

INLINE void store(float *out, floats value)
{
	_mm256_storeu_ps(out, value);
}

INLINE void stream(float *out, floats value)
{
	_mm256_stream_ps(out, value);
}

INLINE void fence(void)
{
	_mm_sfence();
}

INLINE void store_ints(void *out, ints value)
{
	_mm256_storeu_si256(out, value);
}

/* The low 16 and 8 bits of each: gathered in both halves of the register, then put together. */
INLINE void store_ints16(void *out, ints value)
{
	const ints order = _mm256_setr_epi8(0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1,
	    -1, 0, 1, 4, 5, 8, 9, 12, 13, -1, -1, -1, -1, -1, -1, -1, -1);
	const ints gathered = _mm256_shuffle_epi8(value, order);

	_mm_storeu_si128(out, _mm256_castsi256_si128(_mm256_permute4x64_epi64(gathered, 0x08)));
}

INLINE void store_ints8(void *out, ints value)
{
	const ints order = _mm256_setr_epi8(0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1,
	    -1, 0, 4, 8, 12, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1);
	const ints gathered = _mm256_shuffle_epi8(value, order);
	const ints joined =
	    _mm256_permutevar8x32_epi32(gathered, _mm256_setr_epi32(0, 4, 1, 1, 1, 1, 1, 1));

	_mm_storel_epi64(out, _mm256_castsi256_si128(joined));
}

INLINE halves load_halves(const uint16_t *in)
{
	return _mm_loadu_si128((const __m128i *)in);
}

INLINE void store_halves(uint16_t *out, halves value)
{
	_mm_storeu_si128((__m128i *)out, value);
}

INLINE doubles load_doubles(const double *in)
{
	return _mm256_loadu_pd(in);
}

INLINE void store_doubles(double *out, doubles value)
{
	_mm256_storeu_pd(out, value);
}

/* ---- floats ---------------------------------------------------------------------------------- */

INLINE floats add(floats a, floats b)
{
	return _mm256_add_ps(a, b);
}

INLINE floats subtract(floats a, floats b)
{
	return _mm256_sub_ps(a, b);
}

INLINE floats multiply(floats a, floats b)
{
	return _mm256_mul_ps(a, b);
}

INLINE floats divide(floats a, floats b)
{
	return _mm256_div_ps(a, b);
}

INLINE floats take_greater(floats a, floats b)
{
	return _mm256_max_ps(a, b);
}

INLINE floats take_less(floats a, floats b)
{
	return _mm256_min_ps(a, b);
}

INLINE floats magnitude(floats a)
{
	return _mm256_andnot_ps(_mm256_set1_ps(-0.0F), a);
}

INLINE floats with_sign_of(floats size, floats sign)
{
	return _mm256_or_ps(size, _mm256_and_ps(sign, _mm256_set1_ps(-0.0F)));
}

INLINE floats round_even(floats a)
{
	return _mm256_round_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE floats cut(floats a)
{
	return _mm256_round_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

/* Adds squares to as many sums. A double holds each square, so that fusing both changes no bit. */
INLINE void add_squares(doubles sums[2], floats value)
{
	const doubles low = _mm256_cvtps_pd(_mm256_castps256_ps128(value));
	const doubles high = _mm256_cvtps_pd(_mm256_extractf128_ps(value, 1));

	sums[0] = _mm256_fmadd_pd(low, low, sums[0]);
	sums[1] = _mm256_fmadd_pd(high, high, sums[1]);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

INLINE bools are_equal(floats a, floats b)
{
	return _mm256_cmp_ps(a, b, _CMP_EQ_OQ);
}

INLINE bools are_at_most(floats a, floats b)
{
	return _mm256_cmp_ps(a, b, _CMP_LE_OQ);
}

INLINE bools are_between(floats a, floats first, floats last)
{
	return _mm256_and_ps(are_at_most(first, a), are_at_most(a, last));
}

INLINE bools are_nan(floats a)
{
	return _mm256_cmp_ps(a, a, _CMP_UNORD_Q);
}

INLINE floats choose(bools which, floats yes, floats no)
{
	return _mm256_blendv_ps(no, yes, which);
}

INLINE ints choose_ints(bools which, ints yes, ints no)
{
	return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(which));
}

/* Zeros in the place of those that are not kept, or are dropped. */
INLINE floats keep(bools which, floats value)
{
	return _mm256_and_ps(which, value);
}

INLINE floats drop(bools which, floats value)
{
	return _mm256_andnot_ps(which, value);
}

/* One more where it is true, which is -1. */
INLINE ints count(ints totals, bools which)
{
	return _mm256_sub_epi32(totals, _mm256_castps_si256(which));
}

/* ---- integers -------------------------------------------------------------------------------- */

INLINE ints to_ints(floats a)
{
	return _mm256_cvttps_epi32(a);
}

INLINE ints bits_of(floats a)
{
	return _mm256_castps_si256(a);
}

INLINE floats from_bits(ints a)
{
	return _mm256_castsi256_ps(a);
}

INLINE ints add_ints(ints a, ints b)
{
	return _mm256_add_epi32(a, b);
}

INLINE ints and_ints(ints a, ints b)
{
	return _mm256_and_si256(a, b);
}

INLINE ints or_ints(ints a, ints b)
{
	return _mm256_or_si256(a, b);
}

INLINE ints xor_ints(ints a, ints b)
{
	return _mm256_xor_si256(a, b);
}

INLINE ints least_ints(ints a, ints b)
{
	return _mm256_min_epi32(a, b);
}

INLINE ints most_ints(ints a, ints b)
{
	return _mm256_max_epi32(a, b);
}

INLINE ints sign_bits(ints a)
{
	return _mm256_srai_epi32(a, 31);
}

#define shift_right(a, n) _mm256_srli_epi32(a, n)
#define shift_left(a, n) _mm256_slli_epi32(a, n)

/* ---- 16-bit floats --------------------------------------------------------------------------- */

INLINE ints widen(halves a)
{
	return _mm256_cvtepu16_epi32(a);
}

/* Values of 16 bits. */
INLINE halves narrow(ints a)
{
	return _mm_packus_epi32(_mm256_castsi256_si128(a), _mm256_extracti128_si256(a, 1));
}

/* As IEEE 754 has it, but for the loud NaN, which becomes a quiet one both ways. */
INLINE halves to_float16(floats a)
{
	return _mm256_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT);
}

INLINE floats from_float16(halves a)
{
	return _mm256_cvtph_ps(a);
}

#endif
