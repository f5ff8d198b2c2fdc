/* SPDX-License-Identifier: Apache-2.0 */
/* Walking folders for configs. */
#ifndef CLI_WALK_H
#define CLI_WALK_H

#include "cli/files.h"

/* How a walk goes, and where it puts what it finds. */
struct walk {
	struct file_list *list;
	is_excluded *excluded;
	void *user;
	bool gitignore; /* what git ignores is passed over */
};

/*
 * Adds the configs below a folder, in the order of the bytes of their names. Links to folders are
 * not followed, and ".git" is not entered. A folder that cannot be read is added itself. False:
 * memory ran out, or there are too many files.
 */
bool walk_folder(const struct walk *walk, const char *folder);

/* Adds a copy of a path. False: memory ran out, or there are too many. */
bool files_add(struct file_list *list, const char *path);

#endif
