/* SPDX-License-Identifier: Apache-2.0 */
/* Corrects biases by the mean errors of their channels. */
#include "engine/correct.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/array.h"
#include "engine/constant.h"

/*
 * How vai_q_pytorch 3.5 learns (quant_noise.py): the efficiency of a batch is 1.25 times the
 * logarithm of signal over noise, running averages of it and of its changes keep four fifths of
 * what they were, and a bias moves by RATE times the mean error, half of that once the efficiency
 * is above GOOD. It stops for good when the efficiency is EXCELLENT or has SETTLED.
 */
#define RATE 0.05
#define KEPT 0.8
#define GOOD 4.0
#define EXCELLENT 4.3
#define SETTLED 0.05

/* ---- which ----------------------------------------------------------------------------------- */

/* The types of layers that the tool corrects. */
static bool is_corrected(const struct qs_layer *layer)
{
	static const char *const types[] = {"Conv1d", "Conv2d", "ConvTranspose2d", "Linear"};

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		if (strcmp(layer->type, types[i]) == 0)
			return true;
	}
	return false;
}

/* A bias that several layers read is as each of them needs it, which cannot be had. */
bool qs_correct_wants(const struct qs_plan *plan, size_t layer)
{
	const size_t site = plan->bias_site[layer];

	return plan->corrects_biases && site != QS_NONE && plan->sites[site].n_layers == 1 &&
	       is_corrected(&plan->layers->items[layer]);
}

static enum qs_status add(struct qs_correct *correct, const struct qs_plan *plan,
    const struct qs_registry *registry, size_t layer, struct qs_findings *findings)
{
	const struct qs_graph *graph = plan->layers->graph;
	const size_t index = plan->bias_site[layer];
	const struct qs_site *site = &plan->sites[index];
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	struct qs_corrected *corrected = &correct->items[correct->n++];
	enum qs_status status;

	corrected->type = plan->layers->items[layer].type;
	corrected->site = index;
	status = qs_constant_read(
	    graph->model, constant, site, findings, &corrected->start, &corrected->n);
	if (status == QS_OK)
		status = qs_constant_fake(
		    plan, registry, site, findings, &corrected->values, &corrected->n);
	if (status != QS_OK)
		return status;
	corrected->bias =
	    (struct qs_blob){site->tensor, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, constant->n_dims,
		constant->dims, corrected->values, corrected->n * sizeof(*corrected->values)};
	correct->of_site[index] = correct->n - 1;
	qs_twins_add(&correct->twins, plan, layer);
	return QS_OK;
}

enum qs_status qs_correct_init(struct qs_correct *correct, const struct qs_plan *plan,
    const struct qs_registry *registry, struct qs_findings *findings)
{
	const size_t n = plan->layers->n_items;
	enum qs_status status = QS_OK;

	*correct = (struct qs_correct){.items = calloc(n + 1, sizeof(*correct->items)),
	    .of_site = qs_plan_none(plan->n_sites)};
	if (qs_twins_init(&correct->twins, plan) != QS_OK || !correct->items || !correct->of_site)
		return QS_NOMEM;
	for (size_t i = 0; i < n && status == QS_OK; i++) {
		/* One that is given stays. */
		if (qs_correct_wants(plan, i) && !plan->sites[plan->bias_site[i]].correction)
			status = add(correct, plan, registry, i, findings);
	}
	return status;
}

void qs_correct_done(struct qs_correct *correct)
{
	for (size_t i = 0; i < correct->n; i++) {
		free(correct->items[i].start);
		free(correct->items[i].values);
	}
	free(correct->items);
	qs_twins_done(&correct->twins);
	free(correct->of_site);
}

/* ---- learning -------------------------------------------------------------------------------- */

