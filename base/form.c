/* SPDX-License-Identifier: Apache-2.0 */
/* JSON documents of a known form: keys by a table, values as texts with places. */
#include "qstrata/form.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "base/json.h"
#include "base/nearest.h"

struct qs_form {
	struct qs_json_document document;
	struct qs_form_value *values;
	size_t n_values, capacity;
};

/* A document that is being read. */
struct reading {
	struct qs_form *form;
	const char *what;
	struct qs_findings *findings;
	size_t n_errors;
	bool nomem;
};

/* The keys of an object, and where their values go. */
struct table {
	const struct qs_form_key *keys;
	size_t n_keys;
	size_t owner, group; /* of members; 0 and 0 at the top */
};

/* ---- findings -------------------------------------------------------------------------------- */

static struct qs_finding *say(struct reading *reading, enum qs_finding_id id, struct qs_place place,
    const struct qs_json *about, const char *message)
{
	struct qs_finding *finding = qs_finding_add(reading->findings, id, place, "%s", message);
	struct qs_text pointer = QS_TEXT_INIT;

	qs_json_pointer(about, &pointer);
	qs_finding_pointer(reading->findings, finding, pointer.data);
	qs_findings_end_text(reading->findings, &pointer);
	reading->n_errors++;
	return finding;
}

static void refuse_key(
    struct reading *reading, const struct table *table, const struct qs_json *member)
{
	struct qs_nearest nearest = qs_nearest_to(member->key.bytes, member->key.size);
	struct qs_text text = QS_TEXT_INIT;

	for (size_t i = 0; i < table->n_keys; i++)
		qs_nearest_offer(&nearest, table->keys[i].key);
	qs_text_addf(
	    &text, "unknown key \"%.*s\"", qs_json_shown(member->key, 80), member->key.bytes);
	if (nearest.best)
		qs_text_addf(&text, "; did you mean \"%s\"?", nearest.best);
	else
		qs_text_adds(&text, "; expected one of ");
	for (size_t i = 0; i < table->n_keys && !nearest.best; i++)
		qs_text_addf(&text, "%s\"%s\"", i ? ", " : "", table->keys[i].key);
	say(reading, QS_FINDING_UNKNOWN_SETTING,
	    qs_json_key_place(&reading->form->document, member), member, text.data);
	qs_findings_end_text(reading->findings, &text);
}

static void refuse_type(struct reading *reading, const struct qs_json *value, const char *expected)
{
	struct qs_text text = QS_TEXT_INIT;

	/* About what is broken all is said. */
	if (value->type != QS_JSON_BROKEN) {
		if (value->key.bytes)
			qs_text_addf(&text, "\"%.*s\" must be ", qs_json_shown(value->key, 80),
			    value->key.bytes);
		else
			qs_text_adds(&text, value->parent ? "this must be " : "");
		if (value->type == QS_JSON_INT)
			qs_text_addf(&text, "%s, found %lld", expected, (long long)value->integer);
		else
			qs_text_addf(&text, "%s, found %s", expected,
			    qs_json_type_name((enum qs_json_type)value->type));
		say(reading, QS_FINDING_WRONG_SETTING,
		    qs_json_place(&reading->form->document, value), value, text.data);
	}
	qs_findings_end_text(reading->findings, &text);
}

void qs_form_refuse(struct qs_findings *findings, const struct qs_form_value *value,
    const char *const *words, size_t n_words, const char *format, ...)
{
	size_t size;
	const char *written = qs_source_text(value->place.source, &size) + value->place.begin;
	const bool is_string = *written == '"';
	/* As written, between its quotes: the text may be put together. */
	struct qs_nearest nearest = qs_nearest_to(
	    written + is_string, is_string ? value->place.end - value->place.begin - 2 : 0);
	struct qs_text text = QS_TEXT_INIT;
	va_list arguments;

	for (size_t i = 0; i < n_words && is_string; i++)
		qs_nearest_offer(&nearest, words[i]);
	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	if (nearest.best)
		qs_text_addf(&text, "; did you mean \"%s\"?", nearest.best);
	qs_finding_add(findings, QS_FINDING_WRONG_SETTING, value->place, "%s", text.data);
	qs_findings_end_text(findings, &text);
}

/* ---- values ---------------------------------------------------------------------------------- */

