/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: which tensors of a model get which number format, and what stays as it is and why.
 *
 * A plan is made from the layers of a model and the specs that the policy has for them. It is pure
 * data: calibration fills in the scales, applying writes it into the model, the report counts it.
 *
 * A site is one tensor with one format. All readers of an activation read the quantized one; of a
 * constant, only those that the site lists, as a constant that layers of different specs share gets
 * a site for each spec.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include "base/arena.h"
#include "model/layers.h"
#include "model/tensor.h"
#include "qstrata/plugin.h"

struct qs_site {
	enum qs_tensor kind;
	const char *name;   /* of the site: the tensor, or "TENSOR -> LAYER" for a further format */
	const char *tensor; /* ONNX name */
	const char *layer;  /* whose spec it is; "" for a graph input that no layer reads */
	struct qs_spec spec;
	size_t value;        /* in the graph */
	int axis;            /* of the tensor's channels; -1: one scale for all */
	struct qs_use *uses; /* of a constant: the readers that get the format */
	size_t n_uses;
	size_t n_layers;           /* that read the constant in this format */
	struct qs_qparams qparams; /* of integers; n is 0 until calibrated */
	/*
	 * Of a bias of 32 bits: the sites whose scales multiplied give its own, as integer
	 * arithmetic adds it to the products. QS_NONE for a bias with a scale of its own, and for
	 * all else.
	 */
	size_t input_site, weights_site;
};

/* A layer's tensor that stays as it is. */
struct qs_kept {
	const char *layer;
	const char *type; /* of the layer, or its operator */
	enum qs_tensor kind;
	const char *reason; /* a static text: equal reasons are equal pointers */
};

struct qs_plan {
	struct qs_arena arena;
	const struct qs_layers *layers;
	struct qs_site *sites;
	size_t n_sites, sites_capacity;
	struct qs_kept *kept;
	size_t n_kept, kept_capacity;
	size_t *site_of_value;            /* the site of an activation, or QS_NONE */
	size_t *weights_site, *bias_site; /* by layer; QS_NONE for none */
	bool nomem;
};

/* The spec of a tensor kind of a layer: the policy as the planner asks for it. */
struct qs_spec_source {
	struct qs_spec (*layer)(const void *context, size_t layer, enum qs_tensor kind);
	bool (*quantizes)(const void *context, enum qs_tensor kind);
	const void *context;
};

/*
 * Plans a model, whose layers outlive the plan. QS_INVALID with a finding when there is nothing to
 * quantize at all.
 */
enum qs_status qs_plan_new(const struct qs_layers *layers, const struct qs_spec_source *specs,
    struct qs_findings *findings, struct qs_plan **ret_plan);
/* Releases a plan with its scales; NULL is fine. */
void qs_plan_free(struct qs_plan *plan);

/* ---- for the parts of the planner ------------------------------------------------------------ */

enum qs_role {
	QS_ROLE_FLOAT,
	QS_ROLE_COMPUTE,
	QS_ROLE_CONCAT,
	QS_ROLE_FOLLOW,
	QS_ROLE_MOVE
};

/* The role of a layer, and whether its parameters are quantized. */
enum qs_role qs_role_of(const struct qs_layer *layer, bool *ret_parameters);

/* An array of n times QS_NONE, malloc'ed; NULL when memory ran out. */
size_t *qs_plan_none(size_t n);

/* Adds a site, zeroed but for the arguments; NULL when memory ran out. */
struct qs_site *qs_plan_add(struct qs_plan *plan, enum qs_tensor kind, size_t value,
    const struct qs_layer *layer, const struct qs_spec *spec);

/* Notes that a layer's tensor stays as it is. */
void qs_plan_keep(
    struct qs_plan *plan, const struct qs_layer *layer, enum qs_tensor kind, const char *reason);

/* Why the policy wants no format for a kind, or NULL when it wants one. */
const char *qs_plan_refuses(
    const struct qs_spec_source *specs, const struct qs_spec *spec, enum qs_tensor kind);

/* Plans the weights and biases of every layer. */
void qs_plan_parameters(struct qs_plan *plan, const struct qs_spec_source *specs);

/* Plans graph inputs and what layers compute. */
void qs_plan_activations(struct qs_plan *plan, const struct qs_spec_source *specs);

/* Ties biases of 32 bits to the scales of input and weights. After the other two. */
void qs_plan_biases(struct qs_plan *plan);

/* The value that an operand is a moved copy of; a planned one, if there is one on the way. */
const struct qs_value *qs_plan_before_moves(
    const struct qs_plan *plan, const struct qs_value *value);

#endif
