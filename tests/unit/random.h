/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Repeatable random numbers for property tests.
 */
#ifndef TESTS_UNIT_RANDOM_H
#define TESTS_UNIT_RANDOM_H

#include <stdint.h>
#include <string.h>

/* Steele, Lea and Flood's SplitMix64. */
static inline uint64_t random_bits(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return z ^ z >> 31;
}

/* Uniform in [least, most). */
static inline float random_between(uint64_t *state, float least, float most)
{
	return least + (most - least) * ((float)(random_bits(state) >> 40) * 0x1p-24F);
}

/* Below n. */
static inline size_t random_below(uint64_t *state, size_t n)
{
	return (size_t)(random_bits(state) % n);
}

/* Any float32 at all: NaN, infinities and subnormals among them. */
static inline float random_any(uint64_t *state)
{
	const uint32_t bits = (uint32_t)random_bits(state);
	float value;

	memcpy(&value, &bits, sizeof(value));
	return value;
}

#endif
