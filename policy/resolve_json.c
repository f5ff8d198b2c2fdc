/* SPDX-License-Identifier: Apache-2.0 */
/* The effective parameters as JSON: the document of `qstrata resolve`. */
#include "policy/origin.h"
#include "policy/selection.h"

static struct json_object *tensors_json(const struct qs_settings *settings, unsigned tensors)
{
	struct json_object *object = json_object_new_object();

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1)
			qs_json_put(object, qs_tensor_words.words[t].word,
			    qs_settings_json(&settings[t], (enum qs_tensor)t));
	}
	return object;
}

static struct json_object *entry_json(const struct qs_entry *entry)
{
	struct json_object *object = json_object_new_object();
	const bool type = entry->selector.kind == QS_SELECT_TYPE;
	const struct qs_json_string shown =
	    type ? entry->selector.text : entry->selector.value->string;
	struct json_object *text = json_object_new_string_len(shown.bytes, (int)shown.size);

	qs_json_put(object, "layer_type", type ? text : NULL);
	qs_json_put(object, "layer_name", type ? NULL : text);
	qs_json_put(object, "tensors", tensors_json(entry->settings, entry->tensors));
	return object;
}

/* The entries that count, types first, each group in order of first mention. */
static struct json_object *entries_json(const struct qs_policy *policy)
{
	struct json_object *list = json_object_new_array();

	for (int named = 0; named < 2; named++) {
		for (size_t i = 0; i < policy->n_entries; i++) {
			const struct qs_entry *entry = &policy->entries[i];

			if (entry->earlier || (entry->selector.kind != QS_SELECT_TYPE) != named)
				continue;
			while (entry->later)
				entry = entry->later;
			json_object_array_add(list, entry_json(entry));
		}
	}
	return list;
}

static struct json_object *origin_json(
    const struct qs_policy *policy, const struct qs_setting *setting)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(
	    object, "level", json_object_new_string(qs_level_word((enum qs_level)setting->level)));
	qs_origin_put_place(object, &policy->document, setting->member);
	return object;
}

/* A tensor kind of a layer: its parameters, and beside them where each comes from. */
static struct json_object *node_tensor_json(
    const struct qs_policy *policy, const struct qs_settings *settings, enum qs_tensor tensor)
{
	struct json_object *object = qs_settings_json(settings, tensor);
	struct json_object *origins = json_object_new_object();

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		if (qs_settings_show(settings, (enum qs_param)p, tensor))
			qs_json_put(origins, qs_param_info((enum qs_param)p)->key,
			    origin_json(policy, settings->param[p]));
	}
	qs_json_put(object, "origins", origins);
	return object;
}

static struct json_object *nodes_json(
    const struct qs_policy *policy, const struct qs_selection *selection)
{
	struct json_object *nodes = json_object_new_object();

	for (size_t i = 0; i < selection->n_layers; i++) {
		struct json_object *node = json_object_new_object();

		for (int t = 0; t < QS_TENSOR__COUNT; t++)
			qs_json_put(node, qs_tensor_words.words[t].word,
			    node_tensor_json(policy,
				qs_selection_settings(selection, i, (enum qs_tensor)t),
				(enum qs_tensor)t));
		qs_json_put(nodes, selection->layers[i].name, node);
	}
	return nodes;
}

enum qs_status qs_policy_write_json(
    const struct qs_policy *policy, const struct qs_selection *selection, struct qs_text *text)
{
	const unsigned all = (1U << QS_TENSOR__COUNT) - 1;
	struct json_object *document = json_object_new_object();

	qs_json_put(document, "target_device",
	    json_object_new_string(qs_device_words.words[policy->device].word));
	qs_json_put(document, "model", tensors_json(policy->model, all));
	qs_json_put(document, "layers", entries_json(policy));
	if (selection)
		qs_json_put(document, "nodes", nodes_json(policy, selection));
	return qs_json_write(document, text);
}
