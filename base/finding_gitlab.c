/* SPDX-License-Identifier: Apache-2.0 */
/* Findings as a Code Quality report of GitLab: an array, in which equal fingerprints would be one.
 */
#include "base/finding_write.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const severities[] = {"info", "minor", "major"};

static struct json_object *location_json(const struct qs_shown_item *item)
{
	struct json_object *location = json_object_new_object(), *lines = json_object_new_object();

	qs_json_put(lines, "begin", json_object_new_uint64(item->start.line));
	qs_json_put(lines, "end", json_object_new_uint64(item->end.line));
	qs_json_put(location, "path", qs_json_text(item->file));
	qs_json_put(location, "lines", lines);
	return location;
}

static struct json_object *item_json(const struct qs_shown_item *item)
{
	struct json_object *object = json_object_new_object();
	char fingerprint[40];

	/* Hexadecimal throughout, as GitLab has it. */
	snprintf(
	    fingerprint, sizeof(fingerprint), "%016" PRIx64 "%08zx", item->hash, item->ordinal);
	qs_json_put(object, "description", qs_json_text(item->finding->message));
	qs_json_put(object, "check_name", json_object_new_string(item->finding->code));
	qs_json_put(object, "fingerprint", json_object_new_string(fingerprint));
	qs_json_put(
	    object, "severity", json_object_new_string(severities[item->finding->severity]));
	qs_json_put(object, "location", location_json(item));
	return object;
}

enum qs_status qs_write_gitlab(const struct qs_shown *shown, struct qs_text *text)
{
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < shown->n_items; i++)
		json_object_array_add(list, item_json(&shown->items[i]));
	return qs_json_write(list, text);
}
