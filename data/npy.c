/* SPDX-License-Identifier: Apache-2.0 */
/* Arrays in .npy files. */
#include "data/npy.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/output.h"
#include "base/finding.h"
#include "data/npy_header.h"

/*
 * Walks the values in C order while an offset follows them in Fortran order, where the first
 * dimension is the one that moves fastest.
 */
static void reorder(const struct qs_array *array, const unsigned char *in, unsigned char *out)
{
	const size_t size = qs_element_size(array->element);
	size_t strides[QS_ARRAY_RANK_LIMIT], index[QS_ARRAY_RANK_LIMIT] = {0}, from = 0;

	for (size_t d = 0, stride = size; d < array->rank; d++) {
		strides[d] = stride;
		stride *= (size_t)array->dims[d];
	}
	for (size_t i = 0; i < array->n_values; i++) {
		memcpy(out + i * size, in + from, size);
		for (size_t d = array->rank; d-- > 0;) {
			from += strides[d];
			if (++index[d] < (size_t)array->dims[d])
				break;
			from -= index[d] * strides[d];
			index[d] = 0;
		}
	}
}

static enum qs_status to_c_order(struct qs_array *array)
{
	unsigned char *ordered = malloc(array->n_values * qs_element_size(array->element) + 1);

	if (!ordered)
		return QS_NOMEM;
	reorder(array, array->data, ordered);
	free(array->data);
	array->data = ordered;
	return QS_OK;
}

enum qs_status qs_npy_parse(
    unsigned char *bytes, size_t size, const struct qs_subject *subject, struct qs_array *ret_array)
{
	struct qs_npy_header header;
	struct qs_array array = {.data = bytes};
	enum qs_status status = qs_npy_header_read(bytes, size, subject, &header);

	if (status == QS_OK)
		status = qs_npy_header_count(&header, size, subject, &array.n_values);
	if (status != QS_OK)
		return status;
	array.element = header.element;
	array.rank = header.rank;
	memcpy(array.dims, header.dims, sizeof(array.dims));
	memmove(bytes, bytes + header.begin, size - header.begin);
	qs_array_order_bytes(&array, header.big_endian);
	if (header.fortran_order && array.rank > 1)
		status = to_c_order(&array);
	if (status == QS_OK)
		*ret_array = array;
	return status;
}

enum qs_status qs_npy_read(
    const char *path, struct qs_findings *findings, struct qs_array *ret_array)
{
	const struct qs_subject subject = {
	    "the array", qs_place_of(qs_findings_name_source(findings, path)), findings};
	enum qs_status status;
	char *bytes;
	size_t size;

	status = qs_file_read(path, QS_NPY_LIMIT, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_npy_parse((unsigned char *)bytes, size, &subject, ret_array);
	if (status != QS_OK)
		free(bytes);
	return status;
}

/* Least byte first, by way of a buffer that may be turned around. */
static void write_data(const struct qs_array *array, FILE *stream)
{
	const size_t element = qs_element_size(array->element);
	const unsigned char *from = array->data;
	unsigned char piece[8192];

	for (size_t rest = array->n_values * element; rest;) {
		const size_t size = rest < sizeof(piece) ? rest : sizeof(piece);

		memcpy(piece, from, size);
		qs_element_order_bytes(array->element, piece, size / element, false);
		fwrite(piece, 1, size, stream);
		from += size;
		rest -= size;
	}
}

enum qs_status qs_npy_write(
    const char *path, const struct qs_array *array, struct qs_findings *findings)
{
	const char *descr = qs_npy_header_descr(array->element);
	struct qs_text header = QS_TEXT_INIT;
	struct qs_output output;
	enum qs_status status;

	if (!descr) {
		qs_finding_add(findings, QS_FINDING_UNSUPPORTED_NPY,
		    qs_place_of(qs_findings_name_source(findings, path)),
		    "the array: .npy files cannot hold %s", qs_element_word(array->element));
		return QS_UNSUPPORTED;
	}
	status = qs_output_open(&output, path, findings);
	if (status != QS_OK)
		return status;
	qs_npy_header_write(array->dims, array->rank, false, descr, &header);
	status = qs_text_status(&header);
	if (status == QS_OK) {
		fwrite(header.data, 1, header.size, output.stream);
		write_data(array, output.stream);
	}
	qs_text_done(&header);
	if (status == QS_OK)
		return qs_output_commit(&output);
	qs_output_abandon(&output);
	return status;
}
