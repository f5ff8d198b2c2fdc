/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structure of a text that need not be JSON yet: what somebody is typing. Every value and every
 * key is a node, in the order of the text.
 */
#ifndef LSP_OUTLINE_H
#define LSP_OUTLINE_H

#include <stdbool.h>
#include <stddef.h>

#define LSP_NO_NODE ((size_t)-1)

struct lsp_node {
	char type;      /* '{', '[', '"', 'v' another value, ' ' a key without one */
	bool has_colon; /* of a member: behind its key */
	size_t parent;  /* LSP_NO_NODE: of the document itself */
	size_t index;   /* among the children of the parent */
	size_t n_children;
	size_t key_begin, key_end; /* with quotes; equal: no member */
	size_t begin, end;         /* of the value; of an open container, the end of the text */
};

struct lsp_outline {
	const char *text;
	size_t size;
	struct lsp_node *nodes;
	size_t n_nodes, capacity;
};

/* Reads a text, which outlives the outline. False: memory ran out. */
bool lsp_outline_read(const char *text, size_t size, struct lsp_outline *ret_outline);
void lsp_outline_done(struct lsp_outline *outline);

/* Where somebody is in a text. */
struct lsp_cursor {
	size_t container; /* the innermost, LSP_NO_NODE: the document */
	size_t node;      /* the member or value that the offset touches, or LSP_NO_NODE */
	bool in_key;      /* it is the key of the node */
	bool wants_key;   /* a key may stand here */
	bool wants_value; /* a value may stand here, of `node` or of a new element */
};

struct lsp_cursor lsp_outline_find(const struct lsp_outline *outline, size_t offset);

/* Whether a node is a member of this key. */
bool lsp_node_is(const struct lsp_outline *outline, size_t node, const char *key);

/* The string of a node's value, malloc'ed and without its quotes, escapes as they are; NULL. */
char *lsp_node_string(const struct lsp_outline *outline, size_t node);

/* The member of a container with a key, or LSP_NO_NODE. */
size_t lsp_outline_member(const struct lsp_outline *outline, size_t container, const char *key);

/* What a container holds, by the keys that lead to it. */
enum lsp_place {
	LSP_PLACE_OTHER,
	LSP_PLACE_TOP,     /* the document */
	LSP_PLACE_BLOCK,   /* parameters */
	LSP_PLACE_TENSORS, /* blocks by tensor kind */
	LSP_PLACE_KINDS,   /* a list of tensor kinds */
	LSP_PLACE_ENTRIES, /* the list of layer entries */
	LSP_PLACE_ENTRY    /* one of them */
};

struct lsp_place_info {
	enum lsp_place place;
	size_t entry; /* node of the layer entry that it is in, or LSP_NO_NODE */
	int tensor;   /* enum qs_tensor of a block for one kind, or -1 */
};

struct lsp_place_info lsp_place_of(const struct lsp_outline *outline, size_t container);

#endif
