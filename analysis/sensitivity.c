/* SPDX-License-Identifier: Apache-2.0 */
/* Measures what each quantized tensor costs on its own. */
#include "analysis/sensitivity.h"

#include <stdlib.h>
#include <time.h>

#include "analysis/sensitivity_cache.h"
#include "analysis/sensitivity_groups.h"

/* Seconds between two times that a cache is written. */
#define CACHE_SECONDS 2

struct keeping {
	struct qs_trials *trials;
	const struct qs_calibrate_options *options;
	const char *cache;
	uint64_t fingerprint;
	time_t kept;
	struct qs_findings *findings;
	enum qs_status status;
};

static time_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void keep(struct keeping *keeping)
{
	keeping->status = qs_trials_write(
	    keeping->trials, keeping->fingerprint, keeping->cache, keeping->findings);
	keeping->kept = seconds_now();
}

static bool pause_trials(void *context, size_t n_done, size_t n_all)
{
	struct keeping *keeping = context;
	const struct qs_calibrate_options *options = keeping->options;
	const bool goes_on =
	    !options->progress || options->progress(options->context, n_done, n_all);

	if (keeping->cache &&
	    (!goes_on || n_done == n_all || seconds_now() - keeping->kept >= CACHE_SECONDS))
		keep(keeping);
	return goes_on && keeping->status == QS_OK;
}

/* What failed in a pause is told by it. */
static enum qs_status run_trials(struct keeping *keeping, struct qs_findings *findings)
{
	const enum qs_status status =
	    qs_trials_run(keeping->trials, pause_trials, keeping, findings);

	return keeping->status == QS_OK ? status : keeping->status;
}

/* The trial that tells of each row, and of how many it does. */
static enum qs_status find_trials(
    struct qs_sensitivity *sensitivity, const struct qs_trials *trials, size_t **ret_trials)
{
	const size_t n = sensitivity->rows.n;

	*ret_trials = malloc((n + 1) * sizeof(**ret_trials));
	sensitivity->together = malloc((n + 1) * sizeof(*sensitivity->together));
	if (!*ret_trials || !sensitivity->together)
		return QS_NOMEM;
	for (size_t i = 0; i < n; i++) {
		(*ret_trials)[i] = i;
		sensitivity->together[i] = 1;
	}
	if (trials->groups)
		qs_row_groups_spread(trials->groups, *ret_trials, sensitivity->together);
	return QS_OK;
}

static void take_row(
    struct qs_sensitivity *sensitivity, const struct qs_trials *trials, size_t row, size_t trial)
{
	const struct qs_trial *item = &trials->items[trial];

	sensitivity->shares[row] = (double)item->n_batches / (double)trials->n_batches;
	for (int m = 0; m < QS_METRIC__COUNT; m++)
		sensitivity->values[row * QS_METRIC__COUNT + (size_t)m] =
		    qs_trial_value(trials, item, (enum qs_metric)m);
}

static enum qs_status take_rows(struct qs_sensitivity *sensitivity, const struct qs_trials *trials)
{
	size_t *trial_of_row = NULL;
	enum qs_status status;

	sensitivity->values =
	    calloc(sensitivity->rows.n * QS_METRIC__COUNT + 1, sizeof(*sensitivity->values));
	sensitivity->shares = calloc(sensitivity->rows.n + 1, sizeof(*sensitivity->shares));
	sensitivity->macs = calloc(trials->plan->layers->n_items + 1, sizeof(*sensitivity->macs));
	if (!sensitivity->values || !sensitivity->shares || !sensitivity->macs)
		return QS_NOMEM;
	for (size_t i = 0; i < trials->plan->layers->n_items; i++)
		sensitivity->macs[i] = trials->macs[i];
	status = find_trials(sensitivity, trials, &trial_of_row);
	for (size_t i = 0; i < sensitivity->rows.n && status == QS_OK; i++)
		take_row(sensitivity, trials, i, trial_of_row[i]);
	free(trial_of_row);
	return status;
}

static void take_cost(struct qs_sensitivity *sensitivity, const struct qs_trials *trials)
{
	const size_t n_batches = trials->n_batches;
	struct qs_sensitivity_cost cost = {.n_layers = trials->plan->layers->n_items,
	    .n_rows = sensitivity->rows.n,
	    .n_batches = trials->feed.dataset.n_batches,
	    .runs = trials->cost / (double)n_batches};

	for (size_t i = 0; i < sensitivity->rows.n; i++) {
		cost.n_full_rows += !(sensitivity->shares[i] < 1.0);
		cost.n_lone_rows += sensitivity->together[i] == 1;
	}
	sensitivity->cost = cost;
}

/* Opens a trial for each row, or for groups of them where the limit may not allow that and the data
 * cannot be cut. */
