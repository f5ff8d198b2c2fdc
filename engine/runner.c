/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a planned model piece by piece. */
#include "engine/runner.h"

#include <stdlib.h>
#include <string.h>

#include "engine/runner_internal.h"

static const struct qs_graph *graph_of(const struct qs_runner *runner)
{
	return runner->plan->layers->graph;
}

/* ---- making ---------------------------------------------------------------------------------- */

/* Whether the nodes of a layer are in one piece that can be looked into. */
static bool is_whole(const struct qs_runner *runner, const struct qs_layer *layer)
{
	const size_t *piece_of_node = runner->pieces.piece_of_node;

	if (graph_of(runner)->nodes[layer->node].unit)
		return false;
	for (size_t n = 0; n < layer->n_nodes; n++) {
		const size_t piece = piece_of_node[layer->nodes[n]];

		if (piece != QS_NONE && piece != piece_of_node[layer->node])
			return false;
	}
	return piece_of_node[layer->node] != QS_NONE;
}

/* Layers have their twins beside them, in the same piece. */
static enum qs_status choose_twins(
    struct qs_runner *runner, const struct qs_runner_options *options)
{
	const struct qs_twins *twins = options->twins;

	if (!twins || !options->cuts)
		return QS_OK;
	runner->twins = twins;
	runner->learn = options->learn;
	runner->is_split = calloc(twins->n + 1, sizeof(*runner->is_split));
	if (!runner->is_split)
		return QS_NOMEM;
	for (size_t i = 0; i < twins->n; i++) {
		runner->is_split[i] =
		    !is_whole(runner, &runner->plan->layers->items[twins->items[i].layer]);
		if (!runner->is_split[i])
			runner->pieces.is_shown[twins->items[i].output] = true;
	}
	return QS_OK;
}

/* Remembers which values are asked for; the pieces have to give them. */
static enum qs_status choose_shown(
    struct qs_runner *runner, const struct qs_runner_options *options)
{
	const struct qs_graph *graph = graph_of(runner);

	if (!options->is_asked)
		return QS_OK;
	runner->show = options->show;
	runner->is_asked = calloc(graph->n_values + 1, sizeof(*runner->is_asked));
	if (!runner->is_asked)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_values; i++) {
		runner->is_asked[i] =
		    options->is_asked[i] && !graph->values[i].is_static && !graph->values[i].unit;
		runner->pieces.is_shown[i] |= runner->is_asked[i];
	}
	return QS_OK;
}

enum qs_status qs_runner_new(const struct qs_plan *plan, const struct qs_registry *registry,
    struct qs_runtime *runtime, const struct qs_runner_options *options,
    struct qs_findings *findings, struct qs_runner **ret_runner)
{
	const struct qs_graph *graph = plan->layers->graph;
	struct qs_runner *runner = calloc(1, sizeof(*runner));

	if (!runner)
		return QS_NOMEM;
	runner->plan = plan;
	runner->registry = registry;
	runner->runtime = runtime;
	runner->findings = findings;
	runner->correct = options->cuts ? options->correct : NULL;
	runner->n_threads = options->n_threads;
	if (qs_pieces_init(&runner->pieces, plan, options->cuts, options->splits) != QS_OK) {
		qs_runner_free(runner);
		return QS_NOMEM;
	}
	runner->items = calloc(runner->pieces.n + 1, sizeof(*runner->items));
	runner->of_value = calloc(graph->n_values + 1, sizeof(*runner->of_value));
	runner->of_site = calloc(plan->n_sites + 1, sizeof(*runner->of_site));
	runner->ends = calloc(runner->pieces.n + 1, sizeof(*runner->ends));
	runner->next_end = qs_plan_none(graph->n_values);
	if (!runner->items || !runner->of_value || !runner->of_site || !runner->ends ||
	    !runner->next_end || choose_shown(runner, options) != QS_OK ||
	    choose_twins(runner, options) != QS_OK || qs_runner_find_ifs(runner) != QS_OK) {
		qs_runner_free(runner);
		return QS_NOMEM;
	}
	for (size_t p = 0; p < runner->pieces.n; p++)
		runner->ends[p] = QS_NONE;
	/* The tensors whose last reader a piece is, as a list. */
	for (size_t i = 0; i < graph->n_values; i++) {
		const size_t piece = runner->pieces.last_reader[i];

		if (piece == QS_NONE || graph->values[i].is_output)
			continue;
		runner->next_end[i] = runner->ends[piece];
		runner->ends[piece] = i;
	}
	*ret_runner = runner;
	return QS_OK;
}

static void forget_value(struct qs_runner *runner, size_t value)
{
	const struct qs_plan *plan = runner->plan;

	qs_blob_done(&runner->of_value[value]);
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next)
		qs_blob_done(&runner->of_site[i]);
}

