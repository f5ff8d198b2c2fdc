/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a document that belongs to a model: its calibration, scales to start from, fixed
 * scales, a lock. Each is taken in, or refused with findings.
 */
#define _GNU_SOURCE /* memfd_create() */

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/laws.h"

static const char config[] =
    "{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"maxmin\", "
    "\"scale_type\": \"float\", \"round_mode\": \"half_even\", "
    "\"calib_statistic_method\": \"max\"}, \"quantizable_data_type\": [\"weights\", \"bias\"]}";

/* What is refused has a finding. */
static void end(enum qs_status status, struct qs_findings *findings)
{
	require(status != QS_BUG, "steps follow one another");
	if (status != QS_OK && status != QS_NOMEM)
		require(qs_findings_count(findings) > 0, "a refusal says why");
	check_findings(findings);
	qs_findings_free(findings);
}

static struct qs_job *job_of(const struct qs_policy *policy, struct qs_findings *findings)
{
	struct qs_job *job = NULL;

	require(
	    qs_job_new(policy, QS_FUZZ_MODEL, false, findings, &job) == QS_OK, "the model is fine");
	return job;
}

static void check_calibration(const struct qs_policy *policy, const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_job *job = job_of(policy, findings);
	const enum qs_status status = qs_job_read_calibration(job, path, findings);

	qs_job_free(job);
	end(status, findings);
}

static void check_start(const struct qs_policy *policy, const char *path)
{
	const struct qs_calibrate_options options = {0};
	struct qs_findings *findings = qs_findings_new();
	struct qs_job *job = job_of(policy, findings);
	const enum qs_status status = qs_job_import_scales(job, path, true, &options, findings);

	qs_job_free(job);
	end(status, findings);
}

static void check_scales(const struct qs_policy *policy, const struct qs_source *source)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_job *job = job_of(policy, findings);
	const enum qs_status status = qs_job_read_scales(job, source, findings);

	qs_job_free(job);
	end(status, findings);
}

static void check_lock(const struct qs_policy *policy, const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = NULL;
	struct qs_layers *layers = NULL;
	struct qs_selection *selection = NULL;
	struct qs_difference *difference = NULL;
	const struct qs_layer *list;
	enum qs_status status;
	size_t n;

	require(qs_model_open(QS_FUZZ_MODEL, findings, &model) == QS_OK &&
		    qs_layers_new(model, findings, &layers) == QS_OK,
	    "the model is fine");
	list = qs_layers_list(layers, &n);
	require(qs_policy_select(policy, list, n, false, findings, &selection) == QS_OK,
	    "layers can be selected");
	status = qs_lock_check(policy, selection, model, path, findings, &difference);
	if (status == QS_OK)
		qs_difference_free(difference);
	qs_selection_free(selection);
	qs_layers_free(layers);
	qs_model_free(model);
	end(status, findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int in = memfd_create("document", MFD_CLOEXEC);
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *of_config = NULL, *source = NULL;
	struct qs_policy *policy = NULL;
	char path[32];

	require(in >= 0 && write(in, data, size) == (ssize_t)size, "there is room");
	require(qs_source_new("config", config, strlen(config), &of_config) == QS_OK &&
		    qs_policy_read(of_config, findings, &policy) == QS_OK,
	    "the config is fine");
	require(qs_source_new("scales", (const char *)data, size, &source) == QS_OK,
	    "any bytes are a source");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
	check_calibration(policy, path);
	check_start(policy, path);
	check_scales(policy, source);
	check_lock(policy, path);
	qs_source_free(source);
	qs_policy_free(policy);
	qs_findings_free(findings);
	qs_source_free(of_config);
	close(in);
	return 0;
}
