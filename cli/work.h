/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands share that work on a model: a job of --config and --model, and its scales.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include "cli/progress.h"
#include "cli/report.h"

/* What a command does with a job that is planned. */
typedef enum qs_status job_work(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings);

/*
 * Runs a command over the job of its --config and --model, and tells the findings; the required
 * options are complained about in their order. Returns the exit status.
 */
int work_on_model(const struct arguments *arguments, const enum option_id *required,
    size_t n_required, job_work *work);

/* How a model is run, and how far that is. */
struct job_options {
	struct qs_calibrate_options calibrate;
	struct qs_image_options images;
	struct progress progress;
};

/* Reads --data, --image, --observe and --onnxruntime; the progress is called `what`. The options
 * point into themselves. */
enum qs_status job_options_read(const struct arguments *arguments, const char *what,
    struct qs_findings *findings, struct job_options *ret_options);

/* Gives a job its scales: those of --calib, or else what --data shows. */
enum qs_status job_calibrate(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings);

#endif
