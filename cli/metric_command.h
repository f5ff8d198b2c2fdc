/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A metric that a command of the user's computes: it gets the path of a quantized model as its last
 * argument, and the last line that it prints is a number.
 */
#ifndef CLI_METRIC_COMMAND_H
#define CLI_METRIC_COMMAND_H

#include "qstrata/qstrata.h"

/* A qs_measure whose context is the command, as the shell takes it. False without a reason when the
 * program was interrupted. */
bool metric_command(void *command, const char *model_path, struct qs_text *why, double *ret_value);

#endif
