/* SPDX-License-Identifier: Apache-2.0 */
/* What is no value of JSON and no punctuation of it, but was meant as one. */
#include <string.h>

#include "base/json_scan.h"

/* Punctuation that looks like JSON's own: full-width and ideographic forms. */
static const struct {
	const char *bytes;
	char meant;
} look_alikes[] = {{"\xEF\xBC\x8C", ','}, {"\xE3\x80\x81", ','}, {"\xEF\xBC\x9A", ':'},
    {"\xEF\xBD\x9B", '{'}, {"\xEF\xBD\x9D", '}'}, {"\xEF\xBC\xBB", '['}, {"\xEF\xBC\xBD", ']'},
    {"\xEF\xBC\x9B", ';'}};

bool qs_json_take_look_alike(struct qs_json_scan *scan, char wanted)
{
	const char *here = scan->text + scan->at;

	for (size_t i = 0; i < sizeof(look_alikes) / sizeof(*look_alikes); i++) {
		const size_t n = strlen(look_alikes[i].bytes);
		const char meant[] = {look_alikes[i].meant, '\0'};
		struct qs_finding *finding;

		if (look_alikes[i].meant != wanted || strncmp(here, look_alikes[i].bytes, n) != 0)
			continue;
		finding = qs_json_error(scan, QS_FINDING_PUNCTUATION, scan->at, scan->at + n,
		    "\"%s\" is a full-width character; JSON has \"%s\"", look_alikes[i].bytes,
		    meant);
		qs_finding_fix(scan->findings, finding, true,
		    (struct qs_place){scan->source, scan->at, scan->at + n}, meant, "write %s",
		    meant);
		scan->at += n;
		return true;
	}
	return false;
}

static bool word_is(const char *word, size_t size, const char *other)
{
	return size == strlen(other) && memcmp(word, other, size) == 0;
}

/* Words of Python and JavaScript that have one plain meaning in JSON. */
static const struct {
	const char *word, *meant;
} foreign_words[] = {{"True", "true"}, {"False", "false"}, {"None", "null"}, {"TRUE", "true"},
    {"FALSE", "false"}, {"NULL", "null"}, {"Null", "null"}, {"undefined", "null"}};

void qs_json_report_bare_word(
    struct qs_json_scan *scan, size_t begin, const char *word, size_t size, bool sure)
{
	const struct qs_place place = {scan->source, begin, begin + size};
	const int shown_size = (int)(size < 60 ? size : 60);
	struct qs_finding *finding;
	char *quoted;

	finding = qs_json_error(scan, QS_FINDING_BARE_WORD, begin, begin + size,
	    "the word \"%.*s\" stands without quotes", shown_size, word);
	quoted = qs_arena_printf(scan->arena, "\"%.*s\"", (int)size, word);
	if (quoted)
		qs_finding_fix(scan->findings, finding, sure, place, quoted, "write \"%.*s\"",
		    shown_size, word);
	else
		scan->nomem = true;
}

void qs_json_complain_about_word(
    struct qs_json_scan *scan, size_t begin, const char *word, size_t size)
{
	const struct qs_place place = {scan->source, begin, begin + size};
	const int shown_size = (int)(size < 60 ? size : 60);
	struct qs_finding *finding;

	for (size_t i = 0; i < sizeof(foreign_words) / sizeof(*foreign_words); i++) {
		if (!word_is(word, size, foreign_words[i].word))
			continue;
		finding = qs_json_error(scan, QS_FINDING_BARE_WORD, begin, begin + size,
		    "\"%.*s\" is not JSON; write %s", shown_size, word, foreign_words[i].meant);
		qs_finding_fix(scan->findings, finding, true, place, foreign_words[i].meant,
		    "write %s", foreign_words[i].meant);
		return;
	}
	if (word_is(word, size, "NaN") || word_is(word, size, "Infinity") ||
	    word_is(word, size, "-Infinity")) {
		finding = qs_json_error(scan, QS_FINDING_NOT_A_NUMBER, begin, begin + size,
		    "\"%.*s\" is not JSON and no legal value of any key", shown_size, word);
		qs_finding_fix(scan->findings, finding, false, place, "null",
		    "write null, which counts as not given");
		return;
	}
	qs_json_report_bare_word(scan, begin, word, size, false);
}

size_t qs_json_word_length(const char *s)
{
	size_t n = 0;

	while (qs_json_is_word(s[n]))
		n++;
	return n;
}

void qs_json_read_word(struct qs_json_scan *scan, struct qs_json *value)
{
	const char *word = scan->text + scan->at;
	const size_t begin = scan->at, size = qs_json_word_length(word);

	scan->at += size;
	if (word_is(word, size, "true") || word_is(word, size, "false")) {
		value->type = QS_JSON_BOOL;
		value->boolean = word[0] == 't';
	} else if (word_is(word, size, "null")) {
		value->type = QS_JSON_NULL;
	} else {
		qs_json_complain_about_word(scan, begin, word, size);
	}
}
