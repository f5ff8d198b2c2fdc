/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an ONNX model: opened, listed, planned and quantized without data, or refused with
 * findings. What is saved can be opened again.
 */
#define _GNU_SOURCE /* memfd_create() */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/laws.h"

/* One after the other: casts alone; codes of weights; formats of all that flows, which is planned
 * only, as its scales need data. */
static const struct {
	const char *config;
	enum qs_written written;
	bool needs_data;
} ways[] = {
    {"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"datatype\": \"bfloat16\"}}",
	QS_WRITTEN_QDQ, false},
    {"{\"target_device\": \"FLEXML\", \"convert_silu_to_hswish\": true, "
     "\"convert_relu6_to_relu\": true, \"include_cle\": true, "
     "\"overall_quantize_config\": {\"method\": \"maxmin\", \"scale_type\": \"float\"}, "
     "\"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}}}",
	QS_WRITTEN_INT_WEIGHTS, false},
    {"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"maxmin\", "
     "\"scale_type\": \"float\", \"round_mode\": \"half_even\", "
     "\"calib_statistic_method\": \"max\"}}",
	QS_WRITTEN_FAKE, true},
};

/* A model is refused with the reason, unless memory ran out. */
static void check_status(enum qs_status status, const struct qs_findings *findings)
{
	require(status != QS_BUG, "steps follow one another");
	if (status != QS_OK && status != QS_NOMEM)
		require(qs_findings_count(findings) > 0, "a refusal says why");
}

static void check_saved(const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = NULL;

	require(qs_model_open(path, findings, &model) == QS_OK, "what was saved can be opened");
	qs_model_free(model);
	qs_findings_free(findings);
}

static void tell(const struct qs_job *job)
{
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;

	require(qs_job_write_report(job, &text) == QS_OK, "what was done can be told");
	qs_text_clear(&text);
	require(qs_job_write_report_json(job, &text) == QS_OK, "and told as JSON");
	document = json_tokener_parse(text.data);
	require(document != NULL, "a report as JSON is JSON");
	json_object_put(document);
	qs_text_done(&text);
}

/* Goes as far as it can be gone without data. */
static void quantize(const struct qs_policy *policy, size_t way, const char *path,
    const char *output, struct qs_findings *findings)
{
	const struct qs_apply_options options = {.written = ways[way].written};
	const struct qs_calibrate_options calibrate = {0};
	struct qs_job *job = NULL;
	enum qs_status status = qs_job_new(policy, path, true, findings, &job);

	if (status == QS_OK)
		status = qs_job_set_apply(job, &options, findings);
	if (status == QS_OK && !ways[way].needs_data) {
		status = qs_job_calibrate(job, &calibrate, findings);
		if (status == QS_OK)
			status = qs_job_apply(job, findings);
		if (status == QS_OK)
			status = qs_job_save(job, output, findings);
		if (status == QS_OK) {
			check_saved(output);
			tell(job);
		}
	}
	check_status(status, findings);
	qs_job_free(job);
}

static void check(size_t way, const char *path, const char *output)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	struct qs_policy *policy = NULL;

	require(
	    qs_source_new("config", ways[way].config, strlen(ways[way].config), &source) == QS_OK &&
		qs_policy_read(source, findings, &policy) == QS_OK,
	    "the config is fine");
	quantize(policy, way, path, output, findings);
	check_findings(findings);
	qs_policy_free(policy);
	qs_findings_free(findings);
	qs_source_free(source);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int in = memfd_create("model", MFD_CLOEXEC);
	char path[32], output[64];

	require(in >= 0 && write(in, data, size) == (ssize_t)size, "there is room for the model");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
	snprintf(output, sizeof(output), "model_fuzz-%ld.onnx", (long)getpid());
	for (size_t way = 0; way < sizeof(ways) / sizeof(*ways); way++)
		check(way, path, output);
	unlink(output);
	close(in);
	return 0;
}
