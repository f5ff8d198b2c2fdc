/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What commands share that work on a model: a job of --config and --model, and its scales.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include "cli/progress.h"
#include "cli/report.h"

/* What a command does with a config that can be used; returns the exit status. */
typedef int config_work(
    const struct arguments *arguments, const struct config *config, struct qs_findings *findings);

/*
 * Runs a command over its --config, and tells the findings; the required options are complained
 * about in their order. Returns the exit status.
 */
int work_on_config(const struct arguments *arguments, const enum option_id *required,
    size_t n_required, config_work *work);

/* What a command does with a job that is planned. */
typedef enum qs_status job_work(
    const struct arguments *arguments, struct qs_job *job, struct qs_findings *findings);

/* Runs a command over the job of its config and --model; returns the exit status. */
int run_job(const struct arguments *arguments, const struct config *config,
    struct qs_findings *findings, job_work *work);

/* The exit status of work on a model: 1 when the config is to blame, 2 for all else. */
int job_exit(enum qs_status status, const struct qs_findings *findings);

/* What --dpu-arithmetic says. */
enum qs_arithmetic job_arithmetic(const struct arguments *arguments);

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

/* What --format says of a table. */
enum qs_table_format option_table_format(const struct arguments *arguments);

/* Whether the value of an option is one of the words that values.def has for it, or not given;
 * complains otherwise. */
bool option_is_word(const struct arguments *arguments, enum option_id option);

#endif
