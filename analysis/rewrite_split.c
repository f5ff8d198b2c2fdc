/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Splits an input whose last channel is a mask into two inputs, data and mask, so that each gets a
 * scale of its own. Readers that take the mask alone read it; a product of the whole becomes a
 * product of each, put together again.
 */
#include <stdlib.h>
#include <string.h>

#include "analysis/rewrite.h"
#include "model/tensor.h"

struct split {
	struct qs_change *change;
	const struct qs_value *whole;
	int64_t n_channels;
	int axis; /* the last one */
	const char *data, *mask;
};

/* The integers of a constant input of a node; false when there are none. */
static bool read_integers(
    const struct split *split, size_t node, size_t input, int64_t **ret_values, size_t *ret_n)
{
	const struct qs_value *value = qs_graph_input(split->change->graph, node, input);

	return value && value->constant &&
	       qs_tensor_read_integers(split->change->rewrite->model, value->constant,
		   split->change->findings, ret_values, ret_n) == QS_OK;
}

static bool is_last_axis(const struct split *split, int64_t axis)
{
	return (axis < 0 ? axis + split->whole->rank : axis) == split->axis;
}

/* WHOLE[..., -1] by Gather with one index. */
static bool takes_mask(const struct split *split, size_t node)
{
	const Onnx__NodeProto *proto = split->change->graph->nodes[node].proto;
	int64_t *index = NULL;
	bool takes = false;
	size_t n;

	if (!qs_node_is(proto, "Gather") ||
	    !is_last_axis(split, qs_attribute_int(proto, "axis", 0)))
		return false;
	if (read_integers(split, node, 1, &index, &n))
		takes = n == 1 && (index[0] == -1 || index[0] == split->n_channels - 1);
	free(index);
	return takes;
}

/* Whether the index of a Gather has no dimension, so that the axis goes away. */
static bool drops_axis(const struct split *split, size_t node)
{
	const struct qs_value *index = qs_graph_input(split->change->graph, node, 1);

	return index->constant->n_dims == 0;
}

static void read_mask(const struct split *split, size_t node)
{
	struct qs_change *change = split->change;
	const struct qs_value *output = qs_graph_output(change->graph, node, 0);
	Onnx__NodeProto *added;

	qs_edit_remove_node(change->edit, node);
	if (drops_axis(split, node)) {
		qs_change_axes_node(change, "Squeeze", output->name, split->mask, split->axis, 13,
		    output->name, &added);
		return;
	}
	qs_change_add(change, "Identity", output->name, &split->mask, 1, output->name);
}

/* The bounds of a Slice along the last axis alone in steps of 1; since opset 10 they are inputs. */
static bool read_slice(const struct split *split, size_t node, int64_t *ret_begin, int64_t *ret_end)
{
	const Onnx__NodeProto *proto = split->change->graph->nodes[node].proto;
	int64_t *parts[4] = {NULL};
	size_t n[4] = {0};
	bool good = qs_node_is(proto, "Slice") && proto->n_input >= 4;

	for (size_t i = 0; i < 4 && good; i++) {
		const bool is_step = i == 3;

		if (is_step && (proto->n_input < 5 || !proto->input[4][0]))
			break;
		good = read_integers(split, node, i + 1, &parts[i], &n[i]) && n[i] == 1;
	}
	good = good && is_last_axis(split, parts[2][0]) && (!parts[3] || parts[3][0] == 1);
	if (good) {
		*ret_begin = parts[0][0] < 0 ? parts[0][0] + split->n_channels : parts[0][0];
		*ret_end = parts[1][0] < 0 ? parts[1][0] + split->n_channels : parts[1][0];
		if (*ret_end > split->n_channels)
			*ret_end = split->n_channels;
	}
	for (size_t i = 0; i < 4; i++)
		free(parts[i]);
	return good;
}

/* A Slice of the data or of the mask, whole, reads that. */
static bool write_slice(const struct split *split, size_t node)
{
	struct qs_change *change = split->change;
	const struct qs_value *output = qs_graph_output(change->graph, node, 0);
	const char *source;
	int64_t begin, end;

	if (!output || !read_slice(split, node, &begin, &end))
		return false;
	if (begin == split->n_channels - 1 && end == split->n_channels)
		source = split->mask;
	else if (begin == 0 && end == split->n_channels - 1)
		source = split->data;
	else
		return false;
	qs_edit_remove_node(change->edit, node);
	qs_change_add(change, "Identity", output->name, &source, 1, output->name);
	return true;
}

/* A product with what is the same for all channels: one for the data and one for the mask. */
static bool write_product(const struct split *split, size_t node, size_t input)
{
	struct qs_change *change = split->change;
	const struct qs_value *output = qs_graph_output(change->graph, node, 0);
	const struct qs_value *other = qs_graph_input(change->graph, node, 1 - input);
	const char *parts[2];
	Onnx__NodeProto *added;

	if (!qs_node_is(change->graph->nodes[node].proto, "Mul") || !output || !other ||
	    other == split->whole || other->rank < 0 || other->rank > split->whole->rank ||
	    (other->rank > 0 && other->dims[other->rank - 1] != 1))
		return false;
	parts[0] = qs_change_node(change, "Mul", split->data,
	    (const char *const[]){split->data, other->name, NULL}, &added);
	parts[1] = qs_change_node(change, "Mul", split->mask,
	    (const char *const[]){split->mask, other->name, NULL}, &added);
	qs_edit_remove_node(change->edit, node);
	added = qs_change_add(change, "Concat", output->name, parts, 2, output->name);
	qs_edit_set_int(change->edit, added, "axis", split->axis);
	return true;
}

