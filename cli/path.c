/* SPDX-License-Identifier: Apache-2.0 */
/* Paths as text. */
#include "cli/path.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Drops ".", ".." and empty parts from an absolute path, in place. */
static void simplify(char *path)
{
	char *end = path;
	const char *next = path;

	while (*next) {
		const char *part = next + strspn(next, "/");
		const size_t size = strcspn(part, "/");

		next = part + size;
		if (size == 0 || (size == 1 && part[0] == '.'))
			continue;
		if (size == 2 && part[0] == '.' && part[1] == '.') {
			while (end > path && *--end != '/')
				;
			continue;
		}
		*end++ = '/';
		memmove(end, part, size);
		end += size;
	}
	if (end == path)
		*end++ = '/';
	*end = '\0';
}

/* The working folder, malloc'ed; one that is gone counts as the root, in which nothing is found. */
static char *working_folder(void)
{
	size_t size = 256;
	char *folder = malloc(size);

	while (folder && !getcwd(folder, size)) {
		if (errno != ERANGE)
			return strcpy(folder, "/");
		free(folder);
		size *= 2;
		folder = size <= ((size_t)1 << 20) ? malloc(size) : NULL;
	}
	return folder;
}

char *path_absolute(const char *path)
{
	char *folder = path[0] == '/' ? strdup("/") : working_folder();
	char *whole = folder ? malloc(strlen(folder) + strlen(path) + 2) : NULL;

	if (whole) {
		strcpy(whole, folder);
		strcat(whole, "/");
		strcat(whole, path);
		simplify(whole);
	}
	free(folder);
	return whole;
}

char *path_join(const char *folder, const char *name)
{
	const size_t size = strlen(folder);
	char *whole;

	if (size == 0 || strcmp(folder, ".") == 0)
		return strdup(name);
	whole = malloc(size + strlen(name) + 2);
	if (!whole)
		return NULL;
	strcpy(whole, folder);
	if (folder[size - 1] != '/')
		strcat(whole, "/");
	strcat(whole, name);
	return whole;
}

const char *path_below(const char *path, const char *folder)
{
	const size_t size = folder[1] ? strlen(folder) : 0;

	return strncmp(path, folder, size) == 0 && path[size] == '/' && path[size + 1]
	           ? path + size + 1
	           : NULL;
}

bool path_cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (!slash || !slash[1])
		return false;
	slash[slash == path] = '\0';
	return true;
}

const char *path_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}
