/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings in the Reviewdog Diagnostic Format (rdjson: a DiagnosticResult of reviewdog's
 * proto/rdf/reviewdog.proto), for comments in reviews. Columns count bytes there.
 */
#include "base/finding_write.h"
#include "base/source.h"

static const char *const severities[] = {"INFO", "WARNING", "ERROR"};

/* The byte in its line, from 1. */
static size_t byte_column(struct qs_place place, struct qs_position position)
{
	size_t size;
	const char *text = place.source ? qs_source_text(place.source, &size) : NULL;
	const char *line = text ? qs_source_line(place.source, position.line, &size) : NULL;

	return line ? position.byte - (size_t)(line - text) + 1 : 1;
}

static struct json_object *position_json(struct qs_place place, struct qs_position position)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "line", json_object_new_uint64(position.line));
	qs_json_put(object, "column", json_object_new_uint64(byte_column(place, position)));
	return object;
}

static struct json_object *range_json(struct qs_place place)
{
	struct json_object *object = json_object_new_object();
	struct qs_position end;
	const struct qs_position start = qs_shown_place(place, &end);

	qs_json_put(object, "start", position_json(place, start));
	qs_json_put(object, "end", position_json(place, end));
	return object;
}

static struct json_object *location_json(const struct qs_shown_item *item)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "path", qs_json_text(item->file));
	qs_json_put(object, "range", range_json(item->finding->place));
	return object;
}

static struct json_object *code_json(const struct qs_shown *shown, const struct qs_finding *finding)
{
	struct json_object *object = json_object_new_object(), *url = qs_shown_url(shown, finding);

	qs_json_put(object, "value", json_object_new_string(finding->code));
	if (url)
		qs_json_put(object, "url", url);
	return object;
}

/* A suggestion is one replacement: fixes of several edits have no form here. */
static struct json_object *suggestions_json(const struct qs_fix *fix)
{
	struct json_object *list = json_object_new_array();

	for (; fix; fix = fix->next) {
		struct json_object *object;

		if (fix->edits->next || !fix->edits->place.source)
			continue;
		object = json_object_new_object();
		qs_json_put(object, "range", range_json(fix->edits->place));
		qs_json_put(object, "text", qs_json_text(fix->edits->new_text));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *item_json(const struct qs_shown *shown, const struct qs_shown_item *item)
{
	const struct qs_finding *finding = item->finding;
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "message", qs_shown_message(finding));
	if (finding->place.source)
		qs_json_put(object, "location", location_json(item));
	qs_json_put(object, "severity", json_object_new_string(severities[finding->severity]));
	qs_json_put(object, "code", code_json(shown, finding));
	qs_json_put(object, "suggestions", suggestions_json(finding->fixes));
	return object;
}

enum qs_status qs_write_rdjson(const struct qs_shown *shown, struct qs_text *text)
{
	struct json_object *document = json_object_new_object(), *list = json_object_new_array();
	struct json_object *source = json_object_new_object();

	for (size_t i = 0; i < shown->n_items; i++)
		json_object_array_add(list, item_json(shown, &shown->items[i]));
	qs_json_put(source, "name", json_object_new_string("qstrata"));
	qs_json_put(document, "source", source);
	qs_json_put(document, "diagnostics", list);
	return qs_json_write(document, text);
}
