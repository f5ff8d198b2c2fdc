/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads lock files, and compares them with what a config makes of a model now.
 *
 * A format of a lock is a block of parameters like one of a config, and is read as one.
 */
#include "engine/lock.h"

#include <stdlib.h>
#include <string.h>

#include "base/json_document.h"
#include "base/map.h"

struct lock_format {
	const char *name;
	struct qs_settings settings[QS_TENSOR__COUNT];
	bool has[QS_PARAM__COUNT];
};

/* A lock on its way into a difference; `policy` holds the document and reads blocks. */
struct lock_reader {
	struct qs_policy *policy;
	struct qs_findings *findings;
	struct qs_difference *difference;
	const struct qs_selection *selection;
	struct lock_format *formats;
	struct qs_map format_names; /* to formats */
	struct qs_map layer_names;  /* to the first of the model's layers that is left */
	size_t *next;               /* by layer of the model: the next of the name */
};

static enum qs_status complain(const struct lock_reader *reader, const struct qs_json *about,
    const char *format, ...) QS_PRINTF(3, 4);

/* Says why the lock cannot be used, and where. */
static enum qs_status complain(
    const struct lock_reader *reader, const struct qs_json *about, const char *format, ...)
{
	struct qs_text text = QS_TEXT_INIT;
	struct qs_finding *finding;
	va_list arguments;

	va_start(arguments, format);
	qs_text_addv(&text, format, arguments);
	va_end(arguments);
	finding = qs_finding_add(reader->findings, QS_FINDING_MALFORMED_LOCK,
	    qs_policy_value_place(reader->policy, about), "%s", text.data);
	qs_findings_end_text(reader->findings, &text);
	qs_policy_point(reader->findings, finding, about);
	qs_finding_hint(reader->findings, finding, "write the lock anew with: qstrata lock");
	return QS_INVALID;
}

static const struct qs_json *member_of(
    const struct qs_json *object, const char *key, enum qs_json_type type)
{
	for (const struct qs_json *member = object->children.first; member; member = member->next) {
		if (!member->hidden && qs_json_string_is(member->key, key))
			return member->type == type ? member : NULL;
	}
	return NULL;
}

static enum qs_status need(const struct lock_reader *reader, const struct qs_json *object,
    const char *key, enum qs_json_type type, const struct qs_json **ret_member)
{
	*ret_member = member_of(object, key, type);
	if (*ret_member)
		return QS_OK;
	return complain(
	    reader, object, "the lock has no \"%s\" that is %s", key, qs_json_type_name(type));
}

/* ---- head ------------------------------------------------------------------------------------ */

static enum qs_status check_version(const struct lock_reader *reader, const struct qs_json *version)
{
	struct qs_finding *finding;

	if (version->integer == QS_LOCK_VERSION)
		return QS_OK;
	finding = qs_finding_add(reader->findings, QS_FINDING_LOCK_VERSION,
	    qs_policy_value_place(reader->policy, version),
	    "the lock is of version %lld; expected %d", (long long)version->integer,
	    QS_LOCK_VERSION);
	qs_policy_point(reader->findings, finding, version);
	qs_finding_hint(reader->findings, finding,
	    version->integer > QS_LOCK_VERSION
		? "a newer qstrata wrote it; use that, or write the lock anew with: qstrata lock"
		: "write the lock anew with: qstrata lock");
	return QS_INVALID;
}

static enum qs_status check_head(const struct lock_reader *reader)
{
	const struct qs_json *root = reader->policy->document.root;
	const struct qs_json *format, *version;
	enum qs_status status;

	if (root->type != QS_JSON_OBJECT)
		return complain(reader, root, "a lock is a JSON object, found %s",
		    qs_json_type_name((enum qs_json_type)root->type));
	format = member_of(root, "format", QS_JSON_STRING);
	if (!format || !qs_json_string_is(format->string, QS_LOCK_FORMAT))
		return complain(reader, format ? format : root,
		    "the file is no lock: its \"format\" is not \"" QS_LOCK_FORMAT "\"");
	status = need(reader, root, "version", QS_JSON_INT, &version);
	return status == QS_OK ? check_version(reader, version) : status;
}

