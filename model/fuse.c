/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Layers of several nodes, as exporters write what ONNX had no operator for.
 *
 * Each pattern starts from the one operator that gives it away and follows the only reader of each
 * tensor, so that nothing within is read from outside.
 */
#include <string.h>

#include "model/layers.h"

static struct qs_value *input_of(const struct qs_graph *graph, size_t node, size_t i)
{
	return node == QS_NONE ? NULL : qs_graph_input(graph, node, i);
}

static struct qs_value *output_of(const struct qs_graph *graph, size_t node)
{
	return node == QS_NONE ? NULL : qs_graph_output(graph, node, 0);
}

static bool is_op(const struct qs_graph *graph, size_t node, const char *op_type)
{
	return node != QS_NONE && qs_node_is(graph->nodes[node].proto, op_type);
}

/* The node that alone reads a node's output, if it is of that operator. */
static size_t reader(const struct qs_graph *graph, size_t node, const char *op_type)
{
	const struct qs_value *value = output_of(graph, node);

	if (!value || value->n_uses != 1 || value->is_output ||
	    value->uses[0].input >= graph->nodes[value->uses[0].node].proto->n_input ||
	    !is_op(graph, value->uses[0].node, op_type))
		return QS_NONE;
	return value->uses[0].node;
}

/* The operand of a two-operand node that is not `value`. */
static struct qs_value *other(
    const struct qs_graph *graph, size_t node, const struct qs_value *value)
{
	struct qs_value *first = input_of(graph, node, 0), *second = input_of(graph, node, 1);

	return first == value ? second : first;
}

/* The static operand of a two-operand node whose other operand is not, or NULL. */
static struct qs_value *static_operand(const struct qs_graph *graph, size_t node)
{
	struct qs_value *first = input_of(graph, node, 0), *second = input_of(graph, node, 1);

	if (!first || !second || first->is_static == second->is_static)
		return NULL;
	return first->is_static ? first : second;
}

static void add_node(struct qs_fused *fused, size_t node)
{
	fused->nodes[fused->n_nodes++] = node;
}

/* Whether two nodes are of one module, as far as their names tell. */
static bool same_module(const struct qs_graph *graph, size_t a, size_t b)
{
	const char *x = graph->nodes[a].proto->name, *y = graph->nodes[b].proto->name;
	const char *x_end = x ? strrchr(x, '/') : NULL, *y_end = y ? strrchr(y, '/') : NULL;

	if (!x_end || !y_end)
		return true;
	return x_end - x == y_end - y && strncmp(x, y, (size_t)(x_end - x)) == 0;
}

/* A vector along the last axis, as biases of Linear are. */
static bool is_vector(const struct qs_value *value)
{
	for (int i = 0; i + 1 < value->rank; i++) {
		if (value->dims[i] != 1)
			return false;
	}
	return value->rank > 0;
}

/* MatMul by constant weights, and the constant vector added to it. */
static bool fuse_linear(const struct qs_graph *graph, size_t matmul, struct qs_fused *fused)
{
	const size_t add = reader(graph, matmul, "Add");
	struct qs_value *weights = input_of(graph, matmul, 1);
	struct qs_value *bias = add == QS_NONE ? NULL : static_operand(graph, add);

	if (!weights || !weights->is_static || input_of(graph, matmul, 0)->is_static || !bias ||
	    !is_vector(bias))
		return false;
	*fused = (struct qs_fused){.type = "Linear", .main = matmul};
	fused->input = input_of(graph, matmul, 0);
	fused->weights = weights;
	fused->bias = bias;
	add_node(fused, matmul);
	add_node(fused, add);
	return true;
}

/* Adds the factor and the summand behind a normalization, where they are constants. */
static void take_affine(const struct qs_graph *graph, size_t last, struct qs_fused *fused)
{
	const size_t mul = reader(graph, last, "Mul");
	size_t add;

	if (mul == QS_NONE || !static_operand(graph, mul))
		return;
	fused->weights = static_operand(graph, mul);
	add_node(fused, mul);
	add = reader(graph, mul, "Add");
	if (add == QS_NONE || !static_operand(graph, add))
		return;
	fused->bias = static_operand(graph, add);
	add_node(fused, add);
}

