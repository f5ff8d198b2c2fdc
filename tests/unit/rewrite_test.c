/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is rewritten computes the same: linear layers as products and sums on random data, masks and
 * split inputs on the models of examples/horizon; and what cannot be rewritten is refused.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/rewrite.h"
#include "tests/unit/data.h"
#include "tests/unit/engine_fixture.h"
#include "tests/unit/random.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT
#define LINES(...) ((const char *const[]){__VA_ARGS__, NULL})

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

/* The path of a model of lines. */
static const char *write_model(struct qs_findings *findings, const char *const *lines)
{
	const char *path = fixture_output("rewrite.onnx");
	struct qs_model *model = fixture_model(findings, lines);

	assert_int_equal(qs_model_save(model, path, findings), QS_OK);
	qs_model_free(model);
	return path;
}

static const char *example(const char *name)
{
	static char path[512];
	char below[256];

	snprintf(below, sizeof(below), "../../examples/horizon/%s", name);
	return data_path(path, below);
}

static struct qs_rewrite *open_rewrite(struct qs_findings *findings, const char *path)
{
	struct qs_rewrite *rewrite = NULL;

	assert_int_equal(qs_rewrite_open(path, findings, &rewrite), QS_OK);
	return rewrite;
}

/* The operators of a model, in order. */
static void expect_operators(const struct qs_rewrite *rewrite, const char *expected)
{
	const Onnx__GraphProto *graph = rewrite->model->proto->graph;
	struct qs_text text = QS_TEXT_INIT;

	for (size_t i = 0; i < graph->n_node; i++)
		qs_text_addf(&text, "%s%s", i ? " " : "", graph->node[i]->op_type);
	assert_string_equal(text.data, expected);
	qs_text_done(&text);
}

/* ---- linear layers --------------------------------------------------------------------------- */

/* Ends a test that runs models, skipped, when there is no runtime. */
static void need_runtime(void)
{
	qs_runtime_close(engine_runtime());
}

/* Runs a model with one random input; gives the values of y, malloc'ed. */
static float *run_random(const struct qs_model *model, size_t n_inputs, size_t *ret_n)
{
	struct qs_runtime *runtime = engine_runtime();
	struct qs_session *session = engine_session(runtime, model, true);
	float *input = malloc(n_inputs * sizeof(*input)), *values;
	uint64_t state = 7;

	assert_non_null(input);
	for (size_t i = 0; i < n_inputs; i++)
		input[i] = random_between(&state, -2, 2);
	values = engine_run(session, input, "y", ret_n);
	free(input);
	qs_session_free(session);
	qs_runtime_close(runtime);
	return values;
}

/* Rewrites a layer and compares y before and after. */
static void expect_same(struct qs_findings *findings, const char *const *lines, size_t n_inputs,
    const char *layer, const char *operators)
{
	struct qs_rewrite *rewrite = open_rewrite(findings, write_model(findings, lines));
	float *before, *after;
	size_t n_before, n_after;

	before = run_random(rewrite->model, n_inputs, &n_before);
	assert_int_equal(qs_rewrite_linear(rewrite, &layer, 1, findings), QS_OK);
	expect_operators(rewrite, operators);
	after = run_random(rewrite->model, n_inputs, &n_after);
	assert_int_equal(n_before, n_after);
	for (size_t i = 0; i < n_before; i++) {
		const float size = fabsf(before[i]) > 1 ? fabsf(before[i]) : 1;

		if (!(fabsf(before[i] - after[i]) <= 1e-5F * size))
			fail_msg("value %zu: %g before, %g after", i, (double)before[i],
			    (double)after[i]);
	}
	free(before);
	free(after);
	qs_rewrite_free(rewrite);
}

static void linear_layers_of_every_form_stay_equal(void **state)
{
	need_runtime();
	expect_same(*state,
	    LINES("in x 3 40", "init w 40 7", "init b 7", "node Gemm fc x,w,b y", "out y"), 120,
	    "fc", "Unsqueeze Mul ReduceSum Add");
	expect_same(*state,
	    LINES("in x 3 40", "init w 7 40", "node Gemm fc x,w y", "int transB 1", "out y"), 120,
	    "fc", "Unsqueeze Mul ReduceSum");
	expect_same(*state,
	    LINES("in x 40 3", "init w 7 40", "init b 1 7", "node Gemm fc x,w,b y", "int transB 1",
		"int transA 1", "float alpha 0.25", "out y"),
	    120, "fc", "Transpose Unsqueeze Mul ReduceSum Add");
	expect_same(*state,
	    LINES("in x 2 5 40", "init fc.weight 40 7", "node MatMul - x,fc.weight y", "out y"),
	    400, "fc", "Unsqueeze Mul ReduceSum");
	expect_same(*state,
	    LINES("in x 2 5 40", "init w 40 7", "init b 7", "node MatMul m x,w p",
		"node Add a p,b s", "node Relu r s y", "out y"),
	    400, "m", "Unsqueeze Mul ReduceSum Add Relu");
	expect_same(*state,
	    LINES("in x 2 5 40", "init w 7 40", "node Transpose t w v", "ints perm 1 0",
		"node MatMul m x,v y", "out y"),
	    400, "m", "Unsqueeze Mul ReduceSum");
	expect_same(*state,
	    LINES("opset 11", "in x 3 40", "init w 40 7", "node Gemm fc x,w y", "out y"), 120, "fc",
	    "Unsqueeze Mul ReduceSum");
	expect_same(*state,
	    LINES(
		"in x 3 40", "init w 40 40", "node MatMul a x,w s", "node MatMul b s,w y", "out y"),
	    120, "a", "Unsqueeze Mul ReduceSum MatMul");
}

