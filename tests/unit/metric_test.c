/* SPDX-License-Identifier: Apache-2.0 */
/* How far a tensor is from what it should be. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "analysis/metric.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

static double measure(
    enum qs_metric metric, const float *expected, const float *found, size_t n, size_t row)
{
	struct qs_agreement agreement = QS_AGREEMENT_INIT;

	qs_agreement_add(&agreement, expected, found, n, row);
	return qs_agreement_of(&agreement, metric);
}

static void metrics_are_what_they_are_defined_as(void **state)
{
	static const float expected[] = {3.0F, 4.0F}, found[] = {4.0F, 3.0F};
	/* ln(softmax(3, 4)) is (-1.31326, -0.31326). */
	const struct {
		enum qs_metric metric;
		double value;
	} cases[] = {
	    {QS_METRIC_COSINE, 24.0 / 25.0},
	    {QS_METRIC_L1, 1.0},
	    {QS_METRIC_MSE, 1.0},
	    {QS_METRIC_SQNR, 10.0 * log10(25.0 / 2.0)},
	    {QS_METRIC_KL, (exp(1.0) - 1.0) / (exp(1.0) + 1.0)},
	    {QS_METRIC_ATOL, 1.0},
	};

	(void)state;
	assert_int_equal(LENGTH(cases), QS_METRIC__COUNT);
	for (size_t i = 0; i < LENGTH(cases); i++)
		assert_true(
		    fabs(measure(cases[i].metric, expected, found, 2, 0) - cases[i].value) < 1e-12);
}

static void the_ends_are_told_as_people_expect(void **state)
{
	static const float zeros[] = {0.0F, 0.0F}, ones[] = {1.0F, 1.0F};

	(void)state;
	assert_true(measure(QS_METRIC_COSINE, zeros, ones, 2, 0) == 0.0);
	assert_true(measure(QS_METRIC_COSINE, zeros, zeros, 2, 0) == 0.0);
	assert_true(measure(QS_METRIC_SQNR, ones, ones, 2, 0) == (double)INFINITY);
	assert_true(measure(QS_METRIC_SQNR, zeros, ones, 2, 0) == (double)-INFINITY);
	assert_true(measure(QS_METRIC_KL, ones, ones, 2, 0) == 0.0);
	assert_true(isnan(measure(QS_METRIC_MSE, ones, ones, 0, 0)));
}

static void nan_is_never_the_better_one(void **state)
{
	static const float bad[] = {1.0F, NAN, 2.0F}, good[] = {1.0F, 1.0F, 2.0F};

	(void)state;
	for (int i = 0; i < QS_METRIC__COUNT; i++) {
		const enum qs_metric metric = (enum qs_metric)i;
		const double value = measure(metric, good, bad, 3, 0);

		assert_true(isnan(value));
		assert_true(qs_metric_better(metric, 0.0, value));
		assert_false(qs_metric_better(metric, value, 0.0));
		assert_false(qs_metric_better(metric, value, value));
	}
}

static void batches_add_up_to_one(void **state)
{
	static const float expected[] = {1.0F, 2.0F, -3.0F, 0.5F, 100.0F, -7.0F};
	static const float found[] = {1.5F, 2.0F, -2.0F, 0.25F, 90.0F, -7.0F};
	struct qs_agreement agreement = QS_AGREEMENT_INIT;

	(void)state;
	qs_agreement_add(&agreement, expected, found, 2, 2);
	qs_agreement_add(&agreement, expected + 2, found + 2, 4, 2);
	for (int i = 0; i < QS_METRIC__COUNT; i++)
		assert_true(qs_agreement_of(&agreement, (enum qs_metric)i) ==
			    measure((enum qs_metric)i, expected, found, 6, 2));
}

static void names_and_metrics_belong_together(void **state)
{
	(void)state;
	for (int i = 0; i < QS_METRIC__COUNT; i++)
		assert_int_equal(qs_metric_of(qs_metric_info((enum qs_metric)i)->name), i);
	assert_int_equal(qs_metric_of("accuracy"), QS_METRIC__COUNT);
	assert_true(qs_metric_better(QS_METRIC_COSINE, 0.9, 0.8));
	assert_true(qs_metric_better(QS_METRIC_L1, 0.8, 0.9));
	assert_false(qs_metric_better(QS_METRIC_SQNR, 5.0, 5.0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(metrics_are_what_they_are_defined_as),
	    cmocka_unit_test(the_ends_are_told_as_people_expect),
	    cmocka_unit_test(nan_is_never_the_better_one),
	    cmocka_unit_test(batches_add_up_to_one),
	    cmocka_unit_test(names_and_metrics_belong_together),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
