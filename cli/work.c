/* SPDX-License-Identifier: Apache-2.0 */
/* Work on a model with a config. */
#include "cli/work.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/choices.h"
#include "cli/interrupt.h"

/* ---- how a model is run ---------------------------------------------------------------------- */

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

static bool note_progress(void *context, size_t n_done, size_t n_all)
{
	struct job_options *options = context;

	options->n_done = n_done;
	options->n_all = n_all;
	if (isatty(STDERR_FILENO))
		progress_show(&options->progress, n_done, n_all);
	options->was_interrupted = n_done < n_all && interrupt_seen();
	return !options->was_interrupted;
}

enum qs_status job_options_read(const struct arguments *arguments, const char *what,
    struct qs_findings *findings, struct job_options *ret_options)
{
	*ret_options = (struct job_options){.progress = progress_start(what)};
	ret_options->calibrate =
	    (struct qs_calibrate_options){.onnxruntime = arguments->value[OPTION_ONNXRUNTIME],
		.data = arguments->value[OPTION_DATA],
		.images = &ret_options->images,
		.progress = note_progress,
		.context = ret_options,
		.observe = (enum qs_observe)choice_of(arguments, OPTION_OBSERVED),
		.state = arguments->value[OPTION_RESUME]};
	return read_image_options(arguments, findings, &ret_options->images);
}

/* Observes the data, or a part of it. */
static enum qs_status observe(const struct arguments *arguments, const struct shard *shard,
    struct qs_job *job, struct qs_findings *findings)
{
	struct job_options options;
	enum qs_status status =
	    job_options_read(arguments, "calibrating: batch", findings, &options);

	if (status != QS_OK)
		return status;
	if (options.calibrate.state)
		interrupt_watch();
	if (shard)
		status = qs_job_calibrate_shard(job, &options.calibrate, shard->index, shard->n,
		    arguments->value[OPTION_OUTPUT], findings);
	else
		status = qs_job_calibrate(job, &options.calibrate, findings);
	if (options.was_interrupted)
		fprintf(stderr,
		    "qstrata: interrupted after %zu of %zu batches; the same command goes on\n",
		    options.n_done, options.n_all);
	return status;
}

enum qs_status job_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings)
{
	const char *file = arguments->value[OPTION_CALIB];

	return file ? qs_job_read_calibration(job, file, findings)
	            : observe(arguments, NULL, job, findings);
}

enum qs_status job_calibrate_shard(const struct arguments *arguments, struct shard shard,
    struct qs_job *job, struct qs_findings *findings)
{
	return observe(arguments, &shard, job, findings);
}

void job_drop_state(const struct arguments *arguments)
{
	if (arguments->value[OPTION_RESUME])
		remove(arguments->value[OPTION_RESUME]);
}

/* ---- jobs ------------------------------------------------------------------------------------ */

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

