/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Findings as SARIF 2.1.0 (OASIS), with what code scanning of GitHub asks for beyond the schema:
 * rules with help, places, and fingerprints that do not depend on lines.
 */
#include "base/finding_write.h"

#include <string.h>

static const char *const levels[] = {"note", "warning", "error"};

static struct json_object *message_json(const char *words)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "text", qs_json_text(words));
	return object;
}

/* A name as a URI reference (RFC 3986): other bytes than the unreserved ones and "/" are escaped.
 */
static struct json_object *uri_json(const char *name)
{
	static const char plain[] =
	    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~/";
	struct qs_text uri = QS_TEXT_INIT;
	struct json_object *string;

	if (name[0] == '/')
		qs_text_adds(&uri, "file://");
	for (; *name; name++) {
		if (strchr(plain, *name))
			qs_text_add(&uri, name, 1);
		else
			qs_text_addf(&uri, "%%%02X", (unsigned char)*name);
	}
	string = json_object_new_string(uri.data);
	qs_text_done(&uri);
	return string;
}

static struct json_object *artifact_json(struct qs_place place)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "uri", uri_json(qs_source_name(place.source)));
	return object;
}

static struct json_object *region_json(struct qs_place place)
{
	struct json_object *object = json_object_new_object();
	struct qs_position end;
	const struct qs_position start = qs_shown_place(place, &end);

	qs_json_put(object, "startLine", json_object_new_uint64(start.line));
	qs_json_put(object, "startColumn", json_object_new_uint64(start.column));
	qs_json_put(object, "endLine", json_object_new_uint64(end.line));
	qs_json_put(object, "endColumn", json_object_new_uint64(end.column));
	return object;
}

static struct json_object *location_json(struct qs_place place)
{
	struct json_object *location = json_object_new_object(),
			   *physical = json_object_new_object();

	qs_json_put(physical, "artifactLocation", artifact_json(place));
	qs_json_put(physical, "region", region_json(place));
	qs_json_put(location, "physicalLocation", physical);
	return location;
}

static struct json_object *logical_json(const char *pointer)
{
	struct json_object *list = json_object_new_array(), *object = json_object_new_object();

	qs_json_put(object, "fullyQualifiedName", qs_json_text(pointer));
	qs_json_put(object, "kind", json_object_new_string("member"));
	json_object_array_add(list, object);
	return list;
}

static void put_locations(struct json_object *result, const struct qs_finding *finding)
{
	struct json_object *list = json_object_new_array(), *location;

	if (finding->place.source) {
		location = location_json(finding->place);
		if (finding->pointer && finding->pointer[0])
			qs_json_put(location, "logicalLocations", logical_json(finding->pointer));
		json_object_array_add(list, location);
	}
	qs_json_put(result, "locations", list);
}

static void put_related(struct json_object *result, const struct qs_related *related)
{
	struct json_object *list = json_object_new_array(), *location;

	for (; related; related = related->next) {
		if (!related->place.source)
			continue;
		location = location_json(related->place);
		qs_json_put(
		    location, "id", json_object_new_uint64(json_object_array_length(list) + 1));
		qs_json_put(location, "message", message_json(related->message));
		json_object_array_add(list, location);
	}
	qs_json_put(result, "relatedLocations", list);
}

static struct json_object *replacements_json(const struct qs_replacement *edit)
{
	struct json_object *list = json_object_new_array();

	for (; edit; edit = edit->next) {
		struct json_object *object = json_object_new_object();

		qs_json_put(object, "deletedRegion", region_json(edit->place));
		qs_json_put(object, "insertedContent", message_json(edit->new_text));
		json_object_array_add(list, object);
	}
	return list;
}

/* All edits of a fix are in one file. SARIF has no word for whether a fix is safe. */
static struct json_object *fix_json(const struct qs_fix *fix)
{
	struct json_object *object = json_object_new_object(), *change = json_object_new_object();
	struct json_object *changes = json_object_new_array();
	struct json_object *properties = json_object_new_object();

	qs_json_put(change, "artifactLocation", artifact_json(fix->edits->place));
	qs_json_put(change, "replacements", replacements_json(fix->edits));
	json_object_array_add(changes, change);
	qs_json_put(object, "description", message_json(fix->message));
	qs_json_put(object, "artifactChanges", changes);
	qs_json_put(
	    properties, "applicability", json_object_new_string(fix->safe ? "safe" : "unsafe"));
	qs_json_put(object, "properties", properties);
	return object;
}

static void put_fixes(struct json_object *result, const struct qs_fix *fix)
{
	struct json_object *list = json_object_new_array();

	for (; fix; fix = fix->next) {
		if (fix->edits->place.source)
			json_object_array_add(list, fix_json(fix));
	}
	qs_json_put(result, "fixes", list);
}

/* A result that has none has an empty list: "not suppressed", as SARIF (3.27.23) tells it from "not
 * known". */
