/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Status codes, growing text, source files and findings: what every part of qstrata speaks in.
 *
 * There are two channels for trouble and they are never mixed. A `enum qs_status` steers the
 * caller's control flow; a `struct qs_findings`, owned by the caller, tells people what is wrong,
 * where, and what would be right. The library never prints, never exits and keeps no mutable
 * global.
 *
 * Ownership: a `struct qs_source` outlives everything read from it. Findings copy their own texts,
 * but refer to their sources for file names, lines and frames.
 */
#ifndef QSTRATA_BASE_H
#define QSTRATA_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define QS_API __attribute__((visibility("default")))
#define QS_PRINTF(format_index, first) __attribute__((format(printf, format_index, first)))
#else
#define QS_API
#define QS_PRINTF(format_index, first)
#endif

/** How a call ended. A function's comment names those it can return beside QS_OK and QS_NOMEM. */
enum qs_status {
	QS_OK = 0,
	QS_INVALID,     /**< the input is wrong; at least one error was added to the findings */
	QS_IO,          /**< a file could not be read or written; a finding says which and why */
	QS_NOMEM,       /**< memory ran out */
	QS_UNSUPPORTED, /**< legal, but it cannot be done here; a finding says why */
	QS_BUG          /**< an invariant of qstrata itself is broken */
};

/** A few words for a status, lower case; never NULL. */
QS_API const char *qs_status_text(enum qs_status status);

/* ---- text ------------------------------------------------------------------------------------ */

/**
 * A growing byte string, NUL-terminated at `data[size]`.
 *
 * Memory trouble is sticky: after a failed addition `failed` is set and further additions do
 * nothing, so that a writer checks once, at the end. Start from QS_TEXT_INIT; end with
 * qs_text_done().
 */
struct qs_text {
	char *data;      /**< the bytes; "" while empty, never NULL */
	size_t size;     /**< bytes in use, without the final NUL */
	size_t capacity; /**< bytes allocated; 0 while `data` is the static "" */
	bool failed;     /**< an addition ran out of memory */
};

#define QS_TEXT_INIT                                                                               \
	{                                                                                          \
		(char *)"", 0, 0, false                                                            \
	}

/** Empties and releases; the text may be used again. */
QS_API void qs_text_done(struct qs_text *text);
/** Empties, keeping the memory. */
QS_API void qs_text_clear(struct qs_text *text);
/** Appends `size` bytes. */
QS_API void qs_text_add(struct qs_text *text, const char *bytes, size_t size);
/** Appends a NUL-terminated string. */
QS_API void qs_text_adds(struct qs_text *text, const char *string);
/** Appends one byte `count` times. */
QS_API void qs_text_fill(struct qs_text *text, char byte, size_t count);
/** Appends formatted text. */
QS_API void qs_text_addf(struct qs_text *text, const char *format, ...) QS_PRINTF(2, 3);
/** Appends formatted text. */
QS_API void qs_text_addv(struct qs_text *text, const char *format, va_list arguments)
    QS_PRINTF(2, 0);
/** QS_OK, or QS_NOMEM when an addition failed. */
QS_API enum qs_status qs_text_status(const struct qs_text *text);

/* ---- sources --------------------------------------------------------------------------------- */

struct qs_findings;

/** A named text that findings point into, or only a name (a model, a folder of tensors). */
struct qs_source;

/** A place in a source as people count. */
struct qs_position {
	size_t line;   /**< from 1; 0 in a source without text */
	size_t column; /**< from 1, in Unicode code points; 0 in a source without text */
	size_t byte;   /**< from 0 */
};

/** A span of bytes in a source; `end` is exclusive. `source` NULL: nowhere in particular. */
struct qs_place {
	const struct qs_source *source;
	size_t begin, end;
};

/** A copy of `size` bytes under a name. The text may hold any bytes. */
QS_API enum qs_status qs_source_new(
    const char *name, const char *text, size_t size, struct qs_source **ret_source);
/** A source that has only a name: findings about it carry no line. */
QS_API enum qs_status qs_source_named(const char *name, struct qs_source **ret_source);
/**
 * Reads a file of at most `limit` bytes into a source named `name`; a path of "-" is the standard
 * input. QS_IO with a finding when it cannot be read or is too large.
 */
QS_API enum qs_status qs_source_read(const char *path, const char *name, size_t limit,
    struct qs_findings *findings, struct qs_source **ret_source);
/** Whether a file can be written at a path, asked before long work. QS_IO with a finding when it
 * cannot. */
QS_API enum qs_status qs_output_check(const char *path, struct qs_findings *findings);
/** Releases a source; NULL is fine. */
QS_API void qs_source_free(struct qs_source *source);
/** The name as given. */
QS_API const char *qs_source_name(const struct qs_source *source);
/** The text, NUL-terminated, with its size; NULL and 0 for a source that has only a name. */
QS_API const char *qs_source_text(const struct qs_source *source, size_t *ret_size);
/** Line, column and byte of a byte offset; offsets past the end mean the end. */
QS_API struct qs_position qs_source_position(const struct qs_source *source, size_t byte);

