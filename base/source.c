/* SPDX-License-Identifier: Apache-2.0 */
/* A named text with a map of its lines. */
#include "base/source.h"

#include <stdlib.h>
#include <string.h>

struct qs_source {
	char *name;
	char *text;
	size_t size;
	size_t *starts; /* byte offset of each line; made on first use, with `points` */
	size_t n_lines;
	size_t
	    *points; /* code points before each STRIDE-th byte, as a line may be the whole file */
};

#define STRIDE 1024

enum qs_status qs_source_take(
    const char *name, char *text, size_t size, struct qs_source **ret_source)
{
	struct qs_source *source = calloc(1, sizeof(*source));
	const size_t name_size = strlen(name) + 1;

	if (source)
		source->name = malloc(name_size);
	if (!source || !source->name) {
		free(source);
		return QS_NOMEM;
	}
	memcpy(source->name, name, name_size);
	source->text = text;
	source->size = size;
	*ret_source = source;
	return QS_OK;
}

enum qs_status qs_source_new(
    const char *name, const char *text, size_t size, struct qs_source **ret_source)
{
	char *copy = size < SIZE_MAX - QS_SOURCE_PADDING ? malloc(size + QS_SOURCE_PADDING) : NULL;
	enum qs_status status;

	if (!copy)
		return QS_NOMEM;
	if (size)
		memcpy(copy, text, size);
	memset(copy + size, 0, QS_SOURCE_PADDING);
	status = qs_source_take(name, copy, size, ret_source);
	if (status != QS_OK)
		free(copy);
	return status;
}

enum qs_status qs_source_named(const char *name, struct qs_source **ret_source)
{
	return qs_source_take(name, NULL, 0, ret_source);
}

void qs_source_free(struct qs_source *source)
{
	if (!source)
		return;
	free(source->name);
	free(source->text);
	free(source->starts);
	free(source->points);
	free(source);
}

const char *qs_source_name(const struct qs_source *source)
{
	return source->name;
}

const char *qs_source_text(const struct qs_source *source, size_t *ret_size)
{
	*ret_size = source->size;
	return source->text;
}

/* Lines end with LF, CR LF or CR, as editors have it. */
static bool ends_line(const struct qs_source *source, size_t i)
{
	return source->text[i] == '\n' || (source->text[i] == '\r' && source->text[i + 1] != '\n');
}

/* Whether a byte starts a code point: it does not continue a UTF-8 sequence. */
static bool starts_point(char byte)
{
	return ((unsigned char)byte & 0xC0) != 0x80;
}

static bool map_points(struct qs_source *source)
{
	size_t n = 0;

	source->points = malloc((source->size / STRIDE + 1) * sizeof(*source->points));
	if (!source->points)
		return false;
	for (size_t i = 0; i < source->size; i++) {
		if (i % STRIDE == 0)
			source->points[i / STRIDE] = n;
		n += starts_point(source->text[i]);
	}
	if (source->size % STRIDE == 0)
		source->points[source->size / STRIDE] = n;
	return true;
}

static bool map_lines(struct qs_source *source)
{
	size_t n = 1;

	if (source->starts)
		return true;
	if (!source->text || (!source->points && !map_points(source)))
		return false;
	for (size_t i = 0; i < source->size; i++)
		n += ends_line(source, i);
	source->starts = malloc(n * sizeof(*source->starts));
	if (!source->starts)
		return false;
	source->starts[0] = 0;
	source->n_lines = 1;
	for (size_t i = 0; i < source->size; i++) {
		if (ends_line(source, i))
			source->starts[source->n_lines++] = i + 1;
	}
	return true;
}

/* The index of the last line that starts at or before a byte. */
static size_t line_index(const struct qs_source *source, size_t byte)
{
	size_t low = 0, high = source->n_lines;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (source->starts[middle] <= byte)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* The code points before a byte. */
static size_t points_before(const struct qs_source *source, size_t byte)
{
	size_t n = source->points[byte / STRIDE];

	for (size_t i = byte / STRIDE * STRIDE; i < byte; i++)
		n += starts_point(source->text[i]);
	return n;
}

struct qs_position qs_source_position(const struct qs_source *source, size_t byte)
{
	struct qs_position position = {0, 0, 0};
	size_t line;

	if (!map_lines((struct qs_source *)source))
		return position;
	if (byte > source->size)
		byte = source->size;
	line = line_index(source, byte);
	position.line = line + 1;
	position.byte = byte;
	position.column =
	    points_before(source, byte) - points_before(source, source->starts[line]) + 1;
	return position;
}

const char *qs_source_line(const struct qs_source *source, size_t line, size_t *ret_size)
{
	size_t begin, end;

	if (!map_lines((struct qs_source *)source) || line == 0 || line > source->n_lines)
		return NULL;
	begin = source->starts[line - 1];
	end = line < source->n_lines ? source->starts[line] : source->size;
	while (end > begin && (source->text[end - 1] == '\n' || source->text[end - 1] == '\r'))
		end--;
	*ret_size = end - begin;
	return source->text + begin;
}
