/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entries by what they select: names, module paths and types are found by bisection, patterns are
 * compiled when they are first tried.
 */
#include "policy/takers.h"

#include <stdlib.h>
#include <string.h>

#include "base/map.h"
#include "policy/pattern.h"

/* An entry under one text that it is found by. */
struct key {
	struct qs_json_string text;
	const struct qs_entry *entry;
};

struct keys {
	struct key *list;
	size_t n;
};

struct qs_takers {
	const struct qs_policy *policy;
	const struct qs_layer *layers;
	size_t n_layers;
	struct qs_arena arena;            /* of paths */
	struct keys types, names, paths;  /* sorted by text, then file order */
	const struct qs_entry **patterns; /* in file order */
	struct qs_pattern **compiled;     /* as `patterns`; NULL: not yet */
	size_t n_patterns;
	struct qs_map node_names, type_names; /* of the whole model, once they are asked for */
	bool has_names;
	const struct qs_entry **found;
	size_t n_found, capacity;
};

static int compare_texts(struct qs_json_string a, struct qs_json_string b)
{
	const int order = memcmp(a.bytes, b.bytes, a.size < b.size ? a.size : b.size);

	return order ? order : a.size < b.size ? -1 : a.size > b.size;
}

static int compare_keys(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	const int order = compare_texts(x->text, y->text);

	return order ? order : x->entry < y->entry ? -1 : x->entry > y->entry;
}

/* The path that a name means, in the arena. */
static bool add_path(struct qs_takers *takers, const struct qs_entry *entry)
{
	struct qs_text path = QS_TEXT_INIT;
	char *copy;

	qs_selector_path(entry->selector.text, &path);
	copy = path.failed ? NULL : qs_arena_strndup(&takers->arena, path.data, path.size);
	if (copy)
		takers->paths.list[takers->paths.n++] =
		    (struct key){{copy, (uint32_t)path.size}, entry};
	qs_text_done(&path);
	return copy != NULL;
}

static bool add_entry(struct qs_takers *takers, const struct qs_entry *entry)
{
	struct keys *keys =
	    entry->selector.kind == QS_SELECT_TYPE ? &takers->types : &takers->names;

	if (entry->selector.kind == QS_SELECT_PATTERN) {
		takers->patterns[takers->n_patterns++] = entry;
		return true;
	}
	keys->list[keys->n++] = (struct key){entry->selector.text, entry};
	return entry->selector.kind == QS_SELECT_TYPE || add_path(takers, entry);
}

static bool make_keys(struct qs_takers *takers, size_t n)
{
	struct keys *const keys[] = {&takers->types, &takers->names, &takers->paths};

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		keys[i]->list = malloc((n + 1) * sizeof(*keys[i]->list));
		if (!keys[i]->list)
			return false;
	}
	takers->patterns = malloc((n + 1) * sizeof(*takers->patterns));
	takers->compiled = calloc(n + 1, sizeof(*takers->compiled));
	if (!takers->patterns || !takers->compiled)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (!add_entry(takers, &takers->policy->entries[i]))
			return false;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		qsort(keys[i]->list, keys[i]->n, sizeof(*keys[i]->list), compare_keys);
	return true;
}

enum qs_status qs_takers_new(const struct qs_policy *policy, const struct qs_layer *layers,
    size_t n_layers, struct qs_takers **ret_takers)
{
	struct qs_takers *takers = calloc(1, sizeof(*takers));

	if (!takers)
		return QS_NOMEM;
	takers->policy = policy;
	takers->layers = layers;
	takers->n_layers = layers ? n_layers : 0;
	if (make_keys(takers, policy->n_entries)) {
		*ret_takers = takers;
		return QS_OK;
	}
	qs_takers_free(takers);
	return QS_NOMEM;
}

void qs_takers_free(struct qs_takers *takers)
{
	if (!takers)
		return;
	for (size_t i = 0; i < takers->n_patterns; i++)
		qs_pattern_free(takers->compiled[i]);
	free(takers->compiled);
	free(takers->patterns);
	free(takers->types.list);
	free(takers->names.list);
	free(takers->paths.list);
	free(takers->found);
	qs_map_done(&takers->node_names);
	qs_map_done(&takers->type_names);
	qs_arena_done(&takers->arena);
	free(takers);
}

