/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration data: which batches there are. */
#include "data/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "data/dataset_path.h"
#include "data/image_input.h"

/* More entries than this are no folder of batches. */
#define ENTRY_LIMIT 1000000

struct listing {
	struct qs_dataset *dataset;
	struct qs_findings *findings;
	size_t n_images;
};

static struct qs_place place_of(const struct listing *listing, const char *path)
{
	return qs_place_of(qs_findings_name_source(listing->findings, path));
}

/* Adds a path, which is taken over; NULL is one that there was no memory for. */
static enum qs_status add_path(struct listing *listing, char *path)
{
	struct qs_dataset *dataset = listing->dataset;

	if (path && dataset->n_paths == ENTRY_LIMIT) {
		qs_finding_add(listing->findings, QS_FINDING_TOO_MANY_BATCHES,
		    place_of(listing, path), "there are more than %d files of calibration data",
		    ENTRY_LIMIT);
		free(path);
		return QS_INVALID;
	}
	if (path && dataset->n_paths == dataset->capacity) {
		const size_t capacity = dataset->capacity ? 2 * dataset->capacity : 64;
		char **paths = realloc(dataset->paths, capacity * sizeof(*paths));

		if (!paths) {
			free(path);
			return QS_NOMEM;
		}
		dataset->paths = paths;
		dataset->capacity = capacity;
	}
	if (!path)
		return QS_NOMEM;
	dataset->paths[dataset->n_paths++] = path;
	return QS_OK;
}

static enum qs_status list_folder(struct listing *listing, const char *folder, int depth);

/* An entry of a folder; the path is taken over. */
static enum qs_status list_entry(struct listing *listing, char *path, int depth)
{
	enum qs_status status = QS_OK;

	if (!path)
		return QS_NOMEM;
	switch (qs_path_kind(path)) {
	case QS_PATH_BATCH:
		return add_path(listing, path);
	case QS_PATH_IMAGE:
		listing->n_images++;
		return add_path(listing, path);
	case QS_PATH_FOLDER:
		if (depth)
			status = list_folder(listing, path, depth - 1);
		break;
	case QS_PATH_OTHER:
		break;
	}
	free(path);
	return status;
}

static enum qs_status list_folder(struct listing *listing, const char *folder, int depth)
{
	enum qs_status status = QS_OK;
	struct dirent *entry;
	DIR *stream = opendir(folder);

	if (!stream) {
		qs_finding_add(listing->findings, QS_FINDING_UNREADABLE_FILE,
		    place_of(listing, folder), "cannot open the folder of calibration data: %s",
		    strerror(errno));
		return QS_IO;
	}
	while (status == QS_OK && (entry = readdir(stream))) {
		if (entry->d_name[0] != '.')
			status =
			    list_entry(listing, qs_path_join(folder, entry->d_name, ""), depth);
	}
	closedir(stream);
	return status;
}

static enum qs_status refuse_data(const struct listing *listing, const char *path, const char *why)
{
	qs_finding_add(
	    listing->findings, QS_FINDING_NO_BATCHES, place_of(listing, path), "%s", why);
	return QS_INVALID;
}

/* Puts pictures together into batches. */
static enum qs_status group_images(const struct listing *listing, const char *path)
{
	struct qs_dataset *dataset = listing->dataset;
	struct qs_image_input input;
	enum qs_status status;
	size_t left;

	if (listing->n_images != dataset->n_paths)
		return refuse_data(listing, path,
		    "the folder holds pictures and other batches; expected one kind");
	if (dataset->n_inputs != 1)
		return refuse_data(listing, path,
		    "pictures go into a model with one input; expected folders or .npz with an "
		    "array "
		    "for each input");
	status =
	    qs_image_input_of(&dataset->inputs[0], &dataset->images, listing->findings, &input);
	if (status != QS_OK)
		return status;
	dataset->pictures_in_batch = input.batch;
	dataset->n_batches = (dataset->n_paths + input.batch - 1) / input.batch;
	left = dataset->n_paths % input.batch;
	if (!left || dataset->inputs[0].dims[0] < 0)
		return QS_OK;
	dataset->n_batches--;
	if (dataset->n_batches == 0)
		return refuse_data(
		    listing, path, "there are fewer pictures than the model takes at once");
	qs_finding_add(listing->findings, QS_FINDING_INCOMPLETE_BATCH, place_of(listing, path),
	    "the last %zu of %zu pictures are left out; the model takes %zu at once", left,
	    dataset->n_paths, input.batch);
	return QS_OK;
}

static enum qs_status list_batches(struct listing *listing, const char *path)
{
	struct qs_dataset *dataset = listing->dataset;
	enum qs_status status;

	if (qs_path_is_test_set(path) ||
	    (!qs_path_is_folder(path) && qs_path_kind(path) != QS_PATH_OTHER))
		status = list_entry(listing, strdup(path), 0);
	else
		status = list_folder(listing, path, QS_PATH_DEPTH);
	if (status != QS_OK)
		return status;
	if (dataset->n_paths == 0)
		return refuse_data(listing, path,
		    "the folder holds no calibration data; expected X.npy, X.npz, X.pb or folders, "
		    "one "
		    "a batch, or pictures");
	qsort(dataset->paths, dataset->n_paths, sizeof(*dataset->paths), qs_path_compare);
	dataset->n_batches = dataset->n_paths;
	return listing->n_images ? group_images(listing, path) : QS_OK;
}

enum qs_status qs_dataset_open(const char *path, const struct qs_data_input *inputs,
    size_t n_inputs, const struct qs_image_options *images, struct qs_findings *findings,
    struct qs_dataset *ret_dataset)
{
	struct qs_dataset dataset = {.inputs = inputs, .n_inputs = n_inputs};
	struct listing listing = {&dataset, findings, 0};
	enum qs_status status;

	qs_image_options_init(&dataset.images);
	if (images)
		dataset.images = *images;
	status = list_batches(&listing, path);
	if (status != QS_OK)
		qs_dataset_done(&dataset);
	else
		*ret_dataset = dataset;
	return status;
}

void qs_dataset_done(struct qs_dataset *dataset)
{
	for (size_t i = 0; i < dataset->n_paths; i++)
		free(dataset->paths[i]);
	free(dataset->paths);
	*dataset = (struct qs_dataset){0};
}
