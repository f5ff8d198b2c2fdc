/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at models: what statistics and comparisons say of tensors whose values are known. */
#include "tests/unit/engine_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/compare.h"
#include "analysis/stats.h"
#include "data/npy.h"

#define MODEL "tests/out/look_test.onnx"
#define DATA "tests/out/look_test.npy"
#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* ---- without a runtime ----------------------------------------------------------------------- */

static void limits_are_read_or_refused(void **state)
{
	static const struct {
		const char *text, *which;
		enum qs_metric metric;
		double value;
	} rows[] = {
	    {"cosine=0.99", "outputs", QS_METRIC_COSINE, 0.99},
	    {"all:l1=1e-3", "all", QS_METRIC_L1, 1e-3},
	    {"ResNet::ResNet/Conv2d[conv1]:sqnr=20", "ResNet::ResNet/Conv2d[conv1]", QS_METRIC_SQNR,
		20},
	    {"a=b:atol=-1", "a=b", QS_METRIC_ATOL, -1},
	    {"sqnr=inf", "outputs", QS_METRIC_SQNR, INFINITY},
	};
	static const char *const wrong[] = {
	    "", "=", "cosine", "cosine=", "=0.9", "cos=0.9", "cosine=nan", "cosine=0.9 ", "all=1"};
	struct qs_bound limit;

	(void)state;
	for (size_t i = 0; i < LENGTH(rows); i++) {
		assert_true(qs_bound_read(rows[i].text, &limit));
		assert_int_equal(limit.which_size, strlen(rows[i].which));
		assert_memory_equal(limit.which, rows[i].which, limit.which_size);
		assert_int_equal(limit.metric, rows[i].metric);
		assert_true(limit.value >= rows[i].value && limit.value <= rows[i].value);
	}
	for (size_t i = 0; i < LENGTH(wrong); i++)
		assert_false(qs_bound_read(wrong[i], &limit));
}

/* A row of two values, one of which is so far from what was expected. */
static void add_row(
    struct qs_comparison *comparison, const char *name, float error, struct qs_findings *findings)
{
	static const int64_t dims[] = {2};
	const float expected[] = {1.0F, 2.0F}, found[] = {1.0F, 2.0F + error};
	const struct qs_compared item = {.type = "Linear",
	    .layer = name,
	    .tensor = name,
	    .dtype = "int8",
	    .attr = QS_ATTR_OUTPUT,
	    .scale = 0.5,
	    .is_output = true};

	assert_int_equal(
	    qs_compared_add(qs_comparison_add(comparison, &item),
		&(struct qs_values){expected, dims, 1}, &(struct qs_values){found, dims, 1},
		(struct qs_place){NULL, 0, 0}, findings),
	    QS_OK);
}

static void expect_order(struct qs_comparison *comparison, const char *column, const char *names)
{
	char found[8] = "";

	assert_true(qs_comparison_sort(comparison, column));
	for (size_t i = 0; i < comparison->n; i++)
		strcat(found, comparison->items[comparison->order[i]].layer);
	assert_string_equal(found, names);
}

static void the_worst_comes_first_and_what_is_no_number_before_it(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_comparison *comparison;

	(void)state;
	assert_int_equal(qs_comparison_new("a", "b", 4, &comparison), QS_OK);
	add_row(comparison, "p", 0.25F, findings);
	add_row(comparison, "q", NAN, findings);
	add_row(comparison, "r", 0.0F, findings);
	add_row(comparison, "s", 1.0F, findings);
	expect_order(comparison, "sqnr", "qspr");
	expect_order(comparison, "steps", "qspr");
	expect_order(comparison, "model", "pqrs");
	/* Nobody knows their own errors. */
	expect_order(comparison, "own_cosine", "pqrs");
	assert_false(qs_comparison_sort(comparison, "layer"));
	assert_false(qs_comparison_sort(comparison, "mean"));
	qs_comparison_free(comparison);
	qs_findings_free(findings);
}

