/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which files a command is about: those that are named, those of --files-from, and in folders those
 * that are called like a config.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "cli/ignore.h"
#include "cli/options.h"

/* What a file in a folder is called that is a config. */
#define CONFIG_NAME "*quantize_config*.json"

/* At most so many files are checked in one run. */
#define FILES_LIMIT ((size_t)1000000)

/* Files in the order in which they are checked, each once. */
struct file_list {
	char **paths;
	size_t n, capacity;
	size_t n_excluded; /* files that were named and passed over */
};

/* Whether a file or folder is to be passed over, by its absolute path, which stays as it is. */
typedef bool is_excluded(void *user, char *path, bool is_folder);

/*
 * Finds all files. What cannot be read is in the list as well: reading it will tell why. False
 * after a complaint. End with files_done() either way.
 */
bool files_find(const struct arguments *arguments, is_excluded *excluded, void *user,
    struct file_list *ret_list);
void files_done(struct file_list *list);

#endif
