/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings scales in line with each other.
 *
 * A position is where the binary point of a code stands: scale = 2^-position. The limits are those
 * of the DPU's shifts, as vai_q_pytorch 3.5 keeps them, in the order in which it does.
 */
#include "engine/adjust.h"

#include <math.h>
#include <string.h>

#include "base/finding.h"

/* Limits of shifts and positions. */
#define CUT_MOST 16
#define BIAS_MOST 16
#define ACCUMULATOR_BITS 24
#define CODE_BITS 8
#define NORM_LEAST 0
#define NORM_MOST 15
#define HARDSIGMOID_LEAST 7
#define HARDSWISH_GAIN 7
#define OPERANDS_MOST 15 /* as vai_q_tensorflow2 limits what is shifted before a sum */

static struct qs_site *site_at(struct qs_plan *plan, size_t site)
{
	return site == QS_NONE ? NULL : &plan->sites[site];
}

static int position_of(const struct qs_site *site)
{
	return -ilogb(site->qparams.scale[0]);
}

static void move(struct qs_plan *plan, struct qs_site *site, double scale, const char *reason)
{
	const double before = site->qparams.scale[0];

	if (site->fixed_scale > 0 || (!(before < scale) && !(before > scale)))
		return;
	qs_plan_note_adjustment(
	    plan, &(struct qs_adjustment){site->name, site->kind, before, scale, reason});
	site->qparams.scale[0] = scale;
	site->qparams.float_max[0] = scale * (double)site->qparams.quant_max;
}

static void move_to(struct qs_plan *plan, struct qs_site *site, int position, const char *reason)
{
	move(plan, site, ldexp(1.0, -position), reason);
}

/* ---- what the config asks for ---------------------------------------------------------------- */

static void take_over(
    struct qs_plan *plan, const struct qs_layer *layer, size_t output, const char *reason)
{
	const struct qs_site *from = site_at(plan, output);
	const size_t n_inputs = plan->layers->graph->nodes[layer->node].proto->n_input;

	for (size_t i = 0; from && from->qparams.n == 1 && i < n_inputs; i++) {
		struct qs_site *site = site_at(plan, qs_plan_input_site(plan, layer, i));

		if (!site || site == from || site->qparams.n != 1 || site->fixed_scale > 0)
			continue;
		move(plan, site, from->qparams.scale[0], reason);
		site->qparams.zero_point[0] = from->qparams.zero_point[0];
	}
}

/* Pools whose operands can take their scale over. */
static bool is_pool(const struct qs_layer *layer)
{
	static const char *const types[] = {
	    "MaxPool1d", "MaxPool2d", "AvgPool2d", "AdaptiveAvgPool2d"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(layer->type, types[i]) == 0)
			return true;
	}
	return false;
}

static void align(struct qs_plan *plan, const struct qs_adjust_options *options)
{
	for (size_t i = 0; i < plan->layers->n_items; i++) {
		const struct qs_layer *layer = &plan->layers->items[i];
		const size_t output = qs_plan_output_site(plan, layer);

		if (options->concat_inputs && strcmp(layer->type, "Cat") == 0)
			take_over(plan, layer, output, "takes the scale of the concatenation");
		else if (options->pool_inputs && is_pool(layer))
			take_over(plan, layer, output, "takes the scale of the pool");
	}
}

/* ---- what repeats values --------------------------------------------------------------------- */

/* Whether a layer repeats the values that it reads, which is what Resize does unless it says
 * otherwise. */
static bool repeats(const struct qs_graph *graph, const struct qs_layer *layer)
{
	static const char nearest[] = "nearest";
	const Onnx__AttributeProto *mode = qs_attribute(graph->nodes[layer->node].proto, "mode");

	return strcmp(layer->type, "Upsample") == 0 &&
	       (!mode || (mode->s.len == sizeof(nearest) - 1 &&
			     memcmp(mode->s.data, nearest, mode->s.len) == 0));
}

/* Repeated codes stay what they are: with the scale of the input nothing is rounded again. What is
 * left to a concatenation has the scale of that. */
