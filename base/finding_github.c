/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change.
 *
 * GitHub shows ten of each level a step: what matters most comes first, and what is beyond ten
 * stands in the log as text.
 */
#include "base/finding.h"
#include "base/finding_write.h"

#include <string.h>

/* What GitHub shows of a level and step. */
#define LEVEL_LIMIT ((size_t)10)

static const char *const commands[] = {"notice", "warning", "error"};

/* A "%" starts an escape; a line end ends the command; in a property ":" and "," have a meaning. */
static void add_escaped(struct qs_text *text, const char *string, const char *special)
{
	for (; *string; string++) {
		if (strchr(special, *string))
			qs_text_addf(text, "%%%02X", (unsigned char)*string);
		else
			qs_text_add(text, string, 1);
	}
}

static void write_item(const struct qs_shown_item *item, struct qs_text *text)
{
	const struct qs_finding *finding = item->finding;

	qs_text_addf(text, "::%s ", commands[finding->severity]);
	if (item->file[0]) {
		qs_text_adds(text, "file=");
		add_escaped(text, item->file, "%\r\n:,");
		qs_text_addf(text, ",line=%zu,endLine=%zu,", item->start.line, item->end.line);
		/* Columns are for places on one line. */
		if (item->start.line == item->end.line)
			qs_text_addf(
			    text, "col=%zu,endColumn=%zu,", item->start.column, item->end.column);
	}
	qs_text_adds(text, "title=");
	add_escaped(text, finding->code, "%\r\n:,");
	qs_text_adds(text, " ");
	add_escaped(text, finding->name, "%\r\n:,");
	qs_text_adds(text, "::");
	add_escaped(text, finding->message, "%\r\n");
	if (finding->hint) {
		qs_text_adds(text, "; ");
		add_escaped(text, finding->hint, "%\r\n");
	}
	qs_text_adds(text, "\n");
}

/* Starts with a word of ours: a line that starts with "::" would be a command. */
static void write_plain(const struct qs_shown_item *item, struct qs_text *text)
{
	const struct qs_finding *finding = item->finding;

	qs_text_addf(text, "%s: ", qs_severity_name(finding->severity));
	qs_text_add_visible(text, item->file, strlen(item->file));
	qs_text_addf(text, ":%zu:%zu: ", item->start.line, item->start.column);
	qs_text_add_visible(text, finding->message, strlen(finding->message));
	qs_text_addf(text, " [%s]\n", finding->code);
}

/* Writes the findings of a level; returns how many are not annotations. */
static size_t write_level(
    const struct qs_shown *shown, enum qs_severity severity, size_t at_most, struct qs_text *text)
{
	size_t n = 0;

	for (size_t i = 0; i < shown->n_items; i++) {
		const struct qs_shown_item *item = &shown->items[i];

		if (item->finding->severity != severity)
			continue;
		if (n++ < at_most)
			write_item(item, text);
		else
			write_plain(item, text);
	}
	return n > at_most ? n - at_most : 0;
}

enum qs_status qs_write_github(const struct qs_shown *shown, struct qs_text *text)
{
	size_t n_plain = write_level(shown, QS_SEVERITY_ERROR, LEVEL_LIMIT, text);

	n_plain += write_level(shown, QS_SEVERITY_WARNING, LEVEL_LIMIT, text);
	/* The last notice is the one below. */
	n_plain += write_level(shown, QS_SEVERITY_INFO, LEVEL_LIMIT - 1, text);
	if (n_plain + shown->n_hidden)
		qs_text_addf(text,
		    "::notice title=qstrata::%zu more finding%s: %zu in the log, %zu not shown\n",
		    n_plain + shown->n_hidden, n_plain + shown->n_hidden == 1 ? "" : "s", n_plain,
		    shown->n_hidden);
	return qs_text_status(text);
}
