/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of the DPU: gains of average pools, the slope of leaky ReLU, hard sigmoid and
 * hard swish. */
#include "tests/unit/engine_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "engine/arithmetic.h"
#include "engine/arithmetic_gates.h"

/* 7/64, 10/256, 7/256, 21/1024 and 21/4096 are the tool's; others are the nearest m / 2^n. */
static void windows_have_the_gains_of_the_tool(void **state)
{
	static const struct {
		int64_t height, width;
		double gain;
	} rows[] = {
	    {1, 1, 1},
	    {2, 2, 1},
	    {8, 8, 1},
	    {4, 16, 1},
	    {3, 3, 63.0 / 64},
	    {5, 5, 250.0 / 256},
	    {6, 6, 252.0 / 256},
	    {3, 6, 252.0 / 256},
	    {6, 3, 252.0 / 256},
	    {7, 7, 1029.0 / 1024},
	    {14, 14, 4116.0 / 4096},
	    {1, 3, 3 * 85.0 / 256},
	    {3, 2, 6 * 85.0 / 512},
	    {1, 7, 7 * 73.0 / 512},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(
		    fabs(qs_arithmetic_gain(rows[i].height, rows[i].width) - rows[i].gain) < 1e-15);
}

static void leaky_slopes_and_pools_are_counted_and_set(void **state)
{
	struct engine engine = ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8, ""), "in x 1 3 9 9",
	    "init w 3 3 1 1", "node Conv c x,w a", "node LeakyRelu l a b", "node AveragePool p b d",
	    "ints kernel_shape 3 3", "node AveragePool q d y", "ints kernel_shape 2 2", "out y");
	const struct qs_graph *graph = engine.layers->graph;
	size_t n;

	(void)state;
	assert_int_equal(qs_arithmetic_apply(engine.plan, &n), QS_OK);
	assert_int_equal(n, 2);
	for (size_t i = 0; i < graph->n_nodes; i++) {
		if (qs_node_is(graph->nodes[i].proto, "LeakyRelu"))
			assert_true(fabsf(qs_attribute_float(graph->nodes[i].proto, "alpha", 0) -
					  13.0F / 128) < 1e-9F);
	}
	assert_true(
	    fabsf(engine.plan->gain_of_value[qs_graph_find(graph, "d")] - 63.0F / 64) < 1e-9F);
	assert_true(fabsf(engine.plan->gain_of_value[qs_graph_find(graph, "y")] - 1) < 1e-9F);
	engine_free(&engine);
}

/* ---- hard sigmoid and hard swish ------------------------------------------------------------- */

#define N_VALUES 512

static float gate_of(float x)
{
	return fminf(fmaxf(x + 3, 0), 6) * (2731.0F / 16384);
}

static float hardsigmoid(float x)
{
	return gate_of(x);
}

/* Ties up, and 127 steps at most. */
static float hardswish(float x)
{
	const double steps = floor((double)(gate_of(x) * 128) + 0.5);

	return x * (float)(fmin(steps, 127) / 128);
}

/* Layers before and after are the same in name and type. */
static void check_gate(
    struct qs_runtime *runtime, const char *const *lines, const char *type, float (*law)(float))
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);
	float values[N_VALUES], *found;
	struct qs_session *session;
	struct qs_layers *layers;
	size_t n;

	for (int i = 0; i < N_VALUES; i++)
		values[i] = (float)(i - 256) / 64;
	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	assert_int_equal(layers->n_items, 1);
	assert_string_equal(layers->items[0].type, type);
	assert_string_equal(layers->items[0].name, "gate");
	assert_int_equal(qs_arithmetic_write_gates(layers, findings, &n), QS_OK);
	assert_int_equal(n, 1);
	qs_layers_free(layers);
	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	assert_int_equal(layers->n_items, 1);
	assert_string_equal(layers->items[0].type, type);
	assert_string_equal(layers->items[0].name, "gate");
	qs_layers_free(layers);
	session = engine_session(runtime, model, true);
	found = engine_run(session, values, "y", &n);
	for (size_t i = 0; i < N_VALUES; i++) {
		const float expected = law(values[i]);

		if (found[i] < expected || found[i] > expected)
			fail_msg("%s of %a is %a, expected %a", type, (double)values[i],
			    (double)found[i], (double)expected);
	}
	free(found);
	qs_session_free(session);
	qs_model_free(model);
	qs_findings_free(findings);
}
#define CHECK_GATE(runtime, type, law, ...)                                                        \
	check_gate(runtime, (const char *const[]){__VA_ARGS__, NULL}, type, law)

#define IN "in x 512"
#define CLIP "full three 3", "full low 0", "full high 6", "full six 6", "node Add a x,three b"

static void gates_are_those_of_the_dpu(void **state)
{
	struct qs_runtime *runtime = engine_runtime();

	(void)state;
	CHECK_GATE(
	    runtime, "Hardswish", hardswish, "opset 14", IN, "node HardSwish gate x y", "out y");
	CHECK_GATE(runtime, "Hardsigmoid", hardsigmoid, "opset 13", IN, "node HardSigmoid gate x y",
	    "float alpha 0.166666667", "float beta 0.5", "out y");
	CHECK_GATE(runtime, "Hardswish", hardswish, "opset 10", IN, "node HardSigmoid gate x g",
	    "float alpha 0.166666667", "float beta 0.5", "node Mul m x,g y", "out y");
	CHECK_GATE(runtime, "Hardswish", hardswish, "opset 13", IN, CLIP,
	    "node Clip gate b,low,high c", "node Mul m x,c d", "node Div e d,six y", "out y");
	CHECK_GATE(runtime, "Hardsigmoid", hardsigmoid, "opset 13", IN, CLIP,
	    "node Clip gate b,low,high c", "node Div e c,six y", "out y");
	qs_runtime_close(runtime);
}

static void other_slopes_stay(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model =
	    FIXTURE_MODEL(findings, "opset 13", IN, "node HardSigmoid gate x y", "out y");
	struct qs_layers *layers;
	size_t n;

	(void)state;
	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	assert_int_equal(qs_arithmetic_write_gates(layers, findings, &n), QS_OK);
	assert_int_equal(n, 0);
	qs_layers_free(layers);
	qs_model_free(model);
	qs_findings_free(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(windows_have_the_gains_of_the_tool),
	    cmocka_unit_test(leaky_slopes_and_pools_are_counted_and_set),
	    cmocka_unit_test(gates_are_those_of_the_dpu),
	    cmocka_unit_test(other_slopes_stay),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
