/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lists of path patterns, as a .gitignore holds them (gitignore(5)): the last one that takes a path
 * counts, and "!" before it takes the path back in.
 */
#ifndef CLI_IGNORE_H
#define CLI_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

struct ignore_rule;

struct ignore_list {
	char *folder;              /* absolute: what the patterns are relative to */
	struct ignore_rule *rules; /* the last one first */
};

/* What a list says about a path. */
enum ignore_verdict {
	IGNORE_SILENT, /* nothing: another list may */
	IGNORE_OUT,
	IGNORE_IN
};

/* An empty list about an absolute folder. False: memory ran out. End with ignore_done(). */
bool ignore_init(struct ignore_list *list, const char *folder);
void ignore_done(struct ignore_list *list);

/* Adds a line of `size` bytes: a pattern, a comment or nothing. False: memory ran out. */
bool ignore_add(struct ignore_list *list, const char *line, size_t size);

/* What a list says about an absolute path. */
enum ignore_verdict ignore_judge(const struct ignore_list *list, const char *path, bool is_folder);

/* Whether a list takes an absolute path or a folder that it lies in. The path is as it was
 * afterwards. */
bool ignore_covers(const struct ignore_list *list, char *path, bool is_folder);

#endif
