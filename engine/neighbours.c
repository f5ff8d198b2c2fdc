/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges layers by their neighbours: those that are quantized as one, and those that a config
 * leaves in float between quantized ones.
 *
 * What is quantized goes forward through the graph and what wants it so goes back, each in one
 * pass over the nodes: layers that only move values, and those that are left in float themselves,
 * hand on what they get. A layer that is left in float and is reached both ways is between
 * quantized ones.
 */
#include <stdlib.h>

#include "base/finding.h"
#include "engine/group.h"
#include "policy/policy.h"
#include "policy/selection.h"
#include "qstrata/engine.h"

/* What a layer is to its neighbours. */
enum standing {
	APART, /* in float by its own nature: the config is not why anything ends there */
	QUANTIZED,
	THROUGH, /* has no format of its own */
	HELD     /* left in float by the config */
};

/* A layer that is left in float between others, and the setting that did it. */
struct held {
	size_t layer, before, behind; /* layers */
	enum qs_tensor tensor;
	const struct qs_setting *datatype;
};

struct check {
	const struct qs_layers *layers;
	const struct qs_selection *selection;
	struct qs_findings *findings;
	enum standing *standings;
	size_t *before, *behind; /* by node: a layer that is quantized, or QS_NONE */
	struct held *held;
	size_t n_held;
};

static const struct qs_setting *datatype_of(
    const struct check *check, size_t layer, enum qs_tensor tensor)
{
	return qs_selection_settings(check->selection, layer, tensor)->param[QS_PARAM_DATATYPE];
}

static bool is_integer(const struct qs_setting *datatype)
{
	return datatype->value.integer == QS_DATATYPE_INT;
}

/* The kind of a layer's tensors that is no integer by the config, or QS_TENSOR__COUNT. */
static enum qs_tensor find_float(
    const struct check *check, size_t layer, enum qs_role_parameters parameters)
{
	if (!is_integer(datatype_of(check, layer, QS_TENSOR_ACTIVATION)))
		return QS_TENSOR_ACTIVATION;
	if (parameters == QS_PARAMETERS_WITH &&
	    qs_policy_quantizes(check->selection->policy, QS_TENSOR_WEIGHTS) &&
	    !is_integer(datatype_of(check, layer, QS_TENSOR_WEIGHTS)))
		return QS_TENSOR_WEIGHTS;
	return QS_TENSOR__COUNT;
}

static enum standing stand(const struct check *check, size_t index)
{
	const struct qs_layer *layer = &check->layers->items[index];
	const struct qs_value *output = qs_layer_output(check->layers, layer);
	enum qs_role_parameters parameters;
	const enum qs_role role = qs_role_of(layer, &parameters);
	const bool is_held = find_float(check, index, parameters) != QS_TENSOR__COUNT;

	if (!output || output->is_static ||
	    output->element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT)
		return APART;
	/* The format of a function is that of the layer before it. */
	if (role == QS_ROLE_MOVE || role == QS_ROLE_FOLLOW || qs_group_folds(check->layers, layer))
		return THROUGH;
	if (!qs_role_quantizes(role) || (is_held && qs_role_is_of_floats(layer)))
		return APART;
	return is_held ? HELD : QUANTIZED;
}

static size_t layer_of(const struct check *check, size_t node, enum standing *ret_standing)
{
	const size_t layer = check->layers->of_node[node];

	*ret_standing = layer == QS_NONE ? APART : check->standings[layer];
	return layer;
}

static bool hands_on(enum standing standing)
{
	return standing == THROUGH || standing == HELD;
}

/* Finds the quantized layer before a node; what is before its operands is known. */
static size_t look_back(const struct check *check, size_t node)
{
	const struct qs_graph *graph = check->layers->graph;
	enum standing standing;
	const size_t layer = layer_of(check, node, &standing);
	size_t found = standing == QUANTIZED ? layer : QS_NONE;

	for (size_t i = 0;
	     hands_on(standing) && found == QS_NONE && i < graph->nodes[node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, node, i);

		if (value && value->producer != QS_NONE)
			found = check->before[value->producer];
	}
	return found;
}

/* Finds the quantized layer that reads on from a node; what is behind its readers is known. */
static size_t look_on(const struct check *check, size_t node)
{
	const struct qs_graph *graph = check->layers->graph;
	enum standing standing;
	const size_t layer = layer_of(check, node, &standing);
	size_t found = standing == QUANTIZED ? layer : QS_NONE;

	for (size_t i = 0; hands_on(standing) && i < graph->nodes[node].proto->n_output; i++) {
		const struct qs_value *value = qs_graph_output(graph, node, i);

		for (size_t u = 0; value && found == QS_NONE && u < value->n_uses; u++)
			found = check->behind[value->uses[u].node];
	}
	return found;
}

static void look_both_ways(struct check *check)
{
	const struct qs_graph *graph = check->layers->graph;

	for (size_t i = 0; i < graph->n_nodes; i++)
		check->before[graph->order[i]] = look_back(check, graph->order[i]);
	for (size_t i = graph->n_nodes; i-- > 0;)
		check->behind[graph->order[i]] = look_on(check, graph->order[i]);
}

