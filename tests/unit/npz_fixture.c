/* SPDX-License-Identifier: Apache-2.0 */
/* Files of arrays that tests write. */
#include "tests/unit/npz_fixture.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>
#include <zlib.h>

struct npy_bytes npy_make(
    const char *type, const int64_t *dims, size_t rank, const void *elements, size_t size)
{
	struct npy_bytes bytes = {NULL, 0};
	FILE *stream = open_memstream(&bytes.data, &bytes.size);
	struct qs_text header = QS_TEXT_INIT;
	size_t n = 1;

	assert_non_null(stream);
	qs_text_addf(&header, "{'descr': '%s', 'fortran_order': False, 'shape': (", type);
	for (size_t i = 0; i < rank; i++) {
		qs_text_addf(&header, "%lld,", (long long)dims[i]);
		n *= (size_t)dims[i];
	}
	qs_text_adds(&header, ")}");
	qs_text_fill(&header, ' ', 63 - (header.size + 10) % 64);
	qs_text_adds(&header, "\n");
	fprintf(stream, "\x93NUMPY%c%c%c%c%s", 1, 0, (int)(header.size & 255),
	    (int)(header.size >> 8), header.data);
	fwrite(elements, size, n, stream);
	assert_int_equal(fclose(stream), 0);
	qs_text_done(&header);
	return bytes;
}

struct npy_bytes npy_floats(const int64_t *dims, size_t rank, float first)
{
	struct npy_bytes bytes;
	float *values;
	size_t n = 1;

	for (size_t i = 0; i < rank; i++)
		n *= (size_t)dims[i];
	values = malloc(n * sizeof(*values) + 1);
	assert_non_null(values);
	for (size_t i = 0; i < n; i++)
		values[i] = first + (float)i;
	bytes = npy_make("<f4", dims, rank, values, sizeof(*values));
	free(values);
	return bytes;
}

static void add_member(zipFile zip, const struct npz_member *member, bool deflate)
{
	char name[100];

	snprintf(name, sizeof(name), "%s%s", member->name, strchr(member->name, '.') ? "" : ".npy");
	assert_int_equal(zipOpenNewFileInZip(zip, name, NULL, NULL, 0, NULL, 0, NULL,
			     deflate ? Z_DEFLATED : 0, Z_DEFAULT_COMPRESSION),
	    ZIP_OK);
	assert_int_equal(
	    zipWriteInFileInZip(zip, member->bytes.data, (unsigned)member->bytes.size), ZIP_OK);
	assert_int_equal(zipCloseFileInZip(zip), ZIP_OK);
	free(member->bytes.data);
}

void npz_write(const char *path, const struct npz_member *members, size_t n, bool deflate)
{
	zipFile zip = zipOpen(path, APPEND_STATUS_CREATE);

	assert_non_null(zip);
	for (size_t i = 0; i < n; i++)
		add_member(zip, &members[i], deflate);
	assert_int_equal(zipClose(zip, NULL), ZIP_OK);
}

void write_bytes(const char *path, const void *bytes, size_t size)
{
	FILE *stream = fopen(path, "wb");

	assert_non_null(stream);
	assert_int_equal(fwrite(bytes, 1, size, stream), size);
	assert_int_equal(fclose(stream), 0);
}

void write_npy(const char *path, struct npy_bytes bytes)
{
	write_bytes(path, bytes.data, bytes.size);
	free(bytes.data);
}

struct npy_bytes read_bytes(const char *path)
{
	struct qs_text text = QS_TEXT_INIT;
	FILE *stream = fopen(path, "rb");
	char piece[4096];
	size_t n;

	assert_non_null(stream);
	while ((n = fread(piece, 1, sizeof(piece), stream)) > 0)
		qs_text_add(&text, piece, n);
	assert_int_equal(fclose(stream), 0);
	assert_int_equal(qs_text_status(&text), QS_OK);
	return (struct npy_bytes){text.data, text.size};
}
