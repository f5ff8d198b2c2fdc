/* SPDX-License-Identifier: Apache-2.0 */
/* Writing JSON documents with json-c. */
#include "base/json_document.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

const char *qs_json_library(void)
{
	return json_c_version();
}

void qs_json_put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static void add_utf8(struct qs_text *text, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		const size_t n = qs_utf8_length((const unsigned char *)bytes + i, size - i);

		qs_text_add(text, n ? bytes + i : "?", n ? n : 1);
		i += n ? n : 1;
	}
}

/* A serializer of json-c for what cannot be written. */
static int refuse(struct json_object *object, struct printbuf *buffer, int level, int flags)
{
	(void)object;
	(void)buffer;
	(void)level;
	(void)flags;
	return -1;
}

struct json_object *qs_json_end_text(struct qs_text *text)
{
	struct json_object *string = text->failed
	                                 ? json_object_new_boolean(false)
	                                 : json_object_new_string_len(text->data, (int)text->size);

	if (text->failed)
		json_object_set_serializer(string, refuse, NULL, NULL);
	qs_text_done(text);
	return string;
}

struct json_object *qs_json_text(const char *text)
{
	struct qs_text clean = QS_TEXT_INIT;

	if (!text)
		return NULL;
	add_utf8(&clean, text, strlen(text));
	return qs_json_end_text(&clean);
}

void qs_number_spell(double value, char text[QS_NUMBER_SPELLING])
{
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, QS_NUMBER_SPELLING, "%.*g", digits, value);
		if (!(strtod(text, NULL) < value) && !(strtod(text, NULL) > value))
			break;
	}
}

struct json_object *qs_json_number(double value)
{
	char text[QS_NUMBER_SPELLING];

	qs_number_spell(value, text);
	return json_object_new_double_s(value, text);
}

static enum qs_status write_document(struct json_object *document, int flags, struct qs_text *text)
{
	const char *written =
	    json_object_to_json_string_ext(document, flags | JSON_C_TO_STRING_NOSLASHESCAPE);

	if (written)
		qs_text_addf(text, "%s\n", written);
	else
		text->failed = true;
	json_object_put(document);
	return qs_text_status(text);
}

enum qs_status qs_json_write(struct json_object *document, struct qs_text *text)
{
	return write_document(document, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED, text);
}

enum qs_status qs_json_write_line(struct json_object *document, struct qs_text *text)
{
	return write_document(document, JSON_C_TO_STRING_SPACED, text);
}

/* Why a text was not parsed, or NULL. */
static const char *trouble_of(struct json_tokener *tokener, const char *bytes, size_t size)
{
	const enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t end = json_tokener_get_parse_end(tokener);

	if (error == json_tokener_continue)
		return "it ends too early";
	if (error != json_tokener_success)
		return json_tokener_error_desc(error);
	while (end < size && bytes[end] && strchr(" \t\r\n", bytes[end]))
		end++;
	return end < size ? "text behind its end" : NULL;
}

const char *qs_json_parse(
    const char *bytes, size_t size, int depth, struct json_object **ret_document, size_t *ret_at)
{
	struct json_tokener *tokener = json_tokener_new_ex(depth);
	struct json_object *document;
	const char *trouble;

	*ret_at = 0;
	if (!tokener)
		return "memory ran out";
	document = json_tokener_parse_ex(tokener, bytes, (int)size);
	trouble = trouble_of(tokener, bytes, size);
	*ret_at = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	if (trouble)
		json_object_put(document);
	else
		*ret_document = document;
	return trouble;
}

/* Appends a value without an end of line. */
static void write_inline(struct json_object *value, struct qs_text *text)
{
	if (qs_json_write_line(value, text) == QS_OK)
		text->data[--text->size] = '\0';
}

void qs_json_write_member(
    const char *key, struct json_object *value, const char *end, struct qs_text *text)
{
	qs_text_addf(text, "  \"%s\": ", key);
	write_inline(value, text);
	qs_text_adds(text, end);
}

void qs_json_write_item(struct json_object *item, bool *first, struct qs_text *text)
{
	qs_text_adds(text, *first ? "\n    " : ",\n    ");
	*first = false;
	write_inline(item, text);
}
