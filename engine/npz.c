/* SPDX-License-Identifier: Apache-2.0 */
/* Named arrays in .npz files. */
#include "engine/npz.h"

#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "base/arena.h"
#include "base/finding.h"
#include "engine/npy.h"

/* Arrays of one archive; a model has a handful of inputs. */
#define ARRAY_LIMIT 4096

struct qs_npz {
	zip_t *zip;
	struct qs_arena arena;
	const char **names;
	size_t n_names;
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

static enum qs_status read_names(struct qs_npz *npz)
{
	const zip_int64_t n = zip_get_num_entries(npz->zip, 0);

	if (n < 0 || n > ARRAY_LIMIT)
		return complain(npz, "cannot read the archive", "it has too many files");
	npz->names = qs_arena_array(&npz->arena, (size_t)n + 1, sizeof(*npz->names));
	if (!npz->names)
		return QS_NOMEM;
	for (zip_int64_t i = 0; i < n; i++) {
		const char *file = zip_get_name(npz->zip, (zip_uint64_t)i, 0);

		npz->names[i] = array_name(&npz->arena, file ? file : "");
		if (!npz->names[i])
			return QS_NOMEM;
	}
	npz->n_names = (size_t)n;
	return QS_OK;
}

enum qs_status qs_npz_open(const char *path, struct qs_findings *findings, struct qs_npz **ret_npz)
{
	struct qs_npz *npz = calloc(1, sizeof(*npz));
	enum qs_status status;
	zip_error_t error;
	int code = 0;

	if (!npz)
		return QS_NOMEM;
	npz->findings = findings;
	npz->place = qs_place_of(qs_findings_name_source(findings, path));
	npz->zip = zip_open(path, ZIP_RDONLY, &code);
	if (npz->zip) {
		status = read_names(npz);
	} else {
		zip_error_init_with_code(&error, code);
		status = complain(npz, "cannot read the archive", zip_error_strerror(&error));
		zip_error_fini(&error);
	}
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
		zip_discard(npz->zip);
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

/* The bytes of a file of the archive, malloc'ed. Its size is the archive's claim, so it is limited. */
static enum qs_status read_bytes(
    struct qs_npz *npz, size_t index, unsigned char **ret_bytes, size_t *ret_size)
{
	zip_file_t *file;
	zip_stat_t facts;
	unsigned char *bytes;
	zip_int64_t n;

	if (zip_stat_index(npz->zip, index, 0, &facts) != 0 || !(facts.valid & ZIP_STAT_SIZE) ||
	    facts.size > QS_NPY_LIMIT)
		return complain(npz, npz->names[index], "the array is larger than the limit of 4 GiB");
	file = zip_fopen_index(npz->zip, index, 0);
	if (!file)
		return complain(npz, npz->names[index], zip_strerror(npz->zip));
	bytes = malloc((size_t)facts.size + 1);
	n = bytes ? zip_fread(file, bytes, facts.size) : 0;
	zip_fclose(file);
	if (!bytes)
		return QS_NOMEM;
	if (n < 0 || (zip_uint64_t)n != facts.size) {
		free(bytes);
		return complain(npz, npz->names[index], "the data is damaged or cut off");
	}
	*ret_bytes = bytes;
	*ret_size = (size_t)n;
	return QS_OK;
}

enum qs_status qs_npz_read(struct qs_npz *npz, size_t index, struct qs_array *ret_array)
{
	const struct qs_subject subject = {npz->names[index], npz->place, npz->findings};
	enum qs_status status;
	unsigned char *bytes;
	size_t size;

	status = read_bytes(npz, index, &bytes, &size);
	if (status != QS_OK)
		return status;
	status = qs_npy_parse(bytes, size, &subject, ret_array);
	if (status != QS_OK)
		free(bytes);
	return status;
}
