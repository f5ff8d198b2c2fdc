/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels that do not round to integers: ends, counts, 16-bit floats; and every kernel of an
 * instruction set against the one in C.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/cpu.h"
#include "engine/kernels/kernels.h"
#include "tests/unit/golden.h"
#include "tests/unit/random.h"

static struct qs_kernels kernels;

static void range_finds_the_ends(void **state)
{
	float in[50];
	uint64_t seed = 1;

	(void)state;
	for (size_t n = 1; n <= 50; n++) {
		float least, most, low = INFINITY, high = -INFINITY;

		for (size_t i = 0; i < n; i++) {
			in[i] = random_between(&seed, -3.0F, 3.0F);
			low = fminf(low, in[i]);
			high = fmaxf(high, in[i]);
		}
		kernels.range(in, n, &least, &most);
		assert_true(least == low && most == high);
	}
}

static void range_shows_what_is_not_finite(void **state)
{
	const float bad[] = {NAN, -NAN, INFINITY, -INFINITY};

	(void)state;
	for (size_t b = 0; b < 4; b++) {
		float in[9] = {1.0F, -2.0F, 3.0F, -0.0F, 0.0F, FLT_MAX, -FLT_MAX, FLT_MIN, 5e-45F};
		float least, most;

		kernels.range(in, 9, &least, &most);
		assert_true(least == -FLT_MAX && most == FLT_MAX);
		in[4] = bad[b];
		kernels.range(in, 9, &least, &most);
		assert_false(isfinite(least) && isfinite(most));
	}
}

static void census_counts_each_value_once(void **state)
{
	const float in[] = {NAN, INFINITY, -INFINITY, 1.0F, 2.5F, -2.5F, 2.6F, -2.6F, 1e38F};
	struct qs_census census = {10, 20, 30};

	(void)state;
	kernels.census(in, 9, 1.0F, -2.5, 2.5, &census);
	assert_int_equal(census.nan, 11);
	assert_int_equal(census.infinite, 22);
	assert_int_equal(census.beyond, 33);
	/* A finite value that overflows on the way is beyond. */
	census = (struct qs_census){0, 0, 0};
	kernels.census(in + 8, 1, 1e30F, -2.5, 2.5, &census);
	assert_int_equal(census.beyond, 1);
}

static void check_row(json_object *row, void *context)
{
	const uint32_t bits = golden_bits(row, "float32");
	uint16_t half, brain;
	float value;

	(void)context;
	memcpy(&value, &bits, sizeof(value));
	kernels.float_to_float16(&value, 1, &half);
	kernels.float_to_bfloat16(&value, 1, &brain);
	assert_int_equal(half, golden_bits(row, "float16"));
	assert_int_equal(brain, golden_bits(row, "bfloat16"));
}

static void halves_agree_with_the_tool(void **state)
{
	(void)state;
	assert_int_equal(each_line("golden/float_formats.jsonl", check_row, NULL), 232);
}

/* IEEE 754 binary16, from its definition. */
static double value_of_float16(uint16_t half)
{
	const int exponent = half >> 10 & 31, fraction = half & 1023;
	const double magnitude =
	    exponent ? ldexp(1024 + fraction, exponent - 25) : ldexp(fraction, -24);

	return half & 0x8000 ? -magnitude : magnitude;
}

static void every_half_survives_the_way_there_and_back(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 65536; i++) {
		const uint16_t half = (uint16_t)i;
		const unsigned magnitude = i & 0x7fff;
		uint16_t again;
		float value;

		kernels.float16_to_float(&half, 1, &value);
		kernels.float_to_float16(&value, 1, &again);
		if (magnitude > 0x7c00) {
			assert_true(isnan(value));
			assert_int_equal(again, half | 0x200);
		} else {
			assert_int_equal(again, half);
			assert_true(magnitude == 0x7c00 ? isinf(value)
							: (double)value == value_of_float16(half));
		}
		kernels.bfloat16_to_float(&half, 1, &value);
		kernels.float_to_bfloat16(&value, 1, &again);
		assert_int_equal(again, magnitude > 0x7f80 ? half | 0x40 : half);
	}
}

static void float16_is_the_nearest(void **state)
{
	uint64_t seed = 7;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		const float x = random_between(&seed, -1.0F, 1.0F) *
		                ldexpf(1.0F, (int)(random_bits(&seed) % 40) - 26);
		uint16_t half;
		double error;

		kernels.float_to_float16(&x, 1, &half);
		error = fabs(value_of_float16(half) - (double)x);
		if ((half & 0x7fff) >= 0x7c00)
			continue;
		if ((half & 0x7fff) < 0x7bff)
			assert_true(
			    fabs(value_of_float16((uint16_t)(half + 1)) - (double)x) >= error);
		if (half & 0x7fff)
			assert_true(
			    fabs(value_of_float16((uint16_t)(half - 1)) - (double)x) >= error);
	}
}

