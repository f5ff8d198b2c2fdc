/* SPDX-License-Identifier: Apache-2.0 */
/* A census that is taken along the way, in registers. */
#ifndef NUMBERS_KERNELS_CENSUS_LANES_H
#define NUMBERS_KERNELS_CENSUS_LANES_H

#include <float.h>

#include "numbers/kernels/lanes.h"

/* Values that one tally may count: its totals have 32 bits. */
#define TALLY_LIMIT ((size_t)1 << 24)

struct tally {
	floats first, last;
	ints inside, finite, nan;
};

INLINE struct tally begin_tally(float first, float last)
{
	const ints none = all_ints(0);

	return (struct tally){all_floats(first), all_floats(last), none, none, none};
}

INLINE void add_to_tally(struct tally *tally, floats value, floats scaled)
{
	tally->inside = count(tally->inside, are_between(scaled, tally->first, tally->last));
	tally->finite = count(tally->finite, are_at_most(magnitude(value), all_floats(FLT_MAX)));
	tally->nan = count(tally->nan, are_nan(value));
}

INLINE uint64_t total_of(ints totals)
{
	uint32_t parts[WIDTH];
	uint64_t sum = 0;

	store_ints(parts, totals);
	for (size_t i = 0; i < WIDTH; i++)
		sum += parts[i];
	return sum;
}

/* What is inside is finite, as both ends are. */
INLINE void end_tally(const struct tally *tally, size_t n, struct qs_census *census)
{
	const uint64_t finite = total_of(tally->finite), nan = total_of(tally->nan);

	census->nan += nan;
	census->infinite += n - nan - finite;
	census->beyond += finite - total_of(tally->inside);
}

/* Converts floats that fill registers, at most TALLY_LIMIT of them. */
typedef void convert_floats(const void *how, const float *in, size_t n, float *out,
    struct qs_census *census, bool streaming);

/*
 * Outputs from here on would not be in the cache when they are needed. Passing it by saves reading
 * what is overwritten.
 */
#define STREAM_FROM ((size_t)1 << 20)

/* Converts any number of floats; what does not fill a register, or lies before the first place
 * that can be streamed to, by `plain`. */
INLINE void convert_all(const void *how, const float *in, size_t n, float *out,
    struct qs_census *census, convert_floats *convert, convert_floats *plain)
{
	const bool streaming = n >= STREAM_FROM;
	const size_t head = streaming ? (size_t)(-(uintptr_t)out / sizeof(*out)) % WIDTH : 0;
	size_t at = head;

	plain(how, in, head, out, census, false);
	while (n - at >= WIDTH) {
		const size_t size = n - at < TALLY_LIMIT ? whole_lanes(n - at) : TALLY_LIMIT;

		if (streaming)
			convert(how, in + at, size, out + at, census, true);
		else
			convert(how, in + at, size, out + at, census, false);
		at += size;
	}
	if (streaming)
		fence();
	plain(how, in + at, n - at, out + at, census, false);
}

#endif
