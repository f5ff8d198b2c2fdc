/* SPDX-License-Identifier: Apache-2.0 */
/* Strings of JSON: what is in them, and where one ends that is written otherwise. */
#include "base/json_scan.h"

#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

/* A string of more line breaks is none: a quote is missing. */
#define BREAK_LIMIT 16

/* What word processors and keyboards put where a double quote belongs. */
static const char *const like_quotes[] = {
    "'", "\xE2\x80\x9C", "\xE2\x80\x9D", "\xE2\x80\x98", "\xE2\x80\x99", "\xEF\xBC\x82", "`"};

size_t qs_json_quote(const struct qs_json_scan *scan)
{
	const char *here = scan->text + scan->at;

	if (here[0] == '"')
		return 1;
	if (here[0] != '\'' && here[0] != '`' && (unsigned char)here[0] < 0x80)
		return 0;
	for (size_t i = 0; i < sizeof(like_quotes) / sizeof(*like_quotes); i++) {
		if (strncmp(here, like_quotes[i], strlen(like_quotes[i])) == 0)
			return i + 2;
	}
	return 0;
}

/* Where the first byte of memory is the lowest of a word, the lowest set bit tells the first
 * byte. */
#if defined(__GNUC__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LITTLE_ENDIAN_CTZ true
#define COUNT_TRAILING_ZEROS(word) __builtin_ctzll(word)
#else
#define LITTLE_ENDIAN_CTZ false
#define COUNT_TRAILING_ZEROS(word) 0
#endif

/* The end of the bytes that are plain in every string: ASCII but for quotes, escapes and controls.
 * Eight at a time: a byte of a mask is set where `word` has a byte that is below 0x20, one of
 * three, or not ASCII (Mycroft's test for a zero byte, on the word xor the byte looked for). A
 * borrow can only set bytes above a true one, so the lowest is always right. */
static size_t ordinary_end(const unsigned char *text, size_t at)
{
	const uint64_t ones = ~(uint64_t)0 / 255, highs = ones * 0x80;
	uint64_t word;

	for (;;) {
		uint64_t quote, tick, escape, control, found;

		memcpy(&word, text + at, sizeof(word));
		quote = word ^ ones * '"';
		tick = word ^ ones * '\'';
		escape = word ^ ones * '\\';
		control = word & ones * 0xE0;
		found =
		    ((quote - ones) | (tick - ones) | (escape - ones) | (control - ones) | word) &
		    highs;
		if (found && LITTLE_ENDIAN_CTZ)
			return at + (size_t)COUNT_TRAILING_ZEROS(found) / 8;
		if (found)
			break;
		at += sizeof(word);
	}
	while (text[at] >= 0x20 && text[at] < 0x80 && text[at] != '"' && text[at] != '\'' &&
	       text[at] != '\\')
		at++;
	return at;
}

/* Whether a quote stands here. Nearly all quotes are one byte. */
static bool is_quote(const char *here, const char *quote)
{
	return here[0] == quote[0] && (!quote[1] || strncmp(here, quote, strlen(quote)) == 0);
}

/* The end of the plain bytes of a string: a quote, an escape, a control character or bad UTF-8. */
static size_t plain_end(const struct qs_json_scan *scan, size_t at, const char *quote)
{
	const unsigned char *text = (const unsigned char *)scan->text;

	for (;;) {
		unsigned char c;
		size_t n;

		if (*quote != '`') /* the one quote that is ordinary to other strings */
			at = ordinary_end(text, at);
		c = text[at];
		if (is_quote(scan->text + at, quote))
			return at;
		if (c == '\\' || c < 0x20)
			return at;
		n = c < 0x80 ? 1 : qs_utf8_length(text + at, 4);
		if (n == 0)
			return at;
		at += n;
	}
}

static void report_open_string(struct qs_json_scan *scan, size_t open)
{
	struct qs_finding *finding;

	finding = qs_json_error(scan, QS_FINDING_UNEXPECTED_END, scan->size, scan->size,
	    "the text ends inside a string; its closing quote is missing");
	qs_finding_relate(scan->findings, finding,
	    (struct qs_place){scan->source, open, open + qs_json_character(scan, open)},
	    "opened here");
	scan->stopped = true; /* what is around the string ends here for the same reason */
}

static void report_control(struct qs_json_scan *scan, unsigned c)
{
	struct qs_finding *finding;
	char escape[8];

	snprintf(escape, sizeof(escape), "\\u%04x", c & 0x1F);
	finding = qs_json_error(scan, QS_FINDING_CONTROL_CHARACTER, scan->at, scan->at + 1,
	    "control character 0x%02x inside a string; write %s", c, escape);
	qs_finding_fix(scan->findings, finding, true,
	    (struct qs_place){scan->source, scan->at, scan->at + 1}, escape, "write %s", escape);
}

