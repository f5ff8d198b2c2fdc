/* SPDX-License-Identifier: Apache-2.0 */
/* sensitivity: which tensor costs accuracy. */
#include <string.h>

#include "cli/choices.h"
#include "cli/interrupt.h"
#include "cli/work.h"

static enum qs_status write_rows(const struct arguments *arguments, const struct qs_job *job,
    const struct qs_calibrate_options *options, struct qs_findings *findings, struct qs_text *text)
{
	struct qs_effort effort = QS_EFFORT_INIT;
	struct qs_sensitivity *sensitivity;
	enum qs_status status;
	size_t top = 0;

	effort.cache = arguments->value[OPTION_CACHE];
	if (arguments->value[OPTION_EXHAUSTIVE])
		effort.runs_a_layer = 0;
	if (!option_count(arguments, OPTION_TOP, 1, &top))
		return QS_INVALID;
	status = qs_sensitivity_new(job, options, &effort, findings, &sensitivity);
	if (status != QS_OK)
		return status;
	status =
	    qs_sensitivity_write(sensitivity, (enum qs_metric)choice_of(arguments, OPTION_METRIC),
		top, (enum qs_table_format)choice_of(arguments, OPTION_TABLE_FORMAT), text);
	qs_sensitivity_free(sensitivity);
	return status;
}

/* Whether layers are quantized step by step, and how. */
static bool find_steps(const struct arguments *arguments, enum qs_steps_kind *ret_kind)
{
	const char *cumulative = arguments->value[OPTION_CUMULATIVE];

	if (cumulative)
		*ret_kind =
		    strcmp(cumulative, "input") == 0 ? QS_STEPS_FROM_INPUT : QS_STEPS_FROM_OUTPUT;
	else if (arguments->value[OPTION_ONLY])
		*ret_kind = QS_STEPS_ONLY;
	else if (arguments->value[OPTION_EXCEPT])
		*ret_kind = QS_STEPS_EXCEPT;
	else
		return false;
	return true;
}

static enum qs_status work_sensitivity(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	const char *cache = arguments->value[OPTION_CACHE];
	struct job_options options;
	enum qs_steps_kind kind;
	enum qs_status status = cache ? qs_output_check(cache, findings) : QS_OK;

	if (status == QS_OK)
		status = job_calibrate(arguments, job, findings);
	if (status == QS_OK)
		status = job_options_read(arguments, "measuring: row", findings, &options);
	interrupt_watch();
	if (status == QS_OK && find_steps(arguments, &kind))
		status = qs_steps_write(job, &options.calibrate, kind,
		    (const char *const *)arguments->files, (size_t)arguments->n_files,
		    (enum qs_table_format)choice_of(arguments, OPTION_TABLE_FORMAT), findings,
		    &text);
	else if (status == QS_OK)
		status = write_rows(arguments, job, &options.calibrate, findings, &text);
	if (status == QS_OK)
		fwrite(text.data, 1, text.size, stdout);
	qs_text_done(&text);
	interrupt_end();
	return status;
}

int command_sensitivity(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_MODEL, OPTION_DATA};
	const int n_ways = !!arguments->value[OPTION_ONLY] + !!arguments->value[OPTION_EXCEPT] +
	                   !!arguments->value[OPTION_CUMULATIVE];

	if (n_ways > 1)
		return usage_error(
		    arguments, "--only, --except and --cumulative exclude each other");
	if (n_ways && (arguments->value[OPTION_CACHE] || arguments->value[OPTION_TOP] ||
			  arguments->value[OPTION_METRIC]))
		return usage_error(arguments,
		    "--cache, --top and --metric are not for --only, --except and --cumulative");
	return work_on_model(
	    arguments, required, sizeof(required) / sizeof(*required), work_sensitivity);
}
