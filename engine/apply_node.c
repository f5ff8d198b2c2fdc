/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes and initializers of a site, and which form it takes. */
#include <stdio.h>
#include <stdlib.h>

#include "base/finding.h"
#include "engine/apply_internal.h"
#include "numbers/array.h"

#define FLOAT ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT

Onnx__NodeProto *qs_writer_node(struct qs_writer *writer, const char *op_type,
    const struct qs_operands *operands, size_t n_inputs, const char *output)
{
	struct qs_text name = QS_TEXT_INIT;
	Onnx__NodeProto *node;

	qs_text_addf(&name, "%s_%s", output ? output : "", op_type);
	node =
	    qs_edit_add_node(writer->edit, op_type, name.data, operands->of, n_inputs, &output, 1);
	qs_text_done(&name);
	return node;
}

const char *qs_writer_step(struct qs_writer *writer, const struct qs_site *site,
    const char *op_type, const struct qs_operands *operands, size_t n_inputs, const char *suffix)
{
	const char *output = qs_edit_name(writer->edit, "%s_%s", site->tensor, suffix);

	qs_writer_node(writer, op_type, operands, n_inputs, output);
	return output;
}

const char *qs_writer_initializer(struct qs_writer *writer, const struct qs_site *site,
    const char *suffix, int onnx_type, size_t n, const void *elements)
{
	const int64_t dims[1] = {(int64_t)n};
	const char *name = qs_edit_name(writer->edit, "%s_%s", site->tensor, suffix);

	qs_edit_add_tensor(writer->edit, name, onnx_type, dims, n > 1 ? 1 : 0, elements);
	return name;
}

const char *qs_writer_float(
    struct qs_writer *writer, const struct qs_site *site, const char *suffix, float value)
{
	return qs_writer_initializer(writer, site, suffix, FLOAT, 1, &value);
}

const char *qs_writer_clip(
    struct qs_writer *writer, const struct qs_site *site, const char *input, float low, float high)
{
	const char *least = qs_writer_float(writer, site, "low", low);
	const char *most = qs_writer_float(writer, site, "high", high);
	const struct qs_operands operands = {{input, least, most}};

	return qs_writer_step(writer, site, "Clip", &operands, 3, "clipped");
}

void qs_writer_cast(struct qs_writer *writer, const char *input, const char *output, int onnx_type)
{
	const struct qs_operands operands = {{input}};

	qs_edit_set_int(
	    writer->edit, qs_writer_node(writer, "Cast", &operands, 1, output), "to", onnx_type);
}

/* ---- scales and zero points ------------------------------------------------------------------ */

static const char *add_scales(struct qs_writer *writer, const struct qs_site *site)
{
	float *scales = malloc(site->qparams.n * sizeof(*scales) + 1);
	const char *name = NULL;

	for (size_t i = 0; scales && i < site->qparams.n; i++)
		scales[i] = (float)site->qparams.scale[i];
	if (scales)
		name = qs_writer_initializer(writer, site, "scale", FLOAT, site->qparams.n, scales);
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

static const char *add_zero_points(
    struct qs_writer *writer, const struct qs_site *site, const struct qs_onnx_form *form)
{
	void *values = malloc(site->qparams.n * qs_element_size(form->element) + 1);
	const char *name = NULL;

	for (size_t i = 0; values && i < site->qparams.n; i++)
		store_integer(form->element, values, i,
		    form->shifts ? qs_onnx_zero_point(site) : site->qparams.zero_point[i]);
	if (values)
		name = qs_writer_initializer(
		    writer, site, "zero_point", form->onnx_type, site->qparams.n, values);
	free(values);
	return name;
}

void qs_writer_scales(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, struct qs_operands *operands)
{
	operands->of[1] = add_scales(writer, site);
	operands->of[2] = add_zero_points(writer, site, form);
}

void qs_writer_dequantize(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const struct qs_operands *operands, const char *output)
{
	Onnx__NodeProto *node = qs_writer_node(writer, "DequantizeLinear", operands, 3, output);

	if (form->microsoft)
		qs_edit_set_domain(writer->edit, node, QS_MICROSOFT);
	if (site->qparams.n > 1)
		qs_edit_set_int(writer->edit, node, "axis",
		    site->axis - (int)qs_writer_spare_dims(writer->plan->layers->graph, site));
}

/* ---- forms ----------------------------------------------------------------------------------- */

static void count_form(
    struct qs_applied *applied, const struct qs_site *site, const struct qs_onnx_form *form)
{
	const int mode = (int)site->spec.round_mode;

	if (form->plain)
		applied->n_plain++;
	else if (form->exact)
		applied->n_exact++;
	else if (site->spec.datatype != QS_DATATYPE_INT)
		applied->n_casts++;
	else if (form->microsoft)
		applied->n_microsoft++;
	else
		applied->n_standard++;
	if (!form->exact && !qs_onnx_rounds(site))
		applied->n_unexpressed[mode < QS_ROUND_MODE__COUNT ? mode : QS_ROUND_MODE__COUNT]++;
}

/* Says why a site has no form. */
static enum qs_status refuse(
    const struct qs_writer *writer, const struct qs_site *site, const char *reason)
{
	qs_finding_add(writer->findings, QS_FINDING_NOT_EXPRESSIBLE,
	    qs_model_place(writer->model, writer->findings), "%s \"%s\" of layer \"%s\": %s",
	    qs_tensor_word(site->kind), site->tensor, site->layer, reason);
	return QS_UNSUPPORTED;
}

bool qs_apply_writes_pair(
    const struct qs_apply_options *options, const struct qs_site *site, int64_t opset)
{
	return options->written == QS_WRITTEN_QDQ &&
	       (options->rounding == QS_ROUNDING_NATIVE || qs_onnx_pair_is_exact(site, opset));
}

/* Whether plain operators are asked for, and give other bits than what QuantizeLinear and
 * DequantizeLinear give. */
static bool is_exact(const struct qs_writer *writer, const struct qs_site *site)
{
	if (site->spec.datatype != QS_DATATYPE_INT)
		return false;
	return site->is_constant ? writer->options.rounding == QS_ROUNDING_EXACT
	                         : !qs_apply_writes_pair(&writer->options, site, writer->opset);
}

/* Why an activation has no exact form, or NULL when it has one. */
static const char *obstacle(const struct qs_writer *writer, const struct qs_site *site)
{
	if (site->spec.round_mode >= QS_ROUND_MODE__COUNT)
		return "a plug-in rounds it, for which there are no operators";
	return writer->opset < QS_EXACT_OPSET
	           ? "operators that round exactly need opset 11 or later"
	           : NULL;
}

enum qs_status qs_writer_form(
    struct qs_writer *writer, const struct qs_site *site, struct qs_onnx_form *ret_form)
{
	const bool exact = is_exact(writer, site);
	char reason[64];

	if (site->is_constant && writer->options.written == QS_WRITTEN_FAKE) {
		*ret_form = qs_onnx_plain_form();
	} else if (!site->is_constant && exact) {
		if (obstacle(writer, site))
			return refuse(writer, site, obstacle(writer, site));
		*ret_form = (struct qs_onnx_form){.exact = true};
	} else if (qs_onnx_form(site, writer->opset, ret_form)) {
		ret_form->exact = exact && !ret_form->plain;
	} else {
		snprintf(reason, sizeof(reason),
		    "ONNX has no integers of %d bits for it; at most 16", site->spec.bit_width);
		return refuse(writer, site, reason);
	}
	count_form(writer->applied, site, ret_form);
	return QS_OK;
}
