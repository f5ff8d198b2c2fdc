/* SPDX-License-Identifier: Apache-2.0 */
/* What is in constant tensors, and new ones. */
#include "model_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
	FLOAT32 = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
	UINT8 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT8,
	INT8 = ONNX__TENSOR_PROTO__DATA_TYPE__INT8,
	UINT16 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT16,
	INT16 = ONNX__TENSOR_PROTO__DATA_TYPE__INT16,
	INT32 = ONNX__TENSOR_PROTO__DATA_TYPE__INT32,
	INT64 = ONNX__TENSOR_PROTO__DATA_TYPE__INT64,
	STRING = ONNX__TENSOR_PROTO__DATA_TYPE__STRING,
	BOOL = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL,
	FLOAT16 = ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16,
	FLOAT64 = ONNX__TENSOR_PROTO__DATA_TYPE__DOUBLE,
	UINT32 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT32,
	UINT64 = ONNX__TENSOR_PROTO__DATA_TYPE__UINT64,
	COMPLEX64 = ONNX__TENSOR_PROTO__DATA_TYPE__COMPLEX64,
	BFLOAT16 = ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16,
	FLOAT8 = 17,
	UINT4 = 21,
	INT4 = 22
};

static int make_findings(void **state)
{
	*state = qs_findings_new();
	return *state ? 0 : -1;
}

static int free_findings(void **state)
{
	qs_findings_free(*state);
	return 0;
}

/* Nothing of the model is needed but a name for findings and memory. */
static struct qs_model *any_model(struct qs_findings *findings)
{
	return FIXTURE_MODEL(findings, "in x 1", "out x");
}

static void raw_bytes_of_every_type_are_read(void **state)
{
	static const struct {
		int type;
		const char *bytes;
		size_t n;
		float values[3];
	} rows[] = {
	    {FLOAT32, "\0\0\x80\x3f\0\0\0\xc0", 2, {1, -2}},
	    {FLOAT64, "\0\0\0\0\0\0\xf0\x3f", 1, {1}},
	    {FLOAT16, "\x00\x3c\x01\x00\xff\xfb", 3, {1, 0x1p-24F, -65504}},
	    {BFLOAT16, "\x80\x3f\x00\xc0", 2, {1, -2}},
	    {UINT8, "\x00\x7f\xff", 3, {0, 127, 255}},
	    {INT8, "\x00\x7f\x80", 3, {0, 127, -128}},
	    {UINT16, "\xff\xff\x01\x00", 2, {65535, 1}},
	    {INT16, "\xff\xff\x00\x80", 2, {-1, -32768}},
	    {INT32, "\xff\xff\xff\xff", 1, {-1}},
	    {UINT32, "\xff\xff\xff\xff", 1, {4294967296.0F}},
	    {INT64, "\xfe\xff\xff\xff\xff\xff\xff\xff", 1, {-2}},
	    {UINT64, "\x05\0\0\0\0\0\0\0", 1, {5}},
	    {BOOL, "\x00\x01", 2, {0, 1}},
	    {UINT4, "\xf1\x03", 3, {1, 15, 3}},
	    {INT4, "\xf1\x08", 3, {1, -1, -8}},
	};
	struct qs_model *model = any_model(*state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const int64_t n = (int64_t)rows[i].n;
		Onnx__TensorProto *tensor =
		    qs_tensor_new(model, "t", rows[i].type, &n, 1, rows[i].bytes);
		float *values;
		size_t count;

		assert_int_equal(qs_tensor_read(model, tensor, *state, &values, &count), QS_OK);
		assert_int_equal(count, rows[i].n);
		for (size_t j = 0; j < count; j++)
			assert_true(values[j] == rows[i].values[j]);
		free(values);
	}
	qs_model_free(model);
}

static void infinity_and_nan_of_halves_are_kept(void **state)
{
	const uint16_t bits[] = {0x7C00, 0xFC00, 0x7E01};
	const int64_t n = 3;
	struct qs_model *model = any_model(*state);
	float *values;
	size_t count;

	assert_int_equal(qs_tensor_read(model, qs_tensor_new(model, "t", FLOAT16, &n, 1, bits),
			     *state, &values, &count),
	    QS_OK);
	assert_true(values[0] == INFINITY && values[1] == -INFINITY && isnan(values[2]));
	free(values);
	qs_model_free(model);
}

static void typed_lists_are_read(void **state)
{
	static float floats[] = {1.5F, -2};
	static int32_t ints[] = {0x3C00, 0xC000};
	static int64_t longs[] = {-1, 3};
	static double doubles[] = {0.25, 4};
	static uint64_t unsigneds[] = {7, 8};
	Onnx__TensorProto rows[6];
	const float expected[][2] = {
	    {1.5F, -2}, {1, -2}, {0x3C00, 0xC000}, {-1, 3}, {0.25F, 4}, {7, 8}};
	struct qs_model *model = any_model(*state);
	int64_t two = 2;

	for (size_t i = 0; i < 6; i++) {
		onnx__tensor_proto__init(&rows[i]);
		rows[i].n_dims = 1;
		rows[i].dims = &two;
	}
	rows[0].data_type = FLOAT32;
	rows[0].float_data = floats;
	rows[0].n_float_data = 2;
	rows[1].data_type = FLOAT16;
	rows[1].int32_data = ints;
	rows[1].n_int32_data = 2;
	rows[2].data_type = UINT16;
	rows[2].int32_data = ints;
	rows[2].n_int32_data = 2;
	rows[3].data_type = INT64;
	rows[3].int64_data = longs;
	rows[3].n_int64_data = 2;
	rows[4].data_type = FLOAT64;
	rows[4].double_data = doubles;
	rows[4].n_double_data = 2;
	rows[5].data_type = UINT32;
	rows[5].uint64_data = unsigneds;
	rows[5].n_uint64_data = 2;
	for (size_t i = 0; i < 6; i++) {
		float *values;
		size_t count;

		assert_int_equal(qs_tensor_read(model, &rows[i], *state, &values, &count), QS_OK);
		assert_int_equal(count, 2);
		assert_memory_equal(values, expected[i], sizeof(expected[i]));
		free(values);
	}
	qs_model_free(model);
}

