/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The quantizers "bfloat16", "float16" and "float32": the values themselves, with fewer bits or as
 * they are. IEEE 754 nearest, ties to even; what overflows becomes an infinity and is counted.
 */
#include <float.h>
#include <string.h>

#include "numbers/array.h"
#include "numbers/pool.h"
#include "numbers/quantizer.h"
#include "numbers/registry.h"

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

/* A tensor on its way into codes, or into float32 with the values of codes. */
struct conversion {
	const struct qs_quantization *how;
	struct format format;
	size_t n;
	const float *in;
	void *out;
	struct qs_census censuses[QS_SHARES_LIMIT];
};

static void fake_share(void *context, size_t index)
{
	struct conversion *conversion = context;
	const struct qs_share share = qs_share_of(conversion->n, index);

	conversion->format.fake(conversion->in + share.begin, share.end - share.begin,
	    (float *)conversion->out + share.begin, &conversion->censuses[index]);
}

static void count_share(const struct conversion *conversion, struct qs_share share, float largest,
    struct qs_census *census)
{
	conversion->how->kernels->census(
	    conversion->in + share.begin, share.end - share.begin, 1.0F, -largest, largest, census);
}

static void narrow_share(void *context, size_t index)
{
	struct conversion *conversion = context;
	const struct format *format = &conversion->format;
	const struct qs_share share = qs_share_of(conversion->n, index);

	format->narrow(conversion->in + share.begin, share.end - share.begin,
	    (uint16_t *)conversion->out + share.begin);
	count_share(conversion, share, format->largest, &conversion->censuses[index]);
}

static void copy_share(void *context, size_t index)
{
	struct conversion *conversion = context;
	const struct qs_share share = qs_share_of(conversion->n, index);

	memcpy((float *)conversion->out + share.begin, conversion->in + share.begin,
	    (share.end - share.begin) * sizeof(float));
	count_share(conversion, share, FLT_MAX, &conversion->censuses[index]);
}

static enum qs_status convert(const struct qs_quantization *how, struct format format,
    struct qs_layout layout, const float *in, void *out, qs_pool_task *task,
    struct qs_counts *counts)
{
	struct conversion conversion = {
	    .how = how, .format = format, .n = qs_layout_count(layout), .in = in, .out = out};
	const size_t n_shares = qs_shares(conversion.n);

	qs_pool_run(how->pool, n_shares, task, &conversion);
	for (size_t i = 0; i < n_shares; i++)
		qs_census_count(&conversion.censuses[i], counts);
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
		return convert(how, name##_of(how->kernels), layout, in, out, fake_share, counts); \
	}                                                                                          \
	static enum qs_status encode_##name(const struct qs_quantization *how,                     \
	    struct qs_layout layout, const float *in, enum qs_element element, void *out,          \
	    struct qs_counts *counts)                                                              \
	{                                                                                          \
		if (element != QS_ELEMENT_##ID)                                                    \
			return QS_BUG;                                                             \
		return convert(                                                                    \
		    how, name##_of(how->kernels), layout, in, out, narrow_share, counts);          \
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
	const struct format none = {.element = QS_ELEMENT_FLOAT32};

	return convert(how, none, layout, in, out, copy_share, counts);
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
