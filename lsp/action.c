/* SPDX-License-Identifier: Apache-2.0 */
/* Code actions: the fixes of findings, one by one, and all safe ones at once. */
#include <string.h>

#include "lsp/server.h"

/* A workspace edit that makes changes in one document. */
static struct json_object *workspace_edit(
    const struct lsp_document *document, struct json_object *edits)
{
	struct json_object *edit = json_object_new_object(), *changes = json_object_new_object();

	lsp_put(changes, document->uri, edits);
	lsp_put(edit, "changes", changes);
	return edit;
}

static struct json_object *text_edit(const struct lsp *lsp, const struct lsp_document *document,
    size_t begin, size_t end, const char *text, size_t size)
{
	struct json_object *edit = json_object_new_object();

	lsp_put(edit, "range", lsp_range_json(lsp, document, begin, end));
	lsp_put(edit, "newText", json_object_new_string_len(text, (int)size));
	return edit;
}

static struct json_object *quick_fix(const struct lsp *lsp, const struct lsp_document *document,
    const struct qs_finding *finding, const struct qs_fix *fix)
{
	struct json_object *action = json_object_new_object(), *list = json_object_new_array();
	struct json_object *edits = json_object_new_array();
	struct qs_text title = QS_TEXT_INIT;

	qs_text_addf(&title, "%s: %s%s", finding->code, fix->message,
	    fix->safe ? "" : " (may change what the config means)");
	for (const struct qs_replacement *e = fix->edits; e; e = e->next)
		json_object_array_add(edits, text_edit(lsp, document, e->place.begin, e->place.end,
						 e->new_text, strlen(e->new_text)));
	json_object_array_add(list, lsp_diagnostic_json(lsp, document, finding));
	lsp_put_string(action, "title", title.data);
	lsp_put_string(action, "kind", "quickfix");
	lsp_put(action, "diagnostics", list);
	lsp_put_bool(action, "isPreferred", fix->safe);
	lsp_put(action, "edit", workspace_edit(document, edits));
	qs_text_done(&title);
	return action;
}

static void add_quick_fixes(const struct lsp *lsp, const struct lsp_document *document,
    size_t begin, size_t end, struct json_object *actions)
{
	const size_t n = document->findings ? qs_findings_count(document->findings) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct qs_finding *finding = qs_findings_at(document->findings, i);

		if (finding->suppressed || finding->place.source != document->source ||
		    finding->place.begin > end || finding->place.end < begin)
			continue;
		for (const struct qs_fix *fix = finding->fixes; fix; fix = fix->next) {
			if (fix->edits->place.source == document->source)
				json_object_array_add(
				    actions, quick_fix(lsp, document, finding, fix));
		}
	}
}

static enum qs_status check(void *context, const struct qs_source *source,
    struct qs_findings *findings, struct qs_text *meaning)
{
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	enum qs_status status = lsp_judge(context, source, findings, &policy, &selection);

	if (status == QS_OK)
		status = qs_policy_write_meaning(policy, selection, meaning);
	qs_selection_free(selection);
	qs_policy_free(policy);
	return status;
}

/* All safe fixes as one edit, proven as `lint --fix` does. */
static void add_fix_all(
    const struct lsp *lsp, struct lsp_document *document, struct json_object *actions)
{
	struct qs_findings *findings = lsp_new_findings(lsp, document);
	struct json_object *action, *edits;
	struct qs_fixed fixed = {NULL, 0, 0};
	size_t size;
	const char *text;

	if (findings)
		qs_source_fix(document->source, check, document, false, findings, &fixed);
	if (fixed.source) {
		text = qs_source_text(fixed.source, &size);
		edits = json_object_new_array();
		json_object_array_add(
		    edits, text_edit(lsp, document, 0, document->size, text, size));
		action = json_object_new_object();
		lsp_put_string(action, "title", "fix all that keeps what the config means");
		lsp_put_string(action, "kind", "source.fixAll.qstrata");
		lsp_put(action, "edit", workspace_edit(document, edits));
		json_object_array_add(actions, action);
	}
	qs_source_free(fixed.source);
	qs_findings_free(findings);
}

/* Whether the editor wants actions of a kind: kinds are dotted, and a part stands for all below. */
static bool wants(struct json_object *params, const char *kind, bool by_default)
{
	struct json_object *only = lsp_at(params, "context.only");

	if (!json_object_is_type(only, json_type_array))
		return by_default;
	for (size_t i = 0; i < json_object_array_length(only); i++) {
		const char *word = json_object_get_string(json_object_array_get_idx(only, i));
		const size_t n = word ? strlen(word) : 0;

		if (word && strncmp(kind, word, n) == 0 && (kind[n] == '.' || !kind[n] || !n))
			return true;
	}
	return false;
}

struct json_object *lsp_code_action(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	struct lsp_document *document = lsp_find_document(lsp, params, error);
	struct lsp_position start, end;
	struct json_object *actions;

	if (!document)
		return NULL;
	if (!lsp_count_at(params, "range.start.line", &start.line) ||
	    !lsp_count_at(params, "range.start.character", &start.character) ||
	    !lsp_count_at(params, "range.end.line", &end.line) ||
	    !lsp_count_at(params, "range.end.character", &end.character)) {
		*error = (struct lsp_error){LSP_INVALID_PARAMS, "a range is expected"};
		return NULL;
	}
	actions = json_object_new_array();
	if (wants(params, "quickfix", true))
		add_quick_fixes(lsp, document, lsp_offset_of(document, start, lsp->units),
		    lsp_offset_of(document, end, lsp->units), actions);
	/* It takes checks of its own, so it is made when it is asked for. */
	if (wants(params, "source.fixAll.qstrata", false))
		add_fix_all(lsp, document, actions);
	return actions;
}
