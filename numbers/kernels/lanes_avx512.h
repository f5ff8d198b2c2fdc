/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes of AVX-512 (F, BW, DQ and VL). */
#ifndef NUMBERS_KERNELS_LANES_AVX512_H
#define NUMBERS_KERNELS_LANES_AVX512_H

#include <immintrin.h>

#define LANES(name) name##__avx512
#define WIDTH ((size_t)16)
#define DOUBLES ((size_t)8)

typedef __m512 floats;
typedef __m512i ints;
typedef __m512d doubles;
typedef __m256i halves;
typedef __mmask16 bools;

/* ---- memory ---------------------------------------------------------------------------------- */

INLINE floats all_floats(float value)
{
	return _mm512_set1_ps(value);
}

INLINE ints all_ints(int32_t value)
{
	return _mm512_set1_epi32(value);
}

INLINE floats load(const float *in)
{
	return _mm512_loadu_ps(in);
}

INLINE void store(float *out, floats value)
{
	_mm512_storeu_ps(out, value);
}

INLINE void stream(float *out, floats value)
{
	_mm512_stream_ps(out, value);
}

INLINE void fence(void)
{
	_mm_sfence();
}

INLINE void store_ints(void *out, ints value)
{
	_mm512_storeu_si512(out, value);
}

/* The low 16 and 8 bits of each. */
INLINE void store_ints16(void *out, ints value)
{
	_mm256_storeu_si256(out, _mm512_cvtepi32_epi16(value));
}

INLINE void store_ints8(void *out, ints value)
{
	_mm_storeu_si128(out, _mm512_cvtepi32_epi8(value));
}

INLINE halves load_halves(const uint16_t *in)
{
	return _mm256_loadu_si256((const __m256i *)in);
}

INLINE void store_halves(uint16_t *out, halves value)
{
	_mm256_storeu_si256((__m256i *)out, value);
}

INLINE doubles load_doubles(const double *in)
{
	return _mm512_loadu_pd(in);
}

INLINE void store_doubles(double *out, doubles value)
{
	_mm512_storeu_pd(out, value);
}

/* ---- floats ---------------------------------------------------------------------------------- */

INLINE floats add(floats a, floats b)
{
	return _mm512_add_ps(a, b);
}

INLINE floats subtract(floats a, floats b)
{
	return _mm512_sub_ps(a, b);
}

INLINE floats multiply(floats a, floats b)
{
	return _mm512_mul_ps(a, b);
}

INLINE floats divide(floats a, floats b)
{
	return _mm512_div_ps(a, b);
}

INLINE floats take_greater(floats a, floats b)
{
	return _mm512_max_ps(a, b);
}

INLINE floats take_less(floats a, floats b)
{
	return _mm512_min_ps(a, b);
}

INLINE floats magnitude(floats a)
{
	return _mm512_abs_ps(a);
}

INLINE floats with_sign_of(floats size, floats sign)
{
	return _mm512_or_ps(size, _mm512_and_ps(sign, _mm512_set1_ps(-0.0F)));
}

INLINE floats round_even(floats a)
{
	return _mm512_roundscale_ps(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE floats cut(floats a)
{
	return _mm512_roundscale_ps(a, _MM_FROUND_TO_ZERO | _MM_FROUND_NO_EXC);
}

/* Adds squares to as many sums. A double holds each square, so that fusing both changes no bit. */
INLINE void add_squares(doubles sums[2], floats value)
{
	const doubles low = _mm512_cvtps_pd(_mm512_castps512_ps256(value));
	const doubles high = _mm512_cvtps_pd(_mm512_extractf32x8_ps(value, 1));

	sums[0] = _mm512_fmadd_pd(low, low, sums[0]);
	sums[1] = _mm512_fmadd_pd(high, high, sums[1]);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

INLINE bools are_equal(floats a, floats b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ);
}

INLINE bools are_at_most(floats a, floats b)
{
	return _mm512_cmp_ps_mask(a, b, _CMP_LE_OQ);
}

INLINE bools are_between(floats a, floats first, floats last)
{
	return _mm512_mask_cmp_ps_mask(are_at_most(first, a), a, last, _CMP_LE_OQ);
}

INLINE bools are_nan(floats a)
{
	return _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q);
}

INLINE floats choose(bools which, floats yes, floats no)
{
	return _mm512_mask_blend_ps(which, no, yes);
}

INLINE ints choose_ints(bools which, ints yes, ints no)
{
	return _mm512_mask_blend_epi32(which, no, yes);
}

/* Zeros in the place of those that are not kept, or are dropped. */
INLINE floats keep(bools which, floats value)
{
	return _mm512_maskz_mov_ps(which, value);
}

INLINE floats drop(bools which, floats value)
{
	return _mm512_maskz_mov_ps((bools)~which, value);
}

/* One more where it is true. */
INLINE ints count(ints totals, bools which)
{
	return _mm512_mask_add_epi32(totals, which, totals, _mm512_set1_epi32(1));
}

/* ---- integers -------------------------------------------------------------------------------- */

INLINE ints to_ints(floats a)
{
	return _mm512_cvttps_epi32(a);
}

INLINE ints bits_of(floats a)
{
	return _mm512_castps_si512(a);
}

INLINE floats from_bits(ints a)
{
	return _mm512_castsi512_ps(a);
}

INLINE ints add_ints(ints a, ints b)
{
	return _mm512_add_epi32(a, b);
}

INLINE ints and_ints(ints a, ints b)
{
	return _mm512_and_si512(a, b);
}

INLINE ints or_ints(ints a, ints b)
{
	return _mm512_or_si512(a, b);
}

INLINE ints xor_ints(ints a, ints b)
{
	return _mm512_xor_si512(a, b);
}

INLINE ints least_ints(ints a, ints b)
{
	return _mm512_min_epi32(a, b);
}

INLINE ints most_ints(ints a, ints b)
{
	return _mm512_max_epi32(a, b);
}

INLINE ints sign_bits(ints a)
{
	return _mm512_srai_epi32(a, 31);
}

#define shift_right(a, n) _mm512_srli_epi32(a, n)
#define shift_left(a, n) _mm512_slli_epi32(a, n)

/* ---- 16-bit floats --------------------------------------------------------------------------- */

INLINE ints widen(halves a)
{
	return _mm512_cvtepu16_epi32(a);
}

/* Values of 16 bits. */
INLINE halves narrow(ints a)
{
	return _mm512_cvtepi32_epi16(a);
}

/* As IEEE 754 has it, but for the loud NaN, which becomes a quiet one both ways. */
INLINE halves to_float16(floats a)
{
	return _mm512_cvtps_ph(a, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}

INLINE floats from_float16(halves a)
{
	return _mm512_cvtph_ps(a);
}

#endif
