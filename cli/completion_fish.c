/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for fish: one complete an option. */
#include "cli/values.h"

static void add_quoted(struct qs_text *text, const char *words)
{
	qs_text_adds(text, "'");
	for (; *words; words++)
		qs_text_addf(text, "%s%c", *words == '\'' || *words == '\\' ? "\\" : "", *words);
	qs_text_adds(text, "'");
}

static void write_value(enum value_shape shape, struct qs_text *words, struct qs_text *text)
{
	if (shape == VALUE_WORDS)
		qs_text_addf(text, " -x -a '%s'", words->data);
	else
		qs_text_adds(text, shape == VALUE_FILE ? " -r -F"
				   : shape == VALUE_FOLDER
				       ? " -x -a '(__fish_complete_directories)'"
				       : " -x");
	text->failed = text->failed || words->failed;
	qs_text_done(words);
}

static void write_option(enum option_id option, struct qs_text *text)
{
	const struct option_info *info = &option_list[option];
	struct qs_text words = QS_TEXT_INIT;

	qs_text_adds(text, "complete -c qstrata -n '__fish_seen_subcommand_from");
	list_commands_of(option, " ", "", text);
	qs_text_addf(text, "' -l %s", info->name);
	if (info->letter)
		qs_text_addf(text, " -s %c", info->letter);
	if (info->value)
		write_value(value_shape_of(info->value, &words), &words, text);
	qs_text_adds(text, " -d ");
	add_quoted(text, info->help);
	qs_text_adds(text, "\n");
}

static void write_operands(enum command_id command, struct qs_text *text)
{
	struct qs_text words = QS_TEXT_INIT;
	const enum value_shape shape = operand_shape_of(command, &words);

	if (shape == VALUE_WORDS)
		qs_text_addf(text,
		    "complete -c qstrata -n '__fish_seen_subcommand_from %s' -a '%s'\n",
		    command_list[command].name, words.data);
	else if (shape == VALUE_FILE)
		qs_text_addf(text, "complete -c qstrata -n '__fish_seen_subcommand_from %s' -F\n",
		    command_list[command].name);
	text->failed = text->failed || words.failed;
	qs_text_done(&words);
}

void write_fish(struct qs_text *text)
{
	qs_text_adds(text,
	    "# fish completion for qstrata, made by: qstrata completion fish\n"
	    "complete -c qstrata -f\n"
	    "complete -c qstrata -n __fish_use_subcommand -s h -l help -d 'show all commands'\n"
	    "complete -c qstrata -n __fish_use_subcommand -l version -d 'show the version'\n");
	for (int c = 0; c < COMMAND__COUNT; c++) {
		qs_text_addf(text, "complete -c qstrata -n __fish_use_subcommand -a %s -d ",
		    command_list[c].name);
		add_quoted(text, command_list[c].summary);
		qs_text_adds(text, "\n");
		write_operands((enum command_id)c, text);
	}
	for (int o = 0; o < OPTION__COUNT; o++)
		write_option((enum option_id)o, text);
}