static void limits_are_kept_by_what_is_not_worse(void **state)
{
	static const struct {
		const char *limit;
		size_t n_broken;
	} rows[] = {{"atol=0.25", 1}, {"atol=0.24", 2}, {"p:sqnr=1", 0}, {"s:sqnr=100", 1},
	    {"all:cosine=0", 0}, {"nobody:l1=1", 1}};
	struct qs_findings *findings = qs_findings_new();
	struct qs_comparison *comparison;
	struct qs_bound limit;

	(void)state;
	assert_int_equal(qs_comparison_new("a", "b", 2, &comparison), QS_OK);
	add_row(comparison, "p", 0.25F, findings);
	add_row(comparison, "s", 1.0F, findings);
	for (size_t i = 0; i < LENGTH(rows); i++) {
		const size_t before = qs_findings_count(findings);

		assert_true(qs_bound_read(rows[i].limit, &limit));
		assert_int_equal(qs_comparison_check(comparison, &limit, findings),
		    rows[i].n_broken ? QS_INVALID : QS_OK);
		assert_int_equal(qs_findings_count(findings) - before, rows[i].n_broken);
	}
	qs_comparison_free(comparison);
	qs_findings_free(findings);
}

static void batches_of_other_shapes_are_one_tensor(void **state)
{
	static const float values[] = {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 7.0F};
	struct qs_seen seen = {.is_there = false};

	(void)state;
	assert_int_equal(qs_seen_add(&seen, values, (int64_t[]){2, 2}, 2, -1), QS_OK);
	assert_int_equal(qs_seen_add(&seen, values + 4, (int64_t[]){1, 2}, 2, -1), QS_OK);
	assert_int_equal(seen.dims[0], -1);
	assert_int_equal(seen.dims[1], 2);
	assert_int_equal(seen.n_channels, 2);
	assert_true(seen.channels[0].mean == 3.0 && seen.channels[1].most == 7.0F);
	assert_int_equal(seen.all.n, 6);
	qs_seen_done(&seen);
}

/* ---- with one -------------------------------------------------------------------------------- */

struct bench {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_job *job;
};

/* Two layers that multiply by their weights: (index * 7 % 11 - 5) / 8. */
static const char *const layers[] = {"opset 13", "in x 2 4", "init w1 4 3", "init w2 3 2",
    "node MatMul first x,w1 h", "node MatMul second h,w2 y", "out y", NULL};

static const float input[] = {0.1F, -1.7F, 2.3F, 0.77F, 1.9F, 0.3F, -0.9F, 0.01F};

static void save(struct bench *bench, const float *values)
{
	struct qs_model *model = fixture_model(bench->findings, layers);
	struct qs_array array = {.element = QS_ELEMENT_FLOAT32,
	    .rank = 2,
	    .dims = {2, 4},
	    .n_values = 8,
	    .data = (void *)values};

	fixture_output("");
	model->folder = qs_arena_strdup(&model->arena, "tests/out");
	assert_int_equal(qs_model_save(model, MODEL, bench->findings), QS_OK);
	assert_int_equal(qs_npy_write(DATA, &array, bench->findings), QS_OK);
	qs_model_free(model);
}

static struct bench *start(void **state, const float *values)
{
	struct bench *bench = calloc(1, sizeof(*bench));

	*state = bench;
	bench->findings = qs_findings_new();
	qs_runtime_close(engine_runtime());
	save(bench, values);
	return bench;
}

static const struct qs_look look = {.run = {.data = DATA}};

/* A job that has its scales. */
static void calibrate(struct bench *bench, const char *config)
{
	assert_int_equal(
	    qs_source_new("config.json", config, strlen(config), &bench->source), QS_OK);
	assert_int_equal(qs_policy_read(bench->source, bench->findings, &bench->policy), QS_OK);
	assert_int_equal(
	    qs_job_new(bench->policy, MODEL, false, bench->findings, &bench->job), QS_OK);
	assert_int_equal(qs_job_calibrate(bench->job, &look.run, bench->findings), QS_OK);
}

