/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a planned model again with some of its sites in their formats. */
#include "analysis/replay.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "engine/runner_internal.h"
#include "engine/site.h"
#include "model/tensor.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* A piece with some of its constants in their formats. */
struct variant {
	struct qs_piece piece;
	bool *is_on; /* by constant of the piece */
	struct variant *next;
};

struct qs_replay {
	const struct qs_plan *plan;
	const struct qs_graph *graph;
	/* Its tensors are those of the float run, its pieces have their constants in float. */
	struct qs_runner *runner;
	struct variant **variants; /* by piece: the others */
	pthread_mutex_t lock;      /* of the variants */
	bool *all_off;             /* by site */
	struct qs_macs *layers;    /* what each multiplies */
	uint64_t *macs;            /* by piece */
	uint64_t macs_of_all;
	bool is_counted;
	size_t *outputs; /* values; QS_NONE for one that the graph does not compute */
	size_t n_outputs;
};

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

		replay->variants = calloc(n, sizeof(struct variant *));
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

static void free_variants(struct variant *variant)
{
	while (variant) {
		struct variant *next = variant->next;

		qs_runner_piece_done(&variant->piece);
		free(variant->is_on);
		free(variant);
		variant = next;
	}
}

void qs_replay_free(struct qs_replay *replay)
{
	if (!replay)
		return;
	for (size_t p = 0; replay->variants && p < replay->runner->pieces.n; p++)
		free_variants(replay->variants[p]);
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

/* ---- one run --------------------------------------------------------------------------------- */

/* What differs from the float run; blobs without data are as they were there. */
struct run {
	struct qs_replay *replay;
	const bool *is_on;
	struct qs_findings *findings;
	struct qs_blob *of_value;
	struct qs_blob *of_site; /* of sites that are on and for some readers */
	bool *site_differs;      /* of these: from what its readers got in the float run */
	struct qs_replay_cost cost;
};

static enum qs_status copy_blob(const struct qs_blob *blob, struct qs_blob *ret_blob)
{
	int64_t *dims = malloc((blob->n_dims + 1) * sizeof(*dims));
	void *data = malloc(blob->size + 1);

	if (!dims || !data) {
		free(dims);
		free(data);
		return QS_NOMEM;
	}
	if (blob->n_dims)
		memcpy(dims, blob->dims, blob->n_dims * sizeof(*dims));
	if (blob->size)
		memcpy(data, blob->data, blob->size);
	*ret_blob = *blob;
	ret_blob->dims = dims;
	ret_blob->data = data;
	return QS_OK;
}

static bool are_equal(const struct qs_blob *a, const struct qs_blob *b)
{
	return a->n_dims == b->n_dims && a->size == b->size &&
	       (!a->n_dims || memcmp(a->dims, b->dims, a->n_dims * sizeof(*a->dims)) == 0) &&
	       (!a->size || memcmp(a->data, b->data, a->size) == 0);
}

/* A tensor as it is at the moment. */
static const struct qs_blob *current(const struct run *run, size_t value)
{
	return run->of_value[value].data ? &run->of_value[value]
	                                 : &run->replay->runner->of_value[value];
}

/* What a site makes of a tensor. */
static enum qs_status quantize(
    const struct run *run, size_t site, const struct qs_blob *in, struct qs_blob *ret_out)
{
	const struct qs_replay *replay = run->replay;
	const size_t n = in->size / sizeof(float);
	struct qs_blob out;
	enum qs_status status;

	if (in->element_type != FLOAT)
		return QS_BUG;
	status = copy_blob(in, &out);
	if (status == QS_OK && n)
		status =
		    qs_site_fake(replay->plan, replay->runner->registry, &replay->plan->sites[site],
			(struct qs_layout){1, 1, n}, run->findings, in->data, (float *)out.data);
	if (status == QS_OK)
		*ret_out = out;
	else
		qs_blob_done(&out);
	return status;
}

/* Forgets a tensor that has become what it was in the float run. */
static void compare(struct run *run, size_t value)
{
	struct qs_blob *blob = &run->of_value[value];

	if (blob->data && are_equal(blob, &run->replay->runner->of_value[value]))
		qs_blob_done(blob);
}

/* Does with a tensor what its sites ask for: that of all readers first. */
static enum qs_status settle(struct run *run, size_t value)
{
	const struct qs_plan *plan = run->replay->plan;
	const size_t all = plan->site_of_value[value];
	enum qs_status status = QS_OK;
	struct qs_blob made;

	compare(run, value);
	if (all != QS_NONE && run->is_on[all]) {
		status = quantize(run, all, current(run, value), &made);
		if (status == QS_OK) {
			qs_blob_done(&run->of_value[value]);
			run->of_value[value] = made;
			compare(run, value);
		}
	}
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE && status == QS_OK;
	     i = plan->sites[i].next) {
		if (plan->sites[i].is_constant || !run->is_on[i])
			continue;
		status = quantize(run, i, current(run, value), &run->of_site[i]);
		if (status == QS_OK)
			run->site_differs[i] =
			    !are_equal(&run->of_site[i], &run->replay->runner->of_value[value]);
	}
	return status;
}

