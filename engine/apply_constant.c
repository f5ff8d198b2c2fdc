/* SPDX-License-Identifier: Apache-2.0 */
/* Writes the constants of a plan: codes and what makes floats of them. */
#include <stdlib.h>

#include "engine/apply_internal.h"
#include "numbers/array.h"
#include "engine/constant.h"
#include "numbers/lattice.h"
#include "model/external.h"
#include "model/tensor.h"
#include "qstrata/numbers.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* External constants of so many values go from file to file one at a time. */
#define DEFERRED_FROM 65536

/*
 * How many leading dimensions of weights are 1 and not needed by the matrix products that read
 * them. ONNX Runtime makes one operator of a product and scales per channel, which then takes
 * nothing but matrices.
 */
size_t qs_writer_spare_dims(const struct qs_graph *graph, const struct qs_site *site)
{
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	size_t n = 0;

	if (!constant || site->qparams.n < 2 || constant->n_dims <= 2)
		return 0;
	while (n + 2 < constant->n_dims && constant->dims[n] == 1)
		n++;
	for (size_t i = 0; i < site->n_uses; i++) {
		const struct qs_use use = site->uses[i];
		const struct qs_value *other = qs_graph_input(graph, use.node, 0);

		if (!qs_node_is(graph->nodes[use.node].proto, "MatMul") || use.input != 1 ||
		    !other || other->rank < (int)constant->n_dims)
			return 0;
	}
	return n + 2 == constant->n_dims ? n : 0;
}

/* What it takes to encode a constant: now, or when the model is written. */
struct encoding {
	const struct qs_registry *registry;
	const struct qs_model *model;
	const struct qs_site *site;
	const Onnx__TensorProto *constant;
	size_t spare; /* leading dimensions that are not written */
	struct qs_onnx_form form;
	struct qs_applied *applied; /* is added to once */
};

/* The codes of values, or the values that they stand for. */
static enum qs_status encode(const struct encoding *encoding, const float *values,
    struct qs_findings *findings, void *codes, struct qs_counts *ret_counts)
{
	const struct qs_site *site = encoding->site;
	const struct qs_subject subject = {
	    site->name, qs_model_place(encoding->model, findings), findings};
	struct qs_quantization how;
	struct qs_layout layout;
	enum qs_status status;

	if (!qs_layout_of(
		encoding->constant->dims, encoding->constant->n_dims, site->axis, &layout))
		return QS_BUG;
	status = qs_quantizer_bind(encoding->registry, &site->spec,
	    site->qparams.n ? &site->qparams : NULL, &subject, &how);
	if (status != QS_OK)
		return status;
	if (encoding->form.plain)
		return qs_quantizer_fake(&how, layout, values, codes, ret_counts);
	return qs_quantizer_encode(
	    &how, layout, values, encoding->form.element, codes, &subject, ret_counts);
}

static void count_codes(struct encoding *encoding, size_t n, const struct qs_counts *counts)
{
	struct qs_applied *applied = encoding->applied;

	if (!applied)
		return;
	applied->bytes_before += n * qs_element_bits(encoding->constant->data_type) / 8;
	applied->bytes_after += n * qs_element_size(encoding->form.element);
	applied->counts.total += counts->total;
	applied->counts.infinite += counts->infinite;
	applied->counts.saturated += counts->saturated;
	encoding->applied = NULL;
}

/* Reads a constant and encodes it: a qs_tensor_maker. */
static enum qs_status make_codes(void *context, struct qs_findings *findings, void *ret_codes)
{
	struct encoding *encoding = context;
	struct qs_counts counts;
	float *values = NULL;
	size_t n = 0;
	enum qs_status status = qs_constant_read(
	    encoding->model, encoding->constant, encoding->site, findings, &values, &n);

	if (status != QS_OK)
		return status;
	status = encode(encoding, values, findings, ret_codes, &counts);
	/* The half formats could hold a NaN; a network cannot. */
	if (status == QS_OK && counts.nan)
		status = qs_tensor_check_values(
		    encoding->model, encoding->site->tensor, values, n, false, findings);
	if (status == QS_OK)
		count_codes(encoding, n, &counts);
	free(values);
	return status;
}

/* The dimensions that are written; a single value has none. */
static const int64_t *dims_of(const struct encoding *encoding)
{
	return encoding->spare ? encoding->constant->dims + encoding->spare
	                       : encoding->constant->dims;
}

/* Adds the codes as an initializer that is filled now. */
static enum qs_status add_codes(
    struct qs_writer *writer, struct encoding *encoding, size_t n, int type, const char *name)
{
	void *codes = malloc(n * qs_element_size(encoding->form.element) + 1);
	const enum qs_status status =
	    codes ? make_codes(encoding, writer->findings, codes) : QS_NOMEM;

	if (status == QS_OK)
		qs_edit_add_tensor(writer->edit, name, type, dims_of(encoding),
		    encoding->constant->n_dims - encoding->spare, codes);
	free(codes);
	return status;
}

