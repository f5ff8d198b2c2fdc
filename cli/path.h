/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text: what a relative path means, and whether one lies in a folder. */
#ifndef CLI_PATH_H
#define CLI_PATH_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The absolute form of a path, malloc'ed: from the working folder, without ".", ".." and empty
 * parts. Links are not followed. NULL: out of memory.
 */
char *path_absolute(const char *path);

/* A folder and a name in it, malloc'ed; a folder of "" or "." gives the name alone. */
char *path_join(const char *folder, const char *name);

/* The part of an absolute path that is below an absolute folder; NULL when it is elsewhere. */
const char *path_below(const char *path, const char *folder);

/* Cuts the last part off an absolute path. False: it is the root already. */
bool path_cut(char *path);

/* The last part of a path. */
const char *path_name(const char *path);

#endif
