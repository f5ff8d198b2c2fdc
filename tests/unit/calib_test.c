/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration against vai_q_pytorch 3.5: every case of tests/data/golden/calib gives its scale,
 * zero point and range, and its scale gives the same fake-quantized tensor byte for byte.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/observer.h"
#include "qstrata/numbers.h"
#include "tests/unit/golden.h"
#include "tests/unit/sha256.h"

#define MAX_CASES 1000

/* The cases, in the order of the results. */
struct suite {
	json_object *cases[MAX_CASES];
	size_t n_cases, n_results, n_failed;
	struct qs_registry *registry;
	struct qs_findings *findings;
	const char *only_method;
	size_t n_checked;
};

static int word_index(const char *word, const char *(*word_of)(int), int count)
{
	for (int i = 0; i < count; i++) {
		if (strcmp(word_of(i), word) == 0)
			return i;
	}
	fail_msg("unknown word %s", word);
	return -1;
}

static const char *method_word(int value)
{
	return qs_method_word((enum qs_method)value);
}

static const char *round_word(int value)
{
	return qs_round_mode_word((enum qs_round_mode)value);
}

static const char *statistic_word(int value)
{
	return qs_statistic_word((enum qs_statistic)value);
}

static struct qs_spec spec_of(json_object *params)
{
	struct qs_spec spec = qs_spec_default(QS_TENSOR_ACTIVATION);

	spec.symmetry = golden_bool(params, "symmetry");
	spec.per_channel = golden_bool(params, "per_channel");
	spec.is_signed = golden_bool(params, "signed");
	spec.narrow_range = golden_bool(params, "narrow_range");
	spec.bit_width = (int)golden_integer(params, "bit_width");
	spec.method = word_index(golden_string(params, "method"), method_word, QS_METHOD__COUNT);
	spec.round_mode =
	    word_index(golden_string(params, "round_mode"), round_word, QS_ROUND_MODE__COUNT);
	spec.scale_type = strcmp(golden_string(params, "scale_type"), "float") == 0
	                      ? QS_SCALE_TYPE_FLOAT
	                      : QS_SCALE_TYPE_POWEROFTWO;
	if (json_object_object_get_ex(params, "calib_statistic_method", NULL))
		spec.statistic = word_index(golden_string(params, "calib_statistic_method"),
		    statistic_word, QS_STATISTIC__COUNT);
	if (json_object_object_get_ex(params, "percentage", NULL))
		spec.percentage = golden_real(params, "percentage");
	return spec;
}

static struct qs_array batch(const char *name)
{
	char path[256];

	snprintf(path, sizeof(path), "golden/calib/%s", name);
	return golden_array(path);
}

static struct qs_layout layout_of(const struct qs_array *array, int axis)
{
	struct qs_layout layout;

	assert_true(qs_layout_of(array->dims, array->rank, axis, &layout));
	return layout;
}

static int axis_of(json_object *one)
{
	return json_object_object_get_ex(one, "axis", NULL) ? (int)golden_integer(one, "axis") : -1;
}

/* A number, or an array of numbers of which one is for the channel. */
static double number_at(json_object *result, const char *key, size_t channel)
{
	json_object *member = golden_get(result, key);

	if (json_object_is_type(member, json_type_array))
		member = json_object_array_get_idx(member, channel);
	return json_object_get_double(member);
}

static bool near(double found, double expected)
{
	return fabs(found - expected) <= 1e-12 * fabs(expected);
}

/* The tool tells no scales of batches for channels. */
static bool check_batches(const struct qs_observer *observer, json_object *result, const char *id)
{
	bool fine = true;

	if (!golden_get(result, "batch_scales"))
		return true;
	for (size_t b = 0; b < qs_observer_n_batches(observer); b++) {
		const double scale = qs_observer_batch_scale(observer, b, 0);
		const double expected = number_at(result, "batch_scales", b);

		if (!near(scale, expected)) {
			print_error(
			    "%s: batch %zu: scale %.17g not %.17g\n", id, b, scale, expected);
			fine = false;
		}
	}
	return fine;
}

static struct qs_qparams calibrate(struct suite *suite, json_object *one,
    const struct qs_spec *spec, json_object *result, bool *fine)
{
	json_object *batches = golden_get(one, "batches");
	struct qs_observation observation = {
	    .channels = 1,
	    .is_graph_input = strcmp(golden_string(one, "node"), "INPUT") == 0,
	    .subject = {"tensor", {NULL, 0, 0}, suite->findings},
	};
	struct qs_observer *observer = NULL;
	struct qs_qparams qparams = {0};

	for (size_t i = 0; i < json_object_array_length(batches); i++) {
		struct qs_array array =
		    batch(json_object_get_string(json_object_array_get_idx(batches, i)));
		const struct qs_layout layout = layout_of(&array, axis_of(one));

		observation.channels = layout.channels;
		if (!observer)
			assert_int_equal(
			    qs_observer_new(suite->registry, spec, &observation, &observer), QS_OK);
		assert_int_equal(qs_observer_feed(observer, layout, array.data), QS_OK);
		qs_array_done(&array);
	}
	assert_int_equal(qs_observer_result(observer, &qparams), QS_OK);
	*fine = check_batches(observer, result, golden_string(one, "id"));
	qs_observer_free(observer);
	return qparams;
}

