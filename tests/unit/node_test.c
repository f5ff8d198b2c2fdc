/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fake-quantize nodes: the three states, moving averages, fixed scales, and the numbers that
 * Horizon's documents print (tests/data/golden/horizon_fixtures.json), to the printed digit.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qstrata/numbers.h"
#include "tests/unit/expect.h"
#include "tests/unit/golden.h"

#define N_CELLS 32
#define N_ROWS 8

static struct qs_registry *registry;
static struct qs_findings *findings;
static json_object *fixtures;

static struct qs_spec half_even(int bit_width)
{
	struct qs_spec spec = qs_spec_default(QS_TENSOR_ACTIVATION);

	spec.method = QS_METHOD_MAXMIN;
	spec.scale_type = QS_SCALE_TYPE_FLOAT;
	spec.round_mode = QS_ROUND_MODE_HALF_EVEN;
	spec.statistic = QS_STATISTIC_MAX;
	spec.bit_width = bit_width;
	return spec;
}

static struct qs_node *horizon_node(int bit_width, double averaging)
{
	const struct qs_observation observation = {.channels = 1,
	    .scale_law = QS_SCALE_LAW_HALF_SPAN,
	    .subject = {"tensor", {NULL, 0, 0}, findings},
	    .averaging = averaging};
	const struct qs_spec spec = half_even(bit_width);
	struct qs_node *node;

	assert_int_equal(qs_node_new(registry, &spec, &observation, &node), QS_OK);
	return node;
}

static void run(
    struct qs_node *node, enum qs_node_state state, const float *in, size_t n, float *out)
{
	struct qs_counts counts;

	qs_node_set_state(node, state);
	assert_int_equal(qs_node_run(node, (struct qs_layout){1, 1, n}, in, out, &counts), QS_OK);
	assert_int_equal(counts.total, n);
}

static double scale_of(struct qs_node *node)
{
	return qs_node_qparams(node)->scale[0];
}

/* ---- the states ------------------------------------------------------------------------------ */

static void calibration_observes_and_lets_floats_pass(void **state)
{
	const float in[] = {127.5F, 0.3F};
	struct qs_node *node = horizon_node(8, 0.0);
	float out[2];

	(void)state;
	assert_null(qs_node_qparams(node));
	run(node, QS_NODE_CALIBRATION, in, 2, out);
	assert_memory_equal(in, out, sizeof(in));
	assert_true(scale_of(node) == 1.0);
	qs_node_free(node);
}

static void qat_observes_and_quantizes(void **state)
{
	const float small[] = {127.5F, 0.3F}, large[] = {255.0F, 3.3F};
	struct qs_node *node = horizon_node(8, 0.0);
	float out[2];

	(void)state;
	run(node, QS_NODE_QAT, small, 2, out);
	assert_true(out[0] == 127.0F && out[1] == 0.0F);
	run(node, QS_NODE_QAT, large, 2, out);
	assert_true(scale_of(node) == 2.0 && out[0] == 254.0F && out[1] == 4.0F);
	qs_node_free(node);
}

static void validation_quantizes_only(void **state)
{
	const float small[] = {127.5F, 0.3F}, large[] = {255.0F, 3.3F};
	struct qs_node *node = horizon_node(8, 0.0);
	float out[2];

	(void)state;
	run(node, QS_NODE_CALIBRATION, small, 2, out);
	run(node, QS_NODE_VALIDATION, large, 2, out);
	assert_true(scale_of(node) == 1.0 && out[0] == 127.0F && out[1] == 3.0F);
	qs_node_free(node);
}

/* Where others go on with a scale of 1, as if calibration had been done. */
static void a_node_that_never_observed_does_not_quantize(void **state)
{
	struct qs_node *node = horizon_node(8, 0.0);
	const float in[] = {1.0F};
	struct qs_counts counts;
	float out[1] = {5.0F};

	(void)state;
	qs_node_set_state(node, QS_NODE_VALIDATION);
	assert_int_equal(
	    qs_node_run(node, (struct qs_layout){1, 1, 1}, in, out, &counts), QS_INVALID);
	assert_string_equal(qs_findings_at(findings, 0)->code, "QS703");
	assert_true(out[0] == 5.0F);
	qs_node_free(node);
}

