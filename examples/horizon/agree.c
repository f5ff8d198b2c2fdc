/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of a float model others keep: agree FLOAT.onnx INPUT [MODEL.onnx INPUT]...
 *
 * An input is a .npy file, or for a model with several inputs a folder with NAME.npy for each. A
 * line a model tells the cosine, the signal to noise ratio and the largest difference of the first
 * outputs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "analysis/metric.h"
#include "base/file.h"
#include "data/npy.h"
#include "model/ort.h"
#include "qstrata/qstrata.h"

#define FLOAT 1 /* TensorProto.DataType of ONNX */

static void tell(const struct qs_findings *findings)
{
	const struct qs_text_style style = {false, true, QS_SEVERITY_ERROR};
	struct qs_text text = QS_TEXT_INIT;

	if (qs_findings_write_text(findings, &style, &text) == QS_OK)
		fputs(text.data, stderr);
	qs_text_done(&text);
}

/* The input of a port: the file itself, or the one in a folder that has its name. */
static enum qs_status read_input(
    const char *path, const char *name, struct qs_findings *findings, struct qs_array *ret_array)
{
	struct qs_text file = QS_TEXT_INIT;
	struct stat facts;
	enum qs_status status;

	qs_text_adds(&file, path);
	if (stat(path, &facts) == 0 && S_ISDIR(facts.st_mode))
		qs_text_addf(&file, "/%s.npy", name);
	status = qs_text_status(&file);
	if (status == QS_OK)
		status = qs_npy_read(file.data, findings, ret_array);
	qs_text_done(&file);
	return status;
}

/* The first output of a session, malloc'ed. */
static enum qs_status run_session(struct qs_session *session, const char *path,
    struct qs_findings *findings, float **ret_values, size_t *ret_n)
{
	struct qs_array *arrays = calloc(session->n_inputs + 1, sizeof(*arrays));
	struct qs_blob *blobs = calloc(session->n_inputs + 1, sizeof(*blobs)), out;
	enum qs_status status = arrays && blobs ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < session->n_inputs && status == QS_OK; i++) {
		status = read_input(path, session->inputs[i].name, findings, &arrays[i]);
		blobs[i] = (struct qs_blob){session->inputs[i].name, FLOAT, arrays[i].rank,
		    arrays[i].dims, arrays[i].data, arrays[i].n_values * sizeof(float)};
	}
	if (status == QS_OK)
		status = qs_session_run(session, blobs, session->n_inputs,
		    &session->outputs[0].name, 1, findings, &out);
	if (status == QS_OK) {
		*ret_values = qs_blob_floats(&out, ret_n);
		status = *ret_values ? QS_OK : QS_NOMEM;
		qs_blob_done(&out);
	}
	for (size_t i = 0; arrays && i < session->n_inputs; i++)
		qs_array_done(&arrays[i]);
	free(arrays);
	free(blobs);
	return status;
}

static enum qs_status run(struct qs_runtime *runtime, const char *path, const char *input,
    struct qs_findings *findings, float **ret_values, size_t *ret_n)
{
	const struct qs_session_options options = {1, false};
	struct qs_session *session = NULL;
	enum qs_status status;
	char *bytes;
	size_t size;

	status = qs_file_read(path, (size_t)INT32_MAX, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_session_new(runtime, path, bytes, size, &options, findings, &session);
	free(bytes);
	if (status == QS_OK)
		status = run_session(session, input, findings, ret_values, ret_n);
	qs_session_free(session);
	return status;
}

static enum qs_status compare(struct qs_runtime *runtime, const char *path, const char *input,
    const float *expected, size_t n, struct qs_findings *findings)
{
	struct qs_agreement agreement = QS_AGREEMENT_INIT;
	float *found = NULL;
	size_t n_found = 0;
	enum qs_status status = run(runtime, path, input, findings, &found, &n_found);

	if (status == QS_OK && n_found == n) {
		qs_agreement_add(&agreement, expected, found, n, 0);
		printf("cosine %.6f  SQNR %.1f dB  largest difference %.4f  %s\n",
		    qs_agreement_of(&agreement, QS_METRIC_COSINE),
		    qs_agreement_of(&agreement, QS_METRIC_SQNR),
		    qs_agreement_of(&agreement, QS_METRIC_ATOL), path);
	} else if (status == QS_OK) {
		fprintf(stderr, "agree: %s gives %zu values; expected %zu\n", path, n_found, n);
		status = QS_UNSUPPORTED;
	}
	free(found);
	return status;
}

int main(int argc, char **argv)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_runtime *runtime = NULL;
	float *expected = NULL;
	enum qs_status status;
	size_t n = 0;

	if (argc < 5 || argc % 2 == 0 || !findings) {
		fprintf(stderr, "usage: agree FLOAT.onnx INPUT [MODEL.onnx INPUT]...\n");
		return 2;
	}
	status = qs_ort_open(NULL, findings, &runtime);
	if (status == QS_OK)
		status = run(runtime, argv[1], argv[2], findings, &expected, &n);
	for (int i = 3; i < argc && status == QS_OK; i += 2)
		status = compare(runtime, argv[i], argv[i + 1], expected, n, findings);
	if (status != QS_OK)
		tell(findings);
	free(expected);
	qs_runtime_close(runtime);
	qs_findings_free(findings);
	return status == QS_OK ? 0 : 2;
}