static enum qs_status note(struct qs_takers *takers, const struct qs_entry *entry)
{
	const struct qs_entry **larger = takers->found;

	if (takers->n_found == takers->capacity) {
		takers->capacity = takers->capacity ? takers->capacity * 2 : 16;
		larger = realloc(takers->found, takers->capacity * sizeof(*larger));
		if (!larger) {
			takers->capacity = takers->n_found;
			return QS_NOMEM;
		}
		takers->found = larger;
	}
	takers->found[takers->n_found++] = entry;
	return QS_OK;
}

/* The first key that is not below a text. */
static size_t lower_bound(const struct keys *keys, struct qs_json_string text)
{
	size_t low = 0, n = keys->n;

	while (n > 0) {
		const size_t half = n / 2;

		if (compare_texts(keys->list[low + half].text, text) < 0) {
			low += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	return low;
}

static enum qs_status list_names(struct qs_takers *takers)
{
	for (size_t i = 0; i < takers->n_layers; i++) {
		const struct qs_layer *layer = &takers->layers[i];

		if (!qs_map_set(&takers->type_names, layer->type, i))
			return QS_NOMEM;
		for (size_t j = 0; j < layer->n_nodes; j++) {
			if (!qs_map_set(&takers->node_names, layer->names[j], i))
				return QS_NOMEM;
		}
	}
	takers->has_names = true;
	return QS_OK;
}

/*
 * Whether the model has a selector's text as the name of a node, or as a type: then a name means no
 * module path, and a type no operator.
 */
static enum qs_status is_exact(
    struct qs_takers *takers, const struct qs_selector *selector, bool *ret_exact)
{
	const struct qs_map *map =
	    selector->kind == QS_SELECT_NAME ? &takers->node_names : &takers->type_names;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	if (!takers->has_names && list_names(takers) != QS_OK)
		return QS_NOMEM;
	qs_text_add(&text, selector->text.bytes, selector->text.size);
	status = qs_text_status(&text);
	*ret_exact = strlen(text.data) == text.size && qs_map_get(map, text.data) != QS_MAP_NONE;
	qs_text_done(&text);
	return status;
}

/* Notes the entries of a text; with `unless_exact` only those that nothing is called exactly. */
static enum qs_status find_equal(
    struct qs_takers *takers, const struct keys *keys, const char *word, bool unless_exact)
{
	const struct qs_json_string text = {word, (uint32_t)strlen(word)};
	enum qs_status status = QS_OK;

	if (!word[0])
		return QS_OK;
	for (size_t i = lower_bound(keys, text);
	     status == QS_OK && i < keys->n && compare_texts(keys->list[i].text, text) == 0; i++) {
		const struct qs_entry *entry = keys->list[i].entry;
		bool exact = false;

		if (unless_exact)
			status = is_exact(takers, &entry->selector, &exact);
		if (status == QS_OK && !exact)
			status = note(takers, entry);
	}
	return status;
}

/* A pattern that takes too many steps takes nothing. */
static enum qs_status try_pattern(
    struct qs_takers *takers, size_t pattern, const struct qs_layer *layer, bool *ret_takes)
{
	const struct qs_json_string text = takers->patterns[pattern]->selector.text;
	struct qs_pattern **compiled = &takers->compiled[pattern];
	char message[160];
	size_t offset;

	*ret_takes = false;
	if (!*compiled &&
	    qs_pattern_new(text.bytes, text.size, compiled, message, &offset) != QS_OK)
		return QS_NOMEM; /* it was compiled once, when the config was read */
	if (qs_pattern_match(*compiled, layer->name, ret_takes) == QS_OK && !*ret_takes &&
	    layer->path[0])
		(void)qs_pattern_match(*compiled, layer->path, ret_takes);
	return QS_OK;
}

static enum qs_status find_patterns(struct qs_takers *takers, const struct qs_layer *layer)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < takers->n_patterns && status == QS_OK; i++) {
		bool takes;

		status = try_pattern(takers, i, layer, &takes);
		if (status == QS_OK && takes)
			status = note(takers, takers->patterns[i]);
	}
	return status;
}

