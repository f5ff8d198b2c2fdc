/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry takes a layer of which only a word is known, when no model is at hand. */
#include <string.h>

#include "policy/selection.h"

enum qs_status qs_layer_word_init(struct qs_layer_word *word, const char *text)
{
	const char *dot = strrchr(text, '.');

	*word = (struct qs_layer_word){.text = text, .path = QS_TEXT_INIT};
	qs_selector_path((struct qs_json_string){text, (uint32_t)strlen(text)}, &word->path);
	word->layer.name = text;
	word->layer.names = &word->text;
	word->layer.n_nodes = 1;
	word->layer.path = word->path.data;
	word->layer.type = dot && strncmp(text, "torch.", 6) == 0 ? dot + 1 : text;
	word->layer.op_type = "";
	return qs_text_status(&word->path);
}

void qs_layer_word_done(struct qs_layer_word *word)
{
	qs_text_done(&word->path);
}

enum qs_status qs_policy_strongest(const struct qs_policy *policy, const struct qs_layer *layer,
    const struct qs_entry **ret_strongest)
{
	const struct qs_entry *best = NULL;

	for (size_t i = 0; i < policy->n_entries; i++) {
		const struct qs_entry *entry = &policy->entries[i];
		bool takes = false;

		if (entry->later || (best && entry->selector.kind < best->selector.kind))
			continue;
		if (qs_selector_takes(&entry->selector, layer, &takes) != QS_OK)
			return QS_NOMEM;
		if (takes)
			best = entry;
	}
	*ret_strongest = best;
	return QS_OK;
}

enum qs_status qs_policy_layer_spec(const struct qs_policy *policy, const char *layer,
    enum qs_tensor tensor, struct qs_spec *ret_spec)
{
	const struct qs_entry *winner = NULL;
	struct qs_layer_word word;
	enum qs_status status = qs_layer_word_init(&word, layer);

	if (status == QS_OK)
		status = qs_policy_strongest(policy, &word.layer, &winner);
	qs_layer_word_done(&word);
	if (status == QS_OK)
		*ret_spec = qs_settings_spec(winner && (winner->tensors >> tensor & 1)
						 ? &winner->settings[tensor]
						 : &policy->model[tensor]);
	return status;
}
