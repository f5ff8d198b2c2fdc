/* SPDX-License-Identifier: Apache-2.0 */
/* Runs the user's command and reads its number. */
#include "cli/metric_command.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "cli/interrupt.h"

/* A command may print this much, in bytes. */
#define OUTPUT_LIMIT ((size_t)16 << 20)

/* A word of the shell that stands for itself. */
static void add_quoted(struct qs_text *text, const char *word)
{
	qs_text_adds(text, "'");
	for (; *word; word++)
		qs_text_add(text, *word == '\'' ? "'\\''" : word, *word == '\'' ? 4 : 1);
	qs_text_adds(text, "'");
}

/* What the command prints, to the end; more than the limit is not kept. */
static void read_all(FILE *stream, struct qs_text *text)
{
	char buffer[4096];
	size_t n;

	while ((n = fread(buffer, 1, sizeof(buffer), stream)) > 0) {
		if (text->size < OUTPUT_LIMIT)
			qs_text_add(text, buffer, n);
	}
}

/* The last line with anything but blanks, without those around it; the text is cut there. */
static const char *last_line(struct qs_text *text)
{
	char *begin;

	while (text->size && isspace((unsigned char)text->data[text->size - 1]))
		text->data[--text->size] = '\0';
	begin = strrchr(text->data, '\n');
	begin = begin ? begin + 1 : text->data;
	return begin + strspn(begin, " \t");
}

/* What is wrong with how a command ended; false when nothing is. */
static bool has_failed(int ended, struct qs_text *what)
{
	if (ended == 0)
		return false;
	if (WIFEXITED(ended))
		qs_text_addf(what, "ends with the exit status %d", WEXITSTATUS(ended));
	else if (WIFSIGNALED(ended))
		qs_text_addf(what, "is ended by signal %d", WTERMSIG(ended));
	else
		qs_text_adds(what, "cannot be run");
	return true;
}

static bool has_number(struct qs_text *output, struct qs_text *what, double *ret_value)
{
	const char *line = last_line(output);
	char *end;
	const double value = strtod(line, &end);

	if (end != line && !*end && !isnan(value)) {
		*ret_value = value;
		return true;
	}
	if (*line)
		qs_text_addf(what, "prints no number; its last line is \"%.200s\"", line);
	else
		qs_text_adds(what, "prints nothing; expected a number");
	return false;
}

bool metric_command(void *command, const char *model_path, struct qs_text *why, double *ret_value)
{
	struct qs_text line = QS_TEXT_INIT, output = QS_TEXT_INIT;
	FILE *stream = NULL;
	int ended = -1;
	bool good;

	qs_text_addf(&line, "%s ", (const char *)command);
	add_quoted(&line, model_path);
	/* What waits to be written would be written by the child as well. */
	fflush(stdout);
	if (!line.failed)
		stream = popen(line.data, "r");
	if (stream) {
		read_all(stream, &output);
		ended = pclose(stream);
	}
	good = !interrupt_seen() && !has_failed(ended, why) && has_number(&output, why, ret_value);
	if (interrupt_seen())
		qs_text_clear(why);
	qs_text_done(&line);
	qs_text_done(&output);
	return good;
}