static void keep_codes(struct qs_plan *plan, const struct qs_layer *layer)
{
	const struct qs_site *from = site_at(plan, qs_plan_input_site(plan, layer, 0));
	struct qs_site *site = site_at(plan, qs_plan_output_site(plan, layer));

	if (!from || !site || strcmp(site->layer, layer->name) != 0 || from->qparams.n != 1 ||
	    site->qparams.n != 1 || from->qparams.quant_min != site->qparams.quant_min ||
	    from->qparams.quant_max != site->qparams.quant_max)
		return;
	move(plan, site, from->qparams.scale[0], "repeats values that have this scale");
	site->qparams.zero_point[0] = from->qparams.zero_point[0];
}

static void align_repeated(struct qs_plan *plan)
{
	for (size_t i = 0; i < plan->layers->n_items; i++) {
		if (repeats(plan->layers->graph, &plan->layers->items[i]))
			keep_codes(plan, &plan->layers->items[i]);
	}
}

/* ---- what the DPU can compute ---------------------------------------------------------------- */

static bool is_binary(const struct qs_site *site)
{
	return site && site->qparams.n == 1 && site->spec.datatype == QS_DATATYPE_INT &&
	       site->spec.scale_type == QS_SCALE_TYPE_POWEROFTWO;
}

/* Products are shifted right by `cut` to become outputs, and the bias left to be added to them. */
static void limit_shifts(struct qs_plan *plan, size_t index)
{
	const struct qs_layer *layer = &plan->layers->items[index];
	struct qs_site *input = site_at(plan, qs_plan_input_site(plan, layer, 0));
	struct qs_site *output = site_at(plan, qs_plan_output_site(plan, layer));
	struct qs_site *weights = site_at(plan, plan->weights_site[index]);
	struct qs_site *bias = site_at(plan, plan->bias_site[index]);
	int cut, shift, least;

	if (!is_binary(input) || !is_binary(output) || !is_binary(weights))
		return;
	cut = position_of(weights) + position_of(input) - position_of(output);
	if (cut < 0)
		move_to(plan, output, position_of(output) + cut,
		    "would ask for a shift of products to the left");
	else if (cut > CUT_MOST)
		move_to(plan, weights, position_of(weights) - cut + CUT_MOST,
		    "would ask for a shift of products by more than 16 bits");
	if (!is_binary(bias))
		return;
	shift = position_of(weights) + position_of(input) - position_of(bias);
	least = CODE_BITS + cut - ACCUMULATOR_BITS;
	least = least < 0 ? least : 0;
	if (shift < least)
		move_to(plan, bias, position_of(bias) + shift - least,
		    "would ask for a shift of the bias out of the accumulator");
	else if (shift > BIAS_MOST)
		move_to(plan, weights, position_of(weights) - shift + BIAS_MOST,
		    "would ask for a shift of the bias by more than 16 bits");
}

static void limit_parameter(struct qs_plan *plan, size_t index, const char *reason)
{
	struct qs_site *site = site_at(plan, index);

	if (!is_binary(site))
		return;
	if (position_of(site) < NORM_LEAST)
		move_to(plan, site, NORM_LEAST, reason);
	else if (position_of(site) > NORM_MOST)
		move_to(plan, site, NORM_MOST, reason);
}

static void limit_norm(struct qs_plan *plan, size_t index)
{
	static const char reason[] = "is of a layer norm, whose positions go from 0 to 15";

	limit_parameter(plan, plan->weights_site[index], reason);
	limit_parameter(plan, plan->bias_site[index], reason);
}

static void limit_hardsigmoid(struct qs_plan *plan, size_t index)
{
	const struct qs_layer *layer = &plan->layers->items[index];
	struct qs_site *input = site_at(plan, qs_plan_input_site(plan, layer, 0));
	struct qs_site *output = site_at(plan, qs_plan_output_site(plan, layer));

	if (is_binary(output) && position_of(output) < HARDSIGMOID_LEAST)
		move_to(plan, output, HARDSIGMOID_LEAST,
		    "is given by a hard sigmoid, at position 7 at least");
	if (is_binary(input) && position_of(input) < 0)
		move_to(plan, input, 0, "is read by a hard sigmoid, at position 0 at least");
}