/* Whether a site of a tensor is on. */
static bool is_touched(const struct run *run, size_t value)
{
	const struct qs_plan *plan = run->replay->plan;

	if (plan->site_of_value[value] != QS_NONE && run->is_on[plan->site_of_value[value]])
		return true;
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next) {
		if (run->is_on[i])
			return true;
	}
	return false;
}

static bool differs(const struct run *run, const struct qs_source_of *source)
{
	if (source->site != QS_NONE && run->of_site[source->site].data)
		return run->site_differs[source->site];
	return run->of_value[source->value].data;
}

/* Whether a piece gives anything else than in the float run. */
static bool is_reached(const struct run *run, const struct qs_piece *piece)
{
	for (size_t i = 0; i < piece->n_constants; i++) {
		if (run->is_on[piece->constants[i]])
			return true;
	}
	for (size_t i = 0; i < piece->n_sources; i++) {
		if (differs(run, &piece->sources[i]))
			return true;
	}
	return false;
}

/* ---- pieces ---------------------------------------------------------------------------------- */

static bool suits(const struct run *run, const struct qs_piece *piece, const bool *is_on)
{
	for (size_t i = 0; i < piece->n_constants; i++) {
		if (run->is_on[piece->constants[i]] != is_on[i])
			return false;
	}
	return true;
}

static enum qs_status make_variant(struct run *run, size_t piece, struct variant **ret_variant)
{
	const struct qs_piece *item = &run->replay->runner->items[piece];
	struct variant *variant = calloc(1, sizeof(*variant));
	bool *is_on = calloc(item->n_constants + 1, sizeof(*is_on));
	enum qs_status status = variant && is_on ? QS_OK : QS_NOMEM;

	for (size_t i = 0; status == QS_OK && i < item->n_constants; i++)
		is_on[i] = run->is_on[item->constants[i]];
	if (status == QS_OK)
		status = qs_runner_piece_init(
		    run->replay->runner, piece, run->is_on, run->findings, &variant->piece);
	if (status != QS_OK) {
		if (variant)
			qs_runner_piece_done(&variant->piece);
		free(variant);
		free(is_on);
		return status;
	}
	variant->is_on = is_on;
	*ret_variant = variant;
	return QS_OK;
}

/* The piece with the constants that are on in their formats; made when it is first asked for. */
static enum qs_status choose_piece(struct run *run, size_t index, const struct qs_piece **ret_piece)
{
	struct qs_replay *replay = run->replay;
	const struct qs_piece *piece = &replay->runner->items[index];
	enum qs_status status = QS_OK;
	struct variant *variant;
	bool plain = true;