static bool is_break(char c)
{
	return c == '\n' || c == '\r';
}

/* Whether a value or key can end here. */
static bool ends_word(const char *behind)
{
	behind += strspn(behind, " \t");
	return strchr(",:}]\r\n", *behind) != NULL;
}

/*
 * Where a string ends that goes on behind a line break, or 0: its closing quote was forgotten, and
 * the next quote is one that opens, so that a word stands behind it.
 */
static size_t find_end_of_broken(const struct qs_json_scan *scan, const char *quote)
{
	size_t n_breaks = 0;

	for (size_t at = scan->at; at < scan->size && n_breaks <= BREAK_LIMIT; at++) {
		if (is_quote(scan->text + at, quote))
			return ends_word(scan->text + at + strlen(quote)) ? at : 0;
		at += scan->text[at] == '\\';
		n_breaks += scan->text[at] == '\n';
	}
	return 0;
}

/* Reports all line breaks up to the end of a string as one finding. */
static void report_breaks(struct qs_json_scan *scan, size_t end)
{
	const char *text = scan->text;
	struct qs_finding *finding;
	struct qs_fix *fix = NULL;

	finding = qs_json_error(scan, QS_FINDING_CONTROL_CHARACTER, scan->at, scan->at + 1,
	    "a line break inside a string; write \\n, or the string on one line");
	for (size_t at = scan->at; at < end; at++) {
		const size_t begin = at;

		if (!is_break(text[at]))
			continue;
		at += text[at] == '\r' && text[at + 1] == '\n';
		if (fix)
			qs_fix_edit(scan->findings, fix,
			    (struct qs_place){scan->source, begin, at + 1}, "\\n");
		else
			fix = qs_finding_fix(scan->findings, finding, true,
			    (struct qs_place){scan->source, begin, at + 1}, "\\n", "write \\n");
	}
}

/* Where a string was to end that is not closed on its line: before the colon behind a key, or the
 * comma at the end of the line. */
static size_t guess_end(const struct qs_json_scan *scan, size_t open)
{
	const char *text = scan->text;
	size_t end = scan->at;

	for (size_t at = open + 1; at + 1 < scan->at; at++) {
		if (text[at] == ':' && text[at + 1] == ' ')
			return at;
	}
	while (end > open + 1 && (text[end - 1] == ' ' || text[end - 1] == '\t'))
		end--;
	return end > open + 1 && text[end - 1] == ',' ? end - 1 : scan->at;
}

/* Reports a string that is not closed on its line and goes back to where it was to end. */
static void report_unclosed(struct qs_json_scan *scan, size_t open, const char *quote)
{
	const size_t guess = guess_end(scan, open);
	/* Only over plain bytes can what is decoded be taken back. */
	const size_t end = plain_end(scan, guess, quote) == scan->at ? guess : scan->at;
	struct qs_finding *finding = qs_json_error(
	    scan, QS_FINDING_SYNTAX, open, end, "the string is not closed on its line");

	if (scan->text[end - 1] != '\\')
		qs_finding_fix(scan->findings, finding, false,
		    (struct qs_place){scan->source, end, end}, quote, "close it here");
	scan->at = end;
}

/* Passes a line break. False: the string was to end before it. `*end` is where it ends, 0 as long
 * as it has no line break. */
static bool pass_break(struct qs_json_scan *scan, size_t open, const char *quote, size_t *end)
{
	if (!*end) {
		*end = find_end_of_broken(scan, quote);
		if (*end)
			report_breaks(scan, *end);
		else
			report_unclosed(scan, open, quote);
	}
	scan->at += *end != 0;
	return *end != 0;
}

/* Reports what stops a string and is not its end; passes it. False: the string ends here. */
static bool pass_bad_byte(struct qs_json_scan *scan, size_t open, const char *quote, size_t *end)
{
	const unsigned char c = (unsigned char)scan->text[scan->at];

	if (scan->at >= scan->size) {
		report_open_string(scan, open);
		return false;
	}
	if (is_break((char)c))
		return pass_break(scan, open, quote, end);
	if (c < 0x20)
		report_control(scan, c);
	else
		qs_json_error(scan, QS_FINDING_INVALID_UTF8, scan->at, scan->at + 1,
		    "byte 0x%02x at offset %zu is not UTF-8", c, scan->at);
	while (c >= 0x80 && ((unsigned char)scan->text[scan->at + 1] & 0xC0) == 0x80)
		scan->at++; /* the rest of the bad sequence has the same cause */
	scan->at++;
	return true;
}

/* The slow way, for strings with escapes or mistakes: decodes into the arena from the start. */
static bool decode_string(
    struct qs_json_scan *scan, size_t open, const char *quote, struct qs_json_string *ret_string)
{
	struct qs_text decoded = QS_TEXT_INIT;
	bool whole = true;
	size_t broken_end = 0;
	char *kept;

