/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Models on their way through the engine, for tests: a config and the lines of a model
 * (model_fixture.h) become a plan, with scales if wanted, and the result can be described as text
 * and run.
 */
#ifndef TESTS_ENGINE_FIXTURE_H
#define TESTS_ENGINE_FIXTURE_H

#include "tests/unit/model_fixture.h"

#include "engine/apply.h"
#include "engine/job.h"
#include "numbers/registry.h"
#include "model/runtime.h"
#include "qstrata/policy.h"

struct engine {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_model *model;
	struct qs_layers *layers;
	struct qs_selection *selection;
	struct qs_plan *plan;
	struct qs_registry *registry;
	struct qs_apply_options written; /* what a test asks for */
	struct qs_applied applied;
};

/* A config for FLEXML, which has no conflicts: `overall` and `rest` as JSON text. */
#define ENGINE_CONFIG(overall, rest)                                                               \
	"{\"target_device\": \"FLEXML\", \"overall_quantize_config\": {" overall "}" rest "}"

/* What most tests start from. */
#define ENGINE_INT8                                                                                \
	"\"method\": \"maxmin\", \"scale_type\": \"float\", \"round_mode\": \"half_even\", "       \
	"\"calib_statistic_method\": \"max\""

/* Plans a model, which the engine owns from then on. What is wrong fails the test. */
struct engine engine_plan_model(const char *config, struct qs_model *model);
struct engine engine_plan(const char *config, const char *const *lines);
/* Plans for another form than pairs. */
struct engine engine_plan_as(
    const char *config, struct qs_apply_options written, const char *const *lines);
#define ENGINE_PLAN(config, ...) engine_plan(config, (const char *const[]){__VA_ARGS__, NULL})

/* The status of planning that may fail; the engine is to be released all the same. Its `written` is
 * looked at. */
enum qs_status engine_try_plan(
    const char *config, struct qs_model *model, struct engine *ret_engine);

void engine_free(struct engine *engine);

/* The site of a name; the test fails when there is none. */
struct qs_site *engine_site(const struct engine *engine, const char *name);

/* Gives a site one scale; the range is the spec's. */
void engine_scale(const struct engine *engine, const char *site, double scale, int64_t zero_point);

/* Calibrates parameters on themselves, and gives every activation that has none yet a scale. */
void engine_calibrate(const struct engine *engine, double scale);

/* Writes the plan into the model. */
void engine_apply(struct engine *engine);

/* The same two lines of text, or the test fails with both. */
void engine_expect(struct qs_text *found, const char *expected);

/* ---- jobs: models in files, as programs have them -------------------------------------------- */

struct engine_job {
	struct qs_source *source; /* of the config */
	struct qs_policy *policy;
	struct qs_job *job;
};

/* Saves a model of lines, whose other files would be in tests/out. */
void engine_save(const char *path, const char *const *lines);

/* Opens a job of a config and a model. What is wrong is shown and fails the test. */
struct engine_job engine_job_open(const char *config, const char *path);
/* Opens the job once more, as if nothing had been done. */
void engine_job_reopen(struct engine_job *job, const char *path);
/* Closes it; one that was never opened is fine. */
void engine_job_close(struct engine_job *job);

/* ---- running models -------------------------------------------------------------------------- */

/* Whether there is a runtime on this machine; says so when not. A program without one has nothing
 * to test and ends with ENGINE_SKIPPED. */
#define ENGINE_SKIPPED 77
bool engine_has_runtime(void);

/* The runtime of this machine; the test ends here, skipped, when there is none. */
struct qs_runtime *engine_runtime(void);

/* A session for the model as it is. */
struct qs_session *engine_session(
    struct qs_runtime *runtime, const struct qs_model *model, bool optimize);

/* Runs a model with one float input of fixed shape; gives a tensor's values, malloc'ed. */
float *engine_run(
    struct qs_session *session, const float *input, const char *output, size_t *ret_count);

#endif
