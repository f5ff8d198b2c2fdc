/* SPDX-License-Identifier: Apache-2.0 */
/* Compares two sides, and groups what changes in the same way. */
#include "policy/difference.h"

#include <stdlib.h>
#include <string.h>

#define NO_PAIR SIZE_MAX

/* ---- facts ----------------------------------------------------------------------------------- */

static const char *const fact_names[] = {
#define NAME_SWITCH(key) key,
#define NAME_OTHER(key)
#define KEY(PLACE, ID, key, SHAPE, since, help) NAME_##SHAPE(key)
#include "qstrata/keys.def"
#undef KEY
#undef NAME_OTHER
#undef NAME_SWITCH
    "target_device", "onnx_opset_version", "quantizable_data_type", "fingerprint of the model",
    "fingerprint of the config"};

const char *qs_fact_name(enum qs_fact fact)
{
	return fact_names[fact];
}

const char *qs_tensors_text(struct qs_arena *arena, unsigned tensors)
{
	struct qs_text text = QS_TEXT_INIT;
	const char *copy;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (tensors >> t & 1)
			qs_text_addf(&text, "%s\"%s\"", text.size ? ", " : "",
			    qs_tensor_words.words[t].word);
	}
	copy = text.failed ? NULL : qs_arena_printf(arena, "[%s]", text.data);
	qs_text_done(&text);
	return copy;
}

/* The member of a document that counts for a key, or NULL. */
static const struct qs_json *find_member(const struct qs_json_document *document, const char *key)
{
	const struct qs_json *found = NULL;

	for (const struct qs_json *member = document->root->children.first; member;
	     member = member->next) {
		if (!member->hidden && qs_json_string_is(member->key, key))
			found = member;
	}
	return found;
}

enum qs_status qs_side_of_policy(
    const struct qs_policy *policy, struct qs_arena *arena, struct qs_side *ret_side)
{
	struct qs_side side = {.document = &policy->document};

	for (int s = 0; s < QS_SWITCH__COUNT; s++)
		side.fact[s] = policy->switches[s] ? "true" : "false";
	side.fact[QS_FACT_TARGET_DEVICE] =
	    qs_arena_printf(arena, "\"%s\"", qs_device_words.words[policy->device].word);
	side.fact[QS_FACT_OPSET] =
	    policy->opset ? qs_arena_printf(arena, "%d", policy->opset) : "null";
	side.fact[QS_FACT_TENSORS] = qs_tensors_text(arena, policy->tensors);
	for (int f = 0; f < QS_FACT_MODEL; f++) {
		if (!side.fact[f])
			return QS_NOMEM;
		side.member[f] = find_member(&policy->document, fact_names[f]);
	}
	*ret_side = side;
	return QS_OK;
}

bool qs_fact_differs(const struct qs_difference *difference, enum qs_fact fact)
{
	const char *before = difference->sides[QS_BEFORE].fact[fact];
	const char *after = difference->sides[QS_AFTER].fact[fact];

	return before && after && strcmp(before, after) != 0;
}

/* ---- pairs ----------------------------------------------------------------------------------- */

struct qs_difference *qs_difference_alloc(size_t n_pairs)
{
	struct qs_difference *difference = calloc(1, sizeof(*difference));

	if (!difference)
		return NULL;
	difference->n_pairs = n_pairs;
	difference->pairs = calloc(n_pairs + 1, sizeof(*difference->pairs));
	if (difference->pairs)
		return difference;
	free(difference);
	return NULL;
}

void qs_difference_free(struct qs_difference *difference)
{
	if (!difference)
		return;
	qs_policy_free(difference->lock);
	qs_arena_done(&difference->arena);
	free(difference->pairs);
	free(difference);
}

