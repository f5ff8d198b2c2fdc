/* SPDX-License-Identifier: Apache-2.0 */
/* Finding the settings of files, each settings file once. */
#include "cli/scope.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/decisions.h"
#include "cli/path.h"

/* A folder that was looked at. */
struct folder {
	char *path;
	struct scope *scope;
};

/* ---- one scope ------------------------------------------------------------------------------- */

/* What is excluded: patterns of the command line are about the working folder. */
static bool read_excluded(struct scope *scope)
{
	const struct given *last = scope->arguments->from[OPTION_EXCLUDE];
	char *folder = path_absolute(".");
	bool good = folder && ignore_init(&scope->excluded,
				  last && last->origin ? scope->settings.folder : folder);

	for (size_t i = 0; i < scope->arguments->n_given && good; i++) {
		const struct given *given = &scope->arguments->given[i];

		if (given->option == OPTION_EXCLUDE)
			good = ignore_add(&scope->excluded, given->value, strlen(given->value));
	}
	free(folder);
	if (!good)
		out_of_memory();
	return good;
}

/* Reads by what files are judged. */
static bool read_judgement(struct scope *scope)
{
	struct qs_findings *findings = qs_findings_new();
	const bool good = findings && judgement_read(scope->arguments, findings, &scope->judgement);

	if (!findings)
		out_of_memory();
	else
		tell_findings(scope->arguments, findings, stderr, QS_SEVERITY_INFO);
	qs_findings_free(findings);
	return good;
}

static void free_scope(struct scope *scope)
{
	if (!scope)
		return;
	close_model(&scope->model);
	judgement_done(&scope->judgement);
	ignore_done(&scope->excluded);
	qs_findings_free(scope->decided);
	settings_done(&scope->settings);
	free(scope);
}

/* Reads a settings file, or none for a NULL path, into a new scope. NULL after a complaint. */
static struct scope *new_scope(struct scopes *scopes, const char *path)
{
	struct scope *scope = calloc(1, sizeof(*scope)), **end = &scopes->first;

	if (!scope) {
		out_of_memory();
		return NULL;
	}
	scope->arguments = &scope->settings.arguments;
	scope->decided = qs_findings_new();
	if (!scope->decided)
		out_of_memory();
	else if (settings_read(scopes->line, path, &scope->settings) && read_excluded(scope) &&
		 read_judgement(scope) &&
		 decisions_read(scope->arguments, scope->judgement.rulebook, scope->decided) &&
		 decisions_check(&scope->settings, scope->judgement.rulebook)) {
		while (*end)
			end = &(*end)->next;
		return *end = scope;
	}
	free_scope(scope);
	return NULL;
}

bool scope_excuse(const struct scope *scope, char *path, struct qs_findings *findings)
{
	for (size_t i = 0; i < scope->settings.n_per_path; i++) {
		const struct per_path *per_path = &scope->settings.per_path[i];

		if (!ignore_covers(&per_path->paths, path, false))
			continue;
		for (size_t k = 0; k < per_path->n_codes; k++) {
			if (qs_findings_excuse(
				findings, per_path->codes[k]->text, per_path->reason) != QS_OK)
				return false;
		}
	}
	return true;
}

/* ---- all of them ----------------------------------------------------------------------------- */

static int compare_folders(const void *a, const void *b)
{
	const struct folder *x = a, *y = b;

	return strcmp(x->path, y->path);
}

/* The scope that was found for a folder, or NULL. */
static struct scope *recall(const struct scopes *scopes, const char *path)
{
	const struct folder wanted = {(char *)path, NULL};
	struct folder *const *node = tfind(&wanted, &scopes->folders, compare_folders);

	return node ? (*node)->scope : NULL;
}

static bool remember(struct scopes *scopes, const char *path, struct scope *scope)
{
	struct folder *folder = malloc(sizeof(*folder));

	if (folder) {
		*folder = (struct folder){strdup(path), scope};
		if (folder->path && tsearch(folder, &scopes->folders, compare_folders))
			return true;
		free(folder->path);
	}
	free(folder);
	out_of_memory();
	return false;
}

