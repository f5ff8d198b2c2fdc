/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A rounding mode, a calibration method and a number format of one's own, as a shared object:
 *
 *   cc -shared -fPIC plugin.c $(pkg-config --cflags qstrata) -lm -o plugin.so
 *   qstrata probe --plugin ./plugin.so --config config.json ...
 *
 * The config names them as it names the built-in ones: "round_mode": "floor", "method":
 * "four_sigma", "datatype": "float8". Nothing of the library is linked; it finds the table at the
 * end by its name.
 */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <qstrata/plugin.h>

/* ---- a rounding mode: toward minus infinity -------------------------------------------------- */

static const struct qs_rounding mode_floor = {
    .plugin = {QS_PLUGIN_ABI, "floor", "toward minus infinity", NULL, 0},
    .round = floor,
};

/* ---- a calibration method: four standard deviations around 0, or less if the data is less ---- */

/* What is kept of a channel while its values pass. */
struct spread {
	double sum; /* of squares */
};

static enum qs_status begin(
    const struct qs_calibration *calibration, const struct qs_extent *extent, void **ret_state)
{
	(void)calibration;
	(void)extent;
	*ret_state = calloc(1, sizeof(struct spread));
	return *ret_state ? QS_OK : QS_NOMEM;
}

static enum qs_status observe(void *state, const float *values, size_t n)
{
	struct spread *spread = state;

	for (size_t i = 0; i < n; i++)
		spread->sum += (double)values[i] * (double)values[i];
	return QS_OK;
}

static enum qs_status decide(const struct qs_calibration *calibration,
    const struct qs_extent *extent, void *state, struct qs_verdict *ret_verdict)
{
	const struct spread *spread = state;
	const double most = fmax(fabs((double)extent->least), fabs((double)extent->most));
	const double threshold = fmin(most, 4.0 * sqrt(spread->sum / (double)extent->n));
	const double scale = threshold / (double)calibration->range.max;

	ret_verdict->scale = scale > 0.0 ? scale : 0x1p-18;
	ret_verdict->zero_point = 0;
	ret_verdict->float_max = threshold;
	return QS_OK;
}

static void end(void *state)
{
	free(state);
}

static const enum qs_param reads[] = {QS_PARAM_BIT_WIDTH, QS_PARAM_STATISTIC};

static const struct qs_calibrator method_four_sigma = {
    .plugin = {QS_PLUGIN_ABI, "four_sigma", "four standard deviations", reads, 2},
    .begin = begin,
    .observe = observe,
    .decide = decide,
    .end = end,
};

/* ---- a number format: 4 bits of exponent, 3 of fraction, no infinities (OCP E4M3) ------------ */

#define LARGEST 448.0F
#define CODE_OF_NAN 0x7fU

/* Nearest, ties to even; what is too large becomes the largest. */
static uint8_t to_float8(float value)
{
	const uint8_t sign = signbit(value) ? 0x80U : 0U;
	const float magnitude = fabsf(value);
	float steps;
	int exponent;

	if (isnan(value))
		return sign | CODE_OF_NAN;
	if (magnitude >= LARGEST)
		return sign | 0x7eU;
	frexpf(magnitude, &exponent);
	/* 2^(exponent-1) <= magnitude; below 2^-6 the steps are those of 2^-6. */
	exponent = exponent - 1 < -6 ? -6 : exponent - 1;
	steps = nearbyintf(ldexpf(magnitude, 3 - exponent));
	/* A carry goes into the exponent, as the code of 16 steps is that of the next one's 8. */
	return (uint8_t)(sign | ((exponent + 6) * 8 + (int)steps));
}

static float from_float8(uint8_t code)
{
	const int exponent = code >> 3 & 15, fraction = code & 7;
	const float sign = code & 0x80U ? -1.0F : 1.0F;

	if ((code & 0x7fU) == CODE_OF_NAN)
		return NAN;
	if (!exponent)
		return sign * ldexpf((float)fraction, -9);
	return sign * ldexpf((float)(8 + fraction), exponent - 10);
}

static size_t count(struct qs_layout layout)
{
	return layout.outer * layout.channels * layout.inner;
}

static void note(float value, struct qs_counts *counts)
{
	counts->nan += isnan(value) != 0;
	counts->infinite += isinf(value) != 0;
	counts->saturated += isfinite(value) && fabsf(value) > 464.0F;
}

static enum qs_element storage(const struct qs_quantization *how)
{
	(void)how;
	return QS_ELEMENT_UINT8;
}

static enum qs_status fake(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, float *out, struct qs_counts *counts)
{
	(void)how;
	for (size_t i = 0; i < count(layout); i++) {
		out[i] = from_float8(to_float8(in[i]));
		note(in[i], counts);
	}
	return QS_OK;
}

static enum qs_status encode(const struct qs_quantization *how, struct qs_layout layout,
    const float *in, enum qs_element element, void *out, struct qs_counts *counts)
{
	(void)how;
	if (element != QS_ELEMENT_UINT8)
		return QS_BUG;
	for (size_t i = 0; i < count(layout); i++) {
		((uint8_t *)out)[i] = to_float8(in[i]);
		note(in[i], counts);
	}
	return QS_OK;
}

static enum qs_status decode(const struct qs_quantization *how, struct qs_layout layout,
    enum qs_element element, const void *in, float *out)
{
	(void)how;
	if (element != QS_ELEMENT_UINT8)
		return QS_BUG;
	for (size_t i = 0; i < count(layout); i++)
		out[i] = from_float8(((const uint8_t *)in)[i]);
	return QS_OK;
}

static const struct qs_quantizer format_float8 = {
    .plugin = {QS_PLUGIN_ABI, "float8", "4 bits of exponent, 3 of fraction", NULL, 0},
    .needs_qparams = false,
    .holds_nan = true,
    .storage = storage,
    .fake = fake,
    .encode = encode,
    .decode = decode,
};

/* ---- the table ------------------------------------------------------------------------------- */

static const struct qs_quantizer *const quantizers[] = {&format_float8, NULL};
static const struct qs_calibrator *const calibrators[] = {&method_four_sigma, NULL};
static const struct qs_rounding *const roundings[] = {&mode_floor, NULL};

extern const struct qs_plugin_set qstrata_plugin;
const struct qs_plugin_set qstrata_plugin = {QS_PLUGIN_ABI, quantizers, calibrators, roundings};
