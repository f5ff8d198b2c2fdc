/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two configs side by side: over the layers of a model, or without one over the model level and
 * every selector that either of them has.
 *
 * Without a model, a layer of a name that only one config selects is given to the other's patterns;
 * the layers of a type, or of a pattern, have the model level where there is no entry for it.
 */
#include "policy/difference.h"

#include <stdlib.h>
#include <string.h>

/* The settings of the winner's kinds, and of the model level for the others. */
static void take_side(
    const struct qs_policy *policy, const struct qs_entry *winner, struct qs_pair *pair, int side)
{
	pair->present[side] = true;
	pair->winner[side] = winner;
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		pair->settings[side][t] =
		    winner && (winner->tensors >> t & 1) ? &winner->settings[t] : &policy->model[t];
}

/* ---- with a model ---------------------------------------------------------------------------- */

void qs_pair_take_layer(
    struct qs_pair *pair, const struct qs_selection *selection, size_t layer, int side)
{
	const struct qs_layer *about = &selection->layers[layer];
	const bool weights = about->weights.name && about->weights.name[0];
	const bool bias = weights || (about->bias.name && about->bias.name[0]);

	pair->subject = QS_PAIR_LAYER;
	pair->name = (struct qs_json_string){about->name, (uint32_t)strlen(about->name)};
	take_side(selection->policy, selection->winners[layer], pair, side);
	if (!weights)
		pair->settings[side][QS_TENSOR_WEIGHTS] = NULL;
	if (!bias)
		pair->settings[side][QS_TENSOR_BIAS] = NULL;
}

static struct qs_difference *compare_selections(
    const struct qs_selection *before, const struct qs_selection *after)
{
	struct qs_difference *difference = qs_difference_alloc(before->n_layers);

	for (size_t i = 0; difference && i < before->n_layers; i++) {
		qs_pair_take_layer(&difference->pairs[i], before, i, QS_BEFORE);
		qs_pair_take_layer(&difference->pairs[i], after, i, QS_AFTER);
	}
	if (difference)
		difference->with_model = true;
	return difference;
}

/* ---- without a model ------------------------------------------------------------------------- */

/* An entry that counts, with the side that it is of. */
struct mention {
	const struct qs_entry *entry;
	int side;
	size_t order; /* of first mention */
};

static int compare_mentions(const void *a, const void *b)
{
	const struct mention *x = a, *y = b;
	const struct qs_selector *s = &x->entry->selector, *t = &y->entry->selector;
	int order;

	if (x->entry->hash != y->entry->hash)
		return x->entry->hash < y->entry->hash ? -1 : 1;
	if (s->kind != t->kind)
		return s->kind < t->kind ? -1 : 1;
	if (s->text.size != t->text.size)
		return s->text.size < t->text.size ? -1 : 1;
	order = memcmp(s->text.bytes, t->text.bytes, s->text.size);
	return order ? order : x->side - y->side;
}

static size_t list_mentions(
    const struct qs_policy *const policies[QS_SIDE__COUNT], struct mention *mentions)
{
	size_t n = 0;

	for (int side = 0; side < QS_SIDE__COUNT; side++) {
		for (size_t i = 0; i < policies[side]->n_entries; i++) {
			if (!policies[side]->entries[i].later) {
				mentions[n] =
				    (struct mention){&policies[side]->entries[i], side, n};
				n++;
			}
		}
	}
	qsort(mentions, n, sizeof(*mentions), compare_mentions);
	return n;
}

/* The entries of one selector, by side, and where it was first mentioned. */
struct selected {
	const struct qs_entry *entry[QS_SIDE__COUNT];
	size_t order;
};

static int compare_selected(const void *a, const void *b)
{
	const struct selected *x = a, *y = b;

	return x->order < y->order ? -1 : x->order > y->order;
}

/* Joins neighbours of the same selector; they are at most two, one a side. */
static size_t join_mentions(
    const struct mention *mentions, size_t n_mentions, struct selected *ret_selected)
{
	size_t n = 0;

	for (size_t i = 0; i < n_mentions; i++) {
		struct selected *selected = &ret_selected[n];

		if (i > 0 && qs_selector_same(
				 &mentions[i - 1].entry->selector, &mentions[i].entry->selector)) {
			selected[-1].entry[mentions[i].side] = mentions[i].entry;
			continue;
		}
		*selected = (struct selected){{NULL, NULL}, mentions[i].order};
		selected->entry[mentions[i].side] = mentions[i].entry;
		n++;
	}
	qsort(ret_selected, n, sizeof(*ret_selected), compare_selected);
	return n;
}

static bool has_patterns(const struct qs_policy *policy)
{
	for (size_t i = 0; i < policy->n_entries; i++) {
		if (policy->entries[i].selector.kind == QS_SELECT_PATTERN)
			return true;
	}
	return false;
}

/* Layers that stand for the names that a side has no entry for, and the pairs that they are of. */
struct stand_ins {
	struct qs_layer *layers;
	const char **names;
	size_t *pairs;
	size_t n;
	struct qs_text path;
};

/* A name that only the other side selects, as a layer; a name with a NUL is none. */
static bool add_stand_in(
    struct stand_ins *list, struct qs_arena *arena, const struct qs_selector *selector, size_t pair)
{
	struct qs_layer *layer = &list->layers[list->n];
	const char *name = qs_arena_strndup(arena, selector->text.bytes, selector->text.size);

