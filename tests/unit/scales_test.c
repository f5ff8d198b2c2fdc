/* SPDX-License-Identifier: Apache-2.0 */
/* Scales that are given: how they are written, and what calibration, adjusting and files make of
 * them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calibrate.h"
#include "engine/job.h"
#include "data/npy.h"
#include "engine/scales.h"
#include "tests/unit/engine_fixture.h"

#define MODEL "tests/out/scales_test.onnx"
#define CALIB "tests/out/scales_test.json"
#define DATA "tests/out/scales_test.npy"
#define SCALES(rest) "{\"format\": \"qstrata-scales\", \"version\": 1" rest "}"

static void a_scale_is_a_decimal_or_a_fraction_of_two(void **state)
{
	static const struct {
		const char *text;
		double scale; /* 0: refused */
	} rows[] = {{"1", 1}, {"0.0078125", 1.0 / 128}, {"1/128", 1.0 / 128},
	    {"7/32767", 7.0 / 32767}, {"1e-3", 1e-3}, {"2.5e1/5", 5}, {"", 0}, {"0", 0}, {"-1", 0},
	    {"1/0", 0}, {"0/1", 0}, {"1/", 0}, {"/2", 0}, {"1/2/3", 0}, {"1 / 2", 0}, {" 1", 0},
	    {"1x", 0}, {"nan", 0}, {"inf", 0}, {"0x1p-7", 0}, {"1e39", 0}, {"1e-39", 0}};
	double scale;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		scale = 0;
		assert_int_equal(qs_scale_parse(rows[i].text, &scale), rows[i].scale > 0);
		assert_true(scale == rows[i].scale);
	}
}

/* ---- jobs ------------------------------------------------------------------------------------ */

struct bench {
	struct qs_findings *findings;
	struct qs_source *scales;
	struct engine_job work;
};

static void start(struct bench *bench, const char *config)
{
	static const char *const lines[] = {"in x 2 4", "init w 4 3", "init b 3",
	    "node Gemm g x,w,b h", "node Relu r h y", "out y", NULL};
	static const float data[8] = {-2, 1, 0.5F, 0.25F, 1, 1, 1, 1};
	const struct qs_array array = {QS_ELEMENT_FLOAT32, 2, {2, 4}, 8, (void *)(uintptr_t)data};

	engine_save(MODEL, lines);
	*bench =
	    (struct bench){.findings = qs_findings_new(), .work = engine_job_open(config, MODEL)};
	assert_int_equal(qs_npy_write(DATA, &array, bench->findings), QS_OK);
}

static enum qs_status read_scales(struct bench *bench, const char *text)
{
	qs_source_free(bench->scales);
	bench->scales = NULL;
	assert_int_equal(qs_source_new("scales.json", text, strlen(text), &bench->scales), QS_OK);
	return qs_job_read_scales(bench->work.job, bench->scales, bench->findings);
}

static void end(struct bench *bench)
{
	engine_job_close(&bench->work);
	qs_source_free(bench->scales);
	qs_findings_free(bench->findings);
	remove(MODEL);
	remove(CALIB);
	remove(DATA);
}

static const struct qs_site *site_of(const struct bench *bench, const char *tensor)
{
	for (size_t i = 0; i < bench->work.job->plan->n_sites; i++) {
		if (strcmp(bench->work.job->plan->sites[i].tensor, tensor) == 0)
			return &bench->work.job->plan->sites[i];
	}
	fail_msg("there is no site of %s", tensor);
	return NULL;
}

#define INT8 ENGINE_CONFIG(ENGINE_INT8, "")
#define TIED                                                                                       \
	ENGINE_CONFIG(ENGINE_INT8, ", \"tensor_quantize_config\": {\"bias\": {\"bit_width\": "     \
				   "32}}")

