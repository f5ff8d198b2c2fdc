/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor found and measured, as a page: its sections in order. */
#include "analysis/doctor_html.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/json_document.h"

/* More findings than these nobody reads; the counts say how many there are. */
#define MOST_FINDINGS 300

/* ---- what is on the page --------------------------------------------------------------------- */

/* What decides about a tensor's place: findings first, then those that lost most. */
struct rank {
	size_t tensor, n_findings;
	double decibels;
};

static int compare_ranks(const void *left, const void *right)
{
	const struct rank *a = left, *b = right;

	if (a->n_findings != b->n_findings)
		return a->n_findings < b->n_findings ? 1 : -1;
	if (a->decibels < b->decibels || a->decibels > b->decibels)
		return a->decibels < b->decibels ? -1 : 1;
	return a->tensor < b->tensor ? -1 : a->tensor > b->tensor;
}

/* The tensor that a finding is about, or QS_NONE. */
static size_t tensor_of(const struct qs_doctor *doctor, const struct qs_finding *finding)
{
	const size_t value =
	    finding->identity ? qs_graph_find(doctor->graph, finding->identity) : QS_NONE;

	return value == QS_NONE ? QS_NONE : doctor->of_value[value];
}

double qs_doctor_decibels(const struct qs_doctor_tensor *tensor)
{
	return tensor->is_compared && !tensor->is_boolean
	           ? qs_agreement_of(&tensor->error, QS_METRIC_SQNR)
	           : NAN;
}

static void count_findings(struct qs_doctor_page *page, struct rank *ranks)
{
	for (size_t i = 0; i < qs_findings_count(page->findings); i++) {
		const struct qs_finding *finding = qs_findings_at(page->findings, i);
		const size_t tensor = tensor_of(page->doctor, finding);

		if (tensor != QS_NONE && !finding->suppressed)
			ranks[tensor].n_findings++;
	}
}

/* Chooses the tensors that have a row, and a plot. */
static enum qs_status choose(struct qs_doctor_page *page)
{
	const size_t n = page->doctor->n_tensors;
	struct rank *ranks = calloc(n + 1, sizeof(*ranks));

	page->has_row = calloc(n + 1, sizeof(*page->has_row));
	page->has_plot = calloc(n + 1, sizeof(*page->has_plot));
	if (!ranks || !page->has_row || !page->has_plot) {
		free(ranks);
		return QS_NOMEM;
	}
	for (size_t i = 0; i < n; i++) {
		const double decibels = qs_doctor_decibels(&page->doctor->tensors[i]);

		ranks[i] = (struct rank){i, 0, isnan(decibels) ? INFINITY : decibels};
	}
	count_findings(page, ranks);
	qsort(ranks, n, sizeof(*ranks), compare_ranks);
	for (size_t i = 0; i < n; i++) {
		const struct qs_doctor_tensor *tensor = &page->doctor->tensors[ranks[i].tensor];

		page->has_row[ranks[i].tensor] = i < QS_DOCTOR_MOST_ROWS;
		if (tensor->has_counts && page->n_plots < QS_DOCTOR_MOST_PLOTS) {
			page->has_plot[ranks[i].tensor] = true;
			page->n_plots++;
		}
		page->n_plottable += tensor->has_counts;
	}
	free(ranks);
	return QS_OK;
}

/* ---- the top --------------------------------------------------------------------------------- */

static void add_badge(
    struct qs_doctor_page *page, enum qs_severity severity, const char *one, const char *many)
{
	const size_t n = qs_findings_total(page->findings, severity);

	if (n)
		qs_text_addf(page->text, "<span class=\"badge %s\">%zu %s</span>",
		    qs_severity_name(severity), n, n == 1 ? one : many);
}

static void add_verdict(struct qs_doctor_page *page)
{
	const struct qs_findings *findings = page->findings;

	qs_text_adds(page->text, "<p class=\"verdict\">");
	add_badge(page, QS_SEVERITY_ERROR, "error", "errors");
	add_badge(page, QS_SEVERITY_WARNING, "warning", "warnings");
	add_badge(page, QS_SEVERITY_INFO, "note", "notes");
	if (!qs_findings_total(findings, QS_SEVERITY_ERROR) &&
	    !qs_findings_total(findings, QS_SEVERITY_WARNING))
		qs_text_adds(
		    page->text, "<span class=\"badge good\">no errors and no warnings</span>");
	qs_text_adds(page->text, "</p>\n");
}

static void begin_fact(struct qs_doctor_page *page, const char *name)
{
	qs_text_addf(page->text, "<div><dt>%s</dt><dd>", name);
}

static void end_fact(struct qs_doctor_page *page)
{
	qs_text_adds(page->text, "</dd></div>\n");
}

static void add_fact(struct qs_doctor_page *page, const char *name, const char *words)
{
	begin_fact(page, name);
	qs_html_words(page->text, words);
	end_fact(page);
}

