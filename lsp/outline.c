/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the structure of a text that is being written, and finds one's way in it. */
#include "lsp/outline.h"

#include <stdlib.h>
#include <string.h>

#include "qstrata/qstrata.h"

/* More nodes than any config has; what is behind them is not looked at. */
#define NODE_LIMIT ((size_t)4 << 20)

/* A reader: the container that it is in, and the member whose value is yet to come. */
struct reader {
	struct lsp_outline *outline;
	size_t at, container, pending;
	bool nomem;
};

static struct lsp_node *add_node(struct reader *reader, char type, size_t begin)
{
	struct lsp_outline *outline = reader->outline;
	struct lsp_node *node;

	if (outline->n_nodes == outline->capacity) {
		const size_t capacity = outline->capacity ? outline->capacity * 2 : 64;
		struct lsp_node *more = realloc(outline->nodes, capacity * sizeof(*more));

		if (!more) {
			reader->nomem = true;
			return NULL;
		}
		outline->nodes = more;
		outline->capacity = capacity;
	}
	node = &outline->nodes[outline->n_nodes++];
	*node = (struct lsp_node){
	    .type = type, .parent = reader->container, .begin = begin, .end = begin};
	if (reader->container != LSP_NO_NODE)
		node->index = outline->nodes[reader->container].n_children++;
	return node;
}

/* The node that a value belongs to: of the pending member, or a new one. */
static struct lsp_node *value_node(struct reader *reader, char type)
{
	struct lsp_node *node;

	if (reader->pending == LSP_NO_NODE)
		return add_node(reader, type, reader->at);
	node = &reader->outline->nodes[reader->pending];
	node->type = type;
	node->begin = node->end = reader->at;
	reader->pending = LSP_NO_NODE;
	return node;
}

static size_t string_end(const struct lsp_outline *outline, size_t at)
{
	for (at++; at < outline->size && outline->text[at] != '\n'; at++) {
		if (outline->text[at] == '"')
			return at + 1;
		if (outline->text[at] == '\\' && at + 1 < outline->size)
			at++;
	}
	return at < outline->size ? at : outline->size;
}

static size_t word_end(const struct lsp_outline *outline, size_t at)
{
	while (at < outline->size && !strchr("{}[],:\" \t\r\n", outline->text[at]))
		at++;
	return at;
}

static size_t comment_end(const struct lsp_outline *outline, size_t at)
{
	const char *here = outline->text + at;
	const char *close = here[0] == '/' && here[1] == '*' ? strstr(here + 2, "*/") : NULL;

	if (here[0] == '/' && here[1] == '*')
		return close ? (size_t)(close + 2 - outline->text) : outline->size;
	if (here[0] == '#' || (here[0] == '/' && here[1] == '/'))
		return at + strcspn(here, "\n");
	return at;
}

static bool in_object(const struct reader *reader)
{
	return reader->container != LSP_NO_NODE &&
	       reader->outline->nodes[reader->container].type == '{';
}

/* A key, or a value that is no container. */
static void read_word(struct reader *reader)
{
	const struct lsp_outline *outline = reader->outline;
	const bool string = outline->text[reader->at] == '"';
	size_t end = string ? string_end(outline, reader->at) : word_end(outline, reader->at);
	struct lsp_node *node;

	if (end == reader->at)
		end++;
	if (in_object(reader) &&
	    (reader->pending == LSP_NO_NODE || !outline->nodes[reader->pending].has_colon)) {
		node = add_node(reader, ' ', end);
		reader->pending = node ? reader->outline->n_nodes - 1 : LSP_NO_NODE;
		if (node) {
			node->key_begin = reader->at;
			node->key_end = end;
		}
	} else {
		node = value_node(reader, string ? '"' : 'v');
		if (node)
			node->end = end;
	}
	reader->at = end;
}

static void open_container(struct reader *reader, char type)
{
	struct lsp_node *node = value_node(reader, type);

	if (!node)
		return;
	node->end = reader->outline->size;
	reader->container = (size_t)(node - reader->outline->nodes);
	reader->at++;
}

static void close_container(struct reader *reader)
{
	struct lsp_node *node;

	reader->at++;
	reader->pending = LSP_NO_NODE;
	if (reader->container == LSP_NO_NODE)
		return;
	node = &reader->outline->nodes[reader->container];
	node->end = reader->at;
	reader->container = node->parent;
}

static void read_one(struct reader *reader)
{
	const char c = reader->outline->text[reader->at];

	switch (c) {
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		reader->at++;
		break;
	case '{':
	case '[':
		open_container(reader, c);
		break;
	case '}':
	case ']':
		close_container(reader);
		break;
	case ':':
		if (reader->pending != LSP_NO_NODE)
			reader->outline->nodes[reader->pending].has_colon = true;
		reader->at++;
		break;
	case ',':
		reader->pending = LSP_NO_NODE;
		reader->at++;
		break;
	default:
		read_word(reader);
	}
}

bool lsp_outline_read(const char *text, size_t size, struct lsp_outline *ret_outline)
{
	struct reader reader = {ret_outline, 0, LSP_NO_NODE, LSP_NO_NODE, false};

	*ret_outline = (struct lsp_outline){text, size, NULL, 0, 0};
	while (reader.at < size && !reader.nomem && ret_outline->n_nodes < NODE_LIMIT) {
		const size_t end = comment_end(ret_outline, reader.at);

		if (end > reader.at)
			reader.at = end;
		else
			read_one(&reader);
	}
	return !reader.nomem;
}

void lsp_outline_done(struct lsp_outline *outline)
{
	free(outline->nodes);
	outline->nodes = NULL;
}