static void add_value(struct reading *reading, const struct table *table, size_t key,
    const struct qs_json *value, const char *text)
{
	struct qs_form *form = reading->form;
	const struct qs_form_value added = {table->group ? table->owner : key, table->group,
	    table->group ? key : 0, text, qs_json_place(&form->document, value)};

	if (!text || reading->nomem) {
		reading->nomem = true;
		return;
	}
	if (form->n_values == form->capacity) {
		const size_t capacity = form->capacity ? form->capacity * 2 : 16;
		struct qs_form_value *values = realloc(form->values, capacity * sizeof(*values));

		if (!values) {
			reading->nomem = true;
			return;
		}
		form->values = values;
		form->capacity = capacity;
	}
	form->values[form->n_values++] = added;
}

/* A text with a NUL inside would be read as another. */
static bool is_plain_string(struct reading *reading, const struct qs_json *value)
{
	if (value->type != QS_JSON_STRING) {
		refuse_type(reading, value, "a string");
		return false;
	}
	if (!value->string.size || !memchr(value->string.bytes, '\0', value->string.size))
		return true;
	say(reading, QS_FINDING_WRONG_SETTING, qs_json_place(&reading->form->document, value),
	    value, "a NUL character cannot stand here");
	return false;
}

static void read_string(struct reading *reading, const struct table *table, size_t key,
    const struct qs_json *value, const struct qs_json *member)
{
	struct qs_arena *arena = &reading->form->document.arena;

	if (!is_plain_string(reading, value))
		return;
	add_value(reading, table, key, value,
	    member ? qs_arena_printf(arena, "%.*s=%.*s", (int)member->key.size, member->key.bytes,
			 (int)value->string.size, value->string.bytes)
		   : qs_arena_strndup(arena, value->string.bytes, value->string.size));
}

static void read_flag(
    struct reading *reading, const struct table *table, size_t key, const struct qs_json *value)
{
	if (value->type == QS_JSON_BOOL)
		add_value(reading, table, key, value, value->boolean ? "true" : "false");
	else
		refuse_type(reading, value, "true or false");
}

static void read_count(
    struct reading *reading, const struct table *table, size_t key, const struct qs_json *value)
{
	if (value->type == QS_JSON_INT && value->integer >= 0)
		add_value(reading, table, key, value,
		    qs_arena_printf(
			&reading->form->document.arena, "%lld", (long long)value->integer));
	else
		refuse_type(reading, value, "an integer, and at least 0");
}

/* A number stays as it is written, so that whoever reads it knows every digit. */
static void read_real(
    struct reading *reading, const struct table *table, size_t key, const struct qs_json *value)
{
	const struct qs_place place = qs_json_place(&reading->form->document, value);
	size_t size;

	if (value->type == QS_JSON_STRING)
		read_string(reading, table, key, value, NULL);
	else if (value->type == QS_JSON_INT || value->type == QS_JSON_REAL)
		add_value(reading, table, key, value,
		    qs_arena_strndup(&reading->form->document.arena,
			qs_source_text(place.source, &size) + place.begin,
			place.end - place.begin));
	else
		refuse_type(reading, value, "a number or a string");
}

static void read_strings(struct reading *reading, const struct table *table, size_t key,
    const struct qs_json *list, enum qs_json_type type)
{
	if (list->type != type) {
		refuse_type(reading, list,
		    type == QS_JSON_ARRAY ? "a list of strings" : "an object of strings");
		return;
	}
	for (const struct qs_json *value = list->children.first; value; value = value->next) {
		if (!value->hidden)
			read_string(
			    reading, table, key, value, type == QS_JSON_OBJECT ? value : NULL);
	}
}

/* ---- objects --------------------------------------------------------------------------------- */

static void read_object(
    struct reading *reading, const struct table *table, const struct qs_json *object);

static void read_groups(struct reading *reading, const struct qs_form_key *key, size_t index,
    const struct qs_json *list)
{
	struct table table = {key->members, key->n_members, index, 0};

	if (list->type != QS_JSON_ARRAY) {
		refuse_type(reading, list, "a list of objects");
		return;
	}
	for (const struct qs_json *value = list->children.first; value; value = value->next) {
		table.group++;
		read_object(reading, &table, value);
	}
}

