/* SPDX-License-Identifier: Apache-2.0 */
/* The laws of number formats, over random values and at the edges. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/array.h"
#include "qstrata/numbers.h"
#include "tests/unit/random.h"

#define N 2000

static struct qs_registry *registry;
static struct qs_findings *findings;
static float values[N], faked[N], again[N];

static const struct qs_layout flat = {1, 1, N};

static struct qs_subject subject_of(void)
{
	return (struct qs_subject){"tensor \"x\"", {NULL, 0, 0}, findings};
}

static struct qs_quantization bind(const struct qs_spec *spec, const struct qs_qparams *qparams)
{
	const struct qs_subject subject = subject_of();
	struct qs_quantization how;

	assert_int_equal(qs_quantizer_bind(registry, spec, qparams, &subject, &how), QS_OK);
	return how;
}

static struct qs_spec int_spec(int bit_width, bool symmetry, int round_mode)
{
	struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);

	spec.bit_width = bit_width;
	spec.symmetry = symmetry;
	spec.round_mode = round_mode;
	return spec;
}

static struct qs_qparams one_scale(const struct qs_spec *spec, double scale, int64_t zero_point)
{
	const struct qs_int_range range = qs_spec_int_range(spec);
	struct qs_qparams qparams;

	assert_int_equal(qs_qparams_init(&qparams, 1), QS_OK);
	qparams.scale[0] = scale;
	qparams.zero_point[0] = zero_point;
	qparams.quant_min = range.min;
	qparams.quant_max = range.max;
	return qparams;
}

static struct qs_counts fake(const struct qs_quantization *how, const float *in, float *out)
{
	struct qs_counts counts;

	assert_int_equal(qs_quantizer_fake(how, flat, in, out, &counts), QS_OK);
	return counts;
}

static int compare(const void *a, const void *b)
{
	const float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* Inside the range at most half a step away, outside at its end; order is kept; twice is once. */
static void check_laws(const struct qs_quantization *how)
{
	const struct qs_qparams *qparams = how->qparams;
	const double scale = qparams->scale[0];
	const double low = (double)(qparams->quant_min - qparams->zero_point[0]) * scale;
	const double high = (double)(qparams->quant_max - qparams->zero_point[0]) * scale;
	const double slack = 1e-6 * fmax(fabs(low), fabs(high));
	uint64_t seed = (uint64_t)how->spec.bit_width * 16 + (uint64_t)how->spec.round_mode;
	size_t outside = 0;
	struct qs_counts counts;

	for (size_t i = 0; i < N; i++)
		values[i] = random_between(
		    &seed, (float)(low * 1.5 - high * 0.5), (float)(high * 1.5 - low * 0.5));
	qsort(values, N, sizeof(*values), compare);
	counts = fake(how, values, faked);
	for (size_t i = 0; i < N; i++) {
		const double x = (double)values[i], y = (double)faked[i];
		const double nearest = fmax(low, fmin(high, x));

		assert_true(fabs(y - nearest) <= scale * 0.5 + slack);
		assert_true(x > low || fabs(y - low) <= slack);
		assert_true(x < high || fabs(y - high) <= slack);
		assert_true(i == 0 || faked[i] >= faked[i - 1]);
		outside += x < low - scale * 0.5 - slack || x > high + scale * 0.5 + slack;
	}
	assert_int_equal(counts.total, N);
	assert_true(counts.saturated >= outside);
	assert_int_equal(counts.nan + counts.infinite, 0);
	fake(how, faked, again);
	assert_memory_equal(faked, again, sizeof(faked));
}

