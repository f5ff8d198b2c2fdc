/* SPDX-License-Identifier: Apache-2.0 */
/* What commands that run a model over data share. */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "qstrata/qstrata.h"

#include "cli/options.h"

/* Everything that --image says. */
enum qs_status read_image_options(const struct arguments *arguments, struct qs_findings *findings,
    struct qs_image_options *ret_options);

/* The exit status of work on a model: findings when the config is to blame, else that it cannot be
 * done. */
int exit_of_job(enum qs_status status, const struct qs_findings *findings);

#endif
