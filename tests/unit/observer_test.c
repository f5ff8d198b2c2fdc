/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration where the golden cases do not go: refusals, empty and constant data, the scale laws.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <string.h>

#include "numbers/observer.h"
#include "qstrata/numbers.h"
#include "numbers/statistic.h"

static struct qs_registry *registry;
static struct qs_findings *findings;

static struct qs_observation observation(void)
{
	return (struct qs_observation){
	    .channels = 1, .subject = {"tensor \"x\"", {NULL, 0, 0}, findings}};
}

static struct qs_spec maxmin(void)
{
	struct qs_spec spec = qs_spec_default(QS_TENSOR_ACTIVATION);

	spec.method = QS_METHOD_MAXMIN;
	spec.scale_type = QS_SCALE_TYPE_FLOAT;
	spec.statistic = QS_STATISTIC_MAX;
	return spec;
}

static enum qs_status calibrate(const struct qs_spec *spec, struct qs_layout layout,
    const float *data, struct qs_qparams *qparams)
{
	const struct qs_observation about = observation();

	return qs_observer_calibrate(registry, spec, &about, layout, data, qparams);
}

static void expect_finding(const char *code, const char *part)
{
	const size_t n = qs_findings_count(findings);

	assert_true(n > 0);
	assert_string_equal(qs_findings_at(findings, n - 1)->code, code);
	assert_non_null(strstr(qs_findings_at(findings, n - 1)->message, part));
}

static void negative_data_has_no_unsigned_symmetric_scale(void **state)
{
	struct qs_spec spec = maxmin();
	const float data[] = {1.0F, -0.25F};
	struct qs_qparams qparams;

	(void)state;
	spec.is_signed = false;
	assert_int_equal(calibrate(&spec, (struct qs_layout){1, 1, 2}, data, &qparams), QS_INVALID);
	expect_finding("QS702", "goes down to -0.25");
}

static void channels_side_by_side_have_the_scales_of_rows(void **state)
{
	struct qs_spec spec = maxmin();
	const float rows[] = {1, -3, 2, 0, 5, 4, 7, -8, 6},
		    columns[] = {1, 0, 7, -3, 5, -8, 2, 4, 6};
	float wrong[] = {1, 0, 7, -3, NAN, -8, 2, 4, 6};
	struct qs_qparams of_rows, of_columns;

	(void)state;
	spec.per_channel = true;
	assert_int_equal(calibrate(&spec, (struct qs_layout){1, 3, 3}, rows, &of_rows), QS_OK);
	assert_int_equal(
	    calibrate(&spec, (struct qs_layout){3, 3, 1}, columns, &of_columns), QS_OK);
	assert_memory_equal(of_rows.scale, of_columns.scale, 3 * sizeof(double));
	qs_qparams_done(&of_rows);
	qs_qparams_done(&of_columns);
	assert_int_equal(
	    calibrate(&spec, (struct qs_layout){3, 3, 1}, wrong, &of_columns), QS_INVALID);
	expect_finding("QS701", "the first at index 4");
}

static void per_channel_it_falls_back_to_the_signed_range(void **state)
{
	struct qs_spec spec = maxmin();
	const float data[] = {1.0F, 2.0F, 1.0F, -4.0F};
	struct qs_qparams qparams;

	(void)state;
	spec.is_signed = false;
	spec.per_channel = true;
	assert_int_equal(calibrate(&spec, (struct qs_layout){1, 2, 2}, data, &qparams), QS_OK);
	assert_int_equal(qparams.quant_min, -128);
	assert_int_equal(qparams.quant_max, 127);
	assert_true(qparams.scale[0] == (double)(2.0F / 127.0F));
	qs_qparams_done(&qparams);
	assert_int_equal(calibrate(&spec, (struct qs_layout){1, 1, 2}, data, &qparams), QS_OK);
	assert_int_equal(qparams.quant_max, 255);
	qs_qparams_done(&qparams);
}

static void data_that_is_not_finite_is_refused_with_counts(void **state)
{
	const float data[] = {1.0F, NAN, INFINITY, NAN};
	const struct qs_spec spec = maxmin();
	struct qs_qparams qparams;

	(void)state;
	assert_int_equal(calibrate(&spec, (struct qs_layout){1, 1, 4}, data, &qparams), QS_INVALID);
	expect_finding("QS701", "of 4 values, 2 are NaN and 1 are infinite, the first at index 1;");
}

