/* SPDX-License-Identifier: Apache-2.0 */
/* Writes a plan with its scales into the model. */
#include "engine/apply.h"

#include <stdlib.h>
#include <string.h>

#include "base/finding.h"
#include "engine/array.h"
#include "engine/constant.h"
#include "qstrata/numbers.h"
#include "model/edit.h"
#include "model/external.h"
#include "model/tensor.h"

#define MICROSOFT "com.microsoft"
#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

/* External constants of so many values go from file to file one at a time. */
#define DEFERRED_FROM 65536

struct writer {
	const struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_model *model;
	struct qs_edit *edit;
	int64_t opset;
	struct qs_applied *applied;
	const char **inner; /* by value: its name within the graph, where the graph gives another */
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

/*
 * How many leading dimensions of weights are 1 and not needed by the matrix products that read
 * them. ONNX Runtime makes one operator of a product and scales per channel, which then takes
 * nothing but matrices.
 */
static size_t spare_dims(const struct qs_graph *graph, const struct qs_site *site)
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

static void dequantize(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const struct operands *operands, const char *output)
{
	Onnx__NodeProto *node = add_node(writer, "DequantizeLinear", operands, 3, output);

	if (form->microsoft)
		qs_edit_set_domain(writer->edit, node, MICROSOFT);
	if (site->qparams.n > 1)
		qs_edit_set_int(writer->edit, node, "axis",
		    site->axis - (int)spare_dims(writer->plan->layers->graph, site));
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
	const int mode = (int)site->spec.round_mode;

	if (site->spec.datatype != QS_DATATYPE_INT)
		writer->applied->n_casts++;
	else if (form->plain)
		writer->applied->n_plain++;
	else if (form->microsoft)
		writer->applied->n_microsoft++;
	else
		writer->applied->n_standard++;
	if (!qs_onnx_rounds(site))
		writer->applied
		    ->n_unexpressed[mode < QS_ROUND_MODE__COUNT ? mode : QS_ROUND_MODE__COUNT]++;
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
	applied->bytes_before += n * sizeof(float);
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

/* Adds the codes as an initializer that is filled now. */
static enum qs_status add_codes(
    struct writer *writer, struct encoding *encoding, size_t n, int type, const char *name)
{
	void *codes = malloc(n * qs_element_size(encoding->form.element) + 1);
	const enum qs_status status =
	    codes ? make_codes(encoding, writer->findings, codes) : QS_NOMEM;

	if (status == QS_OK)
		qs_edit_add_tensor(writer->edit, name, type,
		    encoding->constant->dims + encoding->spare,
		    encoding->constant->n_dims - encoding->spare, codes);
	free(codes);
	return status;
}

/* Adds the codes as an initializer that is filled when the model is written. */
static enum qs_status defer_codes(
    struct writer *writer, const struct encoding *encoding, int type, const char *name)
{
	struct encoding *kept = qs_arena_alloc(&writer->model->arena, sizeof(*kept));

	if (!kept)
		return QS_NOMEM;
	*kept = *encoding;
	qs_edit_add_deferred(writer->edit, name, type, encoding->constant->dims + encoding->spare,
	    encoding->constant->n_dims - encoding->spare, make_codes, kept);
	return QS_OK;
}

/* Encodes a constant and adds the codes as an initializer; gives its name. */
static enum qs_status encode_constant(struct writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char **ret_codes)
{
	const struct qs_graph *graph = writer->plan->layers->graph;
	const Onnx__TensorProto *constant = graph->values[site->value].constant;
	struct encoding encoding = {.registry = writer->registry,
	    .model = writer->model,
	    .site = site,
	    .constant = constant,
	    .spare = form->plain ? 0 : spare_dims(graph, site),
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

/* The name under which the quantized tensor is read. */
static const char *name_of(const struct writer *writer, size_t value)
{
	return writer->inner[value] ? writer->inner[value]
	                            : writer->plan->layers->graph->values[value].name;
}

/* Whether a site is for what the graph gives. */
static bool is_return(const struct qs_site *site)
{
	return site->n_uses && site->uses[0].node == QS_NONE;
}

/* What the graph gives in a format of its own keeps its name for that; all who read the tensor get
 * another one. */
static void split_return(struct writer *writer, const struct qs_site *site)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];
	const char *inner = qs_edit_name(writer->edit, "%s_inner", site->tensor);

	writer->inner[site->value] = inner;
	qs_edit_reroute(writer->edit, value, inner);
	if (writer->plan->site_of_value[site->value] == QS_NONE)
		qs_edit_rename(writer->edit, value, inner);
}

/*
 * The names of a tensor before and after a site for all readers. The caller of the model keeps the
 * name of an input; elsewhere the quantized tensor takes over the name, and what computes it gets
 * another one.
 */
static void name_flow(struct writer *writer, const struct qs_site *site, const char **ret_input,
    const char **ret_output)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];

