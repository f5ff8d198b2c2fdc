/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations as JSON (schemas/explain.schema.json). */
#include "policy/explain.h"

static struct json_object *string_json(struct qs_json_string string)
{
	return json_object_new_string_len(string.bytes, (int)string.size);
}

void qs_entry_put(
    struct json_object *object, const struct qs_policy *policy, const struct qs_entry *entry)
{
	const bool type = entry->selector.kind == QS_SELECT_TYPE;

	qs_json_put(object, "index", json_object_new_uint64(qs_entry_index(entry)));
	qs_json_put(
	    object, type ? "layer_type" : "layer_name", string_json(entry->selector.value->string));
	qs_origin_put_place(object, &policy->document, entry->object);
}

static struct json_object *entry_json(const struct qs_policy *policy, const struct qs_entry *entry)
{
	struct json_object *object = json_object_new_object();

	qs_entry_put(object, policy, entry);
	return object;
}

static struct json_object *setting_json(const struct qs_policy *policy, enum qs_param param,
    const struct qs_setting *setting, const struct qs_entry *entry, const char *role)
{
	struct json_object *object = json_object_new_object();

	if (role)
		qs_json_put(object, "role", json_object_new_string(role));
	qs_json_put(object, "value", qs_value_json(param, setting->value));
	qs_json_put(
	    object, "level", json_object_new_string(qs_level_word((enum qs_level)setting->level)));
	if (setting->level >= QS_LEVEL_LAYER_OVERALL) {
		qs_json_put(object, "selector",
		    json_object_new_string(qs_selector_word(entry->selector.kind)));
		qs_json_put(object, "entry", json_object_new_uint64(qs_entry_index(entry)));
	}
	if (setting->reset)
		qs_json_put(object, "reset", json_object_new_boolean(true));
	qs_origin_put_place(object, &policy->document, setting->member);
	return object;
}

/* ---- layers ---------------------------------------------------------------------------------- */

static struct json_object *chain_json(const struct qs_explained *explained,
    const struct qs_settings *settings, enum qs_tensor tensor, enum qs_param param)
{
	const struct qs_policy *policy = explained->policy;
	const struct qs_entry *winner = explained->n_takers ? explained->takers[0] : NULL;
	const struct qs_setting *setting = settings->param[param];
	struct json_object *list = json_object_new_array();

	json_object_array_add(list, setting_json(policy, param, setting, winner, "wins"));
	for (size_t i = 1; i < explained->n_takers; i++) {
		const struct qs_entry *entry = explained->takers[i];
		struct json_object *hidden;

		if (!qs_entry_sets(entry, tensor, param))
			continue;
		hidden = setting_json(
		    policy, param, entry->settings[tensor].param[param], entry, "hidden");
		qs_json_put(hidden, "reason", qs_json_text(qs_entry_why_hidden(entry, winner)));
		json_object_array_add(list, hidden);
	}
	for (setting = setting->shadowed; setting; setting = setting->shadowed)
		json_object_array_add(
		    list, setting_json(policy, param, setting, winner, "shadows"));
	return list;
}

static struct json_object *param_json(const struct qs_explained *explained,
    const struct qs_settings *settings, enum qs_tensor tensor, enum qs_param param)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "value", qs_value_json(param, settings->param[param]->value));
	qs_json_put(object, "effective",
	    json_object_new_boolean(qs_settings_show(settings, param, tensor)));
	qs_json_put(object, "origins", chain_json(explained, settings, tensor, param));
	return object;
}

static struct json_object *tensors_json(
    const struct qs_explained *explained, const struct qs_question *question)
{
	struct json_object *object = json_object_new_object();

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		const enum qs_tensor tensor = (enum qs_tensor)t;
		const struct qs_settings *settings = qs_explained_settings(explained, tensor);
		struct json_object *params = json_object_new_object();

		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			if (qs_question_asks(question, settings, tensor, (enum qs_param)p))
				qs_json_put(params, qs_param_info((enum qs_param)p)->key,
				    param_json(explained, settings, tensor, (enum qs_param)p));
		}
		if (question->tensor < 0 || question->tensor == t)
			qs_json_put(object, qs_tensor_words.words[t].word, params);
		else
			json_object_put(params);
	}
	return object;
}

struct json_object *qs_explained_json(
    const struct qs_explained *explained, const struct qs_question *question)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "layer", explained->layer ? qs_json_text(explained->title) : NULL);
	qs_json_put(object, "entry",
	    explained->n_takers ? entry_json(explained->policy, explained->takers[0]) : NULL);
	qs_json_put(object, "tensors", tensors_json(explained, question));
	return object;
}

/* ---- entries --------------------------------------------------------------------------------- */

static struct json_object *sets_json(
    const struct qs_touched *touched, const struct qs_question *question)
{
	const struct qs_entry *entry = touched->entry;
	struct json_object *list = json_object_new_array();

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			const struct qs_setting *setting = entry->settings[t].param[p];
			struct json_object *object;

			if (!qs_entry_sets(entry, (enum qs_tensor)t, (enum qs_param)p) ||
			    !qs_question_asks(
				question, &entry->settings[t], (enum qs_tensor)t, (enum qs_param)p))
				continue;
			object =
			    setting_json(touched->policy, (enum qs_param)p, setting, entry, NULL);
			qs_json_put(object, "tensor", qs_json_text(qs_tensor_words.words[t].word));
			qs_json_put(object, "parameter",
			    qs_json_text(qs_param_info((enum qs_param)p)->key));
			qs_json_put(object, "without",
			    setting_json(touched->policy, (enum qs_param)p,
				qs_setting_without(setting), NULL, NULL));
			json_object_array_add(list, object);
		}
	}
	return list;
}

static struct json_object *lists_json(const struct qs_entry *entry)
{
	struct json_object *list = json_object_new_array();

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (entry->tensors >> t & 1)
			json_object_array_add(list, qs_json_text(qs_tensor_words.words[t].word));
	}
	return list;
}

static struct json_object *loss_json(
    const struct qs_touched *touched, const struct qs_entry *winner, const char *layer)
{
	struct json_object *object = json_object_new_object();

	if (layer)
		qs_json_put(object, "layer", qs_json_text(layer));
	qs_json_put(object, "to", entry_json(touched->policy, winner));
	qs_json_put(object, "reason", qs_json_text(qs_entry_why_hidden(touched->entry, winner)));
	return object;
}

struct json_object *qs_touched_json(
    const struct qs_touched *touched, const struct qs_question *question)
{
	struct json_object *object = json_object_new_object();
	struct json_object *wins = json_object_new_array(), *losses = json_object_new_array();

	for (size_t i = 0; i < touched->n_fates; i++) {
		const struct qs_fate *fate = &touched->fates[i];
		const char *name = touched->layers[fate->layer].name;

		if (fate->winner == touched->entry)
			json_object_array_add(wins, qs_json_text(name));
		else
			json_object_array_add(losses, loss_json(touched, fate->winner, name));
	}
	if (!touched->layers && touched->entry->later)
		json_object_array_add(losses, loss_json(touched, touched->entry->later, NULL));
	qs_entry_put(object, touched->policy, touched->entry);
	qs_json_put(object, "lists", lists_json(touched->entry));
	qs_json_put(object, "sets", sets_json(touched, question));
	qs_json_put(object, "wins", touched->layers ? wins : NULL);
	if (!touched->layers)
		json_object_put(wins);
	qs_json_put(object, "loses", losses);
	return object;
}