/* Whether there is such a name; a link that leads nowhere is one, and what reads it will say so. */
static bool has_entry(const char *folder, const char *name)
{
	char *path = path_join(folder, name);
	struct stat facts;
	const bool has = path && lstat(path, &facts) == 0;

	free(path);
	return has;
}

/* A path as people would write it: from the working folder when it is below. Malloc'ed. */
static char *path_shown(const char *folder, const char *name)
{
	char *working = path_absolute("."), *path = path_join(folder, name), *shown = NULL;

	if (working && path) {
		const char *below = path_below(path, working);

		shown = strdup(below ? below : path);
	}
	free(working);
	free(path);
	return shown;
}

static struct scope *read_folder(struct scopes *scopes, const char *folder)
{
	char *path = path_shown(folder, SETTINGS_NAME);
	struct scope *scope = path ? new_scope(scopes, path) : NULL;

	if (!path)
		out_of_memory();
	free(path);
	return scope;
}

/* The scope without a settings file, made when it is first asked for. */
static struct scope *plain_scope(struct scopes *scopes)
{
	struct scope *scope = scopes->first;

	while (scope && scope->settings.path)
		scope = scope->next;
	return scope ? scope : new_scope(scopes, NULL);
}

/* The scope of what is in an absolute folder. */
static struct scope *find_folder(struct scopes *scopes, char *folder)
{
	struct scope *scope = recall(scopes, folder);

	if (scope)
		return scope;
	if (has_entry(folder, SETTINGS_NAME)) {
		scope = read_folder(scopes, folder);
	} else if (has_entry(folder, ".git") || !folder[1]) {
		scope = plain_scope(scopes);
	} else {
		char *slash = strrchr(folder, '/');
		const size_t at = slash == folder ? 1 : (size_t)(slash - folder);
		const char kept = folder[at];

		folder[at] = '\0';
		scope = find_folder(scopes, folder);
		folder[at] = kept;
	}
	return scope && remember(scopes, folder, scope) ? scope : NULL;
}

struct scope *scopes_find(struct scopes *scopes, char *path)
{
	char *slash = strrchr(path, '/');
	const size_t at = slash == path ? 1 : (size_t)(slash - path);
	const char kept = path[at];
	struct scope *scope;

	if (scopes->failed)
		return NULL;
	if (scopes->line->value[OPTION_SETTINGS] || scopes->line->value[OPTION_NO_SETTINGS])
		return scopes->first;
	path[at] = '\0';
	scope = find_folder(scopes, path);
	path[at] = kept;
	scopes->failed = !scope;
	return scope;
}

bool scopes_exclude(void *user, char *path, bool is_folder)
{
	struct scope *scope = scopes_find(user, path);

	return scope && ignore_covers(&scope->excluded, path, is_folder);
}

bool scopes_agree(const struct scopes *scopes, struct arguments *run)
{
	const struct settings *first = NULL;

	for (const struct scope *scope = scopes->first; scope; scope = scope->next) {
		if (!scope->used)
			continue;
		if (first && !settings_agree(first, &scope->settings))
			return false;
		first = &scope->settings;
	}
	if (first)
		settings_take(first, run);
	return true;
}

bool scopes_init(struct scopes *scopes, const struct arguments *line)
{
	*scopes = (struct scopes){line, NULL, NULL, false};
	if (line->value[OPTION_SETTINGS] && line->value[OPTION_NO_SETTINGS]) {
		usage_error(line, "--settings and --no-settings exclude each other");
		return false;
	}
	if (line->value[OPTION_SETTINGS] || line->value[OPTION_NO_SETTINGS])
		return new_scope(scopes, line->value[OPTION_SETTINGS]) != NULL;
	return true;
}

void scopes_done(struct scopes *scopes)
{
	while (scopes->folders) {
		struct folder *folder = *(struct folder **)scopes->folders;

		tdelete(folder, &scopes->folders, compare_folders);
		free(folder->path);
		free(folder);
	}
	while (scopes->first) {
		struct scope *next = scopes->first->next;

		free_scope(scopes->first);
		scopes->first = next;
	}
}
