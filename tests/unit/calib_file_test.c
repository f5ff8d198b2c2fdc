/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration files: what is written comes back, and what does not fit is refused. */
#include "tests/unit/engine_fixture.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calib_file.h"

#define PATH "calib_file_test.json"

#define CONFIG                                                                                     \
	ENGINE_CONFIG(ENGINE_INT8,                                                                 \
	    ", \"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}, "                \
	    "\"bias\": {\"datatype\": \"bfloat16\"}}")
#define MODEL "in x 1 4", "init w 4 3", "init b 3", "node Gemm g x,w,b y", "out y"

static const struct qs_calib_identity identity = {"model.onnx", "config.json", 0x0123456789abcdefU,
    0xfedcba9876543210U, 7, QS_OBSERVE_QUANTIZED, false};

static int make_engine(void **state)
{
	struct engine *engine = malloc(sizeof(*engine));

	*engine = ENGINE_PLAN(CONFIG, MODEL);
	*state = engine;
	return 0;
}

static int free_engine(void **state)
{
	engine_free(*state);
	free(*state);
	remove(PATH);
	return 0;
}

static void write_calibration(const struct engine *engine)
{
	assert_int_equal(
	    qs_calib_file_write(engine->plan, &identity, PATH, engine->findings), QS_OK);
}

static void write_text(const char *text)
{
	fixture_write(PATH, text, strlen(text));
}

/* Reading into a new plan of the same model gives exactly these scales. */
static void expect_same(const struct engine *engine)
{
	struct engine other = ENGINE_PLAN(CONFIG, MODEL);

	assert_int_equal(qs_calib_file_read(other.plan, &identity, PATH, other.findings), QS_OK);
	for (size_t i = 0; i < engine->plan->n_sites; i++) {
		const struct qs_qparams *a = &engine->plan->sites[i].qparams;
		const struct qs_qparams *b = &other.plan->sites[i].qparams;

		assert_int_equal(a->n, b->n);
		assert_int_equal(a->quant_min, b->quant_min);
		assert_int_equal(a->quant_max, b->quant_max);
		for (size_t c = 0; c < a->n; c++) {
			assert_true(a->scale[c] >= b->scale[c] && a->scale[c] <= b->scale[c]);
			assert_int_equal(a->zero_point[c], b->zero_point[c]);
		}
	}
	engine_free(&other);
}

static void every_double_comes_back(void **state)
{
	static const double scales[] = {0.1, 1.0 / 3, 0.625 / 127, 0x1.fffffffffffffp-3, 1, 3e-310,
	    1.7976931348623157e308, 12345678901234567890.0};
	struct engine *engine = *state;

	engine_calibrate(engine, 1);
	for (size_t i = 0; i < sizeof(scales) / sizeof(*scales); i++) {
		engine_scale(engine, "x -> g", scales[i], -3);
		write_calibration(engine);
		expect_same(engine);
	}
}

static void the_file_is_what_the_format_says(void **state)
{
	struct engine *engine = *state;
	struct json_object *document, *tensors, *tensor, *list;

	engine_calibrate(engine, 0.125);
	write_calibration(engine);
	document = json_object_from_file(PATH);
	assert_non_null(document);
	assert_string_equal(json_object_get_string(json_object_object_get(document, "format")),
	    "qstrata-calibration");
	assert_int_equal(json_object_get_int(json_object_object_get(document, "version")), 1);
	assert_int_equal(json_object_get_int(json_object_object_get(document, "batches")), 7);
	tensors = json_object_object_get(document, "tensors");
	assert_int_equal(json_object_object_length(tensors), 4);
	tensor = json_object_object_get(tensors, "y");
	assert_string_equal(json_object_to_json_string_ext(tensor, JSON_C_TO_STRING_PLAIN),
	    "{\"kind\":\"activation\",\"layer\":\"g\",\"datatype\":\"int\",\"bit_width\":8,"
	    "\"scale\":0.125,\"zero_point\":0,\"quant_min\":-128,\"quant_max\":127}");
	tensor = json_object_object_get(tensors, "b");
	assert_string_equal(json_object_to_json_string_ext(tensor, JSON_C_TO_STRING_PLAIN),
	    "{\"kind\":\"bias\",\"layer\":\"g\",\"datatype\":\"bfloat16\"}");
	tensor = json_object_object_get(tensors, "w");
	list = json_object_object_get(tensor, "scale");
	assert_int_equal(json_object_array_length(list), 3);
	assert_int_equal(json_object_get_int(json_object_object_get(tensor, "axis")), 1);
	json_object_put(document);
}

