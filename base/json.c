/* SPDX-License-Identifier: Apache-2.0 */
/* The structure of JSON: objects, arrays, members, and how reading goes on behind a mistake. */
#include "base/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_scan.h"

/* About as many bytes of text as configs have for a value, which with little white space is one of
 * a few letters under a key. */
#define TEXT_OF_VALUE 24

struct reader {
	struct qs_json_scan scan;
	struct qs_json_document *document;
	int depth;
};

static void read_value(struct reader *reader, struct qs_json *value);

/* The character at the scan, in the form in which messages show it. */
static const char *shown(const struct qs_json_scan *scan, char buffer[16])
{
	const char *here = scan->text + scan->at;
	const unsigned char c = (unsigned char)*here;

	if (scan->at >= scan->size)
		return "the end of the text";
	if (c < 0x20 || c == 0x7F)
		snprintf(buffer, 16, "byte 0x%02x", c);
	else
		snprintf(buffer, 16, "\"%.*s\"", (int)qs_json_character(scan, scan->at), here);
	return buffer;
}

/* Passes a character of the structure, or what looks like it. */
static inline bool take(struct qs_json_scan *scan, char wanted)
{
	if (scan->text[scan->at] == wanted && scan->at < scan->size) {
		scan->at++;
		return true;
	}
	return (unsigned char)scan->text[scan->at] >= 0x80 && qs_json_take_look_alike(scan, wanted);
}

/* ---- members and elements -------------------------------------------------------------------- */

/* Reads the key and colon of a member; false when there is nothing that could be a key. */
static bool read_key(struct reader *reader, struct qs_json *member)
{
	struct qs_json_scan *scan = &reader->scan;
	const size_t begin = scan->at;
	struct qs_finding *finding;
	char buffer[16];

	member->key_begin = (uint32_t)begin;
	if (scan->text[begin] == '"' || qs_json_quote(scan)) {
		qs_json_scan_string(scan, &member->key);
	} else if (qs_json_is_word(scan->text[begin])) {
		const size_t size = qs_json_word_length(scan->text + begin);

		scan->at += size;
		member->key = (struct qs_json_string){scan->text + begin, (uint32_t)size};
		qs_json_report_bare_word(scan, begin, scan->text + begin, size, true);
	} else {
		qs_json_error(scan, QS_FINDING_SYNTAX, begin,
		    begin + qs_json_character(scan, begin),
		    "expected a key in double quotes, found %s", shown(scan, buffer));
		return false;
	}
	qs_json_skip(scan);
	if (take(scan, ':')) {
		qs_json_skip(scan);
		return true;
	}
	if (scan->at >= scan->size)
		return false;
	finding = qs_json_error(scan, QS_FINDING_SYNTAX, scan->at,
	    scan->at + qs_json_character(scan, scan->at),
	    "expected \":\" behind the key \"%.*s\", found %s", qs_json_shown(member->key, 80),
	    member->key.bytes, shown(scan, buffer));
	if (scan->text[scan->at] == '=')
		qs_finding_fix(scan->findings, finding, true,
		    (struct qs_place){scan->source, scan->at, scan->at + 1}, ":", "write :");
	take(scan, '=');
	qs_json_skip(scan);
	return true;
}

/* Goes to the next comma or closing bracket of this level, past strings and nested brackets. */
static void resynchronize(struct qs_json_scan *scan)
{
	int depth = 0;

	while (scan->at < scan->size) {
		const char c = scan->text[scan->at];

		if (depth == 0 && (c == ',' || c == ']' || c == '}'))
			return;
		if (c == '"') {
			scan->at++;
			while (scan->at < scan->size && scan->text[scan->at] != '"' &&
			       scan->text[scan->at] != '\n')
				scan->at +=
				    scan->text[scan->at] == '\\' && scan->at + 1 < scan->size ? 2
											      : 1;
		}
		depth += (c == '{' || c == '[') - (c == '}' || c == ']');
		if (scan->at < scan->size)
			scan->at++;
	}
}

static struct qs_json *add_child(
    struct reader *reader, struct qs_json *parent, struct qs_json *last)
{
	struct qs_json *child = qs_arena_alloc(reader->scan.arena, sizeof(*child));

	if (!child) {
		reader->scan.nomem = reader->scan.stopped = true;
		return NULL;
	}
	child->parent = parent;
	child->key.size = parent->children.count++;
	if (last)
		last->next = child;
	else
		parent->children.first = child;
	return child;
}

