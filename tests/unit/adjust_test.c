/* SPDX-License-Identifier: Apache-2.0 */
/* Scales that the device cannot compute with, told after calibration. */
#include "tests/unit/engine_fixture.h"

#include <stdio.h>
#include <string.h>

#include "base/finding.h"
#include "engine/adjust.h"

#define BINARY                                                                                     \
	"\"method\": \"maxmin\", \"scale_type\": \"poweroftwo\", \"round_mode\": \"half_even\", "  \
	"\"calib_statistic_method\": \"max\""

/* A sum of two inputs at the positions `a` and `b`. */
static struct engine make_sum(const char *overall, enum qs_device device, double a, double b)
{
	char config[400];
	struct engine engine;

	snprintf(config, sizeof(config),
	    "{\"target_device\": \"FLEXML\", \"overall_quantize_config\": {%s}}", overall);
	engine = ENGINE_PLAN(config, "in x 1 4", "in z 1 4", "node Add sum x,z y", "out y");
	engine_scale(&engine, "x", a, 0);
	engine_scale(&engine, "z", b, 0);
	engine_scale(&engine, "y", a, 0);
	engine.plan->device = device;
	qs_adjust_check(engine.plan, engine.findings);
	return engine;
}

static void expect_silence(struct engine engine)
{
	assert_int_equal(qs_findings_count(engine.findings), 0);
	engine_free(&engine);
}

static void operands_that_no_shift_brings_together_are_told(void **state)
{
	struct engine engine = make_sum(BINARY, QS_DEVICE_DPU, 0x1p-18, 0x1p-2);
	const struct qs_finding *finding;

	(void)state;
	assert_int_equal(qs_findings_count(engine.findings), 1);
	finding = qs_findings_at(engine.findings, 0);
	assert_string_equal(finding->code, "QS729");
	assert_string_equal(finding->message, "the operands of layer \"sum\" are 16 positions "
	                                      "apart: \"x\" at 18, \"z\" at 2; the DPU "
					      "shifts by at most 15 bits");
	engine_free(&engine);
}

static void the_longest_shift_is_no_mistake(void **state)
{
	(void)state;
	expect_silence(make_sum(BINARY, QS_DEVICE_DPU, 0x1p-2, 0x1p-17));
}

static void other_devices_multiply(void **state)
{
	(void)state;
	expect_silence(make_sum(BINARY, QS_DEVICE_FLEXML, 0x1p-2, 0x1p-30));
	expect_silence(make_sum(ENGINE_INT8, QS_DEVICE_DPU, 0.3, 0x1p-30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(operands_that_no_shift_brings_together_are_told),
	    cmocka_unit_test(the_longest_shift_is_no_mistake),
	    cmocka_unit_test(other_devices_multiply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
