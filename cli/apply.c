/* SPDX-License-Identifier: Apache-2.0 */
/* calibrate, merge and apply: a model and a config become scales and a quantized model. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/choices.h"
#include "cli/config.h"
#include "cli/interrupt.h"
#include "cli/progress.h"

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

/* How far a calibration is, shown or not. */
struct course {
	struct progress progress;
	size_t n_done, n_all;
	bool was_interrupted;
};

static bool note_batch(void *context, size_t n_done, size_t n_all)
{
	struct course *course = context;

	course->n_done = n_done;
	course->n_all = n_all;
	if (isatty(STDERR_FILENO))
		progress_show(&course->progress, n_done, n_all);
	course->was_interrupted = n_done < n_all && interrupt_came();
	return !course->was_interrupted;
}

/* The part of the data that --shard asks for, from 0; 0 for all of it. */
struct shard {
	size_t index, n;
};

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

static enum qs_status calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const char *shard_text = arguments->value[OPTION_SHARD];
	struct qs_image_options images;
	struct course course = {.progress = progress_start("calibrating: batch")};
	struct shard shard;
	const struct qs_calibrate_options options = {
	    .onnxruntime = arguments->value[OPTION_ONNXRUNTIME],
	    .data = arguments->value[OPTION_DATA],
	    .images = &images,
	    .progress = note_batch,
	    .context = &course,
	    .observe = (enum qs_observe)choice_of(arguments, OPTION_OBSERVED),
	    .state = arguments->value[OPTION_RESUME]};
	enum qs_status status = read_image_options(arguments, findings, &images);

	if (status != QS_OK)
		return status;
	if (options.state)
		interrupt_watch();
	if (shard_text && read_shard(shard_text, &shard))
		status = qs_job_calibrate_shard(
		    job, &options, shard.index, shard.n, arguments->value[OPTION_OUTPUT], findings);
	else
		status = qs_job_calibrate(job, &options, findings);
	if (course.was_interrupted)
		fprintf(stderr,
		    "qstrata: interrupted after %zu of %zu batches; the same command goes on\n",
		    course.n_done, course.n_all);
	return status;
}

/* The result is safe: what there is to go on from may go. */
static void drop_state(const struct arguments *arguments)
{
	if (arguments->value[OPTION_RESUME])
		remove(arguments->value[OPTION_RESUME]);
}

static enum qs_status work_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	enum qs_status status = calibrate(arguments, job, findings);

	if (status == QS_OK && !arguments->value[OPTION_SHARD])
		status = qs_job_write_calibration(job, arguments->value[OPTION_OUTPUT], findings);
	if (status == QS_OK)
		drop_state(arguments);
	return status;
}

static enum qs_status work_merge(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const enum qs_status status = qs_job_merge_shards(
	    job, (const char *const *)arguments->files, (size_t)arguments->n_files, findings);

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
	if (status == QS_OK)
		drop_state(arguments);
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

static int run_job(const struct config *config, struct qs_findings *findings, job_work *work)
{
	const struct arguments *arguments = config->arguments;
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
	if (status == QS_INVALID && !blames_config(findings))
		return EXIT_UNABLE;
	return exit_of(status);
}

/* Whether two paths are of one file, or would be. */
static bool is_same_file(const char *a, const char *b)
{
	struct stat x, y;

	return strcmp(a, b) == 0 || (stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev &&
					x.st_ino == y.st_ino);
}

/* Whether everything is given that the work takes, on the command line or by the settings, and
 * nothing is overwritten. False after a complaint. */
static bool has_all(const struct arguments *arguments)
{
	static const enum option_id required[] = {OPTION_MODEL, OPTION_OUTPUT};
	const char *state = arguments->value[OPTION_RESUME];

	for (size_t i = 0; i < sizeof(required) / sizeof(*required); i++) {
		if (!arguments->value[required[i]]) {
			usage_error(arguments, "--%s is missing", option_name(required[i]));
			return false;
		}
	}
	if (state && is_same_file(state, arguments->value[OPTION_OUTPUT])) {
		usage_error(arguments, "--resume and --output are the same file");
		return false;
	}
	return true;
}

static int work_on_model(const struct arguments *line, job_work *work)
{
	const char *path = line->value[OPTION_CONFIG];
	struct qs_findings *findings;
	struct config config;
	int status = EXIT_UNABLE;

	if (!path)
		return usage_error(line, "--config is missing");
	if (!choices_are_known(line))
		return EXIT_UNABLE;
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	if (find_config(line, path, &config) && has_all(config.arguments) &&
	    read_config(&config, path, findings, &status))
		status = run_job(&config, findings, work);
	fflush(stdout);
	tell_findings(line, findings, status == EXIT_CLEAN ? stderr : stdout, QS_SEVERITY_WARNING);
	close_config(&config);
	qs_findings_free(findings);
	return status;
}

int command_calibrate(const struct arguments *arguments)
{
	const char *shard = arguments->value[OPTION_SHARD];
	struct shard parts;

	if (!arguments->value[OPTION_DATA])
		return usage_error(arguments, "--data is missing");
	if (shard && !read_shard(shard, &parts))
		return usage_error(arguments,
		    "--shard cannot be \"%s\"; expected I/N, part I of N (at most %d)", shard,
		    QS_SHARDS_LIMIT);
	return work_on_model(arguments, work_calibrate);
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
	return work_on_model(&completed, work_merge);
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

int command_apply(const struct arguments *arguments)
{
	if (arguments->value[OPTION_CALIB] && arguments->value[OPTION_DATA])
		return usage_error(arguments, "--calib and --data exclude each other");
	if (arguments->value[OPTION_ROUNDING] &&
	    strcmp(arguments->value[OPTION_ROUNDING], "native") == 0 &&
	    choice_of(arguments, OPTION_WRITTEN) == QS_WRITTEN_FAKE)
		return usage_error(arguments,
		    "--rounding native writes QuantizeLinear, of which --format fake has none");
	return work_on_model(arguments, work_apply);
}
