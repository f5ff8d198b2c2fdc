/* SPDX-License-Identifier: Apache-2.0 */
/* Whole files out. */
#define _GNU_SOURCE /* O_TMPFILE, where the system has it */

#include "base/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/finding.h"

/* Room behind the target's name for that of a file beside it. */
#define SUFFIX_SIZE 48

/* Names tried for a file beside the target; programs that were killed may have left some. */
#define NAMES_LIMIT 100

static enum qs_status cannot_write(struct qs_output *output, const char *why)
{
	qs_file_complain(output->findings, QS_FINDING_UNWRITABLE_FILE, output->path,
	    "cannot write the file", why);
	return QS_IO;
}

/* The permissions of the file that is replaced; the owner stays where that is allowed. */
static void keep_permissions(int fd, const struct stat *replaced)
{
	(void)!fchown(fd, replaced->st_uid, replaced->st_gid);
	(void)!fchmod(fd, replaced->st_mode & 0777);
}

/* The name beside the target that is tried as the i-th. */
static const char *name_beside(struct qs_output *output, int i)
{
	const size_t n = strlen(output->target);

	memcpy(output->temporary, output->target, n);
	snprintf(output->temporary + n, SUFFIX_SIZE, ".%ld-%d", (long)getpid(), i);
	return output->temporary;
}

/*
 * Gives the file that has no name one beside the target: rename() puts a file in the place of
 * another, linkat() does not.
 */
static bool give_name(struct qs_output *output, int fd)
{
	char open_file[32];

	snprintf(open_file, sizeof(open_file), "/proc/self/fd/%d", fd);
	for (int i = 0; i < NAMES_LIMIT; i++) {
		if (linkat(AT_FDCWD, open_file, AT_FDCWD, name_beside(output, i),
			AT_SYMLINK_FOLLOW) == 0)
			return true;
		if (errno != EEXIST)
			break;
	}
	output->temporary[0] = '\0';
	return false;
}

/* Opens a file that has no name in the folder of the target; -1 when that cannot be, or when it
 * could not be given a name. */
static int open_nameless(struct qs_output *output)
{
#ifdef O_TMPFILE
	char *slash = strrchr(output->target, '/');
	int fd;

	if (access("/proc/self/fd", X_OK) != 0)
		return -1;
	if (!slash)
		return open(".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	*slash = '\0';
	fd = open(*output->target ? output->target : "/", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	*slash = '/';
	return fd;
#else
	(void)output;
	return -1;
#endif
}

/* Opens a file with a name of its own beside the target. */
static int open_beside(struct qs_output *output)
{
	int fd = -1;

	for (int i = 0; i < NAMES_LIMIT && fd < 0; i++) {
		fd = open(name_beside(output, i), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
		if (fd < 0 && errno != EEXIST)
			break;
	}
	if (fd < 0)
		output->temporary[0] = '\0';
	return fd;
}

/* Opens what is written to. */
static int open_stream(struct qs_output *output)
{
	struct stat facts;
	const bool exists = stat(output->target, &facts) == 0;
	int fd;

	if (exists && !S_ISREG(facts.st_mode)) {
		output->way = QS_OUTPUT_DIRECT;
		return open(output->target, O_WRONLY | O_CLOEXEC);
	}
	/* Renaming would get past a file that may not be written. */
	if (exists && access(output->target, W_OK) != 0)
		return -1;
	output->way = QS_OUTPUT_NAMELESS;
	fd = open_nameless(output);
	if (fd < 0) {
		output->way = QS_OUTPUT_BESIDE;
		fd = open_beside(output);
	}
	if (fd >= 0 && exists)
		keep_permissions(fd, &facts);
	return fd;
}

/* Fills in the names. False: memory ran out. */
static bool name_output(struct qs_output *output, const char *path)
{
	output->path = strdup(path);
	output->target = realpath(path, NULL);
	if (!output->target)
		output->target = strdup(path);
	if (!output->path || !output->target)
		return false;
	output->temporary = calloc(strlen(output->target) + SUFFIX_SIZE, 1);
	return output->temporary != NULL;
}

enum qs_status qs_output_open(
    struct qs_output *output, const char *path, struct qs_findings *findings)
{
	enum qs_status status;
	int fd;

	*output = (struct qs_output){.findings = findings};
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

/* Brings what was written to the disk and to its name beside the target. */
static bool flush_whole(struct qs_output *output)
{
	FILE *stream = output->stream;

	if (fflush(stream) != 0 || ferror(stream))
		return false;
	if (output->way == QS_OUTPUT_DIRECT)
		return true;
	return fsync(fileno(stream)) == 0 &&
	       (output->way == QS_OUTPUT_BESIDE || give_name(output, fileno(stream)));
}

enum qs_status qs_output_commit(struct qs_output *output)
{
	enum qs_status status = QS_OK;
	bool done;

	errno = 0;
	done = flush_whole(output);
	if (fclose(output->stream) != 0)
		done = false;
	output->stream = NULL;
	if (done && output->way != QS_OUTPUT_DIRECT)
		done = rename(output->temporary, output->target) == 0;
	if (done)
		output->temporary[0] = '\0';
	else
		status = cannot_write(output, errno ? strerror(errno) : "a write failed");
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
	*output = (struct qs_output){0};
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
