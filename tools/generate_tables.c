/* SPDX-License-Identifier: Apache-2.0 */
/* The JSON Schemas of documents that are tables, made from the lists of their columns. */
#include <stdio.h>
#include <string.h>

#include "base/table.h"
#include "tools/generate.h"

/* A column for programs. */
struct column {
	const char *name;
	enum qs_column_kind kind;
	const char *about;
};

static const struct column stats_columns[] = {
#define COLUMN(id, name, title, kind, who, about) {#name, QS_COLUMN_##kind, about},
#include "analysis/stats_columns.def"
};

static const struct column compare_columns[] = {
#define COLUMN(id, name, title, kind, about) {#name, QS_COLUMN_##kind, about},
#define MEASURE(id, name, about) {#name, QS_COLUMN_NUMBER, about},
#define OWN(id, name, about) {"own_" #name, QS_COLUMN_NUMBER, "of the layer alone: " about},
#include "analysis/compare_columns.def"
};

#define N(list) (sizeof(list) / sizeof(*(list)))

/* ---- columns --------------------------------------------------------------------------------- */

static struct json_object *kind_schema(const char *description, const char *const *types, size_t n)
{
	struct json_object *object = json_object_new_object();
	struct json_object *list = json_object_new_array();

	for (size_t i = 0; i < n; i++)
		append_text(list, types[i]);
	put_text(object, "description", description);
	put(object, "type", list);
	return object;
}

/* A number, a word for one that is none, or null where there is nothing to say. */
static struct json_object *number_schema(void)
{
	static const char *const types[] = {"number", "string", "null"};
	struct json_object *object =
	    kind_schema("null where there is nothing to say", types, N(types));

	put(object, "pattern", json_object_new_string("^(nan|-?inf)$"));
	return object;
}

static struct json_object *count_schema(void)
{
	static const char *const types[] = {"integer", "null"};
	struct json_object *object =
	    kind_schema("null where there is nothing to count", types, N(types));

	put(object, "minimum", json_object_new_int(0));
	return object;
}

static struct json_object *text_schema(void)
{
	static const char *const types[] = {"string", "null"};

	return kind_schema("null where there is nothing to say", types, N(types));
}

static struct json_object *shape_schema(void)
{
	static const char *const types[] = {"array", "null"};
	struct json_object *object = kind_schema(
	    "null for an unknown shape, and in it for an unknown dimension", types, N(types));

	put(object, "items", reference("count"));
	return object;
}

static struct json_object *definitions(void)
{
	struct json_object *object = json_object_new_object();

	put(object, "text", text_schema());
	put(object, "count", count_schema());
	put(object, "number", number_schema());
	put(object, "shape", shape_schema());
	return object;
}

static struct json_object *column_schema(const struct column *column)
{
	static const char *const kinds[] = {[QS_COLUMN_TEXT] = "text",
	    [QS_COLUMN_COUNT] = "count",
	    [QS_COLUMN_FIXED] = "number",
	    [QS_COLUMN_NUMBER] = "number",
	    [QS_COLUMN_SHAPE] = "shape"};
	struct json_object *object = json_object_new_object(), *both = json_object_new_array();

	json_object_array_add(both, reference(kinds[column->kind]));
	put_text(object, "description", column->about);
	put(object, "allOf", both);
	return object;
}

/* ---- rows and documents ---------------------------------------------------------------------- */

/* Makes a schema one of objects of these properties alone, of which some have to be there. */
static void put_members(
    struct json_object *schema, struct json_object *properties, struct json_object *required)
{
	put_text(schema, "type", "object");
	put(schema, "additionalProperties", json_object_new_boolean(false));
	put(schema, "required", required);
	put(schema, "properties", properties);
}

static struct json_object *row_schema(
    const struct column *columns, size_t n, struct json_object *ret_properties)
{
	struct json_object *row = json_object_new_object(), *required = json_object_new_array();

	for (size_t i = 0; i < n; i++) {
		put(ret_properties, columns[i].name, column_schema(&columns[i]));
		append_text(required, columns[i].name);
	}
	put_members(row, ret_properties, required);
	return row;
}

static struct json_object *described(const char *type, const char *description)
{
	struct json_object *object = json_object_new_object();

	put_text(object, "type", type);
	put_text(object, "description", description);
	return object;
}

/* The properties of a document, of which every one has a version. */
static struct json_object *new_properties(void)
{
	struct json_object *properties = json_object_new_object();
	struct json_object *version = described("string", "Minor versions only add members.");

	put_text(version, "pattern", "^1\\.[0-9]+$");
	put(properties, "format_version", version);
	return properties;
}

/* A document with members of its own and the rows as "tensors". */
static bool write_document(
    const char *title, struct json_object *properties, struct json_object *row, const char *order)
{
	struct json_object *document = json_object_new_object();
	struct json_object *required = json_object_new_array();
	struct json_object *tensors = described("array", order);

	put(tensors, "items", row);
	put(properties, "batches", described("integer", "How many batches were run."));
	put(properties, "tensors", tensors);
	json_object_object_foreach(properties, name, property)
	{
		(void)property;
		append_text(required, name);
	}
	put_text(document, "$schema", "http://json-schema.org/draft-07/schema#");
	put_text(document, "title", title);
	put_members(document, properties, required);
	put(document, "definitions", definitions());
	puts(json_object_to_json_string_ext(document,
	    JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED | JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(document);
	return true;
}

/* ---- channels of stats ----------------------------------------------------------------------- */

static bool is_of_channels(const char *name)
{
	static const char *const names[] = {"min", "max", "mean", "var"};

	for (size_t i = 0; i < N(names); i++) {
		if (strcmp(name, names[i]) == 0)
			return true;
	}
	return false;
}

static struct json_object *channels_schema(void)
{
	struct json_object *list = described("array",
	    "With --per-channel: the same of each channel, from 0; empty where the channels are "
	    "those of another row, or unknown.");
	struct column columns[N(stats_columns)];
	size_t n = 0;

	for (size_t i = 0; i < N(stats_columns); i++) {
		if (is_of_channels(stats_columns[i].name))
			columns[n++] = stats_columns[i];
	}
	put(list, "items", row_schema(columns, n, json_object_new_object()));
	return list;
}

bool write_stats_schema(void)
{
	struct json_object *properties = new_properties();
	struct json_object *cells = json_object_new_object();
	struct json_object *row = row_schema(stats_columns, N(stats_columns), cells);

	put(cells, "channels", channels_schema());
	put(properties, "model", described("string", "The file."));
	put(properties, "config", reference("text"));
	return write_document("What qstrata stats prints with --format json", properties, row,
	    "In the order of the model.");
}

bool write_compare_schema(void)
{
	struct json_object *properties = new_properties();
	struct json_object *row =
	    row_schema(compare_columns, N(compare_columns), json_object_new_object());

	put(properties, "expected", described("string", "The file that counts as right."));
	put(properties, "found",
	    described("string", "The file, or the config that quantizes the other one."));
	return write_document("What qstrata compare prints with --format json", properties, row,
	    "In the order of the model, or of --sort.");
}
