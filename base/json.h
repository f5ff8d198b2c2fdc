/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Strict JSON (RFC 8259) with positions and recovery.
 *
 * json-c keeps no positions, takes duplicate keys, NaN and single quotes, and stops at the first
 * mistake; a config needs the opposite. Every mistake becomes one finding with its place and, where
 * there is one, the fix; reading goes on behind it. What could not be read is a QS_JSON_BROKEN
 * value, about which nobody complains again.
 *
 * Ownership: a document borrows the text of its source, and its nodes live in its arena. Depth is
 * limited to QS_JSON_DEPTH, text to 4 GiB by the width of offsets (callers limit files much lower).
 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <string.h>

#include "base/arena.h"
#include "qstrata/base.h"

#define QS_JSON_DEPTH 64

enum qs_json_type {
	QS_JSON_BROKEN,
	QS_JSON_NULL,
	QS_JSON_BOOL,
	QS_JSON_INT,  /* written without point and exponent, and fits 64 bits */
	QS_JSON_REAL, /* written with point or exponent, and finite */
	QS_JSON_STRING,
	QS_JSON_ARRAY,
	QS_JSON_OBJECT
};

/* A string: decoded bytes of UTF-8, not NUL-terminated. */
struct qs_json_string {
	const char *bytes;
	uint32_t size;
};

/* A value, and with it the member or element that it is. 64 bytes: large configs have many. */
struct qs_json {
	struct qs_json *parent, *next;
	struct qs_json_string
	    key;             /* of a member; of an element, bytes is NULL and size its index */
	uint32_t key_begin;  /* offset of the key's quote */
	uint32_t begin, end; /* span of the value */
	uint8_t type;        /* enum qs_json_type */
	bool hidden;         /* a later member of the same key counts instead */
	uint8_t mark;        /* for the reader of the document; 0 at first */
	union {
		bool boolean;
		int64_t integer;
		double real;
		struct qs_json_string string;
		struct {
			struct qs_json *first;
			uint32_t count;
		} children;
	};
};

struct qs_json_document {
	const struct qs_source *source;
	struct qs_arena arena;
	struct qs_json *root; /* NULL when there is no value at all */
	bool complete;        /* read to its end: what is not there was not written */
};

/*
 * Reads a whole text. QS_INVALID when anything was wrong; the document is usable even then, as far
 * as it goes. End it with qs_json_done() whatever is returned.
 */
enum qs_status qs_json_read(const struct qs_source *source, struct qs_findings *findings,
    struct qs_json_document *document);
void qs_json_done(struct qs_json_document *document);

/* Where a value, or the key of a member, stands. */
struct qs_place qs_json_place(const struct qs_json_document *document, const struct qs_json *value);
struct qs_place qs_json_key_place(
    const struct qs_json_document *document, const struct qs_json *member);

/* The JSON Pointer (RFC 6901) of a value. */
void qs_json_pointer(const struct qs_json *value, struct qs_text *text);

/* The text of a value as written. */
struct qs_json_string qs_json_written(
    const struct qs_json_document *document, const struct qs_json *value);

/* "an integer", "a string" ... for messages. */
const char *qs_json_type_name(enum qs_json_type type);

/* As many bytes of a string as fit a message, for "%.*s": whole characters, at most `limit`
 * bytes. */
int qs_json_shown(struct qs_json_string string, uint32_t limit);

/* Whether a string is a word of a known size; no bytes are no word. */
static inline bool qs_json_string_equals(
    struct qs_json_string string, const char *word, size_t size)
{
	/* Of two words of a size most differ in the first byte. */
	return string.size == size && string.bytes && (!size || string.bytes[0] == word[0]) &&
	       memcmp(string.bytes, word, size) == 0;
}

/* Whether a string is a word. */
static inline bool qs_json_string_is(struct qs_json_string string, const char *word)
{
	return qs_json_string_equals(string, word, strlen(word));
}

#endif