static void limit_hardswish(struct qs_plan *plan, size_t index)
{
	const struct qs_layer *layer = &plan->layers->items[index];
	struct qs_site *input = site_at(plan, qs_plan_input_site(plan, layer, 0));
	struct qs_site *output = site_at(plan, qs_plan_output_site(plan, layer));

	if (is_binary(input) && position_of(input) < 0)
		move_to(plan, input, 0, "is read by a hard swish, at position 0 at least");
	if (is_binary(input) && is_binary(output) &&
	    position_of(output) > position_of(input) + HARDSWISH_GAIN)
		move_to(plan, output, position_of(input) + HARDSWISH_GAIN,
		    "is given by a hard swish, at most 7 positions beyond its input");
}

typedef void limit(struct qs_plan *plan, size_t layer);

static const struct {
	const char *type;
	limit *limit;
} limits[] = {
    {"Conv1d", limit_shifts},
    {"Conv2d", limit_shifts},
    {"Conv3d", limit_shifts},
    {"ConvTranspose2d", limit_shifts},
    {"ConvTranspose3d", limit_shifts},
    {"Linear", limit_shifts},
    {"LayerNorm", limit_norm},
    {"Hardsigmoid", limit_hardsigmoid},
    {"Hardswish", limit_hardswish},
};

static void limit_layer(struct qs_plan *plan, size_t index)
{
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++) {
		if (strcmp(limits[i].type, plan->layers->items[index].type) == 0)
			limits[i].limit(plan, index);
	}
}

/* ---- what only the data can mend ------------------------------------------------------------- */

/* The operands of a sum at the least and the most position; both NULL when none has one. */
struct operands {
	const struct qs_site *least, *most;
};

static struct operands operands_of(struct qs_plan *plan, const struct qs_layer *layer)
{
	const size_t n_inputs = plan->layers->graph->nodes[layer->node].proto->n_input;
	struct operands operands = {NULL, NULL};

	for (size_t i = 0; i < n_inputs; i++) {
		const struct qs_site *site = site_at(plan, qs_plan_input_site(plan, layer, i));

		if (!is_binary(site))
			continue;
		if (!operands.least || position_of(site) < position_of(operands.least))
			operands.least = site;
		if (!operands.most || position_of(site) > position_of(operands.most))
			operands.most = site;
	}
	return operands;
}

/* Before they are added, codes of one operand are shifted to the position of the other. */
static void check_sum(
    struct qs_plan *plan, const struct qs_layer *layer, struct qs_findings *findings)
{
	const struct operands operands = operands_of(plan, layer);
	int distance;

	if (!operands.least)
		return;
	distance = position_of(operands.most) - position_of(operands.least);
	if (distance > OPERANDS_MOST)
		qs_finding_add(findings, QS_FINDING_DISTANT_OPERANDS,
		    qs_model_place(plan->layers->graph->model, findings),
		    "the operands of layer \"%s\" are %d positions apart: \"%s\" at %d, \"%s\" at "
		    "%d; the DPU shifts by at most %d bits",
		    layer->name, distance, operands.most->name, position_of(operands.most),
		    operands.least->name, position_of(operands.least), OPERANDS_MOST);
}

void qs_adjust_check(struct qs_plan *plan, struct qs_findings *findings)
{
	for (size_t i = 0; i < plan->layers->n_items && plan->device == QS_DEVICE_DPU; i++) {
		if (strcmp(plan->layers->items[i].type, "Add") == 0)
			check_sum(plan, &plan->layers->items[i], findings);
	}
}

enum qs_status qs_adjust(struct qs_plan *plan, const struct qs_adjust_options *options)
{
	align(plan, options);
	align_repeated(plan);
	for (size_t i = 0; i < plan->layers->n_items && plan->device == QS_DEVICE_DPU; i++)
		limit_layer(plan, i);
	return plan->nomem ? QS_NOMEM : QS_OK;
}
