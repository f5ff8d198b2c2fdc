/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a plan with its scales into the model.
 *
 * Readers keep reading the names that they read: what computed a quantized tensor gets another
 * output name, and the quantized tensor takes the name over. Graph inputs keep theirs, as it
 * belongs to the caller of the model, and their readers get the quantized one under a new name; so
 * do those of constants, which become codes and a DequantizeLinear (or a Cast). Nodes stay in their
 * order, and what need not change is not touched.
 */
#ifndef ENGINE_APPLY_H
#define ENGINE_APPLY_H

#include "engine/onnx_form.h"
#include "qstrata/engine.h"

/* What was written. */
struct qs_applied {
	size_t n_standard, n_microsoft, n_casts, n_plain; /* sites by form */
	size_t n_exact; /* in plain operators that round as the config says */
	size_t n_clips, n_shifts;
	/* Activations whose rounding mode ONNX lacks; the last is for those of plug-ins. */
	size_t n_unexpressed[QS_ROUND_MODE__COUNT + 1];
	uint64_t bytes_before, bytes_after; /* of the quantized parameters */
	struct qs_counts counts;            /* of their values */
};

/* Edits the model of the plan's graph, which is not to be used afterwards. QS_UNSUPPORTED or
 * QS_INVALID with a finding; the model is of no use then. */
enum qs_status qs_apply(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_apply_options *options, struct qs_findings *findings,
    struct qs_applied *ret_applied);

#endif