static void what_does_not_fit_its_shape_is_told(void **state)
{
	static const struct {
		int type;
		int64_t dims[2];
		size_t size;
		enum qs_status status;
	} rows[] = {
	    {FLOAT32, {2, 2}, 12, QS_INVALID},
	    {FLOAT32, {2, 2}, 20, QS_INVALID},
	    {FLOAT32, {-1, 2}, 8, QS_INVALID},
	    {FLOAT32, {INT64_MAX, INT64_MAX}, 8, QS_INVALID},
	    {FLOAT32, {INT64_MAX / 2, 2}, 8, QS_INVALID},
	    {INT4, {3, 1}, 1, QS_INVALID},
	    {STRING, {1, 1}, 1, QS_UNSUPPORTED},
	    {COMPLEX64, {1, 1}, 8, QS_UNSUPPORTED},
	    {FLOAT8, {1, 1}, 1, QS_UNSUPPORTED},
	    {99, {1, 1}, 1, QS_UNSUPPORTED},
	    {-5, {1, 1}, 1, QS_UNSUPPORTED},
	};
	static uint8_t bytes[32];
	struct qs_model *model = any_model(*state);

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		Onnx__TensorProto tensor = ONNX__TENSOR_PROTO__INIT;
		float *values;
		size_t count;

		tensor.name = (char *)"odd";
		tensor.data_type = rows[i].type;
		tensor.n_dims = 2;
		tensor.dims = (int64_t *)rows[i].dims;
		tensor.has_raw_data = true;
		tensor.raw_data = (ProtobufCBinaryData){rows[i].size, bytes};
		assert_int_equal(
		    qs_tensor_read(model, &tensor, findings, &values, &count), rows[i].status);
		assert_string_equal(fixture_only_code(findings), "QS611");
		assert_non_null(strstr(qs_findings_at(findings, 0)->message, "\"odd\""));
		qs_findings_free(findings);
	}
	qs_model_free(model);
}

static void an_empty_tensor_is_fine(void **state)
{
	const int64_t dims[] = {0, INT64_MAX, INT64_MAX};
	struct qs_model *model = any_model(*state);
	int64_t *values;
	size_t count;

	assert_int_equal(
	    qs_tensor_read_integers(
		model, qs_tensor_new(model, "t", INT64, dims, 3, NULL), *state, &values, &count),
	    QS_OK);
	assert_int_equal(count, 0);
	free(values);
	qs_model_free(model);
}

static void constant_nodes_give_tensors(void **state)
{
	static float floats[] = {1, 2, 3};
	struct qs_model *model = FIXTURE_MODEL(*state, "node Constant a none x",
	    "float value_float 2.5", "node Constant b none y", "int value_int 7",
	    "node Constant c none z", "float value_floats 0", "node Relu d x u");
	Onnx__NodeProto **nodes = model->proto->graph->node;
	enum qs_status status;
	const Onnx__TensorProto *tensor;
	float *values;
	size_t count;

	nodes[2]->attribute[0]->floats = floats;
	nodes[2]->attribute[0]->n_floats = 3;
	tensor = qs_tensor_of_constant(model, nodes[0], &status);
	assert_int_equal(tensor->n_dims, 0);
	assert_string_equal(tensor->name, "x");
	assert_int_equal(qs_tensor_read(model, tensor, *state, &values, &count), QS_OK);
	assert_true(count == 1 && values[0] == 2.5F);
	free(values);
	tensor = qs_tensor_of_constant(model, nodes[1], &status);
	assert_int_equal(tensor->data_type, INT64);
	tensor = qs_tensor_of_constant(model, nodes[2], &status);
	assert_int_equal(tensor->dims[0], 3);
	assert_null(qs_tensor_of_constant(model, nodes[3], &status));
	assert_int_equal(status, QS_OK);
	qs_model_free(model);
}

static void values_that_are_no_numbers_are_counted(void **state)
{
	const float values[] = {0, NAN, INFINITY, 1, NAN};
	struct qs_model *model = any_model(*state);

	assert_int_equal(qs_tensor_check_values(model, "w", values, 1, true, *state), QS_OK);
	assert_int_equal(qs_findings_count(*state), 0);
	assert_int_equal(qs_tensor_check_values(model, "w", values, 5, false, *state), QS_INVALID);
	assert_string_equal(fixture_only_code(*state), "QS612");
	assert_string_equal(qs_findings_at(*state, 0)->message,
	    "tensor \"w\" has 2 of 5 values that are NaN, the first at index 1");
	assert_int_equal(qs_tensor_check_values(model, "w", values, 5, true, *state), QS_INVALID);
	qs_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(raw_bytes_of_every_type_are_read),
	    TEST(infinity_and_nan_of_halves_are_kept),
	    TEST(typed_lists_are_read),
	    TEST(what_does_not_fit_its_shape_is_told),
	    TEST(an_empty_tensor_is_fine),
	    TEST(constant_nodes_give_tensors),
	    TEST(values_that_are_no_numbers_are_counted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