/* Adds the codes as an initializer that is filled when the model is written. */
static enum qs_status defer_codes(
    struct qs_writer *writer, const struct encoding *encoding, int type, const char *name)
{
	struct encoding *kept = qs_arena_alloc(&writer->model->arena, sizeof(*kept));

	if (!kept)
		return QS_NOMEM;
	*kept = *encoding;
	qs_edit_add_deferred(writer->edit, name, type, dims_of(encoding),
	    encoding->constant->n_dims - encoding->spare, make_codes, kept);
	return QS_OK;
}

/* Encodes a constant and adds the codes as an initializer; gives its name. */
static enum qs_status encode_constant(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char **ret_codes)
{
	const struct qs_graph *graph = writer->plan->layers->graph;
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	struct encoding encoding = {.registry = writer->registry,
	    .model = writer->model,
	    .site = site,
	    .constant = constant,
	    .spare = form->plain || form->exact ? 0 : qs_writer_spare_dims(graph, site),
	    .form = *form,
	    .applied = writer->applied};
	const int type = form->plain ? FLOAT : form->onnx_type;
	size_t n;

	if (!qs_shape_count(constant->dims, constant->n_dims, &n))
		return QS_BUG;
	*ret_codes = qs_edit_name(writer->edit, "%s_quantized", site->tensor);
	if (!*ret_codes)
		return QS_NOMEM;
	if (qs_external_is(constant) && n >= DEFERRED_FROM)
		return defer_codes(writer, &encoding, type, *ret_codes);
	return add_codes(writer, &encoding, n, type, *ret_codes);
}

/* ---- floats of codes ------------------------------------------------------------------------- */

/* One value for each scale, in a shape that goes with the constant's. */
static const char *add_channels(
    struct qs_writer *writer, const struct qs_site *site, const char *suffix, const float *values)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];
	const size_t rank = site->qparams.n > 1 ? value->constant->n_dims : 0;
	const char *name = qs_edit_name(writer->edit, "%s_%s", site->tensor, suffix);
	int64_t dims[QS_ARRAY_RANK_LIMIT];

	for (size_t i = 0; i < rank && i < QS_ARRAY_RANK_LIMIT; i++)
		dims[i] = (int)i == site->axis ? (int64_t)site->qparams.n : 1;
	qs_edit_add_tensor(writer->edit, name, FLOAT, dims, rank, values);
	return name;
}

/*
 * Codes as numbers, less the zero point, times the step. ONNX Runtime makes MatMulNBits of a
 * product and a DequantizeLinear, which multiplies with fewer bits.
 */
static void multiply_codes(
    struct qs_writer *writer, const struct qs_site *site, const char *codes, const char *output)
{
	const size_t n = site->qparams.n;
	float *steps = malloc(2 * n * sizeof(*steps) + 1), *zeros = steps + n;
	struct qs_operands operands = {{qs_edit_name(writer->edit, "%s_codes", site->tensor)}};
	bool has_zero = false;

	if (!steps)
		return;
	for (size_t i = 0; i < n; i++) {
		steps[i] = qs_lattice_of(&site->qparams, i).step;
		zeros[i] = (float)site->qparams.zero_point[i];
		has_zero = has_zero || site->qparams.zero_point[i];
	}
	qs_writer_cast(writer, codes, operands.of[0], FLOAT);
	if (has_zero) {
		operands.of[1] = add_channels(writer, site, "zero", zeros);
		operands.of[0] = qs_writer_step(writer, site, "Sub", &operands, 2, "multiples");
	}
	operands.of[1] = add_channels(writer, site, "step", steps);
	qs_writer_node(writer, "Mul", &operands, 2, output);
	free(steps);
}

/* Makes floats of codes. */
static void write_floats(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char *codes, const char *output)
{
	struct qs_operands operands = {{codes}};

	if (form->exact) {
		multiply_codes(writer, site, codes, output);
	} else if (site->spec.datatype == QS_DATATYPE_INT) {
		qs_writer_scales(writer, site, form, &operands);
		qs_writer_dequantize(writer, site, form, &operands, output);
	} else {
		qs_writer_cast(writer, codes, output, FLOAT);
	}
}

enum qs_status qs_writer_constant(struct qs_writer *writer, const struct qs_site *site)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];
	struct qs_onnx_form form;
	const char *codes, *output;
	enum qs_status status = qs_writer_form(writer, site, &form);

	if (status == QS_OK)
		status = encode_constant(writer, site, &form, &codes);
	if (status != QS_OK)
		return status;
	output = codes;
	/* Values stand for themselves. */
	if (!form.plain) {
		output = qs_edit_name(writer->edit, "%s_dequantized", site->tensor);
		write_floats(writer, site, &form, codes, output);
	}
	for (size_t i = 0; i < site->n_uses; i++)
		qs_edit_reroute_use(writer->edit, value, site->uses[i], output);
	return QS_OK;
}
