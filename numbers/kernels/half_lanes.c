/* SPDX-License-Identifier: Apache-2.0 */
/* 16-bit floats with vectors: the same bits as in C. */
#include "numbers/kernels/census_lanes.h"

/* The bits of a bfloat16 where they stand in a float32: rounded, and a NaN made quiet. */
INLINE ints round_bfloat16(floats value)
{
	const ints bits = bits_of(value), high = all_ints(-0x10000);
	const ints odd = and_ints(shift_right(bits, 16), all_ints(1));
	const ints rounded = add_ints(bits, add_ints(odd, all_ints(0x7fff)));
	const ints quiet = or_ints(bits, all_ints(0x400000));

	return and_ints(choose_ints(are_nan(value), quiet, rounded), high);
}

INLINE halves narrow_bfloat16(floats value)
{
	return narrow(shift_right(round_bfloat16(value), 16));
}

INLINE floats widen_bfloat16(halves value)
{
	return from_bits(shift_left(widen(value), 16));
}

INLINE floats fake_bfloat16(floats value)
{
	return from_bits(round_bfloat16(value));
}

/* The instruction makes every NaN a quiet one; C keeps the bit as it is. */
INLINE floats widen_float16(halves value)
{
	const ints quiet_bit = all_ints(0x400000);
	const floats wide = from_float16(value);
	const ints was = and_ints(shift_left(widen(value), 13), quiet_bit);
	const ints loud = xor_ints(was, quiet_bit);
	const ints restored = and_ints(bits_of(wide), xor_ints(loud, all_ints(-1)));

	return choose(are_nan(wide), from_bits(restored), wide);
}

INLINE floats fake_float16(floats value)
{
	return from_float16(to_float16(value));
}

/* ---- loops ----------------------------------------------------------------------------------- */

typedef floats fake_one(floats value);

INLINE void fake_run(const float *in, size_t n, float *out, struct qs_census *census,
    bool streaming, float largest, fake_one *fake)
{
	struct tally tally = begin_tally(-largest, largest);

	for (size_t i = 0; i < n; i += WIDTH) {
		const floats value = load(in + i), faked = fake(value);

		add_to_tally(&tally, value, value);
		if (streaming)
			stream(out + i, faked);
		else
			store(out + i, faked);
	}
	end_tally(&tally, n, census);
}

#define DEFINE(name, narrow_one, largest)                                                          \
	void LANES(qs_float_to_##name)(const float *in, size_t n, uint16_t *out)                   \
	{                                                                                          \
		const size_t whole = whole_lanes(n);                                               \
                                                                                                   \
		for (size_t i = 0; i < whole; i += WIDTH)                                          \
			store_halves(out + i, narrow_one(load(in + i)));                           \
		qs_float_to_##name##__c(in + whole, n - whole, out + whole);                       \
	}                                                                                          \
	void LANES(qs_##name##_to_float)(const uint16_t *in, size_t n, float *out)                 \
	{                                                                                          \
		const size_t whole = whole_lanes(n);                                               \
                                                                                                   \
		for (size_t i = 0; i < whole; i += WIDTH)                                          \
			store(out + i, widen_##name(load_halves(in + i)));                         \
		qs_##name##_to_float__c(in + whole, n - whole, out + whole);                       \
	}                                                                                          \
	INLINE void fake_run_##name(const void *how, const float *in, size_t n, float *out,        \
	    struct qs_census *census, bool streaming)                                              \
	{                                                                                          \
		(void)how;                                                                         \
		fake_run(in, n, out, census, streaming, largest, fake_##name);                     \
	}                                                                                          \
	static void fake_plain_##name(const void *how, const float *in, size_t n, float *out,      \
	    struct qs_census *census, bool streaming)                                              \
	{                                                                                          \
		(void)how;                                                                         \
		(void)streaming;                                                                   \
		qs_##name##_fake__c(in, n, out, census);                                           \
	}                                                                                          \
	void LANES(qs_##name##_fake)(                                                              \
	    const float *in, size_t n, float *out, struct qs_census *census)                       \
	{                                                                                          \
		convert_all(NULL, in, n, out, census, fake_run_##name, fake_plain_##name);         \
	}

DEFINE(bfloat16, narrow_bfloat16, QS_BFLOAT16_LARGEST)
DEFINE(float16, to_float16, QS_FLOAT16_LARGEST)
