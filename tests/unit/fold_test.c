/* SPDX-License-Identifier: Apache-2.0 */
/* Folding of batch normalization: the function stays the same. */
#include "model_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/fold.h"
#include "model/ort.h"

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

/* Variances have to be positive; the fixture's weights are not. */
static void make_positive(struct qs_model *model)
{
	for (size_t i = 0; i < model->proto->graph->n_initializer; i++) {
		const Onnx__TensorProto *tensor = model->proto->graph->initializer[i];
		float values[64];

		if (strncmp(tensor->name, "var", 3) != 0)
			continue;
		memcpy(values, tensor->raw_data.data, tensor->raw_data.len);
		for (size_t j = 0; j < tensor->raw_data.len / sizeof(float); j++)
			values[j] = values[j] * values[j] + 0.25F;
		memcpy(tensor->raw_data.data, values, tensor->raw_data.len);
	}
}

/* The first output for an input of rising numbers. */
static float *run(struct qs_runtime *runtime, const struct qs_model *model, size_t *ret_count)
{
	const struct qs_session_options options = {1, false};
	struct qs_findings *findings = qs_findings_new();
	struct qs_session *session;
	struct qs_blob input, output;
	unsigned char *bytes;
	float *data, *values;
	size_t size, count;

	assert_int_equal(qs_model_pack(model, true, findings, &bytes, &size), QS_OK);
	assert_int_equal(
	    qs_session_new(runtime, "fold", bytes, size, &options, findings, &session), QS_OK);
	assert_true(
	    qs_shape_count(session->inputs[0].dims, (size_t)session->inputs[0].rank, &count));
	data = calloc(count, sizeof(*data));
	for (size_t i = 0; i < count; i++)
		data[i] = (float)(i * 5 % 17) / 8 - 1;
	input = (struct qs_blob){session->inputs[0].name, 1, (size_t)session->inputs[0].rank,
	    session->inputs[0].dims, data, count * sizeof(*data)};
	assert_int_equal(qs_session_run(session, &input, 1,
			     (const char *const[]){session->outputs[0].name}, 1, findings, &output),
	    QS_OK);
	values = qs_blob_floats(&output, ret_count);
	assert_non_null(values);
	qs_blob_done(&output);
	qs_session_free(session);
	qs_findings_free(findings);
	free(data);
	free(bytes);
	return values;
}

static size_t count_norms(const struct qs_model *model)
{
	size_t n = 0;

	for (size_t i = 0; i < model->proto->graph->n_node; i++)
		n += qs_node_is(model->proto->graph->node[i], "BatchNormalization");
	return n;
}

/* Folds, and compares the outputs before and after where there is a runtime. */
static void expect_folded(struct qs_model *model, size_t n_folded, size_t n_kept)
{
	struct qs_findings *findings = qs_findings_new(), *quiet = qs_findings_new();
	struct qs_runtime *runtime = NULL;
	float *before = NULL, *after;
	size_t n_before = 0, n_after, n;

	if (qs_ort_open(NULL, quiet, &runtime) == QS_OK)
		before = run(runtime, model, &n_before);
	assert_int_equal(qs_fold_batch_norms(model, findings, &n), QS_OK);
	assert_int_equal(n, n_folded);
	assert_int_equal(count_norms(model), n_kept);
	assert_int_equal(qs_findings_count(findings), n_kept ? 1 : 0);
	if (runtime) {
		after = run(runtime, model, &n_after);
		assert_int_equal(n_before, n_after);
		for (size_t i = 0; i < n_after; i++)
			assert_true(fabsf(before[i] - after[i]) <= 1e-5F * (1 + fabsf(before[i])));
		free(before);
		free(after);
	} else {
		print_message("no ONNX Runtime here: outputs are not compared\n");
	}
	qs_runtime_close(runtime);
	qs_findings_free(findings);
	qs_findings_free(quiet);
	qs_model_free(model);
}

#define NORM "init scale 6", "init shift 6", "init mean 6", "init var 6"
#define READS "scale,shift,mean,var"