	*ret_input = value->name;
	*ret_output = name_of(writer, site->value);
	if (value->is_input) {
		*ret_output = qs_edit_name(writer->edit, "%s_dequantized", site->tensor);
		qs_edit_reroute(writer->edit, value, *ret_output);
	} else {
		*ret_input = qs_edit_name(writer->edit, "%s_float", site->tensor);
		qs_edit_rename(writer->edit, value, *ret_input);
	}
}

/* The same for a site of some readers, which read under a name of their own. */
static void name_reading(struct writer *writer, const struct qs_site *site, const char **ret_input,
    const char **ret_output)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];

	*ret_input = name_of(writer, site->value);
	*ret_output = value->name;
	if (is_return(site))
		return;
	*ret_output = qs_edit_name(writer->edit, "%s_dequantized", site->tensor);
	for (size_t i = 0; i < site->n_uses; i++)
		qs_edit_reroute_use(writer->edit, value, site->uses[i], *ret_output);
}

static enum qs_status write_flow(struct writer *writer, const struct qs_site *site)
{
	const char *input, *output;
	struct qs_onnx_form form;
	enum qs_status status = find_form(writer, site, &form);

	if (status != QS_OK)
		return status;
	if (site->n_uses)
		name_reading(writer, site, &input, &output);
	else
		name_flow(writer, site, &input, &output);
	if (site->spec.datatype == QS_DATATYPE_INT)
		quantize_flow(writer, site, &form, input, output);
	else
		round_flow(writer, site, &form, input, output);
	return QS_OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* What computes a tensor computes it under another name, and a factor gives it. */
static void write_gains(struct writer *writer)
{
	const struct qs_graph *graph = writer->plan->layers->graph;

	for (size_t i = 0; i < graph->n_values; i++) {
		const float gain = writer->plan->gain_of_value[i];
		const struct qs_value *value = &graph->values[i];
		struct operands operands;
		const char *output;

		if (!(gain < 1) && !(gain > 1))
			continue;
		output = graph->nodes[value->producer].proto->output[value->output];
		operands.value = qs_edit_name(writer->edit, "%s_mean", value->name);
		operands.scale = qs_edit_name(writer->edit, "%s_gain", value->name);
		qs_edit_rename(writer->edit, value, operands.value);
		qs_edit_add_tensor(writer->edit, operands.scale, FLOAT, NULL, 0, &gain);
		add_node(writer, "Mul", &operands, 2, output);
	}
}

static enum qs_status write_sites(struct writer *writer)
{
	const struct qs_plan *plan = writer->plan;
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < plan->n_sites; i++) {
		if (is_return(&plan->sites[i]))
			split_return(writer, &plan->sites[i]);
	}
	for (size_t i = 0; i < plan->n_sites && status == QS_OK; i++)
		status = plan->sites[i].is_constant ? write_constant(writer, &plan->sites[i])
		                                    : write_flow(writer, &plan->sites[i]);
	write_gains(writer);
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
	writer.inner = calloc(graph->n_values + 1, sizeof(*writer.inner));
	status = writer.inner ? qs_edit_new(graph, &writer.edit) : QS_NOMEM;
	if (status == QS_OK)
		status = write_sites(&writer);
	if (status == QS_OK)
		status = qs_edit_apply(writer.edit, findings);
	qs_edit_free(writer.edit);
	free(writer.inner);
	return status;
}
