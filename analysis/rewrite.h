/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A model that is being rewritten, from the inside: one kind of change is one edit of its graph.
 */
#ifndef ANALYSIS_REWRITE_H
#define ANALYSIS_REWRITE_H

#include "base/nearest.h"
#include "model/edit.h"
#include "model/layers.h"
#include "qstrata/place.h"

/* What was done, in the words of the report. */
struct qs_rewritten {
	const char *what;  /* static: "linear", "mask", "nonzero", "split" */
	const char *where; /* the layer, node or tensor */
	const char *text;
	uint64_t n_values; /* of the largest tensor that was not there before, or 0 */
	struct qs_rewritten *next;
};

struct qs_rewrite {
	struct qs_model *model;
	const char *path;                  /* borrowed from the model */
	struct qs_rewritten *first, *last; /* in the model's memory */
	size_t n;
};

/* An edit with what it starts from. */
struct qs_change {
	struct qs_rewrite *rewrite;
	struct qs_findings *findings;
	struct qs_layers *layers;
	struct qs_graph *graph; /* of the layers */
	struct qs_edit *edit;
	int64_t opset;
};

/* Starts a change, which is ended with what the work came to; that or what applying did is
 * returned. */
enum qs_status qs_change_begin(
    struct qs_change *change, struct qs_rewrite *rewrite, struct qs_findings *findings);
enum qs_status qs_change_end(struct qs_change *change, enum qs_status status);

/* Notes what was done; the text is printf's. */
void qs_change_note(struct qs_change *change, const char *what, const char *where,
    uint64_t n_values, const char *format, ...) QS_PRINTF(5, 6);

/* Refuses to rewrite something: adds a finding and returns QS_INVALID. */
enum qs_status qs_change_refuse(
    struct qs_change *change, const char *what, const char *name, const char *reason);

/* Says that there is nothing of a name, with the nearest of what there is. */
enum qs_status qs_change_unknown(
    struct qs_change *change, const char *what, const char *name, const struct qs_nearest *nearest);

/* A node called NAME_OPERATOR with an output. */
Onnx__NodeProto *qs_change_add(struct qs_change *change, const char *op_type, const char *name,
    const char *const *inputs, size_t n_inputs, const char *output);

/* A node of one output under a free name, which is returned; `inputs` may end with NULL. */
const char *qs_change_node(struct qs_change *change, const char *op_type, const char *name,
    const char *const *inputs, Onnx__NodeProto **ret_node);

/* The same with axes, as an attribute or, from an opset on, as an input. `output` is NULL for a
 * free name. */
const char *qs_change_axes_node(struct qs_change *change, const char *op_type, const char *name,
    const char *input, int64_t axis, int64_t input_since, const char *output,
    Onnx__NodeProto **ret_node);

#endif
