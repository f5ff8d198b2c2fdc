/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Baselines: findings that are known and do not count, until they are gone.
 *
 * An entry names a finding by what it is about: its file, its code, and its identity (a pointer
 * with the selectors of entries in place of their indices). It holds no line and no number of
 * findings: a new finding is never taken for an old one that went away.
 */
#ifndef QSTRATA_BASELINE_H
#define QSTRATA_BASELINE_H

#include "qstrata/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** A baseline has at most this many bytes. */
#define QS_BASELINE_LIMIT ((size_t)64 << 20)

struct qs_baseline;

/** An entry of a baseline. */
struct qs_baseline_entry {
	const char *file, *code, *identity;
	struct qs_place place; /**< in the baseline; nowhere for an entry that was added */
	bool used;             /**< a finding of this run is the one */
	bool checked;          /**< its file was looked at in this run */
	bool aside;            /**< what it is about is not looked for in this run */
};

/** An empty baseline. NULL when memory ran out. */
QS_API struct qs_baseline *qs_baseline_new(void);
/** Reads a baseline, which borrows its source. QS_INVALID with findings when it is malformed. */
QS_API enum qs_status qs_baseline_read(const struct qs_source *source, struct qs_findings *findings,
    struct qs_baseline **ret_baseline);
/** Releases a baseline; NULL is fine. */
QS_API void qs_baseline_free(struct qs_baseline *baseline);
/** Its entries. */
QS_API const struct qs_baseline_entry *qs_baseline_list(
    const struct qs_baseline *baseline, size_t *ret_n);

/**
 * Suppresses the findings of one file that the baseline has, by the name that it has for the file;
 * with `add`, findings that it has not are added first. Further entries for the file are unused.
 */
QS_API enum qs_status qs_baseline_apply(
    struct qs_baseline *baseline, const char *file, bool add, struct qs_findings *findings);
/** Keeps the entries of codes with a prefix whatever is found: what they are about is not looked
 * for. */
QS_API void qs_baseline_set_aside(struct qs_baseline *baseline, const char *prefix);
/** Drops the entries of files that were looked at whose finding is gone; tells how many. */
QS_API size_t qs_baseline_prune(struct qs_baseline *baseline);
/** Adds a finding for each entry that qs_baseline_prune() would drop. */
QS_API void qs_baseline_report_unused(
    const struct qs_baseline *baseline, struct qs_findings *findings);
/** Writes a baseline as JSON, by file, code and identity. */
QS_API enum qs_status qs_baseline_write(struct qs_baseline *baseline, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