static void find_held(struct check *check)
{
	for (size_t i = 0; i < check->layers->n_items; i++) {
		const struct qs_layer *layer = &check->layers->items[i];
		const size_t last = layer->nodes[layer->n_nodes - 1];
		enum qs_role_parameters parameters;
		enum qs_tensor tensor;

		if (check->standings[i] != HELD || check->before[last] == QS_NONE ||
		    check->behind[last] == QS_NONE)
			continue;
		qs_role_of(layer, &parameters);
		tensor = find_float(check, i, parameters);
		check->held[check->n_held++] = (struct held){i, check->before[last],
		    check->behind[last], tensor, datatype_of(check, i, tensor)};
	}
}

/* By the place of the setting, then by layer. */
static int compare_held(const void *a, const void *b)
{
	const struct held *x = a, *y = b;
	const struct qs_json *m = x->datatype->member, *n = y->datatype->member;

	if (m != n)
		return m->begin < n->begin ? -1 : 1;
	return x->layer < y->layer ? -1 : x->layer > y->layer;
}

/* Says what one setting leaves in float: the first of n layers by its name. */
static void report(const struct check *check, const struct held *held, size_t n)
{
	const struct qs_policy *policy = check->selection->policy;
	const struct qs_entry *winner = check->selection->winners[held->layer];
	const struct qs_layer *items = check->layers->items;
	const struct qs_json *member = held->datatype->member;
	struct qs_text more = QS_TEXT_INIT;
	struct qs_finding *finding;

	if (n > 1)
		qs_text_addf(&more, "; so %s %zu more", n > 2 ? "are" : "is", n - 1);
	finding = qs_finding_add(check->findings, QS_FINDING_FLOAT_BETWEEN,
	    qs_policy_value_place(policy, member),
	    "\"%s\" is left in %s between \"%s\" and \"%s\", which are quantized%s",
	    items[held->layer].name,
	    qs_datatype_word((enum qs_datatype)held->datatype->value.integer),
	    items[held->before].name, items[held->behind].name, more.data);
	qs_policy_point(check->findings, finding, member);
	if (winner)
		qs_finding_relate(check->findings, finding,
		    qs_policy_value_place(policy, winner->selector.value),
		    "this entry takes the layer");
	qs_policy_trace(
	    check->findings, finding, policy, held->tensor, QS_PARAM_DATATYPE, held->datatype);
	qs_finding_hint(check->findings, finding,
	    "values are dequantized before it and quantized again behind it, and a compiler for "
	    "integers may refuse the cut: give it datatype int, or leave its neighbours in float "
	    "as well");
	qs_findings_end_text(check->findings, &more);
}

static void report_all(struct check *check)
{
	size_t i = 0;

	qsort(check->held, check->n_held, sizeof(*check->held), compare_held);
	while (i < check->n_held) {
		const size_t first = i;

		while (++i < check->n_held &&
		       check->held[i].datatype->member == check->held[first].datatype->member)
			;
		report(check, &check->held[first], i - first);
	}
}

/* Finds how all layers stand. False when the config leaves none in float. */
static bool find_standings(struct check *check)
{
	bool some = false;

	for (size_t i = 0; i < check->layers->n_items; i++) {
		check->standings[i] = stand(check, i);
		some |= check->standings[i] == HELD;
	}
	return some;
}

/* Whether the config has a format that is not one of integers, for whatever layer. */
static bool has_floats(const struct qs_policy *policy)
{
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (!is_integer(policy->model[t].param[QS_PARAM_DATATYPE]))
			return true;
		for (size_t i = 0; i < policy->n_entries; i++) {
			const struct qs_entry *entry = &policy->entries[i];

			if ((entry->tensors >> t & 1) &&
			    !is_integer(entry->settings[t].param[QS_PARAM_DATATYPE]))
				return true;
		}
	}
	return false;
}

static enum qs_status check_floats(const struct qs_layers *layers,
    const struct qs_selection *selection, struct qs_findings *findings)
{
	struct check check = {layers, selection, findings, NULL, NULL, NULL, NULL, 0};
	enum qs_status status = QS_OK;

	/* Where nothing that flows is quantized nothing is cut, and most configs have integers
	 * alone. */
	if (!qs_policy_quantizes(selection->policy, QS_TENSOR_ACTIVATION) ||
	    !has_floats(selection->policy))
		return QS_OK;
	check.standings = calloc(layers->n_items + 1, sizeof(*check.standings));
	check.held = malloc((layers->n_items + 1) * sizeof(*check.held));
	check.before = qs_plan_none(layers->graph->n_nodes);
	check.behind = qs_plan_none(layers->graph->n_nodes);
	if (!check.standings || !check.held || !check.before || !check.behind) {
		status = QS_NOMEM;
	} else if (find_standings(&check)) {
		look_both_ways(&check);
		find_held(&check);
		report_all(&check);
		status = qs_findings_status(findings);
	}
	free(check.standings);
	free(check.held);
	free(check.before);
	free(check.behind);
	return status;
}

enum qs_status qs_neighbours_check(const struct qs_layers *layers,
    const struct qs_selection *selection, struct qs_findings *findings)
{
	const enum qs_status status = qs_groups_check(layers, selection, findings);

	if (status != QS_OK && status != QS_INVALID)
		return status;
	return check_floats(layers, selection, findings) == QS_OK ? status : QS_NOMEM;
}
