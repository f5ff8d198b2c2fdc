/* SPDX-License-Identifier: Apache-2.0 */
/* doctor: examines a model with its config, and tells and draws what it found. */
#include <stdio.h>

#include "cli/choices.h"
#include "cli/decisions.h"
#include "cli/levels.h"
#include "cli/outputs.h"
#include "cli/summary.h"
#include "cli/work.h"

/* The one device that is judged for, if there is one. False after a complaint. */
static bool find_target(const struct arguments *arguments, const struct config *config,
    const struct qs_profile **ret_target)
{
	const uint64_t devices = config->options.devices;
	size_t n;
	const struct qs_profile *profiles =
	    qs_rulebook_profiles(config->scope->judgement.rulebook, &n);

	*ret_target = NULL;
	if (devices & (devices - 1)) {
		usage_error(arguments, "--target and --profile name more than one device; a model "
				       "is examined for one");
		return false;
	}
	for (size_t i = 0; i < n; i++) {
		if (devices >> i & 1)
			*ret_target = &profiles[i];
	}
	return true;
}

/* Saves a document where an option says; nothing when it is not given. */
static enum qs_status save(const struct arguments *arguments, enum option_id option,
    struct qs_text *text, enum qs_status status, struct qs_findings *findings)
{
	if (status == QS_OK)
		status = qs_text_save(text, arguments->value[option], findings);
	qs_text_done(text);
	return status;
}

static enum qs_status write_documents(
    const struct arguments *arguments, const struct qs_doctor *doctor, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status = QS_OK;

	if (arguments->value[OPTION_MEASURED])
		status = save(arguments, OPTION_MEASURED, &text,
		    qs_doctor_write_json(doctor, &text), findings);
	if (status == QS_OK && arguments->value[OPTION_WRITE_SCALES])
		status = save(arguments, OPTION_WRITE_SCALES, &text,
		    qs_doctor_write_scales(doctor, &text), findings);
	if (status == QS_OK && arguments->value[OPTION_HTML])
		status = save(arguments, OPTION_HTML, &text,
		    qs_doctor_write_html(doctor, findings, &text), findings);
	return status;
}

/* Nobody wants to learn after all the work that its result has no place. */
static enum qs_status check_outputs(const struct arguments *arguments, struct qs_findings *findings)
{
	static const enum option_id options[] = {OPTION_HTML, OPTION_MEASURED, OPTION_WRITE_SCALES};
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < sizeof(options) / sizeof(*options) && status == QS_OK; i++) {
		if (arguments->value[options[i]])
			status = qs_output_check(arguments->value[options[i]], findings);
	}
	return status;
}

static enum qs_status examine(
    struct config *config, const struct qs_profile *target, struct qs_findings *findings)
{
	const struct arguments *arguments = config->arguments;
	struct qs_doctor_options options = {
	    .calibration = arguments->value[OPTION_CALIB], .target = target};
	struct qs_doctor *doctor = NULL;
	struct job_options run;
	struct qs_job *job = NULL;
	enum qs_status status = check_outputs(arguments, findings);

	if (status == QS_OK)
		status = open_job(config, findings, &job);
	if (status == QS_OK)
		status = job_options_read(arguments, "examining: batch", findings, &run);
	if (status == QS_OK) {
		options.run = run.calibrate;
		status = qs_doctor_new(job, &options, findings, &doctor);
	}
	if (status == QS_OK)
		status = write_documents(arguments, doctor, findings);
	qs_doctor_free(doctor);
	qs_job_free(job);
	return status;
}

/* Writes the findings in all formats that are asked for; returns the exit status. */
static int tell(const struct arguments *arguments, const struct outputs *outputs,
    const struct levels *levels, struct qs_findings *findings, int status)
{
	const char *const files[] = {
	    arguments->value[OPTION_CONFIG], arguments->value[OPTION_MODEL]};
	const struct qs_findings_view view = {.files = files,
	    .n_files = sizeof(files) / sizeof(*files),
	    .at_least = levels->at_least,
	    .color = arguments->color,
	    .pages = arguments->value[OPTION_DOCS_URL]};

	qs_findings_sort(findings);
	if (!outputs_write(outputs, findings, &view))
		status = EXIT_UNABLE;
	fflush(stdout);
	if (!arguments->value[OPTION_QUIET] && !outputs->for_programs)
		tell_summary(findings, &view);
	return status == EXIT_CLEAN ? levels_exit(levels, arguments, findings) : status;
}

static int examine_config(const struct arguments *arguments, struct qs_findings *findings,
    const struct outputs *outputs, const struct levels *levels)
{
	const struct qs_profile *target = NULL;
	bool complained = false;
	struct config config;
	int status;

	if (open_config(arguments, arguments->value[OPTION_CONFIG], findings, &config, &status)) {
		complained = !find_target(arguments, &config, &target);
		status = complained ? EXIT_UNABLE
		                    : exit_of_job(examine(&config, target, findings), findings);
	} else {
		complained = qs_findings_count(findings) == 0;
	}
	if (!complained)
		status = tell(arguments, outputs, levels, findings, status);
	close_config(&config);
	return status;
}

int command_doctor(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_CONFIG, OPTION_MODEL, OPTION_DATA};
	struct qs_findings *findings;
	struct outputs outputs;
	struct levels levels;
	int status = EXIT_UNABLE;

	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
		if (!arguments->value[required[i]])
			return usage_error(arguments, "--%s is missing", option_name(required[i]));
	}
	if (!choices_are_known(arguments))
		return EXIT_UNABLE;
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	if (outputs_read(arguments, &outputs) &&
	    levels_read(arguments, QS_SEVERITY_INFO, &levels) &&
	    decisions_read(arguments, NULL, findings))
		status = examine_config(arguments, findings, &outputs, &levels);
	outputs_done(&outputs);
	qs_findings_free(findings);
	return status;
}