/* ---- facts ----------------------------------------------------------------------------------- */

/* Whether a value is of the type that a fact has in a lock. */
static bool is_fact(enum qs_fact fact, const struct qs_json *value)
{
	if (fact == QS_FACT_TARGET_DEVICE)
		return value->type == QS_JSON_STRING &&
		       qs_word_find(&qs_device_words, value->string) >= 0;
	if (fact == QS_FACT_OPSET)
		return value->type == QS_JSON_NULL || value->type == QS_JSON_INT;
	return value->type == (fact == QS_FACT_TENSORS ? QS_JSON_ARRAY : QS_JSON_BOOL);
}

/* The text of a fact in the form that the other side has it. NULL: memory ran out. */
static const char *fact_text(struct lock_reader *reader, struct qs_json *value)
{
	struct qs_arena *arena = &reader->difference->arena;

	switch (value->type) {
	case QS_JSON_BOOL:
		return value->boolean ? "true" : "false";
	case QS_JSON_NULL:
		return "null";
	case QS_JSON_INT:
		return qs_arena_printf(arena, "%lld", (long long)value->integer);
	case QS_JSON_STRING:
		return qs_arena_printf(
		    arena, "\"%.*s\"", (int)value->string.size, value->string.bytes);
	default:
		return qs_tensors_text(arena, qs_tensors_read(reader->policy, value));
	}
}

static enum qs_status read_settings(struct lock_reader *reader, const struct qs_json *settings)
{
	struct qs_side *side = &reader->difference->sides[QS_BEFORE];

	for (int f = 0; f < QS_FACT_MODEL; f++) {
		const char *key = qs_fact_name((enum qs_fact)f);
		struct qs_json *member = settings->children.first;

		while (member && (member->hidden || !qs_json_string_is(member->key, key)))
			member = member->next;
		if (!member)
			return complain(reader, settings, "the lock does not tell %s", key);
		if (!is_fact((enum qs_fact)f, member))
			return complain(reader, member, "%s cannot be this in a lock", key);
		side->fact[f] = fact_text(reader, member);
		side->member[f] = member;
		if (!side->fact[f])
			return QS_NOMEM;
	}
	return QS_OK;
}

static enum qs_status read_fingerprint(
    struct lock_reader *reader, enum qs_fact fact, const char *key)
{
	struct qs_side *side = &reader->difference->sides[QS_BEFORE];
	const struct qs_json *object, *fingerprint;
	enum qs_status status;

	status = need(reader, reader->policy->document.root, key, QS_JSON_OBJECT, &object);
	if (status == QS_OK)
		status = need(reader, object, "fingerprint", QS_JSON_STRING, &fingerprint);
	if (status != QS_OK)
		return status;
	side->member[fact] = fingerprint;
	side->fact[fact] = qs_arena_printf(&reader->difference->arena, "\"%.*s\"",
	    qs_json_shown(fingerprint->string, QS_FINGERPRINT_TEXT), fingerprint->string.bytes);
	return side->fact[fact] ? QS_OK : QS_NOMEM;
}

/* ---- formats --------------------------------------------------------------------------------- */

static enum qs_status read_format(struct lock_reader *reader, struct qs_json *member, size_t index)
{
	struct lock_format *format = &reader->formats[index];
	struct qs_block block;

	format->name =
	    qs_arena_strndup(&reader->difference->arena, member->key.bytes, member->key.size);
	if (!format->name || !qs_map_set(&reader->format_names, format->name, index))
		return QS_NOMEM;
	qs_block_read(reader->policy, member, &block);
	memcpy(format->settings, reader->policy->model, sizeof(format->settings));
	qs_resolve_block(
	    reader->policy, &block, QS_LEVEL_LOCK, (1U << QS_TENSOR__COUNT) - 1, format->settings);
	for (int p = 0; p < QS_PARAM__COUNT; p++)
		format->has[p] = block.member[p] != NULL;
	return reader->policy->nomem ? QS_NOMEM : QS_OK;
}

static enum qs_status read_formats(struct lock_reader *reader, const struct qs_json *formats)
{
	enum qs_status status = QS_OK;
	size_t n = 0;

