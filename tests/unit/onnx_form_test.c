/* SPDX-License-Identifier: Apache-2.0 */
/* How ONNX says a number format: the type, the domain, and whether a Clip is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "numbers/array.h"
#include "engine/onnx_form.h"

/* A site of a kind with a range, a number of scales and a zero point. */
struct row {
	enum qs_tensor kind;
	int64_t quant_min, quant_max, zero_point;
	size_t n_scales;
	int64_t opset;
	const char *form; /* "int8 clips microsoft plain shifts", or "" for none */
};

#define ACTIVATION QS_TENSOR_ACTIVATION
#define WEIGHTS QS_TENSOR_WEIGHTS
#define BIAS QS_TENSOR_BIAS

static void expect_form(const struct row *row, size_t index)
{
	double scales[2] = {1, 1}, maxima[2] = {1, 1};
	int64_t zero_points[2] = {0, row->zero_point};
	struct qs_site site = {.kind = row->kind,
	    .is_constant = row->kind != ACTIVATION,
	    .input_site = QS_NONE,
	    .weights_site = QS_NONE};
	struct qs_onnx_form form = {0};
	struct qs_text text = QS_TEXT_INIT;

	site.spec.datatype = QS_DATATYPE_INT;
	site.qparams = (struct qs_qparams){row->n_scales, scales,
	    row->n_scales == 1 ? &zero_points[1] : zero_points, maxima, row->quant_min,
	    row->quant_max};
	if (qs_onnx_form(&site, row->opset, &form))
		qs_text_addf(&text, "%s%s%s%s%s", qs_element_word(form.element),
		    form.clips ? " clips" : "", form.microsoft ? " microsoft" : "",
		    form.plain ? " plain" : "", form.shifts ? " shifts" : "");
	if (strcmp(text.data, row->form) != 0)
		fail_msg("row %zu: found \"%s\", expected \"%s\"", index, text.data, row->form);
	qs_text_done(&text);
}