static void forget_all(struct qs_runner *runner)
{
	for (size_t i = 0; runner->of_value && i < graph_of(runner)->n_values; i++)
		qs_blob_done(&runner->of_value[i]);
	for (size_t i = 0; runner->of_site && i < runner->plan->n_sites; i++)
		qs_blob_done(&runner->of_site[i]);
}

void qs_runner_free(struct qs_runner *runner)
{
	if (!runner)
		return;
	forget_all(runner);
	for (size_t p = 0; runner->items && p < runner->pieces.n; p++)
		qs_runner_piece_done(&runner->items[p]);
	qs_pieces_done(&runner->pieces);
	free(runner->items);
	free(runner->of_value);
	free(runner->of_site);
	free(runner->is_asked);
	free(runner->is_split);
	free(runner->taken);
	free(runner->if_of_region);
	free(runner->ends);
	free(runner->next_end);
	free(runner);
}

/* ---- what happens to a tensor at a cut ------------------------------------------------------- */

/* A blob of the same shape with other values; takes the values. */
static enum qs_status remake(
    const struct qs_blob *blob, float *values, size_t n, struct qs_blob *ret_blob)
{
	int64_t *dims = malloc((blob->n_dims + 1) * sizeof(*dims));

	if (!dims) {
		free(values);
		return QS_NOMEM;
	}
	if (blob->n_dims)
		memcpy(dims, blob->dims, blob->n_dims * sizeof(*dims));
	*ret_blob = (struct qs_blob){blob->name, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, blob->n_dims,
	    dims, values, n * sizeof(float)};
	return QS_OK;
}

struct visiting {
	qs_runner_visit *visit;
	void *context;
};

/* Visits one site of a tensor; the quantized one replaces what `target` holds. */
static enum qs_status visit_site(struct qs_runner *runner, const struct visiting *visiting,
    size_t site, const struct qs_blob *blob, struct qs_blob *target)
{
	size_t n;
	float *in = qs_blob_floats(blob, &n);
	float *out = runner->pieces.cuts ? malloc(n * sizeof(*out) + 1) : NULL;
	struct qs_blob made;
	enum qs_status status;

	if (!in || (runner->pieces.cuts && !out)) {
		free(in);
		free(out);
		return QS_NOMEM;
	}
	status = visiting->visit(visiting->context, site, in, n, out);
	free(in);
	if (status != QS_OK || !out) {
		free(out);
		return status;
	}
	status = remake(blob, out, n, &made);
	if (status == QS_OK) {
		qs_blob_done(target);
		*target = made;
	}
	return status;
}

/* What a value is multiplied by before anything else happens to it. */
static void multiply(const struct qs_runner *runner, size_t value)
{
	const float gain = runner->plan->gain_of_value[value];
	const struct qs_blob *blob = &runner->of_value[value];
	float *values = (float *)blob->data;

	for (size_t i = 0; (gain < 1 || gain > 1) && i < blob->size / sizeof(*values); i++)
		values[i] *= gain;
}

/* The site of all readers comes first: those of some readers see what it gave. */
static enum qs_status visit_value(
    struct qs_runner *runner, const struct visiting *visiting, size_t value)
{
	const struct qs_plan *plan = runner->plan;
	struct qs_blob *blob = &runner->of_value[value];
	enum qs_status status = QS_OK;

	multiply(runner, value);
	if (runner->is_asked && runner->is_asked[value])
		status = runner->show(visiting->context, value, blob);
	if (status == QS_OK && plan->site_of_value[value] != QS_NONE)
		status = visit_site(runner, visiting, plan->site_of_value[value], blob, blob);
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE && status == QS_OK;
	     i = plan->sites[i].next)
		status = visit_site(runner, visiting, i, blob, &runner->of_site[i]);
	return status;
}

/* ---- running --------------------------------------------------------------------------------- */

static enum qs_status take_input(
    struct qs_runner *runner, const struct visiting *visiting, const struct qs_blob *input)
{
	const size_t value = qs_graph_find(graph_of(runner), input->name);
	int64_t *dims = malloc((input->n_dims + 1) * sizeof(*dims));
	void *data = malloc(input->size + 1);

	if (!dims || !data || value == QS_NONE) {
		free(dims);
		free(data);
		return value == QS_NONE ? QS_BUG : QS_NOMEM;
	}
	if (input->n_dims)
		memcpy(dims, input->dims, input->n_dims * sizeof(*dims));
	if (input->size)
		memcpy(data, input->data, input->size);
	runner->of_value[value] = (struct qs_blob){graph_of(runner)->values[value].name,
	    input->element_type, input->n_dims, dims, data, input->size};
	return visit_value(runner, visiting, value);
}

/* Tells what a piece gave beside its twins, whose blobs are released. */
static enum qs_status learn(struct qs_runner *runner, const struct visiting *visiting,
    const struct qs_piece *item, struct qs_blob *twins, bool is_given)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < item->n_twins; i++) {
		const size_t index = item->twins[i];

		if (is_given && status == QS_OK)
			status = runner->learn(visiting->context, index,
			    &runner->of_value[runner->twins->items[index].output], &twins[i]);
		qs_blob_done(&twins[i]);
	}
	return status;
}

