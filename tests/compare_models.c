/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests that are scripts: how much a quantized model gives what the float model gives.
 *
 *   compare_models make MODEL.onnx FOLDER N           N batches of random data for all inputs
 *   compare_models run FLOAT.onnx QUANTIZED.onnx FOLDER
 *   compare_models expect QUANTIZED.onnx FOLDER       with the output_0.pb ... beside its inputs
 *
 * The last two print the smallest cosine between outputs, all batches together, for the graph as it
 * is written and as the runtime rewrites it. The status is 0; or 2, after findings, when something
 * does not work; 3 when the runtime does not run the float model; 4 when there is no runtime.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/finding.h"
#include "data/dataset.h"
#include "data/npy.h"
#include "engine/onnx_form.h"
#include "data/tensor_file.h"
#include "model/onnx.h"
#include "model/ort.h"
#include "model/runtime.h"
#include "tests/unit/random.h"

/* What stands for a dimension that is not fixed: the batch is one, other lengths are this. */
#define OPEN_LENGTH 16
#define INPUT_LIMIT 256

enum {
	DONE = 0,
	FAILED = 2,
	FLOAT_FAILED = 3,
	NO_RUNTIME = 4
};

struct comparison {
	struct qs_findings *findings;
	struct qs_runtime *runtime;
	struct qs_session *sessions[2];
	struct qs_dataset dataset;
	struct qs_data_input inputs[INPUT_LIMIT];
	double (*sums)[3]; /* of each output: a * b, a * a, b * b */
};

static void tell(const struct qs_findings *findings)
{
	const struct qs_text_style style = {false, true, QS_SEVERITY_ERROR};
	struct qs_text text = QS_TEXT_INIT;

	if (qs_findings_write_text(findings, &style, &text) == QS_OK)
		fputs(text.data, stderr);
	qs_text_done(&text);
}

static struct qs_session *open_session(
    struct comparison *comparison, const char *path, bool optimize)
{
	const struct qs_session_options options = {1, optimize};
	struct qs_session *session = NULL;
	struct qs_model *model = NULL;
	unsigned char *bytes = NULL;
	enum qs_status status;
	size_t size;

	status = qs_model_open(path, comparison->findings, &model);
	if (status == QS_OK)
		status = qs_model_pack(model, true, comparison->findings, &bytes, &size);
	if (status == QS_OK)
		status = qs_session_new(comparison->runtime, path, bytes, size, &options,
		    comparison->findings, &session);
	free(bytes);
	qs_model_free(model);
	return status == QS_OK ? session : NULL;
}

static void list_inputs(struct comparison *comparison, const struct qs_session *session)
{
	for (size_t i = 0; i < session->n_inputs && i < INPUT_LIMIT; i++)
		comparison->inputs[i] = (struct qs_data_input){session->inputs[i].name,
		    qs_onnx_element(session->inputs[i].element_type), session->inputs[i].rank,
		    session->inputs[i].dims};
}

/* ---- data ------------------------------------------------------------------------------------ */

/* Floats around zero, small counts, and truths. */
static void fill(struct qs_array *array, uint64_t *seed)
{
	const size_t size = qs_element_size(array->element);

	for (size_t i = 0; i < array->n_values; i++) {
		const float value = random_between(seed, -1, 1);
		const double wide = (double)value;
		const int64_t count = value > 0;

		if (array->element == QS_ELEMENT_FLOAT32)
			memcpy((char *)array->data + i * size, &value, size);
		else if (array->element == QS_ELEMENT_FLOAT64)
			memcpy((char *)array->data + i * size, &wide, size);
		else if (array->element == QS_ELEMENT_FLOAT16)
			/* 0x3800 is a half, 0x8000 the sign. */
			((uint16_t *)array->data)[i] = value > 0 ? 0x3800 : 0xB800;
		else
			memcpy((char *)array->data + i * size, &count, size);
	}
}