static void a_refused_batch_leaves_the_observer_as_it_was(void **state)
{
	const struct qs_observation about = observation();
	const struct qs_layout two = {1, 1, 2};
	const struct qs_spec spec = maxmin();
	struct qs_observer *observer;
	struct qs_qparams qparams;

	(void)state;
	assert_int_equal(qs_observer_new(registry, &spec, &about, &observer), QS_OK);
	assert_int_equal(qs_observer_feed(observer, two, (const float[]){127.0F, 1.0F}), QS_OK);
	assert_int_equal(qs_observer_feed(observer, two, (const float[]){NAN, 1.0F}), QS_INVALID);
	assert_int_equal(
	    qs_observer_feed(observer, (struct qs_layout){1, 1, 0}, (const float[]){0}), QS_OK);
	assert_int_equal(qs_observer_result(observer, &qparams), QS_OK);
	assert_true(qparams.scale[0] == 1.0);
	qs_qparams_done(&qparams);
	assert_int_equal(qs_observer_feed(observer, two, (const float[]){254.0F, 1.0F}), QS_OK);
	assert_int_equal(qs_observer_result(observer, &qparams), QS_OK);
	assert_true(qparams.scale[0] == 2.0);
	qs_qparams_done(&qparams);
	assert_int_equal(qs_observer_n_batches(observer), 2);
	assert_true(qs_observer_batch_scale(observer, 0, 0) == 1.0);
	assert_int_equal(qs_observer_batch_number(observer, 1), 1);
	assert_int_equal(
	    qs_observer_feed(observer, (struct qs_layout){1, 2, 1}, (const float[]){1.0F, 1.0F}),
	    QS_BUG);
	qs_observer_free(observer);
}

static void without_values_there_is_no_scale(void **state)
{
	const struct qs_spec spec = maxmin();
	struct qs_qparams qparams;

	(void)state;
	assert_int_equal(
	    calibrate(&spec, (struct qs_layout){1, 1, 0}, (const float[]){0}, &qparams),
	    QS_INVALID);
	expect_finding("QS703", "no values to calibrate with");
}

static void zeros_get_the_smallest_scale_of_the_tool(void **state)
{
	const float zeros[4] = {0.0F, -0.0F, 0.0F, 0.0F};
	static const struct {
		int method, scale_type, bit_width;
		double scale;
	} rows[] = {
	    {QS_METHOD_MAXMIN, QS_SCALE_TYPE_FLOAT, 8, 0x1p-18},
	    {QS_METHOD_MAXMIN, QS_SCALE_TYPE_POWEROFTWO, 8, 0x1p-12},
	    {QS_METHOD_DIFFS, QS_SCALE_TYPE_POWEROFTWO, 8, 0x1p-12},
	    {QS_METHOD_DIFFS, QS_SCALE_TYPE_POWEROFTWO, 16, 0x1p-15},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_spec spec = maxmin();
		struct qs_qparams qparams;

		spec.method = rows[i].method;
		spec.scale_type = rows[i].scale_type;
		spec.bit_width = rows[i].bit_width;
		assert_int_equal(
		    calibrate(&spec, (struct qs_layout){1, 1, 4}, zeros, &qparams), QS_OK);
		assert_true(qparams.scale[0] == rows[i].scale);
		qs_qparams_done(&qparams);
	}
}

static void extreme_data_has_a_positive_finite_scale(void **state)
{
	const float data[][2] = {
	    {FLT_MAX, -FLT_MAX}, {1e-45F, 0.0F}, {FLT_MAX, FLT_MAX}, {1e30F, 1e30F}};
	const struct qs_layout two = {1, 1, 2};

	(void)state;
	for (int method = 0; method < QS_METHOD__COUNT; method++) {
		for (int width = 2; width <= 32; width += 6) {
			for (size_t i = 0; i < 4; i++) {
				struct qs_spec spec = maxmin();
				struct qs_qparams qparams;

				spec.method = method;
				spec.bit_width = width;
				if (method == QS_METHOD_DIFFS)
					spec.scale_type = QS_SCALE_TYPE_POWEROFTWO;
				if (method == QS_METHOD_MAXMIN)
					spec.symmetry = false;
				assert_int_equal(calibrate(&spec, two, data[i], &qparams), QS_OK);
				assert_true(qparams.scale[0] > 0.0 && isfinite(qparams.scale[0]));
				qs_qparams_done(&qparams);
			}
		}
	}
}

static void half_span_divides_by_half_the_range(void **state)
{
	const float data[] = {-2.0F, 1.0F};
	struct qs_observation about = observation();
	const struct qs_spec spec = maxmin();
	struct qs_qparams qparams;

	(void)state;
	about.scale_law = QS_SCALE_LAW_HALF_SPAN;
	assert_int_equal(qs_observer_calibrate(
			     registry, &spec, &about, (struct qs_layout){1, 1, 2}, data, &qparams),
	    QS_OK);
	assert_true(qparams.scale[0] == 2.0 / 127.5);
	qs_qparams_done(&qparams);
}