static int compare_strength(const void *a, const void *b)
{
	const struct qs_entry *x = *(const struct qs_entry *const *)a;
	const struct qs_entry *y = *(const struct qs_entry *const *)b;

	if (x->selector.kind != y->selector.kind)
		return x->selector.kind > y->selector.kind ? -1 : 1;
	return x > y ? -1 : x < y;
}

/* Of an entry that takes a layer in several ways only one is left. */
static void settle(struct qs_takers *takers)
{
	size_t n = 0;

	if (takers->n_found == 0)
		return;
	qsort(takers->found, takers->n_found, sizeof(*takers->found), compare_strength);
	for (size_t i = 0; i < takers->n_found; i++) {
		if (n == 0 || takers->found[i] != takers->found[n - 1])
			takers->found[n++] = takers->found[i];
	}
	takers->n_found = n;
}

enum qs_status qs_takers_find(struct qs_takers *takers, const struct qs_layer *layer,
    const struct qs_entry *const **ret_entries, size_t *ret_n)
{
	enum qs_status status;

	takers->n_found = 0;
	status = find_equal(takers, &takers->types, layer->type, false);
	if (status == QS_OK)
		status = find_equal(takers, &takers->types, layer->op_type, true);
	for (size_t i = 0; i < layer->n_nodes && status == QS_OK; i++)
		status = find_equal(takers, &takers->names, layer->names[i], false);
	if (status == QS_OK)
		status = find_equal(takers, &takers->paths, layer->path, true);
	if (status == QS_OK)
		status = find_patterns(takers, layer);
	if (status != QS_OK)
		return status;
	settle(takers);
	*ret_entries = takers->found;
	*ret_n = takers->n_found;
	return QS_OK;
}

/* ---- one entry ------------------------------------------------------------------------------- */

static enum qs_status name_takes(struct qs_takers *takers, const struct qs_selector *selector,
    const struct qs_layer *layer, bool *ret_takes)
{
	struct qs_text path = QS_TEXT_INIT;
	enum qs_status status;
	bool exact = false;

	*ret_takes = true;
	for (size_t i = 0; i < layer->n_nodes; i++) {
		if (qs_json_string_is(selector->text, layer->names[i]))
			return QS_OK;
	}
	qs_selector_path(selector->text, &path);
	status = qs_text_status(&path);
	*ret_takes =
	    path.size &&
	    qs_json_string_is((struct qs_json_string){path.data, (uint32_t)path.size}, layer->path);
	qs_text_done(&path);
	if (status == QS_OK && *ret_takes)
		status = is_exact(takers, selector, &exact);
	*ret_takes = *ret_takes && !exact;
	return status;
}

static enum qs_status type_takes(struct qs_takers *takers, const struct qs_selector *selector,
    const struct qs_layer *layer, bool *ret_takes)
{
	bool exact;
	enum qs_status status;

	*ret_takes = qs_json_string_is(selector->text, layer->type);
	if (*ret_takes || !qs_json_string_is(selector->text, layer->op_type))
		return QS_OK;
	status = is_exact(takers, selector, &exact);
	*ret_takes = status == QS_OK && !exact;
	return status;
}

/* The place of an entry among the patterns, which are in file order. */
static size_t pattern_index(const struct qs_takers *takers, const struct qs_entry *entry)
{
	size_t low = 0, n = takers->n_patterns;

	while (n > 1) {
		const size_t half = n / 2;

		if (takers->patterns[low + half] <= entry) {
			low += half;
			n -= half;
		} else {
			n = half;
		}
	}
	return low;
}

enum qs_status qs_takers_takes(struct qs_takers *takers, const struct qs_entry *entry,
    const struct qs_layer *layer, bool *ret_takes)
{
	if (entry->selector.kind == QS_SELECT_NAME)
		return name_takes(takers, &entry->selector, layer, ret_takes);
	if (entry->selector.kind == QS_SELECT_TYPE)
		return type_takes(takers, &entry->selector, layer, ret_takes);
	return try_pattern(takers, pattern_index(takers, entry), layer, ret_takes);
}
