/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration data: batches in a folder, checked against what the model takes. */
#include "engine/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/finding.h"
#include "engine/npy.h"
#include "engine/npz.h"

/* More entries than this are no folder of batches. */
#define BATCH_LIMIT 1000000

static bool has_suffix(const char *path, const char *suffix)
{
	const size_t n = strlen(path), m = strlen(suffix);

	return n > m && strcmp(path + n - m, suffix) == 0;
}

static bool is_folder(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0 && S_ISDIR(facts.st_mode);
}

static bool exists(const char *path)
{
	struct stat facts;

	return stat(path, &facts) == 0;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Names with numbers in them by their numbers: 2.npy before 10.npy. */
static int compare_paths(const void *a, const void *b)
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

static char *join(const char *folder, const char *name, const char *suffix)
{
	const size_t size = strlen(folder) + strlen(name) + strlen(suffix) + 2;
	char *path = malloc(size);

	if (path)
		snprintf(path, size, "%s/%s%s", folder, name, suffix);
	return path;
}

static enum qs_status add_path(struct qs_dataset *dataset, char *path)
{
	char **paths =
	    path ? realloc(dataset->paths, (dataset->n_batches + 1) * sizeof(*paths)) : NULL;

	if (!paths) {
		free(path);
		return QS_NOMEM;
	}
	dataset->paths = paths;
	paths[dataset->n_batches++] = path;
	return QS_OK;
}

static enum qs_status list_folder(
    const char *folder, struct qs_findings *findings, struct qs_dataset *dataset)
{
	enum qs_status status = QS_OK;
	struct dirent *entry;
	DIR *stream = opendir(folder);

	if (!stream) {
		qs_finding_add(findings, QS_FINDING_UNREADABLE_FILE,
		    qs_place_of(qs_findings_name_source(findings, folder)),
		    "cannot open the folder of calibration data: %s", strerror(errno));
		return QS_IO;
	}
	while (status == QS_OK && (entry = readdir(stream)) && dataset->n_batches < BATCH_LIMIT) {
		char *path;

		if (entry->d_name[0] == '.')
			continue;
		path = join(folder, entry->d_name, "");
		if (path && !has_suffix(path, ".npy") && !has_suffix(path, ".npz") &&
		    !is_folder(path))
			free(path);
		else
			status = add_path(dataset, path);
	}
	closedir(stream);
	return status;
}

enum qs_status qs_dataset_open(const char *path, const struct qs_data_input *inputs,
    size_t n_inputs, struct qs_findings *findings, struct qs_dataset *ret_dataset)
{
	struct qs_dataset dataset = {NULL, 0, inputs, n_inputs};
	enum qs_status status;

	if (!is_folder(path) && (has_suffix(path, ".npy") || has_suffix(path, ".npz")))
		status = add_path(&dataset, strdup(path));
	else
		status = list_folder(path, findings, &dataset);
	if (status == QS_OK && dataset.n_batches == 0) {
		qs_finding_add(findings, QS_FINDING_NO_BATCHES,
		    qs_place_of(qs_findings_name_source(findings, path)),
		    "the folder holds no calibration data; expected X.npy, X.npz or folders, one a "
		    "batch");
		status = QS_INVALID;
	}
	if (status != QS_OK) {
		qs_dataset_done(&dataset);
		return status;
	}
	qsort(dataset.paths, dataset.n_batches, sizeof(*dataset.paths), compare_paths);
	*ret_dataset = dataset;
	return QS_OK;
}

void qs_dataset_done(struct qs_dataset *dataset)
{
	for (size_t i = 0; i < dataset->n_batches; i++)
		free(dataset->paths[i]);
	free(dataset->paths);
	*dataset = (struct qs_dataset){NULL, 0, NULL, 0};
}

/* ---- one batch ------------------------------------------------------------------------------- */

struct reading {
	const struct qs_dataset *dataset;
	const char *path;
	struct qs_findings *findings;
	struct qs_array *arrays;
};

static struct qs_place place_of(const struct reading *reading, const char *path)
{
	return qs_place_of(qs_findings_name_source(reading->findings, path));
}

static void write_shape(struct qs_text *text, const int64_t *dims, size_t rank)
{
	qs_text_adds(text, "[");
	for (size_t i = 0; i < rank; i++) {
		qs_text_adds(text, i ? "," : "");
		if (dims[i] < 0)
			qs_text_adds(text, "?");
		else
			qs_text_addf(text, "%lld", (long long)dims[i]);
	}
	qs_text_adds(text, "]");
}

static enum qs_status report_shape(const struct reading *reading, const char *path,
    const struct qs_data_input *input, const struct qs_array *array)
{
	struct qs_text found = QS_TEXT_INIT, expected = QS_TEXT_INIT;

	write_shape(&found, array->dims, array->rank);
	write_shape(&expected, input->dims, (size_t)input->rank);
	qs_finding_add(reading->findings, QS_FINDING_DATA_SHAPE, place_of(reading, path),
	    "the data has shape %s; input \"%s\" of the model takes %s", found.data, input->name,
	    expected.data);
	qs_text_done(&found);
	qs_text_done(&expected);
	return QS_INVALID;
}

static enum qs_status check_array(const struct reading *reading, const char *path,
    const struct qs_data_input *input, const struct qs_array *array)
{
	struct qs_finding *finding;

	if (array->element != input->element) {
		finding = qs_finding_add(reading->findings, QS_FINDING_DATA_TYPE,
		    place_of(reading, path), "the data is %s; input \"%s\" of the model takes %s",
		    qs_element_word(array->element), input->name, qs_element_word(input->element));
		qs_finding_hint(reading->findings, finding, "save it with .astype(\"%s\")",
		    qs_element_word(input->element));
		return QS_INVALID;
	}
	if (input->rank < 0)
		return QS_OK;
	if (array->rank != (size_t)input->rank)
		return report_shape(reading, path, input, array);
	for (size_t i = 0; i < array->rank; i++) {
		if (input->dims[i] >= 0 && input->dims[i] != array->dims[i])
			return report_shape(reading, path, input, array);
	}
	return QS_OK;
}

static enum qs_status read_npy(const struct reading *reading, const char *path, size_t input)
{
	enum qs_status status = qs_npy_read(path, reading->findings, &reading->arrays[input]);

	if (status == QS_OK)
		status = check_array(
		    reading, path, &reading->dataset->inputs[input], &reading->arrays[input]);
	return status;
}

static enum qs_status read_folder(const struct reading *reading)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < reading->dataset->n_inputs && status == QS_OK; i++) {
		char *path = join(reading->path, reading->dataset->inputs[i].name, ".npy");