	for (;;) {
		const size_t end = plain_end(scan, scan->at, quote);
		char bytes[4];

		qs_text_add(&decoded, scan->text + scan->at, end - scan->at);
		scan->at = end;
		if (is_quote(scan->text + end, quote)) {
			scan->at += strlen(quote);
			break;
		}
		if (scan->text[end] == '\\') {
			const size_t n = qs_json_escape(scan, bytes);

			qs_text_add(&decoded, bytes, n);
			whole = whole && n > 0;
		} else {
			whole = false;
			if (!pass_bad_byte(scan, open, quote, &broken_end)) {
				/* What it went back over is of the text around. */
				decoded.size -=
				    scan->at < end && !decoded.failed ? end - scan->at : 0;
				break;
			}
		}
	}
	kept = qs_arena_strndup(scan->arena, decoded.data, decoded.size);
	scan->nomem = scan->nomem || !kept || decoded.failed;
	*ret_string = (struct qs_json_string){kept, (uint32_t)decoded.size};
	qs_text_done(&decoded);
	return whole && kept;
}

/* The quote that closes a string opened by one of a kind; curly quotes are closed by their
 * partners. */
static const char *closing_quote(size_t kind, size_t *ret_open_size)
{
	const size_t partner = kind == 3 || kind == 5 ? kind + 1 : kind;

	*ret_open_size = kind > 1 ? strlen(like_quotes[kind - 2]) : 1;
	return kind > 1 ? like_quotes[partner - 2] : "\"";
}

/* A string in other quotes that is right otherwise; what stands between them can stay as
 * written. */
static void report_quotes(struct qs_json_scan *scan, size_t open, size_t begin, size_t end)
{
	const char *inner = scan->text + begin;
	struct qs_finding *finding;
	char *fixed;

	finding = qs_json_error(scan, QS_FINDING_QUOTES, open, scan->at,
	    "a string stands in double quotes, found %.*s", (int)qs_json_character(scan, open),
	    scan->text + open);
	if (memchr(inner, '"', end - begin))
		return;
	fixed = qs_arena_printf(scan->arena, "\"%.*s\"", (int)(end - begin), inner);
	if (fixed)
		qs_finding_fix(scan->findings, finding, true,
		    (struct qs_place){scan->source, open, scan->at}, fixed, "write %s", fixed);
	else
		scan->nomem = true;
}

/* Nearly every string: in double quotes, of plain ASCII, without escapes. */
static bool scan_ordinary(struct qs_json_scan *scan, struct qs_json_string *ret_string)
{
	const size_t begin = scan->at + 1;
	size_t end;

	if (scan->text[scan->at] != '"')
		return false;
	end = ordinary_end((const unsigned char *)scan->text, begin);
	if (scan->text[end] != '"')
		return false;
	*ret_string = (struct qs_json_string){scan->text + begin, (uint32_t)(end - begin)};
	scan->at = end + 1;
	return true;
}

/* Any other: in quotes of any kind, with escapes, other characters, and mistakes. */
static bool scan_extraordinary(struct qs_json_scan *scan, struct qs_json_string *ret_string)
{
	const size_t open = scan->at, kind = qs_json_quote(scan);
	size_t open_size, begin, end;
	const char *quote = closing_quote(kind, &open_size);
	bool whole = true;

	begin = scan->at += open_size;
	end = plain_end(scan, begin, quote);
	if (is_quote(scan->text + end, quote)) {
		*ret_string = (struct qs_json_string){scan->text + begin, (uint32_t)(end - begin)};
		scan->at = end + strlen(quote);
	} else {
		whole = decode_string(scan, open, quote, ret_string);
	}
	if (kind > 1 && whole)
		report_quotes(scan, open, begin, scan->at - strlen(quote));
	return whole;
}

bool qs_json_scan_string(struct qs_json_scan *scan, struct qs_json_string *ret_string)
{
	return scan_ordinary(scan, ret_string) || scan_extraordinary(scan, ret_string);
}

size_t qs_json_string_end(const char *text, size_t size, size_t at)
{
	const struct qs_json_scan scan = {.text = text, .size = size, .at = at};
	const size_t kind = qs_json_quote(&scan);
	size_t open_size;
	const char *quote = closing_quote(kind, &open_size);

	if (kind == 0) {
		while (qs_json_is_word(text[at]))
			at++;
		return at;
	}
	at += open_size;
	while (at < size && !is_quote(text + at, quote) && text[at] != '\n' && text[at] != '\r')
		at += text[at] == '\\' && at + 1 < size ? 2 : 1;
	return at < size && is_quote(text + at, quote) ? at + strlen(quote) : at;
}
