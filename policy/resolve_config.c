/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config means as a config: every block whole, so that nothing is inherited and nothing is
 * left to a default. It reads back as the same policy.
 */
#include "policy/origin.h"

/* All parameters of a kind that mean something, and that the version of the tool has. */
static struct json_object *block_json(
    const struct qs_policy *policy, const struct qs_settings *settings, enum qs_tensor tensor)
{
	struct json_object *block = json_object_new_object();

	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)p);

		if (qs_versions_have(info->versions, policy->tool) &&
		    qs_settings_show(settings, (enum qs_param)p, tensor))
			qs_json_put(block, info->key,
			    qs_setting_json((enum qs_param)p, settings->param[p]));
	}
	return block;
}

static struct json_object *blocks_json(const struct qs_policy *policy,
    const struct qs_settings settings[QS_TENSOR__COUNT], unsigned tensors)
{
	struct json_object *blocks = json_object_new_object();

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1)
			qs_json_put(blocks, qs_tensor_words.words[t].word,
			    block_json(policy, &settings[t], (enum qs_tensor)t));
	}
	return blocks;
}

static struct json_object *kinds_json(unsigned tensors)
{
	struct json_object *list = json_object_new_array();

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1)
			json_object_array_add(
			    list, json_object_new_string(qs_tensor_words.words[t].word));
	}
	return list;
}

/* An entry, whose selector stays as it is written. One that lists no kind still hides weaker
 * ones. */
static struct json_object *entry_json(const struct qs_policy *policy, const struct qs_entry *entry)
{
	const struct qs_json_string selector = entry->selector.value->string;
	struct json_object *object = json_object_new_object();

	qs_json_put(object, entry->selector.kind == QS_SELECT_TYPE ? "layer_type" : "layer_name",
	    json_object_new_string_len(selector.bytes, (int)selector.size));
	qs_json_put(object, "quantizable_data_type", kinds_json(entry->tensors));
	if (entry->tensors)
		qs_json_put(object, "tensor_quantize_config",
		    blocks_json(policy, entry->settings, entry->tensors));
	return object;
}

/* keys.def counts switches from the first on. */
static void put_switches(struct json_object *document, const struct qs_policy *policy)
{
	enum {
		IS_SWITCH = true,
		IS_OTHER = false
	};
	static const struct {
		const char *key;
		bool is_switch;
		struct qs_versions versions;
	} keys[] = {
#define KEY(PLACE, ID, key, SHAPE, versions, help) {key, IS_##SHAPE, versions},
#include "qstrata/keys.def"
#undef KEY
	};
	int which = 0;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (!keys[i].is_switch)
			continue;
		if (qs_versions_have(keys[i].versions, policy->tool))
			qs_json_put(document, keys[i].key,
			    json_object_new_boolean(policy->switches[which]));
		which++;
	}
}

enum qs_status qs_policy_write_config(const struct qs_policy *policy, struct qs_text *text)
{
	const unsigned all = (1U << QS_TENSOR__COUNT) - 1;
	struct json_object *document = json_object_new_object();
	struct json_object *entries = json_object_new_array();

	qs_json_put(document, "target_device",
	    json_object_new_string(qs_device_words.words[policy->device].word));
	qs_json_put(document, "quantizable_data_type", kinds_json(policy->tensors));
	put_switches(document, policy);
	if (policy->opset)
		qs_json_put(document, "onnx_opset_version", json_object_new_int(policy->opset));
	qs_json_put(document, "tensor_quantize_config", blocks_json(policy, policy->model, all));
	for (size_t i = 0; i < policy->n_entries; i++) {
		if (!policy->entries[i].later)
			json_object_array_add(entries, entry_json(policy, &policy->entries[i]));
	}
	qs_json_put(document, "layer_quantize_config", entries);
	return qs_json_write(document, text);
}
