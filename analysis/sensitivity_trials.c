/* SPDX-License-Identifier: Apache-2.0 */
/* Runs trials over data. */
#include "analysis/sensitivity_trials.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/sensitivity_groups.h"
#include "analysis/sensitivity_parts.h"
#include "base/finding.h"
#include "numbers/pool.h"
#include "numbers/registry.h"
#include "model/ort.h"
#include "model/tensor.h"

/* Trials between two pauses: enough for all threads, few enough to be stopped soon. */
#define TRIALS_AT_A_TIME 16

/* Parts of the data, so that there is a choice of who sees more than the first. */
#define FEWEST_PARTS 4

/* ---- opening --------------------------------------------------------------------------------- */

/* Outputs that hold numbers, as far as their types are known. */
static enum qs_status find_outputs(struct qs_trials *trials, struct qs_findings *findings)
{
	const struct qs_graph *graph = trials->plan->layers->graph;
	const Onnx__GraphProto *proto = graph->proto;

	trials->outputs = calloc(proto->n_output + 1, sizeof(*trials->outputs));
	if (!trials->outputs)
		return QS_NOMEM;
	for (size_t i = 0; i < proto->n_output; i++) {
		const size_t value = qs_graph_find(graph, proto->output[i]->name);
		int type = value == QS_NONE ? 0 : graph->values[value].element_type;

		if (value != QS_NONE && !graph->values[value].is_static &&
		    type != ONNX__TENSOR_PROTO__DATA_TYPE__STRING)
			trials->outputs[trials->n_outputs++] = i;
	}
	if (trials->n_outputs)
		return QS_OK;
	qs_finding_add(findings, QS_FINDING_NO_MEASURABLE_OUTPUT,
	    qs_model_place(graph->model, findings),
	    "the model has no output of numbers that depends on its inputs");
	return QS_INVALID;
}

static enum qs_status make_items(struct qs_trials *trials, size_t n)
{
	if (n && trials->n_outputs > SIZE_MAX / n / sizeof(*trials->agreements))
		return QS_NOMEM;
	trials->items = calloc(n + 1, sizeof(*trials->items));
	trials->agreements = calloc(n * trials->n_outputs + 1, sizeof(*trials->agreements));
	trials->macs = calloc(trials->plan->layers->n_items + 1, sizeof(*trials->macs));
	if (!trials->items || !trials->agreements || !trials->macs)
		return QS_NOMEM;
	qs_trials_renew(trials, n);
	return QS_OK;
}

static enum qs_status count_parts(struct qs_trials *trials, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;

	trials->n_parts = 1;
	if (trials->limit > 0.0)
		status = qs_feed_parts(&trials->feed, FEWEST_PARTS, findings, &trials->n_parts);
	trials->n_batches = trials->feed.dataset.n_batches * trials->n_parts;
	return status;
}

enum qs_status qs_trials_open(struct qs_trials *trials, const struct qs_job *job,
    const struct qs_calibrate_options *options, size_t n, double limit,
    struct qs_findings *findings)
{
	enum qs_status status;

	*trials = (struct qs_trials){.plan = job->plan, .registry = job->registry, .limit = limit};
	if (job->stage != QS_JOB_CALIBRATED)
		return QS_BUG;
	status = find_outputs(trials, findings);
	if (status == QS_OK)
		status = make_items(trials, n);
	if (status == QS_OK)
		status = qs_feed_open(job->plan->layers->graph, options->data, options->images,
		    findings, &trials->feed);
	if (status == QS_OK)
		status = count_parts(trials, findings);
	if (status == QS_OK)
		status = qs_ort_open(options->onnxruntime, findings, &trials->runtime);
	if (status == QS_OK)
		status = qs_replay_new(
		    job->plan, job->registry, trials->runtime, findings, &trials->replay);
	return status;
}

void qs_trials_renew(struct qs_trials *trials, size_t n)
{
	trials->n = n;
	memset(trials->agreements, 0, n * trials->n_outputs * sizeof(*trials->agreements));
	for (size_t i = 0; i < n; i++)
		trials->items[i] =
		    (struct qs_trial){.outputs = trials->agreements + i * trials->n_outputs};
}

