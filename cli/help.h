/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Help, made from the tables of commands, options and examples.
 */
#ifndef CLI_HELP_H
#define CLI_HELP_H

#include <stdio.h>

#include "cli/options.h"

/* All commands in their groups. */
void print_overview(FILE *stream);

/* One command with its options and examples. */
void print_help(FILE *stream, enum command_id command);

#endif