/* Integers of a kind, with zero points at both ends, between them, and far outside. */
static void check_kind(int width, int mode, bool symmetry, bool is_signed, bool narrow)
{
	struct qs_spec spec = int_spec(width, symmetry, mode);
	struct qs_int_range range;

	spec.is_signed = is_signed;
	spec.narrow_range = narrow;
	range = qs_spec_int_range(&spec);
	for (size_t i = 0; i < (symmetry ? 1 : 6); i++) {
		const int64_t span = range.max - range.min;
		const int64_t zero_points[] = {0, range.max, range.min + span / 2,
		    range.min + span / 3, range.max + span * 3, range.min - span * 3};
		struct qs_qparams qparams = one_scale(&spec, 0.25, zero_points[i]);
		const struct qs_quantization how = bind(&spec, &qparams);

		check_laws(&how);
		qs_qparams_done(&qparams);
	}
}

static void ints_of_every_width_follow_the_laws(void **state)
{
	(void)state;
	for (int mode = 0; mode < QS_ROUND_MODE__COUNT; mode++) {
		check_kind(1, mode, false, false, false);
		for (int width = 2; width <= 32; width++) {
			check_kind(width, mode, true, true, false);
			check_kind(width, mode, true, true, true);
			check_kind(width, mode, true, false, false);
			check_kind(width, mode, false, false, false);
		}
	}
}

/* The kernels stop at 24 bits; around there the slow way has to say the same. */
static void wide_and_narrow_ranges_agree_inside_both(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (size_t i = 0; i < N; i++)
		values[i] = random_between(&seed, -9000.0F, 9000.0F);
	for (int mode = 0; mode < QS_ROUND_MODE__COUNT; mode++) {
		const struct qs_spec narrow = int_spec(16, true, mode),
				     wide = int_spec(32, true, mode);
		struct qs_qparams a = one_scale(&narrow, 0.3, 0), b = one_scale(&wide, 0.3, 0);
		const struct qs_quantization by_kernel = bind(&narrow, &a),
					     by_law = bind(&wide, &b);

		fake(&by_kernel, values, faked);
		fake(&by_law, values, again);
		assert_memory_equal(faked, again, sizeof(faked));
		qs_qparams_done(&a);
		qs_qparams_done(&b);
	}
}

static void a_number_too_large_for_any_integer_goes_to_the_near_end(void **state)
{
	const float in[] = {1e12F, -1e12F, INFINITY, -INFINITY, FLT_MAX};
	const float expected[] = {127.0F, -128.0F, 127.0F, -128.0F, 127.0F};
	const struct qs_spec spec = int_spec(8, true, QS_ROUND_MODE_HALF_UP);
	struct qs_qparams qparams = one_scale(&spec, 1.0, 0);
	const struct qs_quantization how = bind(&spec, &qparams);
	struct qs_counts counts;
	float out[5];

	(void)state;
	assert_int_equal(
	    qs_quantizer_fake(&how, (struct qs_layout){1, 1, 5}, in, out, &counts), QS_OK);
	assert_memory_equal(out, expected, sizeof(out));
	assert_int_equal(counts.infinite, 2);
	assert_int_equal(counts.saturated, 3);
	qs_qparams_done(&qparams);
}

static void nan_is_counted_and_not_encoded(void **state)
{
	const float in[] = {1.0F, NAN, 2.0F};
	const struct qs_layout three = {1, 1, 3};
	const struct qs_subject subject = subject_of();

	(void)state;
	for (int width = 8; width <= 32; width += 24) {
		const struct qs_spec spec = int_spec(width, true, QS_ROUND_MODE_HALF_EVEN);
		struct qs_qparams qparams = one_scale(&spec, 1.0, 0);
		const struct qs_quantization how = bind(&spec, &qparams);
		const size_t n_findings = qs_findings_count(findings);
		struct qs_counts counts = {0};
		int32_t codes[3];
		float out[3];

		assert_int_equal(qs_quantizer_fake(&how, three, in, out, &counts), QS_OK);
		assert_true(out[0] == 1.0F && isnan(out[1]) && out[2] == 2.0F);
		assert_int_equal(counts.nan, 1);
		assert_int_equal(qs_quantizer_encode(
				     &how, three, in, QS_ELEMENT_INT32, codes, &subject, &counts),
		    QS_INVALID);
		assert_int_equal(counts.nan, 1);
		assert_int_equal(qs_findings_count(findings), n_findings + 1);
		assert_string_equal(qs_findings_at(findings, n_findings)->code, "QS701");
		qs_qparams_done(&qparams);
	}
}

