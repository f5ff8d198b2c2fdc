/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing JSON documents with json-c: what every document has in common.
 */
#ifndef BASE_JSON_DOCUMENT_H
#define BASE_JSON_DOCUMENT_H

#include <json-c/json.h>

#include "qstrata/base.h"

/* The version of json-c that is in use. */
const char *qs_json_library(void);

/* Adds a member to an object, which takes over the reference to the value; NULL is the JSON
 * null. */
void qs_json_put(struct json_object *object, const char *key, struct json_object *value);

/* A string, or null for NULL. Bytes that are not UTF-8, which JSON cannot have, become "?". */
struct json_object *qs_json_text(const char *text);

/*
 * A text as a string, and the end of the text. Of a text that ran out of memory it is a value that
 * cannot be written, so that the document fails and not silently lacks something.
 */
struct json_object *qs_json_end_text(struct qs_text *text);

/* The shortest decimal that reads back as the same double, and room for it. */
#define QS_NUMBER_SPELLING 40
void qs_number_spell(double value, char text[QS_NUMBER_SPELLING]);

/* A number, as that decimal. */
struct json_object *qs_json_number(double value);

/* Appends a document to a text, indented, with a final newline, and releases it. */
enum qs_status qs_json_write(struct json_object *document, struct qs_text *text);

/* Appends a document to a text on one line, with a final newline, and releases it. */
enum qs_status qs_json_write_line(struct json_object *document, struct qs_text *text);

/*
 * Parses one JSON text of bytes, nested at most `depth` deep. NULL, or what is wrong with it in a
 * few words, at the byte `*ret_at`.
 */
const char *qs_json_parse(
    const char *bytes, size_t size, int depth, struct json_object **ret_document, size_t *ret_at);

/*
 * For documents that are written piece by piece, as they may be too large to be one object: appends
 * `"key": value` and what follows it, or an element of a list on a line of its own. Both release
 * the value; trouble shows in the text.
 */
void qs_json_write_member(
    const char *key, struct json_object *value, const char *end, struct qs_text *text);
void qs_json_write_item(struct json_object *item, bool *first, struct qs_text *text);

#endif