/* What Ifs pass on. */
static enum qs_status run_ifs(
    struct qs_runner *runner, const struct visiting *visiting, size_t piece)
{
	const struct qs_pieces *pieces = &runner->pieces;
	enum qs_status status = QS_OK;

	for (size_t i = pieces->first[piece]; i < pieces->first[piece + 1] && status == QS_OK;
	     i++) {
		const struct qs_node *node = &graph_of(runner)->nodes[pieces->nodes[i]];

		status = qs_runner_pass_on(runner, pieces->nodes[i]);
		for (size_t j = 0; j < node->proto->n_output && status == QS_OK; j++) {
			if (node->outputs[j] != QS_NONE)
				status = visit_value(runner, visiting, node->outputs[j]);
		}
	}
	return status;
}

static enum qs_status run_session(struct qs_runner *runner, const struct visiting *visiting,
    size_t piece, struct qs_findings *findings)
{
	struct qs_piece *item = &runner->items[piece];
	struct qs_blob *inputs = NULL, *outputs = NULL;
	bool is_given;
	enum qs_status status = QS_OK;

	if (!item->is_ready)
		status =
		    qs_runner_piece_init(runner, piece, runner->plan, NULL, runner->findings, item);
	if (status != QS_OK || !item->n_results)
		return status;
	inputs = calloc(item->n_sources + 1, sizeof(*inputs));
	outputs = calloc(item->n_results + item->n_twins + 1, sizeof(*outputs));
	if (!inputs || !outputs)
		status = QS_NOMEM;
	for (size_t i = 0; i < item->n_sources && status == QS_OK; i++) {
		inputs[i] = *qs_runner_blob(runner, &item->sources[i]);
		inputs[i].name = item->sources[i].name;
	}
	if (status == QS_OK)
		status = qs_session_run(item->session, inputs, item->n_sources, item->result_names,
		    item->n_results + item->n_twins, findings, outputs);
	is_given = status == QS_OK;
	for (size_t i = 0; i < item->n_results && status == QS_OK; i++) {
		struct qs_blob *blob = &runner->of_value[item->results[i]];

		qs_blob_done(blob);
		*blob = outputs[i];
	}
	for (size_t i = 0; i < item->n_results && status == QS_OK; i++)
		status = visit_value(runner, visiting, item->results[i]);
	if (is_given) {
		const enum qs_status learnt =
		    learn(runner, visiting, item, outputs + item->n_results, status == QS_OK);

		status = status == QS_OK ? learnt : status;
	}
	free(inputs);
	free(outputs);
	return status;
}

static enum qs_status run_piece(struct qs_runner *runner, const struct visiting *visiting,
    size_t piece, struct qs_findings *findings)
{
	if (!qs_runner_takes(runner, runner->pieces.region_of_piece[piece]))
		return QS_OK;
	return runner->pieces.is_if[piece] ? run_ifs(runner, visiting, piece)
	                                   : run_session(runner, visiting, piece, findings);
}

enum qs_status qs_runner_run(struct qs_runner *runner, const struct qs_blob *inputs,
    size_t n_inputs, qs_runner_visit *visit, void *context, struct qs_findings *findings)
{
	const struct visiting visiting = {visit, context};
	enum qs_status status = QS_OK;

	forget_all(runner);
	qs_runner_forget_ifs(runner);
	for (size_t i = 0; i < n_inputs && status == QS_OK; i++)
		status = take_input(runner, &visiting, &inputs[i]);
	for (size_t p = 0; p < runner->pieces.n && status == QS_OK; p++) {
		status = run_piece(runner, &visiting, p, findings);
		for (size_t i = runner->ends[p]; i != QS_NONE; i = runner->next_end[i])
			forget_value(runner, i);
	}
	return status;
}

const struct qs_blob *qs_runner_blob(
    const struct qs_runner *runner, const struct qs_source_of *source)
{
	const struct qs_correct *correct = runner->correct;

	if (source->site == QS_NONE)
		return &runner->of_value[source->value];
	if (correct && correct->of_site[source->site] != QS_NONE)
		return &correct->items[correct->of_site[source->site]].bias;
	if (runner->of_site[source->site].data)
		return &runner->of_site[source->site];
	return &runner->of_value[source->value];
}

const struct qs_blob *qs_runner_output(const struct qs_runner *runner, const char *name)
{
	const size_t value = qs_graph_find(graph_of(runner), name);
	const struct qs_plan *plan = runner->plan;

	if (value == QS_NONE || !runner->of_value[value].data)
		return NULL;
	/* What the graph gives may have a format of its own. */
	for (size_t i = plan->reading_of_value[value]; i != QS_NONE; i = plan->sites[i].next) {
		if (plan->sites[i].uses[0].node == QS_NONE && runner->of_site[i].data)
			return &runner->of_site[i];
	}
	return &runner->of_value[value];
}