static void a_fixed_scale_is_not_observed(void **state)
{
	const double scale = 1.0 / 128.0, none = 0.0;
	const float in[] = {1.0F, -2.0F, 0.5F};
	struct qs_node *node = horizon_node(8, 0.01);
	float out[3];

	(void)state;
	assert_int_equal(qs_node_fix(node, 0, &scale, NULL), QS_BUG);
	assert_int_equal(qs_node_fix(node, 1, &scale, NULL), QS_OK);
	run(node, QS_NODE_QAT, in, 3, out);
	assert_true(scale_of(node) == scale);
	assert_true(out[0] == 0.9921875F && out[1] == -1.0F && out[2] == 0.5F);
	/* A scale that is no normal number acts as 2^-18. */
	assert_int_equal(qs_node_fix(node, 1, &none, NULL), QS_OK);
	run(node, QS_NODE_VALIDATION, (const float[]){0x1p-18F, 0x1p-17F, 1.0F}, 3, out);
	assert_true(out[0] == 0x1p-18F && out[1] == 0x1p-17F && out[2] == 127.0F * 0x1p-18F);
	qs_node_free(node);
}

static void formats_without_scales_pass_through_nodes_too(void **state)
{
	struct qs_spec spec = half_even(8);
	const struct qs_observation observation = {
	    .channels = 1, .subject = {"tensor", {NULL, 0, 0}, findings}};
	struct qs_node *node;
	float out[1];

	(void)state;
	spec.datatype = QS_DATATYPE_BFLOAT16;
	assert_int_equal(qs_node_new(registry, &spec, &observation, &node), QS_OK);
	run(node, QS_NODE_QAT, (const float[]){1.00390625F}, 1, out);
	assert_true(out[0] == 1.0F);
	assert_null(qs_node_qparams(node));
	qs_node_free(node);
}

/* least += c * (its least - least) in float32, from the first batch's. */
static void averages_move_by_their_constant(void **state)
{
	struct qs_node *node = horizon_node(8, 0.01);
	float out[2], expected = 10.0F;

	(void)state;
	run(node, QS_NODE_CALIBRATION, (const float[]){10.0F, -1.0F}, 2, out);
	assert_true(scale_of(node) == 10.0 / 127.5);
	for (int i = 0; i < 5; i++) {
		run(node, QS_NODE_CALIBRATION, (const float[]){3.0F, -2.0F}, 2, out);
		expected += 0.01F * (3.0F - expected);
		assert_true(scale_of(node) == (double)expected / 127.5);
	}
	qs_node_free(node);
}

static void averages_are_those_of_ends(void **state)
{
	const struct qs_observation observation = {
	    .channels = 1, .subject = {"tensor", {NULL, 0, 0}, findings}, .averaging = 0.01};
	struct qs_spec spec = half_even(8);
	struct qs_node *node;

	(void)state;
	spec.method = QS_METHOD_MSE;
	assert_int_equal(qs_node_new(registry, &spec, &observation, &node), QS_UNSUPPORTED);
	assert_string_equal(qs_findings_at(findings, 0)->code, "QS724");
}

/* ---- what Horizon prints --------------------------------------------------------------------- */

/* The 8 x 4 numbers of a member. */
static void read_cells(json_object *list, float cells[N_CELLS])
{
	for (size_t i = 0; i < N_CELLS; i++)
		cells[i] = (float)json_object_get_double(
		    json_object_array_get_idx(json_object_array_get_idx(list, i / 4), i % 4));
}

static void expect_printed(const float cells[N_CELLS], json_object *printed, const char *format)
{
	for (size_t i = 0; i < N_CELLS; i++) {
		char text[32];

		snprintf(text, sizeof(text), format, (double)(cells[i] + 0.0F));
		assert_string_equal(text, json_object_get_string(json_object_array_get_idx(
					      json_object_array_get_idx(printed, i / 4), i % 4)));
	}
}

static void expect_codes(struct qs_node *node, int bit_width, const float *in, json_object *codes)
{
	const struct qs_spec spec = half_even(bit_width);
	const struct qs_subject subject = {"tensor", {NULL, 0, 0}, findings};
	struct qs_quantization how;
	struct qs_counts counts;
	float expected[N_CELLS];
	int16_t found[N_CELLS];

	assert_int_equal(
	    qs_quantizer_bind(registry, &spec, qs_node_qparams(node), &subject, &how), QS_OK);
	assert_int_equal(qs_quantizer_encode(&how, (struct qs_layout){1, 1, N_CELLS}, in,
			     QS_ELEMENT_INT16, found, &subject, &counts),
	    QS_OK);
	read_cells(codes, expected);
	for (size_t i = 0; i < N_CELLS; i++)
		assert_int_equal(found[i], (int)expected[i]);
}

