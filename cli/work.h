/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands share that work on a model: a job of --config and --model, its scales, and how it
 * is run.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include "cli/config.h"
#include "cli/progress.h"

/* What a command does with a job that is planned. */
typedef enum qs_status job_work(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings);

/*
 * Runs a command over the job of its --config and --model, and tells the findings. What is required
 * beside --config may stand on the command line or in the settings; the options are complained
 * about in their order. Returns the exit status.
 */
int work_on_model(const struct arguments *line, const enum option_id *required, size_t n_required,
    job_work *work);

/* What a command does with a config that can be used; `work` is what it was given for that. Returns
 * the exit status. */
typedef int config_work(struct config *config, struct qs_findings *findings, job_work *work);

/* The same for a command that makes its jobs itself. */
int work_on_config(const struct arguments *line, const enum option_id *required, size_t n_required,
    config_work *run, job_work *work);

/* Plans the job of a config and of --model, with what --scales and devices say of its scales. */
enum qs_status open_job(
    struct config *config, struct qs_findings *findings, struct qs_job **ret_job);

/* The law by which devices scale, when some are named: that of their profiles. False, after a
 * complaint, when they differ. */
bool find_scale_law(const struct config *config, enum qs_scale_law *ret_law);

/* The exit status of work on a job: findings when the config is to blame, else that it cannot be
 * done. */
int exit_of_job(enum qs_status status, const struct qs_findings *findings);

/* How a model is run, and how far that is. */
struct job_options {
	struct qs_calibrate_options calibrate;
	struct qs_image_options images;
	struct progress progress;
	size_t n_done, n_all;
	bool was_interrupted;
};

/* Reads --data, --image, --observe, --resume and --onnxruntime; the progress is called `what`. The
 * options point into themselves. */
enum qs_status job_options_read(const struct arguments *arguments, const char *what,
    struct qs_findings *findings, struct job_options *ret_options);

/* One of the parts that --shard divides the data into. */
struct shard {
	size_t index, n; /* from 0 */
};

/* Gives a job its scales: those of --calib, or else what --data shows. */
enum qs_status job_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings);
/* Observes a part of the data alone, and writes what it shows to --output. */
enum qs_status job_calibrate_shard(const struct arguments *arguments, struct shard shard,
    struct qs_job *job, struct qs_findings *findings);

/* Removes what --resume would go on from, when the result is safe. */
void job_drop_state(const struct arguments *arguments);

#endif
