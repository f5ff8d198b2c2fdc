/* SPDX-License-Identifier: Apache-2.0 */
/* Escapes in strings of JSON (RFC 8259, section 7), and those that JSON does not have. */
#include "base/json_scan.h"

#include <string.h>

#include "base/utf8.h"

static int hex_digits(const char *s)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		const char c = s[i];
		int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if (c >= 'a' && c <= 'f')
			digit = c - 'a' + 10;
		else if (c >= 'A' && c <= 'F')
			digit = c - 'A' + 10;
		else
			return -1;
		value = value * 16 + digit;
	}
	return value;
}

static size_t put_utf8(char *out, unsigned long point)
{
	if (point < 0x80) {
		out[0] = (char)point;
		return 1;
	}
	if (point < 0x800) {
		out[0] = (char)(0xC0 | point >> 6);
		out[1] = (char)(0x80 | (point & 0x3F));
		return 2;
	}
	if (point < 0x10000) {
		out[0] = (char)(0xE0 | point >> 12);
		out[1] = (char)(0x80 | (point >> 6 & 0x3F));
		out[2] = (char)(0x80 | (point & 0x3F));
		return 3;
	}
	out[0] = (char)(0xF0 | point >> 18);
	out[1] = (char)(0x80 | (point >> 12 & 0x3F));
	out[2] = (char)(0x80 | (point >> 6 & 0x3F));
	out[3] = (char)(0x80 | (point & 0x3F));
	return 4;
}

/* Decodes \uXXXX, with its second half when it is a pair, at scan->at; passes it. */
static size_t decode_unicode(struct qs_json_scan *scan, char *out)
{
	const char *here = scan->text + scan->at;
	const int first = hex_digits(here + 2);
	int second;

	if (first < 0) {
		qs_json_error(scan, QS_FINDING_BAD_ESCAPE, scan->at, scan->at + 2,
		    "\\u needs four hexadecimal digits");
		scan->at += 2;
		return 0;
	}
	if (first < 0xD800 || first > 0xDFFF) {
		scan->at += 6;
		return put_utf8(out, (unsigned long)first);
	}
	second = first < 0xDC00 && here[6] == '\\' && here[7] == 'u' ? hex_digits(here + 8) : -1;
	if (second >= 0xDC00 && second <= 0xDFFF) {
		scan->at += 12;
		return put_utf8(out, 0x10000 + ((unsigned long)(first - 0xD800) << 10) +
					 (unsigned long)(second - 0xDC00));
	}
	qs_json_error(scan, QS_FINDING_LONE_SURROGATE, scan->at, scan->at + 6,
	    "\\u%.4s is half of a surrogate pair; the other half is missing", here + 2);
	scan->at += 6;
	return 0;
}

/* Reports a backslash before a character of `n` bytes. Patterns have such escapes, which stand
 * behind two backslashes; letters that are an escape in other languages may be meant as that. */
static void report_escape(struct qs_json_scan *scan, size_t n)
{
	const struct qs_place backslash = {scan->source, scan->at, scan->at + 1};
	const char c = scan->text[scan->at + 1];
	struct qs_finding *finding;

	finding = qs_json_error(scan, QS_FINDING_BAD_ESCAPE, scan->at, scan->at + 1 + n,
	    "\"\\%.*s\" is no escape; a backslash itself is written \\\\", (int)n,
	    scan->text + scan->at + 1);
	if (c == '\'')
		qs_finding_fix(
		    scan->findings, finding, true, backslash, "", "a ' needs no backslash");
	else if (n && !strchr("01234567aexuUNv", c))
		qs_finding_fix(scan->findings, finding, true, backslash, "\\\\", "write \\\\%.*s",
		    (int)n, scan->text + scan->at + 1);
}

size_t qs_json_escape(struct qs_json_scan *scan, char *out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char c = scan->text[scan->at + 1];
	const char *name = c ? strchr(names, c) : NULL;
	size_t n;

	if (c == 'u')
		return decode_unicode(scan, out);
	if (name) {
		out[0] = values[name - names];
		scan->at += 2;
		return 1;
	}
	if (scan->at + 1 >= scan->size) { /* the end of the text is what is told */
		scan->at = scan->size;
		return 0;
	}
	n = (unsigned char)c >= 0x20 ? qs_json_character(scan, scan->at + 1) : 0;
	report_escape(scan, n);
	scan->at += 1 + n;
	return 0;
}