static void the_report_tells_the_scale_and_the_size_between(void **state)
{
	const char *layers[] = {"fc"};
	struct qs_rewrite *rewrite = open_rewrite(
	    *state, write_model(*state,
			LINES("in x 2 100 256", "init w 256 60", "node MatMul fc x,w y", "out y")));
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(qs_rewrite_linear(rewrite, layers, 1, *state), QS_OK);
	assert_int_equal(rewrite->first->n_values, 3072000);
	assert_int_equal(qs_rewrite_write_text(rewrite, &text), QS_OK);
	assert_string_equal(text.data,
	    "linear   fc: Mul and ReduceSum; the weights have one scale for the tensor, no longer "
	    "one a channel\n         between them: 3072000 values, 12.3 MB in float32\n");
	qs_text_done(&text);
	qs_rewrite_free(rewrite);
}

static void what_cannot_be_rewritten_is_told_at_once(void **state)
{
	const char *layers[] = {"r", "fcc", "fc", "fc", "dual", "beta"};
	static const char *const messages[] = {
	    "layer \"r\" cannot be rewritten: it is no Linear layer",
	    "the model has no layer \"fcc\"", "layer \"fc\" cannot be rewritten: it is named twice",
	    "layer \"dual\" cannot be rewritten: it is no Linear layer",
	    "layer \"beta\" cannot be rewritten: its bias has a factor (beta)"};
	struct qs_findings *findings = *state;
	struct qs_rewrite *rewrite = open_rewrite(
	    findings, write_model(findings,
			  LINES("in x 3 4", "init w 4 4", "init b 4", "node Gemm fc x,w,b f",
			      "node Relu r f r", "node MatMul dual r,f d", "node Gemm beta d,w,b y",
			      "float beta 2", "out y")));

	assert_int_equal(qs_rewrite_linear(rewrite, layers, 6, findings), QS_INVALID);
	assert_int_equal(qs_findings_count(findings), 5);
	for (size_t i = 0; i < 5; i++)
		assert_string_equal(qs_findings_at(findings, i)->message, messages[i]);
	assert_string_equal(qs_findings_at(findings, 1)->code, "QS886");
	assert_string_equal(qs_findings_at(findings, 2)->code, "QS887");
	qs_rewrite_free(rewrite);
}

static void an_input_of_unknown_shape_is_refused(void **state)
{
	const char *layers[] = {"fc"};
	struct qs_rewrite *rewrite = open_rewrite(*state,
	    write_model(*state, LINES("in x", "init w 4 4", "node MatMul fc x,w y", "out y")));

	assert_int_equal(qs_rewrite_linear(rewrite, layers, 1, *state), QS_INVALID);
	assert_string_equal(fixture_only_code(*state), "QS887");
	qs_rewrite_free(rewrite);
}

/* ---- masks ----------------------------------------------------------------------------------- */

static const float actors[32] = {0.2465F, -0.4717F, 60.5F, 1, -0.2124F, 0.5660F, -1.6637F, 0,
    0.3338F, 1.6051F, -1.5088F, 1, -0.9215F, -0.5901F, 1.4871F, 0, 0.1650F, -0.3785F, 1.6710F, 0,
    -0.3752F, 0.2337F, 0.4186F, 0, -0.2221F, -0.1745F, -0.6064F, 1, 0.9174F, -0.6317F, 0.6133F, 1};

/* kept is what the mask leaves of the actors. */
static void expect_kept(const float *kept, size_t n)
{
	assert_int_equal(n, 32);
	for (size_t i = 0; i < n; i++)
		assert_float_equal(kept[i], actors[i] * actors[i / 4 * 4 + 3], 0.0);
}

static void expect_whole(const struct qs_model *model)
{
	struct qs_runtime *runtime = engine_runtime();
	struct qs_session *session = engine_session(runtime, model, true);
	size_t n;
	float *kept = engine_run(session, actors, "kept", &n);

	expect_kept(kept, n);
	free(kept);
	qs_session_free(session);
	qs_runtime_close(runtime);
}

