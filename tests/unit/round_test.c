/* SPDX-License-Identifier: Apache-2.0 */
/* The rounding modes: laws and kernels against vai_q_pytorch, and against each other. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>

#include "numbers/round.h"
#include "tests/unit/golden.h"
#include "tests/unit/random.h"

#define ROOM 70

static struct qs_kernels kernels;

static void check_row(json_object *row, void *context)
{
	const struct qs_grid integers = qs_grid_of(1.0F, 1.0F, -QS_GRID_LIMIT, QS_GRID_LIMIT);
	const float x = (float)golden_real(row, "x");
	struct qs_census census = {0, 0, 0};

	(void)context;
	for (int mode = 0; mode < QS_KERNEL__ROUNDINGS; mode++) {
		const char *name = qs_round_builtin[mode].plugin.name;
		const int64_t expected = golden_integer(row, name);
		int32_t code;
		float value;

		assert_true(qs_round_builtin[mode].round((double)x) == (double)expected);
		kernels.grid_encode[QS_KERNEL_32_BITS][mode](&integers, &x, 1, &code, &census);
		assert_int_equal(code, expected);
		kernels.grid_fake[mode](&integers, &x, 1, &value, &census);
		assert_true(value == (float)expected);
	}
}

static void modes_agree_with_the_tool(void **state)
{
	(void)state;
	assert_int_equal(each_line("golden/rounding.jsonl", check_row, NULL), 75);
}

static void every_mode_is_nearest_and_leaves_integers_alone(void **state)
{
	uint64_t seed = 1;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		const double x = (double)random_between(&seed, -1000.0F, 1000.0F);

		for (int mode = 0; mode < QS_KERNEL__ROUNDINGS; mode++) {
			const double rounded = qs_round_builtin[mode].round(x);

			assert_true(fabs(rounded - x) <= 0.5);
			assert_true(floor(rounded) == rounded);
			assert_true(qs_round_builtin[mode].round(rounded) == rounded);
		}
	}
}

/* Eighths, so that one of four values is a tie. */
static float random_eighth(uint64_t *seed, int32_t reach)
{
	return (float)((int64_t)(random_bits(seed) % (uint64_t)(16 * reach)) - 8 * reach) / 8.0F;
}

static void kernels_follow_the_laws_at_all_lengths(void **state)
{
	const struct qs_grid grid = qs_grid_of(2.0F, 0.5F, -100, 27);
	float in[ROOM], out[ROOM];
	int32_t codes[ROOM];
	struct qs_census census = {0, 0, 0};
	uint64_t seed = 2;

	(void)state;
	for (size_t n = 0; n < ROOM - 2; n++) {
		for (int mode = 0; mode < QS_KERNEL__ROUNDINGS; mode++) {
			const size_t guard = n + 1;

			for (size_t i = 0; i < ROOM; i++)
				in[i] = random_eighth(&seed, 70);
			out[0] = out[guard] = 77.0F;
			codes[0] = codes[guard] = 77;
			kernels.grid_fake[mode](&grid, in + 1, n, out + 1, &census);
			kernels.grid_encode[QS_KERNEL_32_BITS][mode](
			    &grid, in + 1, n, codes + 1, &census);
			assert_true(out[0] == 77.0F && out[guard] == 77.0F);
			assert_true(codes[0] == 77 && codes[guard] == 77);
			for (size_t i = 1; i <= n; i++) {
				const double law =
				    qs_round_builtin[mode].round((double)in[i] * 2.0);
				const double k = fmax(-100.0, fmin(27.0, law));

				assert_true((double)codes[i] == k);
				assert_true((double)out[i] == k / 2.0);
			}
		}
	}
}

static void errors_are_those_of_faked_values(void **state)
{
	const struct qs_grid grid = qs_grid_of(8.0F, 0.125F, -128, 127);
	static float in[1000], out[1000];
	struct qs_census census = {0, 0, 0};
	uint64_t seed = 3;

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		in[i] = random_between(&seed, -20.0F, 20.0F);
	for (int mode = 0; mode < QS_KERNEL__ROUNDINGS; mode++) {
		double sums[QS_GRID_SUMS] = {0.0}, expected = 0.0, found = 0.0;

		kernels.grid_fake[mode](&grid, in, 1000, out, &census);
		for (size_t i = 0; i < 1000; i++)
			expected += pow((double)(in[i] - out[i]), 2.0);
		kernels.grid_error[mode](&grid, in, 1000, sums);
		for (size_t i = 0; i < QS_GRID_SUMS; i++)
			found += sums[i];
		assert_true(fabs(found - expected) <= 1e-12 * expected);
	}
}

static void nan_stays_nan_and_infinities_saturate(void **state)
{
	const struct qs_grid grid = qs_grid_of(1.0F, 1.0F, -8, 7);
	const float in[] = {NAN, -NAN, INFINITY, -INFINITY, 1e38F, -1e38F};
	struct qs_census census = {0, 0, 0};
	int32_t codes[6];
	float out[6];

	(void)state;
	for (int mode = 0; mode < QS_KERNEL__ROUNDINGS; mode++) {
		kernels.grid_fake[mode](&grid, in, 6, out, &census);
		kernels.grid_encode[QS_KERNEL_32_BITS][mode](&grid, in, 6, codes, &census);
		assert_true(isnan(out[0]) && isnan(out[1]));
		assert_true(out[2] == 7.0F && out[3] == -8.0F && out[4] == 7.0F && out[5] == -8.0F);
		assert_true(codes[0] == 0 && codes[1] == 0);
		assert_true(codes[2] == 7 && codes[3] == -8 && codes[4] == 7 && codes[5] == -8);
	}
}

static void a_mode_knows_its_kernels(void **state)
{
	struct qs_rounding foreign = qs_round_builtin[QS_KERNEL_HALF_UP];

	(void)state;
	assert_int_equal(qs_round_kernel(&foreign), QS_KERNEL_HALF_UP);
	foreign.round = floor;
	assert_int_equal(qs_round_kernel(&foreign), QS_KERNEL__ROUNDINGS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(modes_agree_with_the_tool),
	    cmocka_unit_test(every_mode_is_nearest_and_leaves_integers_alone),
	    cmocka_unit_test(kernels_follow_the_laws_at_all_lengths),
	    cmocka_unit_test(errors_are_those_of_faked_values),
	    cmocka_unit_test(nan_stays_nan_and_infinities_saturate),
	    cmocka_unit_test(a_mode_knows_its_kernels),
	};

	qs_kernels_init(&kernels, qs_kernels_cpu());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