static void codes_take_the_narrowest_type_and_decode_to_the_faked_values(void **state)
{
	static const struct {
		int width;
		bool symmetry;
		enum qs_element element;
	} rows[] = {
	    {1, false, QS_ELEMENT_UINT8},
	    {4, true, QS_ELEMENT_INT8},
	    {4, false, QS_ELEMENT_UINT8},
	    {8, true, QS_ELEMENT_INT8},
	    {8, false, QS_ELEMENT_UINT8},
	    {10, false, QS_ELEMENT_UINT16},
	    {16, true, QS_ELEMENT_INT16},
	    {16, false, QS_ELEMENT_UINT16},
	    {17, true, QS_ELEMENT_INT32},
	    {32, true, QS_ELEMENT_INT32},
	    {32, false, QS_ELEMENT_UINT32},
	};
	static uint32_t codes[N];
	const struct qs_subject subject = subject_of();
	uint64_t seed = 9;

	(void)state;
	for (size_t i = 0; i < N; i++)
		values[i] = random_between(&seed, -300.0F, 300.0F);
	for (size_t r = 0; r < sizeof(rows) / sizeof(*rows); r++) {
		const struct qs_spec spec =
		    int_spec(rows[r].width, rows[r].symmetry, QS_ROUND_MODE_STD_ROUND);
		struct qs_qparams qparams = one_scale(&spec, 0.7, rows[r].symmetry ? 0 : 3);
		const struct qs_quantization how = bind(&spec, &qparams);
		struct qs_counts counts;

		assert_int_equal(qs_quantizer_storage(&how), rows[r].element);
		assert_int_equal(qs_quantizer_encode(
				     &how, flat, values, rows[r].element, codes, &subject, &counts),
		    QS_OK);
		assert_int_equal(
		    qs_quantizer_decode(&how, flat, rows[r].element, codes, again), QS_OK);
		fake(&how, values, faked);
		assert_memory_equal(faked, again, sizeof(faked));
		qs_qparams_done(&qparams);
	}
}

static void a_type_that_is_too_narrow_is_refused(void **state)
{
	const struct qs_spec spec = int_spec(9, true, QS_ROUND_MODE_STD_ROUND);
	struct qs_qparams qparams = one_scale(&spec, 1.0, 0);
	const struct qs_quantization how = bind(&spec, &qparams);
	const struct qs_subject subject = subject_of();
	struct qs_counts counts;
	int8_t codes[N];

	(void)state;
	assert_int_equal(
	    qs_quantizer_encode(&how, flat, values, QS_ELEMENT_INT8, codes, &subject, &counts),
	    QS_BUG);
	assert_int_equal(qs_quantizer_decode(&how, flat, QS_ELEMENT_UINT16, codes, faked), QS_BUG);
	qs_qparams_done(&qparams);
}

/* Shape (2, 3, 2), channels on axis 1: value (o, c, i) times its channel's scale. */
static void channels_have_their_own_scales(void **state)
{
	const float in[12] = {1, 1, 10, 10, 100, 100, 2, 2, 20, 20, 200, 200};
	const int8_t expected[12] = {1, 1, 2, 2, 2, 2, 2, 2, 4, 4, 4, 4};
	const struct qs_layout layout = {2, 3, 2};
	const struct qs_spec spec = int_spec(8, true, QS_ROUND_MODE_STD_ROUND);
	const struct qs_subject subject = subject_of();
	struct qs_quantization how;
	struct qs_qparams qparams;
	struct qs_counts counts;
	int8_t codes[12];
	float out[12];

	(void)state;
	assert_int_equal(qs_qparams_init(&qparams, 3), QS_OK);
	qparams.quant_min = -128;
	qparams.quant_max = 127;
	memcpy(qparams.scale, (const double[]){1.0, 5.0, 50.0}, 3 * sizeof(double));
	how = bind(&spec, &qparams);
	assert_int_equal(
	    qs_quantizer_encode(&how, layout, in, QS_ELEMENT_INT8, codes, &subject, &counts),
	    QS_OK);
	assert_memory_equal(codes, expected, sizeof(codes));
	assert_int_equal(qs_quantizer_fake(&how, layout, in, out, &counts), QS_OK);
	for (size_t i = 0; i < 12; i++)
		assert_true(fabsf(out[i] - in[i]) <= 1e-5F * in[i]);
	assert_int_equal(counts.total, 12);
	assert_int_equal(
	    qs_quantizer_fake(&how, (struct qs_layout){3, 2, 2}, in, out, &counts), QS_BUG);
	qs_qparams_done(&qparams);
}

