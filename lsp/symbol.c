/* SPDX-License-Identifier: Apache-2.0 */
/* Document symbols: the blocks and entries of a config, nested as they are. */
#include <stdlib.h>
#include <string.h>

#include "lsp/outline.h"
#include "lsp/server.h"

/* Larger documents than any are cut off here, and deeper ones as well. */
#define MOST_SYMBOLS 20000
#define DEPTH 5

/* What the protocol calls the kinds of symbols. */
enum symbol_kind {
	SYMBOL_MODULE = 2,
	SYMBOL_PROPERTY = 7,
	SYMBOL_ARRAY = 18,
	SYMBOL_OBJECT = 19
};

/* The name of a symbol: a key, or what an element of a list selects. malloc'ed; NULL: it has
 * none. */
static char *name_of(const struct lsp_outline *outline, size_t i)
{
	const struct lsp_node *node = &outline->nodes[i];
	const char *key = outline->text + node->key_begin;
	size_t n = node->key_end - node->key_begin;
	char *name;

	if (n) {
		key += *key == '"';
		n -= outline->text[node->key_begin] == '"';
		n -= n && key[n - 1] == '"';
		return strndup(key, n);
	}
	if (node->type != '{')
		return NULL;
	name = lsp_node_string(outline, lsp_outline_member(outline, i, "layer_name"));
	return name ? name : lsp_node_string(outline, lsp_outline_member(outline, i, "layer_type"));
}

static enum symbol_kind kind_of(const struct lsp_node *node)
{
	if (node->key_begin == node->key_end)
		return SYMBOL_MODULE;
	return node->type == '{'   ? SYMBOL_OBJECT
	       : node->type == '[' ? SYMBOL_ARRAY
	                           : SYMBOL_PROPERTY;
}

static struct json_object *symbol_json(const struct lsp *lsp, const struct lsp_document *document,
    const struct lsp_node *node, const char *name, const char *detail)
{
	const bool key = node->key_end > node->key_begin;
	const size_t begin = key ? node->key_begin : node->begin;
	struct json_object *symbol = json_object_new_object();

	lsp_put_string(symbol, "name", name);
	if (detail)
		lsp_put_string(symbol, "detail", detail);
	lsp_put_int(symbol, "kind", kind_of(node));
	lsp_put(symbol, "range", lsp_range_json(lsp, document, begin, node->end));
	lsp_put(symbol, "selectionRange",
	    lsp_range_json(lsp, document, begin, key ? node->key_end : node->end));
	return symbol;
}

/* The list that the children of a symbol go to, which is made with the first. */
static struct json_object *children_of(struct json_object *symbol)
{
	struct json_object *children = json_object_object_get(symbol, "children");

	if (children)
		return children;
	children = json_object_new_array();
	lsp_put(symbol, "children", children);
	return children;
}

static void add_symbols(const struct lsp *lsp, const struct lsp_document *document,
    const struct lsp_outline *outline, struct json_object *list)
{
	struct json_object **symbols = calloc(outline->n_nodes + 1, sizeof(struct json_object *));
	unsigned char *depths = calloc(outline->n_nodes + 1, 1);

	for (size_t i = 0; symbols && depths && i < outline->n_nodes && i < MOST_SYMBOLS; i++) {
		const struct lsp_node *node = &outline->nodes[i];
		const size_t parent = node->parent;
		char *name, *value;

		if (parent == LSP_NO_NODE)
			continue;
		depths[i] = (unsigned char)(depths[parent] + 1);
		/* What has a parent that is left out is left out as well. */
		if (depths[i] > DEPTH ||
		    (outline->nodes[parent].parent != LSP_NO_NODE && !symbols[parent])) {
			depths[i] = DEPTH;
			continue;
		}
		name = name_of(outline, i);
		value = lsp_node_string(outline, i);
		if (name && name[0]) {
			symbols[i] = symbol_json(lsp, document, node, name, value);
			json_object_array_add(
			    symbols[parent] ? children_of(symbols[parent]) : list, symbols[i]);
		}
		free(name);
		free(value);
	}
	free(symbols);
	free(depths);
}

struct json_object *lsp_document_symbol(
    struct lsp *lsp, struct json_object *params, struct lsp_error *error)
{
	struct lsp_document *document = lsp_find_document(lsp, params, error);
	struct lsp_outline outline;
	struct json_object *list;

	if (!document)
		return NULL;
	list = json_object_new_array();
	if (lsp_outline_read(document->text, document->size, &outline))
		add_symbols(lsp, document, &outline, list);
	lsp_outline_done(&outline);
	return list;
}
