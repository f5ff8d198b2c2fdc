/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What may stand on the command line behind an option or a command, for those who complete it.
 */
#ifndef CLI_VALUES_H
#define CLI_VALUES_H

#include "qstrata/qstrata.h"

#include "cli/options.h"

enum value_shape {
	VALUE_FILE,
	VALUE_FOLDER,
	VALUE_WORDS,
	VALUE_FREE
};

/* The shape of a value by its name, "FORMAT"; of words they are appended with blanks between. */
enum value_shape value_shape_of(const char *name, struct qs_text *words);

/* The same for the operands of a command; free when it takes none. */
enum value_shape operand_shape_of(enum command_id command, struct qs_text *words);

/* A shell that completions are written for. */
typedef void completion_writer(struct qs_text *text);
completion_writer write_bash, write_zsh, write_fish;

/* "a|b|c" of the commands that take an option, with other marks around and between. */
void list_commands_of(
    enum option_id option, const char *before, const char *between, struct qs_text *text);

#endif
