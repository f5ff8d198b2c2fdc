/* SPDX-License-Identifier: Apache-2.0 */
/* Help, made from the tables. */
#include "cli/help.h"

static void print_group(FILE *stream, const char *title)
{
	fprintf(stream, "\n%s:\n", title);
}

static void print_summary(FILE *stream, const char *name, const char *summary)
{
	fprintf(stream, "  %-11s %s\n", name, summary);
}

void print_overview(FILE *stream)
{
	fputs("usage: qstrata COMMAND [OPTION...] [FILE...]\n\n"
	      "Says, checks and applies how each tensor of a neural network is quantized.\n",
	    stream);
#define GROUP(title) print_group(stream, title);
#define COMMAND(ID, name, operands, summary) print_summary(stream, #name, summary);
#include "cli/commands.def"
#undef COMMAND
	fputs("\nqstrata COMMAND --help shows the options of a command, with examples.\n"
	      "Exit status: 0 nothing to report, 1 findings, 2 the job could not be done.\n",
	    stream);
}

static void print_option(FILE *stream, const struct option_info *option)
{
	char left[64];

	snprintf(left, sizeof(left), "%s%c%s--%s%s%s", option->letter ? "-" : " ",
	    option->letter ? option->letter : ' ', option->letter ? ", " : "  ", option->name,
	    option->value ? " " : "", option->value ? option->value : "");
	fprintf(stream, "  %-30s %s\n", left, option->help);
}

static void print_examples(FILE *stream, enum command_id command)
{
	static const struct {
		enum command_id command;
		const char *line, *about;
	} examples[] = {
#define EXAMPLE(ID, line, about) {COMMAND_##ID, line, about},
#include "cli/examples.def"
#undef EXAMPLE
	};
	bool first = true;

	for (size_t i = 0; i < sizeof(examples) / sizeof(*examples); i++) {
		if (examples[i].command != command)
			continue;
		fprintf(stream, "%s  %s:\n      %s\n", first ? "\nExamples:\n" : "",
		    examples[i].about, examples[i].line);
		first = false;
	}
}

void print_help(FILE *stream, enum command_id command)
{
	const struct command_info *info = &command_list[command];

	fprintf(stream, "usage: qstrata %s [OPTION...] %s\n\n%s\n\n", info->name, info->operands,
	    info->summary);
	for (int i = 0; i < OPTION__COUNT; i++) {
		if (option_list[i].commands >> command & 1)
			print_option(stream, &option_list[i]);
	}
	print_examples(stream, command);
}