/* ---- instruction sets ------------------------------------------------------------------------ */

/* Registers hold at most this many values; lengths and starts go around it. */
#define WIDTH 16
#define LENGTHS (2 * WIDTH + 2)
#define ROUNDS 40

/* Values at which conversions change their mind, and any others, for one round. */
static void fill_floats(float values[LENGTHS + WIDTH], uint64_t *seed)
{
	static const float edges[] = {0.0F, -0.0F, 0.5F, -0.5F, 1.5F, -1.5F, 2.5F, -2.5F, 126.5F,
	    127.5F, -127.5F, -128.5F, 8388607.5F, 16777216.0F, -16777217.0F, 1e12F, -1e12F, FLT_MAX,
	    -FLT_MAX, FLT_MIN, 1e-45F, -1e-45F, 65504.0F, 65519.996F, 65520.0F, -65520.0F, 0x1p-24F,
	    0x1p-25F, 0x1.8p-25F, 0x1p-14F, 0x1.fffp-15F, INFINITY, -INFINITY, NAN, -NAN,
	    0.49999997F, -0.49999997F};

	for (size_t i = 0; i < LENGTHS + WIDTH; i++) {
		const uint64_t choice = random_bits(seed) % 3;

		values[i] = choice == 0
		                ? edges[random_bits(seed) % (sizeof(edges) / sizeof(*edges))]
		            : choice == 1 ? random_any(seed)
		                          : floorf(random_between(seed, -300.0F, 300.0F)) / 2.0F;
	}
}

/* What every comparison works on: inputs, and room for both outputs with a guard behind. */
struct bench {
	float in[LENGTHS + WIDTH];
	uint16_t halves[LENGTHS + WIDTH];
	uint32_t out[LENGTHS + WIDTH], expected[LENGTHS + WIDTH];
	uint64_t seed;
};

static void prepare(struct bench *bench)
{
	fill_floats(bench->in, &bench->seed);
	for (size_t i = 0; i < LENGTHS + WIDTH; i++)
		bench->halves[i] = (uint16_t)random_bits(&bench->seed);
	memset(bench->out, 0x5a, sizeof(bench->out));
	memset(bench->expected, 0x5a, sizeof(bench->expected));
}

/* Runs an expression with every length `n` and start `at`, for results in `o` of both. */
#define COMPARE(call)                                                                              \
	for (size_t n = 0; n < LENGTHS; n++) {                                                     \
		const size_t at = random_bits(&bench->seed) % WIDTH;                               \
                                                                                                   \
		prepare(bench);                                                                    \
		{                                                                                  \
			void *o = bench->expected;                                                 \
			call(expected);                                                            \
		}                                                                                  \
		{                                                                                  \
			void *o = bench->out;                                                      \
			call(found);                                                               \
		}                                                                                  \
		assert_memory_equal(bench->out, bench->expected, sizeof(bench->out));              \
	}

static struct qs_grid some_grid(uint64_t *seed)
{
	static const int32_t ends[][2] = {
	    {-128, 127}, {0, 255}, {-8, 7}, {-15, 240}, {3, 9}, {-QS_GRID_LIMIT, QS_GRID_LIMIT}};
	static const float steps[] = {1.0F, 0.1F, 0x1p-12F, 3.7F, 1e-30F, 1e30F};
	const int32_t *range = ends[random_bits(seed) % 6];
	const float step = steps[random_bits(seed) % 6];

	return (struct qs_grid){1.0F / step, step, range[0], range[1]};
}

static void compare_grid_fake(
    struct bench *bench, qs_kernel_grid_fake *found, qs_kernel_grid_fake *expected)
{
	const struct qs_grid grid = some_grid(&bench->seed);

#define CALL(kernel) kernel(&grid, bench->in + at, n, (float *)o + at)
	COMPARE(CALL)
#undef CALL
}

static void compare_grid_encode(
    struct bench *bench, qs_kernel_grid_encode *found, qs_kernel_grid_encode *expected)
{
	const struct qs_grid grid = some_grid(&bench->seed);

#define CALL(kernel) kernel(&grid, bench->in + at, n, (int32_t *)o + at)
	COMPARE(CALL)
#undef CALL
}