void qs_trials_done(struct qs_trials *trials)
{
	qs_replay_free(trials->replay);
	qs_runtime_close(trials->runtime);
	qs_feed_done(&trials->feed);
	free(trials->items);
	free(trials->agreements);
	free(trials->outputs);
	free(trials->macs);
	*trials = (struct qs_trials){.plan = NULL};
}

/* ---- running --------------------------------------------------------------------------------- */

/* One trial on the batch at hand. */
struct attempt {
	struct qs_trial *trial;
	struct qs_findings *findings; /* its own */
	struct qs_replay_cost cost;
	enum qs_status status;
};

struct attempts {
	struct qs_trials *trials;
	struct attempt items[TRIALS_AT_A_TIME];
	size_t n;
};

/* What has another number of elements than expected agrees in nothing. */
static void add_mismatch(struct qs_agreement *agreement)
{
	const float expected = 0, found = NAN;

	qs_agreement_add(agreement, &expected, &found, 1, 1);
}

/* Adds what was found at an output; as expected, where the blob has no data. */
static enum qs_status add_output(
    const struct qs_blob *expected, const struct qs_blob *found, struct qs_agreement *agreement)
{
	const bool same = !found->data;
	const size_t last =
	    expected->n_dims ? (size_t)expected->dims[expected->n_dims - 1] : (size_t)1;
	size_t n, n_found;
	float *right = qs_blob_floats(expected, &n);
	float *other = same ? right : qs_blob_floats(found, &n_found);

	if (right && other && (same || n == n_found))
		qs_agreement_add(agreement, right, other, n, last);
	else if (right && other)
		add_mismatch(agreement);
	if (other != right)
		free(other);
	free(right);
	return right && other ? QS_OK : QS_NOMEM;
}

static enum qs_status try(const struct qs_trials *trials, struct attempt *attempt)
{
	const struct qs_trial *trial = attempt->trial;
	bool *is_on = malloc(trials->plan->n_sites + 1);
	struct qs_replayed replayed;
	enum qs_status status;

	if (!is_on)
		return QS_NOMEM;
	for (size_t i = 0; i < trials->plan->n_sites; i++)
		is_on[i] = trial->all_but;
	for (size_t i = 0; i < trial->n_sites; i++)
		is_on[trial->sites[i]] = !trial->all_but;
	status = qs_replay_run(trials->replay, trial->plan ? trial->plan : trials->plan, is_on,
	    attempt->findings, &replayed);
	free(is_on);
	if (status != QS_OK)
		return status;
	attempt->cost = replayed.cost;
	for (size_t i = 0; i < trials->n_outputs && status == QS_OK; i++)
		status = add_output(qs_replay_expected(trials->replay, trials->outputs[i]),
		    &replayed.outputs[trials->outputs[i]], &trial->outputs[i]);
	qs_replayed_done(&replayed);
	return status;
}

static void task(void *context, size_t index)
{
	struct attempts *attempts = context;
	struct attempt *attempt = &attempts->items[index];

	attempt->status = attempt->findings ? try(attempts->trials, attempt) : QS_NOMEM;
}

/* What was computed as a share of the whole model: by multiply-accumulates, or by pieces in a model
 * that has none. */
static double share_of(const struct qs_trials *trials, struct qs_replay_cost cost)
{
	const struct qs_replay_cost whole = qs_replay_whole(trials->replay);

	return whole.macs ? (double)cost.macs / (double)whole.macs
	                  : (double)cost.pieces / (double)whole.pieces;
}

