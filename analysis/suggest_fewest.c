/* SPDX-License-Identifier: Apache-2.0 */
/* Looks for the fewest layers, or the fewest types of layers, that reach the goal. */
#include <stdlib.h>
#include <string.h>

#include "analysis/suggest.h"
#include "base/map.h"

/* ---- the most harmful ------------------------------------------------------------------------ */

static enum qs_status try_first(struct qs_suggestion *suggestion, size_t n,
    struct qs_findings *findings, const struct qs_candidate **ret_tried)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);

	if (!candidate)
		return QS_NOMEM;
	for (size_t i = 0; i < n; i++)
		candidate->kinds[i] = (unsigned char)suggestion->units[i].kinds;
	qs_candidate_name(candidate, "the %zu most harmful", n);
	return qs_candidate_try(suggestion, candidate, findings, ret_tried);
}

/* The shortest beginning of the list that reaches the goal, on the way from none to all. */
static enum qs_status bisect(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	size_t no = 0, yes = suggestion->n_units;
	enum qs_status status = try_first(suggestion, yes, findings, best);

	/* Where all at once are too much for a limit or the device, some may not be. */
	if (status != QS_OK || (*best && !(*best)->reaches))
		return status;
	while (yes - no > 1 && status == QS_OK) {
		/* Few layers are what is expected, and what is cheap to try first. */
		const size_t middle = no + (yes - no > 8 ? (yes - no) / 4 : (yes - no) / 2);
		const struct qs_candidate *tried;

		status = try_first(suggestion, middle, findings, &tried);
		if (status != QS_OK)
			break;
		/* What a limit refuses is too much. */
		if (!tried || tried->reaches) {
			yes = middle;
			*best = qs_candidate_reaches(tried) ? tried : *best;
		} else {
			no = middle;
		}
	}
	return status;
}

/* Gives units what the limits leave room for, the most harmful first. */
static enum qs_status fill_up(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **ret_tried)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);
	enum qs_status status = candidate ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < suggestion->n_units && status == QS_OK; i++) {
		const unsigned kinds = suggestion->units[i].kinds;
		const unsigned tries[] = {kinds, kinds & QS_FLOWING, kinds & ~QS_FLOWING, 0};
		bool fits = false;

		for (size_t t = 0; !fits && status == QS_OK; t++) {
			candidate->kinds[i] = (unsigned char)tries[t];
			fits = !tries[t];
			if (tries[t])
				status = qs_candidate_price(suggestion, candidate);
			fits = fits || !candidate->is_refused;
		}
	}
	if (status != QS_OK) {
		qs_candidate_free(candidate);
		return status;
	}
	candidate->is_refused = false;
	qs_candidate_name(candidate, "what the budget has room for");
	return qs_candidate_try(suggestion, candidate, findings, ret_tried);
}

/* ---- leaving out ----------------------------------------------------------------------------- */

/* What a unit may do without: all that it has, or the kinds that do less harm. */
static unsigned dispensable(
    const struct qs_suggestion *suggestion, const struct qs_candidate *best, size_t unit, bool all)
{
	const struct qs_candidate_layer *item = &suggestion->units[unit];
	const unsigned has = best->kinds[unit];
	const unsigned flowing = has & QS_FLOWING, constant = has & ~QS_FLOWING;
	const bool lesser = item->harm_of[QS_TENSOR_WEIGHTS] + item->harm_of[QS_TENSOR_BIAS] <
	                    item->harm_of[QS_TENSOR_ACTIVATION] + item->harm_of[QS_TENSOR_INPUT];

	if (all)
		return best->n_layers > 1 ? has : 0;
	return !flowing || !constant ? 0 : lesser ? constant : flowing;
}

static struct qs_candidate *without(
    const struct qs_suggestion *suggestion, const struct qs_candidate *best, size_t unit, bool all)
{
	const unsigned kinds = dispensable(suggestion, best, unit, all);
	struct qs_candidate *candidate = qs_candidate_new(suggestion, best);

	if (!candidate)
		return NULL;
	candidate->kinds[unit] &= (unsigned char)~kinds;
	return candidate;
}

/* Tries what the best is without some of its units; it is replaced by the one of these that reaches
 * the goal with most to spare. */
static enum qs_status try_without(struct qs_suggestion *suggestion, const size_t *units, size_t n,
    bool all, struct qs_findings *findings, const struct qs_candidate **best)
{
	struct qs_candidate *candidates[QS_ROUND];
	const struct qs_candidate *tried[QS_ROUND], *found = NULL;
	enum qs_status status;

	for (size_t i = 0; i < n; i++) {
		candidates[i] = without(suggestion, *best, units[i], all);
		if (!candidates[i]) {
			while (i-- > 0)
				qs_candidate_free(candidates[i]);
			return QS_NOMEM;
		}
	}
	status = qs_candidates_try(suggestion, candidates, n, findings, tried);
	for (size_t i = 0; i < n && status == QS_OK; i++) {
		if (qs_candidate_reaches(tried[i]) &&
		    (!found || qs_suggestion_better(suggestion, tried[i]->value, found->value)))
			found = tried[i];
	}
	*best = found ? found : *best;
	return status;
}

/* Leaves out what the goal is reached without, the least harmful first; of several at a time what
 * is missed least. A command is asked about one at a time. */
static enum qs_status leave_out(struct qs_suggestion *suggestion, bool all,
    struct qs_findings *findings, const struct qs_candidate **best)
{
	const size_t at_a_time = suggestion->is_command ? 1 : QS_ROUND;
	enum qs_status status = QS_OK;
	size_t next = suggestion->n_units;

