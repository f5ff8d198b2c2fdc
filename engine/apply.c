/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a plan with its scales into the model. */
#include "engine/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/array.h"
#include "qstrata/numbers.h"
#include "model/edit.h"

#define MICROSOFT "com.microsoft"
#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

struct writer {
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_model *model;
	struct qs_edit *edit;
	int64_t opset;
	struct qs_applied *applied;
};

/* The inputs of a node that quantizes or dequantizes. */
struct operands {
	const char *value, *scale, *zero_point;
};

/* ---- pieces of a graph ----------------------------------------------------------------------- */

static Onnx__NodeProto *add_node(struct writer *writer, const char *op_type,
    const struct operands *operands, size_t n_inputs, const char *output)
{
	const char *inputs[3] = {operands->value, operands->scale, operands->zero_point};
	struct qs_text name = QS_TEXT_INIT;
	Onnx__NodeProto *node;

	qs_text_addf(&name, "%s_%s", output ? output : "", op_type);
	node = qs_edit_add_node(writer->edit, op_type, name.data, inputs, n_inputs, &output, 1);
	qs_text_done(&name);
	return node;
}

/* An initializer of one value, or of one for each channel. */
static const char *add_initializer(struct writer *writer, const struct qs_site *site,
    const char *suffix, int onnx_type, size_t n, const void *elements)
{
	const int64_t dims[1] = {(int64_t)n};
	const char *name = qs_edit_name(writer->edit, "%s_%s", site->tensor, suffix);

	qs_edit_add_tensor(writer->edit, name, onnx_type, dims, n > 1 ? 1 : 0, elements);
	return name;
}

/* ---- scales and zero points ------------------------------------------------------------------ */

static const char *add_scale(struct writer *writer, const struct qs_site *site)
{
	float *scales = malloc(site->qparams.n * sizeof(*scales));
	const char *name = NULL;

	for (size_t i = 0; scales && i < site->qparams.n; i++)
		scales[i] = (float)site->qparams.scale[i];
	if (scales)
		name = add_initializer(writer, site, "scale", FLOAT, site->qparams.n, scales);
	free(scales);
	return name;
}

static void store_integer(enum qs_element element, void *out, size_t i, int64_t value)
{
	switch (element) {
	case QS_ELEMENT_INT8:
		((int8_t *)out)[i] = (int8_t)value;
		break;
	case QS_ELEMENT_UINT8:
		((uint8_t *)out)[i] = (uint8_t)value;
		break;
	case QS_ELEMENT_INT16:
		((int16_t *)out)[i] = (int16_t)value;
		break;
	case QS_ELEMENT_UINT16:
		((uint16_t *)out)[i] = (uint16_t)value;
		break;
	default:
		((int32_t *)out)[i] = (int32_t)value;
	}
}

static const char *add_zero_point(
    struct writer *writer, const struct qs_site *site, const struct qs_onnx_form *form)
{
	void *values = malloc(site->qparams.n * qs_element_size(form->element));
	const char *name = NULL;

	for (size_t i = 0; values && i < site->qparams.n; i++)
		store_integer(form->element, values, i,
		    form->shifts ? qs_onnx_zero_point(site) : site->qparams.zero_point[i]);
	if (values)
		name = add_initializer(
		    writer, site, "zero_point", form->onnx_type, site->qparams.n, values);
	free(values);
	return name;
}

/* ---- nodes of one site ----------------------------------------------------------------------- */

static void cast(struct writer *writer, const char *input, const char *output, int onnx_type)
{
	qs_edit_set_int(writer->edit,
	    add_node(writer, "Cast", &(struct operands){input, NULL, NULL}, 1, output), "to",
	    onnx_type);
}

static void quantize(struct writer *writer, const struct qs_onnx_form *form,
    const struct operands *operands, const char *output)
{
	Onnx__NodeProto *node = add_node(writer, "QuantizeLinear", operands, 3, output);

	if (form->microsoft)
		qs_edit_set_domain(writer->edit, node, MICROSOFT);
}

static void dequantize(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const struct operands *operands, const char *output)
{
	Onnx__NodeProto *node = add_node(writer, "DequantizeLinear", operands, 3, output);

	if (form->microsoft)
		qs_edit_set_domain(writer->edit, node, MICROSOFT);
	if (site->qparams.n > 1)
		qs_edit_set_int(writer->edit, node, "axis", site->axis);
}

/* Cuts values off at the ends of a range that the type of the codes goes beyond. Since rounding is
 * monotone, cutting before it and after it is the same. */
