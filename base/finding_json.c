/* SPDX-License-Identifier: Apache-2.0 */
/* Findings for programs: one JSON document, format version 1.0. */
#include "base/finding.h"

#include <json-c/json.h>
#include <string.h>

/* Adds a member; json-c takes the reference. A NULL value is a JSON null only where that is meant. */
static void put(struct json_object *object, const char *key, struct json_object *value)
{
	json_object_object_add(object, key, value);
}

static struct json_object *text_or_null(const char *text)
{
	return text ? json_object_new_string(text) : NULL;
}

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
	put(object, "line", number(p.line ? p.line : 1));
	put(object, "column", number(p.line ? p.column : 1));
	put(object, "byte", number(p.byte));
	return object;
}

static struct json_object *range_json(struct qs_place place)
{
	struct json_object *object = json_object_new_object();

	put(object, "start", position_json(place.source, place.begin));
	put(object, "end", position_json(place.source, place.end));
	return object;
}

static struct json_object *file_json(struct qs_place place)
{
	return text_or_null(place.source ? qs_source_name(place.source) : NULL);
}

static struct json_object *related_json(const struct qs_related *related)
{
	struct json_object *list = json_object_new_array();

	for (; related; related = related->next) {
		struct json_object *object = json_object_new_object();

		put(object, "file", file_json(related->place));
		put(object, "range", range_json(related->place));
		put(object, "message", json_object_new_string(related->message));
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

		put(edit, "range", range_json(fix->place));
		put(edit, "new_text", json_object_new_string(fix->new_text));
		json_object_array_add(edits, edit);
		put(object, "applicability", json_object_new_string(fix->safe ? "safe" : "unsafe"));
		put(object, "message", json_object_new_string(fix->message));
		put(object, "edits", edits);
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *finding_json(const struct qs_finding *finding)
{
	struct json_object *object = json_object_new_object();

	put(object, "file", file_json(finding->place));
	put(object, "code", json_object_new_string(finding->code));
	put(object, "name", json_object_new_string(finding->name));
	put(object, "severity", json_object_new_string(qs_severity_name(finding->severity)));
	put(object, "message", json_object_new_string(finding->message));
	put(object, "hint", text_or_null(finding->hint));
	put(object, "pointer", text_or_null(finding->pointer));
	put(object, "range", range_json(finding->place));
	put(object, "fixes", fixes_json(finding->fixes));
	put(object, "related", related_json(finding->related));
	return object;
}

static struct json_object *summary_json(const struct qs_findings *findings, size_t n_files)
{
	struct json_object *object = json_object_new_object();
	size_t fixable = 0;

	for (size_t i = 0; i < qs_findings_count(findings); i++)
		fixable += qs_findings_at(findings, i)->fixes != NULL;
	put(object, "files", number(n_files));
	put(object, "errors", number(qs_findings_total(findings, QS_SEVERITY_ERROR)));
	put(object, "warnings", number(qs_findings_total(findings, QS_SEVERITY_WARNING)));
	put(object, "infos", number(qs_findings_total(findings, QS_SEVERITY_INFO)));
	put(object, "fixable", number(fixable));
	return object;
}

enum qs_status qs_findings_write_json(const struct qs_findings *findings, size_t n_files,
    enum qs_severity at_least, struct qs_text *text)
{
	struct json_object *document = json_object_new_object();
	struct json_object *list = json_object_new_array();
	const char *written;

	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		if (finding->severity >= at_least)
			json_object_array_add(list, finding_json(finding));
	}
	put(document, "format_version", json_object_new_string("1.0"));
	put(document, "tool", json_object_new_string("qstrata"));
	put(document, "version", json_object_new_string(QSTRATA_VERSION));
	put(document, "summary", summary_json(findings, n_files));
	put(document, "diagnostics", list);
	written = json_object_to_json_string_ext(document,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (written)
		qs_text_addf(text, "%s\n", written);
	else
		text->failed = true;
	json_object_put(document);
	return qs_text_status(text);
}
