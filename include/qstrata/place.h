/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where the nodes of a model run on a device, as far as sources say; and rewriting what a device
 * does not take.
 */
#ifndef QSTRATA_PLACE_H
#define QSTRATA_PLACE_H

#include "qstrata/base.h"
#include "qstrata/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

/** What is to be placed, and on what. */
struct qs_place_options {
	const char *model; /**< path */
	const struct qs_policy
	    *policy;          /**< whose formats are judged; NULL: where nodes run alone */
	bool allow_unmatched; /**< as qs_job_new() has it */
	const struct qs_rulebook *rules; /**< with the profile of the device */
	size_t device;                   /**< index, qs_rulebook_find_device() */
	enum qs_front_end front_end;     /**< QS_FRONT_END_ONNX or QS_FRONT_END_PYTORCH */
};

/** Nodes with what they run on, and layers with what is said about their formats. */
struct qs_placement;

/**
 * Places a model. Nodes that depend on constants or shapes alone run nowhere and are left out; with
 * a policy the model is placed as the quantized one is made, with batch normalisations folded.
 *
 * What a device refuses, what runs on the CPU and what nobody tells becomes findings; QS_INVALID
 * when one of them is an error, with a placement all the same. QS_IO, QS_INVALID or
 * QS_UNSUPPORTED without one when the model or policy cannot be used. The rules outlive it.
 */
QS_API enum qs_status qs_place_model(const struct qs_place_options *options,
    struct qs_findings *findings, struct qs_placement **ret_placement);
/** Releases a placement; NULL is fine. */
QS_API void qs_placement_free(struct qs_placement *placement);

/** How many segments of nodes run on the BPU, one after the other or apart from each other. */
struct qs_segments {
	size_t if_bpu; /**< when every node of which nobody tells runs on the BPU */
	size_t if_cpu; /**< when each of them runs on the CPU */
};
QS_API struct qs_segments qs_placement_segments(const struct qs_placement *placement);
/** Where a node runs, by its name or by the name that findings give it; QS_UNIT__COUNT for none. */
QS_API enum qs_unit qs_placement_unit(const struct qs_placement *placement, const char *node);
/** What is said about the formats of a layer, by its name; QS_ANSWER__COUNT without a policy. */
QS_API enum qs_answer qs_placement_answer(const struct qs_placement *placement, const char *layer);

/** The placement for people. */
QS_API enum qs_status qs_placement_write_text(
    const struct qs_placement *placement, struct qs_text *text);
/** The placement as one JSON document, schemas/place.schema.json. */
QS_API enum qs_status qs_placement_write_json(
    const struct qs_placement *placement, struct qs_text *text);

/** Placements of one model, policy and front end on n devices (at least one), side by side. */
QS_API enum qs_status qs_placements_write_text(
    const struct qs_placement *const *placements, size_t n, struct qs_text *text);
/** The same as one JSON document, schemas/place.schema.json. */
QS_API enum qs_status qs_placements_write_json(
    const struct qs_placement *const *placements, size_t n, struct qs_text *text);

/* ---- rewriting ------------------------------------------------------------------------------- */

/** A model that is rewritten, change by change, and saved. A change that fails leaves it unfit. */
struct qs_rewrite;

/** Opens a model. As qs_model_open(). */
QS_API enum qs_status qs_rewrite_open(
    const char *path, struct qs_findings *findings, struct qs_rewrite **ret_rewrite);
/** Releases it; NULL is fine. */
QS_API void qs_rewrite_free(struct qs_rewrite *rewrite);

/**
 * Writes Linear layers, by their names or module paths, as Mul and ReduceSum, with the bias added
 * as before: what devices take with 16 bits for both operands. In float the same but for rounding.
 * QS_INVALID with findings about all that are not there or cannot be rewritten.
 */
QS_API enum qs_status qs_rewrite_linear(struct qs_rewrite *rewrite, const char *const *layers,
    size_t n_layers, struct qs_findings *findings);

/**
 * Quantizes every boolean that goes into Mul, Add, Sub or Div on its own: the conversion to float32
 * that the model has gets 16 bits with the scale 1/32767. QS_INVALID when there is none.
 */
QS_API enum qs_status qs_rewrite_masks(struct qs_rewrite *rewrite, struct qs_findings *findings);

/**
 * Lets Equal nodes with a constant that is not 0 ask whether their operand is not 0. That is the
 * same only where the operand holds 0 and the constant, which is for the caller to know.
 */
QS_API enum qs_status qs_rewrite_nonzero(struct qs_rewrite *rewrite, const char *const *nodes,
    size_t n_nodes, struct qs_findings *findings);

/**
 * Splits an input whose last channel is a mask into two, INPUT_data and INPUT_mask, which get
 * scales of their own. QS_INVALID with a finding when a reader needs both at once.
 */
QS_API enum qs_status qs_rewrite_split(
    struct qs_rewrite *rewrite, const char *input, struct qs_findings *findings);

/** Saves the model, as qs_model_save(). */
QS_API enum qs_status qs_rewrite_save(
    const struct qs_rewrite *rewrite, const char *path, struct qs_findings *findings);

/** What was done, for people. */
QS_API enum qs_status qs_rewrite_write_text(const struct qs_rewrite *rewrite, struct qs_text *text);
/** The same as one JSON document, schemas/rewrite.schema.json. */
QS_API enum qs_status qs_rewrite_write_json(const struct qs_rewrite *rewrite, struct qs_text *text);

#ifdef __cplusplus
}
#endif

#endif
