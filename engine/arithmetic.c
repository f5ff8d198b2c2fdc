/* SPDX-License-Identifier: Apache-2.0 */
/* The arithmetic of the DPU. */
#include "engine/arithmetic.h"

#include <math.h>
#include <string.h>

#include "numbers/round.h"
#include "model/edit.h"

#define SLOPE 0.1015625F

/* Windows with a factor of their own: m / 2^n in place of 1 / (height * width). */
static const struct {
	int64_t height, width;
	double count, m, power;
} windows[] = {
    {3, 3, 9, 7, 64},
    {5, 5, 25, 10, 256},
    {6, 6, 36, 7, 256},
    {3, 6, 36, 7, 256},
    {6, 3, 36, 7, 256},
    {7, 7, 49, 21, 1024},
    {14, 14, 196, 21, 4096},
};

double qs_arithmetic_gain(int64_t height, int64_t width)
{
	const double count = (double)height * (double)width;
	const int n_shifts = (int)ceil(log2(count * 128));
	double best = 0.0, difference = 1.0;

	for (size_t i = 0; i < sizeof(windows) / sizeof(*windows); i++) {
		if (windows[i].height == height && windows[i].width == width)
			return windows[i].count * windows[i].m / windows[i].power;
	}
	/* The nearest m / 2^n, the smallest n of several. */
	for (int n = 0; n < n_shifts; n++) {
		const double value = ldexp(qs_round_half_even(ldexp(1.0, n) / count), -n);

		if (fabs(value - 1 / count) < difference) {
			difference = fabs(value - 1 / count);
			best = value;
		}
	}
	return count * best;
}

/* The window of an average pool; false when it is not known. */
static bool find_window(const struct qs_graph *graph, const struct qs_layer *layer,
    int64_t *ret_height, int64_t *ret_width)
{
	const Onnx__AttributeProto *kernel =
	    qs_attribute(graph->nodes[layer->node].proto, "kernel_shape");
	const struct qs_value *input = qs_graph_input(graph, layer->node, 0);

	if (strcmp(layer->type, "AvgPool2d") == 0 && kernel && kernel->n_ints == 2) {
		*ret_height = kernel->ints[0];
		*ret_width = kernel->ints[1];
	} else if (strcmp(layer->type, "AdaptiveAvgPool2d") == 0 && input && input->rank == 4) {
		*ret_height = input->dims[2];
		*ret_width = input->dims[3];
	} else {
		return false;
	}
	return *ret_height > 0 && *ret_width > 0 && *ret_height <= INT32_MAX &&
	       *ret_width <= INT32_MAX;
}

static bool set_gain(struct qs_plan *plan, const struct qs_layer *layer)
{
	const struct qs_graph *graph = plan->layers->graph;
	const struct qs_value *output = qs_graph_output(graph, layer->node, 0);
	int64_t height, width;
	double gain;

	if (!output || output->unit ||
	    output->element_type != ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT ||
	    !find_window(graph, layer, &height, &width))
		return false;
	gain = qs_arithmetic_gain(height, width);
	if (!(gain < 1) && !(gain > 1))
		return false;
	plan->gain_of_value[output - graph->values] = (float)gain;
	return true;
}

static bool set_slope(struct qs_plan *plan, const struct qs_layer *layer)
{
	Onnx__NodeProto *proto = plan->layers->graph->nodes[layer->node].proto;
	struct qs_edit *edit;

	if (strcmp(layer->op_type, "LeakyRelu") != 0)
		return false;
	if (qs_edit_new(plan->layers->graph, &edit) != QS_OK) {
		plan->nomem = true;
		return false;
	}
	qs_edit_set_float(edit, proto, "alpha", SLOPE);
	qs_edit_free(edit);
	return true;
}

enum qs_status qs_arithmetic_apply(struct qs_plan *plan, size_t *ret_n_layers)
{
	size_t n = 0;

	for (size_t i = 0; i < plan->layers->n_items; i++) {
		n += set_gain(plan, &plan->layers->items[i]);
		n += set_slope(plan, &plan->layers->items[i]);
	}
	*ret_n_layers = n;
	return plan->nomem ? QS_NOMEM : QS_OK;
}
