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

#ifdef __cplusplus
}
#endif

#endif