static void what_is_fixed_needs_no_data(void **state)
{
	const struct qs_calibrate_options options = {.data = NULL};
	struct bench bench;

	(void)state;
	start(&bench, INT8);
	assert_int_equal(
	    read_scales(&bench, SCALES(", \"tensors\": [{\"name\": \"x\", \"scale\": \"1/128\"}, "
				       "{\"name\": \"y\", \"scale\": 0.5}, "
				       "{\"name\": \"w\", \"scale\": 0.25}]")),
	    QS_OK);
	assert_int_equal(qs_job_calibrate(bench.work.job, &options, bench.findings), QS_OK);
	assert_true(site_of(&bench, "x")->qparams.scale[0] == 0.0078125);
	assert_true(site_of(&bench, "y")->qparams.scale[0] == 0.5);
	assert_true(site_of(&bench, "w")->qparams.scale[0] == 0.25);
	assert_int_equal(site_of(&bench, "x")->qparams.zero_point[0], 0);
	assert_int_equal(site_of(&bench, "x")->qparams.quant_min, -128);
	end(&bench);
}

static void a_calibration_file_says_what_was_fixed(void **state)
{
	const struct qs_calibrate_options options = {.data = NULL};
	struct bench bench, again;

	(void)state;
	start(&bench, INT8);
	start(&again, INT8);
	assert_int_equal(read_scales(&bench, SCALES(", \"scale_law\": \"half-span\", \"tensors\": "
						    "[{\"name\": \"x\", \"scale\": \"7/32767\"}, "
						    "{\"name\": \"y\", \"scale\": 0.5}]")),
	    QS_OK);
	assert_int_equal(qs_job_calibrate(bench.work.job, &options, bench.findings), QS_OK);
	assert_int_equal(qs_job_write_calibration(bench.work.job, CALIB, bench.findings), QS_OK);
	assert_int_equal(qs_job_read_calibration(again.work.job, CALIB, again.findings), QS_OK);
	assert_true(site_of(&again, "x")->fixed_scale == 7.0 / 32767);
	assert_true(site_of(&again, "w")->fixed_scale == 0.0);
	assert_int_equal(again.work.job->plan->scale_law, QS_SCALE_LAW_HALF_SPAN);
	end(&again);
	end(&bench);
}

static void a_tied_bias_follows_a_fixed_input(void **state)
{
	const struct qs_calibrate_options options = {.data = NULL};
	struct bench bench;

	(void)state;
	start(&bench, TIED);
	assert_int_equal(
	    read_scales(&bench, SCALES(", \"tensors\": [{\"name\": \"x\", \"scale\": 0.5}, "
				       "{\"name\": \"y\", \"scale\": 0.5}, "
				       "{\"name\": \"w\", \"scale\": 0.25}]")),
	    QS_OK);
	assert_int_equal(qs_job_calibrate(bench.work.job, &options, bench.findings), QS_OK);
	assert_true(site_of(&bench, "b")->qparams.scale[0] == 0.125);
	assert_int_equal(qs_job_apply(bench.work.job, bench.findings), QS_OK);
	end(&bench);
}

/* 2^31 - 1 steps of 1e-10 * 1e-3 do not reach what the bias is. */
static void a_tied_bias_beyond_32_bits_is_told(void **state)
{
	const struct qs_calibrate_options options = {.data = NULL};
	struct bench bench;

	(void)state;
	start(&bench, TIED);
	assert_int_equal(
	    read_scales(&bench, SCALES(", \"tensors\": [{\"name\": \"x\", \"scale\": 1e-10}, "
				       "{\"name\": \"y\", \"scale\": 0.5}, "
				       "{\"name\": \"w\", \"scale\": 1e-3}]")),
	    QS_OK);
	assert_int_equal(qs_job_calibrate(bench.work.job, &options, bench.findings), QS_OK);
	assert_int_equal(qs_findings_count(bench.findings), 1);
	assert_string_equal(qs_findings_at(bench.findings, 0)->message,
	    "3 of 3 values of bias \"b\" of \"g\" are beyond 32 bits, as its scale is that of "
	    "input "
	    "times weights: 1e-13, which holds up to 0.000214748, found 0.625");
	end(&bench);
}

