/* SPDX-License-Identifier: Apache-2.0 */
/* Writes tensors to a data file. Layout: "External Data" in the IR specification of ONNX. */
#include "model/save_data.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/output.h"
#include "model/deferred.h"
#include "model/external.h"

/* Each tensor starts at a multiple of this, so that readers can map it: a page. */
#define ALIGNMENT 4096

/* Names that are tried before giving up. */
#define NAME_LIMIT 1000

/* A tensor as it was before its data was moved, and what it says meanwhile. */
struct moved {
	Onnx__TensorProto *tensor, before;
	Onnx__StringStringEntryProto entries[3], *list[3];
	char offset[24], length[24];
};

/* Files that the model refers to which is at the path now. */
struct old_files {
	char **paths;
	size_t n;
};

struct qs_data_file {
	const struct qs_model *model;
	struct qs_findings *findings;
	struct qs_output output;
	char *path;           /* of the model */
	char *data_path;      /* of the data */
	const char *location; /* its name, within data_path */
	bool external;        /* data in other files is taken over */
	bool committed;
	uint64_t size;
	struct moved *moved;
	size_t n_moved;
	struct old_files old;
};

static bool is_to_move(const struct qs_data_file *file, const Onnx__TensorProto *tensor)
{
	return qs_tensor_is_deferred(file->model, tensor) ||
	       (file->external && qs_external_is(tensor));
}

static enum qs_status count_tensor(Onnx__TensorProto *tensor, void *context)
{
	struct qs_data_file *file = context;

	file->n_moved += is_to_move(file, tensor);
	return QS_OK;
}

/* ---- names ----------------------------------------------------------------------------------- */

static size_t folder_size(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? (size_t)(slash - path) + 1 : 0;
}

/* MODEL.onnx.data, or MODEL.onnx.1.data and so on: the first that is not there. */
static enum qs_status choose_name(struct qs_data_file *file)
{
	const size_t size = strlen(file->path) + 32;

	file->data_path = malloc(size);
	if (!file->data_path)
		return QS_NOMEM;
	snprintf(file->data_path, size, "%s.data", file->path);
	for (int i = 1; i < NAME_LIMIT && access(file->data_path, F_OK) == 0; i++)
		snprintf(file->data_path, size, "%s.%d.data", file->path, i);
	file->location = file->data_path + folder_size(file->path);
	return QS_OK;
}

/* Whether a location is a name that choose_name() gives for the path. */
static bool is_our_name(const struct qs_data_file *file, const char *location)
{
	const char *base = file->path + folder_size(file->path);
	const size_t size = strlen(base), n = strlen(location);

	return n >= size + 5 && strncmp(location, base, size) == 0 && location[size] == '.' &&
	       strcmp(location + n - 5, ".data") == 0 &&
	       strspn(location + size, ".0123456789") == n - size - 4;
}

static enum qs_status note_old(Onnx__TensorProto *tensor, void *context)
{
	struct qs_data_file *file = context;
	const char *location = qs_external_is(tensor) ? qs_external_location(tensor) : NULL;
	const size_t folder = folder_size(file->path);
	char *path, **paths;

	if (!location || !is_our_name(file, location))
		return QS_OK;
	for (size_t i = 0; i < file->old.n; i++) {
		if (strcmp(file->old.paths[i] + folder, location) == 0)
			return QS_OK;
	}
	path = malloc(folder + strlen(location) + 1);
	paths = realloc(file->old.paths, (file->old.n + 1) * sizeof(*paths));
	if (paths)
		file->old.paths = paths;
	if (!path || !paths) {
		free(path);
		return QS_NOMEM;
	}
	memcpy(path, file->path, folder);
	strcpy(path + folder, location);
	paths[file->old.n++] = path;
	return QS_OK;
}

/* What the model at the path refers to, if there is one. */
static enum qs_status find_old(struct qs_data_file *file)
{
	struct qs_findings *silent = qs_findings_new();
	struct qs_model *old = NULL;
	enum qs_status status = QS_OK;

	if (!silent)
		return QS_NOMEM;
	if (access(file->path, F_OK) == 0 && qs_model_open(file->path, silent, &old) == QS_OK)
		status = qs_tensors_visit(old->proto, note_old, file);
	qs_model_free(old);
	qs_findings_free(silent);
	return status;
}

