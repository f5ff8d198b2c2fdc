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
#include "cli/levels.h"
#include "cli/outputs.h"
#include "cli/path.h"
#include "cli/report.h"
#include "cli/summary.h"

/* At most so many files at a time. */
#define JOBS_LIMIT 256

/* A run over files: what the options ask for, and what came of it. */
struct run {
	const struct arguments *arguments; /* the command line, with what settings say of the run */
	struct arguments merged;
	struct qs_findings *findings;
	struct outputs outputs;
	size_t at_most; /* findings shown; 0: all */
	size_t n_jobs;  /* files checked at a time */
	struct levels levels;
	bool unable;
	struct scopes scopes;
	struct baseline baseline;
	struct file_list list;
	struct checked *files;
	const char **names;
	struct fixing fixing;
	struct fixing_result fixed; /* in all files */
};

/* ---- what the options ask for ---------------------------------------------------------------- */

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

/* What is to be fixed. What is fixed or would be has the standard output for itself. */
static bool read_fixing(struct run *run)
{
	bool from_input = false;

	if (!fixing_read(run->arguments, &run->fixing))
		return false;
	for (size_t i = 0; i < run->list.n; i++)
		from_input |= strcmp(run->list.paths[i], "-") == 0;
	if (run->fixing.is_diff || (run->fixing.on && from_input))
		run->outputs.stream = stderr;
	return true;
}

/* What the options ask for of the whole run. False after a complaint. */
static bool read_options(struct run *run)
{
	return levels_read(run->arguments, run->levels.at_least, &run->levels) &&
	       option_count(run->arguments, OPTION_MAX_DIAGNOSTICS, 1, &run->at_most) &&
	       read_jobs(run) && check_docs_url(run->arguments) &&
	       baseline_open(&run->baseline, run->arguments) && read_fixing(run);
}

/* ---- files ----------------------------------------------------------------------------------- */

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

static bool add_file(struct run *run, size_t i)
{
	struct checked *file = &run->files[i];
	struct scope *scope;

	file->fixing = &run->fixing;
	file->fixed.output = (struct qs_text)QS_TEXT_INIT;
	file->path = run->list.paths[i];
	file->name = run->names[i] = name_of_file(run->arguments, file->path);
	file->absolute = path_absolute(file->name);
	if (!file->absolute) {
		out_of_memory();
		return false;
	}
	scope = scopes_find(&run->scopes, file->absolute);
	file->scope = scope;
	if (scope)
		scope->used = true;
	return scope != NULL;
}

static bool find_files(struct run *run)
{
	bool good = true;

	if (!files_find(run->arguments, scopes_exclude, &run->scopes, &run->list) ||
	    run->scopes.failed || !has_files(run))
		return false;
	run->files = calloc(run->list.n + 1, sizeof(*run->files));
	run->names = calloc(run->list.n + 1, sizeof(*run->names));
	if (!run->files || !run->names) {
		out_of_memory();
		return false;
	}
	for (size_t i = 0; i < run->list.n && good; i++)
		good = add_file(run, i);
	return good;
}

/* Lays what settings say of the whole run under the command line. False after a complaint. */
static bool settle(struct run *run)
{
	if (!scopes_agree(&run->scopes, &run->merged))
		return false;
	run->arguments = &run->merged;
	return true;
}

/* ---- what came of it ------------------------------------------------------------------------- */

static void tell(struct run *run)
{
	const struct arguments *arguments = run->arguments;
	const struct qs_findings_view view = {run->names, run->list.n, run->levels.at_least,
	    run->at_most, arguments->color, arguments->value[OPTION_DOCS_URL]};

	qs_findings_sort(run->findings);
	if (qs_findings_status(run->findings) != QS_OK) {
		out_of_memory();
		run->unable = true;
	}
	if (!outputs_write(&run->outputs, run->findings, &view))
		run->unable = true;
	fflush(stdout);
	if (arguments->value[OPTION_STATISTICS])
		tell_statistics(run->findings, run->levels.at_least);
	if (arguments->value[OPTION_QUIET] || run->outputs.for_programs)
		return;
	tell_fixing(&run->fixing, &run->fixed);
	if (!run->fixing.is_diff || run->unable)
		tell_summary(run->findings, &view);
}

static int exit_status(const struct run *run)
{
	if (run->unable)
		return EXIT_UNABLE;
	if (run->fixing.is_diff && !run->arguments->value[OPTION_EXIT_ZERO])
		return run->fixed.n_changed ? EXIT_FINDINGS : EXIT_CLEAN;
	return levels_exit(&run->levels, run->arguments, run->findings);
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
	if (!run->fixing.is_diff && !baseline_end(&run->baseline, run->arguments, run->findings))
		run->unable = true;
}

/* Opens the models that files are held against; what is wrong with them is found first. */
static bool open_models(struct run *run)
{
	for (struct scope *scope = run->scopes.first; scope; scope = scope->next) {
		const char *path = scope->used ? scope->arguments->value[OPTION_MODEL] : NULL;
		struct qs_findings *findings = qs_findings_new_beside(scope->decided);
		enum qs_status status = QS_NOMEM;

		if (findings) {
			status = open_model(path, findings, &scope->model);
			qs_findings_join(run->findings, findings);
		}
		if (status == QS_NOMEM)
			out_of_memory();
		if (status != QS_OK)
			return false;
	}
	return true;
}

static void check_all(struct run *run)
{
	if (open_models(run)) {
		check_files(run->files, run->list.n, run->n_jobs);
		collect(run);
	} else {
		run->unable = true;
	}
	tell(run);
}

/* Prints the settings of every file: files of one scope together. */
static void show_settings(const struct run *run)
{
	for (const struct scope *scope = run->scopes.first; scope; scope = scope->next) {
		if (!scope->used)
			continue;
		for (size_t i = 0; i < run->list.n; i++) {
			if (run->files[i].scope == scope)
				printf("%s\n", run->files[i].name);
		}
		settings_show(&scope->settings);
	}
}

static void end_run(struct run *run)
{
	for (size_t i = 0; run->files && i < run->list.n; i++) {
		checked_done(&run->files[i]);
		free(run->files[i].absolute);
	}
	qs_findings_free(run->findings);
	free(run->files);
	free(run->names);
	files_done(&run->list);
	baseline_done(&run->baseline);
	scopes_done(&run->scopes);
	outputs_done(&run->outputs);
}

static int run_command(const struct arguments *arguments, enum qs_severity at_least)
{
	struct run run = {
	    .arguments = arguments, .merged = *arguments, .levels.at_least = at_least};
	int status = EXIT_UNABLE;

	run.findings = qs_findings_new();
	if (!run.findings)
		return out_of_memory();
	if (outputs_read(arguments, &run.outputs) && scopes_init(&run.scopes, arguments) &&
	    find_files(&run) && settle(&run) && read_options(&run)) {
		if (arguments->value[OPTION_SHOW_SETTINGS]) {
			show_settings(&run);
			status = EXIT_CLEAN;
		} else {
			check_all(&run);
			status = exit_status(&run);
		}
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
