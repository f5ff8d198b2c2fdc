/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quantizers "bfloat16", "float16" and "float32": the values themselves, with fewer bits or as
 * they are. IEEE 754 nearest, ties to even; what overflows becomes an infinity and is counted.
 */
#include <float.h>
#include <string.h>

#include "engine/array.h"
#include "engine/registry.h"

/* A 16-bit format: its kernels, and the largest float32 that does not overflow. */
struct format {
	enum qs_element element;
	float largest;
	qs_kernel_float_to_half *narrow;
	qs_kernel_half_to_float *widen;
	qs_kernel_half_fake *fake;
};

static struct format bfloat16_of(const struct qs_kernels *kernels)
{
	return (struct format){QS_ELEMENT_BFLOAT16, QS_BFLOAT16_LARGEST, kernels->float_to_bfloat16,
	    kernels->bfloat16_to_float, kernels->bfloat16_fake};
}

static struct format float16_of(const struct qs_kernels *kernels)
{
	return (struct format){QS_ELEMENT_FLOAT16, QS_FLOAT16_LARGEST, kernels->float_to_float16,
	    kernels->float16_to_float, kernels->float16_fake};
}

static void add_census(const struct qs_census *census, struct qs_counts *counts)
{
	counts->nan += census->nan;
	counts->infinite += census->infinite;
	counts->saturated += census->beyond;
}

static void count(const struct qs_quantization *how, float largest, const float *in, size_t n,
    struct qs_counts *counts)
{
	struct qs_census census = {0, 0, 0};

	how->kernels->census(in, n, 1.0F, -largest, largest, &census);
	add_census(&census, counts);
}

static enum qs_status fake(
    struct format format, size_t n, const float *in, float *out, struct qs_counts *counts)
{
	struct qs_census census = {0, 0, 0};

	format.fake(in, n, out, &census);
	add_census(&census, counts);
	return QS_OK;
}

static enum qs_status encode(const struct qs_quantization *how, struct format format, size_t n,
    const float *in, enum qs_element element, void *out, struct qs_counts *counts)
{
	if (element != format.element)
		return QS_BUG;
	format.narrow(in, n, out);
	count(how, format.largest, in, n, counts);
	return QS_OK;
}

/* The slots of one format. */
#define SLOTS(name, ID)                                                                            \
	static enum qs_element storage_##name(const struct qs_quantization *how)                   \
	{                                                                                          \
		(void)how;                                                                         \
		return QS_ELEMENT_##ID;                                                            \
	}                                                                                          \
	static enum qs_status fake_##name(const struct qs_quantization *how,                       \
	    struct qs_layout layout, const float *in, float *out, struct qs_counts *counts)        \
	{                                                                                          \
		return fake(name##_of(how->kernels), qs_layout_count(layout), in, out, counts);    \
	}                                                                                          \
	static enum qs_status encode_##name(const struct qs_quantization *how,                     \
	    struct qs_layout layout, const float *in, enum qs_element element, void *out,          \
	    struct qs_counts *counts)                                                              \
	{                                                                                          \
		return encode(how, name##_of(how->kernels), qs_layout_count(layout), in, element,  \
		    out, counts);                                                                  \
	}                                                                                          \
	static enum qs_status decode_##name(const struct qs_quantization *how,                     \
	    struct qs_layout layout, enum qs_element element, const void *in, float *out)          \
	{                                                                                          \
		if (element != QS_ELEMENT_##ID)                                                    \
			return QS_BUG;                                                             \
		name##_of(how->kernels).widen(in, qs_layout_count(layout), out);                   \
		return QS_OK;                                                                      \
	}

SLOTS(bfloat16, BFLOAT16)
SLOTS(float16, FLOAT16)

static enum qs_element storage_float32(const struct qs_quantization *how)
{
	(void)how;
	return QS_ELEMENT_FLOAT32;
}

static enum qs_status fake_float32(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, float *out, struct qs_counts *counts)
{
	const size_t n = qs_layout_count(layout);

	memcpy(out, in, n * sizeof(*out));
	count(how, FLT_MAX, in, n, counts);
	return QS_OK;
}

static enum qs_status encode_float32(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, enum qs_element element, void *out, struct qs_counts *counts)
{
	return element == QS_ELEMENT_FLOAT32 ? fake_float32(how, layout, in, out, counts) : QS_BUG;
}

static enum qs_status decode_float32(const struct qs_quantization *how, struct qs_layout layout,
    enum qs_element element, const void *in, float *out)
{
	(void)how;
	if (element != QS_ELEMENT_FLOAT32)
		return QS_BUG;
	memcpy(out, in, qs_layout_count(layout) * sizeof(*out));
	return QS_OK;
}

#define QUANTIZER(name, summary)                                                                   \
	const struct qs_quantizer qs_quant_##name = {                                              \
	    .plugin = {QS_PLUGIN_ABI, #name, summary, NULL, 0},                                    \
	    .needs_qparams = false,                                                                \
	    .holds_nan = true,                                                                     \
	    .storage = storage_##name,                                                             \
	    .fake = fake_##name,                                                                   \
	    .encode = encode_##name,                                                               \
	    .decode = decode_##name,                                                               \
	}

QUANTIZER(bfloat16, "8 bits of exponent, 7 of fraction");
QUANTIZER(float16, "5 bits of exponent, 10 of fraction");
QUANTIZER(float32, "the values as they are");
