/* SPDX-License-Identifier: Apache-2.0 */
/* Completion for bash: a function that looks at the command, the option and the word. */
#include "cli/values.h"

/* What completes a value: words, folders, or nothing; files are what bash does by itself. */
static void write_value(enum value_shape shape, const char *words, struct qs_text *text)
{
	switch (shape) {
	case VALUE_WORDS:
		qs_text_addf(text, "words='%s'", words);
		return;
	case VALUE_FOLDER:
		qs_text_adds(text, "kind=folder");
		return;
	case VALUE_FREE:
		qs_text_adds(text, "kind=free");
		return;
	case VALUE_FILE:
		qs_text_adds(text, "kind=file");
		return;
	}
}

static void write_option(enum option_id option, struct qs_text *text)
{
	const struct option_info *info = &option_list[option];
	struct qs_text words = QS_TEXT_INIT;
	enum value_shape shape;

	if (!info->value)
		return;
	for (int c = 0, n = 0; c < COMMAND__COUNT; c++) {
		if (!(info->commands >> c & 1))
			continue;
		qs_text_addf(
		    text, "%s'%s --%s'", n++ ? "|" : "\t", command_list[c].name, info->name);
		if (info->letter)
			qs_text_addf(text, "|'%s -%c'", command_list[c].name, info->letter);
	}
	qs_text_adds(text, ") ");
	shape = value_shape_of(info->value, &words);
	write_value(shape, words.data, text);
	qs_text_adds(text, " ;;\n");
	text->failed = text->failed || words.failed;
	qs_text_done(&words);
}

static void write_command(enum command_id command, struct qs_text *text)
{
	struct qs_text words = QS_TEXT_INIT;
	const enum value_shape shape = operand_shape_of(command, &words);

	qs_text_addf(text, "\t%s) options='", command_list[command].name);
	for (int o = 0, n = 0; o < OPTION__COUNT; o++) {
		if (option_list[o].commands >> command & 1)
			qs_text_addf(text, "%s--%s", n++ ? " " : "", option_list[o].name);
	}
	qs_text_adds(text, "'; ");
	write_value(shape, words.data, text);
	qs_text_adds(text, " ;;\n");
	text->failed = text->failed || words.failed;
	qs_text_done(&words);
}

void write_bash(struct qs_text *text)
{
	qs_text_adds(text,
	    "# bash completion for qstrata, made by: qstrata completion bash\n"
	    "_qstrata()\n{\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
	    "\tlocal command= options= words= kind= i\n\n"
	    "\tCOMPREPLY=()\n"
	    "\t# readline takes --name=value for three words\n"
	    "\tif [[ $cur == = ]]; then\n\t\tcur=\n"
	    "\telif [[ $prev == = ]]; then\n\t\tprev=${COMP_WORDS[COMP_CWORD-2]}\n\tfi\n"
	    "\tfor ((i = 1; i < COMP_CWORD; i++)); do\n"
	    "\t\tif [[ ${COMP_WORDS[i]} != -* ]]; then\n"
	    "\t\t\tcommand=${COMP_WORDS[i]}\n\t\t\tbreak\n\t\tfi\n\tdone\n"
	    "\tcase $command in\n\t'') words='");
	for (int c = 0; c < COMMAND__COUNT; c++)
		qs_text_addf(text, "%s ", command_list[c].name);
	qs_text_adds(text, "--help --version' ;;\n");
	for (int c = 0; c < COMMAND__COUNT; c++)
		write_command((enum command_id)c, text);
	qs_text_adds(text, "\tesac\n"
			   "\t[[ $cur == -* && $options ]] && words=$options kind=\n"
			   "\tcase \"$command $prev\" in\n");
	for (int o = 0; o < OPTION__COUNT; o++)
		write_option((enum option_id)o, text);
	qs_text_adds(text, "\tesac\n"
			   "\tif [[ $words ]]; then\n"
			   "\t\tcompopt +o default +o bashdefault 2>/dev/null\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
			   "\telif [[ $kind == folder ]]; then\n"
			   "\t\tcompopt -o filenames 2>/dev/null\n"
			   "\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")\n"
			   "\telif [[ $kind == free ]]; then\n"
			   "\t\tcompopt +o default +o bashdefault 2>/dev/null\n"
			   "\tfi\n}\n"
			   "complete -o bashdefault -o default -F _qstrata qstrata\n");
}