/* ---- findings -------------------------------------------------------------------------------- */

/** How much a finding matters. */
enum qs_severity {
	QS_SEVERITY_INFO,
	QS_SEVERITY_WARNING,
	QS_SEVERITY_ERROR,
	QS_SEVERITY__COUNT
};

/** "info", "warning" or "error". */
QS_API const char *qs_severity_name(enum qs_severity severity);

/** A second place that belongs to a finding: the other side of a conflict, an earlier
 * definition. */
struct qs_related {
	struct qs_place place;
	const char *message;
	struct qs_related *next;
};

/** A replacement of bytes. */
struct qs_replacement {
	struct qs_place place; /**< the bytes to replace; none: an insertion */
	const char *new_text;
	struct qs_replacement *next;
};

/** A setting that has a say in a value which a finding is about. */
struct qs_provenance {
	const char *tensor;    /**< "weights" */
	const char *parameter; /**< "bit_width" */
	const char *level;     /**< "layer tensor", "overall", "default" */
	struct qs_place place; /**< of the value; nowhere for a built-in default */
	const char *pointer;   /**< JSON Pointer of what sets it, or NULL */
	const char *value;     /**< as JSON */
	bool wins;             /**< it is what counts */
	struct qs_provenance *next;
};

/** Edits that together would mend a finding. */
struct qs_fix {
	struct qs_replacement
	    *edits; /**< at least one, in the order of the text, and none overlap */
	const char *message;
	bool safe; /**< the meaning stays, or becomes the only one that the writer can have had */
	struct qs_fix *next;
};

/** Why a finding does not count. */
struct qs_suppression {
	const char *kind;   /**< "baseline" or "settings": where it is said */
	const char *reason; /**< in somebody's words */
};

/** One finding: what is wrong, where, and what would be right. */
struct qs_finding {
	const char *code;  /**< stable, "QS201" */
	const char *name;  /**< stable, "unknown-key" */
	const char *title; /**< what findings of this code have in common, a few words */
	enum qs_severity severity;
	enum qs_severity usual; /**< the severity that nobody has decided otherwise about */
	const char *message;    /**< lower case, no full stop, in the writer's own words */
	const char *hint;       /**< what to do, or NULL */
	const char *pointer;    /**< JSON Pointer (RFC 6901) of the value concerned, or NULL */
	/** As `pointer` with selectors instead of indices, so that it stays when entries move; or
	 * NULL. */
	const char *identity;
	struct qs_place place;
	struct qs_related *related;
	struct qs_fix *fixes;
	/** Where values that it is about come from: the winner of each, then what it shadows. */
	struct qs_provenance *provenance;
	const struct qs_suppression *suppressed; /**< NULL: it counts */
	size_t order;                            /**< of addition */
};

/** Writes a text to a file: beside its final name first, then renamed. QS_IO with a finding. */
QS_API enum qs_status qs_text_save(
    const struct qs_text *text, const char *path, struct qs_findings *findings);

/* `struct qs_findings` is a list of findings, owned by the caller. */

/** At most this many findings are kept of one list; further ones are counted. */
#define QS_FINDINGS_LIMIT 20000

/** An empty list. NULL when memory ran out. */
QS_API struct qs_findings *qs_findings_new(void);
/**
 * An empty list that decides as another does (qs_findings_judge()), which has to outlive it: for
 * one of several threads. NULL when memory ran out.
 */
QS_API struct qs_findings *qs_findings_new_beside(const struct qs_findings *findings);
/**
 * Moves the findings of `from` behind those of a list, and releases `from`. A limit or lack of
 * memory shows as when they had been added one by one.
 */
QS_API void qs_findings_join(struct qs_findings *findings, struct qs_findings *from);
/** What becomes of findings; the first ones are as enum qs_severity. */
enum qs_decision {
	QS_DECISION_INFO,
	QS_DECISION_WARNING,
	QS_DECISION_ERROR,
	QS_DECISION_OFF, /**< they are left out and not counted */
	QS_DECISION_ON   /**< only these are in, and others of which the same is said */
};
/**
 * Decides about findings that are yet to be added, by a prefix of their codes: "QS4" is the family.
 * The longest prefix counts, of equal ones the last. What functions return does not change by it.
 */
QS_API enum qs_status qs_findings_judge(
    struct qs_findings *findings, const char *prefix, enum qs_decision decision);
/**
 * Suppresses findings that are yet to be added, by a prefix of their codes: they are kept, and do
 * not count. The first that fits gives the reason.
 */
QS_API enum qs_status qs_findings_excuse(
    struct qs_findings *findings, const char *prefix, const char *reason);
