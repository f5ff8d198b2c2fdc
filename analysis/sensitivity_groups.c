/* SPDX-License-Identifier: Apache-2.0 */
/* Measures rows together, and halves the groups that do worst. */
#include "analysis/sensitivity_groups.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/metric.h"
#include "analysis/replay_reach.h"

/* Groups that are halved at a time. */
#define AT_A_TIME 8

/* The part of the limit that the first groups may cost. The rest halves those that do worst. */
#define FIRST_SHARE 0.65

/* ---- the tree -------------------------------------------------------------------------------- */

static size_t level_of(const struct qs_row_groups *groups, size_t node)
{
	size_t level = 0;

	while (node >= groups->first[level + 1])
		level++;
	return level;
}

/* The rows of a node. */
static void rows_of(
    const struct qs_row_groups *groups, size_t node, size_t *ret_begin, size_t *ret_end)
{
	const size_t level = level_of(groups, node);
	const size_t width = (size_t)1 << level;

	*ret_begin = (node - groups->first[level]) * width;
	*ret_end = groups->n_rows - *ret_begin < width ? groups->n_rows : *ret_begin + width;
}

/* The one or two nodes below one that is no row. */
static size_t children_of(const struct qs_row_groups *groups, size_t node, size_t ret_children[2])
{
	const size_t level = level_of(groups, node);
	const size_t left = groups->first[level - 1] + 2 * (node - groups->first[level]);

	ret_children[0] = left;
	ret_children[1] = left + 1;
	return left + 1 < groups->first[level] ? 2 : 1;
}

enum qs_status qs_row_groups_init(
    struct qs_row_groups *groups, const struct qs_sensitive_rows *rows)
{
	size_t n_sites = 0, n = rows->n;

	*groups = (struct qs_row_groups){.n_rows = rows->n};
	do {
		groups->first[groups->n_levels + 1] = groups->first[groups->n_levels] + n;
		groups->n_levels++;
		n = (n + 1) / 2;
	} while (groups->first[groups->n_levels] - groups->first[groups->n_levels - 1] > 1);
	for (size_t i = 0; i < rows->n; i++)
		n_sites += rows->items[i].n_sites;
	n = qs_row_groups_n(groups);
	groups->sites = calloc(n_sites + 1, sizeof(*groups->sites));
	groups->begin = calloc(rows->n + 1, sizeof(*groups->begin));
	groups->costs = calloc(n + 1, sizeof(*groups->costs));
	groups->is_closed = calloc(n + 1, sizeof(*groups->is_closed));
	groups->frontier = calloc(rows->n + 1, sizeof(*groups->frontier));
	if (!groups->sites || !groups->begin || !groups->costs || !groups->is_closed ||
	    !groups->frontier)
		return QS_NOMEM;
	n_sites = 0;
	for (size_t i = 0; i < rows->n; i++) {
		for (size_t s = 0; s < rows->items[i].n_sites; s++)
			groups->sites[n_sites++] = rows->items[i].sites[s];
		groups->begin[i + 1] = n_sites;
	}
	for (size_t i = 0; i < n; i++)
		groups->costs[i] = -1.0;
	return QS_OK;
}

void qs_row_groups_done(struct qs_row_groups *groups)
{
	free(groups->sites);
	free(groups->begin);
	free(groups->costs);
	free(groups->is_closed);
	free(groups->frontier);
	*groups = (struct qs_row_groups){.n_rows = 0};
}

size_t qs_row_groups_n(const struct qs_row_groups *groups)
{
	return groups->first[groups->n_levels];
}

void qs_row_groups_lead(struct qs_row_groups *groups, struct qs_trials *trials)
{
	trials->groups = groups;
	for (size_t i = 0; i < trials->n; i++) {
		size_t begin, end;

		rows_of(groups, i, &begin, &end);
		trials->items[i].sites = groups->sites + groups->begin[begin];
		trials->items[i].n_sites = groups->begin[end] - groups->begin[begin];
	}
}

void qs_row_groups_spread(
    const struct qs_row_groups *groups, size_t *ret_trials, size_t *ret_n_rows)
{
	for (size_t i = 0; i < groups->n_frontier; i++) {
		size_t begin, end;

		rows_of(groups, groups->frontier[i], &begin, &end);
		for (size_t row = begin; row < end; row++) {
			ret_trials[row] = groups->frontier[i];
			ret_n_rows[row] = end - begin;
		}
	}
}

/* ---- what it costs --------------------------------------------------------------------------- */

/* What a trial costs at most. */
static enum qs_status price(
    struct qs_row_groups *groups, const struct qs_trials *trials, size_t node, double *ret_cost)
{
	const struct qs_trial *trial = &trials->items[node];
	enum qs_status status = QS_OK;

