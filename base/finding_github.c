/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings as workflow commands of GitHub Actions, which shows them beside the lines of a change.
 *
 * GitHub shows ten of each level a step, the first ones: what matters most comes first.
 */
#include "base/finding_write.h"

#include <string.h>

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

enum qs_status qs_write_github(const struct qs_shown *shown, struct qs_text *text)
{
	for (int severity = QS_SEVERITY__COUNT - 1; severity >= 0; severity--) {
		for (size_t i = 0; i < shown->n_items; i++) {
			if ((int)shown->items[i].finding->severity == severity)
				write_item(&shown->items[i], text);
		}
	}
	if (shown->n_hidden)
		qs_text_addf(text, "::notice title=qstrata::%zu more finding%s not shown\n",
		    shown->n_hidden, shown->n_hidden == 1 ? " is" : "s are");
	return qs_text_status(text);
}