/* What mask does to the rows. */
static void multiply(const float *cells, const float mask[N_ROWS], float *out)
{
	for (size_t i = 0; i < N_CELLS; i++)
		out[i] = cells[i] * mask[i / 4];
}

static void horizon_prints_a_quantized_tensor(void **state)
{
	json_object *doc = golden_get(fixtures, "bool_doc");
	struct qs_node *node = horizon_node(16, 0.01);
	float in[N_CELLS], out[N_CELLS], product[N_CELLS], mask[N_ROWS];

	(void)state;
	read_cells(golden_get(doc, "input_1x2x4x4_flat"), in);
	run(node, QS_NODE_CALIBRATION, in, N_CELLS, out);
	assert_memory_equal(in, out, sizeof(in));
	run(node, QS_NODE_VALIDATION, in, N_CELLS, out);
	assert_true((float)scale_of(node) == (float)golden_real(doc, "scale_f32"));
	expect_codes(node, 16, in, golden_get(doc, "codes"));
	expect_printed(out, golden_get(doc, "dequant_print4"), "%.4f");
	for (size_t r = 0; r < N_ROWS; r++) {
		const float last = out[r * 4 + 3];

		assert_int_equal(last == 1.0F, json_object_get_boolean(json_object_array_get_idx(
						   golden_get(doc, "mask_eq1_after_quant"), r)));
		assert_int_equal(last != 0.0F,
		    json_object_get_boolean(
			json_object_array_get_idx(golden_get(doc, "mask_not_eq0_after_quant"), r)));
		mask[r] = last != 0.0F ? 1.0F : 0.0F;
	}
	multiply(out, mask, product);
	expect_printed(product, golden_get(doc, "mul_bool_mask_out_print4"), "%.4f");
	qs_node_free(node);
}

/*
 * With the mask quantized too, one cell is a tie that float32 alone has: 60.4972, where double
 * gives 60.4991.
 */
static void horizon_prints_a_product_of_quantized_tensors(void **state)
{
	json_object *doc = golden_get(fixtures, "bool_doc");
	struct qs_node *node = horizon_node(16, 0.01), *mask_node = horizon_node(16, 0.01);
	float in[N_CELLS], out[N_CELLS], product[N_CELLS], mask[N_ROWS], quantized[N_ROWS];

	(void)state;
	read_cells(golden_get(doc, "input_1x2x4x4_flat"), in);
	run(node, QS_NODE_CALIBRATION, in, N_CELLS, out);
	for (size_t r = 0; r < N_ROWS; r++)
		mask[r] = in[r * 4 + 3];
	run(mask_node, QS_NODE_CALIBRATION, mask, N_ROWS, quantized);
	assert_true((float)scale_of(mask_node) == (float)golden_real(doc, "mask_scale_f32"));
	run(mask_node, QS_NODE_VALIDATION, mask, N_ROWS, quantized);
	run(node, QS_NODE_VALIDATION, in, N_CELLS, out);
	multiply(out, quantized, product);
	expect_codes(node, 16, product, golden_get(doc, "mul_quant_mask_out_codes"));
	run(node, QS_NODE_VALIDATION, product, N_CELLS, out);
	expect_printed(out, golden_get(doc, "mul_quant_mask_out_print4"), "%.4f");
	qs_node_free(node);
	qs_node_free(mask_node);
}

/* A large value takes the small ones with it, among them the mask. */
static void horizon_prints_what_an_extreme_value_does(void **state)
{
	json_object *doc = golden_get(fixtures, "bool_doc_70000");
	struct qs_node *node = horizon_node(16, 0.01), *mask_node = horizon_node(16, 0.01);
	float in[N_CELLS], out[N_CELLS], mask[N_ROWS], quantized[N_ROWS];
	char text[32];

	(void)state;
	read_cells(golden_get(golden_get(fixtures, "bool_doc"), "input_1x2x4x4_flat"), in);
	in[2] = 70000.0F;
	run(node, QS_NODE_CALIBRATION, in, N_CELLS, out);
	for (size_t r = 0; r < N_ROWS; r++)
		mask[r] = out[r * 4 + 3] != 0.0F ? 1.0F : 0.0F;
	run(mask_node, QS_NODE_CALIBRATION, mask, N_ROWS, quantized);
	snprintf(text, sizeof(text), "%.4e", scale_of(mask_node));
	assert_string_equal(text, golden_string(doc, "mask_quant_scale_print"));
	run(node, QS_NODE_VALIDATION, in, N_CELLS, out);
	assert_true((float)scale_of(node) == (float)golden_real(doc, "scale_f32"));
	expect_codes(node, 16, in, golden_get(doc, "codes"));
	expect_printed(out, golden_get(doc, "dequant_print"), "%.4e");
	for (size_t r = 0; r < N_ROWS; r++)
		assert_int_equal(out[r * 4 + 3] != 0.0F,
		    json_object_get_boolean(
			json_object_array_get_idx(golden_get(doc, "mask_after_quant"), r)));
	qs_node_free(node);
	qs_node_free(mask_node);
}

