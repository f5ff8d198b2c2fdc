/* SPDX-License-Identifier: Apache-2.0 */
/* The list of findings: adding, counting, sorting. */
#include "base/finding_list.h"

#include <stdlib.h>
#include <string.h>

static const struct qs_finding_kind kinds[] = {
#define FINDING(ID, code, name, severity, title) {code, name, QS_SEVERITY_##severity, title},
#include "base/findings.def"
#undef FINDING
};

const struct qs_finding_kind *qs_finding_kind(enum qs_finding_id id)
{
	return &kinds[id];
}

const char *qs_severity_name(enum qs_severity severity)
{
	static const char *const names[] = {"info", "warning", "error"};

	return names[severity];
}

struct qs_findings *qs_findings_new(void)
{
	return calloc(1, sizeof(struct qs_findings));
}

void qs_findings_free(struct qs_findings *findings)
{
	if (!findings)
		return;
	for (struct qs_owned_source *s = findings->sources; s; s = s->next)
		qs_source_free(s->source);
	qs_arena_done(&findings->arena);
	free(findings->items);
	free(findings);
}

enum qs_status qs_findings_judge(
    struct qs_findings *findings, const char *prefix, enum qs_decision decision)
{
	struct qs_judgement *judgement = qs_arena_alloc(&findings->arena, sizeof(*judgement));

	if (!judgement)
		return QS_NOMEM;
	judgement->prefix = qs_arena_strdup(&findings->arena, prefix);
	judgement->decision = decision;
	judgement->next = findings->judgements;
	if (!judgement->prefix)
		return QS_NOMEM;
	findings->judgements = judgement;
	return QS_OK;
}

enum qs_status qs_findings_excuse(
    struct qs_findings *findings, const char *prefix, const char *reason)
{
	struct qs_excuse *excuse = qs_arena_alloc(&findings->arena, sizeof(*excuse));

	if (!excuse)
		return QS_NOMEM;
	excuse->prefix = qs_arena_strdup(&findings->arena, prefix);
	excuse->suppression.kind = "settings";
	excuse->suppression.reason = qs_arena_strdup(&findings->arena, reason);
	excuse->next = findings->excuses;
	if (!excuse->prefix || !excuse->suppression.reason)
		return QS_NOMEM;
	findings->excuses = excuse;
	return QS_OK;
}

size_t qs_findings_suppressed(const struct qs_findings *findings)
{
	return findings->n_suppressed;
}

size_t qs_findings_count(const struct qs_findings *findings)
{
	return findings->n_items;
}

size_t qs_findings_total(const struct qs_findings *findings, enum qs_severity severity)
{
	return findings->totals[severity];
}

const struct qs_finding *qs_findings_at(const struct qs_findings *findings, size_t index)
{
	return findings->items[index];
}

enum qs_status qs_findings_status(const struct qs_findings *findings)
{
	return findings->nomem ? QS_NOMEM : QS_OK;
}

struct qs_source *qs_findings_name_source(struct qs_findings *findings, const char *name)
{
	struct qs_owned_source *owned;

	for (owned = findings->sources; owned; owned = owned->next) {
		if (strcmp(qs_source_name(owned->source), name) == 0)
			return owned->source;
	}
	owned = qs_arena_alloc(&findings->arena, sizeof(*owned));
	if (!owned || qs_source_named(name, &owned->source) != QS_OK) {
		findings->nomem = true;
		return NULL;
	}
	owned->next = findings->sources;
	findings->sources = owned;
	return owned->source;
}

enum qs_status qs_findings_keep_source(struct qs_findings *findings, struct qs_source *source)
{
	struct qs_owned_source *owned = qs_arena_alloc(&findings->arena, sizeof(*owned));

	if (!owned) {
		qs_source_free(source);
		return QS_NOMEM;
	}
	*owned = (struct qs_owned_source){.source = source, .next = findings->sources};
	findings->sources = owned;
	return QS_OK;
}

struct qs_place qs_place_of(const struct qs_source *source)
{
	return (struct qs_place){source, 0, 0};
}

void qs_findings_end_text(struct qs_findings *findings, struct qs_text *text)
{
	if (text->failed)
		findings->nomem = true;
	qs_text_done(text);
}

