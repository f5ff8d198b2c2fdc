/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as calibration data: an array of NumPy, an archive of them, a tensor of ONNX. Each is
 * read, or refused with one finding.
 */
#define _GNU_SOURCE /* memfd_create() */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "data/npy.h"
#include "data/npz.h"
#include "data/tensor_file.h"
#include "tests/fuzz/laws.h"

static void check_array(const struct qs_array *array)
{
	float *values;
	size_t n;

	require(qs_array_count(array->dims, array->rank, qs_element_size(array->element), &n),
	    "the shape of an array can be counted");
	require(n == array->n_values, "an array has the values of its shape");
	require(qs_array_floats(array, &values) == QS_OK, "an array is numbers");
	free(values);
}

/* Takes the findings of one attempt. */
static void check_status(enum qs_status status, struct qs_findings *findings)
{
	require(status == QS_NOMEM || (status == QS_OK) == (qs_findings_count(findings) == 0),
	    "what is refused has a finding, what is read has none");
	require(qs_findings_count(findings) <= 1, "a refusal is one finding");
	check_findings(findings);
	qs_findings_free(findings);
}

static void check_npy(const uint8_t *data, size_t size)
{
	struct qs_findings *findings = qs_findings_new();
	const struct qs_subject subject = {"array", {NULL, 0, 0}, findings};
	unsigned char *bytes = malloc(size + 1);
	struct qs_array array;
	enum qs_status status;

	require(bytes != NULL, "there is room");
	memcpy(bytes, data, size);
	status = qs_npy_parse(bytes, size, &subject, &array);
	if (status == QS_OK) {
		check_array(&array);
		qs_array_done(&array);
	} else {
		free(bytes);
	}
	check_status(status, findings);
}

static void check_npz(const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_npz *npz = NULL;
	enum qs_status status = qs_npz_open(path, findings, &npz);

	for (size_t i = 0; status == QS_OK && i < qs_npz_count(npz); i++) {
		struct qs_array array;

		require(qs_npz_name(npz, i) != NULL, "an array has a name");
		status = qs_npz_read(npz, i, &array);
		if (status == QS_OK) {
			check_array(&array);
			qs_array_done(&array);
		}
	}
	qs_npz_free(npz);
	check_status(status, findings);
}

static void check_tensor(const char *path)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_array array;
	char *name;
	const enum qs_status status = qs_tensor_file_read(path, findings, &array, &name);

	if (status == QS_OK) {
		check_array(&array);
		qs_array_done(&array);
		free(name);
	}
	check_status(status, findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const int in = memfd_create("data", MFD_CLOEXEC);
	char path[32];

	require(in >= 0 && write(in, data, size) == (ssize_t)size, "there is room for the data");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", in);
	check_npy(data, size);
	check_npz(path);
	check_tensor(path);
	close(in);
	return 0;
}
