/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate and merge: data becomes scales, all of it at once or in shards. */
#include <stdlib.h>

#include "cli/choices.h"
#include "cli/work.h"

static const enum option_id required[] = {OPTION_MODEL, OPTION_OUTPUT};
#define N_REQUIRED (sizeof(required) / sizeof(*required))

/* ---- calibrate ------------------------------------------------------------------------------- */

/* Reads a number from 1 to `most` that `end` stands behind. */
static bool read_number(
    const char *text, char end, size_t most, size_t *ret_number, const char **ret_rest)
{
	char *rest;
	unsigned long number;

	if (*text < '0' || *text > '9')
		return false;
	number = strtoul(text, &rest, 10);
	if (number < 1 || number > most || *rest != end)
		return false;
	*ret_number = number;
	*ret_rest = rest + (end != '\0');
	return true;
}

/* Reads "I/N". */
static bool read_shard(const char *text, struct shard *ret_shard)
{
	size_t number;

	if (!read_number(text, '/', QS_SHARDS_LIMIT, &number, &text) ||
	    !read_number(text, '\0', QS_SHARDS_LIMIT, &ret_shard->n, &text) ||
	    number > ret_shard->n)
		return false;
	ret_shard->index = number - 1;
	return true;
}

static enum qs_status import_scales(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	struct job_options options;
	const enum qs_status status =
	    job_options_read(arguments, "calibrating: batch", findings, &options);

	return status == QS_OK
	           ? qs_job_import_scales(job, arguments->value[OPTION_FROM],
			 arguments->value[OPTION_PARTIAL] != NULL, &options.calibrate, findings)
	           : status;
}

static enum qs_status work_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const char *text = arguments->value[OPTION_SHARD];
	struct shard shard;
	enum qs_status status;

	if (text && read_shard(text, &shard)) {
		status = job_calibrate_shard(arguments, shard, job, findings);
	} else {
		status = arguments->value[OPTION_FROM] ? import_scales(arguments, job, findings)
		                                       : job_calibrate(arguments, job, findings);
		if (status == QS_OK)
			status = qs_job_write_calibration(
			    job, arguments->value[OPTION_OUTPUT], findings);
	}
	if (status == QS_OK)
		job_drop_state(arguments);
	return status;
}

int command_calibrate(const struct arguments *arguments)
{
	const char *shard = arguments->value[OPTION_SHARD];
	struct shard parts;

	if (!arguments->value[OPTION_DATA] && !arguments->value[OPTION_FROM])
		return usage_error(arguments, "--data is missing");
	if (arguments->value[OPTION_PARTIAL] && !arguments->value[OPTION_FROM])
		return usage_error(arguments, "--partial needs --from");
	if (arguments->value[OPTION_FROM] && arguments->value[OPTION_DATA] &&
	    !arguments->value[OPTION_PARTIAL])
		return usage_error(
		    arguments, "--from and --data exclude each other without --partial");
	if (shard && arguments->value[OPTION_FROM])
		return usage_error(arguments, "--shard and --from exclude each other");
	if (shard && !read_shard(shard, &parts))
		return usage_error(arguments,
		    "--shard cannot be \"%s\"; expected I/N, part I of N (at most %d)", shard,
		    QS_SHARDS_LIMIT);
	return work_on_model(arguments, required, N_REQUIRED, work_calibrate);
}

/* ---- merge ----------------------------------------------------------------------------------- */

static enum qs_status work_merge(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_status status = qs_job_merge_shards(
	    job, (const char *const *)arguments->files, (size_t)arguments->n_files, findings);

	return status == QS_OK
	           ? qs_job_write_calibration(job, arguments->value[OPTION_OUTPUT], findings)
	           : status;
}

/* Config and model are those of the first shard, unless others are given. */
static int merge(const struct arguments *arguments, const struct qs_shard_origin *origin)
{
	struct arguments completed = *arguments;

	if (!completed.value[OPTION_CONFIG])
		completed.value[OPTION_CONFIG] = origin->config;
	if (!completed.value[OPTION_MODEL])
		completed.value[OPTION_MODEL] = origin->model;
	completed.value[OPTION_DPU_ARITHMETIC] =
	    choice_words(OPTION_DPU_ARITHMETIC)[origin->arithmetic];
	return work_on_model(&completed, required, N_REQUIRED, work_merge);
}

int command_merge(const struct arguments *arguments)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_shard_origin origin;
	enum qs_status status;
	int result;

	if (!findings)
		return out_of_memory();
	status = qs_shard_origin_read(arguments->files[0], findings, &origin);
	if (status == QS_OK) {
		result = merge(arguments, &origin);
		qs_shard_origin_done(&origin);
	} else {
		tell_findings(arguments, findings, stdout, QS_SEVERITY_WARNING);
		result = EXIT_UNABLE;
	}
	qs_findings_free(findings);
	return result;
}