/* Nobody removes what the new model goes on referring to. */
static enum qs_status keep_used(Onnx__TensorProto *tensor, void *context)
{
	struct qs_data_file *file = context;
	const char *location = qs_external_is(tensor) ? qs_external_location(tensor) : NULL;
	const size_t folder = folder_size(file->path);

	for (size_t i = 0; location && i < file->old.n; i++) {
		if (strcmp(file->old.paths[i] + folder, location) == 0)
			file->old.paths[i][0] = '\0';
	}
	return QS_OK;
}

/* ---- data ------------------------------------------------------------------------------------ */

static void pad(struct qs_data_file *file)
{
	while (file->size % ALIGNMENT) {
		fputc(0, file->output.stream);
		file->size++;
	}
}

/* Lets a tensor say that its data is in the file. */
static void refer(struct qs_data_file *file, Onnx__TensorProto *tensor, size_t size)
{
	struct moved *moved = &file->moved[file->n_moved++];
	const char *const pairs[3][2] = {
	    {"location", file->location}, {"offset", moved->offset}, {"length", moved->length}};

	moved->tensor = tensor;
	moved->before = *tensor;
	snprintf(moved->offset, sizeof(moved->offset), "%" PRIu64, file->size);
	snprintf(moved->length, sizeof(moved->length), "%zu", size);
	for (size_t i = 0; i < 3; i++) {
		onnx__string_string_entry_proto__init(&moved->entries[i]);
		moved->entries[i].key = (char *)pairs[i][0];
		moved->entries[i].value = (char *)pairs[i][1];
		moved->list[i] = &moved->entries[i];
	}
	tensor->external_data = moved->list;
	tensor->n_external_data = 3;
}

static enum qs_status move_tensor(Onnx__TensorProto *tensor, void *context)
{
	struct qs_data_file *file = context;
	enum qs_status status;
	unsigned char *bytes;
	size_t size;

	if (!is_to_move(file, tensor))
		return QS_OK;
	status = qs_external_read(file->model, tensor, file->findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	pad(file);
	/* What fails here is seen by the commit. */
	fwrite(bytes, 1, size, file->output.stream);
	free(bytes);
	refer(file, tensor, size);
	file->size += size;
	return QS_OK;
}

static enum qs_status write_tensors(struct qs_data_file *file)
{
	enum qs_status status = qs_output_open(&file->output, file->data_path, file->findings);

	if (status != QS_OK)
		return status;
	file->n_moved = 0;
	return qs_tensors_visit(file->model->proto, move_tensor, file);
}

enum qs_status qs_data_file_write(const struct qs_model *model, const char *path, bool external,
    struct qs_findings *findings, struct qs_data_file **ret_file)
{
	struct qs_data_file *file = calloc(1, sizeof(*file));
	enum qs_status status = QS_NOMEM;

	if (!file)
		return QS_NOMEM;
	*file = (struct qs_data_file){
	    .model = model, .findings = findings, .path = strdup(path), .external = external};
	qs_tensors_visit(model->proto, count_tensor, file);
	file->moved = calloc(file->n_moved + 1, sizeof(*file->moved));
	file->n_moved = 0;
	if (file->path && file->moved)
		status = find_old(file);
	if (status == QS_OK)
		status = choose_name(file);
	if (status == QS_OK)
		status = write_tensors(file);
	if (status != QS_OK) {
		qs_data_file_free(file);
		return status;
	}
	*ret_file = file;
	return QS_OK;
}

enum qs_status qs_data_file_commit(struct qs_data_file *file)
{
	const enum qs_status status = qs_output_commit(&file->output);

	file->committed = status == QS_OK;
	return status;
}

void qs_data_file_clean(struct qs_data_file *file)
{
	qs_tensors_visit(file->model->proto, keep_used, file);
	for (size_t i = 0; i < file->old.n; i++) {
		if (file->old.paths[i][0])
			unlink(file->old.paths[i]);
	}
	/* The model has its name: the data is no longer ours to take back. */
	file->committed = false;
}

void qs_data_file_free(struct qs_data_file *file)
{
	if (!file)
		return;
	qs_output_abandon(&file->output);
	if (file->committed)
		unlink(file->data_path);
	for (size_t i = 0; i < file->n_moved; i++)
		*file->moved[i].tensor = file->moved[i].before;
	for (size_t i = 0; i < file->old.n; i++)
		free(file->old.paths[i]);
	free(file->old.paths);
	free(file->moved);
	free(file->data_path);
	free(file->path);
	free(file);
}
