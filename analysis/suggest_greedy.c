/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Gives more bits to one group of layers after the other, always to the one that helps most.
 *
 * Every group is tried on its own first. After that only those that promise most by what they were
 * last seen to gain are tried again beside what was chosen (the lazy greedy algorithm of Minoux,
 * 1978): gains change little by what is chosen elsewhere.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/suggest.h"

struct group {
	size_t index;
	double gain; /* as it was last seen */
	bool is_chosen;
};

struct greedy {
	struct qs_suggestion *suggestion;
	const size_t *group_of_unit;
	struct group *groups;
	size_t n;
	const struct qs_candidate *chosen; /* so far */
	struct qs_findings *findings;
};

/* What was chosen so far, with one group more. */
static struct qs_candidate *with_group(const struct greedy *greedy, const struct group *group)
{
	const struct qs_suggestion *suggestion = greedy->suggestion;
	struct qs_candidate *candidate = qs_candidate_new(suggestion, greedy->chosen);

	for (size_t i = 0; candidate && i < suggestion->n_units; i++) {
		if (greedy->group_of_unit[i] == group->index)
			candidate->kinds[i] = (unsigned char)suggestion->units[i].kinds;
	}
	return candidate;
}

static double gain_of(const struct greedy *greedy, const struct qs_candidate *candidate)
{
	const double gain = candidate->value - greedy->chosen->value;

	if (isnan(gain))
		return isnan(candidate->value) ? -INFINITY : INFINITY;
	return greedy->suggestion->less_is_better ? -gain : gain;
}

/* Tries some groups beside what was chosen, and notes what they gain; those that are refused gain
 * nothing ever. The best of them is given, or NULL. */
static enum qs_status try_groups(struct greedy *greedy, struct group *const *groups, size_t n,
    const struct qs_candidate **ret_best, struct group **ret_group)
{
	struct qs_candidate *candidates[QS_ROUND];
	const struct qs_candidate *tried[QS_ROUND];
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < n; i++) {
		candidates[i] = with_group(greedy, groups[i]);
		if (!candidates[i]) {
			while (i-- > 0)
				qs_candidate_free(candidates[i]);
			return QS_NOMEM;
		}
	}
	status = qs_candidates_try(greedy->suggestion, candidates, n, greedy->findings, tried);
	for (size_t i = 0; i < n && status == QS_OK; i++) {
		groups[i]->gain = tried[i] ? gain_of(greedy, tried[i]) : -INFINITY;
		if (tried[i] && (!*ret_best || groups[i]->gain > (*ret_group)->gain)) {
			*ret_best = tried[i];
			*ret_group = groups[i];
		}
	}
	return status;
}

/* The groups that promise most and were not tried in this step yet, at most QS_ROUND. */
static size_t most_promising(
    const struct greedy *greedy, const bool *is_tried, struct group **ret_groups)
{
	size_t n = 0;

	for (size_t i = 0; i < greedy->n; i++) {
		struct group *group = &greedy->groups[i];
		size_t at;

		if (group->is_chosen || is_tried[i] || isinf(group->gain) < 0)
			continue;
		for (at = n; at > 0 && group->gain > ret_groups[at - 1]->gain; at--) {
			if (at < QS_ROUND)
				ret_groups[at] = ret_groups[at - 1];
		}
		if (at == QS_ROUND)
			continue;
		ret_groups[at] = group;
		n += n < QS_ROUND;
	}
	return n;
}

/* Chooses one group more; none, where all that are left are refused. In the first step all are
 * tried. */
static enum qs_status step(struct greedy *greedy, bool is_first, bool *ret_any)
{
	const struct qs_candidate *best = NULL;
	struct group *round[QS_ROUND], *group = NULL;
	bool *is_tried = calloc(greedy->n + 1, sizeof(*is_tried));
	enum qs_status status = is_tried ? QS_OK : QS_NOMEM;
	size_t n;

	do {
		n = status == QS_OK ? most_promising(greedy, is_tried, round) : 0;
		for (size_t i = 0; i < n; i++)
			is_tried[round[i] - greedy->groups] = true;
		if (n)
			status = try_groups(greedy, round, n, &best, &group);
	} while (status == QS_OK && n && (is_first || !best));
	free(is_tried);
	*ret_any = group;
	if (status == QS_OK && group) {
		group->is_chosen = true;
		greedy->chosen = best;
	}
	return status;
}

static enum qs_status choose(
    struct greedy *greedy, size_t fewer_than, const struct qs_candidate **best)
{
	enum qs_status status = QS_OK;
	bool any = true;

	/* In the first step each is tried; afterwards as many again, and a few. */
	const size_t most = greedy->suggestion->n_tried + 2 * greedy->n + 8 * QS_ROUND;

	for (size_t i = 0;
	     i + 1 < fewer_than && any && status == QS_OK && greedy->suggestion->n_tried < most;
	     i++) {
		status = step(greedy, i == 0, &any);
		if (status != QS_OK || !any || !greedy->chosen->reaches)
			continue;
		*best = greedy->chosen;
		break;
	}
	return status;
}

enum qs_status qs_search_greedy(struct qs_suggestion *suggestion, const size_t *group,
    size_t n_groups, size_t fewer_than, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	struct greedy greedy = {.suggestion = suggestion,
	    .group_of_unit = group,
	    .groups = calloc(n_groups + 1, sizeof(*greedy.groups)),
	    .n = n_groups,
	    .chosen = suggestion->tried[0],
	    .findings = findings};
	enum qs_status status = QS_NOMEM;

	for (size_t i = 0; greedy.groups && i < n_groups; i++)
		greedy.groups[i].index = i;
	if (greedy.groups)
		status = choose(&greedy, fewer_than, best);
	free(greedy.groups);
	return status;
}
