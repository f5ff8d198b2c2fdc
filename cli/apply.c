/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate and apply: a model and a config become scales and a quantized model. */
#include <string.h>
#include <unistd.h>

#include "cli/work.h"

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

enum qs_status job_options_read(const struct arguments *arguments, const char *what,
    struct qs_findings *findings, struct job_options *ret_options)
{
	const char *observe = arguments->value[OPTION_OBSERVED];

	ret_options->progress = progress_start(what);
	ret_options->calibrate =
	    (struct qs_calibrate_options){.onnxruntime = arguments->value[OPTION_ONNXRUNTIME],
		.data = arguments->value[OPTION_DATA],
		.images = &ret_options->images,
		.progress = isatty(STDERR_FILENO) ? progress_show : NULL,
		.context = &ret_options->progress,
		.observe = observe && strcmp(observe, "float") == 0 ? QS_OBSERVE_FLOAT
	                                                            : QS_OBSERVE_QUANTIZED};
	return read_image_options(arguments, findings, &ret_options->images);
}

enum qs_status job_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const char *file = arguments->value[OPTION_CALIB];
	struct job_options options;
	enum qs_status status;

	if (file)
		return qs_job_read_calibration(job, file, findings);
	status = job_options_read(arguments, "calibrating: batch", findings, &options);
	return status == QS_OK ? qs_job_calibrate(job, &options.calibrate, findings) : status;
}

static enum qs_status work_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_status status = job_calibrate(arguments, job, findings);

	return status == QS_OK
	           ? qs_job_write_calibration(job, arguments->value[OPTION_OUTPUT], findings)
	           : status;
}

static enum qs_status write_report(const struct arguments *arguments, const struct qs_job *job)
{
	const char *format = arguments->value[OPTION_REPORT];
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	if (format && strcmp(format, "json") == 0)
		status = qs_job_write_report_json(job, &text);
	else
		status = qs_job_write_report(job, &text);
	if (status == QS_OK)
		fwrite(text.data, 1, text.size, stdout);
	qs_text_done(&text);
	return status;
}

static enum qs_status work_apply(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = job_calibrate(arguments, job, findings);

	if (status == QS_OK)
		status = qs_job_apply(job, findings);
	if (status == QS_OK)
		status = qs_job_save(job, arguments->value[OPTION_OUTPUT], findings);
	if (status == QS_OK)
		status = write_report(arguments, job);
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

/* The place of a word in a list; -1 when it is not there. */
static int find_word(const char *const *words, const char *word)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

static const char *const arithmetics[] = {
    [QS_ARITHMETIC_AUTO] = "auto", [QS_ARITHMETIC_ON] = "on", [QS_ARITHMETIC_OFF] = "off", NULL};

enum qs_arithmetic job_arithmetic(const struct arguments *arguments)
{
	const char *word = arguments->value[OPTION_DPU_ARITHMETIC];

	return word ? (enum qs_arithmetic)find_word(arithmetics, word) : QS_ARITHMETIC_AUTO;
}

int job_exit(enum qs_status status, const struct qs_findings *findings)
{
	return status == QS_INVALID && !blames_config(findings) ? EXIT_UNABLE : exit_of(status);
}

int run_job(const struct arguments *arguments, const struct config *config,
    struct qs_findings *findings, job_work *work)
{
	struct qs_job *job = NULL;
	enum qs_status status;
	size_t n_threads;

	if (!option_threads(arguments, &n_threads))
		return EXIT_UNABLE;
	/* Nobody wants to learn after the calibration that its result has no place. */
	status = arguments->value[OPTION_OUTPUT]
	             ? qs_output_check(arguments->value[OPTION_OUTPUT], findings)
	             : QS_OK;
	if (status == QS_OK)
		status = qs_job_new(config->policy, arguments->value[OPTION_MODEL],
		    arguments->value[OPTION_ALLOW_UNMATCHED] != NULL, findings, &job);
	if (status == QS_OK)
		status = qs_job_set_arithmetic(job, job_arithmetic(arguments));
	if (status == QS_OK && config->registry) {
		qs_job_use(job, config->registry);
		status = qs_registry_use_threads(config->registry, n_threads);
	} else if (status == QS_OK) {
		status = qs_job_use_threads(job, n_threads);
	}
	if (status == QS_OK)
		status = work(arguments, job, findings);
	qs_job_free(job);
	return job_exit(status, findings);
}

int work_on_config(const struct arguments *arguments, const enum option_id *required,
    size_t n_required, config_work *work)
{
	const char *observe = arguments->value[OPTION_OBSERVED];
	const char *arithmetic = arguments->value[OPTION_DPU_ARITHMETIC];
	struct qs_findings *findings;
	struct config config;
	int status;

	for (size_t i = 0; i < n_required; i++) {
		if (!arguments->value[required[i]])
			return usage_error(arguments, "--%s is missing", option_name(required[i]));
	}
	if (arithmetic && find_word(arithmetics, arithmetic) < 0)
		return usage_error(arguments,
		    "--dpu-arithmetic cannot be \"%s\"; expected auto, on or off", arithmetic);
	if (observe && strcmp(observe, "quantized") != 0 && strcmp(observe, "float") != 0)
		return usage_error(
		    arguments, "--observe cannot be \"%s\"; expected quantized or float", observe);
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	if (open_config(arguments, arguments->value[OPTION_CONFIG], findings, &config, &status))
		status = work(arguments, &config, findings);
	fflush(stdout);
	tell_findings(
	    arguments, findings, status == EXIT_CLEAN ? stderr : stdout, QS_SEVERITY_WARNING);
	close_config(&config);
	qs_findings_free(findings);
	return status;
}

static int calibrate(
    const struct arguments *arguments, const struct config *config, struct qs_findings *findings)
{
	return run_job(arguments, config, findings, work_calibrate);
}

static int apply(
    const struct arguments *arguments, const struct config *config, struct qs_findings *findings)
{
	return run_job(arguments, config, findings, work_apply);
}

int command_calibrate(const struct arguments *arguments)
{
	static const enum option_id required[] = {
	    OPTION_DATA, OPTION_CONFIG, OPTION_MODEL, OPTION_OUTPUT};

	return work_on_config(arguments, required, sizeof(required) / sizeof(*required), calibrate);
}

int command_apply(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_CONFIG, OPTION_MODEL, OPTION_OUTPUT};
	const char *format = arguments->value[OPTION_REPORT];

	if (arguments->value[OPTION_CALIB] && arguments->value[OPTION_DATA])
		return usage_error(arguments, "--calib and --data exclude each other");
	if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return usage_error(
		    arguments, "--report cannot be \"%s\"; expected text or json", format);
	return work_on_config(arguments, required, sizeof(required) / sizeof(*required), apply);
}
