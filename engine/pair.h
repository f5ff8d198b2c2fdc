/* SPDX-License-Identifier: Apache-2.0 */
/* What a pair of QuantizeLinear and DequantizeLinear gives, as ONNX defines them. */
#ifndef ENGINE_PAIR_H
#define ENGINE_PAIR_H

#include "engine/onnx_form.h"

/*
 * Puts n values through the pair of an activation's form, with its Clip and its shift where it has
 * them: x / scale is rounded to the nearest, ties to even, and codes times the scale are the
 * values. NaN becomes the zero point's value. `out` may be `in`.
 */
void qs_pair_apply(const struct qs_site *site, const struct qs_onnx_form *form, const float *in,
    size_t n, float *out);

#endif