static void integers_take_the_smallest_type_that_holds_them(void **state)
{
	static const struct row rows[] = {
	    {ACTIVATION, -128, 127, 0, 1, 13, "int8"},
	    {ACTIVATION, 0, 255, 128, 1, 13, "uint8"},
	    {ACTIVATION, -127, 127, 0, 1, 13, "int8 clips"},
	    {ACTIVATION, -8, 7, 0, 1, 13, "int8 clips"},
	    {ACTIVATION, 0, 15, 3, 1, 13, "uint8 clips"},
	    {ACTIVATION, 0, 127, 0, 1, 13, "uint8 clips"},
	    {ACTIVATION, -256, 255, 0, 1, 21, "int16 clips"},
	    {ACTIVATION, -32768, 32767, 0, 1, 21, "int16"},
	    {ACTIVATION, 0, 65535, 9, 1, 21, "uint16"},
	    /* A zero point outside the range is moved there. */
	    {ACTIVATION, 0, 255, 255, 1, 13, "uint8"},
	    {ACTIVATION, 0, 255, 256, 1, 13, "uint8 shifts"},
	    {ACTIVATION, 0, 255, -1, 1, 13, "uint8 shifts"},
	    {ACTIVATION, 0, 15, -1, 1, 13, "uint8 clips shifts"},
	    {ACTIVATION, 0, 65535, -900000, 1, 21, "uint16 shifts"},
	    {ACTIVATION, -65536, 65535, 0, 1, 21, ""},
	    {ACTIVATION, -2147483648, 2147483647, 0, 1, 21, ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_form(&rows[i], i);
}

static void older_opsets_take_the_operators_of_microsoft(void **state)
{
	static const struct row rows[] = {
	    {ACTIVATION, -128, 127, 0, 1, 9, "int8 microsoft"},
	    {ACTIVATION, -128, 127, 0, 1, 10, "int8"},
	    {WEIGHTS, -128, 127, 0, 2, 10, "int8 microsoft"},
	    {WEIGHTS, -128, 127, 0, 2, 12, "int8 microsoft"},
	    {WEIGHTS, -128, 127, 0, 2, 13, "int8"},
	    {WEIGHTS, -8, 7, 0, 2, 13, "int8 clips"},
	    {ACTIVATION, -32768, 32767, 0, 1, 13, "int16 microsoft"},
	    {ACTIVATION, -32768, 32767, 0, 1, 20, "int16 microsoft"},
	    {WEIGHTS, 0, 65535, 7, 2, 20, "uint16 microsoft"},
	    {WEIGHTS, 0, 65535, 7, 2, 21, "uint16"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_form(&rows[i], i);
}

/* An int32 has no zero point, and as a bias it means products. */
static void what_no_type_says_is_written_as_values(void **state)
{
	static const struct row rows[] = {
	    {WEIGHTS, -2147483648, 2147483647, 0, 1, 13, "int32"},
	    {WEIGHTS, -8388608, 8388607, 0, 2, 13, "int32 clips"},
	    {WEIGHTS, 0, 131071, 65000, 1, 13, "int32 clips plain"},
	    {WEIGHTS, 0, 4294967295, 0, 1, 13, "float32 plain"},
	    {WEIGHTS, 0, 255, -70000, 1, 13, "int32 clips plain"},
	    {WEIGHTS, 0, 255, -3000000000, 1, 13, "float32 plain"},
	    {BIAS, -128, 127, 0, 1, 13, "int8"},
	    {BIAS, -32768, 32767, 0, 1, 13, "int16 microsoft"},
	    {BIAS, -8388608, 8388607, 0, 1, 13, "int32 clips plain"},
	    {BIAS, -2147483648, 2147483647, 0, 1, 13, "int32 plain"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		expect_form(&rows[i], i);
}

static void a_bias_in_units_of_the_products_stays_int32(void **state)
{
	double scale = 1, maximum = 1;
	int64_t zero_point = 0;
	struct qs_site site = {.kind = QS_TENSOR_BIAS,
	    .is_constant = true,
	    .qparams = {1, &scale, &zero_point, &maximum, INT32_MIN, INT32_MAX}};
	struct qs_onnx_form form;

	(void)state;
	site.spec.datatype = QS_DATATYPE_INT;
	assert_true(qs_onnx_form(&site, 10, &form));
	assert_int_equal(form.element, QS_ELEMENT_INT32);
	assert_false(form.plain || form.microsoft || form.clips);
}

static void half_floats_are_types_and_float32_has_no_form(void **state)
{
	struct qs_site site = {.kind = QS_TENSOR_WEIGHTS};
	struct qs_onnx_form form;

	(void)state;
	site.spec.datatype = QS_DATATYPE_BFLOAT16;
	assert_true(qs_onnx_form(&site, 13, &form));
	assert_int_equal(form.onnx_type, ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16);
	assert_int_equal(qs_onnx_least_opset(&site), 13);
	site.spec.datatype = QS_DATATYPE_FLOAT16;
	assert_true(qs_onnx_form(&site, 9, &form));
	assert_int_equal(form.onnx_type, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16);
	assert_int_equal(qs_onnx_least_opset(&site), 6);
	site.spec.datatype = QS_DATATYPE_FLOAT32;
	assert_false(qs_onnx_form(&site, 13, &form));
}

static void the_nearest_zero_point_of_the_range_is_written(void **state)
{
	static const int64_t rows[][2] = {{0, 0}, {7, 7}, {255, 255}, {256, 255}, {-9, 0}};
	double scale = 1, maximum = 1;
	int64_t zero_point;
	const struct qs_site site = {
	    .kind = QS_TENSOR_INPUT, .qparams = {1, &scale, &zero_point, &maximum, 0, 255}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		zero_point = rows[i][0];
		assert_int_equal(qs_onnx_zero_point(&site), rows[i][1]);
	}
}

static void only_activations_of_integers_need_a_rounding_mode_of_onnx(void **state)
{
	struct qs_site site = {.kind = QS_TENSOR_ACTIVATION};

	(void)state;
	site.spec.datatype = QS_DATATYPE_INT;
	site.spec.round_mode = QS_ROUND_MODE_HALF_EVEN;
	assert_true(qs_onnx_rounds(&site));
	site.spec.round_mode = QS_ROUND_MODE_HALF_UP;
	assert_false(qs_onnx_rounds(&site));
	site.spec.datatype = QS_DATATYPE_BFLOAT16;
	assert_true(qs_onnx_rounds(&site));
	site.spec.datatype = QS_DATATYPE_INT;
	site.is_constant = true;
	assert_true(qs_onnx_rounds(&site));
}

static void types_go_there_and_back(void **state)
{
	(void)state;
	for (int e = 0; e < QS_ELEMENT__COUNT; e++)
		assert_int_equal(qs_onnx_element(qs_onnx_type((enum qs_element)e)), e);
	assert_int_equal(qs_onnx_element(ONNX__TENSOR_PROTO__DATA_TYPE__STRING), QS_ELEMENT__COUNT);
	assert_int_equal(qs_onnx_element(0), QS_ELEMENT__COUNT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(integers_take_the_smallest_type_that_holds_them),
	    cmocka_unit_test(older_opsets_take_the_operators_of_microsoft),
	    cmocka_unit_test(what_no_type_says_is_written_as_values),
	    cmocka_unit_test(a_bias_in_units_of_the_products_stays_int32),
	    cmocka_unit_test(half_floats_are_types_and_float32_has_no_form),
	    cmocka_unit_test(the_nearest_zero_point_of_the_range_is_written),
	    cmocka_unit_test(only_activations_of_integers_need_a_rounding_mode_of_onnx),
	    cmocka_unit_test(types_go_there_and_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