static void one_signed_bit_has_no_positive_integer(void **state)
{
	struct qs_spec spec = maxmin();
	const float data[] = {1.0F};
	struct qs_qparams qparams;

	(void)state;
	spec.bit_width = 1;
	assert_int_equal(
	    calibrate(&spec, (struct qs_layout){1, 1, 1}, data, &qparams), QS_UNSUPPORTED);
	expect_finding("QS704", "leaves the integers -1 to 0");
	spec.symmetry = false;
	assert_int_equal(calibrate(&spec, (struct qs_layout){1, 1, 1}, data, &qparams), QS_OK);
	qs_qparams_done(&qparams);
}

static void only_integers_need_scales(void **state)
{
	struct qs_spec spec = maxmin();

	(void)state;
	assert_true(qs_observer_needed(registry, &spec));
	spec.datatype = QS_DATATYPE_BFLOAT16;
	assert_false(qs_observer_needed(registry, &spec));
}

static void what_is_not_registered_is_told(void **state)
{
	const struct qs_observation about = observation();
	struct qs_spec spec = maxmin();
	struct qs_observer *observer;

	(void)state;
	spec.round_mode = QS_ROUND_MODE__COUNT;
	assert_int_equal(qs_observer_new(registry, &spec, &about, &observer), QS_UNSUPPORTED);
	expect_finding("QS707", "there is no rounding mode");
	spec.method = QS_METHOD__COUNT;
	assert_int_equal(qs_observer_new(registry, &spec, &about, &observer), QS_UNSUPPORTED);
	expect_finding("QS707", "there is no calibrator");
	spec.datatype = QS_DATATYPE__COUNT;
	assert_false(qs_observer_needed(registry, &spec));
}

/* All bins between the first and the last are empty. */
static void histograms_of_hardly_any_values_keep_the_largest(void **state)
{
	const float data[] = {0.0F, 0.0F, -3.0F, 0.0F};

	(void)state;
	for (int method = QS_METHOD_PERCENTILE; method <= QS_METHOD_MSE; method++) {
		struct qs_spec spec = maxmin();
		struct qs_qparams qparams;

		spec.method = method;
		assert_int_equal(
		    calibrate(&spec, (struct qs_layout){1, 1, 4}, data, &qparams), QS_OK);
		assert_true(qparams.float_max[0] <= 3.0 && qparams.float_max[0] >= 2.97);
		qs_qparams_done(&qparams);
	}
}

static void statistics_of_batches(void **state)
{
	static const struct {
		size_t n;
		double values[5], max, mean, median, modal;
	} rows[] = {
	    {1, {3}, 3, 3, 3, 3},
	    {2, {3, 1}, 3, 2, 2, 1},
	    {3, {5, 1, 3}, 5, 3, 3, 1},
	    {4, {4, 2, 4, 2}, 4, 3, 3, 2},
	    {5, {1, 7, 7, 2, 3}, 7, 4, 3, 7},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		const double expected[] = {
		    rows[i].modal, rows[i].max, rows[i].mean, rows[i].median};

		for (int s = 0; s < QS_STATISTIC__COUNT; s++) {
			double values[5];

			memcpy(values, rows[i].values, sizeof(values));
			assert_true(qs_statistic_of((enum qs_statistic)s, values, rows[i].n) ==
				    expected[s]);
		}
	}
}

static int set_up(void **state)
{
	(void)state;
	registry = qs_registry_new();
	findings = qs_findings_new();
	return !registry || !findings;
}

static int tear_down(void **state)
{
	(void)state;
	qs_registry_free(registry);
	qs_findings_free(findings);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(negative_data_has_no_unsigned_symmetric_scale),
	    TEST(channels_side_by_side_have_the_scales_of_rows),
	    TEST(per_channel_it_falls_back_to_the_signed_range),
	    TEST(data_that_is_not_finite_is_refused_with_counts),
	    TEST(a_refused_batch_leaves_the_observer_as_it_was),
	    TEST(without_values_there_is_no_scale),
	    TEST(zeros_get_the_smallest_scale_of_the_tool),
	    TEST(extreme_data_has_a_positive_finite_scale),
	    TEST(half_span_divides_by_half_the_range),
	    TEST(one_signed_bit_has_no_positive_integer),
	    TEST(only_integers_need_scales),
	    TEST(what_is_not_registered_is_told),
	    TEST(histograms_of_hardly_any_values_keep_the_largest),
	    TEST(statistics_of_batches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
