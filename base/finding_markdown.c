/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as a table in Markdown, as summaries of pipelines and comments of reviews show it. */
#include "base/finding.h"
#include "base/finding_write.h"

#include <string.h>

/* A summary of GitHub is cut off at 1 MiB. */
#define MOST_ROWS ((size_t)1000)

/* Bars would end a cell; the others would be taken for marks of Markdown or HTML. */
static void add_cell(struct qs_text *text, const char *words)
{
	struct qs_text visible = QS_TEXT_INIT;

	qs_text_add_visible(&visible, words, strlen(words));
	text->failed = text->failed || visible.failed;
	for (const char *next = visible.data; *next; next++) {
		if (strchr("|\\`*_<>[]&~#", *next))
			qs_text_addf(text, "&#%d;", *next);
		else
			qs_text_add(text, next, 1);
	}
	qs_text_done(&visible);
}

/* The code, which leads to its page when it is known where pages are. Brackets would end the
 * address. */
static void add_code(
    struct qs_text *text, const struct qs_shown *shown, const struct qs_finding *finding)
{
	struct qs_text address = QS_TEXT_INIT;

	qs_text_addf(text, shown->view->pages ? "[%s](" : "%s", finding->code);
	if (!shown->view->pages)
		return;
	qs_page_address_write(shown->view->pages, finding->code, finding->name, &address);
	text->failed = text->failed || address.failed;
	for (const char *next = address.data; *next; next++) {
		if (strchr("()|", *next))
			qs_text_addf(text, "%%%02X", (unsigned char)*next);
		else
			qs_text_add(text, next, 1);
	}
	qs_text_adds(text, ")");
	qs_text_done(&address);
}

static void add_row(
    struct qs_text *text, const struct qs_shown *shown, const struct qs_shown_item *item)
{
	qs_text_addf(text, "| %s | ", qs_severity_name(item->finding->severity));
	add_cell(text, item->file);
	qs_text_addf(text, ":%zu:%zu | ", item->start.line, item->start.column);
	add_cell(text, item->finding->message);
	qs_text_adds(text, " | ");
	add_code(text, shown, item->finding);
	qs_text_adds(text, " |\n");
}

static void add_count(
    struct qs_text *text, const struct qs_shown *shown, enum qs_severity severity, const char *end)
{
	const size_t n = qs_findings_total(shown->findings, severity);

	qs_text_addf(text, "%zu %s%s%s", n, qs_severity_name(severity), n == 1 ? "" : "s", end);
}

enum qs_status qs_write_markdown(const struct qs_shown *shown, struct qs_text *text)
{
	const size_t n = shown->n_items < MOST_ROWS ? shown->n_items : MOST_ROWS;
	const size_t n_hidden = shown->n_hidden + shown->n_items - n;

	qs_text_adds(text, "### qstrata: ");
	add_count(text, shown, QS_SEVERITY_ERROR, ", ");
	add_count(text, shown, QS_SEVERITY_WARNING, ", ");
	add_count(text, shown, QS_SEVERITY_INFO, "");
	qs_text_addf(
	    text, " in %zu file%s\n\n", shown->view->n_files, shown->view->n_files == 1 ? "" : "s");
	if (n)
		qs_text_adds(text, "| severity | where | what | code |\n|---|---|---|---|\n");
	for (size_t i = 0; i < n; i++)
		add_row(text, shown, &shown->items[i]);
	if (n_hidden)
		qs_text_addf(
		    text, "\n%zu more %s not shown\n", n_hidden, n_hidden == 1 ? "is" : "are");
	return qs_text_status(text);
}
