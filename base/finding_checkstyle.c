/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as a checkstyle report. */
#include "base/finding_write.h"

#include <string.h>

static void write_error(const struct qs_shown_item *item, struct qs_text *text)
{
	qs_text_addf(
	    text, "    <error line=\"%zu\" column=\"%zu\"", item->start.line, item->start.column);
	qs_text_add_attribute(text, "severity", qs_severity_name(item->finding->severity));
	qs_text_add_attribute(text, "message", item->finding->message);
	qs_text_adds(text, " source=\"qstrata.");
	qs_text_add_xml(text, item->finding->code);
	qs_text_adds(text, "\"/>\n");
}

enum qs_status qs_write_checkstyle(const struct qs_shown *shown, struct qs_text *text)
{
	const char *file = NULL;

	qs_text_adds(
	    text, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n");
	for (size_t i = 0; i < shown->n_items; i++) {
		const struct qs_shown_item *item = &shown->items[i];

		if (!file || strcmp(file, item->file) != 0) {
			qs_text_adds(text, file ? "  </file>\n  <file" : "  <file");
			qs_text_add_attribute(text, "name", item->file);
			qs_text_adds(text, ">\n");
			file = item->file;
		}
		write_error(item, text);
	}
	qs_text_adds(text, file ? "  </file>\n</checkstyle>\n" : "</checkstyle>\n");
	return qs_text_status(text);
}