	reader->formats = qs_arena_array(&reader->difference->arena,
	    (size_t)formats->children.count + 1, sizeof(*reader->formats));
	if (!reader->formats)
		return QS_NOMEM;
	for (struct qs_json *member = formats->children.first; member && status == QS_OK;
	     member = member->next)
		status = read_format(reader, member, n++);
	if (status == QS_OK && reader->policy->n_errors)
		status = QS_INVALID;
	return status;
}

/* ---- layers ---------------------------------------------------------------------------------- */

/* A name as documents have it. NULL: memory ran out. */
static const char *name_text(struct qs_arena *arena, const char *name)
{
	struct json_object *string = qs_json_text(name);
	const char *text = string ? json_object_get_string(string) : NULL;
	const char *copy = text ? qs_arena_strdup(arena, text) : NULL;

	json_object_put(string);
	return copy;
}

/* Lists the model's layers by name; those of one name follow one another in `next`. */
static enum qs_status list_layers(struct lock_reader *reader)
{
	const struct qs_selection *selection = reader->selection;
	struct qs_arena *arena = &reader->difference->arena;

	reader->next = qs_arena_array(arena, selection->n_layers + 1, sizeof(*reader->next));
	if (!reader->next)
		return QS_NOMEM;
	for (size_t i = selection->n_layers; i-- > 0;) {
		const char *name = name_text(arena, selection->layers[i].name);

		if (!name)
			return QS_NOMEM;
		reader->next[i] = qs_map_get(&reader->layer_names, name);
		if (!qs_map_set(&reader->layer_names, name, i))
			return QS_NOMEM;
	}
	return QS_OK;
}

/* The pair of a layer of the lock: that of the model's next layer of the name, or a new one. */
static enum qs_status find_pair(
    struct lock_reader *reader, const struct qs_json *name, struct qs_pair **ret_pair)
{
	struct qs_difference *difference = reader->difference;
	const char *text =
	    qs_arena_strndup(&difference->arena, name->string.bytes, name->string.size);
	struct qs_pair *pair;
	size_t i;

	if (!text)
		return QS_NOMEM;
	i = qs_map_get(&reader->layer_names, text);
	if (i == QS_MAP_NONE) {
		pair = &difference->pairs[difference->n_pairs++];
		pair->subject = QS_PAIR_LAYER;
		pair->name = name->string;
	} else {
		pair = &difference->pairs[i];
		if (!qs_map_set(&reader->layer_names, text, reader->next[i]))
			return QS_NOMEM;
	}
	pair->present[QS_BEFORE] = true;
	*ret_pair = pair;
	return QS_OK;
}

/* The settings of a kind of a layer by the name of a format; everything that means something must
 * be there. */
static enum qs_status read_kind(struct lock_reader *reader, const struct qs_json *value,
    enum qs_tensor tensor, const struct qs_settings **ret_settings)
{
	const struct lock_format *format = NULL;
	struct qs_text name = QS_TEXT_INIT;
	enum qs_status status;
	size_t index = QS_MAP_NONE;

	qs_text_add(&name, value->string.bytes, value->string.size);
	status = qs_text_status(&name);
	if (status == QS_OK)
		index = qs_map_get(&reader->format_names, name.data);
	qs_text_done(&name);
	if (status != QS_OK)
		return status;
	if (index == QS_MAP_NONE)
		return complain(reader, value, "the lock has no format \"%.*s\"",
		    qs_json_shown(value->string, 60), value->string.bytes);
	format = &reader->formats[index];
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (!format->has[p] &&
		    qs_settings_show(&format->settings[tensor], (enum qs_param)p, tensor))
			return complain(reader, value, "the format \"%s\" does not tell %s",
			    format->name, qs_param_info((enum qs_param)p)->key);
	}
	*ret_settings = &format->settings[tensor];
	return QS_OK;
}

static enum qs_status read_layer(struct lock_reader *reader, const struct qs_json *object)
{
	const struct qs_json *name;
	struct qs_pair *pair;
	enum qs_status status;

