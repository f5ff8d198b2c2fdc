/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The plan: which tensors of a model get which number format, and what stays as it is and why.
 *
 * A plan is made from the layers of a model and the specs that the policy has for them. It is pure
 * data: calibration fills in the scales, applying writes it into the model, the report counts it.
 *
 * A site is one tensor with one format. A site without uses is for all who read the tensor. One
 * with uses is for those alone: a constant that layers of different specs share gets a site for
 * each spec, and a layer that reads in another format than the tensor has gets a site that
 * quantizes what the first one gave.
 *
 * Where all formats are of integers, layers are quantized in groups (engine/plan_groups.c);
 * otherwise each one reads and writes in formats of its own (engine/plan_nodes.c).
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
	const char *layer;  /* whose tensor it is; "" for that of the model */
	size_t format;      /* index of the layer whose spec it is; QS_NONE: the model's */
	struct qs_spec spec;
	size_t value;        /* in the graph */
	int axis;            /* of the tensor's channels; -1: one scale for all */
	struct qs_use *uses; /* the readers that get the format; none: all */
	size_t n_uses;
	size_t next;               /* site of the same tensor for other readers, or QS_NONE */
	bool is_constant;          /* of the model, rather than something that flows */
	size_t n_layers;           /* that read the constant in this format */
	struct qs_qparams qparams; /* of integers; n is 0 until calibrated */
	bool is_given;             /* the scales are given, and not looked for */
	/*
	 * Of a bias of 32 bits: the sites whose scales multiplied give its own, as integer
	 * arithmetic adds it to the products. QS_NONE for a bias with a scale of its own, and for
	 * all else.
	 */
	size_t input_site, weights_site;
	/* Calibration values that were quantized, and how many of them sat on ties: of activations
	 * whose rounding mode QuantizeLinear does not have. */
	uint64_t n_rounded, n_ties;
	double fixed_scale; /* that calibration leaves alone; 0: found by it */
	int scale_law;      /* enum qs_scale_law; -1: the plan's */
	float *correction;  /* of a bias: what is taken off each of its values; or NULL */
	size_t n_correction;
};

/* A layer's tensor that stays as it is. */
struct qs_kept {
	size_t index; /* of the layer */
	const char *layer;
	const char *type; /* of the layer, or its operator */
	enum qs_tensor kind;
	const char *reason; /* a static text: equal reasons are equal pointers */
};

/* A scale that was changed after calibration. */
struct qs_adjustment {
	const char *name; /* of the site */
	enum qs_tensor kind;
	double before, after;
	const char *reason; /* a static text */
};

struct qs_plan {
	struct qs_arena arena;
	const struct qs_layers *layers;
	enum qs_device device;
	struct qs_site *sites;
	size_t n_sites, sites_capacity;
	struct qs_kept *kept;
	size_t n_kept, kept_capacity;
	size_t *site_of_value;    /* the site of an activation for all readers, or QS_NONE */
	size_t *reading_of_value; /* the first site for some readers, or QS_NONE */
	size_t *first_read;       /* by node: the index of its first input among those of all */
	size_t *site_of_read;     /* by input of all nodes: its site for it alone, or QS_NONE */
	float *gain_of_value;     /* what it is multiplied by where it is computed */
	struct qs_adjustment *adjustments;
	size_t n_adjustments, adjustments_capacity;
	size_t *weights_site, *bias_site; /* by layer; QS_NONE for none */
	bool only_weights;                /* as the specs have it */
	bool corrects_biases;             /* while activations are calibrated */
	enum qs_scale_law scale_law;      /* of what is symmetric */
	bool nomem;
};

/*
 * The spec of a tensor kind of a layer, or for QS_NONE of the model: the policy as the planner asks
 * for it.
 */
struct qs_spec_source {
	struct qs_spec (*layer)(const void *context, size_t layer, enum qs_tensor kind);
	bool (*quantizes)(const void *context, enum qs_tensor kind);
	const void *context;
	enum qs_device device;
	bool only_weights; /* of integers: nothing else gets a format */
};

/*
 * Plans a model, whose layers outlive the plan. QS_INVALID with a finding when there is nothing to
 * quantize at all.
 */
enum qs_status qs_plan_new(const struct qs_layers *layers, const struct qs_spec_source *specs,
    struct qs_findings *findings, struct qs_plan **ret_plan);