static void report_end(struct qs_json_scan *scan, const struct qs_json *parent)
{
	struct qs_finding *finding;
	const bool object = parent->type == QS_JSON_OBJECT;

	if (scan->stopped)
		return;
	finding = qs_json_error(scan, QS_FINDING_UNEXPECTED_END, scan->size, scan->size,
	    "the text ends inside an %s; \"%c\" is missing", object ? "object" : "array",
	    object ? '}' : ']');
	qs_finding_relate(scan->findings, finding,
	    (struct qs_place){scan->source, parent->begin, parent->begin + 1}, "opened here");
	scan->stopped = true; /* the levels above end here for the same reason */
}

static void report_trailing_comma(struct qs_json_scan *scan, size_t comma, char close)
{
	struct qs_finding *finding;
	const struct qs_place place = {scan->source, comma, comma + 1};

	finding = qs_json_error(scan, QS_FINDING_TRAILING_COMMA, comma, comma + 1,
	    "a comma stands before \"%c\"; the last entry has none", close);
	qs_finding_fix(scan->findings, finding, true, place, "", "remove it");
}

/* What stands behind an entry. */
enum next {
	NEXT_ENTRY,
	NEXT_CLOSED,
	NEXT_END
};

static bool is_close(char c)
{
	return c == '}' || c == ']';
}

/* How many more brackets close than open from here on, outside of strings. */
static long net_closes(const struct qs_json_scan *scan)
{
	bool string = false;
	long net = 0;

	for (size_t i = scan->at; i < scan->size; i++) {
		const char c = scan->text[i];

		if (string && c == '\\')
			i++;
		else if (c == '"' || c == '\n')
			string = c == '"' && !string;
		else if (!string)
			net += is_close(c) - (c == '{' || c == '[');
	}
	return net;
}

/*
 * Reports a bracket of the other kind. The number of brackets up to the end tells what happened:
 * with as many as are open it stands for the right one, with more it is one too many, and with
 * fewer the right one is missing and this one closes a level above.
 */
static enum next wrong_bracket(struct reader *reader, const struct qs_json *parent, char close)
{
	struct qs_json_scan *scan = &reader->scan;
	const long net = net_closes(scan);
	const bool closes_above = parent->parent && parent->parent->type != parent->type;

	qs_json_error(scan, QS_FINDING_SYNTAX, scan->at, scan->at + 1,
	    "found \"%c\" where \"%c\" closes the %s", scan->text[scan->at], close,
	    parent->type == QS_JSON_OBJECT ? "object" : "array");
	if (net < reader->depth && closes_above)
		return NEXT_CLOSED;
	scan->at++;
	return net > reader->depth ? NEXT_ENTRY : NEXT_CLOSED;
}

/* Whether an entry can start here. */
static bool starts_entry(const struct qs_json_scan *scan)
{
	const char c = scan->text[scan->at];

	return qs_json_quote(scan) || c == '{' || c == '[' || qs_json_is_word(c);
}

/* Offers the comma that is missing behind a whole entry, or that another mark stands for. */
static void offer_comma(
    struct qs_json_scan *scan, struct qs_finding *finding, const struct qs_json *last)
{
	const char c = scan->text[scan->at];
	size_t at = last ? last->end : 0;

	while (at < scan->at && (scan->text[at] <= ' ' && scan->text[at] >= 0))
		at++;
	if (c == ';')
		qs_finding_fix(scan->findings, finding, true,
		    (struct qs_place){scan->source, scan->at, scan->at + 1}, ",", "write ,");
	else if (last && at == scan->at && last->type != QS_JSON_BROKEN &&
		 (c == '"' || ((c == '{' || c == '[') && !last->key.bytes)))
		qs_finding_fix(scan->findings, finding, true,
		    (struct qs_place){scan->source, last->end, last->end}, ",", "write the comma");
}

/* Passes what stands between two entries, with its mistakes. */
static enum next next_entry(
    struct reader *reader, const struct qs_json *parent, const struct qs_json *last, char close)
{
	struct qs_json_scan *scan = &reader->scan;
	struct qs_finding *finding;
	char buffer[16];