static int finish(void **state)
{
	struct bench *bench = *state;

	if (!bench)
		return 0;
	qs_job_free(bench->job);
	qs_policy_free(bench->policy);
	qs_source_free(bench->source);
	qs_findings_free(bench->findings);
	free(bench);
	remove(MODEL);
	remove(DATA);
	return 0;
}

static const struct qs_compared *find(
    const struct qs_comparison *comparison, const char *layer, enum qs_attr attr)
{
	for (size_t i = 0; i < comparison->n; i++) {
		if (strcmp(comparison->items[i].layer, layer) == 0 &&
		    comparison->items[i].attr == attr)
			return &comparison->items[i];
	}
	fail_msg("there is no row of %s", layer);
	return NULL;
}

static double own(const struct qs_compared *item)
{
	assert_true(item->has_own);
	return qs_agreement_of(&item->own, QS_METRIC_ATOL);
}

static double total(const struct qs_compared *item)
{
	return qs_agreement_of(&item->agreement, QS_METRIC_ATOL);
}

/* The first layer is quantized and the second is not: its error is all the first one's. */
static void a_layer_in_float_only_inherits(void **state)
{
	struct bench *bench = start(state, input);
	struct qs_comparison *comparison;
	const struct qs_compared *first, *second;

	calibrate(bench, ENGINE_CONFIG(ENGINE_INT8,
			     ", \"layer_quantize_config\": [{\"layer_name\": \"second\", "
			     "\"layer_type\": null, \"quantizable_data_type\": [\"input\", "
			     "\"weights\", \"bias\", \"activation\"], \"overall_quantize_config\": "
			     "{\"datatype\": \"float32\"}}]"));
	assert_int_equal(qs_compare_job(bench->job, &look, bench->findings, &comparison), QS_OK);
	first = find(comparison, "first", QS_ATTR_OUTPUT);
	second = find(comparison, "second", QS_ATTR_OUTPUT);
	assert_true(own(first) > 0.0);
	assert_true(total(second) > 0.0);
	assert_true(own(second) == 0.0);
	assert_string_equal(second->dtype, "float32");
	assert_true(second->is_output && !first->is_output);
	qs_comparison_free(comparison);
}

/* A constant inherits nothing, and what enters the graph is off by half a step at most. */
static void what_nothing_comes_before_has_only_its_own_error(void **state)
{
	struct bench *bench = start(state, input);
	struct qs_comparison *comparison;
	const struct qs_compared *weight, *graph;

	calibrate(bench, ENGINE_CONFIG(ENGINE_INT8, ""));
	assert_int_equal(qs_compare_job(bench->job, &look, bench->findings, &comparison), QS_OK);
	weight = find(comparison, "second", QS_ATTR_WEIGHT);
	graph = find(comparison, "x", QS_ATTR_INPUT);
	assert_true(own(weight) == total(weight));
	assert_true(own(graph) == total(graph) && own(graph) <= 0.5001 * graph->scale);
	assert_string_equal(graph->dtype, "int8");
	assert_int_equal(comparison->n_batches, 1);
	qs_comparison_free(comparison);
}

static const struct qs_seen *seen_of(
    const struct qs_stats *stats, const char *layer, enum qs_attr attr)
{
	for (size_t i = 0; i < stats->rows.n; i++) {
		const struct qs_row *row = &stats->rows.items[i];

		if (strcmp(qs_row_layer(row), layer) == 0 && row->attr == attr)
			return qs_stats_float(stats, row);
	}
	return NULL;
}

