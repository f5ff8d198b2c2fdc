/* SPDX-License-Identifier: Apache-2.0 */
/* The list of files: what is named, what a list names, and each of them once. */
#include "cli/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cli/path.h"
#include "cli/report.h"
#include "cli/walk.h"

/* A list of files is at most so large. */
#define LIST_LIMIT ((size_t)256 << 20)

bool files_add(struct file_list *list, const char *path)
{
	if (list->n == FILES_LIMIT) {
		fprintf(stderr, "qstrata: more than %zu files\n", FILES_LIMIT);
		return false;
	}
	if (list->n == list->capacity) {
		const size_t capacity = list->capacity ? list->capacity * 2 : 64;
		char **paths = realloc(list->paths, capacity * sizeof(*paths));

		if (!paths)
			return false;
		list->paths = paths;
		list->capacity = capacity;
	}
	list->paths[list->n] = strdup(path);
	return list->paths[list->n] && ++list->n;
}

void files_done(struct file_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->paths[i]);
	free(list->paths);
	*list = (struct file_list){NULL, 0, 0, 0};
}

static bool is_named_file_excluded(const struct walk *walk, const char *path)
{
	char *absolute = path_absolute(path);
	const bool excluded = absolute && walk->excluded(walk->user, absolute, false);

	free(absolute);
	return excluded;
}

/* Adds what a name stands for. */
static bool add_named(const struct arguments *arguments, const struct walk *walk, const char *name)
{
	struct stat facts;

	if (strcmp(name, "-") == 0)
		return files_add(walk->list, name);
	if (stat(name, &facts) == 0 && S_ISDIR(facts.st_mode))
		return walk_folder(walk, name);
	if (arguments->value[OPTION_FORCE_EXCLUDE] && is_named_file_excluded(walk, name)) {
		walk->list->n_excluded++;
		return true;
	}
	return files_add(walk->list, name);
}

/* The standard input cannot be a list and a file of it. False after a complaint. */
static bool is_no_list(const struct arguments *arguments, const char *name)
{
	if (strcmp(name, "-") != 0 || strcmp(arguments->value[OPTION_FILES_FROM], "-") != 0)
		return true;
	usage_error(
	    arguments, "--files-from - cannot name \"-\": the list itself comes from there");
	return false;
}

/* Adds the names of a text, each ended by `end` or the end of the text. */
static bool add_names(
    const struct arguments *arguments, const struct walk *walk, const char *text, size_t size)
{
	const char end = arguments->value[OPTION_NUL] ? '\0' : '\n';
	bool good = true;

	while (size && good) {
		const char *stop = memchr(text, end, size);
		const size_t length = stop ? (size_t)(stop - text) : size;
		char *name = strndup(text, length);

		good = name && is_no_list(arguments, name) &&
		       (!*name || add_named(arguments, walk, name));
		free(name);
		text += length + (stop != NULL);
		size -= length + (stop != NULL);
	}
	return good;
}

static bool add_listed(const struct arguments *arguments, const struct walk *walk, const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	const char *text;
	size_t size;
	bool good = false;

	if (findings && qs_source_read(path, strcmp(path, "-") == 0 ? "<stdin>" : path, LIST_LIMIT,
			    findings, &source) == QS_OK) {
		text = qs_source_text(source, &size);
		good = add_names(arguments, walk, text, size);
	}
	if (findings)
		tell_findings(arguments, findings, stderr, QS_SEVERITY_ERROR);
	qs_source_free(source);
	qs_findings_free(findings);
	return good;
}

/* ---- each once ------------------------------------------------------------------------------- */

struct place_in_list {
	char *path; /* without what says nothing: "./a//b" is "a/b" */
	size_t index;
};

static int compare_places(const void *a, const void *b)
{
	const struct place_in_list *x = a, *y = b;
	const int order = strcmp(x->path, y->path);

	return order ? order : x->index < y->index ? -1 : 1;
}

/* Drops "." and empty parts of a path in place, as far as the name stays the same. */
static char *plain_copy(const char *path)
{
	char *copy = strdup(path), *end = copy;

	for (const char *next = path; copy && *next; next++) {
		const bool at_start = next == path || next[-1] == '/';

		if (at_start && next[0] == '.' && next[1] == '/')
			next++;
		else if (!(at_start && next != path && *next == '/'))
			*end++ = *next;
	}
	if (copy)
		*end = '\0';
	return copy;
}

/* Releases the later ones of equal paths, and moves the others together. */
static void drop_equals(struct file_list *list, const struct place_in_list *sorted)
{
	size_t n = 0;

	for (size_t i = 1; i < list->n; i++) {
		if (strcmp(sorted[i].path, sorted[i - 1].path) == 0) {
			free(list->paths[sorted[i].index]);
			list->paths[sorted[i].index] = NULL;
		}
	}
	for (size_t i = 0; i < list->n; i++) {
		if (list->paths[i])
			list->paths[n++] = list->paths[i];
	}
	list->n = n;
}

static bool keep_each_once(struct file_list *list)
{
	struct place_in_list *sorted = calloc(list->n + 1, sizeof(*sorted));
	bool good = sorted != NULL;

	for (size_t i = 0; good && i < list->n; i++) {
		sorted[i] = (struct place_in_list){plain_copy(list->paths[i]), i};
		good = sorted[i].path != NULL;
	}
	if (good) {
		const size_t n = list->n;

		qsort(sorted, n, sizeof(*sorted), compare_places);
		drop_equals(list, sorted);
		for (size_t i = 0; i < n; i++)
			free(sorted[i].path);
	}
	free(sorted);
	return good;
}

bool files_find(const struct arguments *arguments, is_excluded *excluded, void *user,
    struct file_list *ret_list)
{
	const struct walk walk = {ret_list, excluded, user, !arguments->value[OPTION_NO_GITIGNORE]};
	const char *list = arguments->value[OPTION_FILES_FROM];
	bool good = true;

	*ret_list = (struct file_list){NULL, 0, 0, 0};
	for (int i = 0; i < arguments->n_files && good; i++)
		good = add_named(arguments, &walk, arguments->files[i]);
	if (list && good)
		good = add_listed(arguments, &walk, list);
	return good && keep_each_once(ret_list);
}