	for (size_t i = 0; i < piece->n_constants; i++)
		plain = plain && !run->is_on[piece->constants[i]];
	*ret_piece = piece;
	if (plain)
		return QS_OK;
	pthread_mutex_lock(&replay->lock);
	variant = replay->variants[index];
	while (variant && !suits(run, piece, variant->is_on))
		variant = variant->next;
	if (!variant) {
		status = make_variant(run, index, &variant);
		if (status == QS_OK) {
			variant->next = replay->variants[index];
			replay->variants[index] = variant;
		}
	}
	pthread_mutex_unlock(&replay->lock);
	if (status == QS_OK)
		*ret_piece = &variant->piece;
	return status;
}

static const struct qs_blob *read_source(const struct run *run, const struct qs_source_of *source)
{
	if (source->site != QS_NONE && run->of_site[source->site].data)
		return &run->of_site[source->site];
	return current(run, source->value);
}

/* What a value is multiplied by where it is computed. */
static void multiply(const struct qs_plan *plan, size_t value, const struct qs_blob *blob)
{
	const float gain = plan->gain_of_value[value];
	float *values = (float *)blob->data;

	for (size_t i = 0; (gain < 1 || gain > 1) && i < blob->size / sizeof(*values); i++)
		values[i] *= gain;
}

/* Computes a piece into tensors, which are replaced. */
static enum qs_status compute(
    const struct run *run, const struct qs_piece *piece, struct qs_blob *of_value)
{
	struct qs_blob *inputs = calloc(piece->n_sources + 1, sizeof(*inputs));
	struct qs_blob *outputs = calloc(piece->n_results + 1, sizeof(*outputs));
	enum qs_status status = inputs && outputs ? QS_OK : QS_NOMEM;

	for (size_t i = 0; i < piece->n_sources && status == QS_OK; i++) {
		inputs[i] = *read_source(run, &piece->sources[i]);
		inputs[i].name = piece->sources[i].name;
	}
	if (status == QS_OK)
		status = qs_session_run(piece->session, inputs, piece->n_sources,
		    piece->result_names, piece->n_results, run->findings, outputs);
	for (size_t i = 0; i < piece->n_results && status == QS_OK; i++) {
		struct qs_blob *blob = &of_value[piece->results[i]];

		multiply(run->replay->plan, piece->results[i], &outputs[i]);
		qs_blob_done(blob);
		*blob = outputs[i];
	}
	free(inputs);
	free(outputs);
	return status;
}

static enum qs_status run_piece(struct run *run, size_t index)
{
	const struct qs_piece *piece = &run->replay->runner->items[index];
	const bool reached = piece->n_results && is_reached(run, piece);
	const struct qs_piece *chosen;
	enum qs_status status = QS_OK;

	if (reached) {
		run->cost.pieces++;
		run->cost.macs += run->replay->macs[index];
		status = choose_piece(run, index, &chosen);
		if (status == QS_OK)
			status = compute(run, chosen, run->of_value);
	}
	for (size_t i = 0; i < piece->n_results && status == QS_OK; i++) {
		if (reached || is_touched(run, piece->results[i]))
			status = settle(run, piece->results[i]);
	}
	return status;
}

/* Lets go of what only pieces up to this one read. */
static void forget_read(struct run *run, size_t piece)
{
	const struct qs_runner *runner = run->replay->runner;

	for (size_t v = runner->ends[piece]; v != QS_NONE; v = runner->next_end[v]) {
		qs_blob_done(&run->of_value[v]);
		for (size_t i = run->replay->plan->reading_of_value[v]; i != QS_NONE;
		     i = run->replay->plan->sites[i].next)
			qs_blob_done(&run->of_site[i]);
	}
}

static enum qs_status run_pieces(struct run *run)
{
	const struct qs_replay *replay = run->replay;
	enum qs_status status = QS_OK;

	for (size_t v = 0; v < replay->graph->n_values && status == QS_OK; v++) {
		if (replay->graph->values[v].is_input && replay->runner->of_value[v].data &&
		    is_touched(run, v))
			status = settle(run, v);
	}
	for (size_t p = 0; p < replay->runner->pieces.n && status == QS_OK; p++) {
		status = run_piece(run, p);
		forget_read(run, p);
	}
	return status;
}

