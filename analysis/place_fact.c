/* SPDX-License-Identifier: Apache-2.0 */
/* What the facts of a profile say about a node, and about the formats of a layer. */
#include <string.h>

#include "analysis/place.h"

static const char *type_of(const struct qs_placement *placement, size_t node)
{
	const size_t layer = placement->layers->of_node[node];

	return layer == QS_NONE ? "" : placement->layers->items[layer].type;
}

bool qs_place_concerns(
    const struct qs_placement *placement, const struct qs_operator_fact *fact, size_t node)
{
	const char *op_type = placement->layers->graph->nodes[node].proto->op_type;
	const char *type = type_of(placement, node);

	if (fact->front_end != QS_FRONT_END_ANY && fact->front_end != placement->options.front_end)
		return false;
	for (size_t i = 0; i < fact->n_operators; i++) {
		if (strcmp(fact->operators[i], op_type) == 0 ||
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

void qs_place_node(const struct qs_placement *placement, struct qs_placed *placed)
{
	const struct qs_operator_fact *fact;

	placed->boolean = qs_place_boolean(placement, placed->node);
	for (size_t i = 0; (fact = qs_rulebook_operator(
				placement->options.rules, placement->options.device, i)) != NULL;
	     i++) {
		if (!qs_place_concerns(placement, fact, placed->node))
			continue;
		if (!placed->passed)
			find_passed(placement, fact, placed);
		/* What is said of some formats goes before what is said of all. */
		if (places(placement, fact, placed) &&
		    (!placed->fact || (fact->answer == QS_ANSWER_FORBIDDEN &&
					  placed->fact->answer != QS_ANSWER_FORBIDDEN)))
			placed->fact = fact;
	}
	placed->on = placed->fact ? placed->fact->on : QS_UNIT_UNKNOWN;
	if (!placed->fact || placed->fact->answer != QS_ANSWER_FORBIDDEN)
		placed->boolean = NULL;
	/* What is too large for the BPU is not told to run elsewhere. */
	if (placed->passed && placed->on == QS_UNIT_BPU)
		placed->on = QS_UNIT_UNKNOWN;
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
		    qs_place_concerns(placement, fact, node) && fits(fact, formats))
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