size_t qs_pair_changes(const struct qs_pair *pair, struct qs_change *ret_changes)
{
	size_t n = 0;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		const enum qs_tensor tensor = (enum qs_tensor)t;
		const struct qs_settings *before = pair->settings[QS_BEFORE][t];
		const struct qs_settings *after = pair->settings[QS_AFTER][t];

		if (!before || !after || before == after)
			continue;
		for (int p = 0; p < QS_PARAM__COUNT; p++) {
			const enum qs_param param = (enum qs_param)p;
			const bool meant = qs_settings_show(before, param, tensor);

			if (!qs_settings_show(after, param, tensor) ||
			    (meant && qs_param_same(
					  param, before->param[p]->value, after->param[p]->value)))
				continue;
			ret_changes[n++] = (struct qs_change){
			    tensor, param, {meant ? before->param[p] : NULL, after->param[p]}};
		}
	}
	return n;
}

static bool pair_differs(const struct qs_pair *pair, size_t n_changes)
{
	return n_changes || pair->present[QS_BEFORE] != pair->present[QS_AFTER];
}

/* ---- groups ---------------------------------------------------------------------------------- */

static uint64_t mix(uint64_t hash, uint64_t value)
{
	return (hash ^ value) * 1099511628211U;
}

static uint64_t hash_setting(
    uint64_t hash, enum qs_param param, const struct qs_setting *setting, bool by_place)
{
	uint64_t bits = 0;

	if (!setting)
		return mix(hash, 1);
	if (qs_param_info(param)->kind == QS_KIND_REAL)
		memcpy(&bits, &setting->value.real, sizeof(bits));
	else
		bits = (uint64_t)setting->value.integer;
	hash = mix(mix(hash, bits), setting->level);
	return by_place ? mix(hash, (uintptr_t)setting->member) : hash;
}

static uint64_t hash_pair(
    const struct qs_pair *pair, const struct qs_change *changes, size_t n_changes, bool by_place)
{
	uint64_t hash = 14695981039346656037U;

	hash = mix(hash, pair->present[QS_BEFORE]);
	hash = mix(hash, pair->present[QS_AFTER]);
	for (size_t i = 0; i < n_changes; i++) {
		hash =
		    mix(hash, (uint64_t)(changes[i].tensor * QS_PARAM__COUNT) + changes[i].param);
		for (int side = 0; side < QS_SIDE__COUNT; side++)
			hash = hash_setting(
			    hash, changes[i].param, changes[i].setting[side], by_place);
	}
	return hash ^ hash >> 32;
}

/* Whether two settings are told with the same words but for their place. */
static bool same_setting(
    enum qs_param param, const struct qs_setting *a, const struct qs_setting *b)
{
	if (!a || !b)
		return a == b;
	return a->level == b->level && a->reset == b->reset &&
	       qs_param_same(param, a->value, b->value);
}

static const struct qs_json *member_of(const struct qs_setting *setting)
{
	return setting ? setting->member : NULL;
}

/* Selectors of other kinds have levels of other names. */
static bool same_words(const struct qs_pair *a, const struct qs_pair *b, int side)
{
	const struct qs_entry *x = a->winner[side], *y = b->winner[side];

	return a->present[side] == b->present[side] &&
	       (x == y || (x && y && x->selector.kind == y->selector.kind));
}

/* Whether two pairs differ in the same way; `ret_places` whether also from the same places. */
static bool same_changes(const struct qs_pair *a, const struct qs_pair *b,
    const struct qs_change *changes, size_t n_changes, bool *ret_places)
{
	struct qs_change others[QS_CHANGE_LIMIT];
	const size_t n_others = qs_pair_changes(b, others);

	*ret_places = true;
	if (n_changes != n_others || a->subject != b->subject)
		return false;
	for (int side = 0; side < QS_SIDE__COUNT; side++) {
		if (!same_words(a, b, side))
			return false;
		for (size_t i = 0; i < n_changes; i++) {
			if (changes[i].tensor != others[i].tensor ||
			    changes[i].param != others[i].param ||
			    !same_setting(changes[i].param, changes[i].setting[side],
				others[i].setting[side]))
				return false;
			if (member_of(changes[i].setting[side]) !=
			    member_of(others[i].setting[side]))
				*ret_places = false;
		}
	}
	return true;
}

