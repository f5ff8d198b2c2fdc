/* SPDX-License-Identifier: Apache-2.0 */
/* Hover and "go to definition": what a value is in effect, and where that comes from. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lsp/outline.h"
#include "lsp/server.h"
#include "lsp/words.h"

/* What somebody points at. */
struct pointed {
	struct lsp_outline outline;
	struct lsp_cursor cursor;
	struct lsp_place_info info;
	const struct lsp_node *node; /* NULL: nothing */
};

/* Finds what the position of params points at. False: nothing, or an error. End it with
 * lsp_outline_done() either way. */
static bool point(const struct lsp *lsp, const struct lsp_document *document,
    struct json_object *params, struct lsp_error *error, struct pointed *ret_pointed)
{
	struct pointed pointed = {.node = NULL};
	size_t offset;

	*ret_pointed = pointed;
	if (!lsp_find_offset(lsp, document, params, error, &offset))
		return false;
	if (!lsp_outline_read(document->text, document->size, &pointed.outline)) {
		*error = (struct lsp_error){LSP_INTERNAL_ERROR, "out of memory"};
		*ret_pointed = pointed;
		return false;
	}
	pointed.cursor = lsp_outline_find(&pointed.outline, offset);
	pointed.info = lsp_place_of(&pointed.outline, pointed.cursor.container);
	if (pointed.cursor.node != LSP_NO_NODE)
		pointed.node = &pointed.outline.nodes[pointed.cursor.node];
	*ret_pointed = pointed;
	return pointed.node != NULL;
}

/* The index of the layer entry that is pointed at, as explain has it. */
static size_t entry_index(const struct pointed *pointed)
{
	return pointed->outline.nodes[pointed->info.entry].index;
}

/* Explains a question; true when `text` has an answer. A model that lacks the layer is left out. */
static bool explain(
    const struct lsp_document *document, const struct qs_question *question, struct qs_text *text)
{
	const struct lsp_model *model = document->model;
	struct qs_findings *findings = qs_findings_new();
	enum qs_status status = QS_NOMEM;

	if (findings)
		status = qs_policy_explain(document->policy, model ? model->list : NULL,
		    model ? model->n : 0, question, findings, text);
	if (findings && status == QS_INVALID && model) {
		qs_text_clear(text);
		status = qs_policy_explain(document->policy, NULL, 0, question, findings, text);
	}
	qs_findings_free(findings);
	return status == QS_OK;
}

/* The word of the entry that a block is in: what its layers are called. NULL: it is of the model
 * level, or there is none. */
static char *selector_of(const struct pointed *pointed)
{
	const struct lsp_outline *outline = &pointed->outline;
	char *word;

	if (pointed->info.entry == LSP_NO_NODE)
		return NULL;
	word = lsp_node_string(
	    outline, lsp_outline_member(outline, pointed->info.entry, "layer_name"));
	return word ? word
	            : lsp_node_string(
			  outline, lsp_outline_member(outline, pointed->info.entry, "layer_type"));
}

/* Explains the parameter, or the entry, that is pointed at. */
static bool explain_pointed(const struct lsp_document *document, const struct pointed *pointed,
    bool json, struct qs_text *text)
{
	const bool block = pointed->info.place == LSP_PLACE_BLOCK;
	char *word = block ? selector_of(pointed) : NULL;
	struct qs_question question = {word, -1, -1, NULL, NULL, json};
	char index[32];
	bool found;

	if (block) {
		question.param = lsp_param_of(&pointed->outline, pointed->cursor.node);
		question.tensor = pointed->info.tensor;
	}
	if (pointed->info.entry != LSP_NO_NODE && !word) {
		snprintf(index, sizeof(index), "%zu", entry_index(pointed));
		question.entry = index;
	}
	found = document->policy && (!block || question.param >= 0) && (block || question.entry) &&
	        explain(document, &question, text);
	free(word);
	return found;
}

/* ---- hover ----------------------------------------------------------------------------------- */