/* Names of inputs may have slashes in them: "gpu_0/data_0". */
static void make_folders(char *rest, const char *path)
{
	for (char *slash = strchr(rest, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		mkdir(path, 0777);
		*slash = '/';
	}
}

static enum qs_status write_input(struct comparison *comparison, const char *folder,
    const struct qs_data_input *input, uint64_t *seed)
{
	struct qs_array array = {.element = input->element};
	char path[1024];
	enum qs_status status;

	array.rank = input->rank < 0 ? 0 : (size_t)input->rank;
	for (size_t i = 0; i < array.rank; i++)
		array.dims[i] = input->dims[i] >= 0 ? input->dims[i] : i == 0 ? 1 : OPEN_LENGTH;
	if (!qs_array_count(
		array.dims, array.rank, qs_element_size(array.element), &array.n_values))
		return QS_INVALID;
	array.data = calloc(array.n_values + 1, qs_element_size(array.element));
	if (!array.data)
		return QS_NOMEM;
	fill(&array, seed);
	snprintf(path, sizeof(path), "%s/%s.npy", folder, input->name);
	make_folders(path + strlen(folder) + 1, path);
	status = qs_npy_write(path, &array, comparison->findings);
	qs_array_done(&array);
	return status;
}

static int make(struct comparison *comparison, const char *folder, int n)
{
	uint64_t seed = 1;

	list_inputs(comparison, comparison->sessions[0]);
	mkdir(folder, 0777);
	for (int batch = 0; batch < n; batch++) {
		char path[512];

		snprintf(path, sizeof(path), "%s/%d", folder, batch);
		mkdir(path, 0777);
		for (size_t i = 0; i < comparison->sessions[0]->n_inputs; i++) {
			if (write_input(comparison, path, &comparison->inputs[i], &seed) != QS_OK)
				return FAILED;
		}
	}
	return DONE;
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void add_sums(double sums[3], const float *x, const float *y, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		sums[0] += (double)x[i] * (double)y[i];
		sums[1] += (double)x[i] * (double)x[i];
		sums[2] += (double)y[i] * (double)y[i];
	}
}

/* What the float model gave, from the file of an output in the folder of a batch. */
static float *read_expected(
    struct comparison *comparison, size_t batch, size_t output, size_t *ret_count)
{
	struct qs_array array;
	float *values = NULL;
	char path[1024], *name;

	snprintf(path, sizeof(path), "%s/output_%zu.pb", comparison->dataset.paths[batch], output);
	if (qs_tensor_file_read(path, comparison->findings, &array, &name) != QS_OK)
		return NULL;
	if (qs_array_floats(&array, &values) == QS_OK)
		*ret_count = array.n_values;
	qs_array_done(&array);
	free(name);
	return values;
}

static float *run_output(struct qs_session *session, struct comparison *comparison,
    const struct qs_blob *inputs, size_t output, size_t *ret_count)
{
	struct qs_blob blob;
	float *values;

	if (qs_session_run(session, inputs, comparison->dataset.n_inputs,
		(const char *const[]){session->outputs[output].name}, 1, comparison->findings,
		&blob) != QS_OK)
		return NULL;
	values = qs_blob_floats(&blob, ret_count);
	qs_blob_done(&blob);
	return values;
}

static int compare_output(
    struct comparison *comparison, const struct qs_blob *inputs, size_t batch, size_t output)
{
	struct qs_session *before = comparison->sessions[0];
	size_t n_x = 0, n_y = 0;
	float *x = before ? run_output(before, comparison, inputs, output, &n_x)
	                  : read_expected(comparison, batch, output, &n_x);
	float *y = x ? run_output(comparison->sessions[1], comparison, inputs, output, &n_y) : NULL;

	if (x && y && n_x == n_y)
		add_sums(comparison->sums[output], x, y, n_x);
	free(x);
	free(y);
	if (!x && before)
		return FLOAT_FAILED;
	return x && y && n_x == n_y ? DONE : FAILED;
}

static int run_batch(struct comparison *comparison, size_t batch)
{
	const size_t n = comparison->dataset.n_inputs;
	const struct qs_session *session = comparison->sessions[1];
	struct qs_array arrays[INPUT_LIMIT];
	struct qs_blob inputs[INPUT_LIMIT];
	int result = DONE;

	if (qs_dataset_read(&comparison->dataset, batch, comparison->findings, arrays) != QS_OK)
		return FAILED;
	for (size_t i = 0; i < n; i++)
		inputs[i] = (struct qs_blob){comparison->inputs[i].name,
		    session->inputs[i].element_type, arrays[i].rank, arrays[i].dims, arrays[i].data,
		    arrays[i].n_values * qs_element_size(arrays[i].element)};
	for (size_t i = 0; i < session->n_outputs && result == DONE; i++)
		result = compare_output(comparison, inputs, batch, i);
	for (size_t i = 0; i < n; i++)
		qs_array_done(&arrays[i]);
	return result;
}

/* The smallest cosine; two outputs of zeros alone are alike. */
static double worst(const struct comparison *comparison)
{
	double least = 1;

	for (size_t i = 0; i < comparison->sessions[1]->n_outputs; i++) {
		const double *sums = comparison->sums[i];
		const double cosine =
		    sums[1] + sums[2] == 0 ? 1 : sums[0] / sqrt(sums[1] * sums[2]);

		if (!(cosine >= least))
			least = cosine;
	}
	return least;
}

/* Compares with a quantized model that is open. */
static int compare(struct comparison *comparison, const char *folder)
{
	int result = DONE;

	list_inputs(comparison, comparison->sessions[1]);
	if (qs_dataset_open(folder, comparison->inputs, comparison->sessions[1]->n_inputs, NULL,
		comparison->findings, &comparison->dataset) != QS_OK)
		return FAILED;
	comparison->sums =
	    calloc(comparison->sessions[1]->n_outputs + 1, sizeof(*comparison->sums));
	if (!comparison->sums)
		result = FAILED;
	for (size_t i = 0; i < comparison->dataset.n_batches && result == DONE; i++)
		result = run_batch(comparison, i);
	if (result == DONE)
		printf("%.6f ", worst(comparison));
	free(comparison->sums);
	qs_dataset_done(&comparison->dataset);
	return result;
}

static int run(struct comparison *comparison, const char *quantized, const char *folder)
{
	int result = DONE;

	for (int optimize = 0; optimize < 2 && result == DONE; optimize++) {
		comparison->sessions[1] = open_session(comparison, quantized, optimize);
		result = comparison->sessions[1] ? compare(comparison, folder) : FAILED;
		qs_session_free(comparison->sessions[1]);
	}
	puts("");
	return result;
}

static int work(struct comparison *comparison, int argc, char **argv)
{
	const bool expect = argc == 4 && strcmp(argv[1], "expect") == 0;
	int result = FAILED;

	if (qs_ort_open(NULL, comparison->findings, &comparison->runtime) != QS_OK)
		return NO_RUNTIME;
	if (expect)
		result = run(comparison, argv[2], argv[3]);
	else
		comparison->sessions[0] = open_session(comparison, argv[2], false);
	if (!expect && !comparison->sessions[0])
		result = FLOAT_FAILED;
	else if (argc == 5 && strcmp(argv[1], "make") == 0)
		result = make(comparison, argv[3], atoi(argv[4]));
	else if (argc == 5 && strcmp(argv[1], "run") == 0)
		result = run(comparison, argv[3], argv[4]);
	qs_session_free(comparison->sessions[0]);
	qs_runtime_close(comparison->runtime);
	return result;
}

int main(int argc, char **argv)
{
	struct comparison *comparison = calloc(1, sizeof(*comparison));
	int result = FAILED;

	if (comparison)
		comparison->findings = qs_findings_new();
	if (comparison && comparison->findings && argc >= 4)
		result = work(comparison, argc, argv);
	if (comparison && result != DONE)
		tell(comparison->findings);
	if (comparison)
		qs_findings_free(comparison->findings);
	free(comparison);
	return result;
}