static void expect_refusal(struct engine *engine, const char *code, const char *message)
{
	const size_t before = qs_findings_count(engine->findings);
	const struct qs_finding *finding;

	assert_int_equal(
	    qs_calib_file_read(engine->plan, &identity, PATH, engine->findings), QS_INVALID);
	assert_int_equal(qs_findings_count(engine->findings), before + 1);
	finding = qs_findings_at(engine->findings, before);
	assert_string_equal(finding->message, message);
	assert_string_equal(finding->code, code);
	assert_string_equal(qs_source_name(finding->place.source), PATH);
}

static void another_model_or_config_is_told(void **state)
{
	struct qs_calib_identity other = identity;
	struct engine *engine = *state;

	engine_calibrate(engine, 1);
	other.model++;
	assert_int_equal(qs_calib_file_write(engine->plan, &other, PATH, engine->findings), QS_OK);
	expect_refusal(engine, "QS716",
	    "the calibration was made for another model: \"model.onnx\" with the fingerprint "
	    "\"fnv1a64:0123456789abcdf0\", expected \"model.onnx\" with fnv1a64:0123456789abcdef; "
	    "calibrate again");
	other = identity;
	other.config++;
	assert_int_equal(qs_calib_file_write(engine->plan, &other, PATH, engine->findings), QS_OK);
	expect_refusal(engine, "QS716",
	    "the calibration was made for another config: \"config.json\" with the fingerprint "
	    "\"fnv1a64:fedcba9876543211\", expected \"config.json\" with fnv1a64:fedcba9876543210; "
	    "calibrate again");
	/* Names may change. */
	other = identity;
	other.model_name = "elsewhere/model.onnx";
	assert_int_equal(qs_calib_file_write(engine->plan, &other, PATH, engine->findings), QS_OK);
	expect_same(engine);
}

/* Writes the calibration with a member of a tensor changed; a NULL value takes it away, and a NULL
 * key the tensor. */
static void write_changed(
    struct engine *engine, const char *tensor, const char *key, const char *value)
{
	struct json_object *document, *tensors;

	engine_calibrate(engine, 1);
	write_calibration(engine);
	document = json_object_from_file(PATH);
	tensors = json_object_object_get(document, "tensors");
	if (!key)
		json_object_object_del(tensors, tensor);
	else if (!value)
		json_object_object_del(json_object_object_get(tensors, tensor), key);
	else
		json_object_object_add(
		    json_object_object_get(tensors, tensor), key, json_tokener_parse(value));
	assert_int_equal(json_object_to_file(PATH, document), 0);
	json_object_put(document);
}

static void a_tensor_that_is_missing_is_named(void **state)
{
	write_changed(*state, "x -> g", NULL, NULL);
	expect_refusal(*state, "QS717", "the calibration has no tensor \"x -> g\"");
}

static void a_tensor_without_scales_need_not_be_there(void **state)
{
	write_changed(*state, "b", NULL, NULL);
	expect_same(*state);
}