	if (object->type != QS_JSON_OBJECT)
		return complain(reader, object, "a layer of a lock is an object, found %s",
		    qs_json_type_name((enum qs_json_type)object->type));
	status = need(reader, object, "name", QS_JSON_STRING, &name);
	if (status == QS_OK)
		status = find_pair(reader, name, &pair);
	for (int t = 0; t < QS_TENSOR__COUNT && status == QS_OK; t++) {
		const struct qs_json *value =
		    member_of(object, qs_tensor_words.words[t].word, QS_JSON_STRING);

		if (value)
			status = read_kind(
			    reader, value, (enum qs_tensor)t, &pair->settings[QS_BEFORE][t]);
	}
	return status;
}

static enum qs_status read_layers(struct lock_reader *reader, const struct qs_json *layers)
{
	enum qs_status status = list_layers(reader);

	for (const struct qs_json *object = layers->children.first; object && status == QS_OK;
	     object = object->next)
		status = read_layer(reader, object);
	return status;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum qs_status read_parts(struct lock_reader *reader, const struct qs_json *layers)
{
	const struct qs_json *settings, *formats;
	enum qs_status status;

	status = need(reader, reader->policy->document.root, "settings", QS_JSON_OBJECT, &settings);
	if (status == QS_OK)
		status = need(
		    reader, reader->policy->document.root, "formats", QS_JSON_OBJECT, &formats);
	if (status == QS_OK)
		status = read_settings(reader, settings);
	if (status == QS_OK)
		status = read_fingerprint(reader, QS_FACT_MODEL, "model");
	if (status == QS_OK)
		status = read_fingerprint(reader, QS_FACT_CONFIG, "config");
	if (status == QS_OK)
		status = read_formats(reader, formats);
	if (status == QS_OK)
		status = read_layers(reader, layers);
	return status;
}

/* Makes the difference with room for all layers of both sides, and fills in the lock's side. */
static enum qs_status compare(struct lock_reader *reader, const struct qs_policy *policy,
    const struct qs_model *model, struct qs_difference **ret_difference)
{
	const struct qs_json *layers;
	enum qs_status status = check_head(reader);

	if (status == QS_OK)
		status =
		    need(reader, reader->policy->document.root, "layers", QS_JSON_ARRAY, &layers);
	if (status == QS_OK)
		status = qs_lock_sides(policy, reader->selection, model, layers->children.count,
		    reader->findings, &reader->difference);
	if (status != QS_OK)
		return status;
	reader->difference->sides[QS_BEFORE].document = &reader->policy->document;
	status = read_parts(reader, layers);
	if (status == QS_OK)
		*ret_difference = reader->difference;
	else
		qs_difference_free(reader->difference);
	return status;
}

/* What a document is read with: the defaults below all blocks, and no device of its own. */
static enum qs_status new_policy(
    const struct qs_source *source, struct qs_findings *findings, struct qs_policy **ret_policy)
{
	struct qs_policy *policy = calloc(1, sizeof(*policy));
	enum qs_status status;

	if (!policy)
		return QS_NOMEM;
	policy->findings = findings;
	policy->tool = QS_TOOL_NEWEST;
	status = qs_json_read(source, findings, &policy->document);
	if (status == QS_OK)
		qs_resolve_defaults(policy);
	if (status == QS_OK && policy->nomem)
		status = QS_NOMEM;
	*ret_policy = policy;
	return status;
}

enum qs_status qs_lock_check(const struct qs_policy *policy, const struct qs_selection *selection,
    const struct qs_model *model, const char *path, struct qs_findings *findings,
    struct qs_difference **ret_difference)
{
	struct lock_reader reader = {.findings = findings,
	    .selection = selection,
	    .format_names = QS_MAP_INIT,
	    .layer_names = QS_MAP_INIT};
	struct qs_source *source = NULL;
	enum qs_status status = qs_source_read(path, path, QS_LOCK_LIMIT, findings, &source);

	if (status == QS_OK)
		status = qs_findings_keep_source(findings, source);
	if (status == QS_OK)
		status = new_policy(source, findings, &reader.policy);
	if (status == QS_OK)
		status = compare(&reader, policy, model, ret_difference);
	qs_map_done(&reader.format_names);
	qs_map_done(&reader.layer_names);
	if (status == QS_OK)
		(*ret_difference)->lock = reader.policy;
	else
		qs_policy_free(reader.policy);
	return status;
}
