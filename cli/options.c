/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the command line, by the tables. */
#include "cli/options.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "qstrata/qstrata.h"

#include "cli/help.h"

#define ON(ID) (1U << COMMAND_##ID)
#define EVERY (~0U)

const struct command_info command_list[COMMAND__COUNT] = {
#define COMMAND(ID, name, operands, summary) {#name, operands, summary},
#include "cli/commands.def"
#undef COMMAND
};

const struct option_info option_list[OPTION__COUNT] = {
#define OPTION(ID, name, letter, value, commands, help) {name, letter, value, commands, help},
#include "cli/options.def"
#undef OPTION
};

const char *option_name(enum option_id option)
{
	return option_list[option].name;
}

bool option_taken(const struct arguments *arguments, enum option_id option)
{
	return option_list[option].commands >> arguments->command & 1;
}

int usage_error(const struct arguments *arguments, const char *format, ...)
{
	va_list list;

	fputs("qstrata: ", stderr);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	if (arguments)
		fprintf(stderr, "; see qstrata %s --help\n", command_list[arguments->command].name);
	else
		fputs("; see qstrata --help\n", stderr);
	return EXIT_UNABLE;
}

/* The command of a word, or -1. */
static int find_command(const char *word)
{
	for (int i = 0; i < COMMAND__COUNT; i++) {
		if (strcmp(command_list[i].name, word) == 0)
			return i;
	}
	return -1;
}

/* The tables in the form of getopt_long(): value 256 + id, so that letters and ids differ. */
static void make_getopt_tables(struct option *longs, char *letters)
{
	/* Operands come in order ("-"), and a missing value is told from an unknown option
	 * (":"). */
	*letters++ = '-';
	*letters++ = ':';
	for (int i = 0; i < OPTION__COUNT; i++) {
		longs[i] = (struct option){option_list[i].name,
		    option_list[i].value ? required_argument : no_argument, NULL, 256 + i};
		if (!option_list[i].letter)
			continue;
		*letters++ = (char)option_list[i].letter;
		if (option_list[i].value)
			*letters++ = ':';
	}
	longs[OPTION__COUNT] = (struct option){NULL, 0, NULL, 0};
	*letters = '\0';
}

/* Whether what getopt_long() returned is written as an option is. */
static bool is_written(int option, int result)
{
	return result >= 256 ? strcmp(option_list[option].name, option_list[result - 256].name) == 0
	                     : option_list[option].letter == result;
}

/*
 * Options of different commands may have one name or letter: the row that the command takes, if
 * there is one. -1 for what is no option.
 */
static int option_of(int result, enum command_id command)
{
	int option = -1;

	for (int i = 0; i < OPTION__COUNT; i++) {
		if (!is_written(i, result))
			continue;
		if (option_list[i].commands >> command & 1)
			return i;
		option = option < 0 ? i : option;
	}
	return option;
}

/* Notes an option; there is room for as many as there are arguments. */
static void note_option(struct arguments *arguments, int option, const char *value)
{
	struct given *given = &arguments->given[arguments->n_given++];

	*given =
	    (struct given){(enum option_id)option, option_list[option].value ? value : "", NULL};
	arguments->value[option] = given->value;
	arguments->from[option] = given;
}

/* Whether an option takes several words; -1 is none. */
static bool takes_list(int option)
{
	const char *value = option < 0 ? NULL : option_list[option].value;
	const size_t size = value ? strlen(value) : 0;

	return size > 3 && strcmp(value + size - 3, "...") == 0;
}

/* Keeps an option with its value; those of a list go to the files. */
static bool take_option(struct arguments *arguments, int option, char *value)
{
	if (!option_taken(arguments, (enum option_id)option)) {
		usage_error(arguments, "%s does not take --%s",
		    command_list[arguments->command].name, option_list[option].name);
		return false;
	}
	note_option(arguments, option, value);
	if (takes_list(option))
		arguments->files[arguments->n_files++] = value;
	return true;
}

/* Keeps a word that is no option: an operand, or one more value of the option before it. */
static bool take_word(struct arguments *arguments, int option, char *word)
{
	/* A usage of options only has no operands. */
	if (!takes_list(option) && command_list[arguments->command].operands[0] == '-') {
		usage_error(arguments, "unexpected operand \"%s\"", word);
		return false;
	}
	arguments->files[arguments->n_files++] = word;
	return true;
}

