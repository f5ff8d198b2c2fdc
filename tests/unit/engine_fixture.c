/* SPDX-License-Identifier: Apache-2.0 */
/* Models on their way through the engine, for tests. */
#include "tests/unit/engine_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/calibrate.h"
#include "qstrata/numbers.h"
#include "model/ort.h"
#include "tests/unit/data.h"

static struct qs_spec layer_spec(const void *context, size_t layer, enum qs_tensor kind)
{
	const struct engine *engine = context;

	return layer == QS_NONE ? qs_policy_model_spec(engine->policy, kind)
	                        : qs_selection_spec(engine->selection, layer, kind);
}

static bool quantizes(const void *context, enum qs_tensor kind)
{
	return qs_policy_quantizes(((const struct engine *)context)->policy, kind);
}

/* Fails with the findings unless all is well. */
static void expect_ok(const struct engine *engine, enum qs_status status)
{
	if (status != QS_OK)
		show_findings(engine->findings);
	assert_int_equal(status, QS_OK);
}

enum qs_status engine_try_plan(
    const char *config, struct qs_model *model, struct engine *ret_engine)
{
	struct engine engine = {
	    .findings = qs_findings_new(), .model = model, .written = ret_engine->written};
	const struct qs_layer *layers;
	size_t n_layers;
	enum qs_status status;

	engine.registry = qs_registry_new();
	expect_ok(&engine, qs_source_new("config.json", config, strlen(config), &engine.source));
	expect_ok(&engine, qs_policy_read(engine.source, engine.findings, &engine.policy));
	expect_ok(&engine, qs_layers_new(model, engine.findings, &engine.layers));
	layers = qs_layers_list(engine.layers, &n_layers);
	expect_ok(&engine, qs_policy_select(engine.policy, layers, n_layers, false, engine.findings,
			       &engine.selection));
	{
		const struct qs_spec_source specs = {layer_spec, quantizes, &engine,
		    qs_policy_device(engine.policy),
		    engine.written.written == QS_WRITTEN_INT_WEIGHTS};

		status = qs_plan_new(engine.layers, &specs, engine.findings, &engine.plan);
	}
	*ret_engine = engine;
	return status;
}

struct engine engine_plan_model(const char *config, struct qs_model *model)
{
	struct engine engine = {.model = model};

	expect_ok(&engine, engine_try_plan(config, model, &engine));
	return engine;
}

struct engine engine_plan_as(
    const char *config, struct qs_apply_options written, const char *const *lines)
{
	struct qs_findings *findings = qs_findings_new();
	struct engine engine = {.written = written};

	expect_ok(&engine, engine_try_plan(config, fixture_model(findings, lines), &engine));
	qs_findings_free(findings);
	return engine;
}

struct engine engine_plan(const char *config, const char *const *lines)
{
	return engine_plan_as(config, (struct qs_apply_options){0}, lines);
}

void engine_free(struct engine *engine)
{
	qs_plan_free(engine->plan);
	qs_selection_free(engine->selection);
	qs_layers_free(engine->layers);
	qs_model_free(engine->model);
	qs_policy_free(engine->policy);
	qs_source_free(engine->source);
	qs_registry_free(engine->registry);
	qs_findings_free(engine->findings);
}

struct qs_site *engine_site(const struct engine *engine, const char *name)
{
	for (size_t i = 0; i < engine->plan->n_sites; i++) {
		if (strcmp(engine->plan->sites[i].name, name) == 0)
			return &engine->plan->sites[i];
	}
	fail_msg("there is no site \"%s\"", name);
	return NULL;
}

void engine_scale(const struct engine *engine, const char *name, double scale, int64_t zero_point)
{
	struct qs_site *site = engine_site(engine, name);
	const struct qs_int_range range = qs_spec_int_range(&site->spec);

	qs_qparams_done(&site->qparams);
	assert_int_equal(qs_qparams_init(&site->qparams, 1), QS_OK);
	site->qparams.scale[0] = scale;
	site->qparams.zero_point[0] = zero_point;
	site->qparams.float_max[0] = scale * (double)range.max;
	site->qparams.quant_min = range.min;
	site->qparams.quant_max = range.max;
}

void engine_calibrate(const struct engine *engine, double scale)
{
	expect_ok(
	    engine, qs_calibrate_parameters(engine->plan, engine->registry, engine->findings));
	for (size_t i = 0; i < engine->plan->n_sites; i++) {
		const struct qs_site *site = &engine->plan->sites[i];

		if (qs_site_has_scales(site) && !qs_site_is_constant(site) && !site->qparams.n)
			engine_scale(engine, site->name, scale, 0);
	}
	expect_ok(engine, qs_calibrate_biases(engine->plan));
}

