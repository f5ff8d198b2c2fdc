/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bias correction, as vai_q_pytorch 3.5 has it (include_bias_corr).
 *
 * While batches are run, what a layer gives with its formats is compared with what its float
 * parameters give on the same input, the layer's float twin. The bias moves against the mean error
 * of its channel, a small part of it a batch, until the errors of the layer have settled.
 */
#ifndef ENGINE_CORRECT_H
#define ENGINE_CORRECT_H

#include "engine/twin.h"

/* A layer whose bias is corrected. */
struct qs_corrected {
	size_t site;         /* of the bias */
	const char *type;    /* of the layer */
	size_t n;            /* channels */
	struct qs_blob bias; /* as the next batch reads it, float32 */
	float *start;        /* as the model has it */
	float *values;       /* of the blob */
	double efficiency, deviation;
	bool stopped;
};

struct qs_correct {
	struct qs_corrected *items;
	size_t n;
	struct qs_twins twins; /* of their layers: one an item, in the same order */
	size_t *of_site;       /* by site of the bias: its item, or QS_NONE */
};

/* Whether the bias of a layer is to be corrected: of none unless the plan asks for it. */
bool qs_correct_wants(const struct qs_plan *plan, size_t layer);

/*
 * Finds the layers of a plan whose biases are to be corrected and have no correction yet. Constants
 * have their scales.
 */
enum qs_status qs_correct_init(struct qs_correct *correct, const struct qs_plan *plan,
    const struct qs_registry *registry, struct qs_findings *findings);
void qs_correct_done(struct qs_correct *correct);

/* Learns from a batch: what a layer gave, and its float twin. May return QS_NOMEM. */
enum qs_status qs_correct_learn(struct qs_correct *correct, size_t item,
    const struct qs_blob *output, const struct qs_blob *twin);

/* Notes the corrections in the sites of the plan. May return QS_NOMEM. */
enum qs_status qs_correct_finish(const struct qs_correct *correct, struct qs_plan *plan);

#endif
