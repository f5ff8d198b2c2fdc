/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A placement from the inside: nodes, the formats of layers, and the facts that they are judged by.
 */
#ifndef ANALYSIS_PLACE_H
#define ANALYSIS_PLACE_H

#include "engine/plan.h"
#include "qstrata/engine.h"
#include "qstrata/place.h"

/* A node, in topological order. */
struct qs_placed {
	size_t node;
	enum qs_unit on;
	const struct qs_operator_fact *fact;   /* that says so, or that is passed; or NULL */
	const struct qs_operator_fact *passed; /* whose limit the node is beyond, or NULL */
	enum qs_limit limit;
	uint64_t measured;
	const char *left;               /* why it is in floating point, or NULL */
	const struct qs_value *boolean; /* an operand that is one, converted for nothing else */
	size_t segment;                 /* from 1, where all unknown nodes run on the BPU; or 0 */
	bool splits;                    /* the BPU works before it and after it */
};

/* The formats of a layer; QS_NUMBER__COUNT is none of those that facts name, or no tensor. */
struct qs_layer_formats {
	size_t layer;
	enum qs_number numbers[QS_TENSOR__COUNT];
	enum qs_answer answer;
	const struct qs_operator_fact *fact;  /* the answer, or NULL */
	const struct qs_operator_fact *later; /* one of a later date that is unsure, or NULL */
};

struct qs_placement {
	struct qs_place_options options;
	struct qs_model *own_model; /* without a job */
	struct qs_layers *own_layers;
	struct qs_job *job; /* with a policy */
	const struct qs_layers *layers;
	const struct qs_plan *plan; /* of the job, or NULL */
	struct qs_placed *nodes;
	size_t n_nodes;
	size_t *of_node;                  /* index in nodes, or QS_NONE */
	struct qs_layer_formats *formats; /* of layers with a tensor that is quantized */
	size_t n_formats;
	size_t *formats_of_layer; /* index in formats, or QS_NONE; NULL without a policy */
	const char **left;        /* by layer: why it stays in floating point, or NULL; likewise */
	struct qs_segments segments;
};

/* ---- place_fact.c: what facts say ------------------------------------------------------------ */

/* Where a node runs, and by which fact. */
void qs_place_node(const struct qs_placement *placement, struct qs_placed *placed);

/* What is said about the formats of a layer. */
void qs_place_judge(const struct qs_placement *placement, struct qs_layer_formats *formats);

/* Whether a unit is what the device is bought for, rather than its processor or not known. */
bool qs_place_is_special(enum qs_unit on);

/* The name of the unit that a device is bought for, "BPU", as far as its facts say. The text is
 * static. `ret_known`: some fact does. */
const char *qs_place_unit_name(const struct qs_placement *placement, bool *ret_known);

/* ---- place_format.c: what tensors are -------------------------------------------------------- */

/* Finds for each layer why it stays in floating point, by the plan: its weights or what it
 * computes. May return QS_NOMEM. */
enum qs_status qs_place_find_left(struct qs_placement *placement);

/* The formats that the plan gives a layer. False when none of its tensors is quantized. */
bool qs_place_formats(const struct qs_placement *placement, struct qs_layer_formats *formats);

/*
 * An operand of a node that is a boolean, converted to floating point and not quantized on its own;
 * NULL for none.
 */
const struct qs_value *qs_place_boolean(const struct qs_placement *placement, size_t node);

/* ---- place_limit.c --------------------------------------------------------------------------- */

/* How large a node is in the sense of a limit; false when that is not known or means nothing. */
bool qs_place_measure(
    const struct qs_graph *graph, size_t node, enum qs_limit limit, uint64_t *ret_size);

/* ---- place_axis.c: measures of what is done along axes --------------------------------------- */

typedef bool qs_place_measurer(const struct qs_graph *graph, size_t node, uint64_t *ret_size);
qs_place_measurer qs_place_axes, qs_place_reduced, qs_place_joined_samples,
    qs_place_repeated_samples, qs_place_off_channels, qs_place_dropped_axes;

/* ---- place_segment.c ------------------------------------------------------------------------- */

/* Numbers the segments of the BPU and finds what splits them. May return QS_NOMEM. */
enum qs_status qs_place_segments(struct qs_placement *placement);

/* ---- place_write.c --------------------------------------------------------------------------- */

const struct qs_profile *qs_placement_profile(const struct qs_placement *placement);

/* How many nodes run on a unit. */
size_t qs_placement_count(const struct qs_placement *placement, enum qs_unit on);

/* Adds device, segments, nodes and layers to an object. */
struct json_object;
void qs_placement_put(struct json_object *object, const struct qs_placement *placement);

/* ---- place_tell.c ---------------------------------------------------------------------------- */

/* Adds findings about what a placement shows. QS_INVALID when one is an error. */
enum qs_status qs_place_tell(const struct qs_placement *placement, struct qs_findings *findings);

#endif
