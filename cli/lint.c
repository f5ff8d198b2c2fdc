/* SPDX-License-Identifier: Apache-2.0 */
/* lint and validate: read every config, tell what was found, and say so in the exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/outputs.h"
#include "cli/report.h"
#include "cli/decisions.h"

/* A run over files: what the options ask for, and what came of it. */
struct run {
	const struct arguments *arguments;
	struct qs_findings *findings;
	struct outputs outputs;
	size_t at_most;            /* findings shown; 0: all */
	enum qs_severity at_least; /* what is shown */
	int fail_level; /* what makes the exit status 1; QS_SEVERITY__COUNT: nothing does */
	bool unable;
	struct model model;
	struct qs_source **sources; /* findings point into them until the end */
	size_t n_sources;
	const char **files; /* their names */
};

static bool read_fail_level(struct run *run)
{
	const char *word = run->arguments->value[OPTION_FAIL_LEVEL];

	run->fail_level = QS_SEVERITY_ERROR;
	if (!word)
		return true;
	run->fail_level =
	    strcmp(word, "never") == 0 ? QS_SEVERITY__COUNT : severity_of_word(word, strlen(word));
	if (run->fail_level >= 0)
		return true;
	usage_error(run->arguments,
	    "--fail-level cannot be \"%s\"; expected info, warning, error or never", word);
	return false;
}

static bool read_at_most(struct run *run)
{
	const char *word = run->arguments->value[OPTION_MAX_DIAGNOSTICS];
	char *end;

	if (!word)
		return true;
	run->at_most = strtoul(word, &end, 10);
	if (word[0] >= '1' && word[0] <= '9' && !*end)
		return true;
	usage_error(
	    run->arguments, "--max-diagnostics cannot be \"%s\"; expected a number from 1", word);
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
		status =
		    select_layers(run->arguments, policy, &run->model, run->findings, &selection);
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

/* What is left out by --max-diagnostics, or since the list was full. */
static void tell_hidden(const struct run *run)
{
	size_t n_hidden = 0, n_kept = 0;

	for (int s = (int)run->at_least; s < QS_SEVERITY__COUNT; s++)
		n_hidden += qs_findings_total(run->findings, (enum qs_severity)s);
	for (size_t i = 0; i < qs_findings_count(run->findings); i++)
		n_kept += qs_findings_at(run->findings, i)->severity >= run->at_least;
	n_hidden -= run->at_most && run->at_most < n_kept ? run->at_most : n_kept;
	if (n_hidden)
		fprintf(
		    stderr, "%zu finding%s not shown\n", n_hidden, n_hidden == 1 ? " is" : "s are");
}

static void tell_summary(const struct run *run)
{
	const size_t errors = qs_findings_total(run->findings, QS_SEVERITY_ERROR);
	const size_t warnings = qs_findings_total(run->findings, QS_SEVERITY_WARNING);
	const size_t infos = qs_findings_total(run->findings, QS_SEVERITY_INFO);
	const size_t files = (size_t)run->arguments->n_files;

	if (run->arguments->value[OPTION_QUIET] || run->outputs.for_programs)
		return;
	tell_hidden(run);
	if (run->at_least == QS_SEVERITY_ERROR)
		fprintf(stderr, "%zu error%s in %zu file%s\n", errors, plural(errors), files,
		    plural(files));
	else
		fprintf(stderr, "%zu error%s, %zu warning%s, %zu note%s in %zu file%s\n", errors,
		    plural(errors), warnings, plural(warnings), infos, plural(infos), files,
		    plural(files));
}

static void tell(struct run *run)
{
	const struct arguments *arguments = run->arguments;
	const struct qs_findings_view view = {
	    run->files, (size_t)arguments->n_files, run->at_least, run->at_most, arguments->color};

	qs_findings_sort(run->findings);
	if (qs_findings_status(run->findings) != QS_OK) {
		out_of_memory();
		run->unable = true;
	}
	if (!outputs_write(&run->outputs, run->findings, &view))
		run->unable = true;
	fflush(stdout);
	if (arguments->value[OPTION_STATISTICS])
		tell_statistics(run->findings, run->at_least);
	tell_summary(run);
}

static int exit_status(const struct run *run)
{
	if (run->unable)
		return EXIT_UNABLE;
	if (run->arguments->value[OPTION_EXIT_ZERO])
		return EXIT_CLEAN;
	for (int s = run->fail_level; s < QS_SEVERITY__COUNT; s++) {
		if (qs_findings_total(run->findings, (enum qs_severity)s))
			return EXIT_FINDINGS;
	}
	return EXIT_CLEAN;
}

/* What the options ask for. False after a complaint. */
static bool read_settings(struct run *run)
{
	if (!outputs_read(run->arguments, &run->outputs) || !read_fail_level(run) ||
	    !read_at_most(run))
		return false;
	if (run->arguments->n_files == 0) {
		usage_error(run->arguments, "no file is given");
		return false;
	}
	run->findings = qs_findings_new();
	run->sources = calloc((size_t)run->arguments->n_files, sizeof(*run->sources));
	run->files = calloc((size_t)run->arguments->n_files, sizeof(*run->files));
	if (!run->findings || !run->sources || !run->files) {
		out_of_memory();
		return false;
	}
	return decisions_read(run->arguments, run->findings);
}

static void check_all(struct run *run)
{
	const struct arguments *arguments = run->arguments;

	for (int i = 0; i < arguments->n_files; i++)
		run->files[i] = name_of_file(arguments, arguments->files[i]);
	if (open_model(arguments->value[OPTION_MODEL], run->findings, &run->model) == QS_OK) {
		for (int i = 0; i < arguments->n_files; i++)
			check_file(run, arguments->files[i]);
	} else {
		run->unable = true;
	}
	tell(run);
	close_model(&run->model);
}

static void end_run(struct run *run)
{
	for (size_t i = 0; i < run->n_sources; i++)
		qs_source_free(run->sources[i]);
	free(run->sources);
	free(run->files);
	qs_findings_free(run->findings);
	outputs_done(&run->outputs);
}

static int check_files(const struct arguments *arguments, enum qs_severity at_least)
{
	struct run run = {.arguments = arguments, .at_least = at_least};
	int status = EXIT_UNABLE;

	if (read_settings(&run)) {
		check_all(&run);
		status = exit_status(&run);
	}
	end_run(&run);
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
