/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A language server for quantize configs (Language Server Protocol 3.17): what an editor sends goes
 * in as bytes, what it is to be sent comes out as bytes. Reading and writing are the caller's, and
 * so is what a project says about how its configs are judged.
 */
#ifndef LSP_LSP_H
#define LSP_LSP_H

#include "qstrata/qstrata.h"

struct lsp;

/* How a document is checked. */
struct lsp_judgement {
	struct qs_policy_options options;
	const struct qs_findings
	    *decided;      /* a list that knows what was decided about codes; NULL */
	const char *model; /* the path of the model, unless the server has one; NULL */
	const char *pages; /* the address of pages of findings; NULL */
	bool allow_unmatched;
};

/* Who runs the server. */
struct lsp_host {
	/* How the document at a path, which is absolute, is checked, to be released by the server;
	 * NULL: that cannot be found out, and the host said why. */
	struct lsp_judgement *(*judge)(void *user, const char *path);
	void (*release)(void *user, struct lsp_judgement *judgement);
	/* Adds to findings which of them do not count at a path. False: memory ran out. */
	bool (*excuse)(
	    const struct lsp_judgement *judgement, const char *path, struct qs_findings *findings);
	void *user;
};

/* A server that holds configs against the model at a path, or against none (NULL), until the
 * editor names one. The host may be NULL: then all are checked in the same way. NULL: memory ran
 * out. */
struct lsp *lsp_new(const char *model, const struct lsp_host *host);
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
