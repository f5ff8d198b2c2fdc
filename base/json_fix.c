/* SPDX-License-Identifier: Apache-2.0 */
/* How JSON is mended: what goes with a removal, and what a number was meant to be. */
#include "base/json_fix.h"

#include <string.h>

/* ---- removals -------------------------------------------------------------------------------- */

/* Where a member or element starts, with its key. */
static size_t start_of(const struct qs_json *child)
{
	return child->key.bytes ? child->key_begin : child->begin;
}

/* The end of what stands between the brackets of a container. */
static size_t inner_end(
    const struct qs_json_document *document, const struct qs_json *container, size_t last_end)
{
	size_t size;
	const char *text = qs_source_text(document->source, &size);
	const char close = container->end ? text[container->end - 1] : '\0';

	return (close == '}' || close == ']') && container->end > last_end ? container->end - 1
	                                                                   : last_end;
}

/* What goes with the neighbours from `first` to `last`: all up to the next one, else from the one
 * before, else all there is. */
static struct qs_place removal(const struct qs_json_document *document,
    const struct qs_json *before, const struct qs_json *first, const struct qs_json *last)
{
	struct qs_place place = {document->source, start_of(first), last->end};

	if (last->next) {
		place.end = start_of(last->next);
	} else if (before) {
		place.begin = before->end;
	} else {
		place.begin = first->parent->begin + 1;
		place.end = inner_end(document, first->parent, last->end);
	}
	return place;
}

struct qs_place qs_json_removal(
    const struct qs_json_document *document, const struct qs_json *child)
{
	const struct qs_json *before = NULL;

	if (!child->next && child->parent->children.first != child) {
		for (before = child->parent->children.first; before->next != child;)
			before = before->next;
	}
	return removal(document, before, child, child);
}

void qs_json_fix_removal(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_json_document *document, const struct qs_json *container, qs_json_test *goes,
    const void *context)
{
	const struct qs_json *before = NULL, *first = NULL;
	struct qs_fix *fix = NULL;

	for (const struct qs_json *child = container->children.first; child; child = child->next) {
		struct qs_place place;

		if (!goes(child, context)) {
			before = child;
			first = NULL;
			continue;
		}
		first = first ? first : child;
		if (child->next && goes(child->next, context))
			continue;
		place = removal(document, before, first, child);
		if (fix)
			qs_fix_edit(findings, fix, place, "");
		else
			fix = qs_finding_fix(findings, finding, true, place, "", "leave it out");
	}
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

struct qs_place qs_json_comment_removal(const struct qs_json_scan *scan, size_t begin, size_t end)
{
	const char *text = scan->text;
	size_t line = begin, behind = end;
	bool alone, ends_line;

	while (line > 0 && is_blank(text[line - 1]))
		line--;
	while (is_blank(text[behind]))
		behind++;
	alone = line == 0 || text[line - 1] == '\n';
	ends_line = behind >= scan->size || text[behind] == '\n' || text[behind] == '\r';
	if (alone && ends_line) {
		behind += text[behind] == '\r';
		behind += text[behind] == '\n';
	}
	if (alone)
		return (struct qs_place){scan->source, ends_line ? line : begin, behind};
	if (ends_line || text[behind] == ',')
		return (struct qs_place){scan->source, line, end};
	return (struct qs_place){scan->source, begin, behind};
}

/* ---- numbers --------------------------------------------------------------------------------- */

static size_t digits(const char *s, size_t size)
{
	size_t n = 0;

	while (n < size && s[n] >= '0' && s[n] <= '9')
		n++;
	return n;
}

bool qs_json_mend_number(const char *written, size_t size, struct qs_text *ret_number)
{
	const bool minus = size && written[0] == '-';
	size_t n_whole, n_part = 0, zeros = 0;
	bool point;

	if (size && (minus || written[0] == '+')) {
		written++;
		size--;
	}
	n_whole = digits(written, size);
	point = n_whole < size && written[n_whole] == '.';
	if (point)
		n_part = digits(written + n_whole + 1, size - n_whole - 1);
	if (n_whole + point + n_part != size || n_whole + n_part == 0)
		return false;
	while (zeros + 1 < n_whole && written[zeros] == '0')
		zeros++;
	qs_text_adds(ret_number, minus ? "-" : "");
	qs_text_add(ret_number, n_whole ? written + zeros : "0", n_whole ? n_whole - zeros : 1);
	if (point) {
		qs_text_adds(ret_number, ".");
		qs_text_add(ret_number, n_part ? written + n_whole + 1 : "0", n_part ? n_part : 1);
	}
	/* A number of octal digits behind a 0 may be an octal one. */
	return zeros == 0 || point || strpbrk(ret_number->data, "89");
}
