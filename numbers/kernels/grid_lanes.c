/* SPDX-License-Identifier: Apache-2.0 */
/* Equally spaced values with vectors: the same bits as in C. */
#include "numbers/kernels/census_lanes.h"

/* A grid in registers. */
struct spread {
	floats amp, step, low, high;
};

INLINE struct spread spread_of(const struct qs_grid *grid)
{
	return (struct spread){all_floats(grid->amp), all_floats(grid->step),
	    all_floats((float)grid->low), all_floats((float)grid->high)};
}

/*
 * The nearest integer as a float; `mode` is a constant where this is used. Whatever is left from
 * the nearest even one is exact, and a half on a tie. Away from zero: the greatest float below a
 * half brings ties, and nothing below them, to the next integer.
 */
INLINE floats nearest(floats value, enum qs_kernel_rounding mode)
{
	const floats half = all_floats(0.5F), one = all_floats(1.0F);
	const floats even = round_even(value);
	const floats rest = subtract(value, even);

	switch (mode) {
	case QS_KERNEL_HALF_EVEN:
		return even;
	case QS_KERNEL_HALF_UP:
		return add(even, keep(are_equal(rest, half), one));
	case QS_KERNEL_STD_ROUND:
		return cut(add(value, with_sign_of(all_floats(0x1.fffffep-2F), value)));
	default:
		return choose(are_equal(magnitude(rest), half), cut(value), even);
	}
}

/* Multiples of the step; a NaN goes to `low`. */
INLINE floats quantize(floats scaled, const struct spread *spread, enum qs_kernel_rounding mode)
{
	const floats raised = take_greater(scaled, spread->low);

	return nearest(take_less(raised, spread->high), mode);
}

/* The addition makes 0 of -0, and brings NaN back. */
INLINE floats fake(
    floats value, floats scaled, const struct spread *spread, enum qs_kernel_rounding mode)
{
	const floats multiple = multiply(quantize(scaled, spread, mode), spread->step);

	return add(multiple, keep(are_nan(value), value));
}

INLINE void fake_run(const struct qs_grid *grid, const float *in, size_t n, float *out,
    struct qs_census *census, bool streaming, enum qs_kernel_rounding mode)
{
	const struct spread spread = spread_of(grid);
	struct tally tally = begin_tally(grid->first, grid->last);

	for (size_t i = 0; i < n; i += WIDTH) {
		const floats value = load(in + i), scaled = multiply(value, spread.amp);
		const floats faked = fake(value, scaled, &spread, mode);

		add_to_tally(&tally, value, scaled);
		if (streaming)
			stream(out + i, faked);
		else
			store(out + i, faked);
	}
	end_tally(&tally, n, census);
}

INLINE void encode_run(const struct qs_grid *grid, const float *in, size_t n, uint8_t *out,
    struct qs_census *census, enum qs_kernel_rounding mode, size_t bytes)
{
	const struct spread spread = spread_of(grid);
	const ints zero_point = all_ints(grid->zero_point);
	struct tally tally = begin_tally(grid->first, grid->last);

	for (size_t i = 0; i < n; i += WIDTH) {
		const floats value = load(in + i), scaled = multiply(value, spread.amp);
		const floats known = drop(are_nan(value), scaled);
		const ints codes = add_ints(to_ints(quantize(known, &spread, mode)), zero_point);

		add_to_tally(&tally, value, scaled);
		if (bytes == 1)
			store_ints8(out + i, codes);
		else if (bytes == 2)
			store_ints16(out + i * 2, codes);
		else
			store_ints(out + i * 4, codes);
	}
	end_tally(&tally, n, census);
}

