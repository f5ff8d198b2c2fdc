/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Replays files through a fuzz target without libFuzzer: those named on the command line, or else
 * all of the folders in QS_FUZZ_CORPUS, a list of strings.
 */
#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The bytes of a file in memory of exactly its size, so that reading past the end is noticed. */
static bool replay_file(const char *path, size_t size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes = malloc(size ? size : 1);
	bool done = false;

	if (file && bytes && fread(bytes, 1, size, file) == size) {
		LLVMFuzzerTestOneInput(bytes, size);
		done = true;
	} else {
		fprintf(stderr, "cannot read %s\n", path);
	}
	if (file)
		fclose(file);
	free(bytes);
	return done;
}

static bool replay(const char *path, size_t *n_files);

static bool replay_folder(const char *path, size_t *n_files)
{
	DIR *folder = opendir(path);
	bool done = folder != NULL;

	for (struct dirent *entry; done && (entry = readdir(folder));) {
		char name[4096];

		if (entry->d_name[0] == '.')
			continue;
		done = snprintf(name, sizeof(name), "%s/%s", path, entry->d_name) <
		           (int)sizeof(name) &&
		       replay(name, n_files);
	}
	if (folder)
		closedir(folder);
	else
		fprintf(stderr, "cannot read the folder %s\n", path);
	return done;
}

static bool replay(const char *path, size_t *n_files)
{
	struct stat facts;

	if (stat(path, &facts) != 0) {
		fprintf(stderr, "there is no %s\n", path);
		return false;
	}
	if (S_ISDIR(facts.st_mode))
		return replay_folder(path, n_files);
	++*n_files;
	return replay_file(path, (size_t)facts.st_size);
}

int main(int argc, char **argv)
{
	static const char *const corpus[] = {QS_FUZZ_CORPUS};
	bool done = true;
	size_t n_files = 0;

	for (int i = 1; done && i < argc; i++)
		done = replay(argv[i], &n_files);
	for (size_t i = 0; done && argc == 1 && i < sizeof(corpus) / sizeof(*corpus); i++)
		done = replay(corpus[i], &n_files);
	printf("%zu inputs\n", n_files);
	return done && n_files ? EXIT_SUCCESS : EXIT_FAILURE;
}
