/* SPDX-License-Identifier: Apache-2.0 */
/* What is said about entries once every layer has its winner. */
#include <stdlib.h>
#include <string.h>

#include "base/json_fix.h"
#include "base/nearest.h"
#include "policy/selection_run.h"

/* Near names are looked for only so often, since each look goes over all layers: at most this many
 * times, and as long as at most this many layers were looked at. */
#define SUGGESTION_LIMIT 20
#define SUGGESTION_LAYERS 200000

/* Names of layers in one finding. */
#define SHOWN_LAYERS 3

/* The layer text that is nearest to what a selector says. */
static const char *nearest_layer(struct qs_selector_run *run, const struct qs_selector *selector)
{
	const struct qs_selection *selection = run->selection;
	struct qs_nearest nearest = qs_nearest_to(selector->text.bytes, selector->text.size);
	struct qs_text path = QS_TEXT_INIT;

	if (selector->kind == QS_SELECT_NAME) {
		qs_selector_path(selector->text, &path);
		nearest = qs_nearest_to(path.data, path.size);
	}
	for (size_t i = 0; i < selection->n_layers; i++) {
		const struct qs_layer *layer = &selection->layers[i];

		if (selector->kind == QS_SELECT_TYPE) {
			qs_nearest_offer(&nearest, layer->type);
			continue;
		}
		qs_nearest_offer(&nearest, layer->name);
		qs_nearest_offer(&nearest, layer->path);
	}
	qs_findings_end_text(run->findings, &path);
	return nearest.best;
}

/* Offers a name with the wildcards of a shell as the pattern that it stands for; false when it has
 * none. */
static bool offer_pattern(
    struct qs_selector_run *run, struct qs_finding *finding, const struct qs_selector *selector)
{
	const struct qs_json_string name = selector->text;
	struct qs_text pattern = QS_TEXT_INIT;

	if (selector->kind != QS_SELECT_NAME ||
	    !(memchr(name.bytes, '*', name.size) || memchr(name.bytes, '?', name.size)))
		return false;
	for (uint32_t i = 0; i < name.size; i++) {
		if ((unsigned char)name.bytes[i] < ' ')
			return false; /* no name has these, and a fix would have to escape them */
	}
	qs_text_adds(&pattern, "\"re:");
	for (uint32_t i = 0; i < name.size; i++) {
		const char c = name.bytes[i];

		if (c == '*' || c == '?')
			qs_text_adds(&pattern, c == '*' ? ".*" : ".");
		else if (strchr(".^$|()[]{}+\\\"", c))
			qs_text_addf(&pattern, c == '\\' || c == '"' ? "\\\\\\%c" : "\\\\%c", c);
		else
			qs_text_add(&pattern, &c, 1);
	}
	qs_text_adds(&pattern, "\"");
	qs_finding_fix(run->findings, finding, false,
	    qs_policy_value_place(run->selection->policy, selector->value), pattern.data,
	    "a name is exact; a pattern is written %s", pattern.data);
	qs_findings_end_text(run->findings, &pattern);
	return true;
}

static void report_unmatched(struct qs_selector_run *run, const struct qs_entry *entry)
{
	const struct qs_json *value = entry->selector.value;
	struct qs_finding *finding;
	const char *best = NULL;

	finding = qs_selector_say(run, entry,
	    run->allow_unmatched ? QS_FINDING_UNMATCHED_ENTRY_ALLOWED : QS_FINDING_UNMATCHED_ENTRY,
	    "%.*s \"%.*s\" selects no layer of the model", (int)value->key.size, value->key.bytes,
	    qs_json_shown(value->string, 160), value->string.bytes);
	if (offer_pattern(run, finding, &entry->selector))
		return;
	if (entry->selector.kind != QS_SELECT_PATTERN && run->n_suggestions < SUGGESTION_LIMIT &&
	    run->n_suggestions * run->selection->n_layers < SUGGESTION_LAYERS) {
		run->n_suggestions++;
		best = nearest_layer(run, &entry->selector);
	}
	if (best && best[0])
		qs_finding_hint(run->findings, finding, "did you mean \"%s\"?", best);
	else
		qs_finding_hint(
		    run->findings, finding, "see the layers with: qstrata layers MODEL.onnx");
}

/* What became of an entry on the layers that it won. */
struct outcome {
	bool wins, changes; /* some layer; the parameters of some layer */
};

/* The settings of a kind that an entry gives a layer; NULL is the model level. */
static const struct qs_settings *settings_of(
    const struct qs_policy *policy, const struct qs_entry *entry, enum qs_tensor tensor)
{
	return entry && (entry->tensors >> tensor & 1) ? &entry->settings[tensor]
	                                               : &policy->model[tensor];
}

