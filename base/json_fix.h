/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How JSON is mended: removals that take the comma and the line with them, and what a number was
 * meant to be.
 */
#ifndef BASE_JSON_FIX_H
#define BASE_JSON_FIX_H

#include "base/json_scan.h"

/* What goes when a member or element goes: it and the comma, blanks and line between it and its
 * neighbour. Fast but for the last of a container. */
struct qs_place qs_json_removal(
    const struct qs_json_document *document, const struct qs_json *child);

/* Whether a member or element is to go. */
typedef bool qs_json_test(const struct qs_json *child, const void *context);

/* Adds a safe fix that removes children of a container, as far as there are any. */
void qs_json_fix_removal(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_json_document *document, const struct qs_json *container, qs_json_test *goes,
    const void *context);

/* What goes when a comment goes: its line, or what it is set off by from what stands before. */
struct qs_place qs_json_comment_removal(const struct qs_json_scan *scan, size_t begin, size_t end);

/* Writes the JSON number of what is nearly one: a plus sign, a missing digit, leading zeros. False:
 * there is none, or it may be another one. */
bool qs_json_mend_number(const char *written, size_t size, struct qs_text *ret_number);

#endif