static void expect_scale(struct qs_node *node, json_object *doc, const char *key)
{
	char text[32];

	snprintf(text, sizeof(text), "%.7f", scale_of(node));
	assert_string_equal(text, golden_string(doc, key));
}

/* Quantize, square, pass twice through one shared node, then a sigmoid, all in qat. */
static void horizon_prints_the_scales_of_a_chain(void **state)
{
	json_object *doc = golden_get(fixtures, "plugin_doc_chain_int8");
	struct qs_node *stub = horizon_node(8, 0.01), *mul = horizon_node(8, 0.01);
	struct qs_node *cat = horizon_node(8, 0.01), *sigmoid = horizon_node(8, 0.01);
	float x = (float)golden_real(doc, "input_max"), y;

	(void)state;
	run(stub, QS_NODE_QAT, &x, 1, &y);
	expect_scale(stub, doc, "quant_stub_scale");
	x = y * y;
	run(mul, QS_NODE_QAT, &x, 1, &y);
	expect_scale(mul, doc, "mul_scale");
	run(cat, QS_NODE_QAT, &y, 1, &x);
	run(cat, QS_NODE_QAT, &x, 1, &y);
	expect_scale(cat, doc, "cat_scale_after_two_calls_of_shared_op");
	x = 1.0F / (1.0F + expf(-y));
	run(sigmoid, QS_NODE_QAT, &x, 1, &y);
	expect_scale(sigmoid, doc, "sigmoid_scale");
	qs_node_free(stub);
	qs_node_free(mul);
	qs_node_free(cat);
	qs_node_free(sigmoid);
}

/* With ties to even, a 1 is lost as soon as the largest value is as large as the span. */
static void a_one_is_lost_from_the_span_on(void **state)
{
	static const struct {
		int bit_width;
		const char *key;
	} rows[] = {{16, "int16_one_lost_when_maxabs_ge"}, {8, "int8_one_lost_when_maxabs_ge"}};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const float limit =
		    (float)golden_real(golden_get(fixtures, "constants"), rows[i].key);
		struct qs_node *lost = horizon_node(rows[i].bit_width, 0.0);
		struct qs_node *kept = horizon_node(rows[i].bit_width, 0.0);
		const float at[] = {limit, 1.0F}, below[] = {nextafterf(limit, 0.0F), 1.0F};
		float out[2];

		run(lost, QS_NODE_QAT, at, 2, out);
		assert_true(out[1] == 0.0F);
		run(kept, QS_NODE_QAT, below, 2, out);
		assert_true(out[1] > 0.0F);
		qs_node_free(lost);
		qs_node_free(kept);
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

static int read_fixtures(void **state)
{
	char path[512];

	(void)state;
	fixtures = json_object_from_file(data_path(path, "golden/horizon_fixtures.json"));
	return !fixtures;
}

static int drop_fixtures(void **state)
{
	(void)state;
	json_object_put(fixtures);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(calibration_observes_and_lets_floats_pass),
	    TEST(qat_observes_and_quantizes),
	    TEST(validation_quantizes_only),
	    TEST(a_node_that_never_observed_does_not_quantize),
	    TEST(a_fixed_scale_is_not_observed),
	    TEST(formats_without_scales_pass_through_nodes_too),
	    TEST(averages_move_by_their_constant),
	    TEST(averages_are_those_of_ends),
	    TEST(horizon_prints_a_quantized_tensor),
	    TEST(horizon_prints_a_product_of_quantized_tensors),
	    TEST(horizon_prints_what_an_extreme_value_does),
	    TEST(horizon_prints_the_scales_of_a_chain),
	    TEST(a_one_is_lost_from_the_span_on),
	};

	return cmocka_run_group_tests(tests, read_fixtures, drop_fixtures);
}
