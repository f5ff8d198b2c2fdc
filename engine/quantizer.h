/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Applying a number format to float data.
 *
 * A quantization is bound once for a tensor, from its spec and scales, and then used on any number
 * of float arrays. It borrows the registry and the scales. Data are float32 in the order of a
 * layout (qs_layout_of() in engine/array.h), whose channels are those of the scales when there are
 * several.
 */
#ifndef ENGINE_QUANTIZER_H
#define ENGINE_QUANTIZER_H

#include "engine/kernels/kernels.h"
#include "qstrata/plugin.h"

/*
 * Finds the number format and the rounding mode of a spec. `qparams` may be NULL for the
 * floating-point formats. QS_UNSUPPORTED with a finding when one is not registered.
 */
enum qs_status qs_quantizer_bind(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_qparams *qparams, const struct qs_subject *subject,
    struct qs_quantization *ret_how);

/* The smallest element type that holds the codes. */
enum qs_element qs_quantizer_storage(const struct qs_quantization *how);

/*
 * What becomes of values by encoding and decoding; `out` does not overlap `in`. A NaN stays one and
 * is counted: whether that matters is for the caller to say. QS_BUG when the layout and the scales
 * differ.
 */
enum qs_status qs_quantizer_fake(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, float *out, struct qs_counts *ret_counts);

/*
 * Codes of an element type: any integer type that holds the range of a format of integers, else
 * exactly qs_quantizer_storage(). QS_INVALID with a finding when the data holds a NaN for which the
 * format has no code; the codes are of no use then, and the counts are filled. QS_BUG when the
 * element type does not fit.
 */
enum qs_status qs_quantizer_encode(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, enum qs_element element, void *out, const struct qs_subject *subject,
    struct qs_counts *ret_counts);

/* The values that codes stand for. QS_BUG as above. */
enum qs_status qs_quantizer_decode(const struct qs_quantization *how, struct qs_layout layout,
    enum qs_element element, const void *in, float *out);

/* Adds what kernels found to what callers are told. */
void qs_census_count(const struct qs_census *census, struct qs_counts *counts);

#endif
