/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps the text of a document with a map of its lines, and checks it. */
#include "lsp/document.h"

#include <stdlib.h>
#include <string.h>

/* A line may be the whole text, so its units are counted once and not from its start each time. */
#define STRIDE 1024

/* The UTF-16 units that a byte of UTF-8 adds: characters of four bytes are two. What is no UTF-8
 * counts as one a byte, but for bytes that go on. */
static size_t units_of(char byte)
{
	const unsigned char c = (unsigned char)byte;

	return c >= 0xF0 ? 2 : (c & 0xC0) != 0x80;
}

static bool ends_line(const char *text, size_t size, size_t i)
{
	return text[i] == '\n' || (text[i] == '\r' && (i + 1 == size || text[i + 1] != '\n'));
}

static bool map_lines(struct lsp_document *document)
{
	size_t n = 1, units = 0;

	for (size_t i = 0; i < document->size; i++)
		n += ends_line(document->text, document->size, i);
	document->lines = malloc(n * sizeof(*document->lines));
	document->counts = malloc((document->size / STRIDE + 1) * sizeof(*document->counts));
	if (!document->lines || !document->counts)
		return false;
	document->lines[0] = 0;
	document->n_lines = 1;
	for (size_t i = 0; i < document->size; i++) {
		if (i % STRIDE == 0)
			document->counts[i / STRIDE] = units;
		units += units_of(document->text[i]);
		if (ends_line(document->text, document->size, i))
			document->lines[document->n_lines++] = i + 1;
	}
	if (document->size % STRIDE == 0)
		document->counts[document->size / STRIDE] = units;
	return true;
}

static void clear(struct lsp_document *document)
{
	qs_policy_free(document->policy);
	qs_findings_free(document->findings);
	qs_source_free(document->source);
	free(document->lines);
	free(document->counts);
	document->policy = NULL;
	document->findings = NULL;
}

bool lsp_document_set(struct lsp_document *document, const char *text, size_t size)
{
	struct lsp_document made = *document;
	const char *slash = strrchr(document->uri, '/');

	made.source = NULL;
	made.lines = made.counts = NULL;
	made.policy = NULL;
	made.findings = NULL;
	if (qs_source_new(slash ? slash + 1 : document->uri, text, size, &made.source) != QS_OK)
		return false;
	made.text = qs_source_text(made.source, &made.size);
	if (!map_lines(&made)) {
		clear(&made);
		return false;
	}
	clear(document);
	*document = made;
	return true;
}

struct lsp_document *lsp_document_new(const char *uri, const char *text, size_t size)
{
	struct lsp_document *document = calloc(1, sizeof(*document));

	if (!document)
		return NULL;
	document->uri = strdup(uri);
	if (document->uri && lsp_document_set(document, text, size))
		return document;
	lsp_document_free(document);
	return NULL;
}

void lsp_document_free(struct lsp_document *document)
{
	if (!document)
		return;
	clear(document);
	free(document->uri);
	free(document);
}

bool lsp_document_replace(
    struct lsp_document *document, size_t begin, size_t end, const char *text, size_t size)
{
	struct qs_text all = QS_TEXT_INIT;
	bool done = false;

	if (end < begin)
		end = begin;
	qs_text_add(&all, document->text, begin);
	qs_text_add(&all, text, size);
	qs_text_add(&all, document->text + end, document->size - end);
	if (!all.failed && all.size <= QS_CONFIG_LIMIT)
		done = lsp_document_set(document, all.data, all.size);
	qs_text_done(&all);
	return done;
}

/* ---- positions ------------------------------------------------------------------------------- */

static size_t units_before(const struct lsp_document *document, size_t byte)
{
	size_t units = document->counts[byte / STRIDE];

	for (size_t i = byte / STRIDE * STRIDE; i < byte; i++)
		units += units_of(document->text[i]);
	return units;
}

static size_t line_of(const struct lsp_document *document, size_t byte)
{
	size_t low = 0, high = document->n_lines;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (document->lines[middle] <= byte)
			low = middle;
		else
			high = middle;
	}
	return low;
}

struct lsp_position lsp_position_of(
    const struct lsp_document *document, size_t byte, enum lsp_units units)
{
	struct lsp_position position;
	size_t begin;

	if (byte > document->size)
		byte = document->size;
	position.line = line_of(document, byte);
	begin = document->lines[position.line];
	position.character = units == LSP_UTF8
	                         ? byte - begin
	                         : units_before(document, byte) - units_before(document, begin);
	return position;
}

size_t lsp_offset_of(
    const struct lsp_document *document, struct lsp_position position, enum lsp_units units)
{
	size_t at, end, left = position.character;

	if (position.line >= document->n_lines)
		return document->size;
	at = document->lines[position.line];
	end = position.line + 1 < document->n_lines ? document->lines[position.line + 1]
	                                            : document->size;
	while (end > at && (document->text[end - 1] == '\n' || document->text[end - 1] == '\r'))
		end--;
	if (units == LSP_UTF8)
		return left < end - at ? at + left : end;
	/* A position inside of a character is where it starts. */
	while (at < end && left > 0) {
		const size_t n = units_of(document->text[at]);

		if (n > left)
			break;
		left -= n;
		at++;
		while (at < end && units_of(document->text[at]) == 0)
			at++;
	}
	return at;
}