/* Formatted text in the list's memory; NULL marks the list. */
static char *keep(struct qs_findings *findings, const char *format, va_list arguments)
{
	struct qs_text text = QS_TEXT_INIT;
	char *kept = NULL;

	qs_text_addv(&text, format, arguments);
	if (qs_text_status(&text) == QS_OK)
		kept = qs_arena_strndup(&findings->arena, text.data, text.size);
	qs_text_done(&text);
	if (!kept)
		findings->nomem = true;
	return kept;
}

bool qs_findings_make_room(struct qs_findings *findings, size_t n)
{
	size_t capacity = findings->capacity ? findings->capacity : 16;
	struct qs_finding **items;

	if (n <= findings->capacity - findings->n_items)
		return true;
	while (capacity - findings->n_items < n)
		capacity *= 2;
	items = realloc(findings->items, capacity * sizeof(*items));
	if (!items)
		return false;
	findings->items = items;
	findings->capacity = capacity;
	return true;
}

static struct qs_finding *add(struct qs_findings *findings, const struct qs_finding_kind *kind,
    struct qs_place place, const char *format, va_list arguments)
{
	enum qs_severity severity = kind->severity;
	const struct qs_suppression *suppressed;
	struct qs_finding *finding;

	if (!qs_judge(findings->judgements, kind->code, &severity))
		return NULL;
	suppressed = qs_excuse_find(findings->excuses, kind->code);
	*(suppressed ? &findings->n_suppressed : &findings->totals[severity]) += 1;
	if (findings->n_items >= QS_FINDINGS_LIMIT)
		return NULL;
	finding = qs_arena_alloc(&findings->arena, sizeof(*finding));
	if (!finding || !qs_findings_make_room(findings, 1)) {
		findings->nomem = true;
		return NULL;
	}
	finding->message = keep(findings, format, arguments);
	if (!finding->message)
		return NULL;
	finding->code = kind->code;
	finding->name = kind->name;
	finding->title = kind->title;
	finding->severity = severity;
	finding->suppressed = suppressed;
	finding->usual = kind->severity;
	finding->place = place;
	finding->order = findings->n_items;
	findings->items[findings->n_items++] = finding;
	return finding;
}

struct qs_finding *qs_finding_add_kind(struct qs_findings *findings,
    const struct qs_finding_kind *kind, struct qs_place place, const char *format, ...)
{
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	finding = add(findings, kind, place, format, arguments);
	va_end(arguments);
	if (!finding)
		return NULL;
	/* What is data ends before the findings do. */
	finding->code = qs_arena_strdup(&findings->arena, kind->code);
	finding->name = qs_arena_strdup(&findings->arena, kind->name);
	finding->title = qs_arena_strdup(&findings->arena, kind->title);
	if (finding->code && finding->name && finding->title)
		return finding;
	findings->nomem = true;
	findings->n_items--;
	return NULL;
}

struct qs_finding *qs_finding_add(struct qs_findings *findings, enum qs_finding_id id,
    struct qs_place place, const char *format, ...)
{
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	finding = add(findings, &kinds[id], place, format, arguments);
	va_end(arguments);
	return finding;
}

void qs_finding_hint(
    struct qs_findings *findings, struct qs_finding *finding, const char *format, ...)
{
	va_list arguments;

	if (!finding)
		return;
	va_start(arguments, format);
	finding->hint = keep(findings, format, arguments);
	va_end(arguments);
}

/* A copy of a string in the list's memory; NULL marks the list. */
static const char *copy(struct qs_findings *findings, const char *string)
{
	const char *copied = qs_arena_strdup(&findings->arena, string);

	if (!copied)
		findings->nomem = true;
	return copied;
}

void qs_finding_pointer(
    struct qs_findings *findings, struct qs_finding *finding, const char *pointer)
{
	if (finding)
		finding->pointer = copy(findings, pointer);
}

void qs_finding_identity(
    struct qs_findings *findings, struct qs_finding *finding, const char *identity)
{
	if (finding)
		finding->identity = copy(findings, identity);
}

const char *qs_finding_about(const struct qs_finding *finding)
{
	if (finding->identity)
		return finding->identity;
	return finding->pointer && finding->pointer[0] ? finding->pointer : finding->message;
}

void qs_finding_suppress(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_suppression *suppression)
{
	finding->suppressed = suppression;
	findings->totals[finding->severity]--;
	findings->n_suppressed++;
}

