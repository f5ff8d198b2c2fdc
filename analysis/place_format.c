/* SPDX-License-Identifier: Apache-2.0 */
/* Which number formats the tensors of a layer have, and which operands are booleans. */
#include <stdlib.h>

#include "analysis/boolean.h"
#include "analysis/place.h"
#include "engine/group.h"

/* The format that a spec asks for, among those that facts name. */
static enum qs_number number_of_spec(const struct qs_spec *spec)
{
	static const struct {
		int bits;
		enum qs_number number;
	} integers[] = {
	    {4, QS_NUMBER_INT4}, {8, QS_NUMBER_INT8}, {16, QS_NUMBER_INT16}, {32, QS_NUMBER_INT32}};

	switch (spec->datatype) {
	case QS_DATATYPE_INT:
		for (size_t i = 0; i < sizeof(integers) / sizeof(*integers); i++) {
			if (integers[i].bits == spec->bit_width)
				return integers[i].number;
		}
		return QS_NUMBER__COUNT;
	case QS_DATATYPE_BFLOAT16:
		return QS_NUMBER_BFLOAT16;
	case QS_DATATYPE_FLOAT16:
		return QS_NUMBER_FLOAT16;
	case QS_DATATYPE_FLOAT32:
		return QS_NUMBER_FLOAT32;
	default:
		return QS_NUMBER__COUNT;
	}
}

static enum qs_number number_of_site(const struct qs_plan *plan, size_t site)
{
	return site == QS_NONE ? QS_NUMBER__COUNT : number_of_spec(&plan->sites[site].spec);
}

static enum qs_number number_of_type(int element_type)
{
	switch (element_type) {
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT:
		return QS_NUMBER_FLOAT32;
	case ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16:
		return QS_NUMBER_FLOAT16;
	case ONNX__TENSOR_PROTO__DATA_TYPE__BFLOAT16:
		return QS_NUMBER_BFLOAT16;
	case ONNX__TENSOR_PROTO__DATA_TYPE__BOOL:
		return QS_NUMBER_BOOL;
	case ONNX__TENSOR_PROTO__DATA_TYPE__INT32:
		return QS_NUMBER_INT32;
	default:
		return QS_NUMBER__COUNT;
	}
}

/* The site of a value for one of its readers: its own, that for all, or that behind the functions
 * that it is computed with. QS_NONE for none. */
static size_t site_for(
    const struct qs_plan *plan, const struct qs_value *value, size_t node, size_t input)
{
	const struct qs_value *source = qs_plan_before_moves(plan, value);
	const struct qs_value *values = plan->layers->graph->values;
	const struct qs_layer *producer;
	size_t site, index;

	for (site = plan->reading_of_value[value - values]; site != QS_NONE;
	     site = plan->sites[site].next) {
		for (size_t i = 0; i < plan->sites[site].n_uses; i++) {
			if (plan->sites[site].uses[i].node == node &&
			    plan->sites[site].uses[i].input == input)
				return site;
		}
	}
	if (plan->site_of_value[source - values] != QS_NONE)
		return plan->site_of_value[source - values];
	producer = qs_plan_layer_of(plan, source->producer, &index);
	return producer ? qs_plan_output_site(plan, producer) : QS_NONE;
}

/* The widest of the formats of the operands that are computed, as all of them have to be taken. */
static enum qs_number number_of_input(
    const struct qs_placement *placement, const struct qs_layer *layer)
{
	const struct qs_graph *graph = placement->layers->graph;
	enum qs_number widest = QS_NUMBER__COUNT;

	for (size_t i = 0; i < graph->nodes[layer->node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, layer->node, i);
		enum qs_number number;
		size_t site;

		if (!value || value->is_static)
			continue;
		site = site_for(placement->plan, value, layer->node, i);
		number = site == QS_NONE ? number_of_type(value->element_type)
		                         : number_of_site(placement->plan, site);
		if (number != QS_NUMBER__COUNT && (widest == QS_NUMBER__COUNT || number > widest))
			widest = number;
	}
	return widest;
}

static enum qs_number number_of_output(
    const struct qs_placement *placement, const struct qs_layer *layer)
{
	const struct qs_plan *plan = placement->plan;
	const struct qs_value *value =
	    qs_graph_output(placement->layers->graph, layer->nodes[layer->n_nodes - 1], 0);
	size_t site;

	if (!value)
		return QS_NUMBER__COUNT;
	site = plan->site_of_value[qs_plan_before_moves(plan, value) -
				   placement->layers->graph->values];
	if (site == QS_NONE)
		site = qs_plan_output_site(plan, layer);
	return site == QS_NONE ? number_of_type(value->element_type) : number_of_site(plan, site);
}

