/* SPDX-License-Identifier: Apache-2.0 */
/* The manual page: docs/qstrata.1.in with commands, options and examples from the tables. */
#include "tools/generate_manual.h"

#include <stdio.h>
#include <string.h>

/* Appends text of the page: a backslash, a hyphen, and a leading dot or quote are roff's. */
static void print_text(const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++) {
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-')
			fputs("\\-", stdout);
		else
			putchar(*text);
	}
}

static void print_group(const char *title)
{
	printf(".SS %s\n", title);
}

/* A sentence of a table, which has no full stop. */
static void print_sentence(const char *text)
{
	print_text(text);
	printf("%s\n", text[strlen(text) - 1] == '?' ? "" : ".");
}

static void print_command(const char *name, const char *operands, const char *summary)
{
	printf(".TP\n.B %s\n.RI [ option ...]\n", name);
	print_text(operands);
	printf("\n.br\n");
	print_sentence(summary);
}

static void print_commands(void)
{
#define GROUP(title) print_group(title);
#define COMMAND(ID, name, operands, summary) print_command(#name, operands, summary);
#include "cli/commands.def"
#undef COMMAND
}

/* What the masks of options.def are made of here: the names of the commands, or NULL. */
enum {
#define COMMAND(ID, name, operands, summary) COMMAND_##ID,
#include "cli/commands.def"
#undef COMMAND
	COMMAND__COUNT
};

static const char *const command_names[] = {
#define COMMAND(ID, name, operands, summary) #name,
#include "cli/commands.def"
#undef COMMAND
};

#define ON(ID) (1U << COMMAND_##ID)
#define EVERY (~0U)

static void print_option(
    const char *name, int letter, const char *value, unsigned commands, const char *help)
{
	printf(".TP\n");
	if (letter)
		printf(".BR \\-%c \", \" ", letter);
	else
		printf(".BR ");
	printf("\\-\\-");
	print_text(name);
	if (value) {
		printf(" \" \\fI");
		print_text(value);
		printf("\\fR\"");
	}
	printf("\n");
	print_sentence(help);
	if (commands == EVERY)
		return;
	printf("For");
	for (int c = 0, n = 0; c < COMMAND__COUNT; c++) {
		if (commands >> c & 1)
			printf("%s %s", n++ ? "," : "", command_names[c]);
	}
	printf(".\n");
}

static void print_options(void)
{
#define OPTION(ID, name, letter, value, commands, help)                                            \
	print_option(name, letter, value, commands, help);
#include "cli/options.def"
#undef OPTION
}

static void print_example(const char *line, const char *about)
{
	printf(".TP\n");
	print_text(about);
	printf(":\n.nf\n");
	print_text(line);
	printf("\n.fi\n");
}

static void print_examples(void)
{
#define EXAMPLE(ID, line, about) print_example(line, about);
#include "cli/examples.def"
#undef EXAMPLE
}

bool write_manual(const char *path)
{
	static const struct {
		const char *mark;
		void (*print)(void);
	} parts[] = {{".\\\" COMMANDS\n", print_commands}, {".\\\" OPTIONS\n", print_options},
	    {".\\\" EXAMPLES\n", print_examples}};
	char line[1024];
	size_t n_parts = 0;
	FILE *file = fopen(path, "r");

	if (!file)
		return false;
	while (fgets(line, sizeof(line), file)) {
		const size_t before = n_parts;

		for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
			if (strcmp(line, parts[i].mark) != 0)
				continue;
			parts[i].print();
			n_parts++;
		}
		if (n_parts == before)
			fputs(line, stdout);
	}
	fclose(file);
	return n_parts == sizeof(parts) / sizeof(*parts);
}
