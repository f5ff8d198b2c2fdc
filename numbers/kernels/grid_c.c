/* SPDX-License-Identifier: Apache-2.0 */
/* Equally spaced values in C: quantizing to a grid in float32. */
#include "numbers/kernels/kernels.h"

#define INLINE static inline __attribute__((always_inline))

/*
 * The integer nearest to a value of magnitude at most 2^24; `mode` is a constant where this is
 * used. The fraction is exact, so that no value next to a tie is taken for one, as x + 0.5 would
 * have it. Comparisons are joined with "|" and "&" to leave no branch in the loop.
 */
INLINE int32_t nearest(float value, enum qs_kernel_rounding mode)
{
	const int32_t whole = (int32_t)value;
	const float rest = value - (float)whole;
	const int32_t above = rest > 0.5F, below = rest < -0.5F;
	const int32_t tie_above = rest == 0.5F, tie_below = rest == -0.5F;

	switch (mode) {
	case QS_KERNEL_HALF_EVEN:
		return whole + (above | (tie_above & whole)) - (below | (tie_below & whole));
	case QS_KERNEL_HALF_UP:
		return whole + (above | tie_above) - below;
	case QS_KERNEL_STD_ROUND:
		return whole + (above | tie_above) - (below | tie_below);
	default:
		return whole + above - below;
	}
}

/*
 * Clamped first, since a float that no int32_t holds has no conversion. Rounding leaves integers
 * alone and keeps order, so that it may come second. A NaN fails the first comparison and goes to
 * `low`.
 */
INLINE int32_t quantize(float value, float amp, float low, float high, enum qs_kernel_rounding mode)
{
	const float scaled = value * amp;
	const float raised = scaled > low ? scaled : low;

	return nearest(raised < high ? raised : high, mode);
}

INLINE void fake(const struct qs_grid *grid, const float *restrict in, size_t n,
    float *restrict out, enum qs_kernel_rounding mode)
{
	const float amp = grid->amp, step = grid->step;
	const float low = (float)grid->low, high = (float)grid->high;

	for (size_t i = 0; i < n; i++) {
		const float value = (float)quantize(in[i], amp, low, high, mode) * step;

		out[i] = value + (in[i] == in[i] ? 0.0F : in[i]);
	}
}

INLINE void encode(const struct qs_grid *grid, const float *restrict in, size_t n,
    int32_t *restrict out, enum qs_kernel_rounding mode)
{
	const float amp = grid->amp, low = (float)grid->low, high = (float)grid->high;

	for (size_t i = 0; i < n; i++)
		out[i] = quantize(in[i] == in[i] ? in[i] : 0.0F, amp, low, high, mode);
}

/* A conversion of codes in a piece of the cache to the type that is asked for. */
#define DEFINE_STORE(bits)                                                                         \
	INLINE void store##bits(                                                                   \
	    const int32_t *restrict codes, int32_t zero_point, size_t n, void *restrict out)       \
	{                                                                                          \
		uint##bits##_t *values = out;                                                      \
		for (size_t i = 0; i < n; i++)                                                     \
			values[i] = (uint##bits##_t)(codes[i] + zero_point);                       \
	}

DEFINE_STORE(8)
DEFINE_STORE(16)
DEFINE_STORE(32)

/* Runs steps over n values in pieces that stay in the cache: `size` of them from `done` on. */
#define PIECE ((size_t)256)
#define FOR_PIECES(n)                                                                              \
	for (size_t done = 0, size; size = (n)-done < PIECE ? (n)-done : PIECE, done < (n);        \
	     done += size)

INLINE void error(const struct qs_grid *grid, const float *in, size_t n, double sums[QS_GRID_SUMS],
    enum qs_kernel_rounding mode)
{
	float piece[PIECE];

	FOR_PIECES(n)
	{
		fake(grid, in + done, size, piece, mode);
		for (size_t i = 0; i < size; i++) {
			const double difference = (double)(in[done + i] - piece[i]);

			sums[i % QS_GRID_SUMS] += difference * difference;
		}
	}
}

static void take_census(
    const struct qs_grid *grid, const float *in, size_t n, struct qs_census *census)
{
	qs_census__c(in, n, grid->amp, grid->first, grid->last, census);
}

#define DEFINE_ENCODE(name, MODE, bits)                                                            \
	void qs_grid_encode##bits##_##name##__c(const struct qs_grid *grid, const float *in,       \
	    size_t n, void *out, struct qs_census *census)                                         \
	{                                                                                          \
		int32_t codes[PIECE];                                                              \
		FOR_PIECES(n)                                                                      \
		{                                                                                  \
			take_census(grid, in + done, size, census);                                \
			encode(grid, in + done, size, codes, QS_KERNEL_##MODE);                    \
			store##bits(codes, grid->zero_point, size, (uint##bits##_t *)out + done);  \
		}                                                                                  \
	}

#define DEFINE(name, MODE)                                                                         \
	void qs_grid_fake_##name##__c(const struct qs_grid *grid, const float *in, size_t n,       \
	    float *out, struct qs_census *census)                                                  \
	{                                                                                          \
		FOR_PIECES(n)                                                                      \
		{                                                                                  \
			take_census(grid, in + done, size, census);                                \
			fake(grid, in + done, size, out + done, QS_KERNEL_##MODE);                 \
		}                                                                                  \
	}                                                                                          \
	DEFINE_ENCODE(name, MODE, 8)                                                               \
	DEFINE_ENCODE(name, MODE, 16)                                                              \
	DEFINE_ENCODE(name, MODE, 32)                                                              \
	void qs_grid_error_##name##__c(                                                            \
	    const struct qs_grid *grid, const float *in, size_t n, double sums[QS_GRID_SUMS])      \
	{                                                                                          \
		error(grid, in, n, sums, QS_KERNEL_##MODE);                                        \
	}

DEFINE(half_even, HALF_EVEN)
DEFINE(half_up, HALF_UP)
DEFINE(half_down, HALF_DOWN)
DEFINE(std_round, STD_ROUND)
