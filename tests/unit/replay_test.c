/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays: what comes out is bit by bit what a whole run gives, and only what a change reaches is
 * computed.
 */
#include "tests/unit/engine_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/replay.h"
#include "engine/replan.h"
#include "engine/runner.h"
#include "engine/site.h"
#include "qstrata/numbers.h"

#define CONFIG ENGINE_CONFIG(ENGINE_INT8, "")
#define N_INPUT 18

/* A convolution, and two branches that come together again. */
static const char *const branches[] = {"opset 13", "in x 1 2 3 3", "init w 2 2 1 1", "init b 2",
    "node Conv first x,w,b y", "init left 2 2 1 1", "node Conv l y,left,b p", "node Relu r p q",
    "init right 2 2 1 1", "node Conv k y,right,b s", "node Add add q,s t", "init fc 2 2 1 1",
    "node Conv last t,fc,b z", "out z", NULL};

struct trial {
	struct engine engine;
	struct qs_runtime *runtime;
	struct qs_replay *replay;
	float input[N_INPUT];
	bool *is_on;
};

static struct qs_blob input_of(const struct trial *trial)
{
	static const int64_t dims[] = {1, 2, 3, 3};

	return (struct qs_blob){"x", 1, 4, dims, trial->input, sizeof(trial->input)};
}

static struct trial start(const char *config, const char *const *lines)
{
	struct trial trial = {.runtime = engine_runtime()};
	struct qs_blob blob;

	trial.engine = engine_plan(config, lines);
	engine_calibrate(&trial.engine, 0.037);
	for (size_t i = 0; i < N_INPUT; i++)
		trial.input[i] = (float)(i * 7 % 13) / 5.0F - 1.1F;
	trial.is_on = calloc(trial.engine.plan->n_sites + 1, sizeof(*trial.is_on));
	assert_int_equal(qs_replay_new(trial.engine.plan, trial.engine.registry, trial.runtime,
			     trial.engine.findings, &trial.replay),
	    QS_OK);
	blob = input_of(&trial);
	assert_int_equal(qs_replay_take(trial.replay, &blob, 1, trial.engine.findings), QS_OK);
	return trial;
}

static void end(struct trial *trial)
{
	qs_replay_free(trial->replay);
	qs_runtime_close(trial->runtime);
	engine_free(&trial->engine);
	free(trial->is_on);
}

/* Turns sites on by name, ended by NULL; all others off. */
static struct qs_replayed run(struct trial *trial, const char *const *names)
{
	struct qs_replayed replayed;

	memset(trial->is_on, 0, trial->engine.plan->n_sites * sizeof(*trial->is_on));
	for (size_t i = 0; names[i]; i++)
		trial->is_on[engine_site(&trial->engine, names[i]) - trial->engine.plan->sites] =
		    true;
	assert_int_equal(qs_replay_run(trial->replay, trial->engine.plan, trial->is_on,
			     trial->engine.findings, &replayed),
	    QS_OK);
	return replayed;
}
#define RUN(trial, ...) run(trial, (const char *const[]){__VA_ARGS__, NULL})

/* ---- what comes out -------------------------------------------------------------------------- */

struct visiting {
	const struct trial *trial;
	bool activations;
};

static enum qs_status visit(void *context, size_t site, const float *in, size_t n, float *out)
{
	const struct visiting *visiting = context;
	const struct engine *engine = &visiting->trial->engine;

	if (visiting->activations)
		return qs_site_fake(engine->plan, engine->registry, &engine->plan->sites[site],
		    (struct qs_layout){1, 1, n}, engine->findings, in, out);
	memcpy(out, in, n * sizeof(*out));
	return QS_OK;
}