/* Takes the powers of signal and noise of a batch into account; gives the rate to move by. */
static double judge(struct qs_corrected *item, double signal, double noise)
{
	double efficiency, change;

	if (!(noise > 0)) {
		item->stopped = true;
		return 0;
	}
	efficiency = 1.25 * log10(signal / noise);
	change = fabs(efficiency - item->efficiency);
	item->efficiency = KEPT * item->efficiency + (1 - KEPT) * efficiency;
	item->deviation = KEPT * item->deviation + (1 - KEPT) * change;
	item->stopped = !(change > 0) || item->efficiency > EXCELLENT ||
	                item->deviation / item->efficiency < SETTLED ||
	                fabs(change - item->deviation / change) < SETTLED;
	return item->efficiency > GOOD ? RATE / 2 : RATE;
}

/* How a layer's output is laid out around its channels; false when that is not by its bias. */
static bool layout_of(
    const struct qs_corrected *item, const struct qs_blob *output, struct qs_layout *ret_layout)
{
	const size_t axis = strcmp(item->type, "Linear") == 0 ? output->n_dims - 1 : 1;

	return output->n_dims > axis &&
	       qs_layout_of(output->dims, output->n_dims, (int)axis, ret_layout) &&
	       ret_layout->channels == item->n;
}

/* Moves a bias against the mean errors of its channels, in the type that it has. */
static void move(
    struct qs_corrected *item, struct qs_layout layout, double rate, const double *errors)
{
	const double count = (double)(layout.outer * layout.inner);

	for (size_t c = 0; c < item->n; c++)
		item->stopped = item->stopped || !isfinite(errors[c]);
	for (size_t c = 0; c < item->n && !item->stopped; c++)
		item->values[c] -= (float)rate * (float)(errors[c] / count);
}

/* Sums what there is to learn of: signal and noise, and errors by channel. */
static void compare(const float *found, const float *exact, struct qs_layout layout, double *errors,
    double *ret_signal, double *ret_noise)
{
	size_t i = 0;

	*ret_signal = *ret_noise = 0;
	for (size_t o = 0; o < layout.outer; o++) {
		for (size_t c = 0; c < layout.channels; c++) {
			for (size_t k = 0; k < layout.inner; k++, i++) {
				const float error = found[i] - exact[i];

				*ret_signal += (double)exact[i] * exact[i];
				*ret_noise += (double)error * error;
				errors[c] += error;
			}
		}
	}
}

enum qs_status qs_correct_learn(struct qs_correct *correct, size_t index,
    const struct qs_blob *output, const struct qs_blob *twin)
{
	struct qs_corrected *item = &correct->items[index];
	struct qs_layout layout;
	double *errors, signal, noise, rate;
	float *found, *exact;
	size_t n, n_exact;

	if (item->stopped || !output->size)
		return QS_OK;
	if (!layout_of(item, output, &layout)) {
		item->stopped = true;
		return QS_OK;
	}
	errors = calloc(item->n + 1, sizeof(*errors));
	found = qs_blob_floats(output, &n);
	exact = qs_blob_floats(twin, &n_exact);
	if (errors && found && exact && n == n_exact) {
		compare(found, exact, layout, errors, &signal, &noise);
		rate = judge(item, signal, noise);
		move(item, layout, rate, errors);
	}
	free(errors);
	free(found);
	free(exact);
	return errors && found && exact ? QS_OK : QS_NOMEM;
}

/* ---- what came of it ------------------------------------------------------------------------- */

enum qs_status qs_correct_finish(const struct qs_correct *correct, struct qs_plan *plan)
{
	for (size_t i = 0; i < correct->n; i++) {
		const struct qs_corrected *item = &correct->items[i];
		struct qs_site *site = &plan->sites[item->site];

		site->correction = malloc(item->n * sizeof(*site->correction) + 1);
		if (!site->correction)
			return QS_NOMEM;
		site->n_correction = item->n;
		for (size_t c = 0; c < item->n; c++)
			site->correction[c] = item->start[c] - item->values[c];
	}
	return QS_OK;
}
