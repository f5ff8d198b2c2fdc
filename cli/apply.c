/* SPDX-License-Identifier: Apache-2.0 */
/* apply: a model, a config and scales become a quantized model. */
#include <stdio.h>
#include <string.h>

#include "cli/choices.h"
#include "cli/work.h"

static enum qs_status write_report(const struct arguments *arguments, const struct qs_job *job)
{
	const bool json = choice_of(arguments, OPTION_REPORT);
	struct qs_text text = QS_TEXT_INIT;
	const enum qs_status status =
	    json ? qs_job_write_report_json(job, &text) : qs_job_write_report(job, &text);

	if (status == QS_OK)
		fwrite(text.data, 1, text.size, stdout);
	qs_text_done(&text);
	return status;
}

static enum qs_status verify(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	struct job_options options;
	const enum qs_status status =
	    job_options_read(arguments, "verifying: batch", findings, &options);

	return status == QS_OK ? qs_job_verify(job, &options.calibrate, findings) : status;
}

static enum qs_status work_apply(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = job_calibrate(arguments, job, findings);

	if (status == QS_OK)
		status = qs_job_apply(job, findings);
	if (status == QS_OK)
		status = qs_job_save(job, arguments->value[OPTION_OUTPUT], findings);
	if (status != QS_OK)
		return status;
	job_drop_state(arguments);
	if (arguments->value[OPTION_VERIFY])
		status = verify(arguments, job, findings);
	if (status == QS_OK || qs_findings_are_verdict(findings)) {
		const enum qs_status written = write_report(arguments, job);

		status = status == QS_OK ? written : status;
	}
	return status;
}

int command_apply(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_MODEL, OPTION_OUTPUT};
	const bool verify = arguments->value[OPTION_VERIFY];

	if (arguments->value[OPTION_CALIB] && arguments->value[OPTION_DATA] && !verify)
		return usage_error(arguments, "--calib and --data exclude each other");
	if (verify && !arguments->value[OPTION_DATA])
		return usage_error(arguments, "--verify needs --data to run the models over");
	if (arguments->value[OPTION_ROUNDING] &&
	    strcmp(arguments->value[OPTION_ROUNDING], "native") == 0 &&
	    choice_of(arguments, OPTION_WRITTEN) == QS_WRITTEN_FAKE)
		return usage_error(arguments,
		    "--rounding native writes QuantizeLinear, of which --format fake has none");
	return work_on_model(arguments, required, sizeof(required) / sizeof(*required), work_apply);
}