/* A plan in which nothing has a format: the float model. May return QS_NOMEM. */
enum qs_status qs_plan_new_empty(const struct qs_layers *layers, struct qs_plan **ret_plan);
/* Releases a plan with its scales; NULL is fine. */
void qs_plan_free(struct qs_plan *plan);

/* ---- for the parts of the planner ------------------------------------------------------------ */

enum qs_role {
	QS_ROLE_FLOAT,
	QS_ROLE_COMPUTE,
	QS_ROLE_COMBINE,
	QS_ROLE_CONCAT,
	QS_ROLE_FOLLOW,
	QS_ROLE_MOVE
};

/* What happens to the parameters of a layer. */
enum qs_role_parameters {
	QS_PARAMETERS_WITHOUT,
	QS_PARAMETERS_WITH,
	QS_PARAMETERS_GAMMA /* weights have the format of what flows */
};

/* The role of a layer, and what happens to its parameters. */
enum qs_role qs_role_of(const struct qs_layer *layer, enum qs_role_parameters *ret_parameters);

/* Whether a layer is computed in floating point even where all that it reads and gives is
 * quantized. */
bool qs_role_is_of_floats(const struct qs_layer *layer);

/* Whether layers of a role have an output of their own to quantize. */
bool qs_role_quantizes(enum qs_role role);

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

/* Plans graph inputs and what layers compute, a group of layers at a time. */
void qs_plan_groups(struct qs_plan *plan, const struct qs_spec_source *specs);

/* Plans what each layer reads and computes, a layer at a time. */
void qs_plan_nodes(struct qs_plan *plan, const struct qs_spec_source *specs);

/* The axis of the channels in the weights or the bias of a layer, as the constant has it; -1 when
 * that is not known. */
int qs_plan_channel_axis(
    const struct qs_graph *graph, const struct qs_layer *layer, enum qs_tensor kind);

/* Whether two specs are the same in every parameter. */
bool qs_plan_same_spec(const struct qs_spec *a, const struct qs_spec *b);

/* Why a value cannot have a format, or NULL when it can. */
const char *qs_plan_obstacle(const struct qs_spec_source *specs, const struct qs_spec *spec,
    enum qs_tensor kind, const struct qs_value *value);

/* Puts a site with uses before the others of its tensor. */
void qs_plan_add_reading(struct qs_plan *plan, struct qs_site *site);

/* Adds what reads a value to a site. */
void qs_plan_add_use(struct qs_plan *plan, struct qs_site *site, struct qs_use use);

/* The layer that a node belongs to, or NULL, and its index. */
const struct qs_layer *qs_plan_layer_of(const struct qs_plan *plan, size_t node, size_t *ret_index);

/* Ties biases of 32 bits to the scales of input and weights. After the other two. */
void qs_plan_biases(struct qs_plan *plan);

/* The site of what a layer reads as an input, seen through moves, or QS_NONE. */
size_t qs_plan_input_site(const struct qs_plan *plan, const struct qs_layer *layer, size_t input);

/* The site where the output of a layer is quantized, behind functions, moves and concatenations, or
 * QS_NONE. */
size_t qs_plan_output_site(const struct qs_plan *plan, const struct qs_layer *layer);

/* Whether a layer is nothing but the Cast with which a narrow input enters the graph, or a narrow
 * output leaves it. */
bool qs_plan_is_border(const struct qs_plan *plan, const struct qs_layer *layer);

/* Whether a site is within a branch of an If, which no data may go through. */
bool qs_plan_is_in_branch(const struct qs_plan *plan, const struct qs_site *site);

/*
 * Takes sites out, `goes` by site, with the biases that are tied to them: what they are for stays
 * as it is. Indices of sites that others hold are void afterwards. May return QS_NOMEM.
 */
enum qs_status qs_plan_drop(struct qs_plan *plan, const bool *goes, const char *reason);

/* Why tensors of a branch are dropped that no batch went through. */
extern const char qs_plan_unseen[];

/* Notes a changed scale. */
void qs_plan_note_adjustment(struct qs_plan *plan, const struct qs_adjustment *adjustment);

/* The value that an operand is a moved copy of; a planned one, if there is one on the way. */
const struct qs_value *qs_plan_before_moves(
    const struct qs_plan *plan, const struct qs_value *value);

#endif
