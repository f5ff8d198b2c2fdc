/* SPDX-License-Identifier: Apache-2.0 */
/* One run of all selectors over the layers of a model: what its parts share. */
#ifndef POLICY_SELECTION_RUN_H
#define POLICY_SELECTION_RUN_H

#include "policy/selection.h"

/* How many layers an entry took, when a pattern gave up, which is said. */
#define QS_TAKEN_UNKNOWN SIZE_MAX

struct qs_selector_run {
	struct qs_selection *selection;
	struct qs_findings *findings;
	const struct qs_entry **losers; /* by layer: whom the winner took it from; NULL: nobody */
	size_t *n_taken;                /* by entry */
	size_t *lost;                   /* by entry: the layer that it lost last, if any */
	size_t n_suggestions, n_errors;
	bool allow_unmatched;
	enum qs_status status;
};

/* Gives a layer to an entry that is at least as strong as who has it. */
void qs_selector_take(struct qs_selector_run *run, const struct qs_entry *entry, size_t layer);

/* Adds a finding about the selector of an entry. */
struct qs_finding *qs_selector_say(struct qs_selector_run *run, const struct qs_entry *entry,
    enum qs_finding_id id, const char *format, ...) QS_PRINTF(4, 5);

/* ---- selection_patterns.c -------------------------------------------------------------------- */

/* Gives all patterns their layers, the later pattern being the stronger. */
void qs_selector_run_patterns(struct qs_selector_run *run);

/* ---- selection_report.c ---------------------------------------------------------------------- */

/* Says what became of entries: that they select nothing, lose all that they select, or change
 * nothing; and which layers are left to the model level. */
void qs_selector_report(struct qs_selector_run *run);

/* ---- selection_rules.c ----------------------------------------------------------------------- */

/* Judges the rules about layer types by the layers that entries have won. */
void qs_selector_judge(struct qs_selector_run *run);

#endif