/* (x - mean(x)) / sqrt(mean((x - mean(x))^2) + epsilon), with or without factor and summand. */
static bool fuse_layer_norm(const struct qs_graph *graph, size_t mean, struct qs_fused *fused)
{
	const size_t sub = reader(graph, mean, "Sub");
	const struct qs_value *centred = output_of(graph, sub);
	size_t square = QS_NONE, divide = QS_NONE, variance, add, root;

	if (!centred || centred->is_output || input_of(graph, sub, 0) != input_of(graph, mean, 0))
		return false;
	for (size_t i = 0; i < centred->n_uses; i++) {
		const size_t node = centred->uses[i].node;

		if (is_op(graph, node, "Div") && centred->uses[i].input == 0)
			divide = node;
		else if (is_op(graph, node, "Pow") ||
			 (is_op(graph, node, "Mul") && other(graph, node, centred) == centred))
			square = node;
		else
			return false;
	}
	variance = square == QS_NONE ? QS_NONE : reader(graph, square, "ReduceMean");
	add = reader(graph, variance, "Add");
	root = reader(graph, add, "Sqrt");
	if (divide == QS_NONE || root == QS_NONE || !static_operand(graph, add) ||
	    reader(graph, root, "Div") != divide)
		return false;
	*fused = (struct qs_fused){.type = "LayerNorm", .main = mean};
	fused->input = input_of(graph, mean, 0);
	fused->n_nodes = 7;
	memcpy(fused->nodes, (const size_t[]){mean, sub, square, variance, add, root, divide},
	    7 * sizeof(size_t));
	take_affine(graph, divide, fused);
	return true;
}

/* x / sqrt(2), erf, + 1, times x, times 1/2; the half may also come with x. */
static bool fuse_gelu(const struct qs_graph *graph, size_t erf, struct qs_fused *fused)
{
	const struct qs_value *scaled = input_of(graph, erf, 0);
	const size_t scale = scaled ? scaled->producer : QS_NONE;
	const size_t add = reader(graph, erf, "Add"), mul = reader(graph, add, "Mul");
	struct qs_value *constant, *x, *factor;
	size_t half;

	if ((!is_op(graph, scale, "Div") && !is_op(graph, scale, "Mul")) || mul == QS_NONE ||
	    reader(graph, scale, "Erf") != erf || !static_operand(graph, add))
		return false;
	constant = static_operand(graph, scale);
	x = constant ? other(graph, scale, constant) : NULL;
	factor = other(graph, mul, output_of(graph, add));
	if (!x || !factor)
		return false;
	*fused = (struct qs_fused){.type = "GELU", .main = erf, .input = x};
	add_node(fused, scale);
	add_node(fused, erf);
	add_node(fused, add);
	half = factor == x ? reader(graph, mul, "Mul") : factor->producer;
	if (!is_op(graph, half, "Mul") || !static_operand(graph, half))
		return false;
	if (factor != x && (reader(graph, half, "Mul") != mul ||
			       other(graph, half, static_operand(graph, half)) != x))
		return false;
	add_node(fused, factor == x ? mul : half);
	add_node(fused, factor == x ? half : mul);
	return true;
}

/* x times a gate of x. */
static bool fuse_gate(
    const struct qs_graph *graph, size_t gate, const char *type, struct qs_fused *fused)
{
	const size_t mul = reader(graph, gate, "Mul");
	struct qs_value *x = input_of(graph, gate, 0);

	if (mul == QS_NONE || !x || other(graph, mul, output_of(graph, gate)) != x ||
	    !same_module(graph, gate, mul))
		return false;
	*fused = (struct qs_fused){.type = type, .main = gate, .input = x};
	add_node(fused, gate);
	add_node(fused, mul);
	return true;
}

