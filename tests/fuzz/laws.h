/* SPDX-License-Identifier: Apache-2.0 */
/* Laws that hold for findings about any bytes. */
#ifndef TESTS_FUZZ_LAWS_H
#define TESTS_FUZZ_LAWS_H

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>

#include "qstrata/qstrata.h"

static void require(bool holds, const char *law)
{
	if (holds)
		return;
	fprintf(stderr, "broken law: %s\n", law);
	abort();
}

static void check_place(struct qs_place place)
{
	struct qs_position position;
	size_t size;

	/* Of what is no text, a source is the name. */
	if (!place.source || !qs_source_text(place.source, &size))
		return;
	require(place.begin <= place.end && place.end <= size, "a place lies within its text");
	position = qs_source_position(place.source, place.begin);
	require(
	    position.line >= 1 && position.column >= 1, "a place in a text has line and column");
}

static void check_findings(struct qs_findings *findings)
{
	static const struct qs_text_style style = {false, true, QS_SEVERITY_INFO};
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;

	qs_findings_sort(findings);
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		check_place(finding->place);
		for (const struct qs_related *r = finding->related; r; r = r->next)
			check_place(r->place);
		for (const struct qs_fix *f = finding->fixes; f; f = f->next) {
			for (const struct qs_replacement *e = f->edits; e; e = e->next) {
				check_place(e->place);
				require(!e->next || e->place.end <= e->next->place.begin,
				    "edits of a fix do not overlap");
			}
		}
	}
	require(qs_findings_write_text(findings, &style, &text) == QS_OK, "findings can be told");
	qs_text_clear(&text);
	require(qs_findings_write_json(findings, 1, QS_SEVERITY_INFO, &text) == QS_OK,
	    "findings can be written as JSON");
	document = json_tokener_parse(text.data);
	require(document != NULL, "findings as JSON are JSON");
	json_object_put(document);
	qs_text_done(&text);
}

#endif
