/* SPDX-License-Identifier: Apache-2.0 */
/* The keys and words of a config with what is to be said about each, from the project's tables. */
#ifndef LSP_WORDS_H
#define LSP_WORDS_H

#include "lsp/outline.h"

/* Words that may stand in a place, each with its meaning; text in JSON. */
struct lsp_word {
	const char *text;    /* a key without quotes, or a value as JSON */
	const char *meaning; /* "" when there is nothing to say */
};

/* The keys of a place; `*ret_n` of them. */
const struct lsp_word *lsp_keys_of(enum lsp_place place, size_t *ret_n);
/* The values that a key of a place may have; none when they cannot be listed. */
const struct lsp_word *lsp_values_of(
    enum lsp_place place, const struct lsp_outline *outline, size_t member, size_t *ret_n);
/* The help of a key of a place, or NULL. */
const char *lsp_help_of(enum lsp_place place, const struct lsp_outline *outline, size_t member);
/* The parameter of a member of a block, or -1. */
int lsp_param_of(const struct lsp_outline *outline, size_t member);

#endif