/* The output of a whole run is that of the replay, to the last bit. */
static void expect_as_runner(struct trial *trial, bool activations, bool constants)
{
	const struct qs_runner_options options = {.cuts = true, .n_threads = 1};
	struct qs_plan *plan = trial->engine.plan;
	const struct visiting visiting = {trial, activations};
	const struct qs_blob blob = input_of(trial), *expected;
	struct qs_replayed replayed;
	struct qs_runner *runner;

	for (size_t i = 0; i < plan->n_sites; i++)
		trial->is_on[i] = plan->sites[i].is_constant ? constants : activations;
	assert_int_equal(qs_replay_run(trial->replay, trial->engine.plan, trial->is_on,
			     trial->engine.findings, &replayed),
	    QS_OK);
	/* A runner leaves constants without scales as they are. */
	for (size_t i = 0; i < plan->n_sites && !constants; i++) {
		if (plan->sites[i].is_constant)
			qs_qparams_done(&plan->sites[i].qparams);
	}
	assert_int_equal(qs_runner_new(plan, trial->engine.registry, trial->runtime, &options,
			     trial->engine.findings, &runner),
	    QS_OK);
	assert_int_equal(
	    qs_runner_run(runner, &blob, 1, visit, (void *)&visiting, trial->engine.findings),
	    QS_OK);
	expected = qs_runner_output(runner, "z");
	assert_non_null(expected);
	assert_non_null(replayed.outputs[0].data);
	assert_int_equal(replayed.outputs[0].size, expected->size);
	assert_memory_equal(replayed.outputs[0].data, expected->data, expected->size);
	qs_runner_free(runner);
	qs_replayed_done(&replayed);
}

static void all_formats_give_what_a_whole_run_gives(void **state)
{
	struct trial trial = start(CONFIG, branches);

	(void)state;
	expect_as_runner(&trial, true, true);
	end(&trial);
}

static void some_formats_give_what_a_whole_run_gives(void **state)
{
	struct trial trial = start(CONFIG, branches);

	(void)state;
	expect_as_runner(&trial, true, false);
	end(&trial);
}

static void formats_of_layers_give_what_a_whole_run_gives(void **state)
{
	/* Not all integers: every layer reads and gives in formats of its own. */
	struct trial trial = start(
	    ENGINE_CONFIG(ENGINE_INT8, ", \"tensor_quantize_config\": {\"bias\": {\"datatype\": "
				       "\"float16\"}}"),
	    branches);

	(void)state;
	expect_as_runner(&trial, true, true);
	end(&trial);
}

/* The output with all formats of a plan on, bit by bit. */
static struct qs_replayed run_all(struct trial *trial, const struct qs_plan *plan)
{
	struct qs_replayed replayed;

	for (size_t i = 0; i < plan->n_sites; i++)
		trial->is_on[i] = true;
	assert_int_equal(
	    qs_replay_run(trial->replay, plan, trial->is_on, trial->engine.findings, &replayed),
	    QS_OK);
	assert_non_null(replayed.outputs[0].data);
	return replayed;
}

static void a_plan_like_it_is_run_as_its_own_replay_runs_it(void **state)
{
	struct trial narrow = start(CONFIG, branches);
	struct trial wide = start(ENGINE_CONFIG("\"bit_width\": 12, " ENGINE_INT8, ""), branches);
	struct qs_replayed own, lent, again;

	(void)state;
	assert_true(qs_plan_is_like(narrow.engine.plan, wide.engine.plan));
	own = run_all(&wide, wide.engine.plan);
	lent = run_all(&narrow, wide.engine.plan);
	again = run_all(&narrow, narrow.engine.plan);
	assert_int_equal(own.outputs[0].size, lent.outputs[0].size);
	assert_memory_equal(own.outputs[0].data, lent.outputs[0].data, own.outputs[0].size);
	assert_memory_not_equal(lent.outputs[0].data, again.outputs[0].data, again.outputs[0].size);
	qs_replayed_done(&own);
	qs_replayed_done(&lent);
	qs_replayed_done(&again);
	end(&narrow);
	end(&wide);
}