		/* One that is missing is told together with those of archives. */
		if (!path)
			status = QS_NOMEM;
		else if (exists(path))
			status = read_npy(reading, path, i);
		free(path);
	}
	return status;
}

/* The index of an input by name, or n_inputs. */
static size_t find_input(const struct qs_dataset *dataset, const char *name)
{
	size_t i = 0;

	while (i < dataset->n_inputs && strcmp(dataset->inputs[i].name, name) != 0)
		i++;
	return i;
}

static enum qs_status read_member(const struct reading *reading, struct qs_npz *npz, size_t member)
{
	const size_t input = find_input(reading->dataset, qs_npz_name(npz, member));
	enum qs_status status;

	if (input == reading->dataset->n_inputs) {
		qs_finding_add(reading->findings, QS_FINDING_UNKNOWN_INPUT,
		    place_of(reading, reading->path), "the model has no input \"%s\"",
		    qs_npz_name(npz, member));
		return QS_INVALID;
	}
	if (reading->arrays[input].data)
		return QS_OK;
	status = qs_npz_read(npz, member, &reading->arrays[input]);
	if (status == QS_OK)
		status = check_array(reading, reading->path, &reading->dataset->inputs[input],
		    &reading->arrays[input]);
	return status;
}

static enum qs_status read_npz(const struct reading *reading)
{
	struct qs_npz *npz;
	enum qs_status status = qs_npz_open(reading->path, reading->findings, &npz);

	if (status != QS_OK)
		return status;
	for (size_t i = 0; i < qs_npz_count(npz) && status == QS_OK; i++)
		status = read_member(reading, npz, i);
	qs_npz_free(npz);
	return status;
}

static enum qs_status read_batch(const struct reading *reading)
{
	const struct qs_dataset *dataset = reading->dataset;
	enum qs_status status;

	if (is_folder(reading->path)) {
		status = read_folder(reading);
	} else if (has_suffix(reading->path, ".npz")) {
		status = read_npz(reading);
	} else if (dataset->n_inputs == 1) {
		status = read_npy(reading, reading->path, 0);
	} else {
		qs_finding_add(reading->findings, QS_FINDING_MISSING_INPUT,
		    place_of(reading, reading->path),
		    "the model has %zu inputs; expected a folder or .npz with an array for each",
		    dataset->n_inputs);
		return QS_INVALID;
	}
	for (size_t i = 0; i < dataset->n_inputs && status == QS_OK; i++) {
		if (reading->arrays[i].data)
			continue;
		qs_finding_add(reading->findings, QS_FINDING_MISSING_INPUT,
		    place_of(reading, reading->path), "the batch has no data for input \"%s\"",
		    dataset->inputs[i].name);
		status = QS_INVALID;
	}
	return status;
}

enum qs_status qs_dataset_read(const struct qs_dataset *dataset, size_t batch,
    struct qs_findings *findings, struct qs_array *ret_arrays)
{
	const struct reading reading = {dataset, dataset->paths[batch], findings, ret_arrays};
	enum qs_status status;

	memset(ret_arrays, 0, dataset->n_inputs * sizeof(*ret_arrays));
	status = read_batch(&reading);
	for (size_t i = 0; i < dataset->n_inputs && status != QS_OK; i++)
		qs_array_done(&ret_arrays[i]);
	return status;
}