/* Tries some trials, at the same time if there are threads; the first failure counts. */
static enum qs_status try_some(struct attempts *attempts, struct qs_findings *findings)
{
	struct qs_trials *trials = attempts->trials;
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < attempts->n; i++)
		attempts->items[i].findings = qs_findings_new_beside(findings);
	qs_pool_run(qs_registry_pool(trials->registry), attempts->n, task, attempts);
	for (size_t i = 0; i < attempts->n; i++) {
		struct attempt *attempt = &attempts->items[i];

		if (attempt->status == QS_OK) {
			const double cost = share_of(trials, attempt->cost);

			if (attempt->trial->n_batches++ == 0)
				attempt->trial->cost = cost;
			trials->cost += cost;
			qs_findings_free(attempt->findings);
		} else if (status == QS_OK) {
			status = attempt->status;
			if (attempt->findings)
				qs_findings_join(findings, attempt->findings);
		} else {
			qs_findings_free(attempt->findings);
		}
	}
	attempts->n = 0;
	return status;
}

/* ---- who sees a batch ------------------------------------------------------------------------ */

struct rank {
	size_t item;
	double value;
	enum qs_metric metric;
};

/* The worse first, and of equal ones the earlier. */
static int compare(const void *a, const void *b)
{
	const struct rank *x = a, *y = b;

	if (qs_metric_better(x->metric, x->value, y->value))
		return 1;
	if (qs_metric_better(x->metric, y->value, x->value))
		return -1;
	return x->item < y->item ? -1 : x->item > y->item;
}

/* The trials that have seen all batches before this one, in order; NULL when memory ran out. */
static struct rank *rank_trials(const struct qs_trials *trials, size_t batch, size_t *ret_n)
{
	struct rank *ranks = malloc((trials->n + 1) * sizeof(*ranks));

	*ret_n = 0;
	for (size_t i = 0; ranks && i < trials->n; i++) {
		const struct qs_trial *trial = &trials->items[i];

		if (trial->n_batches < batch)
			continue;
		ranks[(*ret_n)++] =
		    (struct rank){i, qs_trial_value(trials, trial, trials->metric), trials->metric};
	}
	if (ranks)
		qsort(ranks, *ret_n, sizeof(*ranks), compare);
	return ranks;
}

/* What may be spent on a batch beside its float run. */
static double allowance(const struct qs_trials *trials, size_t batch)
{
	const double n_batches = (double)trials->n_batches;
	double left = trials->limit * n_batches - (double)batch;

	for (size_t i = 0; i < trials->n; i++)
		left -= (double)trials->items[i].n_batches * trials->items[i].cost;
	return left / (n_batches - (double)batch) - 1.0;
}

/* Settles which trials see a batch; false when memory ran out. */
static bool settle(struct qs_trials *trials, size_t batch)
{
	double left = batch && trials->limit > 0.0 ? allowance(trials, batch) : INFINITY;
	struct rank *ranks;
	size_t n;

	for (size_t i = 0; i < trials->n; i++) {
		/* It was settled before the trials were broken off. */
		if (trials->items[i].n_wanted > batch)
			return true;
	}
	ranks = rank_trials(trials, batch, &n);
	for (size_t i = 0; ranks && i < n; i++) {
		struct qs_trial *trial = &trials->items[ranks[i].item];

		left -= trial->cost;
		if (left < 0.0)
			break;
		trial->n_wanted = batch + 1;
	}
	free(ranks);
	return ranks;
}

/* Whether a trial is to see a batch that it has not seen. */
static bool is_due(const struct qs_trial *trial, size_t batch)
{
	return trial->n_wanted > batch && trial->n_batches == batch;
}

/* ---- batches --------------------------------------------------------------------------------- */

static size_t count_seen(const struct qs_trials *trials)
{
	size_t n = 0;

	for (size_t i = 0; i < trials->n; i++)
		n += trials->items[i].n_batches;
	return n;
}

/* What is to be measured, alone or together. */
static size_t count_rows(const struct qs_trials *trials)
{
	return trials->groups ? trials->groups->n_rows : trials->n;
}

/* Runs a part of the data in float, where it has any samples and is not the one at hand. */
static enum qs_status take_part(
    struct qs_trials *trials, size_t batch, bool *ret_any, struct qs_findings *findings)
{
	const size_t part = batch % trials->n_parts;
	struct qs_blob *blobs = NULL;
	enum qs_status status;

