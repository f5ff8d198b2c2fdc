/* SPDX-License-Identifier: Apache-2.0 */
/* How ONNX says a number format. */
#include "engine/onnx_form.h"

#include <math.h>

/* The first one that holds a range is taken. */
static const struct type {
	enum qs_element element;
	int64_t min, max;
	int64_t standard_since; /* opset of QuantizeLinear and DequantizeLinear */
	bool quantizes;         /* QuantizeLinear has it too */
} types[] = {
    {QS_ELEMENT_UINT8, 0, UINT8_MAX, 10, true},
    {QS_ELEMENT_INT8, INT8_MIN, INT8_MAX, 10, true},
    {QS_ELEMENT_UINT16, 0, UINT16_MAX, 21, true},
    {QS_ELEMENT_INT16, INT16_MIN, INT16_MAX, 21, true},
    {QS_ELEMENT_INT32, INT32_MIN, INT32_MAX, 10, false},
};

/* Whether a type holds the range and, of parameters, every zero point. */
static bool holds(const struct type *type, const struct qs_site *site)
{
	const struct qs_qparams *qparams = &site->qparams;

	if (qparams->quant_min < type->min || qparams->quant_max > type->max)
		return false;
	for (size_t i = 0; i < qparams->n && site->is_constant; i++) {
		if (qparams->zero_point[i] < type->min || qparams->zero_point[i] > type->max)
			return false;
	}
	return site->is_constant || type->quantizes;
}

int64_t qs_onnx_zero_point(const struct qs_site *site)
{
	const struct qs_qparams *qparams = &site->qparams;
	const int64_t least = qparams->zero_point[0] > qparams->quant_min ? qparams->zero_point[0]
	                                                                  : qparams->quant_min;

	return least < qparams->quant_max ? least : qparams->quant_max;
}

static bool has_zero_point(const struct qs_qparams *qparams)
{
	for (size_t i = 0; i < qparams->n; i++) {
		if (qparams->zero_point[i])
			return true;
	}
	return false;
}

/* Whether int32 codes would mean something else: there is no zero point for them, and those of a
 * bias count products. */
static bool is_misread(const struct qs_site *site)
{
	return has_zero_point(&site->qparams) ||
	       (site->kind == QS_TENSOR_BIAS && site->input_site == QS_NONE);
}

static struct qs_onnx_form float_form(enum qs_element element)
{
	return (struct qs_onnx_form){.element = element, .onnx_type = qs_onnx_type(element)};
}

struct qs_onnx_form qs_onnx_plain_form(void)
{
	struct qs_onnx_form form = float_form(QS_ELEMENT_FLOAT32);

	form.plain = true;
	return form;
}

static bool integer_form(const struct qs_site *site, int64_t opset, struct qs_onnx_form *ret_form)
{
	const struct qs_qparams *qparams = &site->qparams;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		const struct type *type = &types[i];

		if (!holds(type, site))
			continue;
		*ret_form = (struct qs_onnx_form){
		    .element = type->element,
		    .onnx_type = qs_onnx_type(type->element),
		    .clips = qparams->quant_min > type->min || qparams->quant_max < type->max,
		    .microsoft = opset < type->standard_since ||
		                 (qparams->n > 1 && opset < QS_STANDARD_OPSET),
		    .plain = !type->quantizes && is_misread(site),
		    .shifts =
			!site->is_constant && qs_onnx_zero_point(site) != qparams->zero_point[0],
		};
		return true;
	}
	*ret_form = qs_onnx_plain_form();
	return site->is_constant;
}

bool qs_onnx_form(const struct qs_site *site, int64_t opset, struct qs_onnx_form *ret_form)
{
	switch ((enum qs_datatype)site->spec.datatype) {
	case QS_DATATYPE_INT:
		return integer_form(site, opset, ret_form);
	case QS_DATATYPE_BFLOAT16:
		*ret_form = float_form(QS_ELEMENT_BFLOAT16);
		return true;
	case QS_DATATYPE_FLOAT16:
		*ret_form = float_form(QS_ELEMENT_FLOAT16);
		return true;
	case QS_DATATYPE_FLOAT32:
	case QS_DATATYPE__COUNT:
		break;
	}
	return false;
}

bool qs_onnx_pair_is_exact(const struct qs_site *site, int64_t opset)
{
	const double scale = site->qparams.scale[0];
	struct qs_onnx_form form;
	int exponent;

	return qs_onnx_form(site, opset, &form) && !form.shifts && qs_onnx_rounds(site) &&
	       frexp(scale, &exponent) == 0.5 && scale >= 0x1p-100 && scale <= 0x1p100;
}

int64_t qs_onnx_least_opset(const struct qs_site *site)
{
	return site->spec.datatype == QS_DATATYPE_BFLOAT16 ? 13 : 6;
}

bool qs_onnx_rounds(const struct qs_site *site)
{
	return site->is_constant || site->spec.datatype != QS_DATATYPE_INT ||
	       site->spec.round_mode == QS_ROUND_MODE_HALF_EVEN;
}
