/* SPDX-License-Identifier: Apache-2.0 */
/*
 * .npy files of any size, read in pieces.
 *
 * Values come as float32 in the order of the file, row-major or Fortran's, whichever it says. An
 * array in Fortran order is one in row-major order with its dimensions reversed, which is how its
 * layout is seen here.
 */
#ifndef DATA_NPY_STREAM_H
#define DATA_NPY_STREAM_H

#include "data/npy_header.h"

/* Values that are read at once, at most. */
#define QS_NPY_PIECE ((size_t)1 << 16)

struct qs_npy_stream {
	char *path;
	int fd;
	struct qs_npy_header header;
	size_t n_values;
	struct qs_subject subject; /* "the array", at the file */
	unsigned char *raw;        /* a piece as it is in the file */
	float *values;             /* a piece */
};

/* Opens a file and reads its header. QS_IO, QS_INVALID or QS_UNSUPPORTED with a finding; close is
 * due only after QS_OK. */
enum qs_status qs_npy_stream_open(
    const char *path, struct qs_findings *findings, struct qs_npy_stream *ret_stream);

/* Releases all; fine on zeros whose fd is -1. */
void qs_npy_stream_close(struct qs_npy_stream *stream);

/* The layout of the values along an axis, or of one run for the axis -1. False: no such axis. */
bool qs_npy_stream_layout(
    const struct qs_npy_stream *stream, int axis, struct qs_layout *ret_layout);

/*
 * `n` values from `at` on, at most QS_NPY_PIECE; they stay until the next call. `context` is the
 * stream, as in struct qs_batch.
 */
enum qs_status qs_npy_stream_read(void *context, size_t at, size_t n, const float **ret_values);

/* Says where a value is: "at [0, 3]", the first dimension first. */
void qs_npy_stream_locate(void *context, size_t at, struct qs_text *text);

#endif
