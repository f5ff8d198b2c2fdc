/* SPDX-License-Identifier: Apache-2.0 */
/* Moments of values that come in pieces. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/moments.h"
#include "tests/unit/random.h"

static void the_variance_is_unbiased(void **state)
{
	static const float values[] = {1.0F, 2.0F, 3.0F, 4.0F};
	struct qs_moments moments = QS_MOMENTS_INIT;

	(void)state;
	qs_moments_add(&moments, values, 4);
	assert_true(moments.mean == 2.5);
	assert_true(fabs(qs_moments_variance(&moments) - 5.0 / 3.0) < 1e-15);
	assert_true(moments.least == 1.0F && moments.most == 4.0F);
}

static void one_value_has_no_variance(void **state)
{
	static const float value = -2.0F;
	struct qs_moments moments = QS_MOMENTS_INIT;

	(void)state;
	assert_true(isnan(qs_moments_variance(&moments)));
	qs_moments_add(&moments, &value, 1);
	assert_true(isnan(qs_moments_variance(&moments)));
	assert_true(moments.mean == -2.0 && moments.least == -2.0F && moments.most == -2.0F);
}

static void what_is_not_finite_is_counted_and_left_out(void **state)
{
	static const float values[] = {NAN, 1.0F, INFINITY, -INFINITY, 3.0F, -NAN};
	struct qs_moments moments = QS_MOMENTS_INIT;

	(void)state;
	qs_moments_add(&moments, values, 1);
	assert_true(moments.n == 0 && moments.nan == 1);
	qs_moments_add(&moments, values + 1, 5);
	assert_true(moments.n == 2 && moments.nan == 2 && moments.infinite == 2);
	assert_true(moments.mean == 2.0 && qs_moments_variance(&moments) == 2.0);
}

/* Values that lie far from 0 and close together lose nothing. */
static void pieces_say_what_the_whole_says(void **state)
{
	enum {
		N = 1000
	};
	static float values[N];
	struct qs_moments whole = QS_MOMENTS_INIT, pieces = QS_MOMENTS_INIT;
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < N; i++)
		values[i] = 4096.0F + (float)(random_below(&seed, 1000)) / 1024.0F;
	qs_moments_add(&whole, values, N);
	for (size_t i = 0; i < N; i += 125)
		qs_moments_add(&pieces, values + i, 125);
	assert_true(fabs(whole.mean - pieces.mean) < 1e-9);
	assert_true(fabs(qs_moments_variance(&whole) - qs_moments_variance(&pieces)) < 1e-9);
	assert_true(pieces.n == N && whole.least == pieces.least && whole.most == pieces.most);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_variance_is_unbiased),
	    cmocka_unit_test(one_value_has_no_variance),
	    cmocka_unit_test(what_is_not_finite_is_counted_and_left_out),
	    cmocka_unit_test(pieces_say_what_the_whole_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
