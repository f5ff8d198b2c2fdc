/* SPDX-License-Identifier: Apache-2.0 */
/* ONNX Runtime: finding it, and running models where there is one. */
#include "model_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "model/ort.h"
#include "model/session.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

static int make_findings(void **state)
{
	*state = qs_findings_new();
	return *state ? 0 : -1;
}

static int free_findings(void **state)
{
	qs_findings_free(*state);
	return 0;
}

/* The runtime of this machine; the test ends here, skipped, when there is none. */
static struct qs_runtime *open_runtime(struct qs_findings *findings)
{
	struct qs_runtime *runtime = NULL;

	if (qs_ort_open(NULL, findings, &runtime) != QS_OK) {
		print_message("skipped: no ONNX Runtime here; name one in " QS_ORT_VARIABLE "\n");
		skip();
	}
	return runtime;
}

static enum qs_status open_session(struct qs_runtime *runtime, struct qs_model *model,
    struct qs_findings *findings, struct qs_session **ret_session)
{
	const struct qs_session_options options = {1, false};
	enum qs_status status;
	unsigned char *bytes;
	size_t size;

	assert_int_equal(qs_model_pack(model, true, findings, &bytes, &size), QS_OK);
	status =
	    qs_session_new(runtime, "fixture.onnx", bytes, size, &options, findings, ret_session);
	free(bytes);
	qs_model_free(model);
	return status;
}

static struct qs_model *small_model(struct qs_findings *findings)
{
	return FIXTURE_MODEL(findings, "in x 2 2", "in z 2 2", "init w 2 2", "node Add a x,w s",
	    "node Mul m s,z t", "node Relu r t y", "out y", "out s");
}

static void outputs_come_by_name(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_runtime *runtime = open_runtime(findings);
	/* w is -5/8, 2/8, -2/8, 5/8. */
	const float x[] = {1, 2, 3, 4}, z[] = {1, -1, 2, 1};
	const float s[] = {0.375F, 2.25F, 2.75F, 4.625F}, y[] = {0.375F, 0, 5.5F, 4.625F};
	const int64_t dims[] = {2, 2};
	const struct qs_blob inputs[] = {
	    {"z", FLOAT, 2, dims, z, sizeof(z)}, {"x", FLOAT, 2, dims, x, sizeof(x)}};
	const char *const names[] = {"s", "y"};
	struct qs_session *session = NULL;
	struct qs_blob outputs[2];
	size_t count;
	float *values;

	assert_int_equal(open_session(runtime, small_model(findings), findings, &session), QS_OK);
	assert_int_equal(session->n_inputs, 2);
	assert_string_equal(session->inputs[0].name, "x");
	assert_int_equal(session->inputs[0].rank, 2);
	assert_int_equal(session->outputs[0].element_type, FLOAT);
	assert_int_equal(qs_session_run(session, inputs, 2, names, 2, findings, outputs), QS_OK);
	assert_string_equal(outputs[0].name, "s");
	assert_int_equal(outputs[0].size, sizeof(s));
	assert_memory_equal(outputs[0].data, s, sizeof(s));
	values = qs_blob_floats(&outputs[1], &count);
	assert_int_equal(count, 4);
	assert_memory_equal(values, y, sizeof(y));
	free(values);
	qs_blob_done(&outputs[0]);
	qs_blob_done(&outputs[1]);
	qs_session_free(session);
	qs_runtime_close(runtime);
}

/* What a model gives for ones. */
static float *run_ones(struct qs_runtime *runtime, const struct qs_model *model, size_t n,
    struct qs_findings *findings, size_t *ret_n)
{
	const struct qs_session_options options = {1, false};
	const int64_t dims[] = {1, (int64_t)n};
	float *ones = malloc(n * sizeof(*ones)), *values;
	struct qs_session *session = NULL;
	const char *const name = "y";
	struct qs_blob input = {"x", FLOAT, 2, dims, ones, n * sizeof(*ones)}, output;

	for (size_t i = 0; i < n; i++)
		ones[i] = 1;
	assert_int_equal(qs_session_open(runtime, model, &options, findings, &session), QS_OK);
	assert_int_equal(qs_session_run(session, &input, 1, &name, 1, findings, &output), QS_OK);
	values = qs_blob_floats(&output, ret_n);
	qs_blob_done(&output);
	qs_session_free(session);
	free(ones);
	return values;
}

/* Large weights in memory, in a file and in a branch, beside small ones: the same, whether the
 * runtime is given them beside the model or within it. */
static void large_weights_need_not_be_in_the_message(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_runtime *runtime = open_runtime(findings);
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 1 256", "init w 256 256",
	    "external u weights.bin 1 20000", "external k weights.bin 1 4", "node MatMul m x,w h",
	    "node ReduceMax r h l", "node ReduceMax q u s", "node ReduceMax p k t",
	    "node Add a h,l b", "node Add c b,s d", "node Add e d,t y", "out y 1 256");
	float *weights = malloc(20000 * sizeof(*weights)), *beside, *within;
	size_t n, m;

	for (size_t i = 0; i < 20000; i++)
		weights[i] = (float)i;
	fixture_write(fixture_output("weights.bin"), weights, 20000 * sizeof(*weights));
	model->folder = qs_arena_strdup(&model->arena, "tests/out");
	beside = run_ones(runtime, model, 256, findings, &n);
	runtime->takes_weights = false;
	within = run_ones(runtime, model, 256, findings, &m);
	assert_int_equal(n, 256);
	assert_int_equal(m, 256);
	assert_memory_equal(beside, within, n * sizeof(*beside));
	assert_true(beside[0] > 19000);
	free(weights);
	free(beside);
	free(within);
	remove(fixture_output("weights.bin"));
	qs_model_free(model);
	qs_runtime_close(runtime);
}

