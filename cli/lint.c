/* SPDX-License-Identifier: Apache-2.0 */
/* lint and validate: check every config, tell what was found, and say so in the exit status. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/baseline.h"
#include "cli/check.h"
#include "cli/decisions.h"
#include "cli/files.h"
#include "cli/outputs.h"
#include "cli/path.h"
#include "cli/report.h"

/* At most so many files at a time. */
#define JOBS_LIMIT 256

/* A run over files: what the options ask for, and what came of it. */
struct run {
	const struct arguments *arguments;
	struct qs_findings *findings;
	struct outputs outputs;
	size_t at_most;            /* findings shown; 0: all */
	size_t n_jobs;             /* files checked at a time */
	enum qs_severity at_least; /* what is shown */
	int fail_level; /* what makes the exit status 1; QS_SEVERITY__COUNT: nothing does */
	bool unable;
	struct scope scope;
	struct ignore_list excluded;
	struct baseline baseline;
	size_t max_warnings;
	struct file_list list;
	struct checked *files;
	const char **names;
	struct fixing_result fixed; /* in all files */
};

/* ---- what the options ask for ---------------------------------------------------------------- */

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

/* As many files at a time as there are processors, unless the option says otherwise. */
static bool read_jobs(struct run *run)
{
	const long n = sysconf(_SC_NPROCESSORS_ONLN);

	run->n_jobs = n > 0 ? (size_t)n : 1;
	if (!option_count(run->arguments, OPTION_JOBS, 1, &run->n_jobs))
		return false;
	if (run->n_jobs > JOBS_LIMIT)
		run->n_jobs = JOBS_LIMIT;
	return true;
}

static bool read_excluded(struct run *run)
{
	const struct arguments *arguments = run->arguments;
	char *folder = path_absolute(".");
	bool good = folder && ignore_init(&run->excluded, folder);

	for (size_t i = 0; i < arguments->n_given && good; i++) {
		const struct given *given = &arguments->given[i];

		if (given->option == OPTION_EXCLUDE)
			good = ignore_add(&run->excluded, given->value, strlen(given->value));
	}
	free(folder);
	if (!good)
		out_of_memory();
	return good;
}

/* What the options ask for. False after a complaint. */
static bool read_settings(struct run *run)
{
	if (!outputs_read(run->arguments, &run->outputs) || !read_fail_level(run) ||
	    !option_count(run->arguments, OPTION_MAX_DIAGNOSTICS, 1, &run->at_most) ||
	    !option_count(run->arguments, OPTION_MAX_WARNINGS, 0, &run->max_warnings) ||
	    !read_jobs(run) || !read_excluded(run) ||
	    !baseline_open(&run->baseline, run->arguments) ||
	    !fixing_read(run->arguments, &run->scope.fixing))
		return false;
	run->findings = qs_findings_new();
	run->scope.decided = qs_findings_new();
	if (!run->findings || !run->scope.decided) {
		out_of_memory();
		return false;
	}
	return decisions_read(run->arguments, run->scope.decided);
}

/* ---- files ----------------------------------------------------------------------------------- */

static bool is_passed_over(const void *user, char *path, bool is_folder)
{
	return ignore_covers(user, path, is_folder);
}

/* Complains when there is nothing to do. */
static bool has_files(const struct run *run)
{
	const struct arguments *arguments = run->arguments;

	if (run->list.n || run->list.n_excluded || arguments->value[OPTION_ALLOW_EMPTY])
		return true;
	if (arguments->n_files == 0 && !arguments->value[OPTION_FILES_FROM])
		usage_error(arguments, "no file is given");
	else
		usage_error(arguments,
		    "no file to check is found; in folders configs are called " CONFIG_NAME);
	return false;
}

static bool find_files(struct run *run)
{
	if (!files_find(run->arguments, is_passed_over, &run->excluded, &run->list))
		return false;
	if (!has_files(run))
		return false;
	run->files = calloc(run->list.n + 1, sizeof(*run->files));
	run->names = calloc(run->list.n + 1, sizeof(*run->names));
	if (!run->files || !run->names) {
		out_of_memory();
		return false;
	}
	for (size_t i = 0; i < run->list.n; i++) {
		const char *path = run->list.paths[i];

		run->names[i] = name_of_file(run->arguments, path);
		/* What is fixed or would be has the standard output for itself. */
		if (run->scope.fixing.is_diff || (run->scope.fixing.on && strcmp(path, "-") == 0))
			run->outputs.stream = stderr;
		run->files[i] = (struct checked){.path = path,
		    .name = run->names[i],
		    .scope = &run->scope,
		    .fixed = {.output = QS_TEXT_INIT}};
	}
	return true;
}

