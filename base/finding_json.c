/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for programs: one JSON document, format version 1.0. */
#include "base/finding.h"
#include "base/json_document.h"


static struct json_object *number(size_t n)
{
	return json_object_new_uint64(n);
}

static struct json_object *position_json(const struct qs_source *source, size_t byte)
{
	const struct qs_position p =
	    source ? qs_source_position(source, byte) : (struct qs_position){0, 0, 0};
	struct json_object *object = json_object_new_object();

	/* What has no text is shown at its first character, as other tools expect a line. */
	qs_json_put(object, "line", number(p.line ? p.line : 1));
	qs_json_put(object, "column", number(p.line ? p.column : 1));
	qs_json_put(object, "byte", number(p.byte));
	return object;
}

static struct json_object *range_json(struct qs_place place)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "start", position_json(place.source, place.begin));
	qs_json_put(object, "end", position_json(place.source, place.end));
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
		qs_json_put(object, "message", json_object_new_string(related->message));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *fixes_json(const struct qs_fix *fix)
{
	struct json_object *list = json_object_new_array();

	for (; fix; fix = fix->next) {
		struct json_object *object = json_object_new_object();
		struct json_object *edits = json_object_new_array();
		struct json_object *edit = json_object_new_object();

		qs_json_put(edit, "range", range_json(fix->place));
		qs_json_put(edit, "new_text", json_object_new_string(fix->new_text));
		json_object_array_add(edits, edit);
		qs_json_put(object, "applicability", json_object_new_string(fix->safe ? "safe" : "unsafe"));
		qs_json_put(object, "message", json_object_new_string(fix->message));
		qs_json_put(object, "edits", edits);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *finding_json(const struct qs_finding *finding)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "file", file_json(finding->place));
	qs_json_put(object, "code", json_object_new_string(finding->code));
	qs_json_put(object, "name", json_object_new_string(finding->name));
	qs_json_put(object, "severity", json_object_new_string(qs_severity_name(finding->severity)));
	qs_json_put(object, "message", json_object_new_string(finding->message));
	qs_json_put(object, "hint", qs_json_text(finding->hint));
	qs_json_put(object, "pointer", qs_json_text(finding->pointer));
	qs_json_put(object, "range", range_json(finding->place));
	qs_json_put(object, "fixes", fixes_json(finding->fixes));
	qs_json_put(object, "related", related_json(finding->related));
	return object;
}

static struct json_object *summary_json(const struct qs_findings *findings, size_t n_files)
{
	struct json_object *object = json_object_new_object();
	size_t fixable = 0;

	for (size_t i = 0; i < qs_findings_count(findings); i++)
		fixable += qs_findings_at(findings, i)->fixes != NULL;
	qs_json_put(object, "files", number(n_files));
	qs_json_put(object, "errors", number(qs_findings_total(findings, QS_SEVERITY_ERROR)));
	qs_json_put(object, "warnings", number(qs_findings_total(findings, QS_SEVERITY_WARNING)));
	qs_json_put(object, "infos", number(qs_findings_total(findings, QS_SEVERITY_INFO)));
	qs_json_put(object, "fixable", number(fixable));
	return object;
}

enum qs_status qs_findings_write_json(const struct qs_findings *findings, size_t n_files,
    enum qs_severity at_least, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity >= at_least)
			json_object_array_add(list, finding_json(finding));
	}
	qs_json_put(document, "format_version", json_object_new_string("1.0"));
	qs_json_put(document, "tool", json_object_new_string("qstrata"));
	qs_json_put(document, "version", json_object_new_string(QSTRATA_VERSION));
	qs_json_put(document, "summary", summary_json(findings, n_files));
	qs_json_put(document, "diagnostics", list);
	return qs_json_write(document, text);
}
