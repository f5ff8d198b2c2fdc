/* SPDX-License-Identifier: Apache-2.0 */
/* stats: what values the tensors of a model hold. */
#include <stdio.h>

#include "cli/choices.h"
#include "cli/report.h"
#include "cli/work.h"

/* Writes statistics in the format that is asked for, and releases them. */
static enum qs_status tell(const struct arguments *arguments, struct qs_stats *stats)
{
	struct qs_text text = QS_TEXT_INIT;
	const enum qs_status status = qs_stats_write(
	    stats, (enum qs_table_format)choice_of(arguments, OPTION_TABLE_FORMAT), &text);

	if (status == QS_OK)
		fwrite(text.data, 1, text.size, stdout);
	qs_text_done(&text);
	qs_stats_free(stats);
	return status;
}

static enum qs_status work_stats(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	struct qs_look look = {.per_channel = arguments->value[OPTION_PER_CHANNEL] != NULL};
	struct job_options options;
	struct qs_stats *stats;
	enum qs_status status = QS_OK;

	if (job)
		status = job_calibrate(arguments, job, findings);
	if (status == QS_OK)
		status = job_options_read(arguments, "looking: batch", findings, &options);
	if (status != QS_OK)
		return status;
	look.run = options.calibrate;
	if (!option_threads(arguments, &look.n_threads))
		return QS_UNSUPPORTED;
	status = job ? qs_stats_of_job(job, &look, findings, &stats)
	             : qs_stats_of_model(arguments->value[OPTION_MODEL], &look, findings, &stats);
	return status == QS_OK ? tell(arguments, stats) : status;
}

/* The float model alone. */
static int look_at_model(const struct arguments *arguments)
{
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status;

	if (!findings)
		return out_of_memory();
	status = work_stats(arguments, NULL, findings);
	fflush(stdout);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_WARNING);
	qs_findings_free(findings);
	return status == QS_INVALID ? EXIT_UNABLE : exit_of(status);
}

int command_stats(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_MODEL, OPTION_DATA};
	size_t n_threads;

	if (!choices_are_known(arguments) || !option_threads(arguments, &n_threads))
		return EXIT_UNABLE;
	if (arguments->value[OPTION_CALIB] && !arguments->value[OPTION_CONFIG])
		return usage_error(arguments, "--calib needs --config");
	if (arguments->value[OPTION_CONFIG])
		return work_on_model(
		    arguments, required, sizeof(required) / sizeof(*required), work_stats);
	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
		if (!arguments->value[required[i]])
			return usage_error(arguments, "--%s is missing", option_name(required[i]));
	}
	return look_at_model(arguments);
}
