/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate and apply: a model and a config become scales and a quantized model. */
#include <string.h>
#include <unistd.h>

#include "cli/choices.h"
#include "cli/progress.h"
#include "cli/report.h"

/* What a command does with a job that is planned. */
typedef enum qs_status job_work(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings);

/* Everything that --image says. */
static enum qs_status read_image_options(const struct arguments *arguments,
    struct qs_findings *findings, struct qs_image_options *ret_options)
{
	enum qs_status status = QS_OK;

	qs_image_options_init(ret_options);
	for (size_t i = 0; i < arguments->n_given; i++) {
		if (arguments->given[i].option == OPTION_IMAGE &&
		    qs_image_options_set(ret_options, arguments->given[i].value, findings) != QS_OK)
			status = QS_INVALID;
	}
	return status;
}

/* Something that a job does over data. */
typedef enum qs_status data_work(
    struct qs_job *job, const struct qs_calibrate_options *options, struct qs_findings *findings);

static enum qs_status over_data(const struct arguments *arguments, struct qs_job *job,
    struct qs_findings *findings, const char *what, data_work *work)
{
	struct qs_image_options images;
	struct progress progress = progress_start(what);
	const struct qs_calibrate_options options = {
	    .onnxruntime = arguments->value[OPTION_ONNXRUNTIME],
	    .data = arguments->value[OPTION_DATA],
	    .images = &images,
	    .progress = isatty(STDERR_FILENO) ? progress_show : NULL,
	    .context = &progress,
	    .observe = (enum qs_observe)choice_of(arguments, OPTION_OBSERVED)};
	const enum qs_status status = read_image_options(arguments, findings, &images);

	return status == QS_OK ? work(job, &options, findings) : status;
}

static enum qs_status calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	return over_data(arguments, job, findings, "calibrating: batch", qs_job_calibrate);
}

static enum qs_status work_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_status status = calibrate(arguments, job, findings);

	return status == QS_OK
	           ? qs_job_write_calibration(job, arguments->value[OPTION_OUTPUT], findings)
	           : status;
}

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

/* Whether the errors are the verdict of a verification, which has a report. */
static bool is_verdict(const struct qs_findings *findings)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity == QS_SEVERITY_ERROR && strcmp(finding->code, "QS907") != 0)
			return false;
	}
	return qs_findings_total(findings, QS_SEVERITY_ERROR) > 0;
}

static enum qs_status work_apply(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const char *file = arguments->value[OPTION_CALIB];
	enum qs_status status;

	status = file ? qs_job_read_calibration(job, file, findings)
	              : calibrate(arguments, job, findings);
	if (status == QS_OK)
		status = qs_job_apply(job, findings);
	if (status == QS_OK)
		status = qs_job_save(job, arguments->value[OPTION_OUTPUT], findings);
	if (status != QS_OK)
		return status;
	if (arguments->value[OPTION_VERIFY])
		status = over_data(arguments, job, findings, "verifying: batch", qs_job_verify);
	if (status == QS_OK || is_verdict(findings)) {
		const enum qs_status written = write_report(arguments, job);

		status = status == QS_OK ? written : status;
	}
	return status;
}

/* Whether all errors are about the config: then the job could have been done with another one. */
static bool blames_config(const struct qs_findings *findings)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity == QS_SEVERITY_ERROR &&
		    (finding->code[2] < '1' || finding->code[2] > '5'))
			return false;
	}
	return true;
}

/* What the command line says of how a job computes and writes. */
static enum qs_status set_options(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const struct qs_apply_options written = {
	    (enum qs_written)choice_of(arguments, OPTION_WRITTEN),
	    (enum qs_rounding_form)choice_of(arguments, OPTION_ROUNDING)};
	const enum qs_status status = qs_job_set_arithmetic(
	    job, (enum qs_arithmetic)choice_of(arguments, OPTION_DPU_ARITHMETIC));

	return status == QS_OK ? qs_job_set_apply(job, &written, findings) : status;
}

static int run_job(const struct arguments *arguments, const struct config *config,
    struct qs_findings *findings, job_work *work)
{
	struct qs_job *job = NULL;
	enum qs_status status;
	size_t n_threads;

	if (!option_threads(arguments, &n_threads))
		return EXIT_UNABLE;
	/* Nobody wants to learn after the calibration that its result has no place. */
	status = qs_output_check(arguments->value[OPTION_OUTPUT], findings);
	if (status == QS_OK)
		status = qs_job_new(config->policy, arguments->value[OPTION_MODEL],
		    arguments->value[OPTION_ALLOW_UNMATCHED] != NULL, findings, &job);
	if (status == QS_OK)
		status = set_options(arguments, job, findings);
	if (status == QS_OK && config->registry) {
		qs_job_use(job, config->registry);
		status = qs_registry_use_threads(config->registry, n_threads);
	} else if (status == QS_OK) {
		status = qs_job_use_threads(job, n_threads);
	}
	if (status == QS_OK)
		status = work(arguments, job, findings);
	qs_job_free(job);
	if (status == QS_INVALID && !blames_config(findings) && !is_verdict(findings))
		return EXIT_UNABLE;
	return exit_of(status);
}

static int work_on_model(const struct arguments *arguments, job_work *work)
{
	static const enum option_id required[] = {OPTION_CONFIG, OPTION_MODEL, OPTION_OUTPUT};
	static const char *const names[] = {"--config", "--model", "--output"};
	struct qs_findings *findings;
	struct config config;
	int status;

	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
		if (!arguments->value[required[i]])
			return usage_error(arguments, "%s is missing", names[i]);
	}
	if (!choices_are_known(arguments))
		return EXIT_UNABLE;
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	if (open_config(arguments, arguments->value[OPTION_CONFIG], findings, &config, &status))
		status = run_job(arguments, &config, findings, work);
	fflush(stdout);
	tell_findings(
	    arguments, findings, status == EXIT_CLEAN ? stderr : stdout, QS_SEVERITY_WARNING);
	close_config(&config);
	qs_findings_free(findings);
	return status;
}

int command_calibrate(const struct arguments *arguments)
{
	if (!arguments->value[OPTION_DATA])
		return usage_error(arguments, "--data is missing");
	return work_on_model(arguments, work_calibrate);
}

int command_apply(const struct arguments *arguments)
{
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
	return work_on_model(arguments, work_apply);
}
