/* SPDX-License-Identifier: Apache-2.0 */
/* Equally spaced values with AVX2: eight at a time, the same bits as in C. */
#include <immintrin.h>
#include <string.h>

#include "engine/kernels/kernels.h"

#define INLINE static inline __attribute__((always_inline))
#define WIDTH ((size_t)8)

/* A grid in registers. */
struct lanes {
	__m256 amp, step, low, high;
};

INLINE struct lanes spread(const struct qs_grid *grid)
{
	return (struct lanes){_mm256_set1_ps(grid->amp), _mm256_set1_ps(grid->step),
	    _mm256_set1_ps((float)grid->low), _mm256_set1_ps((float)grid->high)};
}

/*
 * Away from zero by what the comparisons of the fraction with a half say; `mode` and so the
 * comparisons are constants where this is used. A true comparison is -1.
 */
INLINE __m256i nearest(__m256 value, enum qs_kernel_rounding mode)
{
	const __m256 half = _mm256_set1_ps(0.5F), minus_half = _mm256_set1_ps(-0.5F);
	const __m256i whole = _mm256_cvttps_epi32(value);
	const __m256 rest = _mm256_sub_ps(value, _mm256_cvtepi32_ps(whole));
	__m256 up, down;

	if (mode == QS_KERNEL_HALF_EVEN)
		return _mm256_cvttps_epi32(
		    _mm256_round_ps(value, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
	up = mode == QS_KERNEL_HALF_DOWN ? _mm256_cmp_ps(rest, half, _CMP_GT_OQ)
	                                 : _mm256_cmp_ps(rest, half, _CMP_GE_OQ);
	down = mode == QS_KERNEL_STD_ROUND ? _mm256_cmp_ps(rest, minus_half, _CMP_LE_OQ)
	                                   : _mm256_cmp_ps(rest, minus_half, _CMP_LT_OQ);
	return _mm256_add_epi32(
	    _mm256_sub_epi32(whole, _mm256_castps_si256(up)), _mm256_castps_si256(down));
}

/* The maximum is its second operand when the first is NaN, as the comparison in C has it. */
INLINE __m256i quantize(__m256 in, const struct lanes *lanes, enum qs_kernel_rounding mode)
{
	const __m256 raised = _mm256_max_ps(_mm256_mul_ps(in, lanes->amp), lanes->low);

	return nearest(_mm256_min_ps(raised, lanes->high), mode);
}

INLINE __m256 fake_lanes(__m256 in, const struct lanes *lanes, enum qs_kernel_rounding mode)
{
	const __m256 value =
	    _mm256_mul_ps(_mm256_cvtepi32_ps(quantize(in, lanes, mode)), lanes->step);

	return _mm256_add_ps(value, _mm256_and_ps(in, _mm256_cmp_ps(in, in, _CMP_UNORD_Q)));
}

INLINE __m256i encode_lanes(__m256 in, const struct lanes *lanes, enum qs_kernel_rounding mode)
{
	return quantize(_mm256_and_ps(in, _mm256_cmp_ps(in, in, _CMP_ORD_Q)), lanes, mode);
}

/* Less than a register is padded with zeros. */
INLINE __m256 load_rest(const float *in, size_t n)
{
	float piece[WIDTH] = {0.0F};

	memcpy(piece, in, n * sizeof(*in));
	return _mm256_loadu_ps(piece);
}

INLINE void fake(
    const struct qs_grid *grid, const float *in, size_t n, float *out, enum qs_kernel_rounding mode)
{
	const struct lanes lanes = spread(grid);
	float piece[WIDTH];
	size_t i = 0;

	for (; i + WIDTH <= n; i += WIDTH)
		_mm256_storeu_ps(out + i, fake_lanes(_mm256_loadu_ps(in + i), &lanes, mode));
	if (i == n)
		return;
	_mm256_storeu_ps(piece, fake_lanes(load_rest(in + i, n - i), &lanes, mode));
	memcpy(out + i, piece, (n - i) * sizeof(*out));
}

INLINE void encode(const struct qs_grid *grid, const float *in, size_t n, int32_t *out,
    enum qs_kernel_rounding mode)
{
	const struct lanes lanes = spread(grid);
	__m256i codes;
	size_t i = 0;

	for (; i + WIDTH <= n; i += WIDTH) {
		codes = encode_lanes(_mm256_loadu_ps(in + i), &lanes, mode);
		_mm256_storeu_si256((__m256i *)(out + i), codes);
	}
	if (i == n)
		return;
	codes = encode_lanes(load_rest(in + i, n - i), &lanes, mode);
	memcpy(out + i, &codes, (n - i) * sizeof(*out));
}

#define DEFINE(name, MODE)                                                                         \
	void qs_grid_fake_##name##__avx2(                                                          \
	    const struct qs_grid *grid, const float *in, size_t n, float *out)                     \
	{                                                                                          \
		fake(grid, in, n, out, QS_KERNEL_##MODE);                                          \
	}                                                                                          \
	void qs_grid_encode_##name##__avx2(                                                        \
	    const struct qs_grid *grid, const float *in, size_t n, int32_t *out)                   \
	{                                                                                          \
		encode(grid, in, n, out, QS_KERNEL_##MODE);                                        \
	}

DEFINE(half_even, HALF_EVEN)
DEFINE(half_up, HALF_UP)
DEFINE(half_down, HALF_DOWN)
DEFINE(std_round, STD_ROUND)