static void a_run_does_not_depend_on_the_runs_before_it(void **state)
{
	struct trial trial = start(CONFIG, branches);
	struct qs_replayed first = RUN(&trial, "w", "q"), between = RUN(&trial, "x", "right");
	struct qs_replayed again = RUN(&trial, "w", "q");

	(void)state;
	assert_int_equal(first.outputs[0].size, again.outputs[0].size);
	assert_memory_equal(first.outputs[0].data, again.outputs[0].data, first.outputs[0].size);
	assert_memory_not_equal(
	    first.outputs[0].data, between.outputs[0].data, first.outputs[0].size);
	qs_replayed_done(&first);
	qs_replayed_done(&between);
	qs_replayed_done(&again);
	end(&trial);
}

/* ---- what is computed ------------------------------------------------------------------------ */

static uint64_t count_pieces(struct trial *trial, const char *site)
{
	struct qs_replayed replayed = RUN(trial, site);
	const uint64_t n = replayed.cost.pieces;

	qs_replayed_done(&replayed);
	return n;
}

static void nothing_on_computes_nothing(void **state)
{
	struct trial trial = start(CONFIG, branches);
	struct qs_replayed replayed = run(&trial, (const char *const[]){NULL});

	(void)state;
	assert_int_equal(replayed.cost.pieces, 0);
	assert_null(replayed.outputs[0].data);
	assert_non_null(qs_replay_expected(trial.replay, 0)->data);
	qs_replayed_done(&replayed);
	end(&trial);
}

static void only_what_a_change_reaches_is_computed(void **state)
{
	/* first; l with r, and k beside them; add; last */
	static const struct {
		const char *site;
		uint64_t pieces;
	} rows[] = {{"x", 5}, {"w", 5}, {"y", 4}, {"left", 3}, {"right", 3}, {"q", 2}, {"s", 2},
	    {"t", 1}, {"fc", 1}, {"z", 0}};
	struct trial trial = start(CONFIG, branches);

	(void)state;
	assert_int_equal(qs_replay_whole(trial.replay).pieces, 5);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_int_equal(count_pieces(&trial, rows[i].site), rows[i].pieces);
	end(&trial);
}

static void macs_are_those_of_what_is_computed(void **state)
{
	struct trial trial = start(CONFIG, branches);
	struct qs_replayed replayed = RUN(&trial, "left");

	(void)state;
	/* Two channels in and out, nine pixels. */
	assert_int_equal(qs_replay_whole(trial.replay).macs, 4 * 36);
	assert_int_equal(replayed.cost.macs, 2 * 36);
	qs_replayed_done(&replayed);
	end(&trial);
}

static void a_format_that_changes_nothing_stops_at_once(void **state)
{
	struct trial trial = start(CONFIG, branches);
	struct qs_replayed replayed;
	struct qs_blob blob;

	(void)state;
	for (size_t i = 0; i < N_INPUT; i++)
		trial.input[i] = (float)i / 8.0F;
	engine_scale(&trial.engine, "x", 0.125, 0);
	blob = input_of(&trial);
	assert_int_equal(qs_replay_take(trial.replay, &blob, 1, trial.engine.findings), QS_OK);
	replayed = RUN(&trial, "x");
	assert_int_equal(replayed.cost.pieces, 0);
	assert_null(replayed.outputs[0].data);
	qs_replayed_done(&replayed);
	end(&trial);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(all_formats_give_what_a_whole_run_gives),
	    cmocka_unit_test(some_formats_give_what_a_whole_run_gives),
	    cmocka_unit_test(formats_of_layers_give_what_a_whole_run_gives),
	    cmocka_unit_test(a_plan_like_it_is_run_as_its_own_replay_runs_it),
	    cmocka_unit_test(a_run_does_not_depend_on_the_runs_before_it),
	    cmocka_unit_test(nothing_on_computes_nothing),
	    cmocka_unit_test(only_what_a_change_reaches_is_computed),
	    cmocka_unit_test(macs_are_those_of_what_is_computed),
	    cmocka_unit_test(a_format_that_changes_nothing_stops_at_once),
	};

	if (!engine_has_runtime())
		return ENGINE_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