/* ---- where somebody is ----------------------------------------------------------------------- */

static bool is_container(const struct lsp_node *node)
{
	return node->type == '{' || node->type == '[';
}

/* Whether a value stands between the colon of a member and an offset behind the key. */
static bool awaits_value(const struct lsp_outline *outline, size_t i, size_t offset)
{
	const struct lsp_node *node = &outline->nodes[i];

	if (node->type != ' ' || !node->has_colon || offset < node->key_end)
		return false;
	for (size_t at = node->key_end; at < offset; at++) {
		if (!strchr(": \t\r\n", outline->text[at]))
			return false;
	}
	return memchr(outline->text + node->key_end, ':', offset - node->key_end) != NULL;
}

struct lsp_cursor lsp_outline_find(const struct lsp_outline *outline, size_t offset)
{
	struct lsp_cursor cursor = {LSP_NO_NODE, LSP_NO_NODE, false, false, false};

	for (size_t i = 0; i < outline->n_nodes; i++) {
		const struct lsp_node *node = &outline->nodes[i];

		if (node->key_end > node->key_begin && offset >= node->key_begin &&
		    offset <= node->key_end) {
			cursor.node = i;
			cursor.in_key = true;
		} else if (is_container(node)) {
			const bool closed = strchr("}]", outline->text[node->end - 1]) != NULL;

			if (offset > node->begin && offset < node->end + !closed)
				cursor.container = i;
		} else if ((node->type != ' ' && offset >= node->begin && offset <= node->end) ||
			   awaits_value(outline, i, offset)) {
			cursor.node = i;
			cursor.in_key = false;
		}
	}
	if (cursor.node != LSP_NO_NODE && outline->nodes[cursor.node].parent != cursor.container)
		cursor.node = LSP_NO_NODE;
	if (cursor.container == LSP_NO_NODE)
		return cursor;
	cursor.wants_key = outline->nodes[cursor.container].type == '{' &&
	                   (cursor.node == LSP_NO_NODE || cursor.in_key);
	cursor.wants_value = !cursor.wants_key;
	return cursor;
}

static bool text_is(const struct lsp_outline *outline, size_t begin, size_t end, const char *word)
{
	const size_t n = strlen(word);
	const char *text = outline->text + begin;

	if (end - begin >= 2 && text[0] == '"' && text[end - begin - 1] == '"') {
		text++;
		end--;
		begin++;
	}
	return end - begin == n && memcmp(text, word, n) == 0;
}

bool lsp_node_is(const struct lsp_outline *outline, size_t node, const char *key)
{
	return node != LSP_NO_NODE &&
	       text_is(outline, outline->nodes[node].key_begin, outline->nodes[node].key_end, key);
}

char *lsp_node_string(const struct lsp_outline *outline, size_t node)
{
	const struct lsp_node *n = node == LSP_NO_NODE ? NULL : &outline->nodes[node];

	if (!n || n->type != '"' || n->end - n->begin < 2)
		return NULL;
	return strndup(outline->text + n->begin + 1, n->end - n->begin - 2);
}

size_t lsp_outline_member(const struct lsp_outline *outline, size_t container, const char *key)
{
	for (size_t i = container == LSP_NO_NODE ? 0 : container + 1; i < outline->n_nodes; i++) {
		if (outline->nodes[i].begin >= outline->nodes[container].end)
			break;
		if (outline->nodes[i].parent == container && lsp_node_is(outline, i, key))
			return i;
	}
	return LSP_NO_NODE;
}

/* ---- what a container holds ------------------------------------------------------------------ */

static size_t parent_of(const struct lsp_outline *outline, size_t node)
{
	return node == LSP_NO_NODE ? LSP_NO_NODE : outline->nodes[node].parent;
}

static int tensor_of(const struct lsp_outline *outline, size_t node)
{
#define IS_KIND(SET, ID, word, versions, meaning)                                                  \
	if (lsp_node_is(outline, node, word))                                                      \
		return QS_TENSOR_##ID;
	QS_TENSOR_LIST(IS_KIND)
#undef IS_KIND
	return -1;
}

struct lsp_place_info lsp_place_of(const struct lsp_outline *outline, size_t container)
{
	struct lsp_place_info info = {LSP_PLACE_OTHER, LSP_NO_NODE, -1};
	const size_t parent = parent_of(outline, container);
	const size_t above = parent_of(outline, parent);

	if (container == LSP_NO_NODE)
		return info;
	for (size_t at = container; at != LSP_NO_NODE; at = parent_of(outline, at)) {
		if (lsp_node_is(outline, parent_of(outline, at), "layer_quantize_config"))
			info.entry = at;
	}
	if (parent == LSP_NO_NODE)
		info.place = LSP_PLACE_TOP;
	else if (container == info.entry)
		info.place = LSP_PLACE_ENTRY;
	else if (lsp_node_is(outline, container, "layer_quantize_config"))
		info.place = LSP_PLACE_ENTRIES;
	else if (lsp_node_is(outline, container, "quantizable_data_type"))
		info.place = LSP_PLACE_KINDS;
	else if (lsp_node_is(outline, container, "overall_quantize_config"))
		info.place = LSP_PLACE_BLOCK;
	else if (lsp_node_is(outline, container, "tensor_quantize_config"))
		info.place = LSP_PLACE_TENSORS;
	else if (above != LSP_NO_NODE && lsp_node_is(outline, parent, "tensor_quantize_config"))
		info.place = LSP_PLACE_BLOCK;
	if (info.place == LSP_PLACE_BLOCK)
		info.tensor = tensor_of(outline, container);
	return info;
}
