/* SPDX-License-Identifier: Apache-2.0 */
/* Files that are read. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/finding.h"
#include "base/pages.h"
#include "base/source.h"

void qs_file_complain(struct qs_findings *findings, enum qs_finding_id id, const char *path,
    const char *what, const char *why)
{
	struct qs_source *source = qs_findings_name_source(findings, path);

	qs_finding_add(findings, id, qs_place_of(source), "%s: %s", what, why);
}

static enum qs_status too_large(struct qs_findings *findings, const char *path, size_t limit)
{
	struct qs_source *source = qs_findings_name_source(findings, path);

	qs_finding_add(findings, QS_FINDING_FILE_TOO_LARGE, qs_place_of(source),
	    "the file is larger than the limit of %zu MiB", limit >> 20);
	return QS_IO;
}

/* Reads a stream to its end, at most limit bytes; the size is only a guess for the first
 * allocation. */
static enum qs_status read_stream(int fd, const char *path, size_t guess, size_t limit,
    struct qs_findings *findings, char **ret_bytes, size_t *ret_size)
{
	size_t capacity = guess < limit ? guess + 1 : limit + 1, size = 0;
	char *bytes = qs_pages_malloc(capacity + QS_SOURCE_PADDING);

	while (bytes) {
		const ssize_t n = read(fd, bytes + size, capacity - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			qs_file_complain(findings, QS_FINDING_UNREADABLE_FILE, path,
			    "cannot read the file", strerror(errno));
			free(bytes);
			return QS_IO;
		}
		size += (size_t)n;
		if (size > limit) {
			free(bytes);
			return too_large(findings, path, limit);
		}
		if (n == 0) {
			memset(bytes + size, 0, QS_SOURCE_PADDING);
			*ret_bytes = bytes;
			*ret_size = size;
			return QS_OK;
		}
		if (size == capacity) {
			char *larger = realloc(bytes, capacity * 2 + QS_SOURCE_PADDING);

			if (!larger)
				break;
			bytes = larger;
			capacity *= 2;
		}
	}
	free(bytes);
	return QS_NOMEM;
}

static enum qs_status read_descriptor(int fd, const char *path, size_t limit,
    struct qs_findings *findings, char **ret_bytes, size_t *ret_size)
{
	struct stat facts;

	if (fstat(fd, &facts) < 0 || S_ISDIR(facts.st_mode)) {
		qs_file_complain(findings, QS_FINDING_NOT_A_FILE, path, "cannot read the file",
		    S_ISDIR(facts.st_mode) ? "it is a folder" : strerror(errno));
		return QS_IO;
	}
	if (S_ISREG(facts.st_mode) && (uintmax_t)facts.st_size > limit)
		return too_large(findings, path, limit);
	return read_stream(fd, path, S_ISREG(facts.st_mode) ? (size_t)facts.st_size : 65536, limit,
	    findings, ret_bytes, ret_size);
}

enum qs_status qs_file_read(const char *path, size_t limit, struct qs_findings *findings,
    char **ret_bytes, size_t *ret_size)
{
	enum qs_status status;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		qs_file_complain(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot open the file",
		    strerror(errno));
		return QS_IO;
	}
	status = read_descriptor(fd, path, limit, findings, ret_bytes, ret_size);
	close(fd);
	return status;
}

/* Copies a stream into a file that goes when it is closed. */
static enum qs_status spool(
    int fd, const char *path, struct qs_findings *findings, int *ret_fd, uint64_t *ret_size)
{
	char buffer[65536];
	FILE *copy = tmpfile();
	uint64_t size = 0;
	ssize_t n = 1;

	while (copy && n > 0) {
		n = read(fd, buffer, sizeof(buffer));
		if (n > 0 && fwrite(buffer, 1, (size_t)n, copy) != (size_t)n)
			n = -1;
		size += n > 0 ? (uint64_t)n : 0;
	}
	*ret_fd = copy && n == 0 && fflush(copy) == 0 ? dup(fileno(copy)) : -1;
	if (*ret_fd < 0)
		qs_file_complain(findings, QS_FINDING_UNREADABLE_FILE, path,
		    "cannot copy the stream", strerror(errno));
	if (copy)
		fclose(copy);
	*ret_size = size;
	return *ret_fd < 0 ? QS_IO : QS_OK;
}

enum qs_status qs_file_open(
    const char *path, struct qs_findings *findings, int *ret_fd, uint64_t *ret_size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	enum qs_status status = QS_IO;
	struct stat facts;

	if (fd < 0) {
		qs_file_complain(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot open the file",
		    strerror(errno));
		return QS_IO;
	}
	if (fstat(fd, &facts) < 0 || S_ISDIR(facts.st_mode)) {
		qs_file_complain(findings, QS_FINDING_NOT_A_FILE, path, "cannot read the file",
		    S_ISDIR(facts.st_mode) ? "it is a folder" : strerror(errno));
	} else if (S_ISREG(facts.st_mode)) {
		*ret_fd = fd;
		*ret_size = (uint64_t)facts.st_size;
		return QS_OK;
	} else {
		status = spool(fd, path, findings, ret_fd, ret_size);
	}
	close(fd);
	return status;
}

enum qs_status qs_file_read_at(int fd, const char *path, uint64_t offset, void *buffer, size_t size,
    struct qs_findings *findings)
{
	char *at = buffer;

	for (size_t done = 0; done < size;) {
		const ssize_t n = pread(fd, at + done, size - done, (off_t)(offset + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			qs_file_complain(findings, QS_FINDING_UNREADABLE_FILE, path,
			    "cannot read the file",
			    n < 0 ? strerror(errno) : "it has become shorter");
			return QS_IO;
		}
		done += (size_t)n;
	}
	return QS_OK;
}

enum qs_status qs_source_read(const char *path, const char *name, size_t limit,
    struct qs_findings *findings, struct qs_source **ret_source)
{
	enum qs_status status;
	char *bytes;
	size_t size;

	if (strcmp(path, "-") == 0)
		status = read_descriptor(STDIN_FILENO, name, limit, findings, &bytes, &size);
	else
		status = qs_file_read(path, limit, findings, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_source_take(name, bytes, size, ret_source);
	if (status != QS_OK)
		free(bytes);
	return status;
}
