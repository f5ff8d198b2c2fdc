/* SPDX-License-Identifier: Apache-2.0 */
/* Which entries give layers what a candidate gives them. */
#include <stdlib.h>

#include "analysis/suggest.h"
#include "base/map.h"
#include "policy/policy.h"

/* Whether an entry of the config is for a type already. */
static bool has_entry(const struct qs_policy *policy, const char *type)
{
	for (size_t i = 0; i < policy->n_entries; i++) {
		const struct qs_selector *selector = &policy->entries[i].selector;

		if (selector->kind == QS_SELECT_TYPE && qs_json_string_is(selector->text, type))
			return true;
	}
	return false;
}

/* What is known of the units of a type. */
struct of_type {
	unsigned kinds;
	size_t n, first;
	bool differs, is_told;
};

/* Counts the units of every type; the types are numbered by a map. */
static struct of_type *count_types(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_map *types)
{
	struct of_type *list = calloc(suggestion->n_units + 1, sizeof(*list));

	for (size_t i = 0; list && i < suggestion->n_units; i++) {
		const char *type = suggestion->units[i].type;
		size_t index = qs_map_get(types, type);

		if (index == QS_MAP_NONE) {
			index = types->n_keys;
			if (!qs_map_set(types, type, index)) {
				free(list);
				return NULL;
			}
			list[index] = (struct of_type){candidate->kinds[i], 0, i, false, false};
		}
		list[index].n++;
		list[index].differs =
		    list[index].differs || candidate->kinds[i] != list[index].kinds;
	}
	return list;
}

size_t qs_suggest_entries(const struct qs_suggestion *suggestion,
    const struct qs_candidate *candidate, struct qs_suggested *ret_entries)
{
	struct qs_map map = QS_MAP_INIT;
	struct of_type *types = count_types(suggestion, candidate, &map);
	size_t n = 0;

	for (size_t i = 0; types && i < suggestion->n_units; i++) {
		struct of_type *type = &types[qs_map_get(&map, suggestion->units[i].type)];

		if (!candidate->kinds[i] || type->differs || type->n < 2 || type->is_told ||
		    !suggestion->units[i].type[0] ||
		    has_entry(suggestion->policy, suggestion->units[i].type))
			continue;
		ret_entries[n++] = (struct qs_suggested){i, true, candidate->kinds[i]};
		type->is_told = true;
	}
	for (size_t i = 0; types && i < suggestion->n_units; i++) {
		if (candidate->kinds[i] &&
		    !types[qs_map_get(&map, suggestion->units[i].type)].is_told)
			ret_entries[n++] = (struct qs_suggested){i, false, candidate->kinds[i]};
	}
	qs_map_done(&map);
	free(types);
	return types ? n : QS_SUGGEST_NONE;
}
