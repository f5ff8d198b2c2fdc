/* SPDX-License-Identifier: Apache-2.0 */
/* Named arrays in .npz files. */
#include "data/npz.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unzip.h>

#include "base/arena.h"
#include "base/finding.h"
#include "data/npy.h"

/* Arrays of one archive; a model has a handful of inputs. */
#define ARRAY_LIMIT 4096

/* How many times as large data of an archive can become: the limit of DEFLATE, by zlib's technical
 * notes. What claims more is damaged, and gets no memory. */
#define MOST_GROWTH 1032

struct qs_npz {
	unzFile zip;
	struct qs_arena arena;
	const char **names;
	unz64_file_pos *positions; /* of each file in the archive's directory */
	size_t n_names;
	uint64_t size; /* of the archive */
	struct qs_place place;
	struct qs_findings *findings;
};

static enum qs_status complain(const struct qs_npz *npz, const char *what, const char *why)
{
	qs_finding_add(npz->findings, QS_FINDING_MALFORMED_NPZ, npz->place, "%s: %s", what, why);
	return QS_INVALID;
}

static const char *array_name(struct qs_arena *arena, const char *file)
{
	const size_t size = strlen(file);
	const bool npy = size > 4 && strcmp(file + size - 4, ".npy") == 0;

	return qs_arena_strndup(arena, file, npy ? size - 4 : size);
}

/* The next entry of the archive's directory. */
static enum qs_status read_name(struct qs_npz *npz, size_t i)
{
	char file[1024];

	if (unzGetCurrentFileInfo64(npz->zip, NULL, file, sizeof(file), NULL, 0, NULL, 0) !=
		UNZ_OK ||
	    unzGetFilePos64(npz->zip, &npz->positions[i]) != UNZ_OK)
		return complain(npz, "cannot read the archive", "its directory is damaged");
	file[sizeof(file) - 1] = '\0';
	npz->names[i] = array_name(&npz->arena, file);
	return npz->names[i] ? QS_OK : QS_NOMEM;
}

static enum qs_status read_names(struct qs_npz *npz)
{
	enum qs_status status = QS_OK;
	unz_global_info64 facts;
	int found;

	if (unzGetGlobalInfo64(npz->zip, &facts) != UNZ_OK || facts.number_entry > ARRAY_LIMIT)
		return complain(npz, "cannot read the archive", "it has too many files");
	npz->names =
	    qs_arena_array(&npz->arena, (size_t)facts.number_entry + 1, sizeof(*npz->names));
	npz->positions =
	    qs_arena_array(&npz->arena, (size_t)facts.number_entry + 1, sizeof(*npz->positions));
	if (!npz->names || !npz->positions)
		return QS_NOMEM;
	for (found = unzGoToFirstFile(npz->zip); found == UNZ_OK && status == QS_OK;
	     found = unzGoToNextFile(npz->zip)) {
		if (npz->n_names == facts.number_entry)
			return complain(npz, "cannot read the archive", "its directory is damaged");
		status = read_name(npz, npz->n_names++);
	}
	return status;
}

/* Says why an archive cannot be opened, which minizip does not tell. */
static enum qs_status refuse(const struct qs_npz *npz, const char *path)
{
	FILE *stream = fopen(path, "rb");

	if (stream) {
		fclose(stream);
		return complain(npz, "cannot read the archive", "it is no ZIP archive, or cut off");
	}
	qs_finding_add(npz->findings, QS_FINDING_UNREADABLE_FILE, npz->place,
	    "cannot read the archive: %s", strerror(errno));
	return QS_IO;
}

enum qs_status qs_npz_open(const char *path, struct qs_findings *findings, struct qs_npz **ret_npz)
{
	struct qs_npz *npz = calloc(1, sizeof(*npz));
	enum qs_status status;
	struct stat facts;

	if (!npz)
		return QS_NOMEM;
	npz->findings = findings;
	npz->place = qs_place_of(qs_findings_name_source(findings, path));
	npz->size = stat(path, &facts) == 0 ? (uint64_t)facts.st_size : 0;
	npz->zip = unzOpen64(path);
	status = npz->zip ? read_names(npz) : refuse(npz, path);
	if (status != QS_OK) {
		qs_npz_free(npz);
		return status;
	}
	*ret_npz = npz;
	return QS_OK;
}

void qs_npz_free(struct qs_npz *npz)
{
	if (!npz)
		return;
	if (npz->zip)
		unzClose(npz->zip);
	qs_arena_done(&npz->arena);
	free(npz);
}

size_t qs_npz_count(const struct qs_npz *npz)
{
	return npz->n_names;
}

const char *qs_npz_name(const struct qs_npz *npz, size_t index)
{
	return npz->names[index];
}

/* Reads the opened file into memory; closing it compares the checksum. */
static bool read_opened(unzFile zip, unsigned char *bytes, size_t size)
{
	size_t at = 0;
	int n = 1;

	while (at < size && n > 0) {
		const size_t rest = size - at;

		n = unzReadCurrentFile(
		    zip, bytes + at, rest < (1U << 30) ? (unsigned)rest : 1U << 30);
		at += n > 0 ? (size_t)n : 0;
	}
	return unzCloseCurrentFile(zip) == UNZ_OK && at == size;
}

/* The bytes of a file of the archive, malloc'ed. Its size is the archive's claim, so it is
 * limited. */
static enum qs_status read_bytes(
    struct qs_npz *npz, size_t index, unsigned char **ret_bytes, size_t *ret_size)
{
	unz_file_info64 facts;
	unsigned char *bytes;

	if (unzGoToFilePos64(npz->zip, &npz->positions[index]) != UNZ_OK ||
	    unzGetCurrentFileInfo64(npz->zip, &facts, NULL, 0, NULL, 0, NULL, 0) != UNZ_OK)
		return complain(npz, npz->names[index], "the data is damaged or cut off");
	if (facts.uncompressed_size > QS_NPY_LIMIT)
		return complain(
		    npz, npz->names[index], "the array is larger than the limit of 4 GiB");
	if (facts.uncompressed_size / MOST_GROWTH > npz->size)
		return complain(npz, npz->names[index],
		    "the data is damaged: the archive is too small for the size that it tells");
	bytes = malloc((size_t)facts.uncompressed_size + 1);
	if (!bytes)
		return QS_NOMEM;
	if (unzOpenCurrentFile(npz->zip) != UNZ_OK ||
	    !read_opened(npz->zip, bytes, (size_t)facts.uncompressed_size)) {
		free(bytes);
		return complain(npz, npz->names[index], "the data is damaged or cut off");
	}
	*ret_bytes = bytes;
	*ret_size = (size_t)facts.uncompressed_size;
	return QS_OK;
}

enum qs_status qs_npz_read(struct qs_npz *npz, size_t index, struct qs_array *ret_array)
{
	const struct qs_subject subject = {npz->names[index], npz->place, npz->findings};
	unsigned char *bytes = NULL;
	size_t size = 0;
	enum qs_status status = read_bytes(npz, index, &bytes, &size);

	if (status != QS_OK)
		return status;
	status = qs_npy_parse(bytes, size, &subject, ret_array);
	if (status != QS_OK)
		free(bytes);
	return status;
}
