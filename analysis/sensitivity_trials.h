/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trials: a model with some of its tensors in their formats, held against the float model at its
 * outputs, over a set of data.
 *
 * The data is gone through once, a batch at a time. What is known of a trial are sums, so that
 * trials may be stopped after any of them and go on later.
 *
 * Where there are few batches and the model takes any number of samples, batches are cut into
 * smaller ones. All trials see the first. Each of the others is seen by as many trials as its share
 * of what is left pays for, those first that have done worst so far: what is insensitive is known
 * well enough sooner than what is sensitive. Which these are depends on the trials alone. Where
 * data is all in one part, trials may be of groups (analysis/sensitivity_groups.h).
 */
#ifndef ANALYSIS_SENSITIVITY_TRIALS_H
#define ANALYSIS_SENSITIVITY_TRIALS_H

#include "analysis/metric.h"
#include "analysis/replay.h"
#include "engine/feed.h"
#include "engine/job.h"

/* Which sites are on: those of a list, or all but those. */
struct qs_trial {
	const size_t *sites; /* borrowed */
	size_t n_sites;
	bool all_but;
	const struct qs_plan *plan;   /* like that of the trials, with other formats; or NULL */
	size_t n_batches;             /* parts that it has seen */
	size_t n_wanted;              /* that it is to see, as far as that is settled */
	double cost;                  /* of one part, in runs of the whole model */
	struct qs_agreement *outputs; /* one for each output of the model that holds numbers */
};

struct qs_row_groups;

/* Called between trials: false stops, and QS_INVALID without a finding is what comes of it. */
typedef bool qs_trials_pause(void *context, size_t n_done, size_t n_all);

struct qs_trials {
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_runtime *runtime;
	struct qs_feed feed;
	size_t n_parts;   /* of every batch of the feed */
	size_t n_batches; /* parts of all of them */
	struct qs_replay *replay;
	struct qs_trial *items;
	size_t n, n_outputs;
	struct qs_agreement *agreements; /* of all items */
	size_t *outputs;                 /* of the graph: those that hold numbers */
	struct qs_macs *macs;            /* by layer, on the shapes of the first batch */
	double limit; /* runs of the model over all data, or 0; the float run counts as one */
	enum qs_metric metric;        /* that says what does worst */
	double cost;                  /* what was computed here, in runs of a part */
	struct qs_row_groups *groups; /* that settle which trials see the one part; or NULL */
	bool is_counted;              /* what layers multiply is known */
	size_t n_taken;               /* one more than the part that the replay has; 0: none */
};

/*
 * Opens the runtime and the data for `n` trials of a job that has its scales, which outlives them;
 * the caller fills in the items. `limit` is that of the trials. QS_INVALID with a finding when the
 * model gives no numbers. To be ended with qs_trials_done() either way.
 */
enum qs_status qs_trials_open(struct qs_trials *trials, const struct qs_job *job,
    const struct qs_calibrate_options *options, size_t n, double limit,
    struct qs_findings *findings);
void qs_trials_done(struct qs_trials *trials);

/* Makes the first `n` of the items new ones, at most as many as were opened, and these all. */
void qs_trials_renew(struct qs_trials *trials, size_t n);

/* Lets the trials see the batches that they have not seen, within the limit. */
enum qs_status qs_trials_run(
    struct qs_trials *trials, qs_trials_pause *pause, void *context, struct qs_findings *findings);

/* What a metric says about a trial: the worst of its outputs. */
double qs_trial_value(
    const struct qs_trials *trials, const struct qs_trial *trial, enum qs_metric metric);

#endif