/* The outputs of the model, which are what counts in the end. */
static void add_outputs(struct qs_doctor_page *page)
{
	const struct qs_doctor *doctor = page->doctor;

	for (size_t i = 0, n = 0; i < doctor->n_flowing && n < 4; i++) {
		const struct qs_doctor_tensor *tensor = &doctor->tensors[i];

		if (!doctor->graph->values[tensor->value].is_output || !tensor->is_compared ||
		    tensor->is_boolean)
			continue;
		begin_fact(page, "output");
		qs_html_words(page->text, qs_doctor_name(doctor, tensor->value));
		qs_text_addf(page->text, ": %.4g dB, cosine %.6f", qs_doctor_decibels(tensor),
		    qs_agreement_of(&tensor->error, QS_METRIC_COSINE));
		end_fact(page);
		n++;
	}
}

static void add_facts(struct qs_doctor_page *page)
{
	const struct qs_doctor *doctor = page->doctor;

	qs_text_adds(page->text, "<dl class=\"facts\">\n");
	add_fact(page, "config", qs_policy_name(doctor->job->policy));
	begin_fact(page, "data");
	qs_html_words(page->text, doctor->data);
	qs_text_addf(
	    page->text, ", %zu batch%s", doctor->n_batches, doctor->n_batches == 1 ? "" : "es");
	end_fact(page);
	begin_fact(page, "judged for");
	qs_html_words(
	    page->text, doctor->target ? doctor->target->title : "the device of the config");
	qs_text_addf(page->text, " (scales by %s)", qs_doctor_law(doctor));
	end_fact(page);
	begin_fact(page, "tensors");
	qs_text_addf(page->text, "%zu that flow, %zu constants", doctor->n_flowing,
	    doctor->n_tensors - doctor->n_flowing);
	end_fact(page);
	add_outputs(page);
	qs_text_adds(page->text, "</dl>\n");
}

static void add_top(struct qs_doctor_page *page)
{
	qs_text_adds(page->text,
	    "<a class=\"skip\" href=\"#findings\">to the findings</a>\n<header>"
	    "<p class=\"soft\">qstrata doctor</p><h1>");
	qs_html_words(page->text, page->doctor->job->model_path);
	qs_text_adds(page->text, "</h1>\n");
	add_verdict(page);
	add_facts(page);
	qs_text_adds(page->text,
	    "<nav aria-label=\"Sections\"><a href=\"#findings\">Findings</a>"
	    "<a href=\"#error\">Error along the model</a><a href=\"#tensors\">Tensors</a>"
	    "<a href=\"#distributions\">Distributions</a><a href=\"#checks\">Checks</a></nav>"
	    "</header>\n<main>\n");
}

/* ---- findings -------------------------------------------------------------------------------- */

/* What to do: words, and the entry to write on lines of its own. */
static void add_hint(struct qs_text *text, const char *hint)
{
	const char *brace = strchr(hint, '{');
	struct json_object *entry = brace && brace > hint ? json_tokener_parse(brace) : NULL;
	char *words = strndup(hint, entry ? (size_t)(brace - hint) : strlen(hint));

	qs_text_adds(text, "<p><b>What to do:</b> ");
	if (words)
		qs_html_words(text, words);
	text->failed = text->failed || !words;
	qs_text_adds(text, entry ? ":</p><pre>" : "</p>");
	if (entry) {
		qs_html_words(text, json_object_to_json_string_ext(
					entry, JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_PRETTY |
						   JSON_C_TO_STRING_NOSLASHESCAPE));
		qs_text_adds(text, "</pre>");
	}
	json_object_put(entry);
	free(words);
}

static void add_place(struct qs_text *text, struct qs_place place)
{
	const struct qs_position position = place.source
	                                        ? qs_source_position(place.source, place.begin)
	                                        : (struct qs_position){0, 0, 0};

	if (!position.line)
		return;
	qs_text_adds(text, "<p class=\"soft\">");
	qs_html_words(text, qs_source_name(place.source));
	qs_text_addf(text, ":%zu:%zu</p>", position.line, position.column);
}

static const char *severity_word(enum qs_severity severity)
{
	return severity == QS_SEVERITY_INFO ? "note" : qs_severity_name(severity);
}

static void add_finding(struct qs_doctor_page *page, const struct qs_finding *finding)
{
	const size_t tensor = tensor_of(page->doctor, finding);

	qs_text_addf(page->text,
	    "<article class=\"finding %s\"><h3><span class=\"level\">%s</span>"
	    "<span class=\"code\">%s</span><span>",
	    qs_severity_name(finding->severity), severity_word(finding->severity), finding->code);
	qs_html_words(page->text, finding->title);
	qs_text_adds(page->text, "</span></h3><p>");
	qs_html_words(page->text, finding->message);
	if (tensor != QS_NONE && page->has_plot[tensor])
		qs_text_addf(page->text, " <a href=\"#t%zu\">(distribution)</a>", tensor);
	qs_text_adds(page->text, "</p>");
	add_place(page->text, finding->place);
	if (finding->hint)
		add_hint(page->text, finding->hint);
	qs_text_adds(page->text, "</article>\n");
}

