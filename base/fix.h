/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fixes of findings as edits of a text: which go together, and what becomes of the text.
 */
#ifndef BASE_FIX_H
#define BASE_FIX_H

#include "qstrata/base.h"

/* A fix with the finding that it mends. */
struct qs_fix_choice {
	const struct qs_finding *finding;
	const struct qs_fix *fix;
};

/*
 * Which fixes are looked for: safe ones or the others; of errors only, or of what is legal too.
 */
struct qs_fix_kind {
	bool safe, of_errors;
};

/* Fixes, in the order of the text. The list is malloc'ed. */
struct qs_fix_choices {
	struct qs_fix_choice *list;
	size_t n;
};

/* The first fix of the kind that each finding about the source has. May return QS_NOMEM. */
enum qs_status qs_fix_choose(const struct qs_findings *findings, const struct qs_source *source,
    struct qs_fix_kind kind, struct qs_fix_choices *ret_choices);

/* Drops fixes that overlap another one. What is dropped follows from the order of the text alone,
 * and one fix at least is left. May return QS_NOMEM. */
enum qs_status qs_fix_disjoin(struct qs_fix_choices *choices);

/* Appends the text of a source with fixes that do not overlap. */
void qs_fix_apply(const struct qs_source *source, const struct qs_fix_choice *choices, size_t n,
    struct qs_text *text);

#endif