/* The state of grouping: a table from hashes to groups, and the last pair of each. */
struct grouping {
	const struct qs_difference *difference;
	struct qs_groups *groups;
	size_t *slots, n_slots; /* a power of two; NO_PAIR: free */
	size_t *last;           /* by group */
	bool by_place;
};

static void add_to_group(
    struct grouping *grouping, size_t pair, const struct qs_change *changes, size_t n_changes)
{
	struct qs_groups *groups = grouping->groups;
	const struct qs_pair *pairs = grouping->difference->pairs;
	const uint64_t hash = hash_pair(&pairs[pair], changes, n_changes, grouping->by_place);
	size_t slot = (size_t)hash & (grouping->n_slots - 1);

	groups->n_differing++;
	for (; grouping->slots[slot] != NO_PAIR; slot = (slot + 1) & (grouping->n_slots - 1)) {
		const size_t g = grouping->slots[slot];
		struct qs_group *group = &groups->groups[g];
		bool places;

		if (group->hash != hash ||
		    !same_changes(
			&pairs[pair], &pairs[group->first], changes, n_changes, &places) ||
		    (grouping->by_place && !places))
			continue;
		group->n++;
		group->places_differ = group->places_differ || !places;
		groups->next[grouping->last[g]] = pair;
		grouping->last[g] = pair;
		return;
	}
	grouping->slots[slot] = groups->n_groups;
	grouping->last[groups->n_groups] = pair;
	groups->groups[groups->n_groups++] = (struct qs_group){pair, 1, hash, false};
}

static bool make_room(struct grouping *grouping)
{
	const size_t n = grouping->difference->n_pairs;

	grouping->n_slots = 16;
	while (grouping->n_slots < 2 * n)
		grouping->n_slots *= 2;
	grouping->slots = malloc(grouping->n_slots * sizeof(*grouping->slots));
	grouping->last = malloc((n + 1) * sizeof(*grouping->last));
	grouping->groups->groups = malloc((n + 1) * sizeof(*grouping->groups->groups));
	grouping->groups->next = malloc((n + 1) * sizeof(*grouping->groups->next));
	if (!grouping->slots || !grouping->last || !grouping->groups->groups ||
	    !grouping->groups->next)
		return false;
	for (size_t i = 0; i < grouping->n_slots; i++)
		grouping->slots[i] = NO_PAIR;
	return true;
}

enum qs_status qs_groups_init(
    const struct qs_difference *difference, bool by_place, struct qs_groups *ret_groups)
{
	struct grouping grouping = {difference, ret_groups, NULL, 0, NULL, by_place};
	enum qs_status status = QS_NOMEM;

	*ret_groups = (struct qs_groups){NULL, 0, 0, NULL};
	if (make_room(&grouping)) {
		for (size_t i = 0; i < difference->n_pairs; i++) {
			const struct qs_pair *pair = &difference->pairs[i];
			struct qs_change changes[QS_CHANGE_LIMIT];
			const size_t n = qs_pair_changes(pair, changes);

			ret_groups->next[i] = NO_PAIR;
			if (pair_differs(pair, n))
				add_to_group(&grouping, i, changes, n);
		}
		status = QS_OK;
	} else {
		qs_groups_done(ret_groups);
	}
	free(grouping.slots);
	free(grouping.last);
	return status;
}

void qs_groups_done(struct qs_groups *groups)
{
	free(groups->groups);
	free(groups->next);
	*groups = (struct qs_groups){NULL, 0, 0, NULL};
}

bool qs_difference_is_empty(const struct qs_difference *difference)
{
	struct qs_change changes[QS_CHANGE_LIMIT];

	for (int f = 0; f < QS_FACT__COUNT; f++) {
		if (qs_fact_differs(difference, (enum qs_fact)f))
			return false;
	}
	for (size_t i = 0; i < difference->n_pairs; i++) {
		if (pair_differs(
			&difference->pairs[i], qs_pair_changes(&difference->pairs[i], changes)))
			return false;
	}
	return true;
}
