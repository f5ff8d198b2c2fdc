/* SPDX-License-Identifier: Apache-2.0 */
/* Models of float16 and bfloat16: what computes in float32, and what they become quantized. */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/job.h"
#include "model/widen.h"
#include "tests/unit/data.h"

#define MODEL "tests/out/widen_test.onnx"
#define OUTPUT "tests/out/widen_test_out.onnx"
#define DATA "tests/out/widen_test.d"

/* ---- the graph ------------------------------------------------------------------------------- */

/* The nodes of a widened model, a line each: "Cast>1 in > out". */
static void describe(const struct qs_model *model, struct qs_text *text)
{
	for (size_t i = 0; i < model->proto->graph->n_node; i++) {
		const Onnx__NodeProto *node = model->proto->graph->node[i];

		qs_text_adds(text, node->op_type);
		if (qs_attribute(node, "to"))
			qs_text_addf(text, ">%lld", (long long)qs_attribute_int(node, "to", 0));
		for (size_t j = 0; j < node->n_input; j++)
			qs_text_addf(text, "%s%s", j ? "," : " ", node->input[j]);
		qs_text_addf(text, " > %s\n", node->output[0]);
	}
}

/* What becomes of a model; the element type that was found. */
static int widen(const char *expected, const char *const *lines)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_widened widened;

	assert_int_equal(qs_widen(model, findings, &widened), QS_OK);
	assert_int_equal(qs_findings_count(findings), 0);
	describe(model, &text);
	engine_expect(&text, expected);
	qs_model_free(model);
	qs_findings_free(findings);
	return widened.element_type;
}
#define WIDEN(expected, ...) widen(expected, (const char *const[]){__VA_ARGS__, NULL})

#define HALVES "type x float16", "type w float16", "type y float16"
#define PRODUCT "in x 1 4", "init w 4 4", "node MatMul m x,w y", "out y 1 4"

static void inputs_constants_and_outputs_have_casts(void **state)
{
	(void)state;
	assert_int_equal(WIDEN("Cast>1 x > x_float32\n"
			       "Cast>1 w_float16 > w\n"
			       "MatMul x_float32,w > y_float32\n"
			       "Cast>10 y_float32 > y\n",
			     PRODUCT, HALVES),
	    10);
	assert_int_equal(WIDEN("Cast>1 x > x_float32\n"
			       "Cast>1 w_bfloat16 > w\n"
			       "MatMul x_float32,w > y_float32\n"
			       "Cast>16 y_float32 > y\n",
			     PRODUCT, "type x bfloat16", "type w bfloat16", "type y bfloat16"),
	    16);
}

static void a_model_of_other_types_stays(void **state)
{
	(void)state;
	assert_int_equal(WIDEN("MatMul x,w > y\n", PRODUCT), 0);
	assert_int_equal(WIDEN("MatMul x,w > y\n", PRODUCT, "type x float64", "type w float64",
			     "type y float64"),
	    0);
}

static void a_conversion_that_something_computes_with_is_one_to_float32(void **state)
{
	(void)state;
	WIDEN("Cast>1 x > h\n"
	      "Cast>1 w_float16 > w\n"
	      "MatMul h,w > y_float32\n"
	      "Cast>10 y_float32 > y\n",
	    "in x 1 4", "type x int64", "init w 4 4", "type w float16", "node Cast c x h",
	    "int to 10", "node MatMul m h,w y", "out y 1 4", "type y float16");
}

/* As half formats are written: values that are rounded, and constants that are stored. */
static void a_conversion_there_and_back_rounds_and_stays(void **state)
{
	(void)state;
	assert_int_equal(WIDEN("Cast>10 x > h\n"
			       "Cast>1 h > g\n"
			       "Cast>1 c > w\n"
			       "MatMul g,w > y\n",
			     "in x 1 4", "init c 4 4", "type c float16", "node Cast a x h",
			     "int to 10", "node Cast b h g", "int to 1", "node Cast d c w",
			     "int to 1", "node MatMul m g,w y", "out y 1 4"),
	    0);
}

static void an_operator_of_another_domain_keeps_its_types(void **state)
{
	(void)state;
	WIDEN("Cast>1 x > x_float32\n"
	      "Relu x_float32 > h\n"
	      "Cast>10 h > h_float16\n"
	      "Own h_float16 > a\n"
	      "Cast>1 a > a_float32\n"
	      "Cast>1 w_float16 > w\n"
	      "MatMul a_float32,w > y_float32\n"
	      "Cast>10 y_float32 > y\n",
	    "in x 1 4", "init w 4 4", "node Relu r x h", "node Own o h a", "domain my.own",
	    "node MatMul m a,w y", "out y 1 4", "out a 1 4", "type a float16", HALVES);
}

static void what_cannot_be_understood_leaves_the_model_as_it_is(void **state)
{
	(void)state;
	assert_int_equal(
	    WIDEN("Own x > a\nMatMul a,w > y\n", "in x 1 4", "init w 4 4", "node Own o x a",
		"domain my.own", "node MatMul m a,w y", "out y 1 4", HALVES),
	    0);
}

/* ---- a job ----------------------------------------------------------------------------------- */

struct bench {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_job *job;
};

static int make_bench(void **state)
{
	static const int64_t dims[] = {1, 3, 8, 8};
	struct bench *bench = calloc(1, sizeof(*bench));

	bench->findings = qs_findings_new();
	fixture_output("");
	mkdir(DATA, 0777);
	write_npy(DATA "/0.npy", npy_floats(dims, 4, 0));
	*state = bench;
	return 0;
}

