/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of path patterns. */
#include "cli/ignore.h"

#include <stdlib.h>
#include <string.h>

#include "cli/glob.h"
#include "cli/path.h"

struct ignore_rule {
	struct ignore_rule *next;
	bool back_in;      /* "!": not ignored after all */
	bool folders_only; /* "/" at the end */
	bool names;        /* without "/" elsewhere: the last part of a path is looked at */
	char glob[];
};

bool ignore_init(struct ignore_list *list, const char *folder)
{
	*list = (struct ignore_list){strdup(folder), NULL};
	return list->folder != NULL;
}

void ignore_done(struct ignore_list *list)
{
	while (list->rules) {
		struct ignore_rule *next = list->rules->next;

		free(list->rules);
		list->rules = next;
	}
	free(list->folder);
	list->folder = NULL;
}

/* Blanks at the end do not count, unless there is a "\" before. */
static size_t trim(const char *line, size_t size)
{
	while (size && line[size - 1] == '\r')
		size--;
	while (size && line[size - 1] == ' ' && !(size > 1 && line[size - 2] == '\\'))
		size--;
	return size;
}

bool ignore_add(struct ignore_list *list, const char *line, size_t size)
{
	struct ignore_rule *rule;
	bool back_in, folders_only;

	size = trim(line, size);
	if (size == 0 || line[0] == '#')
		return true;
	back_in = line[0] == '!';
	line += back_in;
	size -= back_in;
	folders_only = size && line[size - 1] == '/';
	size -= folders_only;
	if (size == 0)
		return true;
	rule = malloc(sizeof(*rule) + size + 1);
	if (!rule)
		return false;
	rule->names = !memchr(line, '/', size);
	/* A "/" at the front only says that the pattern is about this folder. */
	if (line[0] == '/') {
		line++;
		size--;
	}
	rule->back_in = back_in;
	rule->folders_only = folders_only;
	memcpy(rule->glob, line, size);
	rule->glob[size] = '\0';
	rule->next = list->rules;
	list->rules = rule;
	return true;
}

enum ignore_verdict ignore_judge(const struct ignore_list *list, const char *path, bool is_folder)
{
	const char *below = path_below(path, list->folder);

	if (!below)
		return IGNORE_SILENT;
	for (const struct ignore_rule *rule = list->rules; rule; rule = rule->next) {
		if ((is_folder || !rule->folders_only) &&
		    glob_matches(rule->glob, rule->names ? path_name(below) : below))
			return rule->back_in ? IGNORE_IN : IGNORE_OUT;
	}
	return IGNORE_SILENT;
}

bool ignore_covers(const struct ignore_list *list, char *path, bool is_folder)
{
	const char *below = path_below(path, list->folder);
	bool covered = false;

	if (!below)
		return false;
	for (char *slash = strchr(below, '/'); slash && !covered; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		covered = ignore_judge(list, path, true) == IGNORE_OUT;
		*slash = '/';
	}
	return covered || ignore_judge(list, path, is_folder) == IGNORE_OUT;
}
