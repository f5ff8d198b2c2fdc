/* SPDX-License-Identifier: Apache-2.0 */
/* A page of HTML: its frame, its words and its tables. */
#include "analysis/html.h"

#include <math.h>
#include <string.h>

#include "base/finding_write.h"

void qs_html_begin(struct qs_text *text, const char *title)
{
	qs_text_adds(text, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
			   "<meta name=\"viewport\" content=\"width=device-width\">\n"
			   "<meta name=\"color-scheme\" content=\"light dark\">\n"
			   /* Nothing is loaded, whatever a name in the model looks like. */
			   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
			   "'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
			   "img-src data:\">\n"
			   "<link rel=\"icon\" href=\"data:,\">\n<title>");
	qs_html_words(text, title);
	qs_text_adds(text, "</title>\n<style>\n");
	qs_text_adds(text, qs_html_style);
	qs_text_adds(text, "</style>\n</head>\n<body>\n");
}

void qs_html_end(struct qs_text *text)
{
	qs_text_adds(text, "<script>\n");
	qs_text_adds(text, qs_html_script);
	qs_text_adds(text, "</script>\n</body>\n</html>\n");
}

void qs_html_words(struct qs_text *text, const char *words)
{
	qs_text_add_xml(text, words);
}

void qs_html_number(struct qs_text *text, double number)
{
	if (isnan(number))
		qs_text_adds(text, "NaN");
	else if (isinf(number))
		qs_text_adds(text, number > 0 ? "∞" : "−∞");
	else
		qs_text_addf(text, "%.6g", number);
}

/* ---- tables ---------------------------------------------------------------------------------- */

void qs_html_begin_table(struct qs_text *text, const char *id, const char *caption,
    const struct qs_html_column *columns, size_t n)
{
	qs_text_adds(text, "<div class=\"scroll\" tabindex=\"0\" role=\"region\"");
	qs_text_add_attribute(text, "aria-label", caption);
	qs_text_addf(text, "><table id=\"%s\" class=\"sortable\"><caption>", id);
	qs_html_words(text, caption);
	qs_text_adds(text, "</caption><thead><tr>");
	for (size_t i = 0; i < n; i++) {
		qs_text_addf(
		    text, "<th scope=\"col\"%s", columns[i].is_number ? " class=\"n\"" : "");
		qs_text_add_attribute(text, "title", columns[i].meaning);
		qs_text_adds(text, "><button type=\"button\">");
		qs_html_words(text, columns[i].head);
		qs_text_adds(text, "</button></th>");
	}
	qs_text_adds(text, "</tr></thead>\n<tbody>\n");
}

void qs_html_end_table(struct qs_text *text)
{
	qs_text_adds(text, "</tbody></table></div>\n");
}

void qs_html_number_cell(struct qs_text *text, double number)
{
	if (isnan(number)) {
		qs_text_adds(text, "<td class=\"n\"></td>");
		return;
	}
	/* What is sorted by has all digits; what is read has few. */
	qs_text_adds(text, "<td class=\"n\" data-v=\"");
	if (isinf(number))
		qs_text_adds(text, number > 0 ? "1e999" : "-1e999");
	else
		qs_text_addf(text, "%.9g", number);
	qs_text_adds(text, "\">");
	if (isinf(number))
		qs_html_number(text, number);
	else
		qs_text_addf(text, "%.4g", number);
	qs_text_adds(text, "</td>");
}

void qs_html_word_cell(struct qs_text *text, const char *words)
{
	qs_text_adds(text, "<td>");
	qs_html_words(text, words);
	qs_text_adds(text, "</td>");
}
