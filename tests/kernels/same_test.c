/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every kernel of an instruction set gives the same bits as the one in C: at all lengths around the
 * widths of registers, where it begins to stream or to use tables, at all alignments, for edge
 * values and any others. A program without a framework, to be built for other processors too.
 */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/kernels/compare.h"
#include "tests/unit/random.h"

/* Registers hold at most 16 values, and some loops take 64 at a time. */
#define LENGTHS ((size_t)140)
#define SHIFTS ((size_t)16)
#define ROUNDS 8

/* Beyond this many values outputs are streamed. */
#define LONGEST (((size_t)1 << 20) + 77)

struct inputs {
	float *in, *tame;
	uint16_t *halves;
	char *found, *expected;
};

/* Values at which conversions change their mind, and any others. */
static float some_float(uint64_t *seed)
{
	static const float edges[] = {0.0F, -0.0F, 0.5F, -0.5F, 1.5F, -1.5F, 2.5F, 126.5F, 127.5F,
	    -127.5F, -128.5F, 8388607.5F, -4194303.5F, 16777216.0F, -16777217.0F, 1e12F, -1e12F,
	    FLT_MAX, -FLT_MAX, FLT_MIN, 1e-45F, -1e-45F, 65504.0F, 65519.996F, 65520.0F, -65520.0F,
	    0x1p-24F, 0x1p-25F, 0x1.8p-25F, 0x1p-14F, 0x1.fffp-15F, 0x1.fefffep127F, 0x1.ffp127F,
	    INFINITY, -INFINITY, NAN, -NAN, 0.49999997F, -0.49999997F};

	switch (random_bits(seed) % 3) {
	case 0:
		return edges[random_bits(seed) % (sizeof(edges) / sizeof(*edges))];
	case 1:
		return random_any(seed);
	default:
		return floorf(random_between(seed, -300.0F, 300.0F)) / 2.0F;
	}
}

static struct qs_grid some_grid(uint64_t *seed)
{
	static const int32_t ends[][2] = {{-128, 127}, {0, 255}, {-8, 7}, {-15, 240}, {3, 9},
	    {-32768, 32767}, {-QS_GRID_LIMIT, QS_GRID_LIMIT}};
	static const float steps[] = {1.0F, 0.1F, 0x1p-12F, 3.7F, 1e-30F, 1e30F};
	const int32_t *range = ends[random_bits(seed) % 7];
	const float step = steps[random_bits(seed) % 6];
	struct qs_grid grid = qs_grid_of(1.0F / step, step, range[0], range[1]);

	grid.zero_point = (int32_t)(random_bits(seed) % 256) - 128;
	return grid;
}

/* Magnitudes go up to `most`, which is there too. */
static void fill(struct inputs *inputs, size_t n, float most, uint64_t *seed)
{
	for (size_t i = 0; i < n; i++) {
		inputs->in[i] = some_float(seed);
		inputs->halves[i] = (uint16_t)random_bits(seed);
		inputs->tame[i] = random_bits(seed) % 50 ? random_between(seed, -most, most) : most;
	}
}

static int check(struct inputs *inputs, size_t n, size_t from, size_t to, uint64_t *seed)
{
	const struct stage stage = {
	    .in = inputs->in + from,
	    .halves = inputs->halves + from,
	    .tame = inputs->tame + from,
	    .most = 3.3F,
	    .n = n,
	    .grid = some_grid(seed),
	    .shift = to,
	    .found = inputs->found,
	    .expected = inputs->expected,
	};
	const char *name = compare_all(&stage);

	if (!name)
		return 0;
	printf("%s differs from C: %zu values, input %zu and output %zu values after an aligned "
	       "place\n",
	    name, n, from, to);
	return 1;
}

static int check_short(struct inputs *inputs, uint64_t *seed)
{
	int n_failed = 0;

	for (int round = 0; round < ROUNDS; round++) {
		for (size_t n = 0; n < LENGTHS; n++) {
			fill(inputs, n + SHIFTS, 3.3F, seed);
			n_failed += check(inputs, n, random_bits(seed) % SHIFTS,
			    random_bits(seed) % SHIFTS, seed);
		}
	}
	return n_failed;
}

static int check_long(struct inputs *inputs, uint64_t *seed)
{
	static const size_t lengths[] = {(1 << 14) - 1, (1 << 14) + 77, LONGEST};
	int n_failed = 0;

	fill(inputs, LONGEST + SHIFTS, 3.3F, seed);
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++)
		n_failed += check(inputs, lengths[i], 7 + i, 3 * i + 1, seed);
	return n_failed;
}

static void *allocate(size_t n)
{
	void *memory = aligned_alloc(64, (n + 63) / 64 * 64);

	if (!memory) {
		puts("no memory");
		exit(99);
	}
	return memory;
}

int main(void)
{
	const unsigned sets = qs_kernels_cpu();
	struct inputs inputs = {
	    .in = allocate((LONGEST + SHIFTS) * sizeof(float)),
	    .tame = allocate((LONGEST + SHIFTS) * sizeof(float)),
	    .halves = allocate((LONGEST + SHIFTS) * sizeof(uint16_t)),
	    .found = allocate(stage_room(LONGEST)),
	    .expected = allocate(stage_room(LONGEST)),
	};
	uint64_t seed = 1;
	int n_failed = check_short(&inputs, &seed);

	n_failed += check_long(&inputs, &seed);
	printf("sets beside C:%s%s%s%s\n", sets & QS_KERNEL_SET_AVX2 ? " AVX2" : "",
	    sets & QS_KERNEL_SET_AVX512 ? " AVX-512" : "", sets & QS_KERNEL_SET_NEON ? " NEON" : "",
	    sets == QS_KERNEL_SET_C ? " none" : "");
	free(inputs.in);
	free(inputs.tame);
	free(inputs.halves);
	free(inputs.found);
	free(inputs.expected);
	return n_failed ? 1 : 0;
}
