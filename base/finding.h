/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings from the inside: every kind of finding there is, and how one is added.
 *
 * The kinds are the rows of findings.def; device rules bring their own code and name as data
 * (schemas/). Adding is one call for the finding and one for each related place, hint or
 * fix. All of them take NULL for a finding that could not be kept (limit reached, no memory), so
 * that a writer of findings checks nothing.
 */
#ifndef BASE_FINDING_H
#define BASE_FINDING_H

#include "qstrata/base.h"

/* Every kind of finding, QS_FINDING_UNKNOWN_KEY. */
enum qs_finding_id {
#define FINDING(ID, code, name, severity, title) QS_FINDING_##ID,
#include "base/findings.def"
#undef FINDING
	QS_FINDING__COUNT
};

/* What a kind of finding is called. */
struct qs_finding_kind {
	const char *code, *name;
	enum qs_severity severity;
	const char *title;
};

/* The row of a kind. */
const struct qs_finding_kind *qs_finding_kind(enum qs_finding_id id);

/* Adds a finding of a kind of findings.def. The result belongs to the list; NULL: it was not
 * kept. */
struct qs_finding *qs_finding_add(struct qs_findings *findings, enum qs_finding_id id,
    struct qs_place place, const char *format, ...) QS_PRINTF(4, 5);

/* Adds a finding of a kind that is data. */
struct qs_finding *qs_finding_add_kind(struct qs_findings *findings,
    const struct qs_finding_kind *kind, struct qs_place place, const char *format, ...)
    QS_PRINTF(4, 5);

/* Says what to do. */
void qs_finding_hint(struct qs_findings *findings, struct qs_finding *finding, const char *format,
    ...) QS_PRINTF(3, 4);

/* Says which JSON value is concerned; the pointer is copied. */
void qs_finding_pointer(
    struct qs_findings *findings, struct qs_finding *finding, const char *pointer);

/* Says what the pointer is about without indices; the text is copied. */
void qs_finding_identity(
    struct qs_findings *findings, struct qs_finding *finding, const char *identity);

/*
 * What a finding is about, for those who look for it again: its identity, else its pointer, else
 * its message. There is no line in it, and no index unless it has no selector.
 */
const char *qs_finding_about(const struct qs_finding *finding);

/* Takes a finding of the list out of what counts. The suppression is borrowed. */
void qs_finding_suppress(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_suppression *suppression);

/* Adds a related place with its label. */
void qs_finding_relate(struct qs_findings *findings, struct qs_finding *finding,
    struct qs_place place, const char *format, ...) QS_PRINTF(4, 5);

/* Adds a setting to where values come from; its texts are copied, but for those of tables: tensor,
 * parameter and level. */
void qs_finding_trace(struct qs_findings *findings, struct qs_finding *finding,
    const struct qs_provenance *provenance);

/* Adds a replacement of text that would mend it. NULL: it was not kept. */
struct qs_fix *qs_finding_fix(struct qs_findings *findings, struct qs_finding *finding, bool safe,
    struct qs_place place, const char *new_text, const char *format, ...) QS_PRINTF(6, 7);

/* Adds one more replacement, which overlaps none of the others, to a fix, which may be NULL. False:
 * it was not kept. */
bool qs_fix_edit(
    struct qs_findings *findings, struct qs_fix *fix, struct qs_place place, const char *new_text);

/* Ends a text that a finding was made of. When it ran out of memory the list is not whole. */
void qs_findings_end_text(struct qs_findings *findings, struct qs_text *text);

/*
 * A source that has only a name and belongs to the list: for findings about a file that could not
 * be read. The same name gives the same source. NULL when memory ran out.
 */
struct qs_source *qs_findings_name_source(struct qs_findings *findings, const char *name);

/* Gives a source to the list, which frees it in the end; at once when it returns QS_NOMEM. */
enum qs_status qs_findings_keep_source(struct qs_findings *findings, struct qs_source *source);

/* Appends text that a terminal is not disturbed by: control characters, and bytes that are
 * not UTF-8, become "?". */
void qs_text_add_visible(struct qs_text *text, const char *bytes, size_t size);

/* The place that is a source as a whole; NULL is nowhere. */
struct qs_place qs_place_of(const struct qs_source *source);

#endif
