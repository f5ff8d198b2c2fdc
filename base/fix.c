/* SPDX-License-Identifier: Apache-2.0 */
/* Chooses fixes that do not overlap, and applies them. */
#include "base/fix.h"

#include <stdlib.h>
#include <string.h>

static const struct qs_fix *find_fix(
    const struct qs_finding *finding, const struct qs_source *source, struct qs_fix_kind kind)
{
	if (finding->suppressed || (kind.of_errors && finding->usual != QS_SEVERITY_ERROR))
		return NULL;
	for (const struct qs_fix *fix = finding->fixes; fix; fix = fix->next) {
		if (fix->safe == kind.safe && fix->edits->place.source == source)
			return fix;
	}
	return NULL;
}

/* In the order of the text; the findings tell equal places apart. */
static int compare_choices(const void *a, const void *b)
{
	const struct qs_fix_choice *x = a, *y = b;
	const struct qs_place p = x->fix->edits->place, q = y->fix->edits->place;

	if (p.begin != q.begin)
		return p.begin < q.begin ? -1 : 1;
	if (p.end != q.end)
		return p.end < q.end ? -1 : 1;
	return x->finding->order < y->finding->order ? -1 : x->finding->order > y->finding->order;
}

enum qs_status qs_fix_choose(const struct qs_findings *findings, const struct qs_source *source,
    struct qs_fix_kind kind, struct qs_fix_choices *ret_choices)
{
	const size_t n = qs_findings_count(findings);
	struct qs_fix_choices choices = {malloc((n + 1) * sizeof(*choices.list)), 0};

	if (!choices.list)
		return QS_NOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);
		const struct qs_fix *fix = find_fix(finding, source, kind);

		if (fix)
			choices.list[choices.n++] = (struct qs_fix_choice){finding, fix};
	}
	qsort(choices.list, choices.n, sizeof(*choices.list), compare_choices);
	*ret_choices = choices;
	return QS_OK;
}

/* A replacement with the choice that it is of. */
struct owned {
	const struct qs_replacement *edit;
	size_t owner;
};

static int compare_owned(const void *a, const void *b)
{
	const struct owned *x = a, *y = b;

	if (x->edit->place.begin != y->edit->place.begin)
		return x->edit->place.begin < y->edit->place.begin ? -1 : 1;
	if (x->edit->place.end != y->edit->place.end)
		return x->edit->place.end < y->edit->place.end ? -1 : 1;
	return x->owner < y->owner ? -1 : x->owner > y->owner;
}

/* All replacements of the choices in the order of the text; NULL when memory ran out. */
static struct owned *list_edits(const struct qs_fix_choice *choices, size_t n, size_t *ret_n)
{
	struct owned *edits;

	*ret_n = 0;
	for (size_t i = 0; i < n; i++) {
		for (const struct qs_replacement *e = choices[i].fix->edits; e; e = e->next)
			++*ret_n;
	}
	edits = malloc((*ret_n + 1) * sizeof(*edits));
	*ret_n = 0;
	for (size_t i = 0; edits && i < n; i++) {
		for (const struct qs_replacement *e = choices[i].fix->edits; e; e = e->next)
			edits[(*ret_n)++] = (struct owned){e, i};
	}
	if (edits)
		qsort(edits, *ret_n, sizeof(*edits), compare_owned);
	return edits;
}

/* Whether one cannot be followed by the other: they share bytes, or insert at the same place. */
static bool clash(struct qs_place first, struct qs_place second)
{
	return second.begin < first.end || second.begin == first.begin;
}

enum qs_status qs_fix_disjoin(struct qs_fix_choices *choices)
{
	bool *dropped = calloc(choices->n + 1, sizeof(*dropped));
	size_t n_edits, last = 0, n = 0;
	struct owned *edits = list_edits(choices->list, choices->n, &n_edits);

	if (!dropped || !edits) {
		free(dropped);
		free(edits);
		return QS_NOMEM;
	}
	/* The last edit that stayed is of a fix that stays, so not all are dropped. */
	for (size_t i = 1; i < n_edits; i++) {
		if (clash(edits[last].edit->place, edits[i].edit->place))
			dropped[edits[i].owner] = true;
		else if (!dropped[edits[i].owner])
			last = i;
	}
	for (size_t i = 0; i < choices->n; i++) {
		if (!dropped[i])
			choices->list[n++] = choices->list[i];
	}
	choices->n = n;
	free(dropped);
	free(edits);
	return QS_OK;
}

void qs_fix_apply(const struct qs_source *source, const struct qs_fix_choice *choices, size_t n,
    struct qs_text *text)
{
	size_t size, n_edits, at = 0;
	const char *old = qs_source_text(source, &size);
	struct owned *edits = list_edits(choices, n, &n_edits);

	if (!edits) {
		text->failed = true;
		return;
	}
	for (size_t i = 0; i < n_edits; i++) {
		const struct qs_replacement *edit = edits[i].edit;

		qs_text_add(text, old + at, edit->place.begin - at);
		qs_text_adds(text, edit->new_text);
		at = edit->place.end;
	}
	qs_text_add(text, old + at, size - at);
	free(edits);
}
