/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line: a table of commands and a table of options, from which reading and help are
 * made.
 */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* Exit statuses of the program. */
enum {
	EXIT_CLEAN = 0,
	EXIT_FINDINGS = 1,
	EXIT_UNABLE = 2
};

enum command_id {
#define COMMAND(ID, name, operands, summary) COMMAND_##ID,
#include "cli/commands.def"
#undef COMMAND
	COMMAND__COUNT
};

enum option_id {
#define OPTION(ID, name, letter, value, commands, help) OPTION_##ID,
#include "cli/options.def"
#undef OPTION
	OPTION__COUNT
};

/* A row of commands.def. */
struct command_info {
	const char *name, *operands, *summary;
};
extern const struct command_info command_list[COMMAND__COUNT];

/* A row of options.def. */
struct option_info {
	const char *name;
	int letter; /* 0: none */
	const char *value;
	unsigned commands; /* bit mask */
	const char *help;
};
extern const struct option_info option_list[OPTION__COUNT];

struct qs_form_value;

/* An option as it is given, on the command line or in a settings file. */
struct given {
	enum option_id option;
	const char *value;
	const struct qs_form_value *origin; /* in a settings file; NULL: the command line */
};

/* A command line as read. */
struct arguments {
	enum command_id command;
	const char *value
	    [OPTION__COUNT]; /* the last one; "" for an option without value; NULL: not given */
	const struct given *from[OPTION__COUNT]; /* what gives `value`; NULL: not given */
	struct given *given; /* all, in order: for options that may be repeated */
	size_t n_given;
	char **files; /* operands, or the values of an option that takes several */
	int n_files;
	bool color; /* of what goes to the standard output */
};

/* What runs a command; returns the exit status. */
typedef int command_run(const struct arguments *arguments);

#define COMMAND(ID, name, operands, summary) command_run command_##name;
#include "cli/commands.def"
#undef COMMAND

/*
 * Reads a command line. False: the program is to stop with `*ret_exit`, after help that was asked
 * for or a complaint on the standard error.
 */
bool arguments_read(int argc, char **argv, struct arguments *ret_arguments, int *ret_exit);

/* Releases what was read. */
void arguments_done(struct arguments *arguments);

/* The name of an option, without "--". */
const char *option_name(enum option_id option);

/* Whether the command takes an option. */
bool option_taken(const struct arguments *arguments, enum option_id option);

/* Complains about usage on the standard error; returns the exit status for that. */
int usage_error(const struct arguments *arguments, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
