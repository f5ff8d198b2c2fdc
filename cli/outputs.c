/* SPDX-License-Identifier: Apache-2.0 */
/* Reads --format FORMAT[:FILE] and writes findings where it says. */
#include "cli/outputs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"

/* Complains about a format and lists what is expected. */
static bool refuse_format(const struct arguments *arguments, const char *word)
{
	size_t n;
	const struct qs_findings_format *formats = qs_findings_formats(&n);
	struct qs_text names = QS_TEXT_INIT;

	for (size_t i = 0; i < n; i++)
		qs_text_addf(&names, "%s%s",
		    i == 0      ? ""
		    : i + 1 < n ? ", "
				: " or ",
		    formats[i].name);
	usage_error(arguments,
	    "--format cannot be \"%s\"; expected %s, and :FILE behind it for a file", word,
	    names.data);
	qs_text_done(&names);
	return false;
}

static const struct qs_findings_format *find_format(const char *word, size_t size)
{
	size_t n;
	const struct qs_findings_format *formats = qs_findings_formats(&n);

	for (size_t i = 0; i < n; i++) {
		if (strlen(formats[i].name) == size && memcmp(formats[i].name, word, size) == 0)
			return &formats[i];
	}
	return NULL;
}

static bool goes_twice(const struct outputs *outputs, const struct output *output)
{
	for (size_t i = 0; i < outputs->n; i++) {
		const char *path = outputs->list[i].path;

		if (path && output->path ? strcmp(path, output->path) == 0 : path == output->path)
			return true;
	}
	return false;
}

static bool add_output(const struct arguments *arguments, const char *word, struct outputs *outputs)
{
	const char *colon = strchr(word, ':');
	const struct output output = {
	    find_format(word, colon ? (size_t)(colon - word) : strlen(word)),
	    colon ? colon + 1 : NULL};

	if (!output.format || (colon && !output.path[0]))
		return refuse_format(arguments, word);
	if (goes_twice(outputs, &output)) {
		usage_error(arguments,
		    "two formats cannot both go to %s%s%s; expected one of them with :FILE",
		    output.path ? "\"" : "", output.path ? output.path : "the standard output",
		    output.path ? "\"" : "");
		return false;
	}
	if (!output.path)
		outputs->for_programs = !output.format->for_people;
	outputs->list[outputs->n++] = output;
	return true;
}

/* In GitHub Actions annotations, and a summary of the step; else for those who read. */
static const char *default_format(struct outputs *outputs)
{
	const char *actions = getenv("GITHUB_ACTIONS");

	if (actions && strcmp(actions, "true") == 0) {
		outputs->summary = getenv("GITHUB_STEP_SUMMARY");
		return "github";
	}
	return isatty(STDOUT_FILENO) ? "full" : "text";
}

bool outputs_read(const struct arguments *arguments, struct outputs *ret_outputs)
{
	*ret_outputs =
	    (struct outputs){.list = calloc(arguments->n_given + 1, sizeof(struct output))};
	if (!ret_outputs->list) {
		out_of_memory();
		return false;
	}
	for (size_t i = 0; i < arguments->n_given; i++) {
		if (arguments->given[i].option == OPTION_FORMATS &&
		    !add_output(arguments, arguments->given[i].value, ret_outputs))
			return false;
	}
	if (ret_outputs->n == 0)
		return add_output(arguments, default_format(ret_outputs), ret_outputs);
	return true;
}

void outputs_done(struct outputs *outputs)
{
	free(outputs->list);
}

static bool write_file(const struct output *output, const struct qs_text *text)
{
	struct qs_findings *trouble = qs_findings_new();
	struct qs_text told = QS_TEXT_INIT;
	const struct qs_text_style style = {false, false, QS_SEVERITY_INFO};
	enum qs_status status = QS_NOMEM;

	if (trouble)
		status = qs_text_save(text, output->path, trouble);
	if (trouble && status == QS_IO && qs_findings_write_text(trouble, &style, &told) == QS_OK)
		fputs(told.data, stderr);
	if (status == QS_NOMEM)
		out_of_memory();
	qs_text_done(&told);
	qs_findings_free(trouble);
	return status == QS_OK;
}

static bool write_output(const struct output *output, const struct qs_findings *findings,
    const struct qs_findings_view *view)
{
	struct qs_findings_view plain = *view;
	struct qs_text text = QS_TEXT_INIT;
	bool written = false;

	plain.color = view->color && !output->path;
	if (qs_findings_write(findings, output->format, &plain, &text) != QS_OK)
		out_of_memory();
	else if (output->path)
		written = write_file(output, &text);
	else
		written = fwrite(text.data, 1, text.size, stdout) == text.size;
	qs_text_done(&text);
	return written;
}

/* The file belongs to GitHub and may hold what others wrote: it only grows. */
static bool append_summary(
    const char *path, const struct qs_findings *findings, const struct qs_findings_view *view)
{
	struct qs_text text = QS_TEXT_INIT;
	FILE *file = NULL;
	bool written = false;

	if (qs_findings_write(findings, qs_findings_format_of_word("markdown"), view, &text) !=
	    QS_OK) {
		out_of_memory();
	} else if ((file = fopen(path, "ae"))) {
		written = fwrite(text.data, 1, text.size, file) == text.size;
		written = fclose(file) == 0 && written;
	}
	if (!written)
		fprintf(stderr, "qstrata: cannot write the summary to %s\n", path);
	qs_text_done(&text);
	return written;
}

bool outputs_write(const struct outputs *outputs, const struct qs_findings *findings,
    const struct qs_findings_view *view)
{
	bool written = true;

	for (size_t i = 0; i < outputs->n; i++)
		written = write_output(&outputs->list[i], findings, view) && written;
	if (outputs->summary && outputs->summary[0])
		written = append_summary(outputs->summary, findings, view) && written;
	return written;
}
