/* SPDX-License-Identifier: Apache-2.0 */
/* Rules of shapes: what they are given, and one function an operator or family of operators. */
#ifndef MODEL_SHAPE_INTERNAL_H
#define MODEL_SHAPE_INTERNAL_H

#include "model/graph.h"
#include "model/tensor.h"

/* Larger numbers make no sense as a dimension, and sums and products of these do not overflow. */
#define QS_LARGEST_DIM ((int64_t)INT32_MAX)

struct qs_shape {
	int rank; /* -1: not known */
	int64_t dims[QS_RANK_LIMIT];
};

/* The node that a rule is asked about. */
struct qs_shape_infer {
	struct qs_graph *graph;
	size_t node;
	const Onnx__NodeProto *proto;
	struct qs_findings *quiet; /* what is wrong with a constant is told when it is used */
};

/* A rule gives the shape of one output; false when it cannot tell. */
typedef bool qs_shape_rule(
    const struct qs_shape_infer *infer, size_t output, struct qs_shape *shape);

/* Numbers of an attribute or a constant; n is -1 when there are none. */
struct qs_numbers {
	int n;
	int64_t at[QS_RANK_LIMIT];
};

/* The shape of an input, if it is known. */
bool qs_shape_input(const struct qs_shape_infer *infer, size_t i, struct qs_shape *shape);

/* Numbers, those that are too large cut down to QS_LARGEST_DIM. */
struct qs_numbers qs_numbers_keep(const int64_t *numbers, size_t n);

/* The numbers of an attribute, of a constant input, or of the first of the two that is there. */
struct qs_numbers qs_numbers_attribute(const struct qs_shape_infer *infer, const char *name);
struct qs_numbers qs_numbers_constant(const struct qs_shape_infer *infer, size_t input);
struct qs_numbers qs_numbers_of(const struct qs_shape_infer *infer, const char *name, size_t input);

/* Puts a number in every one of n places when none are given. Whether there are n now. */
bool qs_numbers_spread(struct qs_numbers *numbers, int n, int64_t absent);

/* The number of an attribute; what it is when absent also stands for one that is too large. */
int64_t qs_shape_attribute(const struct qs_shape_infer *infer, const char *name, int64_t absent);

/* An axis counted from the front; false when there is none like that. */
bool qs_shape_axis(int64_t axis, int rank, int *ret_axis);

/* A dimension that was computed; -1 when it is negative or too large. */
int64_t qs_shape_known(int64_t dim);

/* The rules of shape_operators.def. */
qs_shape_rule qs_shape_rule_broadcast, qs_shape_rule_concat, qs_shape_rule_constant_of_shape,
    qs_shape_rule_conv, qs_shape_rule_conv_transpose, qs_shape_rule_depth_to_space,
    qs_shape_rule_flatten, qs_shape_rule_gather, qs_shape_rule_gemm, qs_shape_rule_global_pool,
    qs_shape_rule_matmul, qs_shape_rule_pad, qs_shape_rule_pool, qs_shape_rule_recurrent,
    qs_shape_rule_reduce, qs_shape_rule_reshape, qs_shape_rule_resize, qs_shape_rule_same,
    qs_shape_rule_shape_of, qs_shape_rule_slice, qs_shape_rule_split, qs_shape_rule_squeeze,
    qs_shape_rule_transpose, qs_shape_rule_unsqueeze;

#endif
