/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Regular expressions over layer names: the only user of PCRE2. A pattern must match the whole
 * name; matching is bounded, so that no pattern can take for ever.
 */
#ifndef POLICY_PATTERN_H
#define POLICY_PATTERN_H

#include "qstrata/base.h"

struct qs_pattern;

/* Appends a line with the version of PCRE2 that is in use. */
void qs_pattern_add_library(struct qs_text *text);

/*
 * Compiles a pattern. QS_INVALID: `ret_message` says why in PCRE2's words, at byte `ret_offset`.
 */
enum qs_status qs_pattern_new(const char *text, size_t size, struct qs_pattern **ret_pattern,
    char ret_message[160], size_t *ret_offset);
void qs_pattern_free(struct qs_pattern *pattern);

/* Makes matching faster, at a cost that pays for a pattern that is tried often. */
void qs_pattern_hurry(struct qs_pattern *pattern);

/* Whether it matches the whole name. QS_UNSUPPORTED: the match took more than the limit. */
enum qs_status qs_pattern_match(struct qs_pattern *pattern, const char *name, bool *ret_matches);

#endif