static const char *clip(struct writer *writer, const struct qs_site *site, const char *input)
{
	const float scale = (float)site->qparams.scale[0];
	const int64_t zero = qs_onnx_zero_point(site);
	const float low = (float)(site->qparams.quant_min - zero) * scale;
	const float high = (float)(site->qparams.quant_max - zero) * scale;
	const char *output = qs_edit_name(writer->edit, "%s_clipped", site->tensor);
	struct operands operands = {input, NULL, NULL};
	Onnx__NodeProto *node;

	writer->applied->n_clips++;
	/* Since opset 11 the ends are inputs. */
	if (writer->opset >= 11) {
		operands.scale = add_initializer(writer, site, "low", FLOAT, 1, &low);
		operands.zero_point = add_initializer(writer, site, "high", FLOAT, 1, &high);
		add_node(writer, "Clip", &operands, 3, output);
		return output;
	}
	node = add_node(writer, "Clip", &operands, 1, output);
	qs_edit_set_float(writer->edit, node, "min", low);
	qs_edit_set_float(writer->edit, node, "max", high);
	return output;
}

/* The nodes between the float tensor and its rounded form. */
static void round_flow(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char *input, const char *output)
{
	const char *rounded =
	    qs_edit_name(writer->edit, "%s_%s", site->tensor, qs_element_word(form->element));

	cast(writer, input, rounded, form->onnx_type);
	cast(writer, rounded, output, FLOAT);
}

/* Adds or subtracts the distance between the zero point of the scales and the one that is
 * written. */
static const char *shift(struct writer *writer, const char *op_type, const char *input,
    const char *distance, const char *output)
{
	const struct operands operands = {input, distance, NULL};

	add_node(writer, op_type, &operands, 2, output);
	return output;
}

static const char *add_distance(struct writer *writer, const struct qs_site *site)
{
	const int64_t steps = qs_onnx_zero_point(site) - site->qparams.zero_point[0];
	const float distance = (float)((double)steps * site->qparams.scale[0]);

	writer->applied->n_shifts++;
	return add_initializer(writer, site, "distance", FLOAT, 1, &distance);
}

/* The nodes between the float tensor and its quantized form. */
static void quantize_flow(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char *input, const char *output)
{
	const char *distance = form->shifts ? add_distance(writer, site) : NULL;
	const char *codes = qs_edit_name(writer->edit, "%s_quantized", site->tensor);
	const char *values = output;
	struct operands operands = {input, NULL, NULL};

	if (form->shifts) {
		operands.value = shift(writer, "Sub", input, distance,
		    qs_edit_name(writer->edit, "%s_near", site->tensor));
		values = qs_edit_name(writer->edit, "%s_near_dequantized", site->tensor);
	}
	if (form->clips)
		operands.value = clip(writer, site, operands.value);
	operands.scale = add_scale(writer, site);
	operands.zero_point = add_zero_point(writer, site, form);
	quantize(writer, form, &operands, codes);
	operands.value = codes;
	dequantize(writer, site, form, &operands, values);
	if (form->shifts)
		shift(writer, "Add", values, distance, output);
}

static void count_form(
    struct writer *writer, const struct qs_site *site, const struct qs_onnx_form *form)
{
	if (site->spec.datatype != QS_DATATYPE_INT)
		writer->applied->n_casts++;
	else if (form->plain)
		writer->applied->n_plain++;
	else if (form->microsoft)
		writer->applied->n_microsoft++;
	else
		writer->applied->n_standard++;
	if (!qs_onnx_rounds(site))
		writer->applied->n_unexpressed[site->spec.round_mode]++;
}

static enum qs_status find_form(
    struct writer *writer, const struct qs_site *site, struct qs_onnx_form *ret_form)
{
	if (qs_onnx_form(site, writer->opset, ret_form)) {
		count_form(writer, site, ret_form);
		return QS_OK;
	}
	qs_finding_add(writer->findings, QS_FINDING_NOT_EXPRESSIBLE,
	    qs_model_place(writer->model, writer->findings),
	    "%s \"%s\" of layer \"%s\": ONNX has no integers of %d bits for it; at most 16",
	    qs_tensor_word(site->kind), site->tensor, site->layer, site->spec.bit_width);
	return QS_UNSUPPORTED;
}

/* ---- constants ------------------------------------------------------------------------------- */

/* The codes of a constant, or the values that they stand for. */
static enum qs_status encode(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const Onnx__TensorProto *constant, const float *values,
    void *codes, struct qs_counts *ret_counts)
{
	const struct qs_subject subject = {
	    site->name, qs_model_place(writer->model, writer->findings), writer->findings};
	struct qs_quantization how;
	struct qs_layout layout;
	enum qs_status status;

	if (!qs_layout_of(constant->dims, constant->n_dims, site->axis, &layout))
		return QS_BUG;
	status = qs_quantizer_bind(
	    writer->registry, &site->spec, site->qparams.n ? &site->qparams : NULL, &subject, &how);
	if (status != QS_OK)
		return status;
	if (form->plain)
		return qs_quantizer_fake(&how, layout, values, codes, ret_counts);
	return qs_quantizer_encode(
	    &how, layout, values, form->element, codes, &subject, ret_counts);
}