/** Releases a list with its findings; NULL is fine. */
QS_API void qs_findings_free(struct qs_findings *findings);
/** How many findings are kept. */
QS_API size_t qs_findings_count(const struct qs_findings *findings);
/** How many findings of a severity were added and count, kept or not. */
QS_API size_t qs_findings_total(const struct qs_findings *findings, enum qs_severity severity);
/** How many findings were added and are suppressed. */
QS_API size_t qs_findings_suppressed(const struct qs_findings *findings);
/** The finding at an index below qs_findings_count(). */
QS_API const struct qs_finding *qs_findings_at(const struct qs_findings *findings, size_t index);
/** Sorts by source (in order of first mention), then place, then order of addition. */
QS_API void qs_findings_sort(struct qs_findings *findings);
/** QS_OK, or QS_NOMEM when a finding was lost because memory ran out. */
QS_API enum qs_status qs_findings_status(const struct qs_findings *findings);

/** How findings are written as text. */
struct qs_text_style {
	bool color;                /**< ANSI colours */
	bool frame;                /**< the source line with carets, related places and hints */
	enum qs_severity at_least; /**< leave out what matters less */
};

/**
 * Findings for people: `FILE:LINE:COLUMN: error: MESSAGE [CODE]`, one a line, followed by frames
 * when the style asks for them. Writes nothing when there are none.
 */
QS_API enum qs_status qs_findings_write_text(
    const struct qs_findings *findings, const struct qs_text_style *style, struct qs_text *text);

/** Findings as one JSON document of format version 1.1, also when there are none. */
QS_API enum qs_status qs_findings_write_json(const struct qs_findings *findings, size_t n_files,
    enum qs_severity at_least, struct qs_text *text);

/**
 * Whether a text can say where pages of findings are: an absolute URI (RFC 3986) with `{code}`,
 * `{name}` or `{anchor}` in it; the anchor is that of "QS201 unknown-key" in docs/pages.md as
 * viewers of Markdown have it, `qs201-unknown-key`.
 */
QS_API bool qs_page_address_is_good(const char *address);
/** Appends the address of the page of a code and its name. */
QS_API void qs_page_address_write(
    const char *address, const char *code, const char *name, struct qs_text *text);

/** What of a list is written. */
struct qs_findings_view {
	const char *const *files;  /**< names of the files that were checked, or NULL */
	size_t n_files;            /**< how many were checked */
	enum qs_severity at_least; /**< leave out what matters less */
	size_t at_most;            /**< findings; 0: all. The formats say how many are hidden. */
	bool color;                /**< ANSI colours, in formats for people */
	const char *pages;         /**< the address of pages (qs_page_address_is_good()), or NULL */
};

/** Findings about to be written. */
struct qs_shown;
/** Appends findings in one format. */
typedef enum qs_status qs_findings_writer(const struct qs_shown *shown, struct qs_text *text);

/** A format that findings are written in. */
struct qs_findings_format {
	const char *name; /**< "sarif" */
	bool for_people;  /**< false: a document, which is valid also when there is no finding */
	bool all;         /**< suppressed findings are in it as well, and marked */
	const char *help; /**< a few words */
	qs_findings_writer *write;
};

/** All formats; the table is constant. */
QS_API const struct qs_findings_format *qs_findings_formats(size_t *ret_n);
/** The format of a name, or NULL. */
QS_API const struct qs_findings_format *qs_findings_format_of_word(const char *name);
/** Appends findings in a format. Sort them first. */
QS_API enum qs_status qs_findings_write(const struct qs_findings *findings,
    const struct qs_findings_format *format, const struct qs_findings_view *view,
    struct qs_text *text);

/* ---- fixing ---------------------------------------------------------------------------------- */

/**
 * Checks a text and adds findings about it, under the decisions of the list that the caller of
 * qs_source_fix() gave. QS_OK: it can be used, and what it means is appended to
 * `meaning`; equal texts mean the same. QS_INVALID: it cannot be used. Others end the fixing.
 */
typedef enum qs_status qs_text_check(void *context, const struct qs_source *source,
    struct qs_findings *findings, struct qs_text *meaning);

/** What came of fixing a text. */
struct qs_fixed {
	struct qs_source *source; /**< the text with all fixes; NULL: it stays as it is */
	size_t n_fixed;           /**< how many fixes were applied */
	size_t n_unsafe;          /**< how many findings are left that have an unsafe fix */
};

/**
 * Applies the fixes of what a check finds, again and again until none is left: the safe ones, with
 * `unsafe` the others as well. What a text means never changes by safe fixes. Fixes after which
 * there would be more findings, or after which a text could no longer be read or used that could
 * before, are left out, and the findings say so. `ret_fixed->source` belongs to the caller, and the
 * findings refer to it.
 */
QS_API enum qs_status qs_source_fix(const struct qs_source *source, qs_text_check *check,
    void *context, bool unsafe, struct qs_findings *findings, struct qs_fixed *ret_fixed);

/**
 * Appends a unified diff from one text to another, both called by the name of the first; nothing
 * when they are equal.
 */
QS_API enum qs_status qs_source_diff(
    const struct qs_source *from, const struct qs_source *to, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
