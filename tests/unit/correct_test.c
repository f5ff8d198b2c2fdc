/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bias correction: which layers have it, how far a bias moves in a batch, and when it stops. That
 * whole networks come out as vai_q_pytorch 3.5 has them is in networks_test.c, run i8_max_corr.
 */
#include "tests/unit/engine_fixture.h"

#include <math.h>
#include <string.h>

#include "engine/correct.h"

#define CONFIG ENGINE_CONFIG(ENGINE_INT8, "")
#define N 2 /* channels */

/* A plan with corrections on, its constants without scales: biases begin as they are. */
static struct engine plan(const char *const *lines, struct qs_correct *correct)
{
	struct engine engine = engine_plan(CONFIG, lines);

	engine.plan->corrects_biases = true;
	assert_int_equal(
	    qs_correct_init(correct, engine.plan, engine.registry, engine.findings), QS_OK);
	return engine;
}

static const char *const linear[] = {
    "opset 13", "in x 2 3", "init w 3 2", "init b 2", "node Gemm g x,w,b y", "out y", NULL};

/* ---- which layers ---------------------------------------------------------------------------- */

static size_t count(const char *const *lines, bool corrects)
{
	struct engine engine = engine_plan(CONFIG, lines);
	struct qs_correct correct;
	size_t n;

	engine.plan->corrects_biases = corrects;
	assert_int_equal(
	    qs_correct_init(&correct, engine.plan, engine.registry, engine.findings), QS_OK);
	n = correct.n;
	qs_correct_done(&correct);
	engine_free(&engine);
	return n;
}

static void layers_with_a_bias_of_their_own_are_corrected(void **state)
{
	static const char *const without[] = {
	    "opset 13", "in x 2 3", "init w 3 2", "node Gemm g x,w y", "out y", NULL};
	static const char *const shared[] = {"opset 13", "in x 2 2", "init w 2 2", "init b 2",
	    "node Gemm g x,w,b y", "node Gemm h y,w,b z", "out z", NULL};
	static const char *const conv[] = {"opset 13", "in x 1 3 4 4", "init w 2 3 1 1", "init b 2",
	    "node Conv c x,w,b y", "out y", NULL};

	(void)state;
	assert_int_equal(count(linear, true), 1);
	assert_int_equal(count(conv, true), 1);
	assert_int_equal(count(linear, false), 0);
	assert_int_equal(count(without, true), 0);
	assert_int_equal(count(shared, true), 0);
}

/* ---- how far --------------------------------------------------------------------------------- */

/* A batch of two rows: the twin gave `exact` everywhere, the layer so much more by channel. */
static void learn(struct qs_correct *correct, float exact, float first, float second)
{
	static const int64_t dims[] = {2, N};
	const float twin[] = {exact, exact, exact, exact};
	const float output[] = {exact + first, exact + second, exact + first, exact + second};
	const struct qs_blob found = {"y", 1, 2, dims, output, sizeof(output)};
	const struct qs_blob wanted = {"y", 1, 2, dims, twin, sizeof(twin)};

	assert_int_equal(qs_correct_learn(correct, 0, &found, &wanted), QS_OK);
}

static double moved(const struct qs_correct *correct, size_t channel)
{
	return (double)correct->items[0].values[channel] - (double)correct->items[0].start[channel];
}

static void a_bias_moves_against_a_twentieth_of_the_mean_error(void **state)
{
	struct qs_correct correct;
	struct engine engine = plan(linear, &correct);

	(void)state;
	learn(&correct, 8, 0.5F, -0.25F);
	assert_float_equal(moved(&correct, 0), -0.05 * 0.5, 1e-6);
	assert_float_equal(moved(&correct, 1), 0.05 * 0.25, 1e-6);
	assert_false(correct.items[0].stopped);
	assert_int_equal(qs_correct_finish(&correct, engine.plan), QS_OK);
	assert_float_equal(engine_site(&engine, "b")->correction[0], 0.05 * 0.5, 1e-6);
	assert_float_equal(engine_site(&engine, "b")->correction[1], -0.05 * 0.25, 1e-6);
	qs_correct_done(&correct);
	engine_free(&engine);
}

static void an_efficient_layer_moves_by_half(void **state)
{
	struct qs_correct correct;
	struct engine engine = plan(linear, &correct);
	struct qs_corrected *item = &correct.items[0];

	(void)state;
	/* 1.25 * log10(1 / 0.0625^2) = 3.01; four fifths of 4.3 and a fifth of that: above 4. */
	item->efficiency = 4.3;
	item->deviation = 4;
	learn(&correct, 1, 0.0625F, 0.0625F);
	assert_false(item->stopped);
	assert_float_equal(moved(&correct, 0), -0.025 * 0.0625, 1e-6);
	qs_correct_done(&correct);
	engine_free(&engine);
}

/* ---- when it stops --------------------------------------------------------------------------- */

static void it_stops_for_good_when_errors_have_settled(void **state)
{
	static const struct {
		const char *law;
		double efficiency, deviation;
		float exact, error;
		bool stops;
	} rows[] = {
	    {"there is no error", 2, 1, 1, 0, true},
	    {"the first batch of a usual layer", 0, 0, 8, 0.125F, false},
	    {"the running efficiency is above 4.3", 4.5, 4, 64, 0.0625F, true},
	    {"the changes are below a twentieth of it", 4.4, 0.05, 8, 0.0026F, true},
	    {"the changes are large still", 3, 1, 8, 0.125F, false},
	    {"an error is not finite", 3, 1, 8, INFINITY, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_correct correct;
		struct engine engine = plan(linear, &correct);
		struct qs_corrected *item = &correct.items[0];

		item->efficiency = rows[i].efficiency;
		item->deviation = rows[i].deviation;
		learn(&correct, rows[i].exact, rows[i].error, rows[i].error);
		if (item->stopped != rows[i].stops)
			fail_msg("%s: efficiency %g, deviation %g", rows[i].law, item->efficiency,
			    item->deviation);
		if (rows[i].stops) {
			assert_float_equal(moved(&correct, 0), 0, 0);
			learn(&correct, 8, 0.5F, 0.5F);
			assert_float_equal(moved(&correct, 0), 0, 0);
		}
		qs_correct_done(&correct);
		engine_free(&engine);
	}
}

/* ---- what it is good for --------------------------------------------------------------------- */

static void a_constant_error_shrinks_from_batch_to_batch(void **state)
{
	struct qs_correct correct;
	struct engine engine = plan(linear, &correct);
	double left;

	(void)state;
	for (size_t batch = 0; batch < 10; batch++)
		learn(&correct, 8, (float)(0.5 + moved(&correct, 0)), 0);
	left = 0.5 + moved(&correct, 0);
	/* 0.95^10 of 0.5 */
	assert_float_equal(left, 0.29937, 1e-4);
	qs_correct_done(&correct);
	engine_free(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(layers_with_a_bias_of_their_own_are_corrected),
	    cmocka_unit_test(a_bias_moves_against_a_twentieth_of_the_mean_error),
	    cmocka_unit_test(an_efficient_layer_moves_by_half),
	    cmocka_unit_test(it_stops_for_good_when_errors_have_settled),
	    cmocka_unit_test(a_constant_error_shrinks_from_batch_to_batch),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
