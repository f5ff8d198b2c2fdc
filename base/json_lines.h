/* SPDX-License-Identifier: Apache-2.0 */
/* JSON Lines, read one after the other: an object a line, each line with a newline behind it. */
#ifndef BASE_JSON_LINES_H
#define BASE_JSON_LINES_H

#include "base/json_document.h"

/* How deep a line is nested: object, channels, channel, number. */
#define QS_LINES_DEPTH 4

struct qs_lines {
	const struct qs_source *source;
	const char *name; /* what the lines are about, at the head of every complaint */
	struct qs_findings *findings;
	size_t begin, end; /* of the line that was read last, without its newline */
};

/* The place of the line that was read last. */
struct qs_place qs_lines_place(const struct qs_lines *lines);

/* Adds a finding MALFORMED_STATE about that line; QS_INVALID. */
enum qs_status qs_lines_complain(const struct qs_lines *lines, const char *what);

/* Goes on to the next line, an object that is to be put. QS_INVALID with a finding when there is
 * none. */
enum qs_status qs_lines_next(struct qs_lines *lines, struct json_object **ret_line);

/* Whether nothing stands behind the line that was read last. */
bool qs_lines_at_end(const struct qs_lines *lines);

/* An integer from `least` to `most`. */
bool qs_json_get_integer(
    struct json_object *value, int64_t least, int64_t most, int64_t *ret_number);

/* Element i of a list: a finite number of magnitude at most `most`. */
bool qs_json_get_number(struct json_object *list, size_t i, double most, double *ret_number);

#endif
