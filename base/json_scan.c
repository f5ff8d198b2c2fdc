/* SPDX-License-Identifier: Apache-2.0 */
/* The words of JSON and the mistakes in them. */
#include "base/json_scan.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_fix.h"
#include "base/utf8.h"

/* After this many syntax errors the text is something else, or the reader has had enough. */
#define ERROR_LIMIT 50

struct qs_finding *qs_json_error(struct qs_json_scan *scan, enum qs_finding_id id, size_t begin,
    size_t end, const char *format, ...)
{
	struct qs_text message = QS_TEXT_INIT;
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&message, format, arguments);
	va_end(arguments);
	finding = qs_finding_add(
	    scan->findings, id, (struct qs_place){scan->source, begin, end}, "%s", message.data);
	qs_findings_end_text(scan->findings, &message);
	scan->n_errors++;
	/* However many comments there are, what is around them is read as well as ever. */
	scan->n_serious += id != QS_FINDING_COMMENT;
	if (scan->n_serious == ERROR_LIMIT && id != QS_FINDING_COMMENT && !scan->stopped) {
		scan->stopped = true;
		qs_finding_add(scan->findings, QS_FINDING_TOO_MANY_SYNTAX,
		    (struct qs_place){scan->source, end, end},
		    "reading stopped after %d syntax errors", ERROR_LIMIT);
	}
	return finding;
}

bool qs_json_is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_' || c == '.' || c == '+' || c == '-' || c == '$';
}

size_t qs_json_character(const struct qs_json_scan *scan, size_t at)
{
	/* The padding of a source ends a sequence that is cut off. */
	const size_t n = qs_utf8_length((const unsigned char *)scan->text + at, 4);

	return n ? n : 1;
}

/* Passes one comment of any language that people think of; false when there is none. */
static bool skip_comment(struct qs_json_scan *scan)
{
	const char *here = scan->text + scan->at;

	if (here[0] == '/' && here[1] == '*') {
		const char *end = strstr(here + 2, "*/");

		scan->at = end ? (size_t)(end + 2 - scan->text) : scan->size;
		return true;
	}
	if (here[0] == '#' || (here[0] == '/' && here[1] == '/')) {
		scan->at += strcspn(here, "\r\n");
		return true;
	}
	return false;
}

static void skip_blanks(struct qs_json_scan *scan)
{
	const char *here = scan->text + scan->at;

	while (*here == ' ' || *here == '\n' || *here == '\t' || *here == '\r')
		here++;
	scan->at = (size_t)(here - scan->text);
}

void qs_json_skip_slowly(struct qs_json_scan *scan)
{
	size_t begin, end, n = 0;
	struct qs_finding *finding;

	skip_blanks(scan);
	begin = end = scan->at;
	while ((scan->text[scan->at] == '#' || scan->text[scan->at] == '/') && skip_comment(scan)) {
		end = scan->at;
		n++;
		skip_blanks(scan);
	}
	if (!n)
		return;
	finding = qs_json_error(scan, QS_FINDING_COMMENT, begin, end,
	    n == 1 ? "JSON has no comments" : "JSON has no comments; found %zu in a row", n);
	qs_finding_fix(scan->findings, finding, true, qs_json_comment_removal(scan, begin, end), "",
	    "remove %s", n == 1 ? "it" : "them");
}

/* ---- numbers --------------------------------------------------------------------------------- */

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* The length of the JSON number at `s` (RFC 8259 section 6), or 0. */
static size_t number_length(const char *s, bool *ret_real)
{
	const char *start = s;
	size_t n;

	*ret_real = false;
	s += *s == '-';
	n = digits(s);
	if (n == 0 || (n > 1 && *s == '0'))
		return 0;
	s += n;
	if (*s == '.') {
		n = digits(s + 1);
		if (n == 0)
			return 0;
		s += 1 + n;
		*ret_real = true;
	}
	if (*s == 'e' || *s == 'E') {
		s += 1 + (s[1] == '+' || s[1] == '-');
		n = digits(s);
		if (n == 0)
			return 0;
		s += n;
		*ret_real = true;
	}
	return (size_t)(s - start);
}

/* The double of the `n` bytes at `s`. strtod() wants the locale's decimal point, JSON has its
 * own. */
static double to_double(const char *s, size_t n)
{
	const char *point = localeconv()->decimal_point;
	struct qs_text local = QS_TEXT_INIT;
	double value;

	if (strcmp(point, ".") == 0)
		return strtod(s, NULL);
	for (size_t i = 0; i < n; i++) {
		if (s[i] == '.')
			qs_text_adds(&local, point);
		else
			qs_text_add(&local, s + i, 1);
	}
	value = strtod(local.data, NULL);
	qs_text_done(&local);
	return value;
}

static void report_number(struct qs_json_scan *scan, size_t begin, size_t size)
{
	const char *here = scan->text + begin;
	struct qs_text number = QS_TEXT_INIT;
	struct qs_finding *finding;

	finding = qs_json_error(scan, QS_FINDING_MALFORMED_NUMBER, begin, begin + size,
	    "\"%.*s\" is no JSON number%s", (int)(size < 60 ? size : 60), here,
	    here[0] == '0' && digits(here) > 1 ? "; it must not start with 0" : "");
	if (qs_json_mend_number(here, size, &number))
		qs_finding_fix(scan->findings, finding, true,
		    (struct qs_place){scan->source, begin, begin + size}, number.data, "write %s",
		    number.data);
	qs_findings_end_text(scan->findings, &number);
}

void qs_json_scan_number(struct qs_json_scan *scan, struct qs_json *value)
{
	const char *here = scan->text + scan->at;
	const size_t begin = scan->at;
	size_t written = 0, n;
	bool real;

	while (qs_json_is_word(here[written]))
		written++;
	n = number_length(here, &real);
	scan->at += written;
	if (n != written) {
		report_number(scan, begin, written);
		return;
	}
	if (real) {
		value->real = to_double(here, written);
		value->type = QS_JSON_REAL;
		if (!isinf(value->real))
			return;
	} else {
		errno = 0;
		value->integer = strtoll(here, NULL, 10);
		value->type = QS_JSON_INT;
		if (errno == 0)
			return;
	}
	value->type = QS_JSON_BROKEN;
	qs_json_error(scan, QS_FINDING_NUMBER_RANGE, begin, scan->at,
	    "the number %.*s is too large to be kept", (int)(written < 60 ? written : 60), here);
}
