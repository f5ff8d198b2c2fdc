/* SPDX-License-Identifier: Apache-2.0 */
/* Lanes of NEON, as every 64-bit ARM processor has it. */
#ifndef NUMBERS_KERNELS_LANES_NEON_H
#define NUMBERS_KERNELS_LANES_NEON_H

#include <arm_neon.h>

#define LANES(name) name##__neon
#define WIDTH ((size_t)4)
#define DOUBLES ((size_t)2)

typedef float32x4_t floats;
typedef int32x4_t ints;
typedef float64x2_t doubles;
typedef uint16x4_t halves;
typedef uint32x4_t bools;

/* ---- memory ---------------------------------------------------------------------------------- */

INLINE floats all_floats(float value)
{
	return vdupq_n_f32(value);
}

INLINE ints all_ints(int32_t value)
{
	return vdupq_n_s32(value);
}

INLINE floats load(const float *in)
{
	return vld1q_f32(in);
}

INLINE void store(float *out, floats value)
{
	vst1q_f32(out, value);
}

/* Processors write whole lines without reading them first. */
INLINE void stream(float *out, floats value)
{
	vst1q_f32(out, value);
}

INLINE void fence(void)
{
}

INLINE void store_ints(void *out, ints value)
{
	vst1q_s32(out, value);
}

/* The low 16 and 8 bits of each. */
INLINE void store_ints16(void *out, ints value)
{
	vst1_s16(out, vmovn_s32(value));
}

INLINE void store_ints8(void *out, ints value)
{
	const int16x4_t halved = vmovn_s32(value);
	const int8x8_t quartered = vmovn_s16(vcombine_s16(halved, halved));

	vst1_lane_s32(out, vreinterpret_s32_s8(quartered), 0);
}

INLINE halves load_halves(const uint16_t *in)
{
	return vld1_u16(in);
}

INLINE void store_halves(uint16_t *out, halves value)
{
	vst1_u16(out, value);
}

INLINE doubles load_doubles(const double *in)
{
	return vld1q_f64(in);
}

INLINE void store_doubles(double *out, doubles value)
{
	vst1q_f64(out, value);
}

/* ---- floats ---------------------------------------------------------------------------------- */

INLINE floats add(floats a, floats b)
{
	return vaddq_f32(a, b);
}

INLINE floats subtract(floats a, floats b)
{
	return vsubq_f32(a, b);
}

INLINE floats multiply(floats a, floats b)
{
	return vmulq_f32(a, b);
}

INLINE floats divide(floats a, floats b)
{
	return vdivq_f32(a, b);
}

INLINE floats take_greater(floats a, floats b)
{
	return vbslq_f32(vcgtq_f32(a, b), a, b);
}

INLINE floats take_less(floats a, floats b)
{
	return vbslq_f32(vcltq_f32(a, b), a, b);
}

INLINE floats magnitude(floats a)
{
	return vabsq_f32(a);
}

INLINE floats with_sign_of(floats size, floats sign)
{
	return vbslq_f32(vdupq_n_u32(0x80000000U), sign, size);
}

INLINE floats round_even(floats a)
{
	return vrndnq_f32(a);
}

INLINE floats cut(floats a)
{
	return vrndq_f32(a);
}

/* Adds squares to as many sums. A double holds each square, so that fusing both changes no bit. */
INLINE void add_squares(doubles sums[2], floats value)
{
	const doubles low = vcvt_f64_f32(vget_low_f32(value)), high = vcvt_high_f64_f32(value);

	sums[0] = vfmaq_f64(sums[0], low, low);
	sums[1] = vfmaq_f64(sums[1], high, high);
}

/* ---- comparisons ----------------------------------------------------------------------------- */

INLINE bools are_equal(floats a, floats b)
{
	return vceqq_f32(a, b);
}

INLINE bools are_at_most(floats a, floats b)
{
	return vcleq_f32(a, b);
}

INLINE bools are_between(floats a, floats first, floats last)
{
	return vandq_u32(are_at_most(first, a), are_at_most(a, last));
}

INLINE bools are_nan(floats a)
{
	return vmvnq_u32(vceqq_f32(a, a));
}

INLINE floats choose(bools which, floats yes, floats no)
{
	return vbslq_f32(which, yes, no);
}

INLINE ints choose_ints(bools which, ints yes, ints no)
{
	return vbslq_s32(which, yes, no);
}

/* Zeros in the place of those that are not kept, or are dropped. */
INLINE floats keep(bools which, floats value)
{
	return vreinterpretq_f32_u32(vandq_u32(vreinterpretq_u32_f32(value), which));
}

INLINE floats drop(bools which, floats value)
{
	return vreinterpretq_f32_u32(vbicq_u32(vreinterpretq_u32_f32(value), which));
}

/* One more where it is true, which is -1. */
INLINE ints count(ints totals, bools which)
{
	return vsubq_s32(totals, vreinterpretq_s32_u32(which));
}

/* ---- integers -------------------------------------------------------------------------------- */

INLINE ints to_ints(floats a)
{
	return vcvtq_s32_f32(a);
}

INLINE ints bits_of(floats a)
{
	return vreinterpretq_s32_f32(a);
}

INLINE floats from_bits(ints a)
{
	return vreinterpretq_f32_s32(a);
}

INLINE ints add_ints(ints a, ints b)
{
	return vaddq_s32(a, b);
}

INLINE ints and_ints(ints a, ints b)
{
	return vandq_s32(a, b);
}

INLINE ints or_ints(ints a, ints b)
{
	return vorrq_s32(a, b);
}

INLINE ints xor_ints(ints a, ints b)
{
	return veorq_s32(a, b);
}

INLINE ints least_ints(ints a, ints b)
{
	return vminq_s32(a, b);
}

INLINE ints most_ints(ints a, ints b)
{
	return vmaxq_s32(a, b);
}

INLINE ints sign_bits(ints a)
{
	return vshrq_n_s32(a, 31);
}

#define shift_right(a, n) vreinterpretq_s32_u32(vshrq_n_u32(vreinterpretq_u32_s32(a), n))
#define shift_left(a, n) vshlq_n_s32(a, n)

/* ---- 16-bit floats --------------------------------------------------------------------------- */

INLINE ints widen(halves a)
{
	return vreinterpretq_s32_u32(vmovl_u16(a));
}

/* Values of 16 bits. */
INLINE halves narrow(ints a)
{
	return vmovn_u32(vreinterpretq_u32_s32(a));
}

/* As IEEE 754 has it, but for the loud NaN, which becomes a quiet one both ways. */
INLINE halves to_float16(floats a)
{
	return vreinterpret_u16_f16(vcvt_f16_f32(a));
}

INLINE floats from_float16(halves a)
{
	return vcvt_f32_f16(vreinterpret_f16_u16(a));
}

#endif
