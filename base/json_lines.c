/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Lines, read one after the other. */
#include "base/json_lines.h"

#include <math.h>
#include <string.h>

#include "base/finding.h"

struct qs_place qs_lines_place(const struct qs_lines *lines)
{
	return (struct qs_place){lines->source, lines->begin, lines->end};
}

enum qs_status qs_lines_complain(const struct qs_lines *lines, const char *what)
{
	qs_finding_add(lines->findings, QS_FINDING_MALFORMED_STATE, qs_lines_place(lines), "%s: %s",
	    lines->name, what);
	return QS_INVALID;
}

bool qs_lines_at_end(const struct qs_lines *lines)
{
	size_t size;

	qs_source_text(lines->source, &size);
	return lines->end + 1 >= size;
}

enum qs_status qs_lines_next(struct qs_lines *lines, struct json_object **ret_line)
{
	const char *text, *newline, *trouble;
	struct json_object *line;
	size_t size, at;

	text = qs_source_text(lines->source, &size);
	lines->begin = lines->end + (lines->end > 0);
	lines->end = size;
	if (lines->begin >= size) {
		lines->begin = size;
		return qs_lines_complain(lines, "the state ends too early");
	}
	newline = memchr(text + lines->begin, '\n', size - lines->begin);
	if (!newline)
		return qs_lines_complain(lines, "the state is cut off inside a line");
	lines->end = (size_t)(newline - text);
	trouble = qs_json_parse(
	    text + lines->begin, lines->end - lines->begin, QS_LINES_DEPTH, &line, &at);
	if (trouble)
		return qs_lines_complain(lines, "a line of the state is no JSON");
	if (!json_object_is_type(line, json_type_object)) {
		json_object_put(line);
		return qs_lines_complain(lines, "a line of the state is no object");
	}
	*ret_line = line;
	return QS_OK;
}

bool qs_json_get_integer(
    struct json_object *value, int64_t least, int64_t most, int64_t *ret_number)
{
	if (!json_object_is_type(value, json_type_int))
		return false;
	*ret_number = json_object_get_int64(value);
	return *ret_number >= least && *ret_number <= most;
}

bool qs_json_get_number(struct json_object *list, size_t i, double most, double *ret_number)
{
	struct json_object *value = json_object_array_get_idx(list, i);

	if (!json_object_is_type(value, json_type_double) &&
	    !json_object_is_type(value, json_type_int))
		return false;
	*ret_number = json_object_get_double(value);
	return fabs(*ret_number) <= most;
}