static void add_findings(struct qs_doctor_page *page)
{
	size_t n = 0, n_left_out = 0;

	qs_text_adds(page->text, "<section id=\"findings\"><h2>Findings</h2>\n");
	for (int s = QS_SEVERITY__COUNT - 1; s >= 0; s--) {
		for (size_t i = 0; i < qs_findings_count(page->findings); i++) {
			const struct qs_finding *finding = qs_findings_at(page->findings, i);

			if ((int)finding->severity != s || finding->suppressed)
				continue;
			if (n++ < MOST_FINDINGS)
				add_finding(page, finding);
			else
				n_left_out++;
		}
	}
	if (!n)
		qs_text_adds(page->text,
		    "<p>Nothing was found. What was looked for is in the table of checks.</p>");
	if (n_left_out)
		qs_text_addf(
		    page->text, "<p class=\"soft\">%zu more are left out here.</p>", n_left_out);
	qs_text_adds(page->text, "</section>\n");
}

/* ---- checks ---------------------------------------------------------------------------------- */

/* What a check finds, with its limit in place; texts are those of doctor_checks.def. */
static void add_what(struct qs_text *text, const struct qs_doctor_row *row)
{
	const char *mark = strstr(row->what, "%g");
	struct qs_text words = QS_TEXT_INIT;

	qs_text_add(&words, row->what, mark ? (size_t)(mark - row->what) : strlen(row->what));
	if (mark)
		qs_text_addf(&words, "%g%s", row->limit, mark + 2);
	text->failed = text->failed || words.failed;
	qs_html_word_cell(text, words.data);
	qs_text_done(&words);
}

static const char *result_of(const struct qs_doctor *doctor, size_t check)
{
	if (doctor->is_judged[check])
		return doctor->n_found[check] ? "found" : "nothing found";
	if ((qs_doctor_rows[check].needs & QS_DOCTOR_NEEDS_PRECISE) && !doctor->is_precise)
		return "not for this device";
	return "not checked: there are no scales";
}

static void add_check(struct qs_doctor_page *page, size_t check)
{
	const struct qs_doctor_row *row = &qs_doctor_rows[check];
	const struct qs_finding_kind *kind = qs_finding_kind(row->finding);

	qs_text_adds(page->text, "<tr>");
	qs_html_word_cell(page->text, kind->code);
	qs_html_word_cell(page->text, kind->name);
	add_what(page->text, row);
	qs_html_word_cell(page->text, row->source);
	qs_html_word_cell(page->text, result_of(page->doctor, check));
	qs_html_number_cell(page->text, (double)page->doctor->n_found[check]);
	qs_text_adds(page->text, "</tr>\n");
}

static void add_checks(struct qs_doctor_page *page)
{
	static const struct qs_html_column columns[] = {
	    {"code", "qstrata rule CODE prints its page", false},
	    {"name", "what findings of it are called", false},
	    {"what it finds", "with its limit", false},
	    {"source", "who says so", false},
	    {"result", "in this model", false},
	    {"findings", "how many", true},
	};

	qs_text_adds(page->text, "<section id=\"checks\"><h2>Checks</h2>\n");
	qs_html_begin_table(page->text, "check-table", "What was looked for, and by what limit",
	    columns, sizeof(columns) / sizeof(*columns));
	for (size_t i = 0; i < QS_DOCTOR__CHECKS; i++)
		add_check(page, i);
	qs_html_end_table(page->text);
	qs_text_adds(page->text, "</section>\n");
}

/* ---- the page -------------------------------------------------------------------------------- */

static void add_page(struct qs_doctor_page *page)
{
	struct qs_text title = QS_TEXT_INIT;

	qs_text_addf(&title, "%s: qstrata doctor", page->doctor->job->model_path);
	qs_html_begin(page->text, title.data);
	page->text->failed = page->text->failed || title.failed;
	qs_text_done(&title);
	add_top(page);
	add_findings(page);
	qs_doctor_add_error(page);
	qs_doctor_add_tensors(page);
	qs_doctor_add_distributions(page);
	add_checks(page);
	qs_text_adds(page->text, "</main>\n<footer>Written by qstrata " QSTRATA_VERSION
				 ". This page loads nothing from elsewhere.</footer>\n");
	qs_html_end(page->text);
}

enum qs_status qs_doctor_write_html(
    const struct qs_doctor *doctor, const struct qs_findings *findings, struct qs_text *text)
{
	struct qs_doctor_page page = {.doctor = doctor, .findings = findings, .text = text};
	enum qs_status status = choose(&page);

	if (status == QS_OK) {
		add_page(&page);
		status = qs_text_status(text);
	}
	free(page.has_row);
	free(page.has_plot);
	return status;
}
