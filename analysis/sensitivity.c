/* SPDX-License-Identifier: Apache-2.0 */
/* Measures what each quantized tensor costs on its own. */
#include "analysis/sensitivity.h"

#include <stdlib.h>
#include <time.h>

#include "analysis/sensitivity_cache.h"

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

static enum qs_status take_rows(struct qs_sensitivity *sensitivity, const struct qs_trials *trials)
{
	sensitivity->values =
	    calloc(sensitivity->rows.n * QS_METRIC__COUNT + 1, sizeof(*sensitivity->values));
	sensitivity->shares = calloc(sensitivity->rows.n + 1, sizeof(*sensitivity->shares));
	sensitivity->macs = calloc(trials->plan->layers->n_items + 1, sizeof(*sensitivity->macs));
	if (!sensitivity->values || !sensitivity->shares || !sensitivity->macs)
		return QS_NOMEM;
	for (size_t i = 0; i < trials->plan->layers->n_items; i++)
		sensitivity->macs[i] = trials->macs[i];
	for (size_t i = 0; i < sensitivity->rows.n; i++) {
		sensitivity->shares[i] =
		    (double)trials->items[i].n_batches / (double)trials->n_batches;
		for (int m = 0; m < QS_METRIC__COUNT; m++)
			sensitivity->values[i * QS_METRIC__COUNT + (size_t)m] =
			    qs_trial_value(trials, &trials->items[i], (enum qs_metric)m);
	}
	return QS_OK;
}

static void take_cost(struct qs_sensitivity *sensitivity, const struct qs_trials *trials)
{
	const size_t n_batches = trials->n_batches;
	struct qs_sensitivity_cost cost = {.n_layers = trials->plan->layers->n_items,
	    .n_rows = trials->n,
	    .n_batches = trials->feed.dataset.n_batches,
	    .runs = trials->cost / (double)n_batches};

	for (size_t i = 0; i < trials->n; i++)
		cost.n_full_rows += trials->items[i].n_batches == n_batches;
	sensitivity->cost = cost;
}

static enum qs_status measure(struct qs_sensitivity *sensitivity, const struct qs_job *job,
    const struct qs_calibrate_options *options, const struct qs_effort *effort,
    struct qs_findings *findings)
{
	const char *cache = effort->cache;
	struct qs_trials trials;
	struct keeping keeping = {.trials = &trials,
	    .options = options,
	    .cache = cache,
	    .kept = seconds_now(),
	    .findings = findings};
	enum qs_status status = qs_trials_open(&trials, job, options, sensitivity->rows.n,
	    effort->runs_a_layer * (double)job->plan->layers->n_items, findings);

	for (size_t i = 0; i < sensitivity->rows.n && status == QS_OK; i++) {
		trials.items[i].sites = sensitivity->rows.items[i].sites;
		trials.items[i].n_sites = sensitivity->rows.items[i].n_sites;
	}
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