static int free_bench(void **state)
{
	struct bench *bench = *state;

	qs_job_free(bench->job);
	qs_policy_free(bench->policy);
	qs_source_free(bench->source);
	qs_findings_free(bench->findings);
	free(bench);
	remove(MODEL);
	remove(OUTPUT);
	remove(DATA "/0.npy");
	rmdir(DATA);
	return 0;
}

/* A small network of a type, with a batch normalisation to fold. */
static void save_network(struct bench *bench, const char *type)
{
	static const char *const before[] = {"in x 1 3 8 8", "init w 8 3 3 3", "init b 8",
	    "node Conv c x,w,b h", "ints pads 1 1 1 1", "init s 8", "full v 1 8",
	    "node BatchNormalization n h,s,b,b,v k", "node Relu r k g", "node Flatten f g i",
	    "init m 512 10", "node Gemm g i,m y", "out y 1 10"};
	static const char *const names[] = {"x", "w", "b", "s", "v", "m", "y"};
	enum {
		N_BEFORE = sizeof(before) / sizeof(*before),
		N_NAMES = sizeof(names) / sizeof(*names)
	};
	const char *lines[N_BEFORE + N_NAMES + 1] = {NULL};
	char retyped[N_NAMES][32];
	struct qs_model *model;

	memcpy(lines, before, sizeof(before));
	for (size_t i = 0; i < N_NAMES; i++) {
		snprintf(retyped[i], sizeof(retyped[i]), "type %s %s", names[i], type);
		lines[N_BEFORE + i] = retyped[i];
	}
	model = fixture_model(bench->findings, lines);
	assert_int_equal(qs_model_save(model, MODEL, bench->findings), QS_OK);
	qs_model_free(model);
}

static enum qs_status open_job(struct bench *bench, const char *config)
{
	qs_job_free(bench->job);
	bench->job = NULL;
	qs_policy_free(bench->policy);
	qs_source_free(bench->source);
	assert_int_equal(
	    qs_source_new("config.json", config, strlen(config), &bench->source), QS_OK);
	assert_int_equal(qs_policy_read(bench->source, bench->findings, &bench->policy), QS_OK);
	return qs_job_new(bench->policy, MODEL, false, bench->findings, &bench->job);
}

static void quantize(struct bench *bench)
{
	const struct qs_calibrate_options options = {.data = DATA};

	if (qs_job_calibrate(bench->job, &options, bench->findings) != QS_OK)
		show_findings(bench->findings);
	assert_int_equal(bench->job->stage, QS_JOB_CALIBRATED);
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_OK);
	assert_int_equal(qs_job_save(bench->job, OUTPUT, bench->findings), QS_OK);
	assert_int_equal(qs_job_verify(bench->job, &options, bench->findings), QS_OK);
}

static void expect_told(struct bench *bench, const char *type)
{
	struct qs_text report = QS_TEXT_INIT;
	char told[128];

	snprintf(told, sizeof(told),
	    "widened     5 constants, 1 input, 1 output of %s, which computes in float32 now\n",
	    type);
	assert_int_equal(qs_job_write_report(bench->job, &report), QS_OK);
	assert_non_null(strstr(report.data, told));
	qs_text_done(&report);
}

static void a_narrow_network_is_quantized_like_one_of_float32(void **state)
{
	static const char *const types[] = {"float16", "bfloat16"};
	static const char *const configs[] = {ENGINE_CONFIG(ENGINE_INT8, ""),
	    ENGINE_CONFIG("\"datatype\": \"float16\"", ""),
	    ENGINE_CONFIG("\"datatype\": \"bfloat16\"", "")};
	struct bench *bench = *state;

	qs_runtime_close(engine_runtime());
	for (size_t i = 0; i < 6; i++) {
		size_t n_expected;

		save_network(bench, "float32");
		assert_int_equal(open_job(bench, configs[i / 2]), QS_OK);
		n_expected = bench->job->plan->n_sites;
		save_network(bench, types[i % 2]);
		assert_int_equal(open_job(bench, configs[i / 2]), QS_OK);
		assert_int_equal(bench->job->n_folded, 1);
		/* What the graph gives has the type of the model in place of a half format. */
		assert_in_range(bench->job->plan->n_sites, n_expected - (i > 1), n_expected);
		assert_int_equal(bench->job->plan->n_kept, 0);
		quantize(bench);
		expect_told(bench, types[i % 2]);
	}
}

static void float64_is_listed_with_the_reason(void **state)
{
	struct bench *bench = *state;

	save_network(bench, "float64");
	assert_int_equal(open_job(bench, ENGINE_CONFIG(ENGINE_INT8, "")), QS_INVALID);
	assert_string_equal(
	    qs_findings_at(bench->findings, qs_findings_count(bench->findings) - 1)->message,
	    "the model has no tensor that can be quantized; layer \"c\": the parameter is "
	    "float64, and formats are for float32 and less");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_bench, free_bench)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(inputs_constants_and_outputs_have_casts),
	    cmocka_unit_test(a_model_of_other_types_stays),
	    cmocka_unit_test(a_conversion_that_something_computes_with_is_one_to_float32),
	    cmocka_unit_test(a_conversion_there_and_back_rounds_and_stays),
	    cmocka_unit_test(an_operator_of_another_domain_keeps_its_types),
	    cmocka_unit_test(what_cannot_be_understood_leaves_the_model_as_it_is),
	    TEST(a_narrow_network_is_quantized_like_one_of_float32),
	    TEST(float64_is_listed_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
