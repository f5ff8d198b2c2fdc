/* SPDX-License-Identifier: Apache-2.0 */
/* What the facts of a profile say about a node, and about the formats of a layer. */
#include <string.h>

#include "analysis/place.h"

static const char *type_of(const struct qs_placement *placement, size_t node)
{
	const size_t layer = placement->layers->of_node[node];

	return layer == QS_NONE ? "" : placement->layers->items[layer].type;
}

/* Whether a node is not one of several that are a layer. */
static bool is_alone(const struct qs_placement *placement, size_t node)
{
	const size_t layer = placement->layers->of_node[node];

	return layer == QS_NONE || placement->layers->items[layer].n_nodes == 1;
}

static const char *left_in_float(const struct qs_placement *placement, size_t node)
{
	const size_t layer = placement->layers->of_node[node];

	return placement->left && layer != QS_NONE ? placement->left[layer] : NULL;
}

/* How a convolution is grouped; anything else is not. */
static enum qs_case case_of_groups(const struct qs_graph *graph, size_t node)
{
	const Onnx__NodeProto *proto = graph->nodes[node].proto;
	const bool transposed = qs_node_is(proto, "ConvTranspose");
	const struct qs_value *weights =
	    transposed || qs_node_is(proto, "Conv") ? qs_graph_input(graph, node, 1) : NULL;
	const int64_t groups = qs_attribute_int(proto, "group", 1);

	if (!weights || weights->rank < 2)
		return QS_CASE_ANY;
	if (groups == 1)
		return QS_CASE_ONE_GROUP;
	/* The channels of the input stand first where a convolution is transposed; otherwise those
	 * of one group stand second. */
	return transposed ? (weights->dims[0] == groups ? QS_CASE_DEPTHWISE : QS_CASE_GROUPED)
	                  : (weights->dims[1] == 1 ? QS_CASE_DEPTHWISE : QS_CASE_GROUPED);
}

/* Whether a node is of the case that a fact is about. */
static bool is_case(const struct qs_placement *placement, enum qs_case only, size_t node)
{
	if (only == QS_CASE_ANY)
		return true;
	return only == QS_CASE_FLOAT ? left_in_float(placement, node) != NULL
	                             : case_of_groups(placement->layers->graph, node) == only;
}

/* Whether a fact is about a node: its operator or the type of its layer. */
static bool concerns(
    const struct qs_placement *placement, const struct qs_operator_fact *fact, size_t node)
{
	const char *op_type = placement->layers->graph->nodes[node].proto->op_type;
	const char *type = type_of(placement, node);
	/* Within a layer of several nodes an Add is no layer Add. */
	const bool by_operator = fact->front_end == QS_FRONT_END_ONNX || is_alone(placement, node);

	if (fact->front_end != QS_FRONT_END_ANY && fact->front_end != placement->options.front_end)
		return false;
	if (!is_case(placement, fact->only, node))
		return false;
	for (size_t i = 0; i < fact->n_operators; i++) {
		if ((by_operator && strcmp(fact->operators[i], op_type) == 0) ||
		    strcmp(fact->operators[i], type) == 0)
			return true;
	}
	return fact->n_operators == 0;
}

/* Notes the first limit of a fact that a node is beyond. */
static void find_passed(const struct qs_placement *placement, const struct qs_operator_fact *fact,
    struct qs_placed *placed)
{
	for (int i = 0; i < QS_LIMIT__COUNT; i++) {
		const enum qs_limit limit = (enum qs_limit)i;

		if (fact->limits[i] == UINT32_MAX ||
		    !qs_place_measure(
			placement->layers->graph, placed->node, limit, &placed->measured) ||
		    placed->measured <= fact->limits[i])
			continue;
		placed->limit = limit;
		placed->passed = fact;
		return;
	}
}

/* Whether the formats of a layer are those of a fact, every kind that it names. */
static bool fits(const struct qs_operator_fact *fact, const struct qs_layer_formats *formats)
{
	bool names = false;

	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (!fact->numbers[t])
			continue;
		names = true;
		if (formats->numbers[t] == QS_NUMBER__COUNT ||
		    !(fact->numbers[t] >> formats->numbers[t] & 1))
			return false;
	}
	return names;
}

/* The formats of the layer that a node belongs to, or NULL. */
static const struct qs_layer_formats *formats_of(const struct qs_placement *placement, size_t node)
{
	const size_t layer = placement->layers->of_node[node];
	size_t index;

	if (!placement->formats_of_layer || layer == QS_NONE)
		return NULL;
	index = placement->formats_of_layer[layer];
	return index == QS_NONE ? NULL : &placement->formats[index];
}

