/* SPDX-License-Identifier: Apache-2.0 */
/* Writes what flows: the names before and after a site, and pairs of operators between them. */
#include "engine/apply_internal.h"
#include "numbers/array.h"

/* ---- pairs ----------------------------------------------------------------------------------- */

static void quantize(struct qs_writer *writer, const struct qs_onnx_form *form,
    const struct qs_operands *operands, const char *output)
{
	Onnx__NodeProto *node = qs_writer_node(writer, "QuantizeLinear", operands, 3, output);

	if (form->microsoft)
		qs_edit_set_domain(writer->edit, node, QS_MICROSOFT);
}

/* Cuts values off at the ends of a range that the type of the codes goes beyond. Since rounding is
 * monotone, cutting before it and after it is the same. */
static const char *clip(struct qs_writer *writer, const struct qs_site *site, const char *input)
{
	const float scale = (float)site->qparams.scale[0];
	const int64_t zero = qs_onnx_zero_point(site);
	const float low = (float)(site->qparams.quant_min - zero) * scale;
	const float high = (float)(site->qparams.quant_max - zero) * scale;
	struct qs_operands operands = {{input}};
	const char *output;
	Onnx__NodeProto *node;

	writer->applied->n_clips++;
	/* Since opset 11 the ends are inputs. */
	if (writer->opset >= 11)
		return qs_writer_clip(writer, site, input, low, high);
	output = qs_edit_name(writer->edit, "%s_clipped", site->tensor);
	node = qs_writer_node(writer, "Clip", &operands, 1, output);
	qs_edit_set_float(writer->edit, node, "min", low);
	qs_edit_set_float(writer->edit, node, "max", high);
	return output;
}

/* The nodes between the float tensor and its rounded form. */
static void round_flow(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char *input, const char *output)
{
	const char *rounded =
	    qs_edit_name(writer->edit, "%s_%s", site->tensor, qs_element_word(form->element));

	qs_writer_cast(writer, input, rounded, form->onnx_type);
	qs_writer_cast(writer, rounded, output, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT);
}

/* The distance between the zero point of the scales and the one that is written. */
static const char *add_distance(struct qs_writer *writer, const struct qs_site *site)
{
	const int64_t steps = qs_onnx_zero_point(site) - site->qparams.zero_point[0];

	writer->applied->n_shifts++;
	return qs_writer_float(
	    writer, site, "distance", (float)((double)steps * site->qparams.scale[0]));
}

/* The nodes between the float tensor and its quantized form. */
static void quantize_flow(struct qs_writer *writer, const struct qs_site *site,
    const struct qs_onnx_form *form, const char *input, const char *output)
{
	const char *distance = form->shifts ? add_distance(writer, site) : NULL;
	const char *codes = qs_edit_name(writer->edit, "%s_quantized", site->tensor);
	const char *values = output;
	struct qs_operands operands = {{input}}, shifted = {{input, distance}};

	if (form->shifts) {
		operands.of[0] = qs_writer_step(writer, site, "Sub", &shifted, 2, "near");
		values = qs_edit_name(writer->edit, "%s_near_dequantized", site->tensor);
	}
	if (form->clips)
		operands.of[0] = clip(writer, site, operands.of[0]);
	qs_writer_scales(writer, site, form, &operands);
	quantize(writer, form, &operands, codes);
	operands.of[0] = codes;
	qs_writer_dequantize(writer, site, form, &operands, values);
	shifted.of[0] = values;
	if (form->shifts)
		qs_writer_node(writer, "Add", &shifted, 2, output);
}

/* ---- names ----------------------------------------------------------------------------------- */

/* The name under which the quantized tensor is read. */
static const char *name_of(const struct qs_writer *writer, size_t value)
{
	return writer->inner[value] ? writer->inner[value]
	                            : writer->plan->layers->graph->values[value].name;
}

/*
 * The names of a tensor before and after a site for all readers. The caller of the model keeps the
 * name of an input; elsewhere the quantized tensor takes over the name, and what computes it gets
 * another one.
 */
static void name_flow(struct qs_writer *writer, const struct qs_site *site, const char **ret_input,
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
static void name_reading(struct qs_writer *writer, const struct qs_site *site,
    const char **ret_input, const char **ret_output)
{
	const struct qs_value *value = &writer->plan->layers->graph->values[site->value];

	*ret_input = name_of(writer, site->value);
	*ret_output = value->name;
	if (qs_site_is_return(site))
		return;
	*ret_output = qs_edit_name(writer->edit, "%s_dequantized", site->tensor);
	for (size_t i = 0; i < site->n_uses; i++)
		qs_edit_reroute_use(writer->edit, value, site->uses[i], *ret_output);
}

/* ---- the whole ------------------------------------------------------------------------------- */

enum qs_status qs_writer_flow(struct qs_writer *writer, const struct qs_site *site)
{
	const char *input, *output;
	struct qs_onnx_form form;
	enum qs_status status = qs_writer_form(writer, site, &form);

	if (status != QS_OK)
		return status;
	if (site->n_uses)
		name_reading(writer, site, &input, &output);
	else
		name_flow(writer, site, &input, &output);
	writer->applied->names[site - writer->plan->sites] = output;
	if (form.exact)
		qs_writer_exact(writer, site, input, output);
	else if (site->spec.datatype == QS_DATATYPE_INT)
		quantize_flow(writer, site, &form, input, output);
	else
		round_flow(writer, site, &form, input, output);
	return QS_OK;
}