/* Whether a layer has other parameters under one entry than under another. */
static bool differ(
    const struct qs_policy *policy, const struct qs_entry *a, const struct qs_entry *b)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (!qs_settings_equal(settings_of(policy, a, (enum qs_tensor)t),
			settings_of(policy, b, (enum qs_tensor)t), (enum qs_tensor)t))
			return true;
	}
	return false;
}

/* Every layer is resolved both ways: by its winner, and by who would win without that entry, which
 * is whom it beat, or an entry of the same selector that it replaced. */
static void find_outcomes(const struct qs_selector_run *run, struct outcome *outcomes)
{
	const struct qs_selection *selection = run->selection;
	const struct qs_policy *policy = selection->policy;

	for (size_t i = 0; i < selection->n_layers; i++) {
		const struct qs_entry *winner = selection->winners[i];
		struct outcome *outcome;

		if (!winner)
			continue;
		outcome = &outcomes[winner - policy->entries];
		outcome->wins = true;
		if (!outcome->changes)
			outcome->changes =
			    differ(policy, winner, run->losers[i]) ||
			    (winner->earlier && differ(policy, winner, winner->earlier));
	}
}

/* Shows who has a layer that an entry lost. */
static void relate_winner(
    struct qs_selector_run *run, struct qs_finding *finding, const struct qs_entry *entry)
{
	const struct qs_selection *selection = run->selection;
	const size_t layer = run->lost[entry - selection->policy->entries];
	const struct qs_entry *winner = selection->winners[layer];

	qs_finding_relate(run->findings, finding,
	    qs_policy_value_place(selection->policy, winner->selector.value),
	    "this entry takes \"%s\"", selection->layers[layer].name);
}

static void report_entry(
    struct qs_selector_run *run, const struct qs_entry *entry, const struct outcome *outcome)
{
	const size_t n_taken = run->n_taken[entry - run->selection->policy->entries];
	struct qs_finding *finding;

	if (entry->later || n_taken == QS_TAKEN_UNKNOWN)
		return;
	if (n_taken == 0) {
		report_unmatched(run, entry);
	} else if (!outcome->wins) {
		finding = qs_selector_say(run, entry, QS_FINDING_HIDDEN_ENTRY,
		    "the entry has no effect: stronger entries take every layer that it "
		    "selects (%zu)",
		    n_taken);
		relate_winner(run, finding, entry);
	} else if (!outcome->changes && !entry->redundant && entry->tensors) {
		finding = qs_selector_say(run, entry, QS_FINDING_REDUNDANT_FOR_MODEL,
		    "without the entry every layer of the model has the same parameters");
		/* Another model may have layers that it changes. */
		qs_finding_fix(run->findings, finding, false,
		    qs_json_removal(&run->selection->policy->document, entry->object), "",
		    "leave it out");
	}
}

/* Says which layers no entry reaches, as one finding about the list of entries. */
static void report_unreached(struct qs_selector_run *run)
{
	const struct qs_selection *selection = run->selection;
	const struct qs_json *list = selection->policy->entries[0].object->parent;
	struct qs_text names = QS_TEXT_INIT;
	struct qs_finding *finding;
	size_t n = 0;

	for (size_t i = 0; i < selection->n_layers; i++) {
		if (!selection->winners[i] && n++ < SHOWN_LAYERS)
			qs_text_addf(
			    &names, "%s\"%s\"", n > 1 ? ", " : "", selection->layers[i].name);
	}
	if (n) {
		finding = qs_finding_add(run->findings, QS_FINDING_UNREACHED_LAYERS,
		    qs_policy_key_place(selection->policy, list),
		    "%zu of %zu layers are reached by no entry and have the parameters of the "
		    "model level: %s%s",
		    n, selection->n_layers, names.data, n > SHOWN_LAYERS ? " ..." : "");
		qs_policy_point(run->findings, finding, list);
	}
	qs_findings_end_text(run->findings, &names);
}

void qs_selector_report(struct qs_selector_run *run)
{
	const struct qs_policy *policy = run->selection->policy;
	struct outcome *outcomes = calloc(policy->n_entries + 1, sizeof(*outcomes));

	if (!outcomes) {
		run->status = QS_NOMEM;
		return;
	}
	find_outcomes(run, outcomes);
	if (policy->n_entries)
		report_unreached(run);
	for (size_t i = 0; i < policy->n_entries; i++)
		report_entry(run, &policy->entries[i], &outcomes[i]);
	free(outcomes);
}
