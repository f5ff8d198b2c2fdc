/* SPDX-License-Identifier: Apache-2.0 */
/* Writes lock files. */
#include "engine/lock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/origin.h"

/* The number formats of a lock: each set of parameters once. */
struct formats {
	struct format *list; /* a table by hash; `settings` NULL: free */
	size_t n_slots, n;   /* a power of two, and how many are in use */
	size_t *order;       /* slots in order of first use */
};

struct format {
	const struct qs_settings *settings;
	enum qs_tensor tensor;
	uint64_t hash;
	char name[48];
};

enum qs_status qs_lock_sides(const struct qs_policy *policy, const struct qs_selection *selection,
    const struct qs_model *model, size_t n_more, struct qs_findings *findings,
    struct qs_difference **ret_difference)
{
	struct qs_difference *difference = qs_difference_alloc(selection->n_layers + n_more);
	uint64_t fingerprints[2] = {0, 0};
	enum qs_status status;
	struct qs_side *side;

	if (!difference)
		return QS_NOMEM;
	side = &difference->sides[QS_AFTER];
	difference->with_model = true;
	difference->n_pairs = selection->n_layers;
	status = qs_side_of_policy(policy, &difference->arena, side);
	if (status == QS_OK)
		status = qs_fingerprint_model(model, findings, &fingerprints[0]);
	if (status == QS_OK)
		status = qs_fingerprint_policy(policy, &fingerprints[1]);
	for (int i = 0; i < 2 && status == QS_OK; i++) {
		char text[QS_FINGERPRINT_TEXT];

		qs_fingerprint_write(fingerprints[i], text);
		side->fact[QS_FACT_MODEL + i] = qs_arena_printf(&difference->arena, "\"%s\"", text);
		status = side->fact[QS_FACT_MODEL + i] ? QS_OK : QS_NOMEM;
	}
	for (size_t i = 0; i < selection->n_layers; i++)
		qs_pair_take_layer(&difference->pairs[i], selection, i, QS_AFTER);
	if (status == QS_OK)
		*ret_difference = difference;
	else
		qs_difference_free(difference);
	return status;
}

/* ---- formats --------------------------------------------------------------------------------- */

static uint64_t hash_settings(const struct qs_settings *settings, enum qs_tensor tensor)
{
	uint64_t hash = 14695981039346656037U;

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		uint64_t bits = UINT64_MAX; /* without a meaning */

		if (!qs_settings_show(settings, (enum qs_param)p, tensor))
			;
		else if (qs_param_info((enum qs_param)p)->kind == QS_KIND_REAL)
			memcpy(&bits, &settings->param[p]->value.real, sizeof(bits));
		else
			bits = (uint64_t)settings->param[p]->value.integer;
		hash = (hash ^ bits) * 1099511628211U;
		hash ^= hash >> 32;
	}
	return hash;
}

static bool is_format(
    const struct format *format, const struct qs_settings *settings, enum qs_tensor tensor)
{
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const enum qs_param param = (enum qs_param)p;
		const bool shown = qs_settings_show(settings, param, tensor);

		if (shown != qs_settings_show(format->settings, param, format->tensor) ||
		    (shown && !qs_param_same(param, settings->param[p]->value,
				  format->settings->param[p]->value)))
			return false;
	}
	return true;
}

/* "int8-9f3c01ab": what people look for first, and what is in it. */
static void name_format(struct format *format)
{
	const struct qs_spec spec = qs_settings_spec(format->settings);
	char bits[12] = "";

	if (spec.datatype == QS_DATATYPE_INT)
		snprintf(bits, sizeof(bits), "%d", spec.bit_width);
	snprintf(format->name, sizeof(format->name), "%s%s-%012" PRIx64,
	    qs_datatype_word((enum qs_datatype)spec.datatype), bits, format->hash >> 16);
}

static struct format *find_slot(
    const struct formats *formats, const struct qs_settings *settings, enum qs_tensor tensor)
{
	const uint64_t hash = hash_settings(settings, tensor);
	size_t slot = (size_t)hash & (formats->n_slots - 1);

	while (
	    formats->list[slot].settings && (formats->list[slot].hash != hash ||
						!is_format(&formats->list[slot], settings, tensor)))
		slot = (slot + 1) & (formats->n_slots - 1);
	formats->list[slot].hash = hash;
	return &formats->list[slot];
}

/* Twice the room; the table is never more than half full. */
static bool grow(struct formats *formats)
{
	struct formats larger = {
	    NULL, formats->n_slots ? formats->n_slots * 2 : 64, formats->n, NULL};

	larger.list = calloc(larger.n_slots, sizeof(*larger.list));
	larger.order = malloc(larger.n_slots * sizeof(*larger.order));
	if (!larger.list || !larger.order) {
		free(larger.list);
		free(larger.order);
		return false;
	}
	for (size_t i = 0; i < formats->n; i++) {
		const struct format *format = &formats->list[formats->order[i]];
		struct format *slot = find_slot(&larger, format->settings, format->tensor);

		*slot = *format;
		larger.order[i] = (size_t)(slot - larger.list);
	}
	free(formats->list);
	free(formats->order);
	*formats = larger;
	return true;
}