static bool take_result(struct arguments *arguments, int result, const char *word, int *last_option)
{
	const int option = option_of(result, arguments->command);

	if (result == ':') {
		usage_error(arguments, "option %s needs a value", word);
		return false;
	}
	if (result == 1)
		return take_word(arguments, *last_option, optarg);
	if (result == '?' || option < 0) {
		usage_error(arguments, "unknown option %s", word);
		return false;
	}
	*last_option = option;
	return take_option(arguments, option, optarg);
}

static bool read_options(int argc, char **argv, struct arguments *arguments)
{
	struct option longs[OPTION__COUNT + 1];
	char letters[2 * OPTION__COUNT + 3];
	int result, last_option = -1;

	make_getopt_tables(longs, letters);
	opterr = 0;
	/* Files take the places of words that were read before them. */
	arguments->files = argv;
	while ((result = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		if (!take_result(arguments, result, argv[optind - 1], &last_option))
			return false;
	}
	for (; optind < argc; optind++) {
		if (!take_word(arguments, -1, argv[optind]))
			return false;
	}
	return true;
}

static bool settle_color(struct arguments *arguments)
{
	const char *when = arguments->value[OPTION_COLOR];
	const char *no_color = getenv("NO_COLOR");

	if (when && strcmp(when, "auto") != 0 && strcmp(when, "always") != 0 &&
	    strcmp(when, "never") != 0) {
		usage_error(
		    arguments, "--color cannot be \"%s\"; expected auto, always or never", when);
		return false;
	}
	if (when && strcmp(when, "auto") != 0)
		arguments->color = strcmp(when, "always") == 0;
	else
		arguments->color = isatty(STDOUT_FILENO) && !(no_color && no_color[0]);
	return true;
}

static bool is_option(const char *word, enum option_id option)
{
	return strncmp(word, "--", 2) == 0
	           ? strcmp(word + 2, option_list[option].name) == 0
	           : word[0] == '-' && word[1] && !word[2] && word[1] == option_list[option].letter;
}

/* Room for every option that the words can hold: short ones may share a word. */
static struct given *make_room(int argc, char **argv)
{
	size_t n = 1;

	for (int i = 0; i < argc; i++)
		n += argv[i][0] == '-' && argv[i][1] != '-' ? strlen(argv[i]) : 1;
	return calloc(n, sizeof(struct given));
}

void arguments_done(struct arguments *arguments)
{
	free(arguments->given);
	arguments->given = NULL;
}

static void print_version(bool verbose)
{
	struct qs_text text = QS_TEXT_INIT;

	if (verbose && qs_write_about(&text) == QS_OK)
		fputs(text.data, stdout);
	else
		printf("qstrata %s\n", QSTRATA_VERSION);
	qs_text_done(&text);
}

bool arguments_read(int argc, char **argv, struct arguments *ret_arguments, int *ret_exit)
{
	int command;

	memset(ret_arguments, 0, sizeof(*ret_arguments));
	*ret_exit = EXIT_CLEAN;
	if (argc < 2) {
		print_overview(stderr);
		*ret_exit = EXIT_UNABLE;
		return false;
	}
	if (is_option(argv[1], OPTION_VERSION)) {
		print_version(argc > 2 && strcmp(argv[2], "--verbose") == 0);
		return false;
	}
	if (is_option(argv[1], OPTION_HELP)) {
		print_overview(stdout);
		return false;
	}
	command = find_command(argv[1]);
	if (command < 0) {
		*ret_exit = usage_error(NULL, "there is no command \"%s\"", argv[1]);
		return false;
	}
	ret_arguments->command = (enum command_id)command;
	ret_arguments->given = make_room(argc, argv);
	if (!ret_arguments->given) {
		fputs("qstrata: out of memory\n", stderr);
		*ret_exit = EXIT_UNABLE;
		return false;
	}
	if (!read_options(argc - 1, argv + 1, ret_arguments) || !settle_color(ret_arguments)) {
		*ret_exit = EXIT_UNABLE;
		return false;
	}
	if (ret_arguments->value[OPTION_VERSION]) {
		print_version(false);
		return false;
	}
	if (ret_arguments->value[OPTION_HELP]) {
		print_help(stdout, ret_arguments->command);
		return false;
	}
	return true;
}