void engine_apply(struct engine *engine)
{
	expect_ok(engine, qs_apply(engine->plan, engine->registry, &engine->written,
			      engine->findings, &engine->applied));
}

void engine_expect(struct qs_text *found, const char *expected)
{
	const bool same = strcmp(found->data, expected) == 0;

	assert_int_equal(qs_text_status(found), QS_OK);
	if (!same)
		fprintf(stderr, "expected:\n%sfound:\n%s", expected, found->data);
	qs_text_done(found);
	assert_true(same);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

/* Fails the test with what was found when something did not come about. */
static void expect_made(const void *made, const struct qs_findings *findings)
{
	if (!made)
		show_findings(findings);
	assert_non_null(made);
}

void engine_save(const char *path, const char *const *lines)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);

	fixture_output("");
	model->folder = qs_arena_strdup(&model->arena, "tests/out");
	assert_int_equal(qs_model_save(model, path, findings), QS_OK);
	qs_model_free(model);
	qs_findings_free(findings);
}

void engine_job_reopen(struct engine_job *job, const char *path)
{
	struct qs_findings *findings = qs_findings_new();

	qs_job_free(job->job);
	job->job = NULL;
	qs_job_new(job->policy, path, false, findings, &job->job);
	expect_made(job->job, findings);
	qs_findings_free(findings);
}

struct engine_job engine_job_open(const char *config, const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct engine_job job = {.job = NULL};

	assert_int_equal(qs_source_new("config.json", config, strlen(config), &job.source), QS_OK);
	qs_policy_read(job.source, findings, &job.policy);
	expect_made(job.policy, findings);
	qs_findings_free(findings);
	engine_job_reopen(&job, path);
	return job;
}

void engine_job_close(struct engine_job *job)
{
	qs_job_free(job->job);
	qs_policy_free(job->policy);
	qs_source_free(job->source);
	*job = (struct engine_job){.job = NULL};
}

/* ---- running models -------------------------------------------------------------------------- */

/* The runtime of this machine, or NULL after a word. */
static struct qs_runtime *find_runtime(void)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_runtime *runtime = NULL;

	if (qs_ort_open(NULL, findings, &runtime) != QS_OK)
		puts("skipped: no ONNX Runtime here; name one in " QS_ORT_VARIABLE);
	qs_findings_free(findings);
	return runtime;
}

bool engine_has_runtime(void)
{
	struct qs_runtime *runtime = find_runtime();

	qs_runtime_close(runtime);
	return runtime != NULL;
}

struct qs_runtime *engine_runtime(void)
{
	struct qs_runtime *runtime = find_runtime();

	if (!runtime)
		skip();
	return runtime;
}

struct qs_session *engine_session(
    struct qs_runtime *runtime, const struct qs_model *model, bool optimize)
{
	const struct qs_session_options options = {1, optimize};
	struct qs_findings *findings = qs_findings_new();
	struct qs_session *session = NULL;
	unsigned char *bytes;
	enum qs_status status;
	size_t size;

	assert_int_equal(qs_model_pack(model, true, findings, &bytes, &size), QS_OK);
	status = qs_session_new(runtime, "test.onnx", bytes, size, &options, findings, &session);
	free(bytes);
	if (status != QS_OK)
		show_findings(findings);
	assert_int_equal(status, QS_OK);
	qs_findings_free(findings);
	return session;
}

float *engine_run(
    struct qs_session *session, const float *input, const char *output, size_t *ret_count)
{
	const struct qs_port *port = &session->inputs[0];
	struct qs_findings *findings = qs_findings_new();
	struct qs_blob in = {port->name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, (size_t)port->rank,
	    port->dims, input, 0};
	struct qs_blob out;
	enum qs_status status;
	float *values;
	size_t count;

	assert_true(qs_shape_count(port->dims, (size_t)port->rank, &count));
	in.size = count * sizeof(float);
	status = qs_session_run(session, &in, 1, &output, 1, findings, &out);
	if (status != QS_OK)
		show_findings(findings);
	assert_int_equal(status, QS_OK);
	values = qs_blob_floats(&out, ret_count);
	assert_non_null(values);
	qs_blob_done(&out);
	qs_findings_free(findings);
	return values;
}