static enum qs_status write_use(const struct split *split, struct qs_use use)
{
	const struct qs_node *node = &split->change->graph->nodes[use.node];
	struct qs_text reason = QS_TEXT_INIT;
	enum qs_status status;

	if (use.input < node->proto->n_input) {
		if (use.input == 0 && takes_mask(split, use.node)) {
			read_mask(split, use.node);
			return QS_OK;
		}
		if ((use.input == 0 && write_slice(split, use.node)) ||
		    (use.input < 2 && write_product(split, use.node, use.input)))
			return QS_OK;
	}
	qs_text_addf(&reason,
	    "%s \"%s\" reads it, and neither takes the last channel or the others nor multiplies "
	    "all channels with the same",
	    node->proto->op_type, node->label);
	status = qs_change_refuse(split->change, "input", split->whole->name, reason.data);
	qs_findings_end_text(split->change->findings, &reason);
	return status;
}

/* ---- inputs ---------------------------------------------------------------------------------- */

/* An input like another one, with another number of channels. NULL when memory ran out. */
static Onnx__ValueInfoProto *input_like(
    struct qs_model *model, const Onnx__ValueInfoProto *like, const char *name, int64_t n_channels)
{
	const Onnx__TensorShapeProto *shape = like->type->tensor_type->shape;
	struct qs_arena *arena = &model->arena;
	Onnx__ValueInfoProto *info = qs_arena_alloc(arena, sizeof(*info));
	Onnx__TypeProto *type = qs_arena_alloc(arena, sizeof(*type));
	Onnx__TypeProto__Tensor *tensor = qs_arena_alloc(arena, sizeof(*tensor));
	Onnx__TensorShapeProto *dims = qs_arena_alloc(arena, sizeof(*dims));
	Onnx__TensorShapeProto__Dimension *last = qs_arena_alloc(arena, sizeof(*last));
	Onnx__TensorShapeProto__Dimension **list =
	    qs_arena_array(arena, shape->n_dim, sizeof(Onnx__TensorShapeProto__Dimension *));

	if (!info || !type || !tensor || !dims || !last || !list)
		return NULL;
	*info = *like;
	*type = *like->type;
	*tensor = *like->type->tensor_type;
	*dims = *shape;
	*last = *shape->dim[shape->n_dim - 1];
	memcpy(list, shape->dim, shape->n_dim * sizeof(Onnx__TensorShapeProto__Dimension *));
	last->dim_value = n_channels;
	list[shape->n_dim - 1] = last;
	dims->dim = list;
	tensor->shape = dims;
	type->tensor_type = tensor;
	info->type = type;
	info->name = (char *)name;
	return info;
}

/* Puts the two inputs in the place of the one. */
static enum qs_status replace_input(const struct split *split)
{
	struct qs_model *model = split->change->rewrite->model;
	Onnx__GraphProto *graph = model->proto->graph;
	Onnx__ValueInfoProto **inputs =
	    qs_arena_array(&model->arena, graph->n_input + 1, sizeof(*inputs));
	size_t n = 0;

	if (!inputs || !split->data || !split->mask)
		return QS_NOMEM;
	for (size_t i = 0; i < graph->n_input; i++) {
		Onnx__ValueInfoProto *input = graph->input[i];

		if (strcmp(input->name, split->whole->name) != 0) {
			inputs[n++] = input;
			continue;
		}
		inputs[n] = input_like(model, input, split->data, split->n_channels - 1);
		inputs[n + 1] = input_like(model, input, split->mask, 1);
		if (!inputs[n] || !inputs[n + 1])
			return QS_NOMEM;
		n += 2;
	}
	graph->input = inputs;
	graph->n_input = n;
	return QS_OK;
}

static enum qs_status say_unknown(struct qs_change *change, const char *name)
{
	struct qs_nearest nearest = qs_nearest_to(name, strlen(name));

	for (size_t i = 0; i < change->graph->n_values; i++) {
		if (change->graph->values[i].is_input)
			qs_nearest_offer(&nearest, change->graph->values[i].name);
	}
	return qs_change_unknown(change, "input", name, &nearest);
}

static enum qs_status write_split(struct qs_change *change, const char *name)
{
	const size_t index = qs_graph_find(change->graph, name);
	const struct qs_value *whole = index == QS_NONE ? NULL : &change->graph->values[index];
	struct split split = {change, whole, 0, 0, NULL, NULL};
	enum qs_status status = QS_OK;

	if (!whole)
		return say_unknown(change, name);
	if (!whole->is_input)
		return qs_change_refuse(change, "tensor", name,
		    "it is no input of the model, and what computes it gives it one scale");
	if (whole->rank < 1 || whole->dims[whole->rank - 1] < 2)
		return qs_change_refuse(
		    change, "input", name, "its last dimension is not known to be 2 or more");
	split.axis = whole->rank - 1;
	split.n_channels = whole->dims[split.axis];
	split.data = qs_edit_name(change->edit, "%s_data", name);
	split.mask = qs_edit_name(change->edit, "%s_mask", name);
	for (size_t i = 0; i < whole->n_uses && status == QS_OK; i++)
		status = write_use(&split, whole->uses[i]);
	if (status == QS_OK)
		status = replace_input(&split);
	if (status == QS_OK)
		qs_change_note(change, "split", name, 0,
		    "\"%s\" and \"%s\" are inputs of their own, the second with the last of %d "
		    "channels",
		    split.data, split.mask, (int)split.n_channels);
	return status;
}

enum qs_status qs_rewrite_split(
    struct qs_rewrite *rewrite, const char *input, struct qs_findings *findings)
{
	struct qs_change change;
	enum qs_status status = qs_change_begin(&change, rewrite, findings);

	if (status == QS_OK)
		status = write_split(&change, input);
	return qs_change_end(&change, status);
}