/* The name of what a tensor kind gets; a new format when there is none of the kind. NULL when
 * memory ran out. */
static const char *format_of(
    struct formats *formats, const struct qs_settings *settings, enum qs_tensor tensor)
{
	struct format *format;

	if (formats->n * 2 >= formats->n_slots && !grow(formats))
		return NULL;
	format = find_slot(formats, settings, tensor);
	if (!format->settings) {
		format->settings = settings;
		format->tensor = tensor;
		name_format(format);
		formats->order[formats->n++] = (size_t)(format - formats->list);
	}
	return format->name;
}

/* ---- the document ---------------------------------------------------------------------------- */

static struct json_object *fingerprint_json(const char *fact)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "fingerprint", json_tokener_parse(fact));
	return object;
}

static void write_settings(const struct qs_side *side, struct qs_text *text)
{
	qs_text_adds(text, "  \"settings\": {");
	for (int f = 0; f < QS_FACT_MODEL; f++)
		qs_text_addf(text, "%s\n    \"%s\": %s", f ? "," : "",
		    qs_fact_name((enum qs_fact)f), side->fact[f]);
	qs_text_adds(text, "\n  },\n");
}

/* The layer type, or the operator of what has none. */
static const char *type_of(const struct qs_layer *layer)
{
	return layer->type[0] ? layer->type : layer->op_type;
}

static bool write_layer(const struct qs_layer *layer, const struct qs_pair *pair,
    struct formats *formats, bool *first, struct qs_text *text)
{
	struct json_object *object = json_object_new_object();
	bool good = true;

	qs_json_put(object, "name", qs_json_text(layer->name));
	qs_json_put(object, "type", qs_json_text(type_of(layer)));
	for (int t = 0; t < QS_TENSOR__COUNT && good; t++) {
		const struct qs_settings *settings = pair->settings[QS_AFTER][t];
		const char *name;

		if (!settings)
			continue;
		name = format_of(formats, settings, (enum qs_tensor)t);
		good = name != NULL;
		qs_json_put(object, qs_tensor_words.words[t].word, qs_json_text(name));
	}
	qs_json_write_item(object, first, text);
	return good;
}

static enum qs_status write_layers(const struct qs_selection *selection,
    const struct qs_difference *difference, struct formats *formats, struct qs_text *text)
{
	bool first = true;

	qs_text_adds(text, "  \"layers\": [");
	for (size_t i = 0; i < selection->n_layers; i++) {
		if (!write_layer(
			&selection->layers[i], &difference->pairs[i], formats, &first, text))
			return QS_NOMEM;
	}
	qs_text_adds(text, first ? "]\n}\n" : "\n  ]\n}\n");
	return qs_text_status(text);
}

static struct json_object *format_json(const struct format *format)
{
	struct json_object *object = json_object_new_object();

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (qs_settings_show(format->settings, (enum qs_param)p, format->tensor))
			qs_json_put(object, qs_param_info((enum qs_param)p)->key,
			    qs_value_json((enum qs_param)p, format->settings->param[p]->value));
	}
	return object;
}

static void write_formats(const struct formats *formats, struct qs_text *text)
{
	qs_text_adds(text, "  \"formats\": {\n");
	for (size_t i = 0; i < formats->n; i++) {
		const struct format *format = &formats->list[formats->order[i]];

		qs_text_adds(text, "  ");
		qs_json_write_member(
		    format->name, format_json(format), i + 1 < formats->n ? ",\n" : "\n", text);
	}
	qs_text_adds(text, "  },\n");
}

static enum qs_status write_document(const struct qs_selection *selection,
    const struct qs_difference *difference, struct qs_text *text)
{
	const struct qs_side *side = &difference->sides[QS_AFTER];
	struct formats formats = {NULL, 0, 0, NULL};
	struct qs_text layers = QS_TEXT_INIT;
	enum qs_status status;

	status = write_layers(selection, difference, &formats, &layers);
	qs_text_addf(text, "{\n  \"format\": \"%s\",\n  \"version\": %d,\n", QS_LOCK_FORMAT,
	    QS_LOCK_VERSION);
	qs_json_write_member("config", fingerprint_json(side->fact[QS_FACT_CONFIG]), ",\n", text);
	qs_json_write_member("model", fingerprint_json(side->fact[QS_FACT_MODEL]), ",\n", text);
	write_settings(side, text);
	write_formats(&formats, text);
	qs_text_add(text, layers.data, layers.size);
	qs_text_done(&layers);
	free(formats.list);
	free(formats.order);
	return status == QS_OK ? qs_text_status(text) : status;
}

enum qs_status qs_lock_write(const struct qs_policy *policy, const struct qs_selection *selection,
    const struct qs_model *model, struct qs_findings *findings, struct qs_text *text)
{
	struct qs_difference *difference;
	enum qs_status status = qs_lock_sides(policy, selection, model, 0, findings, &difference);

	if (status != QS_OK)
		return status;
	status = write_document(selection, difference, text);
	qs_difference_free(difference);
	return status;
}