/* A NaN is as good as another here: nobody looks into a sum of squares that is none. */
static void compare_grid_error(
    struct bench *bench, qs_kernel_grid_error *found, qs_kernel_grid_error *expected)
{
	const struct qs_grid grid = some_grid(&bench->seed);

#define CALL(kernel)                                                                               \
	const double sum = kernel(&grid, bench->in + at, n);                                       \
	if (sum == sum)                                                                            \
	memcpy(o, &sum, sizeof(sum))
	COMPARE(CALL)
#undef CALL
}

static void compare_census(struct bench *bench, qs_kernel_census *found, qs_kernel_census *expected)
{
#define CALL(kernel)                                                                               \
	struct qs_census census = {1, 2, 3};                                                       \
	kernel(bench->in + at, n, 2.0F, -128.5, 127.5, &census);                                   \
	memcpy(o, &census, sizeof(census))
	COMPARE(CALL)
#undef CALL
}

static void compare_range(struct bench *bench, qs_kernel_range *found, qs_kernel_range *expected)
{
#define CALL(kernel)                                                                               \
	if (n)                                                                                     \
	kernel(bench->in + at, n, (float *)o, (float *)o + 1)
	COMPARE(CALL)
#undef CALL
}

static void compare_bins(struct bench *bench, qs_kernel_bins *found, qs_kernel_bins *expected)
{
#define CALL(kernel)                                                                               \
	float values[LENGTHS];                                                                     \
	uint64_t bins[8] = {0};                                                                    \
	for (size_t i = 0; i < n; i++)                                                             \
		values[i] = (float)bench->halves[at + i];                                          \
	kernel(values, n, 65535.0F, 8, bins);                                                      \
	memcpy(o, bins, sizeof(bins))
	COMPARE(CALL)
#undef CALL
}

static void compare_float_to_half(
    struct bench *bench, qs_kernel_float_to_half *found, qs_kernel_float_to_half *expected)
{
#define CALL(kernel) kernel(bench->in + at, n, (uint16_t *)o + at)
	COMPARE(CALL)
#undef CALL
}

static void compare_half_to_float(
    struct bench *bench, qs_kernel_half_to_float *found, qs_kernel_half_to_float *expected)
{
#define CALL(kernel) kernel(bench->halves + at, n, (float *)o + at)
	COMPARE(CALL)
#undef CALL
}

/* Rows of the table for what this machine does not have are passed over. */
static void every_kernel_equals_the_one_in_c(void **state)
{
	const unsigned sets = qs_kernels_cpu();
	struct bench *bench = calloc(1, sizeof(*bench));
	struct qs_kernels plain;

	(void)state;
	assert_non_null(bench);
	qs_kernels_init(&plain, QS_KERNEL_SET_C);
	for (int round = 0; round < ROUNDS; round++) {
#define KERNEL(type, slot, function, SET)                                                          \
	if (sets & QS_KERNEL_SET_##SET)                                                            \
		compare_##type(bench, function, plain.slot);
#include "engine/kernels/kernels.def"
#undef KERNEL
	}
	free(bench);
}

static void the_mask_takes_instruction_sets_away(void **state)
{
	const unsigned all = qs_kernels_cpu();

	(void)state;
	unsetenv("QSTRATA_CPU_MASK");
	assert_int_equal(qs_cpu_sets(), all);
	setenv("QSTRATA_CPU_MASK", "f16c", 1);
	assert_int_equal(qs_cpu_sets(), all & ~(unsigned)QS_KERNEL_SET_F16C);
	setenv("QSTRATA_CPU_MASK", "avx2", 1);
	assert_int_equal(qs_cpu_sets(), QS_KERNEL_SET_C);
	setenv("QSTRATA_CPU_MASK", "all", 1);
	assert_int_equal(qs_cpu_sets(), QS_KERNEL_SET_C);
	unsetenv("QSTRATA_CPU_MASK");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(range_finds_the_ends),
	    cmocka_unit_test(range_shows_what_is_not_finite),
	    cmocka_unit_test(census_counts_each_value_once),
	    cmocka_unit_test(halves_agree_with_the_tool),
	    cmocka_unit_test(every_half_survives_the_way_there_and_back),
	    cmocka_unit_test(float16_is_the_nearest),
	    cmocka_unit_test(every_kernel_equals_the_one_in_c),
	    cmocka_unit_test(the_mask_takes_instruction_sets_away),
	};

	qs_kernels_init(&kernels, qs_kernels_cpu());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
