/* SPDX-License-Identifier: Apache-2.0 */
/* Makes replays, and takes batches in float. */
#include <stdlib.h>
#include <string.h>

#include "analysis/replay_internal.h"

/* ---- making ---------------------------------------------------------------------------------- */

static bool find_outputs(struct qs_replay *replay)
{
	const Onnx__GraphProto *proto = replay->graph->proto;

	replay->n_outputs = proto->n_output;
	replay->outputs = malloc((proto->n_output + 1) * sizeof(*replay->outputs));
	for (size_t i = 0; replay->outputs && i < proto->n_output; i++)
		replay->outputs[i] = qs_graph_find(replay->graph, proto->output[i]->name);
	return replay->outputs;
}

enum qs_status qs_replay_new(const struct qs_plan *plan, const struct qs_registry *registry,
    struct qs_runtime *runtime, struct qs_findings *findings, struct qs_replay **ret_replay)
{
	const struct qs_runner_options options = {.cuts = true, .splits = true, .n_threads = 1};
	struct qs_replay *replay = calloc(1, sizeof(*replay));
	enum qs_status status;

	if (!replay)
		return QS_NOMEM;
	if (pthread_mutex_init(&replay->lock, NULL) != 0) {
		free(replay);
		return QS_NOMEM;
	}
	replay->plan = plan;
	replay->graph = plan->layers->graph;
	status = qs_runner_new(plan, registry, runtime, &options, findings, &replay->runner);
	if (status == QS_OK) {
		const size_t n = replay->runner->pieces.n + 1;

		replay->variants = calloc(n, sizeof(struct qs_replay_variant *));
		replay->macs = calloc(n, sizeof(*replay->macs));
		replay->layers = calloc(plan->layers->n_items + 1, sizeof(*replay->layers));
		replay->all_off = calloc(plan->n_sites + 1, sizeof(*replay->all_off));
		if (!replay->variants || !replay->macs || !replay->layers || !replay->all_off ||
		    !find_outputs(replay))
			status = QS_NOMEM;
	}
	if (status != QS_OK) {
		qs_replay_free(replay);
		return status;
	}
	*ret_replay = replay;
	return QS_OK;
}

void qs_replay_free(struct qs_replay *replay)
{
	if (!replay)
		return;
	qs_replay_forget_variants(replay);
	qs_runner_free(replay->runner);
	free(replay->variants);
	free(replay->macs);
	free(replay->layers);
	free(replay->all_off);
	free(replay->outputs);
	pthread_mutex_destroy(&replay->lock);
	free(replay);
}

size_t qs_replay_n_outputs(const struct qs_replay *replay)
{
	return replay->n_outputs;
}

const struct qs_blob *qs_replay_expected(const struct qs_replay *replay, size_t output)
{
	static const struct qs_blob none;
	const size_t value = replay->outputs[output];

	return value == QS_NONE ? &none : &replay->runner->of_value[value];
}

const struct qs_macs *qs_replay_macs(const struct qs_replay *replay)
{
	return replay->layers;
}

struct qs_replay_cost qs_replay_whole(const struct qs_replay *replay)
{
	return (struct qs_replay_cost){replay->runner->pieces.n, replay->macs_of_all};
}

/* ---- the float run --------------------------------------------------------------------------- */

static void forget_batch(struct qs_replay *replay)
{
	for (size_t i = 0; i < replay->graph->n_values; i++)
		qs_blob_done(&replay->runner->of_value[i]);
}

static enum qs_status take_input(struct qs_replay *replay, const struct qs_blob *input)
{
	const size_t value = qs_graph_find(replay->graph, input->name);

	if (value == QS_NONE)
		return QS_BUG;
	return qs_replay_copy(input, &replay->runner->of_value[value]);
}

/* What pieces cost, on the shapes of the first batch. */
static enum qs_status count_macs(struct qs_replay *replay, struct qs_findings *findings)
{
	const struct qs_layers *layers = replay->plan->layers;
	enum qs_status status;

	if (replay->is_counted)
		return QS_OK;
	status = qs_macs_count(layers, replay->runner->of_value, findings, replay->layers);
	for (size_t i = 0; i < layers->n_items && status == QS_OK; i++) {
		const size_t piece = replay->runner->pieces.piece_of_node[layers->items[i].node];

		if (piece == QS_NONE)
			continue;
		replay->macs[piece] += replay->layers[i].n;
		replay->macs_of_all += replay->layers[i].n;
	}
	replay->is_counted = status == QS_OK;
	return status;
}

enum qs_status qs_replay_take(struct qs_replay *replay, const struct qs_blob *inputs,
    size_t n_inputs, struct qs_findings *findings)
{
	struct qs_runner *runner = replay->runner;
	/* Nothing differs: what is read is what the runner has. */
	struct qs_replay_course course = {
	    .replay = replay, .plan = replay->plan, .is_on = replay->all_off, .findings = findings};
	enum qs_status status = QS_OK;

	forget_batch(replay);
	course.of_value = calloc(replay->graph->n_values + 1, sizeof(*course.of_value));
	course.of_site = calloc(replay->plan->n_sites + 1, sizeof(*course.of_site));
	if (!course.of_value || !course.of_site)
		status = QS_NOMEM;
	for (size_t i = 0; i < n_inputs && status == QS_OK; i++)
		status = take_input(replay, &inputs[i]);
	for (size_t p = 0; p < runner->pieces.n && status == QS_OK; p++) {
		struct qs_piece *piece = &runner->items[p];

		if (!piece->is_ready)
			status = qs_runner_piece_init(
			    runner, p, replay->plan, replay->all_off, findings, piece);
		if (status == QS_OK && piece->n_results)
			status = qs_replay_compute(&course, piece, runner->of_value);
	}
	if (status == QS_OK)
		status = count_macs(replay, findings);
	free(course.of_value);
	free(course.of_site);
	return status;
}
