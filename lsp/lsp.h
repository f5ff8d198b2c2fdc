/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A language server for quantize configs (Language Server Protocol 3.17): what an editor sends goes
 * in as bytes, what it is to be sent comes out as bytes. Reading and writing are the caller's.
 */
#ifndef LSP_LSP_H
#define LSP_LSP_H

#include "qstrata/qstrata.h"

struct lsp;

/* A server that holds configs against the model at a path, or against none (NULL), until the
 * editor names one. NULL: memory ran out. */
struct lsp *lsp_new(const char *model);
void lsp_free(struct lsp *lsp);

/* Takes bytes from the editor, in pieces of any size. */
void lsp_feed(struct lsp *lsp, const char *bytes, size_t size);

/* Does what all whole messages ask for, and appends the answers. A request that a later one of
 * these messages takes back is not done. */
void lsp_answer(struct lsp *lsp, struct qs_text *out);

/* Whether there is nothing more to be done: after "exit", or after bytes that are no messages. Then
 * `*ret_why` is NULL or what was wrong, and `*ret_good` whether the editor has shut it down
 * before. */
bool lsp_has_ended(const struct lsp *lsp, bool *ret_good, const char **ret_why);

#endif
