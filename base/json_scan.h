/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The words of JSON: a scanner over the text, with the mistakes that people make in single words
 * (comments, quotes, numbers, escapes, bytes). The structure is json.c's.
 */
#ifndef BASE_JSON_SCAN_H
#define BASE_JSON_SCAN_H

#include "base/finding.h"
#include "base/json.h"

struct qs_json_scan {
	const char *text; /* NUL-terminated at size */
	size_t size, at;
	const struct qs_source *source;
	const struct qs_json_document *document;
	struct qs_findings *findings;
	struct qs_arena *arena;
	size_t n_errors, n_serious; /* all, and those after which the text is less clear */
	bool stopped;               /* nothing more is to be read */
	bool nomem;
};

/* Adds an error about bytes of the text and counts it; stops the scan when there are too many. */
struct qs_finding *qs_json_error(struct qs_json_scan *scan, enum qs_finding_id id, size_t begin,
    size_t end, const char *format, ...) QS_PRINTF(5, 6);

/* Passes white space, and comments with one error for each run of them. */
void qs_json_skip_slowly(struct qs_json_scan *scan);

/* The same; most often there is nothing to pass. */
static inline void qs_json_skip(struct qs_json_scan *scan)
{
	const char c = scan->text[scan->at];

	if ((c == ' ' || c == '\n') && scan->text[scan->at + 1] > '/')
		scan->at++;
	else if (c <= ' ' || c == '#' || c == '/')
		qs_json_skip_slowly(scan);
}

/* ---- json_escape.c, json_string.c ------------------------------------------------------------ */

/* Decodes the escape that starts here into at most 4 bytes; passes it. */
size_t qs_json_escape(struct qs_json_scan *scan, char *out);

/* Reads a string that starts here with any kind of quote. False: memory ran out or it is broken. */
bool qs_json_scan_string(struct qs_json_scan *scan, struct qs_json_string *ret_string);

/* The end of the string, in any kind of quote, or of the bare word that starts at an offset. */
size_t qs_json_string_end(const char *text, size_t size, size_t at);

/* Reads a number, or what was meant as one, into `value`. */
void qs_json_scan_number(struct qs_json_scan *scan, struct qs_json *value);

/* The bytes of the character at an offset, at least 1. */
size_t qs_json_character(const struct qs_json_scan *scan, size_t at);

/* Whether a bare word can start with or contain a byte. */
bool qs_json_is_word(char c);

/* The quote that opens a string here: 1 for the right one, more for one that looks alike, 0 for
 * none. */
size_t qs_json_quote(const struct qs_json_scan *scan);

/* ---- json_word.c: what is no value, but was meant as one ------------------------------------- */

/* Passes a character that looks like `wanted`, with an error that offers the right one. */
bool qs_json_take_look_alike(struct qs_json_scan *scan, char wanted);

/* Reports a word without quotes, with what it means in JSON if that is plain. */
void qs_json_complain_about_word(
    struct qs_json_scan *scan, size_t begin, const char *word, size_t size);

/* Reports a word without quotes that stands for a string: surely when it is a key. */
void qs_json_report_bare_word(
    struct qs_json_scan *scan, size_t begin, const char *word, size_t size, bool sure);

/* How many bytes of a bare word stand here. */
size_t qs_json_word_length(const char *s);

/* Reads true, false, null, or a bare word that is reported, into `value`. */
void qs_json_read_word(struct qs_json_scan *scan, struct qs_json *value);

/* ---- json_duplicate.c ------------------------------------------------------------------------ */

/* Reports members of a key that an earlier one has, and marks the earlier ones as hidden. */
void qs_json_find_duplicates(struct qs_json_scan *scan, struct qs_json *object);

#endif
