/* SPDX-License-Identifier: Apache-2.0 */
/* The content of a model that stands in files beside it. */
#include "engine/content.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/map.h"
#include "engine/fingerprint.h"
#include "model/external.h"

/* Bytes that are read at a time, a multiple of a row of words. */
#define PIECE ((size_t)1 << 20)

/* FNV-1a with words in place of bytes, and as many side by side as a processor multiplies at once:
 * files are read no faster than that. */
#define LANES 8
#define ROW (LANES * sizeof(uint64_t))
#define PRIME UINT64_C(1099511628211)

/* ---- which files ----------------------------------------------------------------------------- */

struct search {
	const struct qs_model *model;
	struct qs_content *content;
	struct qs_map known; /* locations */
	size_t capacity;
};

static enum qs_status add_file(struct search *search, const char *location)
{
	struct qs_content *content = search->content;

	if (content->n == search->capacity) {
		const size_t capacity = search->capacity ? 2 * search->capacity : 4;
		const char **paths =
		    qs_arena_array(&content->arena, capacity, sizeof(*content->paths));

		if (!paths)
			return QS_NOMEM;
		if (content->n)
			memcpy(paths, content->paths, content->n * sizeof(*paths));
		content->paths = paths;
		search->capacity = capacity;
	}
	content->paths[content->n] =
	    qs_arena_printf(&content->arena, "%s/%s", search->model->folder, location);
	if (!content->paths[content->n] || !qs_map_set(&search->known, location, content->n))
		return QS_NOMEM;
	content->n++;
	return QS_OK;
}

static enum qs_status visit(Onnx__TensorProto *tensor, void *context)
{
	struct search *search = context;
	const char *location = qs_external_is(tensor) ? qs_external_location(tensor) : NULL;

	if (!location || qs_map_get(&search->known, location) != QS_MAP_NONE)
		return QS_OK;
	return add_file(search, location);
}

enum qs_status qs_content_find(const struct qs_model *model, struct qs_content *ret_content)
{
	struct search search = {.model = model, .content = ret_content, .known = QS_MAP_INIT};
	enum qs_status status;

	*ret_content = (struct qs_content){.n = 0};
	status = qs_tensors_visit(model->proto, visit, &search);
	qs_map_done(&search.known);
	return status;
}

void qs_content_done(struct qs_content *content)
{
	qs_arena_done(&content->arena);
}

/* ---- what is in them ------------------------------------------------------------------------- */

/* A word, its low byte first, whatever the machine does: compilers know this for a load. */
static uint64_t word_at(const unsigned char *b)
{
	return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
	       (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 |
	       (uint64_t)b[7] << 56;
}

static void add_rows(uint64_t lanes[LANES], const unsigned char *bytes, size_t n_rows)
{
	for (size_t i = 0; i < n_rows; i++) {
		for (size_t k = 0; k < LANES; k++)
			lanes[k] =
			    (lanes[k] ^ word_at(bytes + i * ROW + k * sizeof(*lanes))) * PRIME;
	}
}

static enum qs_status add_content(
    int fd, uint64_t size, const char *path, struct qs_findings *findings, uint64_t *fingerprint)
{
	unsigned char *bytes = malloc(PIECE);
	uint64_t lanes[LANES];
	enum qs_status status = bytes ? QS_OK : QS_NOMEM;
	size_t n = 0;

	for (size_t k = 0; k < LANES; k++)
		lanes[k] = QS_FINGERPRINT_START + k;
	for (uint64_t at = 0; at < size && status == QS_OK; at += n) {
		n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		status = qs_file_read_at(fd, path, at, bytes, n, findings);
		if (status != QS_OK)
			break;
		add_rows(lanes, bytes, n / ROW);
		*fingerprint = qs_fingerprint_add(*fingerprint, bytes + n / ROW * ROW, n % ROW);
	}
	for (size_t k = 0; k < LANES; k++) {
		char text[QS_FINGERPRINT_TEXT];

		qs_fingerprint_write(lanes[k], text);
		*fingerprint = qs_fingerprint_add(*fingerprint, text, strlen(text));
	}
	free(bytes);
	return status;
}

enum qs_status qs_content_fingerprint(
    const struct qs_content *content, struct qs_findings *findings, uint64_t *fingerprint)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < content->n && status == QS_OK; i++) {
		uint64_t size;
		int fd;

		status = qs_file_open(content->paths[i], findings, &fd, &size);
		if (status != QS_OK)
			break;
		status = add_content(fd, size, content->paths[i], findings, fingerprint);
		close(fd);
	}
	return status;
}