void qs_finding_relate(struct qs_findings *findings, struct qs_finding *finding,
    struct qs_place place, const char *format, ...)
{
	struct qs_related *related, **end;
	va_list arguments;

	if (!finding)
		return;
	related = qs_arena_alloc(&findings->arena, sizeof(*related));
	if (!related) {
		findings->nomem = true;
		return;
	}
	va_start(arguments, format);
	related->message = keep(findings, format, arguments);
	va_end(arguments);
	if (!related->message)
		return;
	related->place = place;
	for (end = &finding->related; *end; end = &(*end)->next)
		;
	*end = related;
}

void qs_finding_trace(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_provenance *provenance)
{
	struct qs_provenance *kept, **end;

	if (!finding)
		return;
	kept = qs_arena_alloc(&findings->arena, sizeof(*kept));
	if (!kept) {
		findings->nomem = true;
		return;
	}
	*kept = *provenance;
	kept->pointer = provenance->pointer ? copy(findings, provenance->pointer) : NULL;
	kept->value = copy(findings, provenance->value);
	kept->next = NULL;
	for (end = &finding->provenance; *end; end = &(*end)->next)
		;
	*end = kept;
}

struct qs_fix *qs_finding_fix(struct qs_findings *findings, struct qs_finding *finding, bool safe,
    struct qs_place place, const char *new_text, const char *format, ...)
{
	struct qs_fix *fix, **end;
	va_list arguments;

	if (!finding)
		return NULL;
	fix = qs_arena_alloc(&findings->arena, sizeof(*fix));
	if (!fix) {
		findings->nomem = true;
		return NULL;
	}
	va_start(arguments, format);
	fix->message = keep(findings, format, arguments);
	va_end(arguments);
	if (!fix->message || !qs_fix_edit(findings, fix, place, new_text))
		return NULL;
	fix->safe = safe;
	for (end = &finding->fixes; *end; end = &(*end)->next)
		;
	*end = fix;
	return fix;
}

bool qs_fix_edit(
    struct qs_findings *findings, struct qs_fix *fix, struct qs_place place, const char *new_text)
{
	struct qs_replacement *edit = fix ? qs_arena_alloc(&findings->arena, sizeof(*edit)) : NULL;
	struct qs_replacement **end;

	if (!fix)
		return false;
	if (edit)
		edit->new_text = qs_arena_strdup(&findings->arena, new_text);
	if (!edit || !edit->new_text) {
		findings->nomem = true;
		return false;
	}
	edit->place = place;
	for (end = &fix->edits; *end && (*end)->place.begin < place.begin; end = &(*end)->next)
		;
	edit->next = *end;
	*end = edit;
	return true;
}

/* A finding with the rank of its source: sources stand in the order in which they were
 * mentioned. */
struct ranked {
	struct qs_finding *finding;
	size_t rank;
};

static int compare_sources(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const uintptr_t s = (uintptr_t)x->finding->place.source;
	const uintptr_t t = (uintptr_t)y->finding->place.source;

	if (s != t)
		return s < t ? -1 : 1;
	return x->finding->order < y->finding->order ? -1 : x->finding->order > y->finding->order;
}

static int compare_places(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	const struct qs_finding *f = x->finding, *g = y->finding;

	if (x->rank != y->rank)
		return x->rank < y->rank ? -1 : 1;
	if (f->place.begin != g->place.begin)
		return f->place.begin < g->place.begin ? -1 : 1;
	return f->order < g->order ? -1 : f->order > g->order;
}

void qs_findings_sort(struct qs_findings *findings)
{
	struct ranked *all;

	if (findings->n_items < 2)
		return;
	all = malloc(findings->n_items * sizeof(*all));
	if (!all) {
		findings->nomem = true;
		return;
	}
	for (size_t i = 0; i < findings->n_items; i++)
		all[i] = (struct ranked){findings->items[i], 0};
	/* Equal sources become neighbours; the first of a run is the first mention. */
	qsort(all, findings->n_items, sizeof(*all), compare_sources);
	for (size_t i = 0, first = 0; i < findings->n_items; i++) {
		if (all[i].finding->place.source != all[first].finding->place.source)
			first = i;
		all[i].rank = all[first].finding->order;
	}
	qsort(all, findings->n_items, sizeof(*all), compare_places);
	for (size_t i = 0; i < findings->n_items; i++)
		findings->items[i] = all[i].finding;
	free(all);
}
