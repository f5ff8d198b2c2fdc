/* SPDX-License-Identifier: Apache-2.0 */
/*
 * JSON documents of a known form, read strictly: settings files, baselines.
 *
 * A table says which keys there are and what they take. The values come as a flat list of texts,
 * each with its place, so that what is wrong with a value can be said as well as what is wrong with
 * the form.
 */
#ifndef QSTRATA_FORM_H
#define QSTRATA_FORM_H

#include "qstrata/base.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What a key takes, and how it becomes texts. */
enum qs_form_shape {
	QS_FORM_FLAG,  /**< true or false: "true" or "false" */
	QS_FORM_COUNT, /**< an integer from 0: its digits */
	QS_FORM_REAL,  /**< a number, as it is written, or a string */
	QS_FORM_TEXT,  /**< a string */
	QS_FORM_LIST,  /**< strings: a value each */
	QS_FORM_MAP,   /**< an object of strings: "KEY=STRING" each */
	QS_FORM_GROUPS /**< objects with members of their own, which are none of GROUPS */
};

/** A key of a form. */
struct qs_form_key {
	const char *key;
	enum qs_form_shape shape;
	bool required;
	const struct qs_form_key *members; /**< of GROUPS */
	size_t n_members;
};

/** A value as read. */
struct qs_form_value {
	size_t key;       /**< index in the table */
	size_t group;     /**< from 1, of the object in a list of GROUPS; else 0 */
	size_t member;    /**< in a group: index in the table of its members */
	const char *text; /**< NUL-terminated; a string with a NUL inside is refused */
	struct qs_place place;
};

/** A document as read; it borrows its source and the table. */
struct qs_form;

/**
 * Reads a document; `what` is what messages call it ("a settings file"). QS_INVALID with findings
 * about all that is wrong: JSON text, unknown keys, wrong types, missing keys.
 */
QS_API enum qs_status qs_form_read(const struct qs_source *source, const char *what,
    const struct qs_form_key *keys, size_t n_keys, struct qs_findings *findings,
    struct qs_form **ret_form);
/** Releases a document; NULL is fine. */
QS_API void qs_form_free(struct qs_form *form);
/** The values in the order of the text. */
QS_API const struct qs_form_value *qs_form_values(const struct qs_form *form, size_t *ret_n);

/**
 * Adds a finding about a value that the form allows and its reader does not, with the nearest of
 * some words if there is one. `words` may be NULL.
 */
QS_API void qs_form_refuse(struct qs_findings *findings, const struct qs_form_value *value,
    const char *const *words, size_t n_words, const char *format, ...) QS_PRINTF(5, 6);

#ifdef __cplusplus
}
#endif

#endif