	if (!name || strlen(name) != selector->text.size)
		return name != NULL;
	qs_text_clear(&list->path);
	qs_selector_path(selector->text, &list->path);
	*layer = (struct qs_layer){.name = name, .n_nodes = 1, .type = "", .op_type = ""};
	layer->path = list->path.failed ? NULL : qs_arena_strdup(arena, list->path.data);
	list->names[list->n] = name;
	layer->names = &list->names[list->n];
	list->pairs[list->n++] = pair;
	return layer->path != NULL;
}

/* Gives the patterns of a side the names that it does not select. */
static enum qs_status match_patterns(const struct qs_policy *policy, int side,
    struct stand_ins *list, struct qs_difference *difference)
{
	struct qs_selection *selection = NULL;
	struct qs_findings *silent = qs_findings_new();
	enum qs_status status = QS_NOMEM;

	list->n = 0;
	for (size_t i = 0; i < difference->n_pairs; i++) {
		const struct qs_pair *pair = &difference->pairs[i];

		if (pair->subject == QS_PAIR_SELECTOR && pair->kind == QS_SELECT_NAME &&
		    !pair->winner[side] &&
		    !add_stand_in(
			list, &difference->arena, &pair->winner[QS_AFTER - side]->selector, i))
			goto out;
	}
	/* What is said of the entries here is not about a model, and a pattern that takes too many
	 * steps on a name takes no name. */
	if (silent && qs_findings_judge(silent, "QS", QS_DECISION_OFF) == QS_OK)
		status = qs_policy_select(policy, list->layers, list->n, true, silent, &selection);
	if (status == QS_INVALID)
		status = QS_OK;
	for (size_t i = 0; status == QS_OK && i < list->n; i++)
		take_side(policy, selection->winners[i], &difference->pairs[list->pairs[i]], side);
out:
	qs_selection_free(selection);
	qs_findings_free(silent);
	return status;
}

static enum qs_status find_patterns(
    const struct qs_policy *const policies[QS_SIDE__COUNT], struct qs_difference *difference)
{
	struct stand_ins list = {.path = QS_TEXT_INIT};
	enum qs_status status = QS_NOMEM;

	list.layers = calloc(difference->n_pairs + 1, sizeof(*list.layers));
	list.names = calloc(difference->n_pairs + 1, sizeof(*list.names));
	list.pairs = calloc(difference->n_pairs + 1, sizeof(*list.pairs));
	if (list.layers && list.names && list.pairs)
		status = QS_OK;
	for (int side = 0; side < QS_SIDE__COUNT && status == QS_OK; side++) {
		if (has_patterns(policies[side]))
			status = match_patterns(policies[side], side, &list, difference);
	}
	free(list.layers);
	free(list.names);
	free(list.pairs);
	qs_text_done(&list.path);
	return status;
}

static void take_selected(const struct qs_policy *const policies[QS_SIDE__COUNT],
    const struct selected *selected, struct qs_pair *pair)
{
	const struct qs_entry *any =
	    selected->entry[selected->entry[QS_BEFORE] ? QS_BEFORE : QS_AFTER];

	pair->subject = QS_PAIR_SELECTOR;
	pair->kind = any->selector.kind;
	pair->name = any->selector.text;
	for (int side = 0; side < QS_SIDE__COUNT; side++)
		take_side(policies[side], selected->entry[side], pair, side);
}

static struct qs_difference *compare_policies(
    const struct qs_policy *before, const struct qs_policy *after)
{
	const struct qs_policy *const policies[] = {before, after};
	const size_t n = before->n_entries + after->n_entries;
	struct mention *mentions = malloc((n + 1) * sizeof(*mentions));
	struct selected *selected = malloc((n + 1) * sizeof(*selected));
	struct qs_difference *difference = NULL;

	if (mentions && selected) {
		const size_t n_mentions = list_mentions(policies, mentions);
		const size_t n_selected = join_mentions(mentions, n_mentions, selected);

		difference = qs_difference_alloc(n_selected + 1);
		for (size_t i = 0; difference && i < n_selected; i++)
			take_selected(policies, &selected[i], &difference->pairs[i + 1]);
	}
	free(mentions);
	free(selected);
	if (!difference)
		return NULL;
	difference->pairs[0].subject = QS_PAIR_MODEL;
	for (int side = 0; side < QS_SIDE__COUNT; side++)
		take_side(policies[side], NULL, &difference->pairs[0], side);
	if (find_patterns(policies, difference) == QS_OK)
		return difference;
	qs_difference_free(difference);
	return NULL;
}

enum qs_status qs_policy_diff(const struct qs_policy *before,
    const struct qs_selection *before_selection, const struct qs_policy *after,
    const struct qs_selection *after_selection, struct qs_difference **ret_difference)
{
	struct qs_difference *difference =
	    before_selection && after_selection
		? compare_selections(before_selection, after_selection)
		: compare_policies(before, after);

	if (!difference)
		return QS_NOMEM;
	if (qs_side_of_policy(before, &difference->arena, &difference->sides[QS_BEFORE]) != QS_OK ||
	    qs_side_of_policy(after, &difference->arena, &difference->sides[QS_AFTER]) != QS_OK) {
		qs_difference_free(difference);
		return QS_NOMEM;
	}
	*ret_difference = difference;
	return QS_OK;
}
