/* SPDX-License-Identifier: Apache-2.0 */
/* What an entry touches: the layers that it selects, and who wins each of them. */
#include "policy/explain.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/nearest.h"

size_t qs_entry_index(const struct qs_entry *entry)
{
	return entry->object->key.size;
}

const struct qs_setting *qs_setting_without(const struct qs_setting *setting)
{
	while (setting->level >= QS_LEVEL_LAYER_OVERALL)
		setting = setting->shadowed;
	return setting;
}

static enum qs_status add_fate(struct qs_touched *touched, struct qs_takers *takers, size_t layer)
{
	const struct qs_entry *const *list;
	enum qs_status status;
	size_t n;

	status = qs_takers_find(takers, &touched->layers[layer], &list, &n);
	if (status != QS_OK)
		return status;
	if (n == 0)
		return QS_BUG; /* the entry takes the layer, so that somebody wins it */
	touched->fates[touched->n_fates++] = (struct qs_fate){layer, list[0]};
	touched->n_won += list[0] == touched->entry;
	return QS_OK;
}

/* Finds the layers that the entry takes. */
static enum qs_status touch(struct qs_touched *touched, struct qs_takers *takers, size_t n_layers)
{
	enum qs_status status = QS_OK;

	if (!touched->layers)
		return QS_OK;
	touched->fates = malloc((n_layers + 1) * sizeof(*touched->fates));
	if (!touched->fates)
		return QS_NOMEM;
	for (size_t i = 0; i < n_layers && status == QS_OK; i++) {
		bool takes;

		status = qs_takers_takes(takers, touched->entry, &touched->layers[i], &takes);
		if (status == QS_OK && takes)
			status = add_fate(touched, takers, i);
	}
	return status;
}

/* Whether a word asks for an entry: by index, or by selector as written. */
static bool is_asked_for(const struct qs_entry *entry, const char *word)
{
	char index[24];

	snprintf(index, sizeof(index), "%zu", qs_entry_index(entry));
	return strcmp(index, word) == 0 || qs_json_string_is(entry->selector.value->string, word) ||
	       (entry->selector.kind == QS_SELECT_TYPE &&
		   qs_json_string_is(entry->selector.text, word));
}

/* The selector that is nearest to a word, in the arena, or NULL. */
static const char *nearest_selector(
    const struct qs_policy *policy, const char *word, struct qs_arena *arena)
{
	struct qs_nearest nearest = qs_nearest_to(word, strlen(word));

	for (size_t i = 0; i < policy->n_entries; i++) {
		const struct qs_json_string text = policy->entries[i].selector.value->string;
		const char *copy = qs_arena_strndup(arena, text.bytes, text.size);

		if (copy)
			qs_nearest_offer(&nearest, copy);
	}
	return nearest.best;
}

static enum qs_status report_no_entry(
    const struct qs_policy *policy, const char *word, struct qs_findings *findings)
{
	/* What is wrong is the question: the finding is about the file, and no place in it. */
	const struct qs_source *file = qs_findings_name_source(findings, qs_policy_name(policy));
	struct qs_arena arena = QS_ARENA_INIT;
	struct qs_finding *finding;
	const char *nearest;

	if (policy->n_entries == 0) {
		qs_finding_add(findings, QS_FINDING_NO_SUCH_ENTRY, qs_place_of(file),
		    "the config has no layer entry \"%s\", as it has none at all", word);
		return QS_INVALID;
	}
	nearest = nearest_selector(policy, word, &arena);
	finding = qs_finding_add(findings, QS_FINDING_NO_SUCH_ENTRY, qs_place_of(file),
	    "the config has no layer entry \"%s\"", word);
	if (nearest)
		qs_finding_hint(findings, finding, "did you mean \"%s\"?", nearest);
	else
		qs_finding_hint(findings, finding, "expected an index from 0 to %zu, or a selector",
		    policy->n_entries - 1);
	qs_arena_done(&arena);
	return QS_INVALID;
}

static enum qs_status explain_entry(const struct qs_policy *policy, struct qs_takers *takers,
    const struct qs_layer *layers, size_t n_layers, const struct qs_entry *entry,
    const struct qs_question *question, bool *first, struct qs_text *text)
{
	struct qs_touched touched = {.policy = policy, .entry = entry, .layers = layers};
	const enum qs_status status = touch(&touched, takers, n_layers);

	if (status == QS_OK && question->json)
		qs_json_write_item(qs_touched_json(&touched, question), first, text);
	else if (status == QS_OK)
		qs_touched_write_text(&touched, question, text);
	free(touched.fates);
	return status;
}

enum qs_status qs_explain_entries(const struct qs_policy *policy, struct qs_takers *takers,
    const struct qs_layer *layers, size_t n_layers, const struct qs_question *question,
    struct qs_findings *findings, struct qs_text *text)
{
	enum qs_status status = QS_OK;
	bool first = true;
	size_t n = 0;

	for (size_t i = 0; i < policy->n_entries && status == QS_OK; i++) {
		if (!is_asked_for(&policy->entries[i], question->entry))
			continue;
		n++;
		status = explain_entry(
		    policy, takers, layers, n_layers, &policy->entries[i], question, &first, text);
	}
	return n ? status : report_no_entry(policy, question->entry, findings);
}
