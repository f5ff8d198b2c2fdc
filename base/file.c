/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files in, whole files out. */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/finding.h"
#include "base/pages.h"
#include "base/source.h"

/* Adds a finding about a path as a whole. */
static void say(struct qs_findings *findings, enum qs_finding_id id, const char *path,
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
			say(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot read the file",
			    strerror(errno));
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
		say(findings, QS_FINDING_NOT_A_FILE, path, "cannot read the file",
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
		say(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot open the file",
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
		say(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot copy the stream",
		    strerror(errno));
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
		say(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot open the file",
		    strerror(errno));
		return QS_IO;
	}
	if (fstat(fd, &facts) < 0 || S_ISDIR(facts.st_mode)) {
		say(findings, QS_FINDING_NOT_A_FILE, path, "cannot read the file",
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
			say(findings, QS_FINDING_UNREADABLE_FILE, path, "cannot read the file",
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

static enum qs_status cannot_write(struct qs_output *output, const char *why)
{
	say(output->findings, QS_FINDING_UNWRITABLE_FILE, output->path, "cannot write the file",
	    why);
	return QS_IO;
}

/* The permissions that a new file would get, since mkstemp() makes it private. */
static void widen_permissions(int fd)
{
	const mode_t mask = umask(0);

	umask(mask);
	(void)!fchmod(fd, 0666 & ~mask);
}

/* Those of the file that is replaced; the owner stays where that is allowed. */
static void keep_permissions(int fd, const struct stat *replaced)
{
	(void)!fchown(fd, replaced->st_uid, replaced->st_gid);
	(void)!fchmod(fd, replaced->st_mode & 0777);
}

/* Opens what is written to: the target itself when it cannot be replaced, else a file beside it. */
static int open_stream(struct qs_output *output)
{
	struct stat facts;
	const bool exists = stat(output->target, &facts) == 0;
	int fd;

	if (exists && !S_ISREG(facts.st_mode)) {
		output->temporary[0] = '\0';
		return open(output->target, O_WRONLY | O_CLOEXEC);
	}
	/* Renaming would get past a file that may not be written. */
	fd = exists && access(output->target, W_OK) != 0 ? -1 : mkstemp(output->temporary);
	if (fd < 0)
		output->temporary[0] = '\0';
	else if (exists)
		keep_permissions(fd, &facts);
	else
		widen_permissions(fd);
	return fd;
}

/* Fills in the names. False: memory ran out. */
static bool name_output(struct qs_output *output, const char *path)
{
	static const char suffix[] = ".XXXXXX";
	size_t size;

	output->path = strdup(path);
	output->target = realpath(path, NULL);
	if (!output->target)
		output->target = strdup(path);
	if (!output->path || !output->target)
		return false;
	size = strlen(output->target);
	output->temporary = malloc(size + sizeof(suffix));
	if (!output->temporary)
		return false;
	memcpy(output->temporary, output->target, size);
	memcpy(output->temporary + size, suffix, sizeof(suffix));
	return true;
}

enum qs_status qs_output_open(
    struct qs_output *output, const char *path, struct qs_findings *findings)
{
	enum qs_status status;
	int fd;

	*output = (struct qs_output){NULL, NULL, NULL, NULL, findings};
	if (!name_output(output, path)) {
		qs_output_abandon(output);
		return QS_NOMEM;
	}
	fd = open_stream(output);
	if (fd < 0) {
		status = cannot_write(output, strerror(errno));
		qs_output_abandon(output);
		return status;
	}
	output->stream = fdopen(fd, "wb");
	if (output->stream)
		return QS_OK;
	close(fd);
	qs_output_abandon(output);
	return QS_NOMEM;
}

enum qs_status qs_output_check(const char *path, struct qs_findings *findings)
{
	struct qs_output output;
	const enum qs_status status = qs_output_open(&output, path, findings);

	if (status == QS_OK)
		qs_output_abandon(&output);
	return status;
}

enum qs_status qs_output_commit(struct qs_output *output)
{
	enum qs_status status = QS_OK;
	FILE *stream = output->stream;
	const bool direct = !output->temporary[0];
	bool failed;

	output->stream = NULL;
	errno = 0;
	failed = fflush(stream) != 0 || ferror(stream) || (!direct && fsync(fileno(stream)) != 0);
	if (fclose(stream) != 0)
		failed = true;
	if (failed || (!direct && rename(output->temporary, output->target) != 0))
		status = cannot_write(output, errno ? strerror(errno) : "a write failed");
	else
		output->temporary[0] = '\0';
	qs_output_abandon(output);
	return status;
}

void qs_output_abandon(struct qs_output *output)
{
	if (output->stream)
		fclose(output->stream);
	if (output->temporary && output->temporary[0])
		unlink(output->temporary);
	free(output->temporary);
	free(output->target);
	free(output->path);
	*output = (struct qs_output){NULL, NULL, NULL, NULL, NULL};
}

enum qs_status qs_text_save(
    const struct qs_text *text, const char *path, struct qs_findings *findings)
{
	struct qs_output output;
	const enum qs_status status = qs_output_open(&output, path, findings);

	if (status != QS_OK)
		return status;
	/* What fails here is seen by the commit. */
	fwrite(text->data, 1, text->size, output.stream);
	return qs_output_commit(&output);
}
