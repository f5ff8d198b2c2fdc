/* SPDX-License-Identifier: Apache-2.0 */
/* Paths of calibration data. */
#include "data/dataset_path.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/image.h"

bool qs_path_has_suffix(const char *path, const char *suffix)
{
	const size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcmp(path + n - m, suffix) == 0;
}

bool qs_path_is_folder(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

bool qs_path_exists(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0;
}

char *qs_path_join(const char *folder, const char *name, const char *suffix)
{
	const size_t size = strlen(folder) + strlen(name) + strlen(suffix) + 2;
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%s/%s%s", folder, name, suffix);
	return path;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

int qs_path_compare(const void *a, const void *b)
{
	const char *s = *(char *const *)a, *t = *(char *const *)b;

	while (*s && *t) {
		if (is_digit(*s) && is_digit(*t)) {
			size_t n, m;

			s += strspn(s, "0");
			t += strspn(t, "0");
			n = strspn(s, "0123456789");
			m = strspn(t, "0123456789");
			if (n != m)
				return n < m ? -1 : 1;
			if (strncmp(s, t, n) != 0)
				return strncmp(s, t, n);
			s += n;
			t += n;
		} else if (*s != *t) {
			return (unsigned char)*s < (unsigned char)*t ? -1 : 1;
		} else {
			s++;
			t++;
		}
	}
	return *s ? 1 : *t ? -1 : strcmp(*(char *const *)a, *(char *const *)b);
}

bool qs_path_is_test_set(const char *path)
{
	char *first = qs_path_join(path, "input_0", ".pb");
	const bool found = first && qs_path_exists(first);

	free(first);
	return found;
}

/* What a folder and those within it hold, as far down as anybody looks. */
struct contents {
	bool pictures, arrays;
};

static void look_into(const char *path, int depth, struct contents *contents)
{
	struct dirent *entry;
	DIR *stream = opendir(path);

	while (stream && !contents->arrays && (entry = readdir(stream))) {
		char *inner =
		    entry->d_name[0] == '.' ? NULL : qs_path_join(path, entry->d_name, "");

		if (!inner)
			continue;
		contents->arrays = contents->arrays || qs_path_has_suffix(inner, ".npy");
		if (qs_image_is_named(inner))
			contents->pictures = true;
		else if (depth && qs_path_is_folder(inner))
			look_into(inner, depth - 1, contents);
		free(inner);
	}
	if (stream)
		closedir(stream);
}

/* Whether a folder has pictures in it and no arrays: then it is no batch. */
static bool holds_pictures(const char *path)
{
	struct contents contents = {false, false};

	look_into(path, QS_PATH_DEPTH, &contents);
	return contents.pictures && !contents.arrays;
}

/* Outputs that stand beside inputs in test data are no batches. */
static bool is_output(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strncmp(slash ? slash + 1 : path, "output_", 7) == 0;
}

enum qs_path_kind qs_path_kind(const char *path)
{
	if (qs_path_is_folder(path)) {
		if (qs_path_is_test_set(path))
			return QS_PATH_BATCH;
		return holds_pictures(path) ? QS_PATH_FOLDER : QS_PATH_BATCH;
	}
	if (qs_path_has_suffix(path, ".npy") || qs_path_has_suffix(path, ".npz") ||
	    (qs_path_has_suffix(path, ".pb") && !is_output(path)))
		return QS_PATH_BATCH;
	return qs_image_is_named(path) ? QS_PATH_IMAGE : QS_PATH_OTHER;
}
