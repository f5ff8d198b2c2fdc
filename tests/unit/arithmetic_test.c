/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of the DPU: gains of average pools, the slope of leaky ReLU. */
#include "tests/unit/engine_fixture.h"

#include <math.h>
#include <stdlib.h>

#include "engine/arithmetic.h"

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

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(windows_have_the_gains_of_the_tool),
	    cmocka_unit_test(leaky_slopes_and_pools_are_counted_and_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