static void a_law_of_one_tensor_goes_before_that_of_all(void **state)
{
	const struct qs_calibrate_options options = {.data = DATA};
	struct bench bench;

	(void)state;
	qs_runtime_close(engine_runtime());
	start(&bench, INT8);
	assert_int_equal(
	    read_scales(&bench, SCALES(", \"scale_law\": \"half-span\", \"tensors\": [{\"name\": "
				       "\"w\", \"scale_law\": \"qmax\"}]")),
	    QS_OK);
	assert_int_equal(qs_job_calibrate(bench.work.job, &options, bench.findings), QS_OK);
	assert_true(site_of(&bench, "x")->qparams.scale[0] == 2 / 127.5);
	assert_true(site_of(&bench, "w")->qparams.scale[0] == 0.625 / 127);
	end(&bench);
}

static void what_cannot_be_fixed_is_refused(void **state)
{
	static const struct {
		const char *config, *scales, *message;
	} rows[] = {
	    {TIED, SCALES(", \"tensors\": [{\"name\": \"b\", \"scale\": 1}]"),
		"tensor \"b\" cannot have a fixed scale: its scale is the product of those of "
		"input and weights"},
	    {ENGINE_CONFIG(ENGINE_INT8, ", \"tensor_quantize_config\": {\"weights\": "
					"{\"per_channel\": true}}"),
		SCALES(", \"tensors\": [{\"name\": \"w\", \"scale\": 1}]"),
		"tensor \"w\" cannot have a fixed scale: it has a scale for each channel"},
	    {ENGINE_CONFIG("\"datatype\": \"bfloat16\"", ""),
		SCALES(", \"tensors\": [{\"name\": \"w\", \"scale\": 1}]"),
		"tensor \"w\" cannot have a fixed scale: its format has no scale"},
	    {ENGINE_CONFIG("\"method\": \"maxmin\", \"scale_type\": \"poweroftwo\"", ""),
		SCALES(", \"tensors\": [{\"name\": \"x\", \"scale\": 0.3}]"),
		"tensor \"x\" cannot have a fixed scale: the config asks for a power of two"},
	    {INT8, SCALES(", \"tensors\": [{\"name\": \"h\", \"scale\": 1}]"),
		"tensor \"h\" is not quantized by the config"},
	    {INT8, SCALES(", \"tensors\": [{\"name\": \"xx\", \"scale\": 1}]"),
		"the model has no tensor \"xx\" that is quantized"},
	    {INT8, SCALES(", \"tensors\": [{\"name\": \"x\"}]"),
		"tensor \"x\" needs one of \"scale\" or \"scale_law\""},
	    {INT8,
		SCALES(", \"tensors\": [{\"name\": \"x\", \"scale\": 1}, {\"name\": \"x\", "
		       "\"scale\": 1}]"),
		"tensor \"x\" stands twice"}};
	struct bench bench;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		start(&bench, rows[i].config);
		assert_int_equal(read_scales(&bench, rows[i].scales), QS_INVALID);
		assert_int_equal(qs_findings_count(bench.findings), 1);
		assert_string_equal(qs_findings_at(bench.findings, 0)->message, rows[i].message);
		end(&bench);
	}
}

static void scales_come_before_calibration(void **state)
{
	const struct qs_calibrate_options options = {.data = NULL};
	struct bench bench;

	(void)state;
	start(&bench, ENGINE_CONFIG("\"datatype\": \"bfloat16\"", ""));
	assert_int_equal(qs_job_calibrate(bench.work.job, &options, bench.findings), QS_OK);
	assert_int_equal(read_scales(&bench, SCALES("")), QS_BUG);
	end(&bench);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_scale_is_a_decimal_or_a_fraction_of_two),
	    cmocka_unit_test(what_is_fixed_needs_no_data),
	    cmocka_unit_test(a_calibration_file_says_what_was_fixed),
	    cmocka_unit_test(a_tied_bias_follows_a_fixed_input),
	    cmocka_unit_test(a_tied_bias_beyond_32_bits_is_told),
	    cmocka_unit_test(a_law_of_one_tensor_goes_before_that_of_all),
	    cmocka_unit_test(what_cannot_be_fixed_is_refused),
	    cmocka_unit_test(scales_come_before_calibration)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
