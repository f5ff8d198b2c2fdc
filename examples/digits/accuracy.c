/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How many digits do models read? accuracy FOLDER MODEL.onnx...
 *
 * The folder holds images.npy, uint8 [N,1,28,28] of pixels from 0 to 255, and labels.npy, uint8
 * [N]. A model takes float32 images of pixels from 0 to 1 and gives ten values an image, of which
 * the largest names the digit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "data/npy.h"
#include "model/onnx.h"
#include "model/ort.h"
#include "qstrata/qstrata.h"

#define FLOAT 1 /* TensorProto.DataType of ONNX */
#define SIDE 28
#define PIXELS ((size_t)SIDE * SIDE)
#define DIGITS 10
#define BATCH 100 /* images that go through a model at once */

struct images {
	struct qs_array pixels, labels;
};

static enum qs_status read_array(
    const char *folder, const char *name, struct qs_findings *findings, struct qs_array *ret_array)
{
	struct qs_text path = QS_TEXT_INIT;
	enum qs_status status;

	qs_text_addf(&path, "%s/%s", folder, name);
	status = qs_text_status(&path);
	if (status == QS_OK)
		status = qs_npy_read(path.data, findings, ret_array);
	qs_text_done(&path);
	return status;
}

static enum qs_status read_images(
    const char *folder, struct qs_findings *findings, struct images *ret_images)
{
	enum qs_status status = read_array(folder, "images.npy", findings, &ret_images->pixels);

	if (status == QS_OK)
		status = read_array(folder, "labels.npy", findings, &ret_images->labels);
	if (status != QS_OK)
		return status;
	if (ret_images->pixels.element == QS_ELEMENT_UINT8 &&
	    ret_images->labels.element == QS_ELEMENT_UINT8 &&
	    ret_images->pixels.n_values == ret_images->labels.n_values * PIXELS)
		return QS_OK;
	fprintf(stderr,
	    "accuracy: %s: expected images of uint8 [N,1,28,28] and labels of uint8 [N]\n", folder);
	return QS_UNSUPPORTED;
}

static enum qs_status open_model(struct qs_runtime *runtime, const char *path,
    struct qs_findings *findings, struct qs_session **ret_session)
{
	const struct qs_session_options options = {0, true};
	enum qs_status status;
	char *bytes;
	size_t size;

	status = qs_file_read(path, QS_MODEL_LIMIT, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_session_new(runtime, path, bytes, size, &options, findings, ret_session);
	free(bytes);
	return status;
}

/* The digit of ten values. */
static size_t largest(const float *values)
{
	size_t digit = 0;

	for (size_t i = 1; i < DIGITS; i++) {
		if (values[i] > values[digit])
			digit = i;
	}
	return digit;
}

/* Counts the images from `first` on that are read right. */
static enum qs_status count_batch(struct qs_session *session, const struct images *images,
    size_t first, size_t n, struct qs_findings *findings, size_t *n_right)
{
	static float input[BATCH * PIXELS];
	const uint8_t *pixels = images->pixels.data, *labels = images->labels.data;
	const int64_t dims[] = {(int64_t)n, 1, SIDE, SIDE};
	const struct qs_blob blob = {
	    session->inputs[0].name, FLOAT, 4, dims, input, n * PIXELS * sizeof(*input)};
	struct qs_blob output;
	enum qs_status status;
	float *values;
	size_t n_values = 0;

	for (size_t i = 0; i < n * PIXELS; i++)
		input[i] = (float)pixels[first * PIXELS + i] / 255.0F;
	status = qs_session_run(session, &blob, 1, (const char *const[]){session->outputs[0].name},
	    1, findings, &output);
	if (status != QS_OK)
		return status;
	values = qs_blob_floats(&output, &n_values);
	for (size_t i = 0; values && i < n && n_values == n * DIGITS; i++)
		*n_right += largest(values + i * DIGITS) == labels[first + i];
	free(values);
	qs_blob_done(&output);
	return values ? QS_OK : QS_NOMEM;
}

static enum qs_status count_right(struct qs_session *session, const struct images *images,
    struct qs_findings *findings, size_t *ret_right)
{
	const size_t n_images = images->labels.n_values;
	enum qs_status status = QS_OK;

	*ret_right = 0;
	for (size_t first = 0; first < n_images && status == QS_OK; first += BATCH) {
		const size_t rest = n_images - first;

		status = count_batch(
		    session, images, first, rest < BATCH ? rest : BATCH, findings, ret_right);
	}
	return status;
}

static enum qs_status tell_model(struct qs_runtime *runtime, const char *path,
    const struct images *images, struct qs_findings *findings)
{
	const size_t n_images = images->labels.n_values;
	struct qs_session *session = NULL;
	enum qs_status status = open_model(runtime, path, findings, &session);
	size_t n_right = 0;

	if (status == QS_OK)
		status = count_right(session, images, findings, &n_right);
	if (status == QS_OK)
		printf("accuracy %.1f %% (%zu of %zu)  %s\n",
		    100.0 * (double)n_right / (double)n_images, n_right, n_images, path);
	qs_session_free(session);
	return status;
}

static enum qs_status tell_models(
    const char *folder, char *const *paths, struct qs_findings *findings)
{
	struct images images = {0};
	struct qs_runtime *runtime = NULL;
	enum qs_status status = read_images(folder, findings, &images);

	if (status == QS_OK)
		status = qs_ort_open(NULL, findings, &runtime);
	for (; *paths && status == QS_OK; paths++)
		status = tell_model(runtime, *paths, &images, findings);
	qs_runtime_close(runtime);
	qs_array_done(&images.pixels);
	qs_array_done(&images.labels);
	return status;
}

int main(int argc, char **argv)
{
	const struct qs_text_style style = {false, true, QS_SEVERITY_WARNING};
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	if (argc < 3 || !findings) {
		fputs("usage: accuracy FOLDER MODEL.onnx...\n", stderr);
		qs_findings_free(findings);
		return 2;
	}
	status = tell_models(argv[1], argv + 2, findings);
	if (qs_findings_write_text(findings, &style, &text) == QS_OK)
		fputs(text.data, stderr);
	qs_text_done(&text);
	qs_findings_free(findings);
	return status == QS_OK ? 0 : 2;
}