int exit_of_job(enum qs_status status, const struct qs_findings *findings)
{
	return status == QS_INVALID && !blames_config(findings) &&
	               !qs_findings_are_verdict(findings)
	           ? EXIT_UNABLE
	           : exit_of(status);
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

static enum qs_status use_threads(const struct config *config, size_t n, struct qs_job *job)
{
	if (!config->registry)
		return qs_job_use_threads(job, n);
	qs_job_use(job, config->registry);
	return qs_registry_use_threads(config->registry, n);
}

bool find_scale_law(const struct config *config, enum qs_scale_law *ret_law)
{
	const uint64_t devices = config->options.devices;
	const struct qs_profile *profiles, *first = NULL;
	size_t n;

	profiles = qs_rulebook_profiles(config->scope->judgement.rulebook, &n);
	for (size_t i = 0; i < n; i++) {
		if (!(devices >> i & 1))
			continue;
		if (first && first->scale_law != profiles[i].scale_law) {
			usage_error(config->arguments,
			    "%s and %s scale by different laws, %s and %s: give one device",
			    first->name, profiles[i].name, qs_scale_law_word(first->scale_law),
			    qs_scale_law_word(profiles[i].scale_law));
			return false;
		}
		first = first ? first : &profiles[i];
	}
	*ret_law = first ? first->scale_law : QS_SCALE_LAW_QMAX;
	return true;
}

/* Takes over what devices and --scales say of scales. */
static enum qs_status settle_scales(
    struct config *config, struct qs_job *job, struct qs_findings *findings)
{
	const char *path = config->arguments->value[OPTION_SCALES];
	enum qs_scale_law law;
	enum qs_status status;

	if (path && config->arguments->value[OPTION_CALIB]) {
		usage_error(config->arguments,
		    "--calib and --scales exclude each other: calibrate takes --scales, and its "
		    "file has them");
		return QS_UNSUPPORTED;
	}
	if (!find_scale_law(config, &law))
		return QS_UNSUPPORTED;
	status = qs_job_set_scale_law(job, law);
	if (status == QS_OK && path)
		status = qs_source_read(path, path, QS_RULES_LIMIT, findings, &config->scales);
	if (status == QS_OK && path)
		status = qs_job_read_scales(job, config->scales, findings);
	/* Not the config is to blame. */
	return status == QS_INVALID ? QS_UNSUPPORTED : status;
}

enum qs_status open_job(
    struct config *config, struct qs_findings *findings, struct qs_job **ret_job)
{
	const struct arguments *arguments = config->arguments;
	enum qs_status status;
	size_t n_threads;

	if (!option_threads(arguments, &n_threads))
		return QS_UNSUPPORTED;
	status = qs_job_new(config->policy, arguments->value[OPTION_MODEL],
	    arguments->value[OPTION_ALLOW_UNMATCHED] != NULL, findings, ret_job);
	if (status == QS_OK)
		status = settle_scales(config, *ret_job, findings);
	if (status == QS_OK)
		status = set_options(arguments, *ret_job, findings);
	return status == QS_OK ? use_threads(config, n_threads, *ret_job) : status;
}

/* ---- commands -------------------------------------------------------------------------------- */

static int run_job(struct config *config, struct qs_findings *findings, job_work *work)
{
	const struct arguments *arguments = config->arguments;
	const char *output = arguments->value[OPTION_OUTPUT];
	struct qs_job *job = NULL;
	/* Nobody wants to learn after all the work that its result has no place. */
	enum qs_status status = output ? qs_output_check(output, findings) : QS_OK;

	if (status == QS_OK)
		status = open_job(config, findings, &job);
	if (status == QS_OK)
		status = work(arguments, job, findings);
	qs_job_free(job);
	return exit_of_job(status, findings);
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
static bool has_all(
    const struct arguments *arguments, const enum option_id *required, size_t n_required)
{
	const char *state = arguments->value[OPTION_RESUME];
	const char *output = arguments->value[OPTION_OUTPUT];

	for (size_t i = 0; i < n_required; i++) {
		if (!arguments->value[required[i]]) {
			usage_error(arguments, "--%s is missing", option_name(required[i]));
			return false;
		}
	}
	if (state && output && is_same_file(state, output)) {
		usage_error(arguments, "--resume and --output are the same file");
		return false;
	}
	return true;
}

int work_on_config(const struct arguments *line, const enum option_id *required, size_t n_required,
    config_work *run, job_work *work)
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
	if (find_config(line, path, &config) && has_all(config.arguments, required, n_required) &&
	    read_config(&config, path, findings, &status))
		status = run(&config, findings, work);
	fflush(stdout);
	tell_findings(line, findings, status == EXIT_CLEAN || config.has_document ? stderr : stdout,
	    QS_SEVERITY_WARNING);
	close_config(&config);
	qs_findings_free(findings);
	return status;
}

int work_on_model(
    const struct arguments *line, const enum option_id *required, size_t n_required, job_work *work)
{
	return work_on_config(line, required, n_required, run_job, work);
}
