/* SPDX-License-Identifier: Apache-2.0 */
/* The list of findings from the inside, for the files that make it up. */
#ifndef BASE_FINDING_LIST_H
#define BASE_FINDING_LIST_H

#include "base/arena.h"
#include "base/finding.h"
#include "base/finding_judge.h"

/* A source that the list owns. */
struct qs_owned_source {
	struct qs_source *source;
	struct qs_owned_source *next;
};

struct qs_findings {
	struct qs_finding **items;
	size_t n_items, capacity;
	size_t totals[QS_SEVERITY__COUNT]; /* of those that count */
	size_t n_suppressed;
	struct qs_arena arena;
	struct qs_owned_source *sources;
	const struct qs_judgement
	    *judgements; /* a chain of this list's, or of the list it is beside */
	const struct qs_excuse *excuses;
	bool nomem;
};

/* Makes room for so many more items. False: memory ran out. */
bool qs_findings_make_room(struct qs_findings *findings, size_t n);

#endif
