/* SPDX-License-Identifier: Apache-2.0 */
/* .npy files of any size, read in pieces. */
#include "data/npy_stream.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/finding.h"

/* The header is within the first bytes: 64 KiB of dictionary, and what is before it. */
#define HEAD_SIZE ((size_t)65536 + 12)

static enum qs_status read_head(struct qs_npy_stream *stream, uint64_t size)
{
	const size_t head = size < HEAD_SIZE ? (size_t)size : HEAD_SIZE;
	unsigned char *bytes = malloc(head + 1);
	enum qs_status status;

	if (!bytes)
		return QS_NOMEM;
	status =
	    qs_file_read_at(stream->fd, stream->path, 0, bytes, head, stream->subject.findings);
	if (status == QS_OK)
		status = qs_npy_header_read(bytes, head, &stream->subject, &stream->header);
	free(bytes);
	if (status == QS_OK)
		status =
		    qs_npy_header_count(&stream->header, size, &stream->subject, &stream->n_values);
	return status;
}

static enum qs_status make_buffers(struct qs_npy_stream *stream)
{
	stream->raw = malloc(QS_NPY_PIECE * qs_element_size(stream->header.element));
	stream->values = malloc(QS_NPY_PIECE * sizeof(*stream->values));
	return stream->raw && stream->values ? QS_OK : QS_NOMEM;
}

enum qs_status qs_npy_stream_open(
    const char *path, struct qs_findings *findings, struct qs_npy_stream *ret_stream)
{
	struct qs_npy_stream stream = {.path = strdup(path),
	    .fd = -1,
	    .subject = {
		"the array", qs_place_of(qs_findings_name_source(findings, path)), findings}};
	enum qs_status status = stream.path ? QS_OK : QS_NOMEM;
	uint64_t size = 0;

	if (status == QS_OK)
		status = qs_file_open(path, findings, &stream.fd, &size);
	if (status == QS_OK)
		status = read_head(&stream, size);
	if (status == QS_OK)
		status = make_buffers(&stream);
	if (status == QS_OK)
		*ret_stream = stream;
	else
		qs_npy_stream_close(&stream);
	return status;
}

void qs_npy_stream_close(struct qs_npy_stream *stream)
{
	if (stream->fd >= 0)
		close(stream->fd);
	free(stream->path);
	free(stream->raw);
	free(stream->values);
	*stream = (struct qs_npy_stream){.fd = -1};
}

bool qs_npy_stream_layout(
    const struct qs_npy_stream *stream, int axis, struct qs_layout *ret_layout)
{
	const size_t rank = stream->header.rank;
	int64_t reversed[QS_ARRAY_RANK_LIMIT];

	if (!stream->header.fortran_order)
		return qs_layout_of(stream->header.dims, rank, axis, ret_layout);
	if (axis >= 0 && (size_t)axis >= rank)
		return false;
	for (size_t d = 0; d < rank; d++)
		reversed[d] = stream->header.dims[rank - 1 - d];
	return qs_layout_of(reversed, rank, axis < 0 ? axis : (int)rank - 1 - axis, ret_layout);
}

enum qs_status qs_npy_stream_read(void *context, size_t at, size_t n, const float **ret_values)
{
	const struct qs_npy_stream *stream = context;
	const size_t size = qs_element_size(stream->header.element);
	enum qs_status status;

	if (n > QS_NPY_PIECE)
		return QS_BUG;
	status =
	    qs_file_read_at(stream->fd, stream->path, stream->header.begin + (uint64_t)at * size,
		stream->raw, n * size, stream->subject.findings);
	if (status != QS_OK)
		return status;
	qs_element_order_bytes(stream->header.element, stream->raw, n, stream->header.big_endian);
	qs_element_floats(stream->header.element, stream->raw, n, stream->values);
	*ret_values = stream->values;
	return QS_OK;
}

void qs_npy_stream_locate(void *context, size_t at, struct qs_text *text)
{
	const struct qs_npy_header *header = &((const struct qs_npy_stream *)context)->header;
	size_t index[QS_ARRAY_RANK_LIMIT];

	for (size_t i = 0; i < header->rank; i++) {
		const size_t d = header->fortran_order ? i : header->rank - 1 - i;

		index[d] = at % (size_t)header->dims[d];
		at /= (size_t)header->dims[d];
	}
	qs_text_adds(text, "at [");
	for (size_t d = 0; d < header->rank; d++)
		qs_text_addf(text, "%s%zu", d ? ", " : "", index[d]);
	qs_text_adds(text, "]");
}
