/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How ONNX says a number format: element types, operators, and which domain has them.
 *
 * QuantizeLinear and DequantizeLinear take 8 bits since opset 10, channels since 13, and 4 and 16
 * bits since 21; the operators of the same names in the domain com.microsoft take channels and 16
 * bits at any opset. Widths between are kept in the next larger type, after a Clip to their range.
 * A bias of int32 means one thing to runtimes that compute with integers: its scale is that of the
 * input times that of the weights. One with a scale of its own is therefore written as the float32
 * values that it stands for, and so are parameters that no type holds. An activation whose zero
 * point is outside the range is shifted to where it is inside, and back. Sources: the operator
 * changelog of ONNX, ONNX Runtime's list of contributed operators, and its QLinearConv.
 */
#ifndef ENGINE_ONNX_FORM_H
#define ENGINE_ONNX_FORM_H

#include "data/onnx_element.h"
#include "engine/plan.h"

/* The opset from which on the standard operators say what 8 bits need. */
#define QS_STANDARD_OPSET 13

/* That from which on there is what rounds exactly: Round, and a Clip whose ends are inputs. */
#define QS_EXACT_OPSET 11

/* The form of one site. */
struct qs_onnx_form {
	enum qs_element element; /* of the codes */
	int onnx_type;           /* the same, as TensorProto.DataType */
	bool clips;              /* the range is narrower than the type's */
	bool microsoft;          /* the operators are those of com.microsoft */
	bool plain;              /* float32 with the values that the codes stand for */
	bool shifts;             /* an activation's zero point is outside the range */
	bool exact;              /* plain operators instead: engine/apply_exact.c */
};

/*
 * The form of a site in a model of an opset, once it has its scales. False when there is none:
 * activations of more than 16 bits.
 */
bool qs_onnx_form(const struct qs_site *site, int64_t opset, struct qs_onnx_form *ret_form);

/* The form of a constant that is written as the float32 values of its codes. */
struct qs_onnx_form qs_onnx_plain_form(void);

/*
 * Whether an activation's pair of operators gives the bits of the library's own fake quantization.
 * The pair divides by the scale and rounds to even; that is the same for a power of two.
 */
bool qs_onnx_pair_is_exact(const struct qs_site *site, int64_t opset);

/* The zero point of an activation as it is written: that of the range which is nearest. */
int64_t qs_onnx_zero_point(const struct qs_site *site);

/* The lowest opset at which a site can be said: 13 for bfloat16, else 6. */
int64_t qs_onnx_least_opset(const struct qs_site *site);

/* The rounding mode of a site's activations is one that ONNX has: to even. Parameters are rounded
 * before they are written. */
bool qs_onnx_rounds(const struct qs_site *site);

#endif