	*ret_any = trials->n_taken == batch + 1;
	if (*ret_any)
		return QS_OK;
	trials->n_taken = 0;
	status = qs_feed_read(&trials->feed, batch / trials->n_parts, findings);
	if (status == QS_OK)
		status = qs_feed_cut(&trials->feed, part, trials->n_parts, &blobs);
	*ret_any = blobs;
	if (!blobs)
		return status;
	status = qs_replay_take(trials->replay, blobs, trials->feed.n_inputs, findings);
	free(blobs);
	if (status == QS_OK)
		trials->n_taken = batch + 1;
	if (status == QS_OK && batch == 0) {
		memcpy(trials->macs, qs_replay_macs(trials->replay),
		    trials->plan->layers->n_items * sizeof(*trials->macs));
		trials->is_counted = true;
	}
	trials->cost += 1.0;
	return status;
}

/* Notes that trials have seen what is empty. */
static void pass_over(struct qs_trials *trials, size_t batch)
{
	for (size_t i = 0; i < trials->n; i++)
		trials->items[i].n_batches += is_due(&trials->items[i], batch);
}

static enum qs_status run_batch(struct qs_trials *trials, size_t batch, qs_trials_pause *pause,
    void *context, struct qs_findings *findings)
{
	struct attempts attempts = {.trials = trials};
	size_t n_due = 0;
	bool any;
	enum qs_status status = take_part(trials, batch, &any, findings);

	if (status == QS_OK && !any)
		pass_over(trials, batch);
	for (size_t i = 0; i < trials->n; i++)
		n_due += is_due(&trials->items[i], batch);
	for (size_t i = 0; i < trials->n && status == QS_OK; i++) {
		if (!is_due(&trials->items[i], batch))
			continue;
		attempts.items[attempts.n++] = (struct attempt){.trial = &trials->items[i]};
		n_due--;
		if (n_due && attempts.n < TRIALS_AT_A_TIME)
			continue;
		status = try_some(&attempts, findings);
		if (status == QS_OK && pause &&
		    !pause(context, count_seen(trials), count_rows(trials) * trials->n_batches))
			status = QS_INVALID;
	}
	return status;
}

static bool any_due(const struct qs_trials *trials, size_t batch)
{
	size_t i = 0;

	while (i < trials->n && !is_due(&trials->items[i], batch))
		i++;
	return i < trials->n;
}

/* Lets trials see the one part there is, as long as groups settle any. */
static enum qs_status run_groups(
    struct qs_trials *trials, qs_trials_pause *pause, void *context, struct qs_findings *findings)
{
	enum qs_status status = QS_OK;
	bool any = true;

	if (!trials->is_counted)
		status = take_part(trials, 0, &any, findings);
	while (status == QS_OK && any) {
		status = qs_row_groups_settle(trials->groups, trials);
		any = any_due(trials, 0);
		if (status == QS_OK && any)
			status = run_batch(trials, 0, pause, context, findings);
	}
	if (status == QS_OK && pause && !pause(context, count_rows(trials), count_rows(trials)))
		status = QS_INVALID;
	return status;
}

enum qs_status qs_trials_run(
    struct qs_trials *trials, qs_trials_pause *pause, void *context, struct qs_findings *findings)
{
	const size_t n_batches = trials->n_batches;
	enum qs_status status = QS_OK;

	if (trials->groups)
		return run_groups(trials, pause, context, findings);
	for (size_t batch = 0; batch < n_batches && status == QS_OK; batch++) {
		if (!settle(trials, batch))
			return QS_NOMEM;
		if (any_due(trials, batch))
			status = run_batch(trials, batch, pause, context, findings);
	}
	if (status == QS_OK && pause &&
	    !pause(context, trials->n * n_batches, trials->n * n_batches))
		status = QS_INVALID;
	return status;
}

double qs_trial_value(
    const struct qs_trials *trials, const struct qs_trial *trial, enum qs_metric metric)
{
	double worst = qs_agreement_of(&trial->outputs[0], metric);

	for (size_t i = 1; i < trials->n_outputs; i++) {
		const double value = qs_agreement_of(&trial->outputs[i], metric);

		if (qs_metric_better(metric, worst, value))
			worst = value;
	}
	return worst;
}