/* ---- what came of it ------------------------------------------------------------------------- */

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
	for (size_t i = 0; i < qs_findings_count(run->findings); i++) {
		const struct qs_finding *finding = qs_findings_at(run->findings, i);

		n_kept += finding->severity >= run->at_least && !finding->suppressed;
	}
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
	const size_t suppressed = qs_findings_suppressed(run->findings);
	const size_t files = run->list.n;

	if (run->arguments->value[OPTION_QUIET] || run->outputs.for_programs)
		return;
	tell_fixing(&run->scope.fixing, &run->fixed);
	if (run->scope.fixing.is_diff && !run->unable)
		return;
	tell_hidden(run);
	fprintf(stderr, "%zu error%s", errors, plural(errors));
	if (run->at_least != QS_SEVERITY_ERROR)
		fprintf(stderr, ", %zu warning%s, %zu note%s", warnings, plural(warnings), infos,
		    plural(infos));
	if (suppressed)
		fprintf(stderr, ", %zu suppressed", suppressed);
	fprintf(stderr, " in %zu file%s\n", files, plural(files));
}

static void tell(struct run *run)
{
	const struct arguments *arguments = run->arguments;
	const struct qs_findings_view view = {
	    run->names, run->list.n, run->at_least, run->at_most, arguments->color};

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
	if (run->scope.fixing.is_diff)
		return run->fixed.n_changed ? EXIT_FINDINGS : EXIT_CLEAN;
	for (int s = run->fail_level; s < QS_SEVERITY__COUNT; s++) {
		if (qs_findings_total(run->findings, (enum qs_severity)s))
			return EXIT_FINDINGS;
	}
	if (run->arguments->value[OPTION_MAX_WARNINGS] &&
	    qs_findings_total(run->findings, QS_SEVERITY_WARNING) > run->max_warnings)
		return EXIT_FINDINGS;
	return EXIT_CLEAN;
}

/* Takes the findings of all files, in their order. */
static void collect(struct run *run)
{
	for (size_t i = 0; i < run->list.n; i++) {
		struct checked *file = &run->files[i];

		if (file->status != QS_OK && file->status != QS_INVALID)
			run->unable = true;
		if (file->status == QS_NOMEM)
			out_of_memory();
		if (!baseline_apply(&run->baseline, file))
			run->unable = true;
		if (file->findings)
			qs_findings_join(run->findings, file->findings);
		file->findings = NULL;
		if (!fixing_collect(&file->fixed, &run->fixed))
			run->unable = true;
	}
	/* With --diff nothing is reported, so nothing is known or forgotten either. */
	if (!run->scope.fixing.is_diff &&
	    !baseline_end(&run->baseline, run->arguments, run->findings))
		run->unable = true;
}

static void check_all(struct run *run)
{
	struct qs_findings *findings = qs_findings_new_beside(run->scope.decided);
	enum qs_status status = QS_NOMEM;

	if (findings)
		status =
		    open_model(run->arguments->value[OPTION_MODEL], findings, &run->scope.model);
	if (findings)
		qs_findings_join(run->findings, findings);
	if (status == QS_NOMEM)
		out_of_memory();
	if (status == QS_OK) {
		check_files(run->files, run->list.n, run->n_jobs);
		collect(run);
	} else {
		run->unable = true;
	}
	tell(run);
}

static void end_run(struct run *run)
{
	for (size_t i = 0; run->files && i < run->list.n; i++)
		checked_done(&run->files[i]);
	close_model(&run->scope.model);
	qs_findings_free(run->findings);
	qs_findings_free(run->scope.decided);
	free(run->files);
	free(run->names);
	files_done(&run->list);
	ignore_done(&run->excluded);
	baseline_done(&run->baseline);
	outputs_done(&run->outputs);
}

static int run_command(const struct arguments *arguments, enum qs_severity at_least)
{
	struct run run = {.arguments = arguments, .at_least = at_least};
	int status = EXIT_UNABLE;

	run.scope.arguments = arguments;
	if (read_settings(&run) && find_files(&run)) {
		check_all(&run);
		status = exit_status(&run);
	}
	end_run(&run);
	return status;
}

int command_lint(const struct arguments *arguments)
{
	return run_command(arguments, QS_SEVERITY_INFO);
}

int command_validate(const struct arguments *arguments)
{
	return run_command(arguments, QS_SEVERITY_ERROR);
}
