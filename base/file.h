/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole files in, whole files out: reading with a limit, and writing beside and renaming, so that
 * an output is either the old one or the new one and never half of either.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdio.h>

#include "qstrata/base.h"

/*
 * Reads a file of at most `limit` bytes. `*ret_bytes` is malloc'ed and padded as a source wants it.
 * QS_IO with a finding when it cannot be read or is too large.
 */
enum qs_status qs_file_read(const char *path, size_t limit, struct qs_findings *findings,
    char **ret_bytes, size_t *ret_size);

/*
 * Opens a file for pread(), of whatever size; the descriptor is closed by the caller. What is no
 * file (a pipe) is copied into one without a name first. QS_IO with a finding when it cannot be
 * read.
 */
enum qs_status qs_file_open(
    const char *path, struct qs_findings *findings, int *ret_fd, uint64_t *ret_size);

/*
 * Reads bytes at an offset. QS_IO with a finding when fewer are there: the file has changed, or the
 * disk fails.
 */
enum qs_status qs_file_read_at(int fd, const char *path, uint64_t offset, void *buffer, size_t size,
    struct qs_findings *findings);

/*
 * A file that is being written: `stream` goes to a temporary name beside the final one. A link is
 * followed; what is no file (a device, a pipe) is written directly, as it cannot be replaced.
 */
struct qs_output {
	FILE *stream;
	char *path;      /* as given */
	char *target;    /* where links lead */
	char *temporary; /* "" when written directly */
	struct qs_findings *findings;
};

/* Starts an output. QS_IO with a finding when the folder cannot be written. */
enum qs_status qs_output_open(
    struct qs_output *output, const char *path, struct qs_findings *findings);

/*
 * Flushes to the disk, renames to the final name, and ends the output either way. QS_IO with a
 * finding when a write failed anywhere on the way (a full disk); the temporary file is removed
 * then.
 */
enum qs_status qs_output_commit(struct qs_output *output);

/* Gives up: removes the temporary file. Fine on an output that ended. */
void qs_output_abandon(struct qs_output *output);

#endif
