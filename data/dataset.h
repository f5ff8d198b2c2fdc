/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration data: a folder with one batch an entry, in the order of the entries' names (numbers
 * in names count as numbers).
 *
 * An entry is X.npy or X.pb (a TensorProto) for a model with one input, X.npz with an array for
 * each input, a folder with INPUT.npy for each input, or a folder with input_0.pb, input_1.pb ...
 * in the order of the model's inputs, as the test data of the ONNX model zoo is. Pictures, also
 * those in folders within the folder, are put together into batches. A path that is one such entry
 * is one batch. Batches are read when they are asked for and checked against what the model takes.
 */
#ifndef DATA_DATASET_H
#define DATA_DATASET_H

#include "qstrata/images.h"

#include "numbers/array.h"

/* What the model takes, in order. */
struct qs_data_input {
	const char *name;
	enum qs_element element;
	int rank;            /* -1: any shape */
	const int64_t *dims; /* negative: any */
};

struct qs_dataset {
	char **paths; /* of entries and pictures */
	size_t n_paths, capacity;
	size_t n_batches;
	size_t pictures_in_batch; /* 0: each path is a batch */
	struct qs_image_options images;
	const struct qs_data_input *inputs;
	size_t n_inputs;
};

/*
 * Lists the batches at a path; `inputs` are borrowed, `images` may be NULL. QS_IO when the folder
 * cannot be read, QS_INVALID when it holds no data or when its pictures do not go into the model;
 * with a finding.
 */
enum qs_status qs_dataset_open(const char *path, const struct qs_data_input *inputs,
    size_t n_inputs, const struct qs_image_options *images, struct qs_findings *findings,
    struct qs_dataset *ret_dataset);
void qs_dataset_done(struct qs_dataset *dataset);

/*
 * A fingerprint of the data at the path that was opened: the names of its files below the path,
 * their sizes, and how pictures become data. What stands in the files does not count, as that would
 * be to read all of them.
 */
uint64_t qs_dataset_fingerprint(const struct qs_dataset *dataset, const char *path);

/*
 * Reads a batch: one array an input, in order of the inputs; the caller releases them.
 * QS_IO, QS_INVALID or QS_UNSUPPORTED with a finding, and then there is nothing to release.
 */
enum qs_status qs_dataset_read(const struct qs_dataset *dataset, size_t batch,
    struct qs_findings *findings, struct qs_array *ret_arrays);

#endif