bool qs_place_formats(const struct qs_placement *placement, struct qs_layer_formats *formats)
{
	const struct qs_plan *plan = placement->plan;
	const struct qs_layer *layer = &placement->layers->items[formats->layer];
	enum qs_number *numbers = formats->numbers;

	numbers[QS_TENSOR_INPUT] = number_of_input(placement, layer);
	numbers[QS_TENSOR_WEIGHTS] = number_of_site(plan, plan->weights_site[formats->layer]);
	numbers[QS_TENSOR_BIAS] = number_of_site(plan, plan->bias_site[formats->layer]);
	numbers[QS_TENSOR_ACTIVATION] = number_of_output(placement, layer);
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		if (numbers[t] < QS_NUMBER_FLOAT32)
			return true;
	}
	return false;
}

/* Whether a layer computes numbers that could be quantized, with a format of its own. */
static bool has_format(const struct qs_placement *placement, size_t index)
{
	const struct qs_layer *layer = &placement->layers->items[index];
	const struct qs_value *output = qs_layer_output(placement->layers, layer);
	enum qs_role_parameters parameters;
	const enum qs_role role = qs_role_of(layer, &parameters);

	return role != QS_ROLE_MOVE && role != QS_ROLE_FOLLOW && output &&
	       output->element_type == ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT;
}

/* Why a layer is in floating point that the plan quantizes, or NULL. */
static const char *find_half(const struct qs_placement *placement, size_t index)
{
	static const char *const reasons[QS_NUMBER__COUNT] = {
	    [QS_NUMBER_FLOAT16] = "the config says float16",
	    [QS_NUMBER_BFLOAT16] = "the config says bfloat16"};
	const struct qs_plan *plan = placement->plan;
	const struct qs_layer *layer = &placement->layers->items[index];
	const struct qs_value *output = qs_layer_output(placement->layers, layer);
	const size_t site =
	    output ? plan->site_of_value[output - placement->layers->graph->values] : QS_NONE;
	const enum qs_number numbers[] = {
	    number_of_site(plan, plan->weights_site[index]), number_of_site(plan, site)};

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		if (numbers[i] < QS_NUMBER__COUNT && reasons[numbers[i]])
			return reasons[numbers[i]];
	}
	/* Within a layer of several nodes nothing is quantized. */
	return layer->n_nodes > 1 && qs_role_is_of_floats(layer)
	           ? "layers of this type compute in floating point"
	           : NULL;
}

enum qs_status qs_place_find_left(struct qs_placement *placement)
{
	const struct qs_plan *plan = placement->plan;

	placement->left = calloc(placement->layers->n_items + 1, sizeof(*placement->left));
	if (!placement->left)
		return QS_NOMEM;
	for (size_t i = 0; i < plan->n_kept; i++) {
		const struct qs_kept *kept = &plan->kept[i];

		if ((kept->kind == QS_TENSOR_WEIGHTS || kept->kind == QS_TENSOR_ACTIVATION) &&
		    has_format(placement, kept->index))
			placement->left[kept->index] = kept->reason;
	}
	for (size_t i = 0; i < placement->layers->n_items; i++) {
		if (!placement->left[i] && has_format(placement, i))
			placement->left[i] = find_half(placement, i);
	}
	return QS_OK;
}

/* Whether a value is quantized by the plan: a qs_boolean_stop. */
static bool has_site(const void *context, const struct qs_value *value)
{
	const struct qs_placement *placement = context;
	const size_t index = (size_t)(value - placement->layers->graph->values);

	return placement->plan && (placement->plan->site_of_value[index] != QS_NONE ||
				      placement->plan->reading_of_value[index] != QS_NONE);
}

const struct qs_value *qs_place_boolean(const struct qs_placement *placement, size_t node)
{
	const struct qs_graph *graph = placement->layers->graph;

	for (size_t i = 0; i < graph->nodes[node].proto->n_input; i++) {
		const struct qs_value *value = qs_graph_input(graph, node, i);

		if (qs_boolean_before(graph, value, has_site, placement))
			return value;
	}
	return NULL;
}
