/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are read: whole, with a limit, or in pieces. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/finding.h"
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

/* Adds a finding about a file as a whole: what could not be done, and why. */
void qs_file_complain(struct qs_findings *findings, enum qs_finding_id id, const char *path,
    const char *what, const char *why);

#endif
