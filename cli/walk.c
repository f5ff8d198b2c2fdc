/* SPDX-License-Identifier: Apache-2.0 */
/* Walking folders for configs, past what git ignores. */
#include "cli/walk.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/glob.h"
#include "cli/path.h"
#include "qstrata/qstrata.h"

/* A .gitignore is at most so large. */
#define IGNORE_FILE_LIMIT ((size_t)1 << 20)

/* What a folder and those above it ignore, the nearest first. */
struct ignore_chain {
	struct ignore_list list;
	struct ignore_chain *outer;
};

/* ---- what git ignores ------------------------------------------------------------------------ */

static bool add_lines(struct ignore_list *list, const char *text, size_t size)
{
	while (size) {
		const char *end = memchr(text, '\n', size);
		const size_t line = end ? (size_t)(end - text) : size;

		if (!ignore_add(list, text, line))
			return false;
		text += line + (end != NULL);
		size -= line + (end != NULL);
	}
	return true;
}

/* Reads the .gitignore of a folder, if there is one that can be read. False: memory ran out. */
static bool read_gitignore(struct ignore_list *list, const char *absolute)
{
	struct qs_findings *unheard = qs_findings_new();
	char *path = path_join(absolute, ".gitignore");
	struct qs_source *source = NULL;
	enum qs_status status = QS_NOMEM;
	struct stat facts;
	const char *text;
	size_t size;

	if (unheard && path) {
		status = QS_OK;
		if (stat(path, &facts) == 0 && S_ISREG(facts.st_mode))
			status = qs_source_read(path, path, IGNORE_FILE_LIMIT, unheard, &source);
	}
	if (status == QS_OK && source) {
		text = qs_source_text(source, &size);
		status = add_lines(list, text, size) ? QS_OK : QS_NOMEM;
	}
	qs_source_free(source);
	qs_findings_free(unheard);
	free(path);
	return status != QS_NOMEM;
}

static bool has_entry(const char *folder, const char *name)
{
	char *path = path_join(folder, name);
	struct stat facts;
	const bool has = path && lstat(path, &facts) == 0;

	free(path);
	return has;
}

static void free_chain(struct ignore_chain *chain)
{
	while (chain) {
		struct ignore_chain *outer = chain->outer;

		ignore_done(&chain->list);
		free(chain);
		chain = outer;
	}
}

static struct ignore_chain *new_link(const char *absolute)
{
	struct ignore_chain *link = calloc(1, sizeof(*link));

	if (link && ignore_init(&link->list, absolute) && read_gitignore(&link->list, absolute))
		return link;
	free_chain(link);
	return NULL;
}

/*
 * Reads what the folders above an absolute one ignore, up to the top of the repository of git.
 * Outside of one they have no say. False: memory ran out.
 */
static bool read_outer(const char *absolute, struct ignore_chain **ret_chain)
{
	struct ignore_chain *first = NULL, **end = &first;
	char *folder = strdup(absolute);
	bool top = folder && has_entry(folder, ".git"), good = folder != NULL;

	while (good && !top && path_cut(folder)) {
		*end = new_link(folder);
		good = *end != NULL;
		if (good)
			end = &(*end)->outer;
		top = has_entry(folder, ".git");
	}
	free(folder);
	if (!good || !top) {
		free_chain(first);
		first = NULL;
	}
	*ret_chain = first;
	return good;
}

static bool is_ignored(const struct ignore_chain *chain, const char *path, bool is_folder)
{
	enum ignore_verdict verdict = IGNORE_SILENT;

	for (; chain && verdict == IGNORE_SILENT; chain = chain->outer)
		verdict = ignore_judge(&chain->list, path, is_folder);
	return verdict == IGNORE_OUT;
}

/* ---- walking --------------------------------------------------------------------------------- */

static bool walk_inside(
    const struct walk *walk, const char *folder, const char *absolute, struct ignore_chain *outer);

static bool visit(
    const struct walk *walk, const char *path, char *absolute, struct ignore_chain *chain)
{
	struct stat facts, target;
	bool is_folder;

	/* What is gone by now is passed over. */
	if (lstat(path, &facts) != 0)
		return true;
	is_folder = S_ISDIR(facts.st_mode);
	if (!is_folder && (!glob_matches(CONFIG_NAME, path_name(path)) ||
			      stat(path, &target) != 0 || !S_ISREG(target.st_mode)))
		return true;
	if (is_ignored(chain, absolute, is_folder) ||
	    walk->excluded(walk->user, absolute, is_folder))
		return true;
	return is_folder ? walk_inside(walk, path, absolute, chain) : files_add(walk->list, path);
}

static int compare_names(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int is_looked_at(const struct dirent *entry)
{
	return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
	       strcmp(entry->d_name, ".git") != 0;
}

static bool visit_entries(
    const struct walk *walk, const char *folder, const char *absolute, struct ignore_chain *chain)
{
	struct dirent **entries;
	const int n = scandir(folder, &entries, is_looked_at, compare_names);
	bool good = true;

	if (n < 0)
		return errno != ENOMEM && files_add(walk->list, folder);
	for (int i = 0; i < n; i++) {
		char *path = good ? path_join(folder, entries[i]->d_name) : NULL;
		char *below = path ? path_join(absolute, entries[i]->d_name) : NULL;

		good = below && visit(walk, path, below, chain);
		free(below);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return good;
}

static bool walk_inside(
    const struct walk *walk, const char *folder, const char *absolute, struct ignore_chain *outer)
{
	struct ignore_chain *here = NULL;
	bool good;

	if (walk->gitignore && !(here = new_link(absolute)))
		return false;
	if (here)
		here->outer = outer;
	good = visit_entries(walk, folder, absolute, here);
	if (here)
		here->outer = NULL;
	free_chain(here);
	return good;
}

bool walk_folder(const struct walk *walk, const char *folder)
{
	char *absolute = path_absolute(folder);
	struct ignore_chain *outer = NULL;
	bool good = absolute != NULL;

	if (good && walk->gitignore)
		good = read_outer(absolute, &outer);
	good = good && walk_inside(walk, folder, absolute, outer);
	free_chain(outer);
	free(absolute);
	return good;
}
