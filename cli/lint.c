/* SPDX-License-Identifier: Apache-2.0 */
/* lint and validate: read every config, tell what was found, and say so in the exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/report.h"

enum format { FORMAT_TEXT, FORMAT_FULL, FORMAT_JSON };

/* A run over files: what the options ask for, and what came of it. */
struct run {
	const struct arguments *arguments;
	struct qs_findings *findings;
	enum format format;
	enum qs_severity at_least; /* what is shown */
	int fail_level;            /* what makes the exit status 1; QS_SEVERITY__COUNT: nothing does */
	bool unable;
	struct model model;
	struct qs_source **sources; /* findings point into them until the end */
	size_t n_sources;
};

static bool read_format(struct run *run)
{
	static const char *const words[] = {"text", "full", "json"};
	const char *word = run->arguments->value[OPTION_FORMAT];

	run->format = isatty(STDOUT_FILENO) ? FORMAT_FULL : FORMAT_TEXT;
	for (size_t i = 0; word && i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i], word) == 0) {
			run->format = (enum format)i;
			return true;
		}
	}
	if (word)
		usage_error(
		    run->arguments, "--format cannot be \"%s\"; expected text, full or json", word);
	return !word;
}

static bool read_fail_level(struct run *run)
{
	const char *word = run->arguments->value[OPTION_FAIL_LEVEL];

	run->fail_level = QS_SEVERITY_ERROR;
	if (!word)
		return true;
	for (int s = 0; s < QS_SEVERITY__COUNT; s++) {
		if (strcmp(qs_severity_name((enum qs_severity)s), word) == 0) {
			run->fail_level = s;
			return true;
		}
	}
	run->fail_level = QS_SEVERITY__COUNT;
	if (strcmp(word, "never") == 0)
		return true;
	usage_error(run->arguments,
	    "--fail-level cannot be \"%s\"; expected info, warning, error or never", word);
	return false;
}

static void check_file(struct run *run, const char *path)
{
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	struct qs_source *source = NULL;
	enum qs_status status;

	status = read_source(run->arguments, path, run->findings, &source);
	if (status == QS_OK) {
		run->sources[run->n_sources++] = source;
		status = qs_policy_read(source, run->findings, &policy);
	}
	if (status == QS_OK)
		status = select_layers(
		    run->arguments, policy, &run->model, run->findings, &selection);
	qs_selection_free(selection);
	qs_policy_free(policy);
	if (status != QS_OK && status != QS_INVALID)
		run->unable = true;
	if (status == QS_NOMEM)
		out_of_memory();
}

static const char *plural(size_t n)
{
	return n == 1 ? "" : "s";
}

static void tell_summary(const struct run *run)
{
	const size_t errors = qs_findings_total(run->findings, QS_SEVERITY_ERROR);
	const size_t warnings = qs_findings_total(run->findings, QS_SEVERITY_WARNING);
	const size_t infos = qs_findings_total(run->findings, QS_SEVERITY_INFO);
	const size_t files = (size_t)run->arguments->n_files;

	if (run->arguments->value[OPTION_QUIET] || run->format == FORMAT_JSON)
		return;
	fflush(stdout);
	if (run->at_least == QS_SEVERITY_ERROR)
		fprintf(stderr, "%zu error%s in %zu file%s\n", errors, plural(errors), files,
		    plural(files));
	else
		fprintf(stderr, "%zu error%s, %zu warning%s, %zu note%s in %zu file%s\n", errors,
		    plural(errors), warnings, plural(warnings), infos, plural(infos), files, plural(files));
}

static void tell(struct run *run)
{
	const struct qs_text_style style = {
	    run->arguments->color, run->format == FORMAT_FULL, run->at_least};
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	qs_findings_sort(run->findings);
	if (run->format == FORMAT_JSON)
		status = qs_findings_write_json(
		    run->findings, (size_t)run->arguments->n_files, run->at_least, &text);
	else
		status = qs_findings_write_text(run->findings, &style, &text);
	if (status == QS_OK)
		fwrite(text.data, 1, text.size, stdout);
	else
		run->unable = true;
	qs_text_done(&text);
	tell_summary(run);
}

static int exit_status(const struct run *run)
{
	if (run->unable)
		return EXIT_UNABLE;
	for (int s = run->fail_level; s < QS_SEVERITY__COUNT; s++) {
		if (qs_findings_total(run->findings, (enum qs_severity)s))
			return EXIT_FINDINGS;
	}
	return EXIT_CLEAN;
}

static int check_files(const struct arguments *arguments, enum qs_severity at_least)
{
	struct run run = {.arguments = arguments, .at_least = at_least};
	int status;

	if (!read_format(&run) || !read_fail_level(&run))
		return EXIT_UNABLE;
	if (arguments->n_files == 0)
		return usage_error(arguments, "no file is given");
	run.findings = qs_findings_new();
	run.sources = calloc((size_t)arguments->n_files, sizeof(*run.sources));
	if (!run.findings || !run.sources) {
		qs_findings_free(run.findings);
		free(run.sources);
		return out_of_memory();
	}
	if (open_model(arguments->value[OPTION_MODEL], run.findings, &run.model) == QS_OK) {
		for (int i = 0; i < arguments->n_files; i++)
			check_file(&run, arguments->files[i]);
	} else {
		run.unable = true;
	}
	tell(&run);
	close_model(&run.model);
	status = exit_status(&run);
	for (size_t i = 0; i < run.n_sources; i++)
		qs_source_free(run.sources[i]);
	free(run.sources);
	qs_findings_free(run.findings);
	return status;
}

int command_lint(const struct arguments *arguments)
{
	return check_files(arguments, QS_SEVERITY_INFO);
}

int command_validate(const struct arguments *arguments)
{
	return check_files(arguments, QS_SEVERITY_ERROR);
}
