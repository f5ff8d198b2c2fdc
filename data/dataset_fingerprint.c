/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration data: whether it is the same as before. */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "data/dataset.h"
#include "data/dataset_path.h"
#include "base/fingerprint.h"

/* Names and numbers end with a zero byte, so that they do not run into one another. */
static uint64_t add_text(uint64_t fingerprint, const char *text)
{
	return qs_fingerprint_add(fingerprint, text, strlen(text) + 1);
}

static uint64_t add_number(uint64_t fingerprint, double number)
{
	char text[32];

	snprintf(text, sizeof(text), "%a", number);
	return add_text(fingerprint, text);
}

static uint64_t of_file(const char *name, const char *path)
{
	struct stat facts = {0};
	char size[32];

	snprintf(size, sizeof(size), "%jd", stat(path, &facts) == 0 ? (intmax_t)facts.st_size : -1);
	return add_text(add_text(QS_FINGERPRINT_START, name), size);
}

/* The files of a folder come in no order: their fingerprints are added up. */
static uint64_t of_folder(const char *path)
{
	DIR *stream = opendir(path);
	struct dirent *entry;
	uint64_t sum = 0;

	while (stream && (entry = readdir(stream))) {
		char *file = entry->d_name[0] == '.' ? NULL : qs_path_join(path, entry->d_name, "");

		if (file)
			sum += of_file(entry->d_name, file);
		free(file);
	}
	if (stream)
		closedir(stream);
	return sum;
}

/* The name of an entry below the path of all data; of data that is one entry, its last part. */
static const char *name_below(const char *path, const char *root)
{
	const size_t n = strlen(root);
	const char *slash;

	if (strncmp(path, root, n) == 0 && path[n]) {
		while (path[n] == '/')
			path++;
		return path + n;
	}
	slash = strrchr(path, '/');
	return slash && slash[1] ? slash + 1 : path;
}

static uint64_t add_images(uint64_t fingerprint, const struct qs_dataset *dataset)
{
	const struct qs_image_options *images = &dataset->images;
	const double numbers[] = {(double)images->height, (double)images->width,
	    (double)images->fit, (double)images->color, (double)images->layout, images->divide,
	    images->mean[0], images->mean[1], images->mean[2], images->std[0], images->std[1],
	    images->std[2], (double)dataset->pictures_in_batch};

	for (size_t i = 0; dataset->pictures_in_batch && i < sizeof(numbers) / sizeof(*numbers);
	     i++)
		fingerprint = add_number(fingerprint, numbers[i]);
	return fingerprint;
}

uint64_t qs_dataset_fingerprint(const struct qs_dataset *dataset, const char *path)
{
	uint64_t fingerprint = QS_FINGERPRINT_START;

	for (size_t i = 0; i < dataset->n_paths; i++) {
		const char *entry = dataset->paths[i], *name = name_below(entry, path);
		char own[QS_FINGERPRINT_TEXT];

		qs_fingerprint_write(qs_path_is_folder(entry) ? add_text(of_folder(entry), name)
							      : of_file(name, entry),
		    own);
		fingerprint = add_text(fingerprint, own);
	}
	return add_images(fingerprint, dataset);
}
