/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as diagnostics. */
#include <string.h>

#include "lsp/server.h"

/* Editors choke on more; what is left out is counted. */
#define MOST_DIAGNOSTICS 1000

static struct json_object *position_json(
    const struct lsp *lsp, const struct lsp_document *document, size_t byte)
{
	const struct lsp_position position = lsp_position_of(document, byte, lsp->units);
	struct json_object *object = json_object_new_object();

	lsp_put_int(object, "line", (int64_t)position.line);
	lsp_put_int(object, "character", (int64_t)position.character);
	return object;
}

struct json_object *lsp_range_json(
    const struct lsp *lsp, const struct lsp_document *document, size_t begin, size_t end)
{
	struct json_object *object = json_object_new_object();

	lsp_put(object, "start", position_json(lsp, document, begin));
	lsp_put(object, "end", position_json(lsp, document, end));
	return object;
}

/* Whether a finding names what could as well not be there, which editors fade. */
static bool is_unnecessary(const struct qs_finding *finding)
{
	static const char *const names[] = {"unlisted-tensor", "repeated-selector",
	    "no-effect-datatype", "no-effect-percentage", "no-effect-statistic", "reserved-setting",
	    "overridden", "hidden-entry", "null-value", "repeated-parameter", "redundant-entry",
	    "redundant-for-model"};

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		if (strcmp(finding->name, names[i]) == 0)
			return true;
	}
	return false;
}

static struct json_object *related_json(
    const struct lsp *lsp, const struct lsp_document *document, const struct qs_related *related)
{
	struct json_object *list = json_object_new_array();

	for (; related; related = related->next) {
		struct json_object *object, *location;

		if (related->place.source != document->source)
			continue;
		object = json_object_new_object();
		location = json_object_new_object();
		lsp_put_string(location, "uri", document->uri);
		lsp_put(location, "range",
		    lsp_range_json(lsp, document, related->place.begin, related->place.end));
		lsp_put(object, "location", location);
		lsp_put_string(object, "message", related->message);
		json_object_array_add(list, object);
	}
	return list;
}

/* The message, what to do, and what is told of no place in the text. */
static void write_message(
    const struct lsp_document *document, const struct qs_finding *finding, struct qs_text *text)
{
	qs_text_adds(text, finding->message);
	for (const struct qs_related *r = finding->related; r; r = r->next) {
		if (r->place.source != document->source)
			qs_text_addf(text, "\n%s", r->message);
	}
	if (finding->hint)
		qs_text_addf(text, "\n%s", finding->hint);
}

/* Where the page of its code is, if somebody says where pages are. */
static void put_page(struct json_object *diagnostic, const struct lsp_document *document,
    const struct qs_finding *finding)
{
	struct qs_text address = QS_TEXT_INIT;
	struct json_object *description;

	if (!document->judgement || !document->judgement->pages)
		return;
	qs_page_address_write(document->judgement->pages, finding->code, finding->name, &address);
	description = json_object_new_object();
	lsp_put_string(description, "href", address.data);
	lsp_put(diagnostic, "codeDescription", description);
	qs_text_done(&address);
}

struct json_object *lsp_diagnostic_json(
    const struct lsp *lsp, const struct lsp_document *document, const struct qs_finding *finding)
{
	static const int severities[] = {
	    [QS_SEVERITY_INFO] = 3, [QS_SEVERITY_WARNING] = 2, [QS_SEVERITY_ERROR] = 1};
	struct json_object *object = json_object_new_object(), *tags;
	const bool here = finding->place.source == document->source;
	struct qs_text message = QS_TEXT_INIT;

	lsp_put(object, "range",
	    lsp_range_json(
		lsp, document, here ? finding->place.begin : 0, here ? finding->place.end : 0));
	lsp_put_int(object, "severity", severities[finding->severity]);
	lsp_put_string(object, "code", finding->code);
	put_page(object, document, finding);
	lsp_put_string(object, "source", "qstrata");
	write_message(document, finding, &message);
	lsp_put_string(object, "message", message.data);
	qs_text_done(&message);
	if (finding->related)
		lsp_put(
		    object, "relatedInformation", related_json(lsp, document, finding->related));
	if (is_unnecessary(finding)) {
		tags = json_object_new_array();
		json_object_array_add(tags, json_object_new_int(1)); /* Unnecessary */
		lsp_put(object, "tags", tags);
	}
	return object;
}

/* Says in the first line how many findings are not shown. */
static struct json_object *hidden_json(
    const struct lsp *lsp, const struct lsp_document *document, size_t n)
{
	struct json_object *object = json_object_new_object();
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text, "%zu more findings are not shown; qstrata lint shows all", n);
	lsp_put(object, "range", lsp_range_json(lsp, document, 0, 0));
	lsp_put_int(object, "severity", 3);
	lsp_put_string(object, "source", "qstrata");
	lsp_put_string(object, "message", text.data);
	qs_text_done(&text);
	return object;
}

static struct json_object *diagnostics_json(
    const struct lsp *lsp, const struct lsp_document *document)
{
	const size_t n = document->findings ? qs_findings_count(document->findings) : 0;
	struct json_object *list = json_object_new_array();
	size_t n_told = 0;

	for (size_t i = 0; i < n; i++) {
		const struct qs_finding *finding = qs_findings_at(document->findings, i);

		if (finding->suppressed)
			continue;
		if (n_told < MOST_DIAGNOSTICS)
			json_object_array_add(list, lsp_diagnostic_json(lsp, document, finding));
		n_told++;
	}
	if (n_told > MOST_DIAGNOSTICS)
		json_object_array_add(list, hidden_json(lsp, document, n_told - MOST_DIAGNOSTICS));
	return list;
}

void lsp_publish(struct lsp *lsp, struct lsp_document *document)
{
	struct qs_selection *selection = NULL;

	qs_policy_free(document->policy);
	qs_findings_free(document->findings);
	document->policy = NULL;
	document->findings = lsp_new_findings(lsp, document);
	document->model = lsp_find_model(lsp, document);
	if (document->findings) {
		lsp_judge(
		    document, document->source, document->findings, &document->policy, &selection);
		qs_selection_free(selection);
		qs_findings_sort(document->findings);
	}
	lsp_send_diagnostics(lsp, document);
}

void lsp_send_diagnostics(struct lsp *lsp, const struct lsp_document *document)
{
	struct json_object *message = json_object_new_object();
	struct json_object *params = json_object_new_object();

	lsp_put_string(params, "uri", document->uri);
	lsp_put_int(params, "version", document->version);
	lsp_put(params, "diagnostics", diagnostics_json(lsp, document));
	lsp_put_string(message, "jsonrpc", "2.0");
	lsp_put_string(message, "method", "textDocument/publishDiagnostics");
	lsp_put(message, "params", params);
	lsp_send(lsp, message);
}
