/* SPDX-License-Identifier: Apache-2.0 */
/* 16-bit floats in C, by integer arithmetic alone (IEEE 754-2019, 4.3.1 and 3.6). */
#include <string.h>

#include "numbers/kernels/kernels.h"

static uint32_t bits_of(float value)
{
	uint32_t bits;

	memcpy(&bits, &value, sizeof(bits));
	return bits;
}

static float float_of(uint32_t bits)
{
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

/* value / 2^shift, nearest, ties to even; 1 <= shift <= 31. */
static uint32_t shift_right(uint32_t value, uint32_t shift)
{
	const uint32_t odd = value >> shift & 1U;

	return (value + (1U << (shift - 1U)) - 1U + odd) >> shift;
}

static uint16_t to_bfloat16(uint32_t bits)
{
	if ((bits & 0x7fffffffU) > 0x7f800000U)
		return (uint16_t)(bits >> 16 | 0x40U);
	return (uint16_t)shift_right(bits, 16);
}

/*
 * The bias of the exponent is 127 in float32 and 15 in float16. Rounding may carry into the
 * exponent, which is then the right one. From 65520 = 0x477ff000 on, the nearest float16 would be
 * 2^16.
 */
static uint16_t to_float16(uint32_t bits)
{
	const uint32_t sign = bits >> 16 & 0x8000U, magnitude = bits & 0x7fffffffU;
	const uint32_t exponent = magnitude >> 23;
	uint32_t half;

	if (magnitude > 0x7f800000U)
		half = 0x7e00U | (magnitude >> 13 & 0x1ffU);
	else if (magnitude >= 0x477ff000U)
		half = 0x7c00U;
	else if (exponent > 112U)
		half = shift_right(magnitude - (112U << 23), 13);
	else if (exponent > 101U) /* subnormal: units of 2^-24 */
		half = shift_right((magnitude & 0x7fffffU) | 0x800000U, 126U - exponent);
	else
		half = 0U;
	return (uint16_t)(sign | half);
}

static uint32_t from_float16(uint32_t half)
{
	const uint32_t sign = (half & 0x8000U) << 16, magnitude = half & 0x7fffU;

	if (magnitude >= 0x7c00U)
		return sign | 0x7f800000U | (magnitude & 0x3ffU) << 13;
	if (magnitude >= 0x400U)
		return sign | ((magnitude << 13) + (112U << 23));
	return sign | bits_of((float)magnitude * 0x1p-24F);
}

void qs_float_to_bfloat16__c(const float *in, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = to_bfloat16(bits_of(in[i]));
}

void qs_float_to_float16__c(const float *in, size_t n, uint16_t *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = to_float16(bits_of(in[i]));
}

void qs_bfloat16_to_float__c(const uint16_t *in, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = float_of((uint32_t)in[i] << 16);
}

void qs_float16_to_float__c(const uint16_t *in, size_t n, float *out)
{
	for (size_t i = 0; i < n; i++)
		out[i] = float_of(from_float16(in[i]));
}

/* There and back in pieces that stay in the cache. */
static void fake(const float *in, size_t n, float *out, qs_kernel_float_to_half *narrow,
    qs_kernel_half_to_float *widen)
{
	uint16_t piece[256];

	for (size_t done = 0; done < n; done += 256) {
		const size_t size = n - done < 256 ? n - done : 256;

		narrow(in + done, size, piece);
		widen(piece, size, out + done);
	}
}

void qs_bfloat16_fake__c(const float *in, size_t n, float *out, struct qs_census *census)
{
	qs_census__c(in, n, 1.0F, -QS_BFLOAT16_LARGEST, QS_BFLOAT16_LARGEST, census);
	fake(in, n, out, qs_float_to_bfloat16__c, qs_bfloat16_to_float__c);
}

void qs_float16_fake__c(const float *in, size_t n, float *out, struct qs_census *census)
{
	qs_census__c(in, n, 1.0F, -QS_FLOAT16_LARGEST, QS_FLOAT16_LARGEST, census);
	fake(in, n, out, qs_float_to_float16__c, qs_float16_to_float__c);
}
