/* SPDX-License-Identifier: Apache-2.0 */
/* Calibration data: one batch, checked against what the model takes. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/nearest.h"
#include "data/dataset.h"
#include "data/dataset_path.h"
#include "data/image_input.h"
#include "data/npy.h"
#include "data/npz.h"
#include "data/tensor_file.h"

struct reading {
	const struct qs_dataset *dataset;
	const char *path;   /* of the batch, or of its first picture */
	char *const *paths; /* of its pictures */
	size_t n_paths;
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

/* Whether `rank` sizes are those that the model takes from the axis `at` on. */
static bool fits_from(
    const struct qs_data_input *input, size_t at, const int64_t *dims, size_t rank)
{
	if (at > (size_t)input->rank || rank != (size_t)input->rank - at)
		return false;
	for (size_t i = 0; i < rank; i++) {
		if (input->dims[at + i] >= 0 && input->dims[at + i] != dims[i])
			return false;
	}
	return true;
}

static bool fits(const struct qs_data_input *input, const int64_t *dims, size_t rank)
{
	return fits_from(input, 0, dims, rank);
}

/* What turns the data into what the model takes: the usual mistakes have each a shape of their
 * own. */
static void advise_shape(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_data_input *input, const struct qs_array *array)
{
	const size_t rank = array->rank;
	const int64_t *dims = array->dims;

	if (input->rank > 0 && input->dims[0] <= 1 && fits_from(input, 1, dims, rank))
		qs_finding_hint(
		    findings, finding, "the axis of the batch is missing; save it with x[None]");
	else if (rank == 4 && fits(input, (int64_t[]){dims[0], dims[3], dims[1], dims[2]}, rank))
		qs_finding_hint(findings, finding,
		    "the channels stand last; save it with x.transpose(0, 3, 1, 2)");
	else if (rank == (size_t)input->rank && rank && fits_from(input, 1, dims + 1, rank - 1))
		qs_finding_hint(findings, finding,
		    "the model takes %lld sample%s at once; save a file for each batch, or export "
		    "the model with a batch of any size",
		    (long long)input->dims[0], input->dims[0] == 1 ? "" : "s");
}

static enum qs_status report_shape(const struct reading *reading, const char *path,
    const struct qs_data_input *input, const struct qs_array *array)
{
	struct qs_text found = QS_TEXT_INIT, expected = QS_TEXT_INIT;
	struct qs_finding *finding;

	write_shape(&found, array->dims, array->rank);
	write_shape(&expected, input->dims, (size_t)input->rank);
	finding = qs_finding_add(reading->findings, QS_FINDING_DATA_SHAPE, place_of(reading, path),
	    "the data has shape %s; input \"%s\" of the model takes %s", found.data, input->name,
	    expected.data);
	advise_shape(reading->findings, finding, input, array);
	qs_text_done(&found);
	qs_text_done(&expected);
	return QS_INVALID;
}

/* A model of float16 or bfloat16 takes its data from float32, and one of float32 from them:
 * bfloat16 has no .npy files. */
static bool is_converted(const struct qs_data_input *input, const struct qs_array *array)
{
	return array->element != input->element && qs_element_is_float32_or_half(input->element) &&
	       qs_element_is_float32_or_half(array->element);
}

static enum qs_status check_array(const struct reading *reading, const char *path,
    const struct qs_data_input *input, struct qs_array *array)
{
	struct qs_finding *finding;

	if (is_converted(input, array) && qs_array_convert(array, input->element) != QS_OK)
		return QS_NOMEM;
	if (array->element != input->element) {
		finding = qs_finding_add(reading->findings, QS_FINDING_DATA_TYPE,
		    place_of(reading, path), "the data is %s; input \"%s\" of the model takes %s",
		    qs_element_word(array->element), input->name, qs_element_word(input->element));
		qs_finding_hint(reading->findings, finding, "save it with .astype(\"%s\")",
		    qs_element_word(input->element));
		return QS_INVALID;
	}
	if (input->rank < 0 || fits(input, array->dims, array->rank))
		return QS_OK;
	return report_shape(reading, path, input, array);
}

static enum qs_status read_npy(const struct reading *reading, const char *path, size_t input)
{
	enum qs_status status = qs_npy_read(path, reading->findings, &reading->arrays[input]);

	if (status == QS_OK)
		status = check_array(
		    reading, path, &reading->dataset->inputs[input], &reading->arrays[input]);
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

/* Keeps an array as that of an input, which it is unless a name in the file says another one. */
static enum qs_status take_tensor(const struct reading *reading, const char *path,
    struct qs_array *array, const char *name, size_t input)
{
	const struct qs_dataset *dataset = reading->dataset;
	const size_t named = find_input(dataset, name);

	if (named < dataset->n_inputs)
		input = named;
	if (input >= dataset->n_inputs || reading->arrays[input].data) {
		qs_finding_add(reading->findings, QS_FINDING_UNKNOWN_INPUT, place_of(reading, path),
		    "there is no input of the model left for tensor \"%s\"", name);
		qs_array_done(array);
		return QS_INVALID;
	}
	reading->arrays[input] = *array;
	return check_array(reading, path, &dataset->inputs[input], array);
}

static enum qs_status read_pb(const struct reading *reading, const char *path, size_t input)
{
	struct qs_array array;
	enum qs_status status;
	char *name;