/* The node that alone reads a node's output and divides by, or multiplies with, a constant. */
static size_t scaling_reader(const struct qs_graph *graph, size_t node)
{
	const size_t divide = reader(graph, node, "Div");
	const size_t scale = divide == QS_NONE ? reader(graph, node, "Mul") : divide;

	return scale != QS_NONE && static_operand(graph, scale) ? scale : QS_NONE;
}

/* The node that alone reads a node's output and multiplies it with `x`. */
static size_t gating_reader(const struct qs_graph *graph, size_t node, const struct qs_value *x)
{
	const size_t mul = reader(graph, node, "Mul");

	return mul != QS_NONE && other(graph, mul, output_of(graph, node)) == x ? mul : QS_NONE;
}

/*
 * Takes the nodes that make a number of steps of a gate: floor(scaled + nearly a half), at most
 * some number, times the step. Gives the last of them; QS_NONE when there are none.
 */
static size_t take_steps(const struct qs_graph *graph, size_t scaled, struct qs_fused *fused)
{
	const size_t raised = reader(graph, scaled, "Add");
	const size_t rounded = reader(graph, raised, "Floor");
	const size_t limited = reader(graph, rounded, "Min");
	const size_t gate = scaling_reader(graph, limited);

	if (gate == QS_NONE || !static_operand(graph, raised) || !static_operand(graph, limited))
		return QS_NONE;
	add_node(fused, scaled);
	add_node(fused, raised);
	add_node(fused, rounded);
	add_node(fused, limited);
	add_node(fused, gate);
	return gate;
}

/* relu6(x + 3) / 6, times x before or after the division when it is hard swish. */
static bool fuse_relu6_gate(const struct qs_graph *graph, size_t clip, struct qs_fused *fused)
{
	const struct qs_layer_type *type = qs_layer_type_of(graph, clip);
	const struct qs_value *shifted = input_of(graph, clip, 0);
	const size_t add = shifted ? shifted->producer : QS_NONE;
	size_t first, second, stepped = QS_NONE;
	struct qs_value *three, *x;

	if (!type || strcmp(type->type, "ReLU6") != 0 || !is_op(graph, add, "Add") ||
	    reader(graph, add, "Clip") != clip)
		return false;
	three = static_operand(graph, add);
	x = three ? other(graph, add, three) : NULL;
	if (!x || is_vector(three))
		return false;
	*fused = (struct qs_fused){.type = "Hardswish", .main = clip, .input = x};
	add_node(fused, add);
	add_node(fused, clip);
	first = gating_reader(graph, clip, x);
	if (first != QS_NONE) {
		second = scaling_reader(graph, first);
	} else {
		first = scaling_reader(graph, clip);
		stepped = take_steps(graph, first, fused);
		second = gating_reader(graph, stepped == QS_NONE ? first : stepped, x);
	}
	if (first == QS_NONE ||
	    (second == QS_NONE && (stepped != QS_NONE || scaling_reader(graph, clip) == QS_NONE)))
		return false;
	if (stepped == QS_NONE)
		add_node(fused, first);
	if (second != QS_NONE)
		add_node(fused, second);
	else
		fused->type = "Hardsigmoid";
	return true;
}

bool qs_fuse(const struct qs_graph *graph, size_t node, struct qs_fused *ret_fused)
{
	if (is_op(graph, node, "MatMul") && input_of(graph, node, 0))
		return fuse_linear(graph, node, ret_fused);
	if (is_op(graph, node, "ReduceMean"))
		return fuse_layer_norm(graph, node, ret_fused);
	if (is_op(graph, node, "Erf"))
		return fuse_gelu(graph, node, ret_fused);
	if (is_op(graph, node, "Sigmoid"))
		return fuse_gate(graph, node, "SiLU", ret_fused);
	if (is_op(graph, node, "Clip"))
		return fuse_relu6_gate(graph, node, ret_fused);
	if (is_op(graph, node, "HardSigmoid"))
		return fuse_gate(graph, node, "Hardswish", ret_fused);
	return false;
}
