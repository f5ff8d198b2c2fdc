/* SPDX-License-Identifier: Apache-2.0 */
/* Models whose new tensors are made when they are written, into a file of their own. */
#include "tests/unit/model_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "model/deferred.h"
#include "model/external.h"

#define OUTPUT "tests/out/save_data_test.onnx"

enum {
	N_VALUES = 6
};

struct bench {
	struct qs_findings *findings;
	struct qs_model *model;
	int n_made;   /* how often the tensor was made */
	bool refuses; /* it cannot be made */
};

static const int64_t dims[] = {2, 3};

static enum qs_status make_values(void *context, struct qs_findings *findings, void *ret_elements)
{
	struct bench *bench = context;
	int16_t *values = ret_elements;

	for (int16_t i = 0; i < N_VALUES; i++)
		values[i] = (int16_t)(i * 100);
	bench->n_made++;
	if (bench->refuses)
		qs_finding_add(findings, QS_FINDING_BAD_TENSOR, (struct qs_place){NULL, 0, 0},
		    "the tensor cannot be made");
	return bench->refuses ? QS_INVALID : QS_OK;
}

/* A model with one tensor in it and one that is deferred. */
static int make_bench(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	Onnx__GraphProto *graph;

	*state = bench;
	bench->findings = qs_findings_new();
	bench->model = FIXTURE_MODEL(
	    bench->findings, "in x 2", "init w 2", "init d 2 3", "node Add a x,w y", "out y");
	fixture_output("");
	graph = bench->model->proto->graph;
	graph->initializer[1] = qs_tensor_defer(
	    bench->model, "d", ONNX__TENSOR_PROTO__DATA_TYPE__INT16, dims, 2, make_values, bench);
	return graph->initializer[1] ? 0 : -1;
}

static int free_bench(void **state)
{
	struct bench *bench = *state;

	qs_model_free(bench->model);
	qs_findings_free(bench->findings);
	free(bench);
	unlink(OUTPUT);
	unlink(OUTPUT ".data");
	unlink(OUTPUT ".1.data");
	return 0;
}

static void expect_values(const struct qs_model *model, struct qs_findings *findings)
{
	int64_t *values;
	size_t n;

	assert_int_equal(qs_tensor_read_integers(
			     model, model->proto->graph->initializer[1], findings, &values, &n),
	    QS_OK);
	assert_int_equal(n, N_VALUES);
	for (int64_t i = 0; i < N_VALUES; i++)
		assert_int_equal(values[i], i * 100);
	free(values);
}

/* The saved model is whole, and its tensor is in that file. */
static void expect_saved(struct bench *bench, const char *location)
{
	struct qs_model *saved;

	assert_int_equal(qs_model_save(bench->model, OUTPUT, bench->findings), QS_OK);
	assert_int_equal(qs_model_open(OUTPUT, bench->findings, &saved), QS_OK);
	assert_int_equal(qs_model_check_external(saved, bench->findings), QS_OK);
	assert_string_equal(qs_external_location(saved->proto->graph->initializer[1]), location);
	expect_values(saved, bench->findings);
	assert_int_equal(qs_findings_count(bench->findings), 0);
	qs_model_free(saved);
}

static void a_deferred_tensor_is_made_and_written_beside_the_model(void **state)
{
	struct bench *bench = *state;

	expect_saved(bench, "save_data_test.onnx.data");
	assert_int_equal(bench->n_made, 1);
}

static void it_can_be_read_before(void **state)
{
	struct bench *bench = *state;

	expect_values(bench->model, bench->findings);
	assert_int_equal(bench->n_made, 1);
}

static void saving_again_takes_another_name_and_removes_the_old_data(void **state)
{
	struct bench *bench = *state;

	expect_saved(bench, "save_data_test.onnx.data");
	expect_saved(bench, "save_data_test.onnx.1.data");
	assert_int_equal(access(OUTPUT ".data", F_OK), -1);
	expect_saved(bench, "save_data_test.onnx.data");
	assert_int_equal(access(OUTPUT ".1.data", F_OK), -1);
}

static void data_that_is_not_of_the_old_model_is_left_alone(void **state)
{
	struct bench *bench = *state;

	fixture_write(OUTPUT ".data", "mine", 4);
	expect_saved(bench, "save_data_test.onnx.1.data");
	assert_int_equal(access(OUTPUT ".data", F_OK), 0);
}

static void what_cannot_be_made_leaves_the_old_model_and_its_data(void **state)
{
	struct bench *bench = *state;
	struct qs_model *saved;

	expect_saved(bench, "save_data_test.onnx.data");
	bench->refuses = true;
	assert_int_equal(qs_model_save(bench->model, OUTPUT, bench->findings), QS_INVALID);
	assert_string_equal(fixture_only_code(bench->findings), "QS611");
	assert_int_equal(access(OUTPUT ".1.data", F_OK), -1);
	assert_int_equal(qs_model_open(OUTPUT, bench->findings, &saved), QS_OK);
	expect_values(saved, bench->findings);
	qs_model_free(saved);
}

static void bytes_of_a_model_hold_the_tensor(void **state)
{
	struct bench *bench = *state;
	struct qs_model *again;
	unsigned char *bytes;
	size_t size;

	assert_int_equal(qs_model_pack(bench->model, true, bench->findings, &bytes, &size), QS_OK);
	assert_int_equal(qs_model_parse("again.onnx", bytes, size, bench->findings, &again), QS_OK);
	assert_true(qs_model_external_size(again) == 0);
	expect_values(again, bench->findings);
	qs_model_free(again);
	free(bytes);
}

/* What a model that was read says about itself is not believed. */
static void a_tensor_that_claims_to_be_deferred_is_refused(void **state)
{
	struct bench *bench = *state;
	Onnx__TensorProto *tensor = bench->model->proto->graph->initializer[0];
	float *values;
	size_t n;

	assert_true(qs_external_refer(
	    bench->model, tensor, (const char *const[]){"qstrata-deferred", "0"}, 1));
	assert_false(qs_tensor_is_deferred(bench->model, tensor));
	assert_int_equal(
	    qs_tensor_read(bench->model, tensor, bench->findings, &values, &n), QS_INVALID);
	assert_string_equal(fixture_only_code(bench->findings), "QS609");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, free_bench)
	const struct CMUnitTest tests[] = {
	    TEST(a_deferred_tensor_is_made_and_written_beside_the_model),
	    TEST(it_can_be_read_before),
	    TEST(saving_again_takes_another_name_and_removes_the_old_data),
	    TEST(data_that_is_not_of_the_old_model_is_left_alone),
	    TEST(what_cannot_be_made_leaves_the_old_model_and_its_data),
	    TEST(bytes_of_a_model_hold_the_tensor),
	    TEST(a_tensor_that_claims_to_be_deferred_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