/*
 * Whether the unit of a fact is that of a node: of a fact that refuses formats only when the node
 * has them, be it a boolean that became a number or what the plan says.
 */
static bool places(const struct qs_placement *placement, const struct qs_operator_fact *fact,
    const struct qs_placed *placed)
{
	const struct qs_layer_formats *formats;

	if (fact->on == QS_UNIT_UNKNOWN || fact->answer != QS_ANSWER_FORBIDDEN)
		return fact->on != QS_UNIT_UNKNOWN;
	if (placed->boolean && fact->numbers[QS_TENSOR_INPUT] >> QS_NUMBER_BOOL & 1)
		return true;
	formats = formats_of(placement, placed->node);
	return formats && fits(fact, formats);
}

/* Whether a fact has only words to say. */
static bool is_remark(const struct qs_operator_fact *fact)
{
	if (!fact->text || fact->on != QS_UNIT_UNKNOWN || fact->answer < QS_ANSWER__COUNT)
		return false;
	for (int i = 0; i < QS_LIMIT__COUNT; i++) {
		if (fact->limits[i] != UINT32_MAX)
			return false;
	}
	return true;
}

bool qs_place_is_special(enum qs_unit on)
{
	return on == QS_UNIT_BPU || on == QS_UNIT_DPU;
}

const char *qs_place_unit_name(const struct qs_placement *placement, bool *ret_known)
{
	const struct qs_operator_fact *fact;

	*ret_known = true;
	for (size_t i = 0; (fact = qs_rulebook_operator(
				placement->options.rules, placement->options.device, i)) != NULL;
	     i++) {
		if (qs_place_is_special(fact->on))
			return fact->on == QS_UNIT_DPU ? "DPU" : "BPU";
	}
	*ret_known = false;
	return "accelerator";
}

void qs_place_node(const struct qs_placement *placement, struct qs_placed *placed)
{
	const struct qs_operator_fact *fact, *remark = NULL;

	placed->left = left_in_float(placement, placed->node);
	placed->boolean = qs_place_boolean(placement, placed->node);
	for (size_t i = 0; (fact = qs_rulebook_operator(
				placement->options.rules, placement->options.device, i)) != NULL;
	     i++) {
		if (!concerns(placement, fact, placed->node))
			continue;
		if (!placed->passed)
			find_passed(placement, fact, placed);
		/* What is said of some formats goes before what is said of all. */
		if (places(placement, fact, placed) &&
		    (!placed->fact || (fact->answer == QS_ANSWER_FORBIDDEN &&
					  placed->fact->answer != QS_ANSWER_FORBIDDEN)))
			placed->fact = fact;
		if (!remark && is_remark(fact))
			remark = fact;
	}
	placed->fact = placed->fact ? placed->fact : remark;
	placed->on = placed->fact ? placed->fact->on : QS_UNIT_UNKNOWN;
	if (!placed->fact || placed->fact->answer != QS_ANSWER_FORBIDDEN)
		placed->boolean = NULL;
	/* What is too large for the unit runs where the source says, if it does. */
	if (placed->passed && qs_place_is_special(placed->on))
		placed->on = placed->passed->beyond;
}

void qs_place_judge(const struct qs_placement *placement, struct qs_layer_formats *formats)
{
	const struct qs_rulebook *rules = placement->options.rules;
	const size_t node = placement->layers->items[formats->layer].node;
	const struct qs_operator_fact *said[QS_ANSWER__COUNT] = {NULL};
	const struct qs_operator_fact *fact;

	for (size_t i = 0;
	     (fact = qs_rulebook_operator(rules, placement->options.device, i)) != NULL; i++) {
		if (fact->answer < QS_ANSWER__COUNT && !said[fact->answer] &&
		    concerns(placement, fact, node) && fits(fact, formats))
			said[fact->answer] = fact;
	}
	formats->answer = said[QS_ANSWER_FORBIDDEN] ? QS_ANSWER_FORBIDDEN
	                  : said[QS_ANSWER_ALLOWED] ? QS_ANSWER_ALLOWED
	                                            : QS_ANSWER_UNKNOWN;
	formats->fact = said[formats->answer];
	fact = said[QS_ANSWER_UNKNOWN];
	if (fact && formats->fact && strcmp(fact->date, formats->fact->date) > 0)
		formats->later = fact;
}
