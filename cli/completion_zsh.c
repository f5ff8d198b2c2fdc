/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for zsh: one _arguments a command. */
#include "cli/values.h"

/* Text within '...[...]' of an option: brackets, colons and quotes are the shell's. */
static void add_escaped(struct qs_text *text, const char *words)
{
	for (; *words; words++) {
		if (*words == '\'')
			qs_text_adds(text, "'\\''");
		else if (*words == '[' || *words == ']' || *words == ':' || *words == '\\')
			qs_text_addf(text, "\\%c", *words);
		else
			qs_text_add(text, words, 1);
	}
}

/* ":NAME:what completes it". */
static void write_value(
    const char *name, enum value_shape shape, struct qs_text *words, struct qs_text *text)
{
	qs_text_adds(text, ":");
	add_escaped(text, name);
	if (shape == VALUE_WORDS)
		qs_text_addf(text, ":(%s)", words->data);
	else
		qs_text_adds(text, shape == VALUE_FILE     ? ":_files"
				   : shape == VALUE_FOLDER ? ":_files -/"
							   : ": ");
	text->failed = text->failed || words->failed;
	qs_text_done(words);
}

static void write_option(enum option_id option, struct qs_text *text)
{
	const struct option_info *info = &option_list[option];
	struct qs_text words = QS_TEXT_INIT;

	qs_text_adds(text, " \\\n\t\t\t'*'");
	if (info->letter)
		qs_text_addf(text, "{-%c%s,--%s%s}", info->letter, info->value ? "+" : "",
		    info->name, info->value ? "=" : "");
	else
		qs_text_addf(text, "'--%s%s'", info->name, info->value ? "=" : "");
	qs_text_adds(text, "'[");
	add_escaped(text, info->help);
	qs_text_adds(text, "]");
	if (info->value)
		write_value(info->value, value_shape_of(info->value, &words), &words, text);
	qs_text_adds(text, "'");
}

static void write_command(enum command_id command, struct qs_text *text)
{
	struct qs_text words = QS_TEXT_INIT;
	const enum value_shape shape = operand_shape_of(command, &words);

	qs_text_addf(text, "\t\t%s)\n\t\t\t_arguments", command_list[command].name);
	for (int o = 0; o < OPTION__COUNT; o++) {
		if (option_list[o].commands >> command & 1)
			write_option((enum option_id)o, text);
	}
	qs_text_adds(text, " \\\n\t\t\t'*");
	write_value(command_list[command].operands, shape, &words, text);
	qs_text_adds(text, "' ;;\n");
}

void write_zsh(struct qs_text *text)
{
	qs_text_adds(text, "#compdef qstrata\n"
			   "# zsh completion for qstrata, made by: qstrata completion zsh\n"
			   "_qstrata()\n{\n"
			   "\tlocal curcontext=\"$curcontext\" state line\n"
			   "\tlocal -a commands\n"
			   "\tcommands=(\n");
	for (int c = 0; c < COMMAND__COUNT; c++) {
		qs_text_addf(text, "\t\t'%s:", command_list[c].name);
		add_escaped(text, command_list[c].summary);
		qs_text_adds(text, "'\n");
	}
	qs_text_adds(text,
	    "\t)\n"
	    "\t_arguments -C {-h,--help}'[show all commands]' '--version[show the version]' \\\n"
	    "\t\t'1:command:->command' '*::argument:->argument'\n"
	    "\tcase $state in\n"
	    "\tcommand) _describe -t commands command commands ;;\n"
	    "\targument)\n"
	    "\t\tcase $words[1] in\n");
	for (int c = 0; c < COMMAND__COUNT; c++)
		write_command((enum command_id)c, text);
	qs_text_adds(text, "\t\tesac ;;\n"
			   "\tesac\n}\n"
			   "if [ \"$funcstack[1]\" = _qstrata ]; then\n\t_qstrata \"$@\"\n"
			   "else\n\tcompdef _qstrata qstrata\nfi\n");
}