static void write_hover(
    const struct lsp_document *document, const struct pointed *pointed, struct qs_text *text)
{
	const struct lsp_node *node = pointed->node;
	const char *help =
	    lsp_help_of(pointed->info.place, &pointed->outline, pointed->cursor.node);
	struct qs_text explained = QS_TEXT_INIT;

	if (help) {
		qs_text_adds(text, "`");
		qs_text_add(
		    text, document->text + node->key_begin, node->key_end - node->key_begin);
		qs_text_addf(text, "` — %s", help);
	}
	if (explain_pointed(document, pointed, false, &explained))
		qs_text_addf(text, "%s```text\n%s```", text->size ? "\n\n" : "", explained.data);
	text->failed = text->failed || explained.failed;
	qs_text_done(&explained);
}

struct json_object *lsp_hover(struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	struct lsp_document *document = lsp_find_document(lsp, params, error);
	struct json_object *result = NULL, *contents;
	struct qs_text text = QS_TEXT_INIT;
	struct pointed pointed;

	if (!document)
		return NULL;
	if (point(lsp, document, params, error, &pointed))
		write_hover(document, &pointed, &text);
	if (text.size && !text.failed) {
		const struct lsp_node *node = pointed.node;
		const bool key = pointed.cursor.in_key;

		result = json_object_new_object();
		contents = json_object_new_object();
		lsp_put_string(contents, "kind", "markdown");
		lsp_put_string(contents, "value", text.data);
		lsp_put(result, "contents", contents);
		lsp_put(result, "range",
		    lsp_range_json(lsp, document, key ? node->key_begin : node->begin,
			key ? node->key_end : node->end));
	}
	qs_text_done(&text);
	lsp_outline_done(&pointed.outline);
	return result;
}

/* ---- definition ------------------------------------------------------------------------------ */

/* The offset of a line and a column in code points, both from 1. */
static size_t offset_of(const struct lsp_document *document, size_t line, size_t column)
{
	size_t at;

	if (line < 1 || line > document->n_lines)
		return 0;
	at = document->lines[line - 1];
	while (column > 1 && at < document->size) {
		at++;
		column -= ((unsigned char)document->text[at] & 0xC0) != 0x80;
	}
	return at;
}

/* Adds the place of an origin to the locations, once. */
static void add_location(const struct lsp *lsp, const struct lsp_document *document,
    struct json_object *origin, struct json_object *locations)
{
	struct json_object *location;
	size_t line, column, at;

	if (!lsp_count_at(origin, "line", &line) || !lsp_count_at(origin, "column", &column))
		return;
	at = offset_of(document, line, column);
	location = json_object_new_object();
	lsp_put_string(location, "uri", document->uri);
	lsp_put(location, "range", lsp_range_json(lsp, document, at, at));
	for (size_t i = 0; i < json_object_array_length(locations); i++) {
		if (json_object_equal(json_object_array_get_idx(locations, i), location)) {
			json_object_put(location);
			return;
		}
	}
	json_object_array_add(locations, location);
}

/* Adds the winners below a value of an explanation: origins whose role is to win. Its depth is that
 * of the format, which is small. */
static void add_winners(const struct lsp *lsp, const struct lsp_document *document,
    struct json_object *value, struct json_object *locations)
{
	const char *role = lsp_string_at(value, "role");

	if (role && strcmp(role, "wins") == 0)
		add_location(lsp, document, value, locations);
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			add_winners(lsp, document, json_object_array_get_idx(value, i), locations);
	} else if (json_object_is_type(value, json_type_object)) {
		json_object_object_foreach(value, key, member)
		{
			(void)key;
			add_winners(lsp, document, member, locations);
		}
	}
}

struct json_object *lsp_definition(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	struct lsp_document *document = lsp_find_document(lsp, params, error);
	struct json_object *locations, *explained = NULL;
	struct qs_text text = QS_TEXT_INIT;
	struct pointed pointed;

	if (!document)
		return NULL;
	locations = json_object_new_array();
	if (point(lsp, document, params, error, &pointed) &&
	    explain_pointed(document, &pointed, true, &text))
		explained = json_tokener_parse(text.data);
	add_winners(lsp, document, explained, locations);
	json_object_put(explained);
	qs_text_done(&text);
	lsp_outline_done(&pointed.outline);
	return locations;
}