static void statistics_are_those_of_the_values(void **state)
{
	struct bench *bench = start(state, input);
	struct qs_moments expected = QS_MOMENTS_INIT;
	struct qs_look by_channel = look;
	const struct qs_seen *seen;
	struct qs_stats *stats;

	by_channel.per_channel = true;
	qs_moments_add(&expected, input, LENGTH(input));
	assert_int_equal(qs_stats_of_model(MODEL, &by_channel, bench->findings, &stats), QS_OK);
	seen = seen_of(stats, "first", QS_ATTR_INPUT);
	assert_memory_equal(&seen->all, &expected, sizeof(expected));
	assert_int_equal(seen->n_channels, 4);
	assert_true(seen->channels[3].most == 0.77F);
	/* -5/8, 2/8, -2/8 ...: 12 values, and their unbiased variance. */
	seen = seen_of(stats, "first", QS_ATTR_WEIGHT);
	assert_true(seen->all.least == -0.625F && seen->all.n == 12);
	assert_true(qs_moments_variance(&seen->all) == seen->all.squares / 11.0);
	assert_int_equal(seen->n_channels, 3);
	assert_int_equal(seen_of(stats, "second", QS_ATTR_OUTPUT)->dims[1], 2);
	qs_stats_free(stats);
}

static void what_is_not_finite_is_told_first(void **state)
{
	static const float values[] = {0.1F, NAN, 2.3F, 0.77F, INFINITY, 0.3F, -0.9F, 0.01F};
	struct bench *bench = start(state, values);
	struct qs_text text = QS_TEXT_INIT;
	struct qs_stats *stats;
	const char *bad, *rest;

	assert_int_equal(qs_stats_of_model(MODEL, &look, bench->findings, &stats), QS_OK);
	assert_int_equal(qs_stats_write(stats, QS_TABLE_TEXT, &text), QS_OK);
	bad = strstr(text.data, "\ntensors with NaN or infinity:\n");
	rest = strstr(text.data, "\nin the order of the model:\n");
	assert_non_null(bad);
	assert_non_null(rest);
	assert_true(bad < rest);
	assert_int_equal(seen_of(stats, "first", QS_ATTR_INPUT)->all.nan, 1);
	assert_int_equal(seen_of(stats, "first", QS_ATTR_INPUT)->all.infinite, 1);
	qs_text_done(&text);
	qs_stats_free(stats);
}

static void a_model_compared_with_itself_is_suspicious(void **state)
{
	struct bench *bench = start(state, input);
	struct qs_comparison *comparison;

	assert_int_equal(
	    qs_compare_models(MODEL, MODEL, &look, bench->findings, &comparison), QS_OK);
	/* Of both layers the weights, and what they give. */
	assert_int_equal(comparison->n, 4);
	for (size_t i = 0; i < comparison->n; i++) {
		const struct qs_compared *item = &comparison->items[i];

		assert_int_equal(item->attr, i % 2 ? QS_ATTR_OUTPUT : QS_ATTR_WEIGHT);
		assert_true(item->agreement.n > 0 && item->agreement.largest <= 0);
		assert_int_equal(item->has_own, item->attr == QS_ATTR_WEIGHT);
	}
	assert_string_equal(fixture_only_code(bench->findings), "QS834");
	qs_comparison_free(comparison);
}

static void jobs_without_scales_are_a_mistake(void **state)
{
	struct bench *bench = start(state, input);
	struct qs_comparison *comparison;
	struct qs_stats *stats;

	calibrate(bench, ENGINE_CONFIG(ENGINE_INT8, ""));
	assert_int_equal(qs_job_apply(bench->job, bench->findings), QS_OK);
	assert_int_equal(qs_compare_job(bench->job, &look, bench->findings, &comparison), QS_BUG);
	assert_int_equal(qs_stats_of_job(bench->job, &look, bench->findings, &stats), QS_BUG);
}

#define RUN(name) cmocka_unit_test_teardown(name, finish)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(limits_are_read_or_refused),
	    cmocka_unit_test(the_worst_comes_first_and_what_is_no_number_before_it),
	    cmocka_unit_test(limits_are_kept_by_what_is_not_worse),
	    cmocka_unit_test(batches_of_other_shapes_are_one_tensor),
	    RUN(a_layer_in_float_only_inherits),
	    RUN(what_nothing_comes_before_has_only_its_own_error),
	    RUN(statistics_are_those_of_the_values),
	    RUN(what_is_not_finite_is_told_first),
	    RUN(a_model_compared_with_itself_is_suspicious),
	    RUN(jobs_without_scales_are_a_mistake),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
