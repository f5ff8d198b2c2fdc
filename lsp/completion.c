/* SPDX-License-Identifier: Apache-2.0 */
/* Completion: keys and words from the tables, names and types from the model. */
#include <stdlib.h>
#include <string.h>

#include "lsp/outline.h"
#include "lsp/server.h"
#include "lsp/words.h"

/* Editors narrow a list down as people type; longer ones are asked for again. */
#define MOST_ITEMS 500

/* What the protocol calls the kinds of items. */
enum item_kind {
	ITEM_CLASS = 7,
	ITEM_PROPERTY = 10,
	ITEM_VALUE = 12
};

/* A list that is being made for a place in a document. */
struct proposal {
	const struct lsp *lsp;
	const struct lsp_document *document;
	struct lsp_outline outline;
	struct lsp_cursor cursor;
	struct lsp_place_info info;
	size_t begin, end; /* what an item replaces */
	struct json_object *items;
	bool is_incomplete;
};

static void add_item(struct proposal *proposal, const char *label, const char *text,
    enum item_kind kind, const char *meaning)
{
	struct json_object *item, *edit;

	if (json_object_array_length(proposal->items) >= MOST_ITEMS) {
		proposal->is_incomplete = true;
		return;
	}
	item = json_object_new_object();
	edit = json_object_new_object();
	lsp_put_string(item, "label", label);
	lsp_put_int(item, "kind", kind);
	if (meaning[0])
		lsp_put_string(item, "detail", meaning);
	/* An editor compares with what stands in the range, which has quotes. */
	lsp_put_string(item, "filterText", text);
	lsp_put(edit, "range",
	    lsp_range_json(proposal->lsp, proposal->document, proposal->begin, proposal->end));
	lsp_put_string(edit, "newText", text);
	lsp_put(item, "textEdit", edit);
	json_object_array_add(proposal->items, item);
}

/* Whether a key of the container is there already, other than where somebody types. */
static bool is_taken(const struct proposal *proposal, const char *key)
{
	const size_t member =
	    lsp_outline_member(&proposal->outline, proposal->cursor.container, key);

	return member != LSP_NO_NODE && member != proposal->cursor.node;
}

static void add_keys(struct proposal *proposal)
{
	size_t n;
	const struct lsp_word *keys = lsp_keys_of(proposal->info.place, &n);
	const size_t node = proposal->cursor.node;
	const bool has_colon = node != LSP_NO_NODE && proposal->outline.nodes[node].has_colon;

	for (size_t i = 0; i < n; i++) {
		struct qs_text text = QS_TEXT_INIT;

		qs_text_addf(&text, "\"%s\"%s", keys[i].text, has_colon ? "" : ": ");
		if (!is_taken(proposal, keys[i].text))
			add_item(proposal, keys[i].text, text.data, ITEM_PROPERTY, keys[i].meaning);
		qs_text_done(&text);
	}
}

static void add_values(struct proposal *proposal)
{
	size_t n;
	const struct lsp_word *words =
	    lsp_values_of(proposal->info.place, &proposal->outline, proposal->cursor.node, &n);

	for (size_t i = 0; i < n; i++)
		add_item(proposal, words[i].text, words[i].text, ITEM_VALUE, words[i].meaning);
}

/* Whether a text of a layer goes with what is typed so far. */
static bool goes_on(const struct proposal *proposal, const char *quoted)
{
	size_t n = proposal->end - proposal->begin;
	const char *typed = proposal->document->text + proposal->begin;

	n -= n > 1 && typed[n - 1] == '"';
	return strncmp(quoted, typed, n) == 0;
}

static void add_layer_text(
    struct proposal *proposal, const char *word, enum item_kind kind, const char *meaning)
{
	struct json_object *owner;
	const char *quoted = lsp_quoted(word, &owner);

	if (word[0] && quoted && goes_on(proposal, quoted))
		add_item(proposal, word, quoted, kind, meaning);
	json_object_put(owner);
}

static int compare_words(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The types of the model's layers, each once. */
static void add_types(struct proposal *proposal)
{
	const struct lsp_model *model = proposal->document->model;
	const char **types = malloc((model->n + 1) * sizeof(*types));

	for (size_t i = 0; types && i < model->n; i++)
		types[i] = model->list[i].type;
	if (types)
		qsort(types, model->n, sizeof(*types), compare_words);
	for (size_t i = 0; types && i < model->n; i++) {
		if (i == 0 || strcmp(types[i - 1], types[i]) != 0)
			add_layer_text(proposal, types[i], ITEM_CLASS, "");
	}
	free(types);
}

static void add_layers(struct proposal *proposal)
{
	const struct lsp_model *model = proposal->document->model;

	if (!model)
		return;
	if (lsp_node_is(&proposal->outline, proposal->cursor.node, "layer_type"))
		add_types(proposal);
	if (!lsp_node_is(&proposal->outline, proposal->cursor.node, "layer_name"))
		return;
	for (size_t i = 0; i < model->n; i++)
		add_layer_text(proposal, model->list[i].name, ITEM_VALUE, model->list[i].type);
}

/* What an item replaces: the key or value that is there, else nothing. */
static void find_range(struct proposal *proposal, size_t offset)
{
	const size_t i = proposal->cursor.node;
	const struct lsp_node *node = i == LSP_NO_NODE ? NULL : &proposal->outline.nodes[i];

	proposal->begin = proposal->end = offset;
	if (node && proposal->cursor.in_key) {
		proposal->begin = node->key_begin;
		proposal->end = node->key_end;
	} else if (node && (node->type == '"' || node->type == 'v')) {
		proposal->begin = node->begin;
		proposal->end = node->end;
	}
}

static void propose(struct proposal *proposal, size_t offset)
{
	proposal->cursor = lsp_outline_find(&proposal->outline, offset);
	proposal->info = lsp_place_of(&proposal->outline, proposal->cursor.container);
	find_range(proposal, offset);
	if (proposal->cursor.wants_key) {
		add_keys(proposal);
	} else if (proposal->cursor.wants_value) {
		add_values(proposal);
		add_layers(proposal);
	}
}

struct json_object *lsp_completion(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	struct lsp_document *document = lsp_find_document(lsp, params, error);
	struct proposal proposal = {.lsp = lsp, .document = document};
	struct json_object *result;
	size_t offset;

	if (!document || !lsp_find_offset(lsp, document, params, error, &offset))
		return NULL;
	proposal.items = json_object_new_array();
	if (lsp_outline_read(document->text, document->size, &proposal.outline))
		propose(&proposal, offset);
	lsp_outline_done(&proposal.outline);
	result = json_object_new_object();
	lsp_put_bool(result, "isIncomplete", proposal.is_incomplete);
	lsp_put(result, "items", proposal.items);
	return result;
}