static bool check_qparams(const struct qs_qparams *qparams, json_object *result, const char *id)
{
	bool fine = qparams->quant_min == golden_integer(result, "quant_min") &&
	            qparams->quant_max == golden_integer(result, "quant_max");

	for (size_t c = 0; c < qparams->n && fine; c++) {
		const double scale = number_at(result, "scale", c);
		const double zero_point = number_at(result, "zero_point", c);
		const double float_max = number_at(result, "float_max", c);

		fine = near(qparams->scale[c], scale) && near(qparams->float_max[c], float_max) &&
		       (double)qparams->zero_point[c] == zero_point;
		if (!fine)
			print_error("%s[%zu]: scale %.17g not %.17g, zero point %g not %g, "
				    "threshold %.17g not %.17g\n",
			    id, c, qparams->scale[c], scale, (double)qparams->zero_point[c],
			    zero_point, qparams->float_max[c], float_max);
	}
	return fine;
}

/* -0 becomes +0, as in the digests of the golden results. */
static void digest(const float *values, size_t n, char hex[65])
{
	unsigned char *bytes = malloc(n * 4);

	assert_non_null(bytes);
	for (size_t i = 0; i < n; i++) {
		const float value = values[i] + 0.0F;
		uint32_t bits;

		memcpy(&bits, &value, 4);
		for (size_t b = 0; b < 4; b++)
			bytes[i * 4 + b] = (unsigned char)(bits >> b * 8);
	}
	sha256_hex(bytes, n * 4, hex);
	free(bytes);
}

/* Fake-quantizes with the scale of the results. */
static bool check_fake(struct suite *suite, json_object *one, const struct qs_spec *spec,
    struct qs_qparams *qparams, json_object *result)
{
	struct qs_array array = batch(golden_string(one, "quantize"));
	const struct qs_layout layout = layout_of(&array, axis_of(one));
	const struct qs_subject subject = {"tensor", {NULL, 0, 0}, suite->findings};
	float *out = malloc(array.n_values * sizeof(*out));
	struct qs_quantization how;
	struct qs_counts counts;
	char hex[65];
	bool fine;

	for (size_t c = 0; c < qparams->n; c++) {
		qparams->scale[c] = number_at(result, "scale", c);
		qparams->zero_point[c] = (int64_t)number_at(result, "zero_point", c);
	}
	assert_int_equal(qs_quantizer_bind(suite->registry, spec, qparams, &subject, &how), QS_OK);
	assert_int_equal(qs_quantizer_fake(&how, layout, array.data, out, &counts), QS_OK);
	digest(out, array.n_values, hex);
	fine = strcmp(hex, golden_string(result, "fake_sha256")) == 0;
	if (!fine)
		print_error("%s: the fake-quantized tensor differs\n", golden_string(one, "id"));
	free(out);
	qs_array_done(&array);
	return fine;
}

static void keep_case(json_object *object, void *context)
{
	struct suite *suite = context;

	assert_true(suite->n_cases < MAX_CASES);
	suite->cases[suite->n_cases++] = json_object_get(object);
}

static void check_result(json_object *result, void *context)
{
	struct suite *suite = context;
	json_object *one = suite->cases[suite->n_results++], *params = golden_get(one, "params");
	const char *id = golden_string(one, "id");
	struct qs_spec spec;
	struct qs_qparams qparams;
	bool fine;

	assert_string_equal(id, golden_string(result, "id"));
	assert_null(golden_get(result, "error"));
	if (strcmp(golden_string(params, "method"), suite->only_method) != 0)
		return;
	spec = spec_of(params);
	qparams = calibrate(suite, one, &spec, result, &fine);
	fine = check_qparams(&qparams, result, id) && fine;
	fine = check_fake(suite, one, &spec, &qparams, result) && fine;
	suite->n_failed += !fine;
	suite->n_checked++;
	qs_qparams_done(&qparams);
}

static void check_method(const char *method, size_t n_expected)
{
	struct suite suite = {.only_method = method};

	suite.registry = qs_registry_new();
	suite.findings = qs_findings_new();
	each_line("golden/calib/cases.jsonl", keep_case, &suite);
	assert_int_equal(
	    each_line("golden/calib/results.jsonl", check_result, &suite), suite.n_cases);
	for (size_t i = 0; i < suite.n_cases; i++)
		json_object_put(suite.cases[i]);
	assert_int_equal(qs_findings_count(suite.findings), 0);
	qs_findings_free(suite.findings);
	qs_registry_free(suite.registry);
	assert_int_equal(suite.n_failed, 0);
	assert_int_equal(suite.n_checked, n_expected);
}

static void maxmin_agrees_with_the_tool(void **state)
{
	(void)state;
	check_method("maxmin", 349);
}

static void diffs_agrees_with_the_tool(void **state)
{
	(void)state;
	check_method("diffs", 119);
}

static void percentile_agrees_with_the_tool(void **state)
{
	(void)state;
	check_method("percentile", 64);
}

static void mse_agrees_with_the_tool(void **state)
{
	(void)state;
	check_method("mse", 8);
}

static void entropy_agrees_with_the_tool(void **state)
{
	(void)state;
	check_method("entropy", 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(maxmin_agrees_with_the_tool),
	    cmocka_unit_test(diffs_agrees_with_the_tool),
	    cmocka_unit_test(percentile_agrees_with_the_tool),
	    cmocka_unit_test(mse_agrees_with_the_tool),
	    cmocka_unit_test(entropy_agrees_with_the_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
