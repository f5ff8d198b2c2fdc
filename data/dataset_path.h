/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths of calibration data: what one is by its name and what is in it.
 */
#ifndef DATA_DATASET_PATH_H
#define DATA_DATASET_PATH_H

#include <stdbool.h>

/* Pictures are looked for in folders this deep: for a part of the data, for a class. */
#define QS_PATH_DEPTH 3

/* What stands at a path, as far as calibration data goes. */
enum qs_path_kind {
	QS_PATH_BATCH,  /* a batch of its own */
	QS_PATH_IMAGE,  /* a picture */
	QS_PATH_FOLDER, /* a folder of pictures, or of folders of them */
	QS_PATH_OTHER   /* nothing of ours */
};

enum qs_path_kind qs_path_kind(const char *path);

/* Whether a path is a folder with input_0.pb in it. */
bool qs_path_is_test_set(const char *path);

bool qs_path_has_suffix(const char *path, const char *suffix);
bool qs_path_is_folder(const char *path);
bool qs_path_exists(const char *path);

/* FOLDER/NAMESUFFIX, malloc'ed; NULL when memory ran out. */
char *qs_path_join(const char *folder, const char *name, const char *suffix);

/* For qsort() over paths: names with numbers in them by their numbers, 2.npy before 10.npy. */
int qs_path_compare(const void *a, const void *b);

#endif
