/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A difference as one JSON document (schemas/diff.schema.json). What changes in the same way from
 * the same places is one object on a line of its own, so that 100,000 layers never stand in memory
 * as objects all at once.
 */
#include <string.h>

#include "policy/difference.h"
#include "policy/origin.h"

static const char *const side_keys[] = {"before", "after"};

static struct json_object *string_json(struct qs_json_string string, const char *prefix)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_adds(&text, prefix);
	qs_text_add(&text, string.bytes, string.size);
	return qs_json_end_text(&text);
}

static struct json_object *fact_json(const struct qs_difference *difference, enum qs_fact fact)
{
	struct json_object *object = json_object_new_object();

	qs_json_put(object, "key", qs_json_text(qs_fact_name(fact)));
	for (int side = 0; side < QS_SIDE__COUNT; side++) {
		const struct qs_side *from = &difference->sides[side];
		struct json_object *value = json_object_new_object();

		qs_json_put(value, "value", json_tokener_parse(from->fact[fact]));
		qs_origin_put_place(value, from->document, from->member[fact]);
		qs_json_put(object, side_keys[side], value);
	}
	return object;
}

static struct json_object *setting_json(const struct qs_difference *difference,
    const struct qs_pair *pair, const struct qs_change *change, int side)
{
	const struct qs_setting *setting = change->setting[side];
	struct json_object *object;

	if (!setting)
		return NULL;
	object = json_object_new_object();
	qs_json_put(object, "value", qs_value_json(change->param, setting->value));
	qs_json_put(object, "level", qs_json_text(qs_level_word((enum qs_level)setting->level)));
	if (setting->level == QS_LEVEL_LAYER_OVERALL || setting->level == QS_LEVEL_LAYER_TENSOR)
		qs_json_put(object, "selector",
		    qs_json_text(qs_selector_word(pair->winner[side]->selector.kind)));
	if (setting->reset)
		qs_json_put(object, "reset", json_object_new_boolean(true));
	qs_origin_put_place(object, difference->sides[side].document, setting->member);
	return object;
}

static struct json_object *changes_json(
    const struct qs_difference *difference, const struct qs_pair *pair)
{
	struct json_object *list = json_object_new_array();
	struct qs_change changes[QS_CHANGE_LIMIT];
	const size_t n = qs_pair_changes(pair, changes);

	for (size_t i = 0; i < n; i++) {
		struct json_object *object = json_object_new_object();

		qs_json_put(
		    object, "tensor", qs_json_text(qs_tensor_words.words[changes[i].tensor].word));
		qs_json_put(
		    object, "parameter", qs_json_text(qs_param_info(changes[i].param)->key));
		for (int side = 0; side < QS_SIDE__COUNT; side++)
			qs_json_put(object, side_keys[side],
			    setting_json(difference, pair, &changes[i], side));
		json_object_array_add(list, object);
	}
	return list;
}

static struct json_object *subject_json(const struct qs_pair *pair)
{
	struct json_object *object;

	if (pair->subject == QS_PAIR_MODEL)
		return json_object_new_string("model");
	if (pair->subject == QS_PAIR_LAYER)
		return string_json(pair->name, "");
	object = json_object_new_object();
	qs_json_put(object, pair->kind == QS_SELECT_TYPE ? "layer_type" : "layer_name",
	    string_json(pair->name, pair->kind == QS_SELECT_PATTERN ? "re:" : ""));
	return object;
}

static struct json_object *group_json(const struct qs_difference *difference,
    const struct qs_groups *groups, const struct qs_group *group)
{
	const struct qs_pair *pairs = difference->pairs;
	const struct qs_pair *first = &pairs[group->first];
	struct json_object *object = json_object_new_object(), *about = json_object_new_array();
	size_t pair = group->first;

	for (size_t i = 0; i < group->n; i++, pair = groups->next[pair])
		json_object_array_add(about, subject_json(&pairs[pair]));
	qs_json_put(object, first->subject == QS_PAIR_LAYER ? "layers" : "selectors", about);
	qs_json_put(object, "change",
	    qs_json_text(!first->present[QS_BEFORE]  ? "added"
			 : !first->present[QS_AFTER] ? "removed"
						     : "changed"));
	qs_json_put(object, "parameters", changes_json(difference, first));
	return object;
}

static void write_head(const struct qs_difference *difference, bool same, struct qs_text *text)
{
	qs_text_adds(text, "{\n");
	qs_json_write_member("format_version", json_object_new_string("1.0"), ",\n", text);
	qs_json_write_member("same", json_object_new_boolean(same), ",\n", text);
	for (int side = 0; side < QS_SIDE__COUNT; side++)
		qs_json_write_member(side_keys[side],
		    qs_json_text(qs_source_name(difference->sides[side].document->source)), ",\n",
		    text);
}

enum qs_status qs_difference_write_json(
    const struct qs_difference *difference, struct qs_text *text)
{
	struct json_object *summary;
	struct qs_groups groups;
	bool first = true;

	if (qs_groups_init(difference, true, &groups) != QS_OK)
		return QS_NOMEM;
	write_head(difference, qs_difference_is_empty(difference), text);
	qs_text_adds(text, "  \"facts\": [");
	for (int f = 0; f < QS_FACT__COUNT; f++) {
		if (qs_fact_differs(difference, (enum qs_fact)f))
			qs_json_write_item(fact_json(difference, (enum qs_fact)f), &first, text);
	}
	qs_text_addf(text, "%s],\n  \"changes\": [", first ? "" : "\n  ");
	first = true;
	for (size_t i = 0; i < groups.n_groups; i++)
		qs_json_write_item(
		    group_json(difference, &groups, &groups.groups[i]), &first, text);
	qs_text_addf(text, "%s],\n", first ? "" : "\n  ");
	summary = json_object_new_object();
	qs_json_put(summary, "compared", json_object_new_uint64(difference->n_pairs));
	qs_json_put(summary, "differing", json_object_new_uint64(groups.n_differing));
	qs_json_write_member("summary", summary, "\n}\n", text);
	qs_groups_done(&groups);
	return qs_text_status(text);
}
