/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of findings that are made apart, by several threads say, and become one. */
#include "base/finding_list.h"

#include <stdlib.h>
#include <string.h>

struct qs_findings *qs_findings_new_beside(const struct qs_findings *findings)
{
	struct qs_findings *beside = qs_findings_new();

	if (beside)
		beside->judgements = findings->judgements;
	return beside;
}

static void join_sources(struct qs_findings *findings, struct qs_findings *from)
{
	struct qs_owned_source **end = &from->sources;

	while (*end)
		end = &(*end)->next;
	*end = findings->sources;
	findings->sources = from->sources;
	from->sources = NULL;
}

/* What is beyond the limit is only counted, as in one list. */
static void join_items(struct qs_findings *findings, struct qs_findings *from)
{
	const size_t room = QS_FINDINGS_LIMIT - findings->n_items;
	const size_t n = from->n_items < room ? from->n_items : room;

	if (!qs_findings_make_room(findings, n)) {
		findings->nomem = true;
		return;
	}
	for (size_t i = 0; i < n; i++) {
		from->items[i]->order = findings->n_items;
		findings->items[findings->n_items++] = from->items[i];
	}
}

void qs_findings_join(struct qs_findings *findings, struct qs_findings *from)
{
	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		findings->totals[s] += from->totals[s];
	findings->n_suppressed += from->n_suppressed;
	findings->nomem = findings->nomem || from->nomem;
	join_items(findings, from);
	join_sources(findings, from);
	qs_arena_join(&findings->arena, &from->arena);
	qs_findings_free(from);
}
