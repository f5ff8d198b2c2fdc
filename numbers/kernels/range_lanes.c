/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of values, what among them is no ordinary number, and histograms, with vectors. */
#include <string.h>

#include "numbers/kernels/census_lanes.h"

void LANES(qs_census)(
    const float *in, size_t n, float amp, float first, float last, struct qs_census *census)
{
	size_t at = 0;

	while (n - at >= WIDTH) {
		const size_t size = n - at < TALLY_LIMIT ? whole_lanes(n - at) : TALLY_LIMIT;
		struct tally tally = begin_tally(first, last);

		for (size_t i = at; i < at + size; i += WIDTH) {
			const floats value = load(in + i);

			add_to_tally(&tally, value, multiply(value, all_floats(amp)));
		}
		end_tally(&tally, size, census);
		at += size;
	}
	qs_census__c(in + at, n - at, amp, first, last, census);
}

/* ---- ends ------------------------------------------------------------------------------------ */

/* The bits of floats as integers that order as the floats do, and back (IEEE 754-2019, 5.10). */
INLINE ints to_order(ints bits)
{
	return xor_ints(bits, shift_right(sign_bits(bits), 1));
}

/* The end of what registers hold, by the kernel in C. */
static float end_of(ints keys, bool greatest)
{
	float values[WIDTH], least, most;

	store_ints(values, to_order(keys));
	qs_range__c(values, WIDTH, &least, &most);
	return greatest ? most : least;
}

/*
 * Memory is asked for two pages ahead, since processors do so by themselves only within a page.
 * Where there is nothing, nothing happens.
 */
#define AHEAD ((uintptr_t)8192)

/* The last register overlaps the one before: seeing a value twice changes no end. */
void LANES(qs_range)(const float *in, size_t n, float *ret_least, float *ret_most)
{
	ints least, most;

	if (n < WIDTH) {
		qs_range__c(in, n, ret_least, ret_most);
		return;
	}
	least = most = to_order(bits_of(load(in + n - WIDTH)));
	for (size_t i = 0; i < whole_lanes(n); i += WIDTH) {
		const ints keys = to_order(bits_of(load(in + i)));

		__builtin_prefetch((const void *)((uintptr_t)(in + i) + AHEAD));
		least = least_ints(least, keys);
		most = most_ints(most, keys);
	}
	*ret_least = end_of(least, false);
	*ret_most = end_of(most, true);
}

/* ---- histograms ------------------------------------------------------------------------------ */

/* Values next to each other often go to one bin: several tables need not wait for one another. */
#define TABLES 4

/* Below this many values, clearing and adding up the tables costs more than they save. */
#define TABLES_FROM ((size_t)1 << 14)

/* Values between two additions of the tables, whose counts have 32 bits, to the bins. */
#define TABLES_LIMIT ((size_t)1 << 30)

/* Values whose bins are found before they are counted. */
#define GROUP ((size_t)64)

static void count_bins(
    const float *in, size_t n, float most, size_t n_bins, uint32_t counts[TABLES][QS_BINS_LIMIT])
{
	const ints last = all_ints((int32_t)n_bins - 1);
	const floats scale = all_floats((float)n_bins), whole = all_floats(most);
	uint32_t bins[GROUP];

	for (size_t at = 0; at < n; at += GROUP) {
		for (size_t i = 0; i < GROUP; i += WIDTH) {
			const floats share = divide(magnitude(load(in + at + i)), whole);

			store_ints(bins + i, least_ints(to_ints(multiply(share, scale)), last));
		}
		for (size_t i = 0; i < GROUP; i += TABLES) {
			counts[0][bins[i]]++;
			counts[1][bins[i + 1]]++;
			counts[2][bins[i + 2]]++;
			counts[3][bins[i + 3]]++;
		}
	}
}

static void add_tables(uint32_t counts[TABLES][QS_BINS_LIMIT], size_t n_bins, uint64_t *bins)
{
	for (size_t table = 0; table < TABLES; table++) {
		for (size_t i = 0; i < n_bins; i++)
			bins[i] += counts[table][i];
	}
}

void LANES(qs_bins)(const float *in, size_t n, float most, size_t n_bins, uint64_t *bins)
{
	uint32_t counts[TABLES][QS_BINS_LIMIT];
	size_t at = 0;

	while (n - at >= TABLES_FROM) {
		const size_t left = (n - at) / GROUP * GROUP;
		const size_t size = left < TABLES_LIMIT ? left : TABLES_LIMIT;

		memset(counts, 0, sizeof(counts));
		count_bins(in + at, size, most, n_bins, counts);
		add_tables(counts, n_bins, bins);
		at += size;
	}
	qs_bins__c(in + at, n - at, most, n_bins, bins);
}