/* The same values with channels in rows and in columns; as many as several shares, and odd. */
static void channels_side_by_side_convert_as_one_after_the_other(void **state)
{
	enum {
		ROWS = 5003,
		COLUMNS = 1009,
		ALL = ROWS * COLUMNS
	};
	static float rows[ALL], columns[ALL], fake_rows[ALL], fake_columns[ALL];
	static int16_t codes_rows[ALL], codes_columns[ALL];
	const struct qs_layout in_rows = {1, COLUMNS, ROWS}, in_columns = {ROWS, COLUMNS, 1};
	const struct qs_spec spec = int_spec(9, true, QS_ROUND_MODE_HALF_EVEN);
	const struct qs_subject subject = subject_of();
	struct qs_counts counts, counts_columns;
	struct qs_quantization how;
	struct qs_qparams qparams;
	uint64_t seed = 1;

	(void)state;
	assert_int_equal(qs_qparams_init(&qparams, COLUMNS), QS_OK);
	qparams.quant_min = -256;
	qparams.quant_max = 255;
	for (size_t c = 0; c < COLUMNS; c++) {
		qparams.scale[c] = 0.001 * (double)(c + 1);
		for (size_t r = 0; r < ROWS; r++)
			rows[c * ROWS + r] = columns[r * COLUMNS + c] =
			    random_between(&seed, -10, 10);
	}
	how = bind(&spec, &qparams);
	assert_int_equal(qs_quantizer_fake(&how, in_rows, rows, fake_rows, &counts), QS_OK);
	assert_int_equal(
	    qs_quantizer_fake(&how, in_columns, columns, fake_columns, &counts_columns), QS_OK);
	assert_int_equal(counts.saturated, counts_columns.saturated);
	assert_int_not_equal(counts.saturated, 0);
	assert_int_equal(qs_quantizer_encode(
			     &how, in_rows, rows, QS_ELEMENT_INT16, codes_rows, &subject, &counts),
	    QS_OK);
	assert_int_equal(qs_quantizer_encode(&how, in_columns, columns, QS_ELEMENT_INT16,
			     codes_columns, &subject, &counts),
	    QS_OK);
	for (size_t i = 0; i < ALL; i++) {
		const size_t at = i % ROWS * COLUMNS + i / ROWS;

		if (memcmp(&fake_rows[i], &fake_columns[at], sizeof(float)) != 0 ||
		    codes_rows[i] != codes_columns[at])
			fail_msg("value %zu differs", i);
	}
	qs_qparams_done(&qparams);
}

static void a_scale_too_small_for_its_inverse_keeps_zero(void **state)
{
	const struct qs_spec spec = int_spec(8, true, QS_ROUND_MODE_STD_ROUND);
	struct qs_qparams qparams = one_scale(&spec, 1e-300, 0);
	const struct qs_quantization how = bind(&spec, &qparams);
	const struct qs_subject subject = subject_of();
	const float in[] = {0.0F, -0.0F, 1.0F};
	struct qs_counts counts;
	int8_t codes[3];

	(void)state;
	assert_int_equal(qs_quantizer_encode(&how, (struct qs_layout){1, 1, 3}, in, QS_ELEMENT_INT8,
			     codes, &subject, &counts),
	    QS_OK);
	assert_true(codes[0] == 0 && codes[1] == 0 && codes[2] == 127);
	qs_qparams_done(&qparams);
}

