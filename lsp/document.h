/* SPDX-License-Identifier: Apache-2.0 */
/* An open document: its text, what was found about it, and positions as editors count. */
#ifndef LSP_DOCUMENT_H
#define LSP_DOCUMENT_H

#include "lsp/lsp.h"

/* What the character of a position counts. */
enum lsp_units {
	LSP_UTF16,
	LSP_UTF8
};

/* A model that documents are held against. */
struct lsp_model {
	char *path;
	struct qs_model *model;
	struct qs_layers *layers;
	const struct qs_layer *list; /* NULL: the model cannot be used */
	size_t n;
	struct lsp_model *next;
};

struct lsp_document {
	char *uri;
	char *path;                      /* NULL: it is no file, or nobody asks for its path */
	struct lsp_judgement *judgement; /* of the host; NULL: nothing is said about it */
	const struct lsp_model *model;   /* that it was checked with; NULL: none */
	int64_t version;
	struct qs_source *source;
	const char *text; /* of the source */
	size_t size;
	size_t *lines; /* where each starts */
	size_t n_lines;
	size_t *counts; /* UTF-16 units before each STRIDE-th byte */
	struct qs_findings *findings;
	struct qs_policy *policy; /* NULL: the text is no config that can be used */
	struct lsp_document *next;
};

/* A line and a character on it, from 0. */
struct lsp_position {
	size_t line, character;
};

/* A document of a text. NULL: memory ran out. */
struct lsp_document *lsp_document_new(const char *uri, const char *text, size_t size);
/* Its judgement is forgotten before. */
void lsp_document_free(struct lsp_document *document);

/* Gives the document another text. False: memory ran out, and it stays as it is. */
bool lsp_document_set(struct lsp_document *document, const char *text, size_t size);

/* Replaces bytes. False: memory ran out, or the text would be too large. */
bool lsp_document_replace(
    struct lsp_document *document, size_t begin, size_t end, const char *text, size_t size);

/* The position of a byte, and the byte of a position: behind the end of a line or text is its
 * end. */
struct lsp_position lsp_position_of(
    const struct lsp_document *document, size_t byte, enum lsp_units units);
size_t lsp_offset_of(
    const struct lsp_document *document, struct lsp_position position, enum lsp_units units);

#endif