static enum qs_status open_trials(struct qs_sensitivity *sensitivity, const struct qs_job *job,
    const struct qs_calibrate_options *options, const struct qs_effort *effort,
    struct qs_row_groups *groups, struct qs_trials *trials, struct qs_findings *findings)
{
	const struct qs_sensitive_rows *rows = &sensitivity->rows;
	const double limit = effort->runs_a_layer * (double)job->plan->layers->n_items;
	enum qs_status status = qs_row_groups_init(groups, rows);

	*trials = (struct qs_trials){.plan = NULL};
	if (status == QS_OK)
		status =
		    qs_trials_open(trials, job, options, qs_row_groups_n(groups), limit, findings);
	if (status == QS_OK && limit > 0.0 && trials->n_batches == 1) {
		qs_row_groups_lead(groups, trials);
		return QS_OK;
	}
	if (status == QS_OK)
		qs_trials_renew(trials, rows->n);
	for (size_t i = 0; i < rows->n && status == QS_OK; i++) {
		trials->items[i].sites = rows->items[i].sites;
		trials->items[i].n_sites = rows->items[i].n_sites;
	}
	return status;
}

static enum qs_status measure(struct qs_sensitivity *sensitivity, const struct qs_job *job,
    const struct qs_calibrate_options *options, const struct qs_effort *effort,
    struct qs_findings *findings)
{
	const char *cache = effort->cache;
	struct qs_row_groups groups;
	struct qs_trials trials;
	struct keeping keeping = {.trials = &trials,
	    .options = options,
	    .cache = cache,
	    .kept = seconds_now(),
	    .findings = findings};
	enum qs_status status =
	    open_trials(sensitivity, job, options, effort, &groups, &trials, findings);

	if (status == QS_OK && cache)
		status = qs_trials_fingerprint(&trials, job, findings, &keeping.fingerprint);
	if (status == QS_OK && cache)
		status = qs_trials_read(&trials, keeping.fingerprint, cache, findings);
	if (status == QS_OK)
		status = run_trials(&keeping, findings);
	if (status == QS_OK)
		qs_sensitive_rows_count(
		    &sensitivity->rows, trials.macs, job->plan->layers->n_items);
	if (status == QS_OK)
		status = take_rows(sensitivity, &trials);
	if (status == QS_OK)
		take_cost(sensitivity, &trials);
	qs_trials_done(&trials);
	qs_row_groups_done(&groups);
	return status;
}

enum qs_status qs_sensitivity_new(const struct qs_job *job,
    const struct qs_calibrate_options *options, const struct qs_effort *effort,
    struct qs_findings *findings, struct qs_sensitivity **ret_sensitivity)
{
	struct qs_sensitivity *sensitivity = calloc(1, sizeof(*sensitivity));
	enum qs_status status;

	if (!sensitivity)
		return QS_NOMEM;
	status = qs_sensitive_rows_init(&sensitivity->rows, job->plan, job->registry);
	if (status == QS_OK)
		status = measure(sensitivity, job, options, effort, findings);
	if (status != QS_OK) {
		qs_sensitivity_free(sensitivity);
		return status;
	}
	*ret_sensitivity = sensitivity;
	return QS_OK;
}

void qs_sensitivity_free(struct qs_sensitivity *sensitivity)
{
	if (!sensitivity)
		return;
	qs_sensitive_rows_done(&sensitivity->rows);
	free(sensitivity->values);
	free(sensitivity->shares);
	free(sensitivity->together);
	free(sensitivity->macs);
	free(sensitivity);
}

struct qs_sensitivity_cost qs_sensitivity_cost_of(const struct qs_sensitivity *sensitivity)
{
	return sensitivity->cost;
}

double qs_sensitivity_value(
    const struct qs_sensitivity *sensitivity, size_t row, enum qs_metric metric)
{
	return sensitivity->values[row * QS_METRIC__COUNT + (size_t)metric];
}

/* ---- order ----------------------------------------------------------------------------------- */

struct place {
	size_t row;
	double value;
	enum qs_metric metric;
};

/* The worse first, and those that are as bad in the order of the model. */
static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (qs_metric_better(x->metric, x->value, y->value))
		return 1;
	if (qs_metric_better(x->metric, y->value, x->value))
		return -1;
	return x->row < y->row ? -1 : x->row > y->row;
}

size_t *qs_sensitivity_order(const struct qs_sensitivity *sensitivity, enum qs_metric metric)
{
	const size_t n = sensitivity->rows.n;
	struct place *places = malloc((n + 1) * sizeof(*places));
	size_t *order = malloc((n + 1) * sizeof(*order));

	if (!places || !order) {
		free(places);
		free(order);
		return NULL;
	}
	for (size_t i = 0; i < n; i++)
		places[i] = (struct place){i, qs_sensitivity_value(sensitivity, i, metric), metric};
	qsort(places, n, sizeof(*places), compare);
	for (size_t i = 0; i < n; i++)
		order[i] = places[i].row;
	free(places);
	return order;
}
