/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernels that do not round to integers: ends, counts, 16-bit floats.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/cpu.h"
#include "numbers/kernels/kernels.h"
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
	kernels.census(in, 9, 1.0F, -2.5F, 2.5F, &census);
	assert_int_equal(census.nan, 11);
	assert_int_equal(census.infinite, 22);
	assert_int_equal(census.beyond, 33);
	/* A finite value that overflows on the way is beyond. */
	census = (struct qs_census){0, 0, 0};
	kernels.census(in + 8, 1, 1e30F, -2.5F, 2.5F, &census);
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

static void the_mask_takes_instruction_sets_away(void **state)
{
	const unsigned all = qs_kernels_cpu();

	(void)state;
	unsetenv("QSTRATA_CPU_MASK");
	assert_int_equal(qs_cpu_sets(), all);
	setenv("QSTRATA_CPU_MASK", "avx512,neon", 1);
	assert_int_equal(
	    qs_cpu_sets(), all & ~(unsigned)QS_KERNEL_SET_AVX512 & ~(unsigned)QS_KERNEL_SET_NEON);
	setenv("QSTRATA_CPU_MASK", "avx2 neon", 1);
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
	    cmocka_unit_test(the_mask_takes_instruction_sets_away),
	};

	qs_kernels_init(&kernels, qs_kernels_cpu());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
