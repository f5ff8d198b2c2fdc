/* SPDX-License-Identifier: Apache-2.0 */
/* Scales that the device cannot compute with, told after calibration. */
#include "tests/unit/engine_fixture.h"

#include <math.h>
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

/* ---- repeated values ------------------------------------------------------------------------- */

/* A Resize of a mode, NULL for none, between two scales; gives that of what comes out. */
static double resized_scale(const char *mode, const char *follower)
{
	static const struct qs_adjust_options options = {false, false};
	struct engine engine = ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8, ""), "opset 13",
	    "in x 1 1 2 2", "full s 2 4", "node Resize up x,-,s r", follower, "out y");
	Onnx__NodeProto *proto = engine.layers->graph->nodes[0].proto;
	Onnx__AttributeProto attribute, *list[] = {&attribute};
	double scale;

	if (mode) {
		onnx__attribute_proto__init(&attribute);
		attribute.name = (char *)(uintptr_t) "mode";
		attribute.s = (ProtobufCBinaryData){strlen(mode), (uint8_t *)(uintptr_t)mode};
		proto->attribute = list;
		proto->n_attribute = 1;
	}
	engine_scale(&engine, "x", 0.25, 0);
	for (size_t i = 0; i < engine.plan->n_sites; i++) {
		if (strcmp(engine.plan->sites[i].name, "x") != 0)
			engine_scale(&engine, engine.plan->sites[i].name, 0.5, 0);
	}
	assert_int_equal(qs_adjust(engine.plan, &options), QS_OK);
	scale = engine_site(&engine, "y")->qparams.scale[0];
	engine_free(&engine);
	return scale;
}

static void what_is_repeated_keeps_its_scale(void **state)
{
	(void)state;
	assert_true(fabs(resized_scale("nearest", "node Relu f r y") - 0.25) < 1e-12);
	assert_true(fabs(resized_scale(NULL, "node Relu f r y") - 0.25) < 1e-12);
}

static void what_is_computed_between_has_its_own(void **state)
{
	(void)state;
	assert_true(fabs(resized_scale("linear", "node Relu f r y") - 0.5) < 1e-12);
	assert_true(fabs(resized_scale("nearest", "node Concat f r,x y") - 0.5) < 1e-12);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(operands_that_no_shift_brings_together_are_told),
	    cmocka_unit_test(the_longest_shift_is_no_mistake),
	    cmocka_unit_test(other_devices_multiply),
	    cmocka_unit_test(what_is_repeated_keeps_its_scale),
	    cmocka_unit_test(what_is_computed_between_has_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