/* ---- outputs --------------------------------------------------------------------------------- */

/* What the graph gives in place of a value, when that differs from the float run. */
static struct qs_blob *find_output(struct run *run, size_t value)
{
	const struct qs_plan *plan = run->replay->plan;

	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next) {
		if (plan->sites[i].uses[0].node == QS_NONE && run->of_site[i].data)
			return run->site_differs[i] ? &run->of_site[i] : NULL;
	}
	return run->of_value[value].data ? &run->of_value[value] : NULL;
}

static enum qs_status take_outputs(struct run *run, struct qs_replayed *ret_replayed)
{
	const struct qs_replay *replay = run->replay;
	struct qs_replayed replayed = {
	    .outputs = calloc(replay->n_outputs + 1, sizeof(*replayed.outputs)),
	    .n_outputs = replay->n_outputs,
	    .cost = run->cost};

	if (!replayed.outputs)
		return QS_NOMEM;
	for (size_t i = 0; i < replay->n_outputs; i++) {
		struct qs_blob *blob =
		    replay->outputs[i] == QS_NONE ? NULL : find_output(run, replay->outputs[i]);

		if (!blob)
			continue;
		replayed.outputs[i] = *blob;
		*blob = (struct qs_blob){.data = NULL};
	}
	*ret_replayed = replayed;
	return QS_OK;
}

void qs_replayed_done(struct qs_replayed *replayed)
{
	for (size_t i = 0; replayed->outputs && i < replayed->n_outputs; i++)
		qs_blob_done(&replayed->outputs[i]);
	free(replayed->outputs);
	*replayed = (struct qs_replayed){.outputs = NULL};
}

enum qs_status qs_replay_run(struct qs_replay *replay, const bool *is_on,
    struct qs_findings *findings, struct qs_replayed *ret_replayed)
{
	const size_t n_values = replay->graph->n_values, n_sites = replay->plan->n_sites;
	struct run run = {.replay = replay,
	    .is_on = is_on,
	    .findings = findings,
	    .of_value = calloc(n_values + 1, sizeof(*run.of_value)),
	    .of_site = calloc(n_sites + 1, sizeof(*run.of_site)),
	    .site_differs = calloc(n_sites + 1, sizeof(*run.site_differs))};
	enum qs_status status = QS_NOMEM;

	if (run.of_value && run.of_site && run.site_differs)
		status = run_pieces(&run);
	if (status == QS_OK)
		status = take_outputs(&run, ret_replayed);
	for (size_t i = 0; run.of_value && i < n_values; i++)
		qs_blob_done(&run.of_value[i]);
	for (size_t i = 0; run.of_site && i < n_sites; i++)
		qs_blob_done(&run.of_site[i]);
	free(run.of_value);
	free(run.of_site);
	free(run.site_differs);
	return status;
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
	return copy_blob(input, &replay->runner->of_value[value]);
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
	struct run run = {.replay = replay, .is_on = replay->all_off, .findings = findings};
	enum qs_status status = QS_OK;

	forget_batch(replay);
	run.of_value = calloc(replay->graph->n_values + 1, sizeof(*run.of_value));
	run.of_site = calloc(replay->plan->n_sites + 1, sizeof(*run.of_site));
	if (!run.of_value || !run.of_site)
		status = QS_NOMEM;
	for (size_t i = 0; i < n_inputs && status == QS_OK; i++)
		status = take_input(replay, &inputs[i]);
	for (size_t p = 0; p < runner->pieces.n && status == QS_OK; p++) {
		struct qs_piece *piece = &runner->items[p];

		if (!piece->is_ready)
			status = qs_runner_piece_init(runner, p, replay->all_off, findings, piece);
		if (status == QS_OK && piece->n_results)
			status = compute(&run, piece, runner->of_value);
	}
	if (status == QS_OK)
		status = count_macs(replay, findings);
	free(run.of_value);
	free(run.of_site);
	return status;
}