static void put_suppressions(struct json_object *result, const struct qs_suppression *suppression)
{
	struct json_object *list = json_object_new_array(), *object;

	if (suppression) {
		object = json_object_new_object();
		qs_json_put(object, "kind", json_object_new_string("external"));
		qs_json_put(object, "status", json_object_new_string("accepted"));
		qs_json_put(object, "justification", qs_json_text(suppression->reason));
		json_object_array_add(list, object);
	}
	qs_json_put(result, "suppressions", list);
}

static void put_message(struct json_object *result, const struct qs_finding *finding)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "text", qs_shown_message(finding));
	qs_json_put(result, "message", object);
}

static struct json_object *result_json(const struct qs_shown_item *item, size_t rule)
{
	struct json_object *result = json_object_new_object(), *prints = json_object_new_object();
	char fingerprint[QS_FINGERPRINT_SIZE];

	qs_shown_fingerprint(item, fingerprint);
	qs_json_put(prints, "primaryLocationLineHash", json_object_new_string(fingerprint));
	qs_json_put(result, "ruleId", json_object_new_string(item->finding->code));
	qs_json_put(result, "ruleIndex", json_object_new_uint64(rule));
	qs_json_put(result, "level", json_object_new_string(levels[item->finding->severity]));
	put_message(result, item->finding);
	put_locations(result, item->finding);
	put_related(result, item->finding->related);
	qs_json_put(result, "partialFingerprints", prints);
	put_suppressions(result, item->finding->suppressed);
	put_fixes(result, item->finding->fixes);
	return result;
}

static struct json_object *rule_json(const struct qs_shown *shown, const struct qs_finding *finding)
{
	struct json_object *rule = json_object_new_object(), *defaults = json_object_new_object();
	struct json_object *url = qs_shown_url(shown, finding);
	struct qs_text help = QS_TEXT_INIT;

	qs_text_addf(&help, "%s: %s. qstrata rule %s tells more.", finding->name, finding->title,
	    finding->code);
	qs_json_put(rule, "id", json_object_new_string(finding->code));
	qs_json_put(rule, "name", json_object_new_string(finding->name));
	qs_json_put(rule, "shortDescription", message_json(finding->name));
	qs_json_put(rule, "fullDescription", message_json(finding->title));
	qs_json_put(rule, "help", message_json(help.data));
	if (url)
		qs_json_put(rule, "helpUri", url);
	qs_json_put(defaults, "level", json_object_new_string(levels[finding->severity]));
	qs_json_put(rule, "defaultConfiguration", defaults);
	qs_text_done(&help);
	return rule;
}

/* The index of a finding's rule, which is added when it is new. There are about a hundred at most.
 */
static size_t rule_index(
    const struct qs_shown *shown, struct json_object *rules, const struct qs_finding *finding)
{
	const size_t n = json_object_array_length(rules);

	for (size_t i = 0; i < n; i++) {
		struct json_object *rule = json_object_array_get_idx(rules, i);

		if (strcmp(json_object_get_string(json_object_object_get(rule, "id")),
			finding->code) == 0)
			return i;
	}
	json_object_array_add(rules, rule_json(shown, finding));
	return n;
}

static struct json_object *tool_json(struct json_object *rules)
{
	struct json_object *tool = json_object_new_object(), *driver = json_object_new_object();

	qs_json_put(driver, "name", json_object_new_string("qstrata"));
	qs_json_put(driver, "version", json_object_new_string(QSTRATA_VERSION));
	qs_json_put(driver, "semanticVersion", json_object_new_string(QSTRATA_VERSION));
	qs_json_put(driver, "rules", rules);
	qs_json_put(tool, "driver", driver);
	return tool;
}

static struct json_object *run_json(const struct qs_shown *shown)
{
	struct json_object *run = json_object_new_object(), *results = json_object_new_array();
	struct json_object *rules = json_object_new_array(), *properties = json_object_new_object();

	for (size_t i = 0; i < shown->n_items; i++)
		json_object_array_add(
		    results, result_json(&shown->items[i],
				 rule_index(shown, rules, shown->items[i].finding)));
	qs_json_put(run, "tool", tool_json(rules));
	qs_json_put(run, "columnKind", json_object_new_string("unicodeCodePoints"));
	qs_json_put(run, "results", results);
	qs_json_put(properties, "hidden", json_object_new_uint64(shown->n_hidden));
	qs_json_put(run, "properties", properties);
	return run;
}

enum qs_status qs_write_sarif(const struct qs_shown *shown, struct qs_text *text)
{
	struct json_object *document = json_object_new_object(), *runs = json_object_new_array();

	json_object_array_add(runs, run_json(shown));
	qs_json_put(document, "$schema",
	    json_object_new_string("https://json.schemastore.org/sarif-2.1.0.json"));
	qs_json_put(document, "version", json_object_new_string("2.1.0"));
	qs_json_put(document, "runs", runs);
	return qs_json_write(document, text);
}