static void a_mask_with_a_scale_of_its_own_keeps_0_and_1(void **state)
{
	static const char *const names[] = {"equal-one.onnx", "not-zero.onnx"};

	need_runtime();
	for (size_t i = 0; i < 2; i++) {
		struct qs_rewrite *rewrite = open_rewrite(*state, example(names[i]));

		assert_int_equal(qs_rewrite_masks(rewrite, *state), QS_OK);
		expect_operators(rewrite,
		    i ? "Gather Equal Not Unsqueeze Cast QuantizeLinear DequantizeLinear Mul"
		      : "Gather Equal Unsqueeze Cast QuantizeLinear DequantizeLinear Mul");
		expect_whole(rewrite->model);
		assert_int_equal(qs_rewrite_masks(rewrite, *state), QS_INVALID);
		qs_rewrite_free(rewrite);
	}
	assert_int_equal(qs_findings_count(*state), 2);
	assert_string_equal(qs_findings_at(*state, 0)->code, "QS887");
}

static void not_0_is_equal_to_1_where_there_is_nothing_else(void **state)
{
	const char *nodes[] = {"mask"};
	struct qs_rewrite *rewrite;

	need_runtime();
	rewrite = open_rewrite(*state, example("equal-one.onnx"));
	assert_int_equal(qs_rewrite_nonzero(rewrite, nodes, 1, *state), QS_OK);
	expect_operators(rewrite, "Gather Equal Not Unsqueeze Cast Mul");
	expect_whole(rewrite->model);
	qs_rewrite_free(rewrite);
}

static void comparisons_that_need_nothing_are_refused(void **state)
{
	const char *nodes[] = {"is_zero", "mask", "masc"};
	struct qs_rewrite *rewrite = open_rewrite(*state, example("not-zero.onnx"));

	assert_int_equal(qs_rewrite_nonzero(rewrite, nodes, 3, *state), QS_INVALID);
	assert_int_equal(qs_findings_count(*state), 3);
	assert_string_equal(qs_findings_at(*state, 0)->message,
	    "node \"is_zero\" cannot be rewritten: it compares with 0 already");
	assert_string_equal(qs_findings_at(*state, 1)->message,
	    "node \"mask\" cannot be rewritten: it is no Equal");
	assert_string_equal(qs_findings_at(*state, 2)->code, "QS886");
	qs_rewrite_free(rewrite);
}

/* Data and mask as inputs of their own. */
static void run_split(const struct qs_model *model)
{
	static const int64_t data_dims[] = {1, 2, 4, 3}, mask_dims[] = {1, 2, 4, 1};
	struct qs_runtime *runtime = engine_runtime();
	struct qs_session *session = engine_session(runtime, model, true);
	struct qs_findings *findings = qs_findings_new();
	const char *const name = "kept";
	float data[24], mask[8], *kept;
	const struct qs_blob inputs[] = {{"actors_data", FLOAT, 4, data_dims, data, sizeof(data)},
	    {"actors_mask", FLOAT, 4, mask_dims, mask, sizeof(mask)}};
	struct qs_blob output;
	size_t n;

	for (size_t i = 0; i < 8; i++) {
		memcpy(data + 3 * i, actors + 4 * i, 3 * sizeof(*data));
		mask[i] = actors[4 * i + 3];
	}
	assert_int_equal(qs_session_run(session, inputs, 2, &name, 1, findings, &output), QS_OK);
	kept = qs_blob_floats(&output, &n);
	expect_kept(kept, n);
	free(kept);
	qs_blob_done(&output);
	qs_findings_free(findings);
	qs_session_free(session);
	qs_runtime_close(runtime);
}

static void split_inputs_give_the_same(void **state)
{
	static const char *const names[] = {"equal-one.onnx", "not-zero.onnx"};

	need_runtime();
	for (size_t i = 0; i < 2; i++) {
		struct qs_rewrite *rewrite = open_rewrite(*state, example(names[i]));

		assert_int_equal(qs_rewrite_split(rewrite, "actors", *state), QS_OK);
		run_split(rewrite->model);
		qs_rewrite_free(rewrite);
	}
}

static void inputs_that_are_needed_whole_are_not_split(void **state)
{
	struct qs_rewrite *rewrite = open_rewrite(*state,
	    write_model(*state, LINES("in x 2 4", "init w 4 4", "node MatMul fc x,w y", "out y")));

	assert_int_equal(qs_rewrite_split(rewrite, "x", *state), QS_INVALID);
	assert_int_equal(qs_rewrite_split(rewrite, "y", *state), QS_INVALID);
	assert_int_equal(qs_rewrite_split(rewrite, "z", *state), QS_INVALID);
	assert_int_equal(qs_findings_count(*state), 3);
	qs_rewrite_free(rewrite);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)

int main(void)
{
	const struct CMUnitTest tests[] = {TEST(linear_layers_of_every_form_stay_equal),
	    TEST(the_report_tells_the_scale_and_the_size_between),
	    TEST(what_cannot_be_rewritten_is_told_at_once),
	    TEST(an_input_of_unknown_shape_is_refused),
	    TEST(a_mask_with_a_scale_of_its_own_keeps_0_and_1),
	    TEST(not_0_is_equal_to_1_where_there_is_nothing_else),
	    TEST(comparisons_that_need_nothing_are_refused), TEST(split_inputs_give_the_same),
	    TEST(inputs_that_are_needed_whole_are_not_split)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