/* Encodes a constant and adds the codes as an initializer; gives its name. */
static enum qs_status encode_constant(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char **ret_codes)
{
	const Onnx__TensorProto *constant =
	    writer->plan->layers->graph->values[site->value].constant;
	struct qs_applied *applied = writer->applied;
	struct qs_counts counts;
	float *values = NULL;
	void *codes;
	size_t n = 0;
	enum qs_status status =
	    qs_tensor_read(writer->model, constant, writer->findings, &values, &n);

	if (status != QS_OK)
		return status;
	codes = malloc(n * qs_element_size(form->element) + 1);
	status = codes ? encode(writer, site, form, constant, values, codes, &counts) : QS_NOMEM;
	/* The half formats could hold a NaN; a network cannot. */
	if (status == QS_OK && counts.nan)
		status = qs_tensor_check_values(
		    writer->model, site->tensor, values, n, false, writer->findings);
	if (status == QS_OK) {
		*ret_codes = qs_edit_name(writer->edit, "%s_quantized", site->tensor);
		qs_edit_add_tensor(writer->edit, *ret_codes, form->plain ? FLOAT : form->onnx_type,
		    constant->dims, constant->n_dims, codes);
		applied->bytes_before += n * sizeof(float);
		applied->bytes_after += n * qs_element_size(form->element);
		applied->counts.total += counts.total;
		applied->counts.infinite += counts.infinite;
		applied->counts.saturated += counts.saturated;
	}
	free(codes);
	free(values);
	return status;
}

static enum qs_status write_constant(struct writer *writer, const struct qs_site *site)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];
	struct operands operands = {NULL, NULL, NULL};
	struct qs_onnx_form form;
	const char *output;
	enum qs_status status = find_form(writer, site, &form);

	if (status == QS_OK)
		status = encode_constant(writer, site, &form, &operands.value);
	if (status != QS_OK)
		return status;
	output = form.plain ? operands.value
	                    : qs_edit_name(writer->edit, "%s_dequantized", site->tensor);
	if (form.plain) {
		/* The values stand for themselves. */
	} else if (site->spec.datatype == QS_DATATYPE_INT) {
		operands.scale = add_scale(writer, site);
		operands.zero_point = add_zero_point(writer, site, &form);
		dequantize(writer, site, &form, &operands, output);
	} else {
		cast(writer, operands.value, output, FLOAT);
	}
	for (size_t i = 0; i < site->n_uses; i++)
		qs_edit_reroute_use(writer->edit, value, site->uses[i], output);
	return QS_OK;
}

/* ---- what flows ------------------------------------------------------------------------------ */

/* The caller of the model keeps the name of an input; elsewhere the quantized tensor takes over the
 * name, and what computes it gets another one. */
static enum qs_status write_flow(struct writer *writer, const struct qs_site *site)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];
	const char *input = value->name, *output = value->name;
	struct qs_onnx_form form;
	enum qs_status status = find_form(writer, site, &form);

	if (status != QS_OK)
		return status;
	if (value->is_input) {
		output = qs_edit_name(writer->edit, "%s_dequantized", site->tensor);
		qs_edit_reroute(writer->edit, value, output);
	} else {
		input = qs_edit_name(writer->edit, "%s_float", site->tensor);
		qs_edit_rename(writer->edit, value, input);
	}
	if (site->spec.datatype == QS_DATATYPE_INT)
		quantize_flow(writer, site, &form, input, output);
	else
		round_flow(writer, site, &form, input, output);
	return QS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

static enum qs_status write_sites(struct writer *writer)
{
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < writer->plan->n_sites && status == QS_OK; i++) {
		const struct qs_site *site = &writer->plan->sites[i];
		const bool constant =
		    site->kind == QS_TENSOR_WEIGHTS || site->kind == QS_TENSOR_BIAS;

		status = constant ? write_constant(writer, site) : write_flow(writer, site);
	}
	if (status == QS_OK && writer->applied->n_microsoft)
		status = qs_model_import(writer->model, MICROSOFT, 1);
	return status;
}

enum qs_status qs_apply(const struct qs_plan *plan, const struct qs_registry *registry,
    struct qs_findings *findings, struct qs_applied *ret_applied)
{
	struct qs_graph *graph = plan->layers->graph;
	struct writer writer = {.plan = plan,
	    .registry = registry,
	    .findings = findings,
	    .model = graph->model,
	    .opset = qs_model_opset(graph->model),
	    .applied = ret_applied};
	enum qs_status status;

	memset(ret_applied, 0, sizeof(*ret_applied));
	status = qs_edit_new(graph, &writer.edit);
	if (status != QS_OK)
		return status;
	status = write_sites(&writer);
	if (status == QS_OK)
		status = qs_edit_apply(writer.edit, findings);
	qs_edit_free(writer.edit);
	return status;
}
