/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for programs: one JSON document of format version 1.1, or one object a line. */
#include "base/finding.h"
#include "base/finding_write.h"

#include <string.h>

static struct json_object *number(size_t n)
{
	return json_object_new_uint64(n);
}

static struct json_object *position_json(struct qs_position position)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "line", number(position.line));
	qs_json_put(object, "column", number(position.column));
	qs_json_put(object, "byte", number(position.byte));
	return object;
}

static struct json_object *range_json(struct qs_place place)
{
	struct json_object *object = json_object_new_object();
	struct qs_position end;
	const struct qs_position start = qs_shown_place(place, &end);

	qs_json_put(object, "start", position_json(start));
	qs_json_put(object, "end", position_json(end));
	return object;
}

static struct json_object *file_json(struct qs_place place)
{
	return qs_json_text(place.source ? qs_source_name(place.source) : NULL);
}

static struct json_object *related_json(const struct qs_related *related)
{
	struct json_object *list = json_object_new_array();

	for (; related; related = related->next) {
		struct json_object *object = json_object_new_object();

		qs_json_put(object, "file", file_json(related->place));
		qs_json_put(object, "range", range_json(related->place));
		qs_json_put(object, "message", qs_json_text(related->message));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *edits_json(const struct qs_replacement *edit)
{
	struct json_object *list = json_object_new_array();

	for (; edit; edit = edit->next) {
		struct json_object *object = json_object_new_object();

		qs_json_put(object, "range", range_json(edit->place));
		qs_json_put(object, "new_text", qs_json_text(edit->new_text));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *fixes_json(const struct qs_fix *fix)
{
	struct json_object *list = json_object_new_array();

	for (; fix; fix = fix->next) {
		struct json_object *object = json_object_new_object();

		qs_json_put(
		    object, "applicability", json_object_new_string(fix->safe ? "safe" : "unsafe"));
		qs_json_put(object, "message", qs_json_text(fix->message));
		qs_json_put(object, "edits", edits_json(fix->edits));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *suppression_json(const struct qs_suppression *suppression)
{
	struct json_object *object;

	if (!suppression)
		return NULL;
	object = json_object_new_object();
	qs_json_put(object, "kind", json_object_new_string(suppression->kind));
	qs_json_put(object, "reason", qs_json_text(suppression->reason));
	return object;
}

/* A value that is written as JSON already. */
static struct json_object *value_json(const char *text)
{
	struct json_object *value = json_tokener_parse(text);

	return value ? value : qs_json_text(text);
}

static struct json_object *provenance_json(const struct qs_provenance *one)
{
	struct json_object *list = json_object_new_array();

	for (; one; one = one->next) {
		struct json_object *object = json_object_new_object();

		qs_json_put(object, "tensor", json_object_new_string(one->tensor));
		qs_json_put(object, "parameter", json_object_new_string(one->parameter));
		qs_json_put(object, "level", json_object_new_string(one->level));
		qs_json_put(object, "file", file_json(one->place));
		qs_json_put(object, "line",
		    one->place.source ? number(qs_shown_place(one->place, NULL).line) : NULL);
		qs_json_put(object, "pointer", qs_json_text(one->pointer));
		qs_json_put(object, "value", value_json(one->value));
		qs_json_put(object, "wins", json_object_new_boolean(one->wins));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *finding_json(
    const struct qs_shown *shown, const struct qs_shown_item *item)
{
	struct json_object *object = json_object_new_object();
	const struct qs_finding *finding = item->finding;
	char fingerprint[QS_FINGERPRINT_SIZE];

	qs_shown_fingerprint(item, fingerprint);
	qs_json_put(object, "file", file_json(finding->place));
	qs_json_put(object, "code", json_object_new_string(finding->code));
	qs_json_put(object, "name", json_object_new_string(finding->name));
	qs_json_put(
	    object, "severity", json_object_new_string(qs_severity_name(finding->severity)));
	qs_json_put(object, "message", qs_json_text(finding->message));
	qs_json_put(object, "hint", qs_json_text(finding->hint));
	qs_json_put(object, "url", qs_shown_url(shown, finding));
	qs_json_put(object, "pointer", qs_json_text(finding->pointer));
	qs_json_put(object, "range", range_json(finding->place));
	qs_json_put(object, "fixes", fixes_json(finding->fixes));
	qs_json_put(object, "related", related_json(finding->related));
	qs_json_put(object, "provenance", provenance_json(finding->provenance));
	qs_json_put(object, "fingerprint", json_object_new_string(fingerprint));
	qs_json_put(object, "suppressed", suppression_json(finding->suppressed));
	return object;
}

static struct json_object *summary_json(const struct qs_shown *shown)
{
	const struct qs_findings *findings = shown->findings;
	struct json_object *object = json_object_new_object();
	size_t fixable = 0;

	for (size_t i = 0; i < qs_findings_count(findings); i++)
		fixable += qs_findings_at(findings, i)->fixes != NULL &&
		           !qs_findings_at(findings, i)->suppressed;
	qs_json_put(object, "files", number(shown->view->n_files));
	qs_json_put(object, "errors", number(qs_findings_total(findings, QS_SEVERITY_ERROR)));
	qs_json_put(object, "warnings", number(qs_findings_total(findings, QS_SEVERITY_WARNING)));
	qs_json_put(object, "infos", number(qs_findings_total(findings, QS_SEVERITY_INFO)));
	qs_json_put(object, "suppressed", number(qs_findings_suppressed(findings)));
	qs_json_put(object, "fixable", number(fixable));
	qs_json_put(object, "hidden", number(shown->n_hidden));
	return object;
}

/* The entries of a baseline that are of no use any more: findings as others, and once more here. */
static struct json_object *unused_json(const struct qs_shown *shown)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < shown->n_items; i++) {
		const struct qs_finding *finding = shown->items[i].finding;
		struct json_object *object;

		if (strcmp(finding->code, qs_finding_kind(QS_FINDING_UNUSED_SUPPRESSION)->code) !=
		    0)
			continue;
		object = json_object_new_object();
		qs_json_put(object, "file", file_json(finding->place));
		qs_json_put(object, "range", range_json(finding->place));
		qs_json_put(object, "message", qs_json_text(finding->message));
		json_object_array_add(list, object);
	}
	return list;
}

enum qs_status qs_write_json(const struct qs_shown *shown, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < shown->n_items; i++)
		json_object_array_add(list, finding_json(shown, &shown->items[i]));
	qs_json_put(document, "format_version", json_object_new_string("1.1"));
	qs_json_put(document, "tool", json_object_new_string("qstrata"));
	qs_json_put(document, "version", json_object_new_string(QSTRATA_VERSION));
	qs_json_put(document, "summary", summary_json(shown));
	qs_json_put(document, "diagnostics", list);
	qs_json_put(document, "unused_suppressions", unused_json(shown));
	return qs_json_write(document, text);
}

enum qs_status qs_write_json_lines(const struct qs_shown *shown, struct qs_text *text)
{
	for (size_t i = 0; i < shown->n_items; i++)
		qs_json_write_line(finding_json(shown, &shown->items[i]), text);
	return qs_text_status(text);
}