	while (next > 0 && status == QS_OK) {
		const struct qs_candidate *before = *best;
		size_t units[QS_ROUND], n = 0, at = next;

		while (at > 0 && n < at_a_time) {
			if (dispensable(suggestion, *best, --at, all))
				units[n++] = at;
		}
		if (n)
			status = try_without(suggestion, units, n, all, findings, best);
		next = *best == before ? at : next;
	}
	return status;
}

/* Layers first, then kinds of those that are left. */
static enum qs_status thin_out(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	enum qs_status status = leave_out(suggestion, true, findings, best);

	return status == QS_OK ? leave_out(suggestion, false, findings, best) : status;
}

/* ---- exchanging ------------------------------------------------------------------------------ */

/* The most harmful units that a candidate does not have. */
static size_t others(
    const struct qs_suggestion *suggestion, const struct qs_candidate *candidate, size_t *ret_units)
{
	size_t n = 0;

	for (size_t i = 0; i < suggestion->n_units && n < QS_ROUND; i++) {
		if (!candidate->kinds[i])
			ret_units[n++] = i;
	}
	return n;
}

/* Tries what the best is with one other unit in place of two of its own. */
static enum qs_status exchange_pair(struct qs_suggestion *suggestion,
    const struct qs_candidate *from, size_t a, size_t b, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	struct qs_candidate *candidates[QS_ROUND];
	const struct qs_candidate *tried[QS_ROUND];
	size_t units[QS_ROUND];
	const size_t n = others(suggestion, from, units);
	enum qs_status status;

	for (size_t i = 0; i < n; i++) {
		candidates[i] = qs_candidate_new(suggestion, from);
		if (!candidates[i]) {
			while (i-- > 0)
				qs_candidate_free(candidates[i]);
			return QS_NOMEM;
		}
		candidates[i]->kinds[a] = candidates[i]->kinds[b] = 0;
		candidates[i]->kinds[units[i]] = (unsigned char)suggestion->units[units[i]].kinds;
	}
	status = qs_candidates_try(suggestion, candidates, n, findings, tried);
	for (size_t i = 0; i < n && status == QS_OK; i++) {
		if (qs_candidate_reaches(tried[i]))
			*best = tried[i];
	}
	return status;
}

/* Pairs of the least harmful units that the best has are given up for one other, as long as that
 * goes; so many pairs. */
#define PAIRS 6

static enum qs_status exchange(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	const struct qs_candidate *from = *best;
	enum qs_status status = QS_OK;
	size_t n_pairs = 0;

	for (size_t a = suggestion->n_units; a-- > 0 && n_pairs < PAIRS && *best == from;) {
		for (size_t b = a; from->kinds[a] && b-- > 0 && n_pairs < PAIRS && *best == from;) {
			if (!from->kinds[b] || status != QS_OK)
				continue;
			n_pairs++;
			status = exchange_pair(suggestion, from, a, b, findings, best);
		}
	}
	return status == QS_OK && *best != from ? exchange(suggestion, findings, best) : status;
}

/* ---- searches -------------------------------------------------------------------------------- */

static bool is_limited(const struct qs_suggest_options *options)
{
	return options->bytes_limit != UINT64_MAX || options->macs16_limit != UINT64_MAX;
}

/* Looks for fewer layers than the best has: by what each gains, and by exchanging some. A command
 * takes too long to be asked that often. */
static enum qs_status refine(struct qs_suggestion *suggestion, struct qs_findings *findings,
    const struct qs_candidate **best)
{
	size_t *units;
	enum qs_status status;

	if (suggestion->is_command || (*best)->n_layers < 2)
		return QS_OK;
	units = malloc((suggestion->n_units + 1) * sizeof(*units));
	for (size_t i = 0; units && i < suggestion->n_units; i++)
		units[i] = i;
	status = units ? qs_search_greedy(suggestion, units, suggestion->n_units, (*best)->n_layers,
			     findings, best)
	               : QS_NOMEM;
	free(units);
	if (status == QS_OK)
		status = leave_out(suggestion, true, findings, best);
	return status == QS_OK ? exchange(suggestion, findings, best) : status;
}

enum qs_status qs_search_fewest(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const struct qs_candidate *best;
	enum qs_status status = bisect(suggestion, findings, &best);

	if (status == QS_OK && !qs_candidate_reaches(best) && is_limited(suggestion->options))
		status = fill_up(suggestion, findings, &best);
	if (status != QS_OK || !qs_candidate_reaches(best))
		return status;
	status = refine(suggestion, findings, &best);
	return status == QS_OK ? thin_out(suggestion, findings, &best) : status;
}

/* Numbers the types of units; those that entries cannot name stand each for itself. */
static size_t *group_by_type(const struct qs_suggestion *suggestion, size_t *ret_n)
{
	size_t *groups = malloc((suggestion->n_units + 1) * sizeof(*groups));
	struct qs_map types = QS_MAP_INIT;

	*ret_n = 0;
	for (size_t i = 0; groups && i < suggestion->n_units; i++) {
		const char *type = suggestion->units[i].type;
		const size_t known = *type ? qs_map_get(&types, type) : QS_MAP_NONE;

		groups[i] = known == QS_MAP_NONE ? (*ret_n)++ : known;
		if (known == QS_MAP_NONE && *type && !qs_map_set(&types, type, groups[i])) {
			free(groups);
			groups = NULL;
		}
	}
	qs_map_done(&types);
	return groups;
}

enum qs_status qs_search_types(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const struct qs_candidate *best = NULL;
	size_t n;
	size_t *groups = group_by_type(suggestion, &n);
	const enum qs_status status =
	    groups ? qs_search_greedy(suggestion, groups, n, n + 1, findings, &best) : QS_NOMEM;

	free(groups);
	return status;
}