static void inputs_that_do_not_fit_are_told(void **state)
{
	const float data[8] = {0};
	const int64_t good[] = {2, 2}, bad[] = {2, 3};
	const struct {
		struct qs_blob x;
		size_t n;
		const char *word;
	} rows[] = {
	    {{"q", FLOAT, 2, good, data, 16}, 2, "no input \"q\""},
	    {{"x", 7, 2, good, data, 32}, 2, "takes float32 and is given int64"},
	    {{"x", FLOAT, 2, bad, data, 24}, 2, "takes the shape [2,2] and is given [2,3]"},
	    {{"x", FLOAT, 1, good, data, 8}, 2, "is given [2]"},
	    {{"x", FLOAT, 2, good, data, 12}, 2, "not as long"},
	    {{"x", FLOAT, 2, good, data, 16}, 1, "\"z\" is not given"},
	};
	const char *const names[] = {"y"};
	struct qs_findings *findings = *state;
	struct qs_runtime *runtime = open_runtime(findings);
	struct qs_session *session = NULL;
	struct qs_blob output;

	assert_int_equal(open_session(runtime, small_model(findings), findings, &session), QS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct qs_blob inputs[] = {rows[i].x, {"z", FLOAT, 2, good, data, 16}};
		struct qs_findings *told = qs_findings_new();

		assert_int_equal(
		    qs_session_run(session, inputs, rows[i].n, names, 1, told, &output),
		    QS_INVALID);
		assert_string_equal(fixture_only_code(told), "QS804");
		assert_non_null(strstr(qs_findings_at(told, 0)->message, rows[i].word));
		qs_findings_free(told);
	}
	qs_session_free(session);
	qs_runtime_close(runtime);
}

static void a_model_that_is_refused_gives_one_finding(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_runtime *runtime = open_runtime(findings);
	struct qs_session *session = NULL;

	assert_int_equal(open_session(runtime,
			     FIXTURE_MODEL(findings, "in x 2", "node Frobnicate f x y", "out y"),
			     findings, &session),
	    QS_INVALID);
	assert_null(session);
	assert_string_equal(fixture_only_code(findings), "QS803");
	assert_null(strchr(qs_findings_at(findings, 0)->message, '\n'));
	qs_runtime_close(runtime);
}

static void a_path_that_is_given_has_to_work(void **state)
{
	static const char *const paths[] = {
	    "/nonexistent/libonnxruntime.so", "libm.so.6", "tests/out/empty", "tests/out/broken"};
	const char *library =
	    fixture_output("broken/node_modules/onnxruntime-node/bin/napi-v9/linux/");
	struct qs_text command = QS_TEXT_INIT;

	(void)state;
	qs_text_addf(&command,
	    "mkdir -p tests/out/empty %s/x64 %s/arm64 && echo text > %s/x64/libonnxruntime.so.1 && "
	    "echo text > %s/arm64/libonnxruntime.so.1",
	    library, library, library, library);
	assert_int_equal(system(command.data), 0);
	qs_text_done(&command);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_runtime *runtime = NULL;

		assert_int_equal(qs_ort_open(paths[i], findings, &runtime), QS_UNSUPPORTED);
		assert_null(runtime);
		assert_string_equal(fixture_only_code(findings), "QS802");
		assert_non_null(strstr(qs_findings_at(findings, 0)->message, paths[i]));
		assert_non_null(strstr(qs_findings_at(findings, 0)->hint, "npm install"));
		assert_non_null(strstr(qs_findings_at(findings, 0)->hint, "pip install"));
		assert_non_null(strstr(qs_findings_at(findings, 0)->hint, QS_ORT_VARIABLE));
		qs_findings_free(findings);
	}
	assert_int_equal(system("rm -r tests/out/empty tests/out/broken"), 0);
}

/* First, since a library that was loaded once is found by its name. */
static void without_a_library_the_finding_says_how_to_get_it(void **state)
{
	static const char *const names[] = {QS_ORT_VARIABLE, "HOME", "VIRTUAL_ENV", "CONDA_PREFIX",
	    "PYENV_ROOT", "NODE_PATH", "NPM_CONFIG_PREFIX", "npm_config_prefix", "NVM_BIN"};
	enum {
		N = sizeof(names) / sizeof(names[0])
	};
	struct qs_findings *findings = *state;
	struct qs_runtime *runtime = NULL;
	char *folder = getcwd(NULL, 0), *values[N];
	enum qs_status status;

	for (size_t i = 0; i < N; i++) {
		values[i] = getenv(names[i]) ? strdup(getenv(names[i])) : NULL;
		unsetenv(names[i]);
	}
	assert_int_equal(chdir("/"), 0);
	status = qs_ort_open(NULL, findings, &runtime);
	assert_int_equal(chdir(folder), 0);
	free(folder);
	for (size_t i = 0; i < N; i++) {
		if (values[i])
			setenv(names[i], values[i], 1);
		free(values[i]);
	}
	if (status == QS_OK) {
		qs_runtime_close(runtime);
		print_message("skipped: ONNX Runtime is part of this system\n");
		skip();
	}
	assert_string_equal(fixture_only_code(findings), "QS801");
	assert_non_null(strstr(qs_findings_at(findings, 0)->hint, "--onnxruntime"));
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(without_a_library_the_finding_says_how_to_get_it),
	    TEST(outputs_come_by_name),
	    TEST(large_weights_need_not_be_in_the_message),
	    TEST(inputs_that_do_not_fit_are_told),
	    TEST(a_model_that_is_refused_gives_one_finding),
	    TEST(a_path_that_is_given_has_to_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