	if (groups->costs[node] < 0.0)
		status = qs_replay_reach(trials->replay, trials->macs, trial->sites, trial->n_sites,
		    &groups->costs[node]);
	*ret_cost = groups->costs[node];
	return status;
}

static enum qs_status price_level(
    struct qs_row_groups *groups, const struct qs_trials *trials, size_t level, double *ret_cost)
{
	enum qs_status status = QS_OK;

	*ret_cost = 0.0;
	for (size_t i = groups->first[level]; i < groups->first[level + 1] && status == QS_OK;
	     i++) {
		double cost;

		status = price(groups, trials, i, &cost);
		*ret_cost += cost;
	}
	return status;
}

/* ---- which are measured ---------------------------------------------------------------------- */

/* Rows alone, if that is within the limit; else the smallest groups that leave enough of it. */
static enum qs_status begin(struct qs_row_groups *groups, struct qs_trials *trials)
{
	double cost;
	size_t level = 0;
	/* The float run is one. */
	enum qs_status status = price_level(groups, trials, 0, &cost);

	while (status == QS_OK && level + 1 < groups->n_levels &&
	       cost + 1.0 > (level ? FIRST_SHARE : 1.0) * trials->limit)
		status = price_level(groups, trials, ++level, &cost);
	groups->spent = cost + 1.0;
	for (size_t i = groups->first[level]; i < groups->first[level + 1]; i++)
		groups->frontier[groups->n_frontier++] = i;
	return status;
}

static bool is_measured(const struct qs_trials *trials, size_t node)
{
	return trials->items[node].n_batches > 0;
}

/* Asks for those of the frontier that are not measured; false when there are none. */
static bool want(struct qs_row_groups *groups, struct qs_trials *trials)
{
	bool any = false;

	for (size_t i = 0; i < groups->n_frontier; i++) {
		if (is_measured(trials, groups->frontier[i]))
			continue;
		trials->items[groups->frontier[i]].n_wanted = 1;
		any = true;
	}
	return any;
}

/* The places in the frontier of the groups that do worst and may be halved, the worst first. */
static size_t find_worst(const struct qs_row_groups *groups, const struct qs_trials *trials,
    size_t ret_places[AT_A_TIME])
{
	double values[AT_A_TIME];
	size_t n = 0;

	for (size_t i = 0; i < groups->n_frontier; i++) {
		const size_t node = groups->frontier[i];
		double value;
		size_t at;

		if (node < groups->first[1] || groups->is_closed[node])
			continue;
		value = qs_trial_value(trials, &trials->items[node], trials->metric);
		for (at = n; at > 0 && qs_metric_better(trials->metric, values[at - 1], value);
		     at--) {
			if (at == AT_A_TIME)
				continue;
			values[at] = values[at - 1];
			ret_places[at] = ret_places[at - 1];
		}
		if (at == AT_A_TIME)
			continue;
		values[at] = value;
		ret_places[at] = i;
		n += n < AT_A_TIME;
	}
	return n;
}

/* The only node below another is of the same rows: it need not be measured again. */
static void hand_down(const struct qs_trials *trials, size_t from, size_t to)
{
	const struct qs_trial *above = &trials->items[from];
	struct qs_trial *below = &trials->items[to];

	below->n_batches = above->n_batches;
	below->n_wanted = above->n_wanted;
	below->cost = above->cost;
	memcpy(below->outputs, above->outputs, trials->n_outputs * sizeof(*below->outputs));
}

/* Halves a group of the frontier, if there is enough left; else it stays as it is. */
static enum qs_status halve(
    struct qs_row_groups *groups, const struct qs_trials *trials, size_t place)
{
	const size_t node = groups->frontier[place];
	size_t children[2];
	const size_t n = children_of(groups, node, children);
	double left = 0.0, right = 0.0;
	enum qs_status status = QS_OK;

	if (n == 1) {
		hand_down(trials, node, children[0]);
		groups->frontier[place] = children[0];
		return QS_OK;
	}
	status = price(groups, trials, children[0], &left);
	if (status == QS_OK)
		status = price(groups, trials, children[1], &right);
	if (status != QS_OK || groups->spent + left + right > trials->limit) {
		groups->is_closed[node] = true;
		return status;
	}
	groups->spent += left + right;
	groups->frontier[place] = children[0];
	groups->frontier[groups->n_frontier++] = children[1];
	return QS_OK;
}

enum qs_status qs_row_groups_settle(struct qs_row_groups *groups, struct qs_trials *trials)
{
	enum qs_status status = groups->n_frontier ? QS_OK : begin(groups, trials);

	while (status == QS_OK && !want(groups, trials)) {
		size_t places[AT_A_TIME];
		const size_t n = find_worst(groups, trials, places);

		if (!n)
			break;
		for (size_t i = 0; i < n && status == QS_OK; i++)
			status = halve(groups, trials, places[i]);
	}
	return status;
}
