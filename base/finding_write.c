/* SPDX-License-Identifier: Apache-2.0 */
/* The table of formats; choosing what is shown; fingerprints. */
#include "base/finding_write.h"

#include "base/finding.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct qs_findings_format formats[] = {
#define FORMAT(ID, name, for_people, all, help) {name, for_people, all, help, qs_write_##ID},
#include "base/finding_formats.def"
#undef FORMAT
};

const struct qs_findings_format *qs_findings_formats(size_t *ret_n)
{
	*ret_n = sizeof(formats) / sizeof(*formats);
	return formats;
}

const struct qs_findings_format *qs_findings_format_of_word(const char *name)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		if (strcmp(formats[i].name, name) == 0)
			return &formats[i];
	}
	return NULL;
}

/* FNV-1a with 64 bits; the final NUL counts, so that texts do not run into one another. */
static uint64_t hash_text(uint64_t hash, const char *text)
{
	do {
		hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
	} while (*text++);
	return hash;
}

/* Neither line nor index goes in: both change when something else is inserted. */
static uint64_t hash_finding(const struct qs_finding *finding, const char *file)
{
	return hash_text(hash_text(hash_text(UINT64_C(0xCBF29CE484222325), finding->code), file),
	    qs_finding_about(finding));
}

void qs_shown_fingerprint(const struct qs_shown_item *item, char ret_text[QS_FINGERPRINT_SIZE])
{
	snprintf(ret_text, QS_FINGERPRINT_SIZE, "%016" PRIx64 ":%zu", item->hash, item->ordinal);
}

struct qs_position qs_shown_place(struct qs_place place, struct qs_position *ret_end)
{
	struct qs_position start = {0, 0, 0}, end = start;

	if (place.source) {
		start = qs_source_position(place.source, place.begin);
		end = qs_source_position(place.source, place.end);
	}
	if (start.line == 0) {
		start.line = start.column = 1;
		end = start;
	}
	if (ret_end)
		*ret_end = end;
	return start;
}

struct json_object *qs_shown_url(const struct qs_shown *shown, const struct qs_finding *finding)
{
	struct qs_text text = QS_TEXT_INIT;

	if (!shown->view->pages)
		return NULL;
	qs_page_address_write(shown->view->pages, finding->code, finding->name, &text);
	return qs_json_end_text(&text);
}

struct json_object *qs_shown_message(const struct qs_finding *finding)
{
	struct qs_text words = QS_TEXT_INIT;

	qs_text_adds(&words, finding->message);
	if (finding->hint)
		qs_text_addf(&words, "; %s", finding->hint);
	return qs_json_end_text(&words);
}

static void fill_item(struct qs_shown_item *item, const struct qs_finding *finding)
{
	item->finding = finding;
	item->file = finding->place.source ? qs_source_name(finding->place.source) : "";
	item->start = qs_shown_place(finding->place, &item->end);
	item->hash = hash_finding(finding, item->file);
	item->ordinal = 1;
}

static int compare_hashes(const void *a, const void *b)
{
	const struct qs_shown_item *x = *(struct qs_shown_item *const *)a;
	const struct qs_shown_item *y = *(struct qs_shown_item *const *)b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x < y ? -1 : x > y;
}

static bool number_equals(struct qs_shown *shown)
{
	struct qs_shown_item **sorted = calloc(shown->n_items + 1, sizeof(*sorted));

	if (!sorted)
		return false;
	for (size_t i = 0; i < shown->n_items; i++)
		sorted[i] = &shown->items[i];
	qsort(sorted, shown->n_items, sizeof(*sorted), compare_hashes);
	for (size_t i = 1; i < shown->n_items; i++) {
		if (sorted[i]->hash == sorted[i - 1]->hash)
			sorted[i]->ordinal = sorted[i - 1]->ordinal + 1;
	}
	free(sorted);
	return true;
}

/* Whether a finding is to be in what is written. */
static bool is_shown(const struct qs_shown *shown, const struct qs_finding *finding, bool all)
{
	return finding->severity >= shown->view->at_least && (all || !finding->suppressed);
}

static bool choose(struct qs_shown *shown, bool all)
{
	const size_t n = qs_findings_count(shown->findings);
	const size_t at_most = shown->view->at_most ? shown->view->at_most : n;

	shown->items = calloc(n + 1, sizeof(*shown->items));
	if (!shown->items)
		return false;
	for (int s = (int)shown->view->at_least; s < QS_SEVERITY__COUNT; s++)
		shown->n_hidden += qs_findings_total(shown->findings, (enum qs_severity)s);
	for (size_t i = 0; i < n && shown->n_items < at_most; i++) {
		const struct qs_finding *finding = qs_findings_at(shown->findings, i);

		if (!is_shown(shown, finding, all))
			continue;
		fill_item(&shown->items[shown->n_items++], finding);
		shown->n_hidden -= !finding->suppressed;
	}
	return number_equals(shown);
}

enum qs_status qs_findings_write(const struct qs_findings *findings,
    const struct qs_findings_format *format, const struct qs_findings_view *view,
    struct qs_text *text)
{
	struct qs_shown shown = {findings, view, NULL, 0, 0};
	enum qs_status status = QS_NOMEM;

	if (choose(&shown, format->all))
		status = format->write(&shown, text);
	free(shown.items);
	return status;
}

enum qs_status qs_findings_write_json(const struct qs_findings *findings, size_t n_files,
    enum qs_severity at_least, struct qs_text *text)
{
	const struct qs_findings_view view = {.n_files = n_files, .at_least = at_least};

	return qs_findings_write(findings, qs_findings_format_of_word("json"), &view, text);
}
