/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every number that sources print of masks and scales on Horizon's devices
 * (tests/data/horizon/fixtures.json), by the models of examples/horizon and the configs beside
 * them: what calibration finds, what quantized models compute, and what probes give.
 */
#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/job.h"
#include "data/npy.h"
#include "engine/scales.h"
#include "engine/site.h"
#include "qstrata/place.h"
#include "tests/unit/data.h"
#include "tests/unit/engine_fixture.h"

#define N_ACTORS 8
#define N_NUMBERS 4
#define N (N_ACTORS * N_NUMBERS)

static struct json_object *fixtures;

/* A list or number of a part of the fixtures. */
static struct json_object *fixture(const char *part, const char *key)
{
	struct json_object *value =
	    json_object_object_get(json_object_object_get(fixtures, part), key);

	assert_non_null(value);
	return value;
}

/* Element i of a list of rows of four. */
static struct json_object *cell(struct json_object *rows, size_t i)
{
	return json_object_array_get_idx(
	    json_object_array_get_idx(rows, i / N_NUMBERS), i % N_NUMBERS);
}

static const char *example(const char *name)
{
	static char path[512];
	char below[256];

	snprintf(below, sizeof(below), "../../examples/horizon/%s", name);
	return data_path(path, below);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

struct work {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_job *job;
	struct qs_rulebook *rules;
	struct qs_source *scales; /* or NULL */
};

/* A model quantized as for j6m with all that flows at 16 bits, observed on the float model. */
static struct work quantize_at(const char *model, const char *data, const char *scales)
{
	struct work work = {.findings = qs_findings_new()};
	struct qs_calibrate_options options = {.observe = QS_OBSERVE_FLOAT};
	char folder[512];
	size_t device, n;

	assert_int_equal(qs_source_read(example("in16-w8-out16.json"), "config.json", 1 << 20,
			     work.findings, &work.source),
	    QS_OK);
	assert_int_equal(qs_policy_read(work.source, work.findings, &work.policy), QS_OK);
	assert_int_equal(qs_rulebook_new(&work.rules), QS_OK);
	assert_int_equal(
	    qs_rulebook_find_device(work.rules, "j6m", 3, work.findings, &device), QS_OK);
	assert_int_equal(qs_job_new(work.policy, model, false, work.findings, &work.job), QS_OK);
	assert_int_equal(
	    qs_job_set_scale_law(work.job, qs_rulebook_profiles(work.rules, &n)[device].scale_law),
	    QS_OK);
	if (scales) {
		assert_int_equal(
		    qs_source_new("scales", scales, strlen(scales), &work.scales), QS_OK);
		assert_int_equal(qs_job_read_scales(work.job, work.scales, work.findings), QS_OK);
	}
	snprintf(folder, sizeof(folder), "%s", example(data));
	options.data = folder;
	assert_int_equal(qs_job_calibrate(work.job, &options, work.findings), QS_OK);
	return work;
}

/* The same with a model of the examples. */
static struct work quantize(const char *model, const char *data)
{
	char path[512];

	snprintf(path, sizeof(path), "%s", example(model));
	return quantize_at(path, data, NULL);
}

static void end(struct work *work)
{
	qs_job_free(work->job);
	qs_policy_free(work->policy);
	qs_source_free(work->source);
	qs_source_free(work->scales);
	qs_rulebook_free(work->rules);
	qs_findings_free(work->findings);
}

static const struct qs_site *site_of(const struct work *work, const char *tensor)
{
	for (size_t i = 0; i < work->job->plan->n_sites; i++) {
		if (strcmp(work->job->plan->sites[i].tensor, tensor) == 0)
			return &work->job->plan->sites[i];
	}
	fail_msg("there is no site of %s", tensor);
	return NULL;
}

static void expect_scale(
    const struct work *work, const char *tensor, const char *part, const char *key)
{
	const float expected = (float)json_object_get_double(fixture(part, key));

	assert_true((float)site_of(work, tensor)->qparams.scale[0] == expected);
}

/* The codes that a site gives values, and what they stand for. */
static void expect_codes(const struct work *work, const char *tensor, const float *values, size_t n,
    struct json_object *codes, bool in_rows)
{
	const struct qs_site *site = site_of(work, tensor);
	float found[N];

	assert_int_equal(qs_site_fake(work->job->plan, work->job->registry, site,
			     (struct qs_layout){1, 1, n}, work->findings, values, found),
	    QS_OK);
	for (size_t i = 0; i < n; i++) {
		struct json_object *code =
		    in_rows ? cell(codes, i) : json_object_array_get_idx(codes, i);

		assert_int_equal(
		    lrint((double)found[i] / site->qparams.scale[0]), json_object_get_int64(code));
	}
}

/* What the quantized model gives for the actors; `*values` of the mask model's input. */
static void run(struct work *work, const float *values, float kept[N])
{
	struct qs_runtime *runtime = engine_runtime();
	struct qs_session *session;
	float *found;
	size_t n;

	assert_int_equal(qs_job_apply(work->job, work->findings), QS_OK);
	session = engine_session(runtime, work->job->model, false);
	found = engine_run(session, values, "kept", &n);
	assert_int_equal(n, N);
	memcpy(kept, found, N * sizeof(*kept));
	free(found);
	qs_session_free(session);
	qs_runtime_close(runtime);
}

/* As numbers are printed in the source. */
static void expect_prints(const float *values, const char *format, struct json_object *prints)
{
	for (size_t i = 0; i < N; i++) {
		char print[32];

		if (strcmp(format, "%.4f") == 0)
			snprintf(print, sizeof(print), "%.4f", (double)values[i]);
		else
			snprintf(print, sizeof(print), "%.4e", (double)values[i]);
		assert_string_equal(print, json_object_get_string(cell(prints, i)));
	}
}

static void read_actors(float actors[N], float largest)
{
	struct json_object *rows = fixture("mask", "input_1x2x4x4_flat");

	for (size_t i = 0; i < N; i++)
		actors[i] = (float)json_object_get_double(cell(rows, i));
	actors[2] = largest;
}

/* ---- masks ----------------------------------------------------------------------------------- */

static void the_input_has_the_scale_and_codes_of_the_source(void **state)
{
	struct work work;
	float actors[N], found[N];

	(void)state;
	qs_runtime_close(engine_runtime());
	work = quantize("not-zero.onnx", "actors");
	read_actors(actors, 60.5F);
	expect_scale(&work, "actors", "mask", "scale_f32");
	expect_codes(&work, "actors", actors, N, fixture("mask", "codes"), true);
	assert_int_equal(site_of(&work, "actors")->qparams.quant_min,
	    json_object_get_int64(fixture("mask", "qmin")));
	assert_int_equal(site_of(&work, "actors")->qparams.quant_max,
	    json_object_get_int64(fixture("mask", "qmax")));
	assert_int_equal(site_of(&work, "actors")->spec.bit_width,
	    json_object_get_int64(fixture("mask", "bits")));
	assert_int_equal(qs_site_fake(work.job->plan, work.job->registry, site_of(&work, "actors"),
			     (struct qs_layout){1, 1, N}, work.findings, actors, found),
	    QS_OK);
	expect_prints(found, "%.4f", fixture("mask", "dequant_print4"));
	end(&work);
}

static void equal_to_1_finds_nothing_once_the_input_is_quantized(void **state)
{
	struct json_object *mask = fixture("mask", "mask_eq1_after_quant");
	float actors[N], kept[N];
	struct work work;

	(void)state;
	qs_runtime_close(engine_runtime());
	work = quantize("equal-one.onnx", "actors");
	read_actors(actors, 60.5F);
	run(&work, actors, kept);
	for (size_t i = 0; i < N; i++) {
		assert_false(
		    json_object_get_boolean(json_object_array_get_idx(mask, i / N_NUMBERS)));
		assert_true(kept[i] == 0);
	}
	end(&work);
}

static void expect_kept(struct work *work, const float *actors)
{
	struct json_object *codes = fixture("mask", "mul_quant_mask_out_codes");
	float kept[N];

	expect_scale(work, "kept", "mask", "scale_f32");
	run(work, actors, kept);
	expect_prints(kept, "%.4f", fixture("mask", "mul_quant_mask_out_print4"));
	for (size_t i = 0; i < N; i++)
		assert_int_equal(lrint((double)kept[i] / site_of(work, "kept")->qparams.scale[0]),
		    json_object_get_int64(cell(codes, i)));
}

static void a_mask_of_its_own_scale_gives_what_the_source_prints(void **state)
{
	struct json_object *mask = fixture("mask", "mask_not_eq0_after_quant");
	float actors[N], ones[N_ACTORS];
	struct work work;

	(void)state;
	qs_runtime_close(engine_runtime());
	read_actors(actors, 60.5F);
	for (size_t i = 0; i < N_ACTORS; i++)
		ones[i] = (float)json_object_get_boolean(json_object_array_get_idx(mask, i));
	work = quantize("not-zero.onnx", "actors");
	expect_scale(&work, "mask_float", "mask", "mask_scale_f32");
	expect_codes(&work, "mask_float", ones, N_ACTORS, fixture("mask", "mask_codes"), false);
	expect_kept(&work, actors);
	end(&work);
}

/* What a model quantizes itself is so while it is observed, too: 60.5 comes out a little less. The
 * scale of the source, which observes floats, is given. */
static void a_mask_that_the_model_quantizes_gives_the_same(void **state)
{
	char path[512];
	float actors[N];
	struct work work;

	(void)state;
	qs_runtime_close(engine_runtime());
	read_actors(actors, 60.5F);
	snprintf(path, sizeof(path), "%s", example("own-scale.onnx"));
	work = quantize_at(path, "actors",
	    "{\"format\": \"qstrata-scales\", \"version\": 1, \"tensors\": "
	    "[{\"name\": \"kept\", \"scale\": \"60.5/32767.5\"}]}");
	expect_kept(&work, actors);
	end(&work);
}

/* With 1/32767 a mask is exactly 1, as a boolean is: rewritten, and quantized after that. */
static void a_rewritten_mask_gives_what_a_boolean_gives(void **state)
{
	const char *path = fixture_output("horizon-mask.onnx");
	struct qs_rewrite *rewrite;
	struct qs_findings *findings;
	float actors[N], kept[N];
	struct work work;

	(void)state;
	qs_runtime_close(engine_runtime());
	findings = qs_findings_new();
	assert_int_equal(qs_rewrite_open(example("not-zero.onnx"), findings, &rewrite), QS_OK);
	assert_int_equal(qs_rewrite_masks(rewrite, findings), QS_OK);
	assert_int_equal(qs_rewrite_save(rewrite, path, findings), QS_OK);
	qs_rewrite_free(rewrite);
	qs_findings_free(findings);
	work = quantize_at(path, "actors", NULL);
	/* The plan leaves to the model what the model quantizes. */
	assert_int_equal(work.job->plan->n_sites, 2);
	read_actors(actors, 60.5F);
	run(&work, actors, kept);
	expect_prints(kept, "%.4f", fixture("mask", "mul_bool_mask_out_print4"));
	end(&work);
}

static void a_mask_is_lost_beside_70000_and_kept_on_its_own(void **state)
{
	struct json_object *codes = fixture("mask_70000", "codes");
	float actors[N], found[N], kept[N];
	char print[32];
	struct work work;

	(void)state;
	qs_runtime_close(engine_runtime());
	read_actors(actors, 70000);
	work = quantize("not-zero.onnx", "actors-70000");
	expect_scale(&work, "actors", "mask_70000", "scale_f32");
	expect_codes(&work, "actors", actors, N, codes, true);
	assert_int_equal(qs_site_fake(work.job->plan, work.job->registry, site_of(&work, "actors"),
			     (struct qs_layout){1, 1, N}, work.findings, actors, found),
	    QS_OK);
	expect_prints(found, "%.4e", fixture("mask_70000", "dequant_print"));
	/* The mask was observed on floats, as 1, and is 0 all the same. */
	snprintf(print, sizeof(print), "%.4e",
	    (double)(float)site_of(&work, "mask_float")->qparams.scale[0]);
	assert_string_equal(
	    print, json_object_get_string(fixture("mask_70000", "mask_quant_scale_print")));
	run(&work, actors, kept);
	for (size_t i = 0; i < N; i++) {
		assert_false(json_object_get_boolean(json_object_array_get_idx(
		    fixture("mask_70000", "mask_after_quant"), i / N_NUMBERS)));
		assert_true(kept[i] == 0);
	}
	end(&work);
	/* As an input of its own it has a scale of its own. */
	work = quantize("split.onnx", "split-70000");
	expect_scale(&work, "actors_mask", "mask", "mask_scale_f32");
	expect_scale(&work, "actors_data", "mask_70000", "scale_f32");
	end(&work);
}

/* ---- scales ---------------------------------------------------------------------------------- */

static void fixed_scales_are_the_fractions_of_the_sources(void **state)
{
	static const char *const fractions[] = {"7/32767", "1/128"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		double scale;

		assert_true(qs_scale_parse(fractions[i], &scale));
		assert_true((float)scale ==
			    (float)json_object_get_double(fixture("constants", fractions[i])));
	}
}

/* What a probe says of the scale of values, and what it makes of them when `ret` is given. */
static double probe(const struct qs_policy *policy, bool averaging, const float *const *batches,
    size_t n_batches, float *ret_value)
{
	char paths[2][64];
	const char *observed[2];
	struct qs_probe options = {.tensor = QS_TENSOR_ACTIVATION,
	    .observed = observed,
	    .n_observed = n_batches,
	    .scale_law = QS_SCALE_LAW_HALF_SPAN,
	    .averaging = averaging ? 0.01 : 0};
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;
	struct qs_array result;
	double scale;

	for (size_t i = 0; i < n_batches; i++) {
		const struct qs_array array = {
		    QS_ELEMENT_FLOAT32, 1, {1}, 1, (void *)(uintptr_t)batches[i]};

		snprintf(paths[i], sizeof(paths[i]), "tests/out/horizon-%zu.npy", i);
		assert_int_equal(qs_npy_write(paths[i], &array, findings), QS_OK);
		observed[i] = paths[i];
	}
	options.quantized = ret_value ? paths[0] : NULL;
	options.output = ret_value ? "tests/out/horizon-out.npy" : NULL;
	assert_int_equal(qs_probe_run(policy, &options, findings, &text), QS_OK);
	document = json_tokener_parse(text.data);
	scale = json_object_get_double(json_object_object_get(document, "scale"));
	json_object_put(document);
	if (ret_value) {
		assert_int_equal(qs_npy_read(options.output, findings, &result), QS_OK);
		*ret_value = *(float *)result.data;
		qs_array_done(&result);
	}
	qs_text_done(&text);
	qs_findings_free(findings);
	return scale;
}

static void expect_print(double scale, const char *key)
{
	char print[32];

	snprintf(print, sizeof(print), "%.7f", scale);
	assert_string_equal(print, json_object_get_string(fixture("chain", key)));
}

/* x, x * x, a concatenation of the product and of itself, and a sigmoid, in 8 bits: each scale is
 * that of what the one before gives. */
static void a_chain_of_observed_scales_is_that_of_the_manual(void **state)
{
	static const char config[] = ENGINE_CONFIG(ENGINE_INT8, "");
	const float input = (float)json_object_get_double(fixture("chain", "input_max"));
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source;
	struct qs_policy *policy;
	float x, product, joined, again, sigmoid;
	const float *both[2];

	(void)state;
	fixture_output("");
	assert_int_equal(qs_source_new("c", config, sizeof(config) - 1, &source), QS_OK);
	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	both[0] = &input;
	expect_print(probe(policy, false, both, 1, &x), "quant_stub_scale");
	product = x * x;
	both[0] = &product;
	expect_print(probe(policy, false, both, 1, &product), "mul_scale");
	/* The first call gives what the second one is given. */
	both[0] = &product;
	probe(policy, false, both, 1, &joined);
	both[1] = &joined;
	expect_print(
	    probe(policy, true, both, 2, &again), "cat_scale_after_two_calls_of_shared_op");
	sigmoid = 1 / (1 + expf(-again));
	both[0] = &sigmoid;
	expect_print(probe(policy, false, both, 1, NULL), "sigmoid_scale");
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

/* The code of 1 beside a largest value. */
static long code_of_one(const struct qs_policy *policy, float largest)
{
	const float *batch = &largest;
	const double scale = probe(policy, false, &batch, 1, NULL);

	return lrint(1 / scale);
}

static void one_is_lost_from_a_largest_value_on(void **state)
{
	static const struct {
		const char *config, *key;
	} rows[] = {
	    {ENGINE_CONFIG(ENGINE_INT8 ", \"bit_width\": 16", ""), "int16_one_lost_when_maxabs_ge"},
	    {ENGINE_CONFIG(ENGINE_INT8, ""), "int8_one_lost_when_maxabs_ge"}};

	(void)state;
	fixture_output("");
	for (size_t i = 0; i < 2; i++) {
		const float limit = (float)json_object_get_int64(fixture("constants", rows[i].key));
		struct qs_findings *findings = qs_findings_new();
		struct qs_source *source;
		struct qs_policy *policy;

		assert_int_equal(
		    qs_source_new("c", rows[i].config, strlen(rows[i].config), &source), QS_OK);
		assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
		assert_int_equal(code_of_one(policy, limit), 0);
		assert_int_equal(code_of_one(policy, limit - 1), 1);
		qs_policy_free(policy);
		qs_source_free(source);
		qs_findings_free(findings);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_input_has_the_scale_and_codes_of_the_source),
	    cmocka_unit_test(equal_to_1_finds_nothing_once_the_input_is_quantized),
	    cmocka_unit_test(a_mask_of_its_own_scale_gives_what_the_source_prints),
	    cmocka_unit_test(a_mask_that_the_model_quantizes_gives_the_same),
	    cmocka_unit_test(a_rewritten_mask_gives_what_a_boolean_gives),
	    cmocka_unit_test(a_mask_is_lost_beside_70000_and_kept_on_its_own),
	    cmocka_unit_test(fixed_scales_are_the_fractions_of_the_sources),
	    cmocka_unit_test(a_chain_of_observed_scales_is_that_of_the_manual),
	    cmocka_unit_test(one_is_lost_from_a_largest_value_on)};
	char path[512];
	int failed;

	fixtures = json_object_from_file(data_path(path, "horizon/fixtures.json"));
	if (!fixtures)
		return 99;
	failed = cmocka_run_group_tests(tests, NULL, NULL);
	json_object_put(fixtures);
	return failed;
}