	status = qs_tensor_file_read(path, reading->findings, &array, &name);
	if (status != QS_OK)
		return status;
	status = take_tensor(reading, path, &array, name, input);
	free(name);
	return status;
}

/* A folder with input_0.pb and so on. */
static enum qs_status read_test_set(const struct reading *reading)
{
	enum qs_status status = QS_OK;
	bool found = true;

	for (size_t i = 0; found && status == QS_OK; i++) {
		char name[40], *path;

		snprintf(name, sizeof(name), "input_%zu", i);
		path = qs_path_join(reading->path, name, ".pb");
		found = path && qs_path_exists(path);
		if (!path)
			status = QS_NOMEM;
		else if (found)
			status = read_pb(reading, path, i);
		free(path);
	}
	return status;
}

static enum qs_status read_arrays(const struct reading *reading)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < reading->dataset->n_inputs && status == QS_OK; i++) {
		char *path = qs_path_join(reading->path, reading->dataset->inputs[i].name, ".npy");

		/* One that is missing is told together with those of archives. */
		if (!path)
			status = QS_NOMEM;
		else if (qs_path_exists(path))
			status = read_npy(reading, path, i);
		free(path);
	}
	return status;
}

/* Reports an array that is none of the inputs, which are few: the nearest is named. */
static void report_unknown(const struct reading *reading, const char *name)
{
	struct qs_nearest nearest = qs_nearest_to(name, strlen(name));
	struct qs_finding *finding;

	finding = qs_finding_add(reading->findings, QS_FINDING_UNKNOWN_INPUT,
	    place_of(reading, reading->path), "the model has no input \"%s\"", name);
	for (size_t i = 0; i < reading->dataset->n_inputs; i++)
		qs_nearest_offer(&nearest, reading->dataset->inputs[i].name);
	if (nearest.best)
		qs_finding_hint(reading->findings, finding, "did you mean \"%s\"?", nearest.best);
	else if (reading->dataset->n_inputs == 1)
		qs_finding_hint(reading->findings, finding, "its only input is \"%s\"",
		    reading->dataset->inputs[0].name);
}

static enum qs_status read_member(const struct reading *reading, struct qs_npz *npz, size_t member)
{
	const size_t input = find_input(reading->dataset, qs_npz_name(npz, member));
	enum qs_status status;

	if (input == reading->dataset->n_inputs) {
		report_unknown(reading, qs_npz_name(npz, member));
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

static enum qs_status read_images(const struct reading *reading, size_t n)
{
	const struct qs_dataset *dataset = reading->dataset;
	struct qs_image_input input;
	enum qs_status status;

	status =
	    qs_image_input_of(&dataset->inputs[0], &dataset->images, reading->findings, &input);
	if (status == QS_OK)
		status = qs_image_input_read(
		    &input, reading->paths, n, reading->findings, &reading->arrays[0]);
	if (status == QS_OK && is_converted(&dataset->inputs[0], &reading->arrays[0]))
		status = qs_array_convert(&reading->arrays[0], dataset->inputs[0].element);
	return status;
}

/* The model has one input, and the batch is one file. */
static enum qs_status read_single(const struct reading *reading)
{
	if (reading->dataset->n_inputs != 1) {
		qs_finding_add(reading->findings, QS_FINDING_MISSING_INPUT,
		    place_of(reading, reading->path),
		    "the model has %zu inputs; expected a folder or .npz with an array for each",
		    reading->dataset->n_inputs);
		return QS_INVALID;
	}
	if (qs_path_has_suffix(reading->path, ".pb"))
		return read_pb(reading, reading->path, 0);
	return read_npy(reading, reading->path, 0);
}

static enum qs_status read_batch(const struct reading *reading)
{
	if (reading->dataset->pictures_in_batch)
		return read_images(reading, reading->n_paths);
	if (qs_path_is_test_set(reading->path))
		return read_test_set(reading);
	if (qs_path_is_folder(reading->path))
		return read_arrays(reading);
	if (qs_path_has_suffix(reading->path, ".npz"))
		return read_npz(reading);
	return read_single(reading);
}

static enum qs_status check_complete(const struct reading *reading)
{
	const struct qs_dataset *dataset = reading->dataset;

	for (size_t i = 0; i < dataset->n_inputs; i++) {
		if (reading->arrays[i].data)
			continue;
		qs_finding_add(reading->findings, QS_FINDING_MISSING_INPUT,
		    place_of(reading, reading->path), "the batch has no data for input \"%s\"",
		    dataset->inputs[i].name);
		return QS_INVALID;
	}
	return QS_OK;
}

enum qs_status qs_dataset_read(const struct qs_dataset *dataset, size_t batch,
    struct qs_findings *findings, struct qs_array *ret_arrays)
{
	const size_t size = dataset->pictures_in_batch ? dataset->pictures_in_batch : 1;
	const size_t first = batch * size, left = dataset->n_paths - first;
	const struct reading reading = {dataset, dataset->paths[first], dataset->paths + first,
	    left < size ? left : size, findings, ret_arrays};
	enum qs_status status;

	memset(ret_arrays, 0, dataset->n_inputs * sizeof(*ret_arrays));
	status = read_batch(&reading);
	if (status == QS_OK)
		status = check_complete(&reading);
	for (size_t i = 0; i < dataset->n_inputs && status != QS_OK; i++)
		qs_array_done(&ret_arrays[i]);
	return status;
}