INLINE void encode(const struct qs_grid *grid, const float *in, size_t n, uint8_t *out,
    struct qs_census *census, enum qs_kernel_rounding mode, size_t bytes,
    qs_kernel_grid_encode *plain)
{
	size_t at = 0;

	while (n - at >= WIDTH) {
		const size_t size = n - at < TALLY_LIMIT ? whole_lanes(n - at) : TALLY_LIMIT;

		encode_run(grid, in + at, size, out + at * bytes, census, mode, bytes);
		at += size;
	}
	plain(grid, in + at, n - at, out + at * bytes, census);
}

/*
 * The sums stay in registers; a group of values has one for each. NaN and the sign of 0 need no
 * care here: the difference is what it would be.
 */
INLINE void error(const struct qs_grid *grid, const float *in, size_t n, double sums[QS_GRID_SUMS],
    enum qs_kernel_rounding mode, qs_kernel_grid_error *plain)
{
	const struct spread spread = spread_of(grid);
	const size_t whole = n / QS_GRID_SUMS * QS_GRID_SUMS;
	doubles totals[QS_GRID_SUMS / DOUBLES];

#pragma GCC unroll 8
	for (size_t s = 0; s < QS_GRID_SUMS / DOUBLES; s++)
		totals[s] = load_doubles(sums + s * DOUBLES);
	for (size_t i = 0; i < whole; i += QS_GRID_SUMS) {
#pragma GCC unroll 4
		for (size_t r = 0; r < QS_GRID_SUMS; r += WIDTH) {
			const floats value = load(in + i + r);
			const floats scaled = multiply(value, spread.amp);
			const floats faked = multiply(quantize(scaled, &spread, mode), spread.step);

			add_squares(totals + r / DOUBLES, subtract(value, faked));
		}
	}
#pragma GCC unroll 8
	for (size_t s = 0; s < QS_GRID_SUMS / DOUBLES; s++)
		store_doubles(sums + s * DOUBLES, totals[s]);
	plain(grid, in + whole, n - whole, sums);
}

#define DEFINE_ENCODE(name, MODE, bits)                                                            \
	void LANES(qs_grid_encode##bits##_##name)(const struct qs_grid *grid, const float *in,     \
	    size_t n, void *out, struct qs_census *census)                                         \
	{                                                                                          \
		encode(grid, in, n, out, census, QS_KERNEL_##MODE, bits / 8,                       \
		    qs_grid_encode##bits##_##name##__c);                                           \
	}

#define DEFINE(name, MODE)                                                                         \
	INLINE void fake_run_##name(const void *grid, const float *in, size_t n, float *out,       \
	    struct qs_census *census, bool streaming)                                              \
	{                                                                                          \
		fake_run(grid, in, n, out, census, streaming, QS_KERNEL_##MODE);                   \
	}                                                                                          \
	static void fake_plain_##name(const void *grid, const float *in, size_t n, float *out,     \
	    struct qs_census *census, bool streaming)                                              \
	{                                                                                          \
		(void)streaming;                                                                   \
		qs_grid_fake_##name##__c(grid, in, n, out, census);                                \
	}                                                                                          \
	void LANES(qs_grid_fake_##name)(const struct qs_grid *grid, const float *in, size_t n,     \
	    float *out, struct qs_census *census)                                                  \
	{                                                                                          \
		convert_all(grid, in, n, out, census, fake_run_##name, fake_plain_##name);         \
	}                                                                                          \
	DEFINE_ENCODE(name, MODE, 8)                                                               \
	DEFINE_ENCODE(name, MODE, 16)                                                              \
	DEFINE_ENCODE(name, MODE, 32)                                                              \
	void LANES(qs_grid_error_##name)(                                                          \
	    const struct qs_grid *grid, const float *in, size_t n, double sums[QS_GRID_SUMS])      \
	{                                                                                          \
		error(grid, in, n, sums, QS_KERNEL_##MODE, qs_grid_error_##name##__c);             \
	}

DEFINE(half_even, HALF_EVEN)
DEFINE(half_up, HALF_UP)
DEFINE(half_down, HALF_DOWN)
DEFINE(std_round, STD_ROUND)