static void every_kind_of_layer_takes_a_norm(void **state)
{
	static const struct {
		const char *lines[12];
		size_t n_folded, n_kept;
	} rows[] = {
	    {{"in x 1 4 5 5", "init w 6 4 3 3", NORM, "node Conv c x,w a",
		 "node BatchNormalization n a," READS " y", "float epsilon 0.001", "out y"},
		1, 0},
	    {{"in x 1 4 5 5", "init w 6 2 3 3", "init b 6", NORM, "node Conv c x,w,b a",
		 "int group 2", "node BatchNormalization n a," READS " y", "out y"},
		1, 0},
	    {{"in x 1 4 5 5", "init w 4 3 2 2", NORM, "node ConvTranspose c x,w a", "int group 2",
		 "node BatchNormalization n a," READS " y", "out y"},
		1, 0},
	    {{"in x 1 4 5 5", "init w 4 6 2 2", NORM, "node ConvTranspose c x,w a",
		 "node BatchNormalization n a," READS " y", "out y"},
		1, 0},
	    {{"in x 3 4", "init w 4 6", "init b 6", NORM, "node Gemm c x,w,b a", "float beta 0.5",
		 "node BatchNormalization n a," READS " y", "out y"},
		1, 0},
	    {{"in x 3 4", "init w 6 4", NORM, "node Gemm c x,w a", "int transB 1", "float alpha 2",
		 "node BatchNormalization n a," READS " y", "out y"},
		1, 0},
	    {{"in x 1 4 5 5", "init w 6 4 3 3", NORM, "node Conv c x,w a",
		 "node BatchNormalization n a," READS " d",
		 "node BatchNormalization m d," READS " y", "out y"},
		2, 0},
	    {{"in x 1 6 5 5", NORM, "node BatchNormalization n x," READS " y", "out y"}, 0, 1},
	    {{"in x 1 4 5 5", "init w 6 4 3 3", NORM, "node Conv c x,w a",
		 "node BatchNormalization n a," READS " y", "node Relu r a z", "out y", "out z"},
		0, 1},
	    {{"in x 1 4 5 5", "init w 6 4 3 3", NORM, "node Relu r w v", "node Conv c x,v a",
		 "node BatchNormalization n a," READS " y", "out y"},
		0, 1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = fixture_model(findings, rows[i].lines);

		make_positive(model);
		expect_folded(model, rows[i].n_folded, rows[i].n_kept);
		qs_findings_free(findings);
	}
}

static void exported_networks_fold_wholly(void **state)
{
	expect_folded(fixture_open(*state, "conv_bn_relu.onnx"), 2, 0);
	expect_folded(fixture_open(*state, "dw_relu6.onnx"), 4, 0);
}

static void shared_weights_are_not_overwritten(void **state)
{
	struct qs_model *model =
	    FIXTURE_MODEL(*state, "in x 1 6 5 5", "init w 6 6 1 1", NORM, "node Conv c x,w a",
		"node BatchNormalization n a," READS " b", "node Conv d b,w y", "out y");

	make_positive(model);
	expect_folded(model, 1, 0);
}

static void names_stay_and_a_bias_is_named_after_its_weights(void **state)
{
	struct qs_model *model = fixture_open(*state, "conv_bn_relu.onnx");
	const Onnx__NodeProto *conv;
	size_t n;

	assert_int_equal(qs_fold_batch_norms(model, *state, &n), QS_OK);
	conv = model->proto->graph->node[2];
	assert_string_equal(conv->name, "/conv2/Conv");
	assert_string_equal(conv->input[1], "conv2.weight");
	assert_string_equal(conv->input[2], "conv2.bias");
	assert_string_equal(conv->output[0], "/bn2/BatchNormalization_output_0");
	for (size_t i = 0; i < model->proto->graph->n_initializer; i++)
		assert_null(strstr(model->proto->graph->initializer[i]->name, "running"));
	qs_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(every_kind_of_layer_takes_a_norm),
	    TEST(exported_networks_fold_wholly),
	    TEST(shared_weights_are_not_overwritten),
	    TEST(names_stay_and_a_bias_is_named_after_its_weights),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
