/* SPDX-License-Identifier: Apache-2.0 */
/* Where a setting comes from: its level and its place. */
#include "policy/origin.h"

#include <stdio.h>
#include <string.h>

const char *qs_level_word(enum qs_level level)
{
	static const char *const words[] = {
	    "default", "overall", "tensor", "layer overall", "layer tensor", "lock"};

	return words[level];
}

const char *qs_selector_word(enum qs_selector_kind kind)
{
	static const char *const words[] = {"type", "pattern", "name"};

	return words[kind];
}

void qs_origin_write_level(
    const struct qs_setting *setting, const struct qs_entry *entry, struct qs_text *text)
{
	switch ((enum qs_level)setting->level) {
	case QS_LEVEL_DEFAULT:
		qs_text_adds(text, "built-in default");
		return;
	case QS_LEVEL_OVERALL:
	case QS_LEVEL_TENSOR:
	case QS_LEVEL_LOCK:
		qs_text_adds(text, qs_level_word((enum qs_level)setting->level));
		return;
	case QS_LEVEL_LAYER_OVERALL:
	case QS_LEVEL_LAYER_TENSOR:
		qs_text_addf(text, "layer %s %s", qs_selector_word(entry->selector.kind),
		    setting->level == QS_LEVEL_LAYER_TENSOR ? "tensor" : "overall");
		return;
	}
}

void qs_origin_write_place(
    const struct qs_json_document *document, const struct qs_json *member, struct qs_text *text)
{
	struct qs_position position;
	const char *name;

	if (!member)
		return;
	name = qs_source_name(document->source);
	position = qs_source_position(document->source, member->begin);
	qs_text_add_visible(text, name, strlen(name));
	qs_text_addf(text, ":%zu:%zu", position.line, position.column);
	text->failed = text->failed || position.line == 0; /* no memory for the lines */
}

void qs_origin_write_pointer(const struct qs_json *member, struct qs_text *text)
{
	struct qs_text pointer = QS_TEXT_INIT;

	qs_json_pointer(member, &pointer);
	qs_text_add_visible(text, pointer.data, pointer.size);
	text->failed = text->failed || pointer.failed;
	qs_text_done(&pointer);
}

void qs_origin_put_place(struct json_object *object, const struct qs_json_document *document,
    const struct qs_json *member)
{
	struct qs_text pointer = QS_TEXT_INIT;
	struct qs_position position;

	if (!member)
		return;
	position = qs_source_position(document->source, member->begin);
	qs_json_pointer(member, &pointer);
	qs_json_put(object, "line", json_object_new_uint64(position.line));
	qs_json_put(object, "column", json_object_new_uint64(position.column));
	qs_json_put(object, "pointer", qs_json_end_text(&pointer));
}

struct json_object *qs_value_json(enum qs_param param, union qs_param_value value)
{
	const struct qs_param_info *info = qs_param_info(param);
	char text[32];

	switch (info->kind) {
	case QS_KIND_BOOL:
		return json_object_new_boolean(value.integer);
	case QS_KIND_INT:
		return json_object_new_int(value.integer);
	case QS_KIND_CHOICE:
		return json_object_new_string(info->set.words[value.integer].word);
	case QS_KIND_REAL:
		break;
	}
	snprintf(text, sizeof(text), "%.15g%s", value.real,
	    value.real == (double)(long)value.real ? ".0" : "");
	return json_object_new_double_s(value.real, text);
}

/* The word of a plug-in stands in no table but in the config. */
struct json_object *qs_setting_json(enum qs_param param, const struct qs_setting *setting)
{
	if (qs_setting_is_foreign(setting, param))
		return json_object_new_string_len(
		    setting->member->string.bytes, (int)setting->member->string.size);
	return qs_value_json(param, setting->value);
}

struct json_object *qs_settings_json(const struct qs_settings *settings, enum qs_tensor tensor)
{
	struct json_object *object = json_object_new_object();
	const struct qs_spec spec = qs_settings_spec(settings);

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (qs_settings_show(settings, (enum qs_param)p, tensor))
			qs_json_put(object, qs_param_info((enum qs_param)p)->key,
			    qs_setting_json((enum qs_param)p, settings->param[p]));
	}
	if (spec.datatype == QS_DATATYPE_INT) {
		const struct qs_int_range range = qs_spec_int_range(&spec);

		qs_json_put(object, "quant_min", json_object_new_int64(range.min));
		qs_json_put(object, "quant_max", json_object_new_int64(range.max));
	}
	return object;
}
