/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for people: one line in the shape that editors parse, and frames with carets. */
#include "base/finding.h"
#include "base/finding_write.h"
#include "base/source.h"
#include "base/utf8.h"

#include <string.h>

/* Columns of a source line that a frame shows; minified files have lines of megabytes. */
#define FRAME_WIDTH ((size_t)100)

static const char *const severity_colors[] = {"\033[36m", "\033[33m", "\033[31m"};
static const char bold[] = "\033[1m", plain[] = "\033[0m";

static void paint(struct qs_text *text, const struct qs_text_style *style, const char *code)
{
	if (style->color)
		qs_text_adds(text, code);
}

/* The controls of ASCII and of Latin-1 (U+0080 to U+009F). */
static bool is_control(const unsigned char *character, size_t size)
{
	return character[0] < 0x20 || character[0] == 0x7F ||
	       (size == 2 && character[0] == 0xC2 && character[1] < 0xA0);
}

void qs_text_add_visible(struct qs_text *text, const char *bytes, size_t size)
{
	for (size_t i = 0; i < size;) {
		const unsigned char *here = (const unsigned char *)bytes + i;
		const size_t n = qs_utf8_length(here, size - i);

		if (*here == '\t')
			qs_text_add(text, " ", 1);
		else if (n == 0 || is_control(here, n))
			qs_text_add(text, "?", 1);
		else
			qs_text_add(text, bytes + i, n);
		i += n ? n : 1;
	}
}

static void write_line(struct qs_text *text, const char *lead, const char *words)
{
	qs_text_adds(text, lead);
	qs_text_add_visible(text, words, strlen(words));
	qs_text_adds(text, "\n");
}

static void write_place(struct qs_text *text, struct qs_place place)
{
	const char *name;
	struct qs_position position;

	if (!place.source)
		return;
	name = qs_source_name(place.source);
	qs_text_add_visible(text, name, strlen(name));
	position = qs_source_position(place.source, place.begin);
	if (position.line)
		qs_text_addf(text, ":%zu:%zu", position.line, position.column);
	qs_text_adds(text, ": ");
}

static bool continues_utf8(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

static size_t count_points(const char *bytes, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < size; i++)
		n += !continues_utf8(bytes[i]);
	return n;
}

/* The window of a line that a frame shows: at most FRAME_WIDTH bytes around the span. */
static void clip(
    const char *line, size_t size, size_t column_byte, size_t *ret_from, size_t *ret_to)
{
	size_t from = 0, to = size;

	if (size > FRAME_WIDTH) {
		from = column_byte > FRAME_WIDTH / 2 ? column_byte - FRAME_WIDTH / 2 : 0;
		to = size - from > FRAME_WIDTH ? from + FRAME_WIDTH : size;
		while (from > 0 && continues_utf8(line[from]))
			from--;
		while (to < size && continues_utf8(line[to]))
			to++;
	}
	*ret_from = from;
	*ret_to = to;
}

/* The source line of a place, and carets under the place with a label behind them. */
static void write_frame(struct qs_text *text, const struct qs_text_style *style,
    struct qs_place place, const char *color, const char *label)
{
	const struct qs_position start =
	    place.source ? qs_source_position(place.source, place.begin) : (struct qs_position){0};
	size_t size, byte, span, from, to;
	const char *line;

	line = start.line ? qs_source_line(place.source, start.line, &size) : NULL;
	if (!line)
		return;
	byte = start.byte - (size_t)(line - qs_source_text(place.source, &span));
	if (byte > size)
		byte = size;
	clip(line, size, byte, &from, &to);
	span = place.end > place.begin ? place.end - place.begin : 1;
	if (span > to - byte)
		span = to > byte ? to - byte : 1;
	qs_text_addf(text, "%6zu | %s", start.line, from ? "..." : "");
	qs_text_add_visible(text, line + from, to - from);
	qs_text_addf(text, "%s\n       | ", to < size ? "..." : "");
	qs_text_fill(text, ' ', count_points(line + from, byte - from) + (from ? 3 : 0));
	paint(text, style, color);
	qs_text_fill(text, '^', byte < to ? count_points(line + byte, span) : 1);
	if (label) {
		qs_text_adds(text, " ");
		qs_text_add_visible(text, label, strlen(label));
	}
	paint(text, style, plain);
	qs_text_adds(text, "\n");
}

static void write_details(struct qs_text *text, const struct qs_text_style *style,
    const char *pages, const struct qs_finding *finding)
{
	const bool elsewhere = finding->place.source != NULL;

	write_frame(text, style, finding->place, severity_colors[finding->severity],
	    finding->fixes ? finding->fixes->message : NULL);
	for (const struct qs_related *r = finding->related; r; r = r->next) {
		const struct qs_position p =
		    r->place.source ? qs_source_position(r->place.source, r->place.begin)
				    : (struct qs_position){0};

		if (p.line && elsewhere) {
			write_frame(text, style, r->place, severity_colors[0], r->message);
			continue;
		}
		qs_text_adds(text, "       = note: ");
		write_place(text, r->place);
		write_line(text, "", r->message);
	}
	if (finding->pointer && finding->pointer[0])
		write_line(text, "       = at ", finding->pointer);
	if (finding->hint)
		write_line(text, "       = help: ", finding->hint);
	if (pages) {
		qs_text_adds(text, "       = see ");
		qs_page_address_write(pages, finding->code, finding->name, text);
		qs_text_adds(text, "\n");
	}
}

/* `pages`: the address of pages, or NULL. */
static void write_finding(struct qs_text *text, const struct qs_text_style *style,
    const char *pages, const struct qs_finding *finding)
{
	paint(text, style, bold);
	write_place(text, finding->place);
	paint(text, style, severity_colors[finding->severity]);
	qs_text_adds(text, qs_severity_name(finding->severity));
	paint(text, style, plain);
	qs_text_adds(text, ": ");
	qs_text_add_visible(text, finding->message, strlen(finding->message));
	qs_text_addf(text, " [%s]\n", finding->code);
	if (style->frame)
		write_details(text, style, pages, finding);
}

enum qs_status qs_findings_write_text(
    const struct qs_findings *findings, const struct qs_text_style *style, struct qs_text *text)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity >= style->at_least && !finding->suppressed)
			write_finding(text, style, NULL, finding);
	}
	return qs_text_status(text);
}

static enum qs_status write_shown(const struct qs_shown *shown, bool frame, struct qs_text *text)
{
	const struct qs_text_style style = {shown->view->color, frame, shown->view->at_least};

	for (size_t i = 0; i < shown->n_items; i++)
		write_finding(text, &style, shown->view->pages, shown->items[i].finding);
	return qs_text_status(text);
}

enum qs_status qs_write_text(const struct qs_shown *shown, struct qs_text *text)
{
	return write_shown(shown, false, text);
}

enum qs_status qs_write_full(const struct qs_shown *shown, struct qs_text *text)
{
	return write_shown(shown, true, text);
}