static void read_member(
    struct reading *reading, const struct table *table, size_t index, const struct qs_json *value)
{
	switch (table->keys[index].shape) {
	case QS_FORM_FLAG:
		read_flag(reading, table, index, value);
		break;
	case QS_FORM_COUNT:
		read_count(reading, table, index, value);
		break;
	case QS_FORM_REAL:
		read_real(reading, table, index, value);
		break;
	case QS_FORM_TEXT:
		read_string(reading, table, index, value, NULL);
		break;
	case QS_FORM_LIST:
		read_strings(reading, table, index, value, QS_JSON_ARRAY);
		break;
	case QS_FORM_MAP:
		read_strings(reading, table, index, value, QS_JSON_OBJECT);
		break;
	case QS_FORM_GROUPS:
		read_groups(reading, &table->keys[index], index, value);
		break;
	}
}

static size_t find_key(const struct table *table, struct qs_json_string key)
{
	size_t i;

	for (i = 0; i < table->n_keys && !qs_json_string_is(key, table->keys[i].key); i++)
		;
	return i;
}

static void require_keys(
    struct reading *reading, const struct table *table, const struct qs_json *object)
{
	for (size_t i = 0; i < table->n_keys && reading->form->document.complete; i++) {
		const struct qs_json *member = object->children.first;
		struct qs_text text = QS_TEXT_INIT;

		if (!table->keys[i].required)
			continue;
		while (member && find_key(table, member->key) != i)
			member = member->next;
		if (member)
			continue;
		qs_text_addf(&text, "the key \"%s\" is missing", table->keys[i].key);
		say(reading, QS_FINDING_MISSING_SETTING,
		    (struct qs_place){
			reading->form->document.source, object->begin, object->begin + 1},
		    object, text.data);
		qs_findings_end_text(reading->findings, &text);
	}
}

static void read_object(
    struct reading *reading, const struct table *table, const struct qs_json *object)
{
	if (object->type != QS_JSON_OBJECT) {
		refuse_type(reading, object, "an object");
		return;
	}
	for (const struct qs_json *member = object->children.first; member; member = member->next) {
		const size_t index = find_key(table, member->key);

		if (index == table->n_keys)
			refuse_key(reading, table, member);
		else if (!member->hidden)
			read_member(reading, table, index, member);
	}
	require_keys(reading, table, object);
}

static void read_root(struct reading *reading, const struct qs_form_key *keys, size_t n_keys)
{
	const struct table table = {keys, n_keys, 0, 0};
	const struct qs_json *root = reading->form->document.root;
	struct qs_text text = QS_TEXT_INIT;

	if (!root || root->type == QS_JSON_BROKEN)
		return;
	if (root->type == QS_JSON_OBJECT) {
		read_object(reading, &table, root);
		return;
	}
	qs_text_addf(&text, "%s is a JSON object, found %s", reading->what,
	    qs_json_type_name((enum qs_json_type)root->type));
	say(reading, QS_FINDING_WRONG_SETTING,
	    (struct qs_place){reading->form->document.source, root->begin, root->begin + 1}, root,
	    text.data);
	qs_findings_end_text(reading->findings, &text);
}

enum qs_status qs_form_read(const struct qs_source *source, const char *what,
    const struct qs_form_key *keys, size_t n_keys, struct qs_findings *findings,
    struct qs_form **ret_form)
{
	struct reading reading = {calloc(1, sizeof(struct qs_form)), what, findings, 0, false};
	enum qs_status status;

	if (!reading.form)
		return QS_NOMEM;
	status = qs_json_read(source, findings, &reading.form->document);
	if (status != QS_NOMEM) {
		read_root(&reading, keys, n_keys);
		if (reading.nomem || qs_findings_status(findings) != QS_OK)
			status = QS_NOMEM;
		else if (reading.n_errors)
			status = QS_INVALID;
	}
	if (status == QS_OK)
		*ret_form = reading.form;
	else
		qs_form_free(reading.form);
	return status;
}

void qs_form_free(struct qs_form *form)
{
	if (!form)
		return;
	qs_json_done(&form->document);
	free(form->values);
	free(form);
}

const struct qs_form_value *qs_form_values(const struct qs_form *form, size_t *ret_n)
{
	*ret_n = form->n_values;
	return form->values;
}