static void float_formats_need_no_scale(void **state)
{
	const float in[] = {1.0F, 70000.0F, NAN, INFINITY, -1e-8F, FLT_MAX};
	const struct qs_layout layout = {1, 1, 6};
	const struct qs_subject subject = subject_of();
	static const struct {
		int datatype;
		enum qs_element element;
		unsigned saturated;
	} rows[] = {
	    {QS_DATATYPE_BFLOAT16, QS_ELEMENT_BFLOAT16, 1},
	    {QS_DATATYPE_FLOAT16, QS_ELEMENT_FLOAT16, 2},
	    {QS_DATATYPE_FLOAT32, QS_ELEMENT_FLOAT32, 0},
	};

	(void)state;
	for (size_t r = 0; r < 3; r++) {
		struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);
		struct qs_quantization how;
		struct qs_counts counts;
		float codes[6], out[6], back[6];

		spec.datatype = rows[r].datatype;
		how = bind(&spec, NULL);
		assert_int_equal(qs_quantizer_storage(&how), rows[r].element);
		assert_int_equal(qs_quantizer_fake(&how, layout, in, out, &counts), QS_OK);
		assert_int_equal(counts.total, 6);
		assert_int_equal(counts.nan, 1);
		assert_int_equal(counts.infinite, 1);
		assert_int_equal(counts.saturated, rows[r].saturated);
		assert_int_equal(qs_quantizer_encode(
				     &how, layout, in, rows[r].element, codes, &subject, &counts),
		    QS_OK);
		assert_int_equal(
		    qs_quantizer_decode(&how, layout, rows[r].element, codes, back), QS_OK);
		assert_memory_equal(out, back, sizeof(out));
		assert_int_equal(qs_quantizer_encode(
				     &how, layout, in, QS_ELEMENT_INT8, codes, &subject, &counts),
		    QS_BUG);
	}
}

/* A rounding mode from outside: toward minus infinity. */
static void a_foreign_rounding_mode_is_followed(void **state)
{
	static const struct qs_rounding down = {
	    {QS_PLUGIN_ABI, "down", "toward minus infinity", NULL, 0}, floor};
	const struct qs_spec spec = int_spec(8, true, QS_ROUND_MODE_STD_ROUND);
	struct qs_qparams qparams = one_scale(&spec, 1.0, 0);
	struct qs_quantization how = bind(&spec, &qparams);
	const float in[] = {0.9F, -0.1F, 500.0F};
	struct qs_counts counts;
	float out[3];

	(void)state;
	how.rounding = &down;
	assert_int_equal(
	    qs_quantizer_fake(&how, (struct qs_layout){1, 1, 3}, in, out, &counts), QS_OK);
	assert_true(out[0] == 0.0F && out[1] == -1.0F && out[2] == 127.0F);
	qs_qparams_done(&qparams);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ints_of_every_width_follow_the_laws),
	    cmocka_unit_test(wide_and_narrow_ranges_agree_inside_both),
	    cmocka_unit_test(a_number_too_large_for_any_integer_goes_to_the_near_end),
	    cmocka_unit_test(nan_is_counted_and_not_encoded),
	    cmocka_unit_test(codes_take_the_narrowest_type_and_decode_to_the_faked_values),
	    cmocka_unit_test(a_type_that_is_too_narrow_is_refused),
	    cmocka_unit_test(channels_have_their_own_scales),
	    cmocka_unit_test(channels_side_by_side_convert_as_one_after_the_other),
	    cmocka_unit_test(a_scale_too_small_for_its_inverse_keeps_zero),
	    cmocka_unit_test(float_formats_need_no_scale),
	    cmocka_unit_test(a_foreign_rounding_mode_is_followed),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