static void a_tensor_of_another_format_is_told(void **state)
{
	static const struct {
		const char *key, *value, *found;
	} rows[] = {{"bit_width", "4", "as input int4, expected input int8"},
	    {"datatype", "\"bfloat16\"", "as input bfloat16, expected input int8"},
	    {"kind", "\"activation\"", "as activation int8, expected input int8"},
	    {"kind", NULL, "as no kind of int8, expected input int8"},
	    {"kind", "\"inputs\"", "as \"inputs\" int8, expected input int8"},
	    {"datatype", "7", "as input without a datatype, expected input int8"},
	    {"quant_max", "255", "for integers from -128 to 255, expected -128 to 127"},
	    {"quant_min", NULL, "for integers from nothing to 127, expected -128 to 127"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char message[128];

		snprintf(
		    message, sizeof(message), "tensor \"x -> g\" was calibrated %s", rows[i].found);
		write_changed(*state, "x -> g", rows[i].key, rows[i].value);
		expect_refusal(*state, "QS716", message);
	}
}

static void scales_have_to_be_positive_numbers(void **state)
{
	static const char *const rows[][2] = {{"scale", "0"}, {"scale", "-0.5"},
	    {"scale", "\"0.5\""}, {"scale", "1e999"}, {"scale", "[0.5, 0.5]"}, {"scale", "[]"},
	    {"scale", NULL}, {"zero_point", "0.5"}, {"zero_point", NULL}, {"zero_point", "null"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_changed(*state, "x -> g", rows[i][0], rows[i][1]);
		expect_refusal(*state, "QS715",
		    "scale and zero_point of tensor \"x -> g\" must be 1 positive numbers and "
		    "integers");
	}
	write_changed(*state, "w", "scale", "[1, 1]");
	expect_refusal(*state, "QS715",
	    "scale and zero_point of tensor \"w\" must be 3 positive numbers and integers");
}

static void corrections_are_numbers_of_biases(void **state)
{
	static const char *const rows[] = {"0.5", "[]", "[1, 2]", "[1, 2, \"3\"]", "[1, 2, 1e99]",
	    "[1, 2, null]", "[1, 2, 3, 4]", "null"};
	struct engine *engine = *state;

	write_changed(engine, "b", "correction", "[1, 2, 3]");
	expect_refusal(engine, "QS716",
	    "tensor \"b\" has a correction, which only biases have with include_bias_corr");
	engine->plan->corrects_biases = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_changed(engine, "b", "correction", rows[i]);
		expect_refusal(
		    engine, "QS715", "correction of tensor \"b\" must be 3 float32 numbers");
	}
	write_changed(engine, "w", "correction", "[1, 2, 3]");
	expect_refusal(engine, "QS716",
	    "tensor \"w\" has a correction, which only biases have with include_bias_corr");
	write_changed(engine, "b", "correction", "[1, 2, 3]");
	assert_int_equal(
	    qs_calib_file_read(engine->plan, &identity, PATH, engine->findings), QS_OK);
	assert_float_equal(engine_site(engine, "b")->correction[2], 3, 0);
}

static void what_is_no_calibration_is_told(void **state)
{
	static const char *const rows[][2] = {
	    {"[]", "the file is no calibration: its \"format\" is not \"qstrata-calibration\""},
	    {"{\"format\": 1}",
		"the file is no calibration: its \"format\" is not \"qstrata-calibration\""},
	    {"{\"format\": \"qstrata-calibration\", \"version\": 2}",
		"the calibration is of another version; expected 1"},
	    {"{\"format\": \"qstrata-calibration\", \"version\": 1}",
		"the calibration has no \"tensors\""},
	    {"{\"format\": \"qstrata-calibration\", \"version\": 1, \"tensors\": {}}",
		"the calibration does not say for which model it was made, expected "
		"\"model.onnx\" with the fingerprint fnv1a64:0123456789abcdef; calibrate again"},
	    {"", "the file is no JSON: it ends too early at byte 0"},
	    {"{\"format\": \"qstra", "the file is no JSON: it ends too early at byte 17"},
	    {"{\"format\"; 1}",
		"the file is no JSON: object property name separator ':' expected at byte 9"},
	    {"{} {}", "the file is no JSON: text behind its end at byte 3"},
	    {"\x89PNG", "the file is no JSON: unexpected character at byte 0"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_text(rows[i][0]);
		expect_refusal(*state, i == 4 ? "QS716" : "QS715", rows[i][1]);
	}
}

static void text_behind_the_document_is_told(void **state)
{
	struct engine *engine = *state;
	FILE *stream;

	engine_calibrate(engine, 1);
	write_calibration(engine);
	stream = fopen(PATH, "a");
	assert_non_null(stream);
	fputs("{}\n", stream);
	fclose(stream);
	assert_int_equal(
	    qs_calib_file_read(engine->plan, &identity, PATH, engine->findings), QS_INVALID);
}

static void a_file_that_is_not_there_is_told(void **state)
{
	struct engine *engine = *state;

	assert_int_equal(
	    qs_calib_file_read(engine->plan, &identity, "nowhere.json", engine->findings), QS_IO);
	assert_int_equal(
	    qs_calib_file_write(engine->plan, &identity, "nowhere/calib.json", engine->findings),
	    QS_IO);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_engine, free_engine)
	const struct CMUnitTest tests[] = {
	    TEST(every_double_comes_back),
	    TEST(the_file_is_what_the_format_says),
	    TEST(another_model_or_config_is_told),
	    TEST(a_tensor_that_is_missing_is_named),
	    TEST(a_tensor_without_scales_need_not_be_there),
	    TEST(a_tensor_of_another_format_is_told),
	    TEST(scales_have_to_be_positive_numbers),
	    TEST(corrections_are_numbers_of_biases),
	    TEST(what_is_no_calibration_is_told),
	    TEST(text_behind_the_document_is_told),
	    TEST(a_file_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
