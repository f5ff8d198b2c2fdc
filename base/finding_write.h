/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the writers of all formats share: the findings to be shown, each with its fingerprint, and
 * the pieces of JSON and XML that they are made of.
 */
#ifndef BASE_FINDING_WRITE_H
#define BASE_FINDING_WRITE_H

#include "base/json_document.h"
#include "qstrata/base.h"

/* A finding as a writer sees it. */
struct qs_shown_item {
	const struct qs_finding *finding;
	const char *file;         /* "" when the finding is about no file */
	struct qs_position start; /* line and column at least 1: other tools expect them */
	struct qs_position end;   /* exclusive */
	uint64_t hash;            /* of what the finding is about: no line, no index */
	size_t ordinal;           /* from 1, among findings of the same hash */
};

/* What is written: findings in order, with what the view left out already gone. */
struct qs_shown {
	const struct qs_findings *findings;
	const struct qs_findings_view *view;
	struct qs_shown_item *items;
	size_t n_items, n_hidden; /* hidden: by `at_most` or because the list was full */
};

#define FORMAT(ID, name, for_people, all, help) qs_findings_writer qs_write_##ID;
#include "base/finding_formats.def"
#undef FORMAT

/* An item's fingerprint: unique in a document, and it stays when other parts of a file change. */
#define QS_FINGERPRINT_SIZE 40
void qs_shown_fingerprint(const struct qs_shown_item *item, char ret_text[QS_FINGERPRINT_SIZE]);

/* The address of a finding's page, or NULL when nobody said where pages are. */
struct json_object *qs_shown_url(const struct qs_shown *shown, const struct qs_finding *finding);

/* The message with what to do behind it, for formats that have one text. */
struct json_object *qs_shown_message(const struct qs_finding *finding);

/* Where a place begins, and ends unless that is NULL. What has no text is shown at its first
 * character. */
struct qs_position qs_shown_place(struct qs_place place, struct qs_position *ret_end);

/* Appends text to XML, between quotes or tags. Characters that XML cannot have become "?". */
void qs_text_add_xml(struct qs_text *text, const char *string);
/* Appends ` NAME="VALUE"` to XML. */
void qs_text_add_attribute(struct qs_text *text, const char *name, const char *value);

#endif