	while (!scan->stopped) {
		size_t at;

		qs_json_skip(scan);
		at = scan->at;
		if (at >= scan->size)
			return NEXT_END;
		if (take(scan, ',')) {
			qs_json_skip(scan);
			if (scan->at >= scan->size || !is_close(scan->text[scan->at]))
				return scan->at < scan->size ? NEXT_ENTRY : NEXT_END;
			report_trailing_comma(scan, at, scan->text[scan->at]);
		} else if (take(scan, close)) {
			return NEXT_CLOSED;
		} else if (is_close(scan->text[at])) {
			if (wrong_bracket(reader, parent, close) == NEXT_CLOSED)
				return NEXT_CLOSED;
		} else {
			finding = qs_json_error(scan, QS_FINDING_SYNTAX, at,
			    at + qs_json_character(scan, at), "expected \",\" or \"%c\", found %s",
			    close, shown(scan, buffer));
			offer_comma(scan, finding, last);
			if (starts_entry(scan))
				return NEXT_ENTRY;
			scan->at = at + qs_json_character(scan, at);
			qs_json_skip(scan);
			if (starts_entry(scan)) /* it stood for the comma */
				return NEXT_ENTRY;
			resynchronize(scan);
		}
	}
	return NEXT_END;
}

static void read_container(struct reader *reader, struct qs_json *container)
{
	struct qs_json_scan *scan = &reader->scan;
	const bool object = container->type == QS_JSON_OBJECT;
	const char close = object ? '}' : ']';
	struct qs_json *last = NULL;
	enum next next;

	scan->at++;
	qs_json_skip(scan);
	if (take(scan, close))
		return;
	next = scan->at < scan->size ? NEXT_ENTRY : NEXT_END;
	while (next == NEXT_ENTRY && !scan->stopped) {
		struct qs_json *child = add_child(reader, container, last);

		if (!child)
			return;
		if (object && !read_key(reader, child)) {
			if (last)
				last->next = NULL;
			else
				container->children.first = NULL;
			container->children.count--;
			resynchronize(scan);
		} else {
			read_value(reader, child);
			last = child;
		}
		next = next_entry(reader, container, last, close);
	}
	if (next == NEXT_END)
		report_end(scan, container);
	if (object)
		qs_json_find_duplicates(scan, container);
}

static void enter_container(struct reader *reader, struct qs_json *value, enum qs_json_type type)
{
	struct qs_json_scan *scan = &reader->scan;

	if (reader->depth >= QS_JSON_DEPTH) {
		if (!scan->stopped)
			qs_json_error(scan, QS_FINDING_TOO_DEEP, scan->at, scan->at + 1,
			    "the text is nested deeper than %d levels", QS_JSON_DEPTH);
		scan->stopped = true;
		return;
	}
	value->type = (uint8_t)type;
	reader->depth++;
	read_container(reader, value);
	reader->depth--;
}

static void read_value(struct reader *reader, struct qs_json *value)
{
	struct qs_json_scan *scan = &reader->scan;
	const char c = scan->text[scan->at];
	char buffer[16];

	value->begin = (uint32_t)scan->at;
	value->type = QS_JSON_BROKEN;
	if (c == '{') {
		enter_container(reader, value, QS_JSON_OBJECT);
	} else if (c == '[') {
		enter_container(reader, value, QS_JSON_ARRAY);
	} else if (c == '"' || qs_json_quote(scan)) {
		if (qs_json_scan_string(scan, &value->string))
			value->type = QS_JSON_STRING;
	} else if ((c >= '0' && c <= '9') || c == '+' || c == '.' ||
		   (c == '-' && scan->text[scan->at + 1] != 'I')) {
		qs_json_scan_number(scan, value);
	} else if (qs_json_is_word(c)) {
		qs_json_read_word(scan, value);
	} else {
		if (scan->at < scan->size)
			qs_json_error(scan, QS_FINDING_SYNTAX, scan->at,
			    scan->at + qs_json_character(scan, scan->at),
			    "expected a value, found %s", shown(scan, buffer));
		if (c != ',')
			resynchronize(scan);
	}
	value->end = (uint32_t)scan->at;
}

/* ---- the document ---------------------------------------------------------------------------- */

/* Texts that no reader of UTF-8 can make sense of, said once. False: there is nothing to read. */
static bool check_encoding(struct qs_json_scan *scan)
{
	const unsigned char *s = (const unsigned char *)scan->text;
	const bool wide =
	    scan->size >= 2 && ((s[0] == 0xFF && s[1] == 0xFE) || (s[0] == 0xFE && s[1] == 0xFF) ||
				   (s[0] == 0) != (s[1] == 0));
	struct qs_finding *finding;

	if (wide) {
		finding = qs_json_error(scan, QS_FINDING_NOT_JSON, 0, 2,
		    "the text is not UTF-8; it looks like UTF-16 or UTF-32");
		qs_finding_hint(scan->findings, finding, "save the file as UTF-8");
		return false;
	}
	if (scan->size >= 3 && memcmp(s, "\xEF\xBB\xBF", 3) == 0) {
		finding = qs_json_error(scan, QS_FINDING_BYTE_ORDER_MARK, 0, 3,
		    "the text starts with a byte order mark, which vai_q_pytorch refuses");
		qs_finding_fix(scan->findings, finding, true, (struct qs_place){scan->source, 0, 3},
		    "", "remove it");
		scan->at = 3;
	}
	return true;
}

static void check_rest(struct qs_json_scan *scan)
{
	char buffer[16];

	qs_json_skip(scan);
	if (scan->stopped || scan->at >= scan->size)
		return;
	qs_json_error(scan, QS_FINDING_EXTRA_TEXT, scan->at,
	    scan->at + qs_json_character(scan, scan->at), "the document ends before this; found %s",
	    shown(scan, buffer));
}

/* Whether a document starts here; words that stand for a value do, any other text is no JSON. */
static bool starts_document(const struct qs_json_scan *scan)
{
	static const char *const words[] = {"true", "false", "null", "NaN", "Infinity"};
	const char *here = scan->text + scan->at;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (qs_json_string_is(
			(struct qs_json_string){here, (uint32_t)qs_json_word_length(here)},
			words[i]))
			return true;
	}
	return *here == '{' || *here == '[' || *here == '-' || (*here >= '0' && *here <= '9') ||
	       qs_json_quote(scan);
}

static const struct other_text {
	const char *start;
	size_t size;
	const char *what, *advice;
} other_texts[] = {
#define OTHER_TEXT(start, what, advice) {start, sizeof(start) - 1, what, advice},
#include "base/other_texts.def"
#undef OTHER_TEXT
};

/* Says what a text is that is no JSON, when its start tells. */
static bool report_other_text(struct qs_json_scan *scan)
{
	for (size_t i = 0; i < sizeof(other_texts) / sizeof(*other_texts); i++) {
		const struct other_text *other = &other_texts[i];
		struct qs_finding *finding;

		if (scan->size - scan->at < other->size ||
		    memcmp(scan->text + scan->at, other->start, other->size) != 0)
			continue;
		finding = qs_json_error(scan, QS_FINDING_NOT_JSON, scan->at,
		    scan->at + qs_json_character(scan, scan->at),
		    "the file is no JSON text: it is %s", other->what);
		qs_finding_hint(scan->findings, finding, "%s", other->advice);
		return true;
	}
	return false;
}

static void read_root(struct reader *reader)
{
	struct qs_json_scan *scan = &reader->scan;
	char buffer[16];

	qs_json_skip(scan);
	if (scan->at >= scan->size) {
		qs_json_error(scan, QS_FINDING_NOT_JSON, scan->size, scan->size,
		    "the file holds no JSON value: it is empty");
		return;
	}
	if (report_other_text(scan))
		return;
	if (!starts_document(scan)) {
		qs_json_error(scan, QS_FINDING_NOT_JSON, scan->at,
		    scan->at + qs_json_character(scan, scan->at),
		    "the file is no JSON text: it starts with %s", shown(scan, buffer));
		return;
	}
	reader->document->root = qs_arena_alloc(scan->arena, sizeof(struct qs_json));
	if (!reader->document->root) {
		scan->nomem = true;
		return;
	}
	read_value(reader, reader->document->root);
	check_rest(scan);
}

enum qs_status qs_json_read(
    const struct qs_source *source, struct qs_findings *findings, struct qs_json_document *document)
{
	struct reader reader = {
	    {NULL, 0, 0, source, document, findings, &document->arena, 0, 0, false, false},
	    document, 0};

	*document = (struct qs_json_document){source, QS_ARENA_INIT, NULL, false};
	reader.scan.text = qs_source_text(source, &reader.scan.size);
	qs_arena_expect(
	    &document->arena, reader.scan.size / TEXT_OF_VALUE * sizeof(struct qs_json));
	if (check_encoding(&reader.scan))
		read_root(&reader);
	document->complete = !reader.scan.stopped;
	if (reader.scan.nomem)
		return QS_NOMEM;
	return reader.scan.n_errors ? QS_INVALID : QS_OK;
}

void qs_json_done(struct qs_json_document *document)
{
	qs_arena_done(&document->arena);
	document->root = NULL;
}
