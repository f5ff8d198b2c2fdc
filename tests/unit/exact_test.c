/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exact rounding: what a runtime makes of the operators that are written is what the library's own
 * fake quantization gives, bit for bit.
 */
#include "tests/unit/engine_fixture.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/lattice.h"
#include "qstrata/numbers.h"

/* Inputs that are added to themselves: twice a fake-quantized value has its bits but for the
 * exponent. */
#define N_INPUTS 12
#define N_VALUES 2048

static const char config[] = ENGINE_CONFIG(ENGINE_INT8, ", \"quantizable_data_type\": [\"input\"]");

static const double scales[] = {
    0.1, 1.0 / 3, 0x1p-7, 0x1p10, 0.00312, 1e-39, 1e38, 0x1p-140, 3e-38};
#define N_SCALES (sizeof(scales) / sizeof(*scales))

static struct engine plan_inputs(void)
{
	static char text[3 * N_INPUTS + 1][80];
	const char *lines[3 * N_INPUTS + 2] = {"opset 13"};

	for (int i = 0; i < N_INPUTS; i++) {
		snprintf(text[3 * i], 80, "in x%d %d", i, N_VALUES);
		snprintf(text[3 * i + 1], 80, "node Add a%d x%d,x%d y%d", i, i, i, i);
		snprintf(text[3 * i + 2], 80, "out y%d", i);
	}
	for (int i = 0; i < 3 * N_INPUTS; i++)
		lines[i + 1] = text[i];
	return engine_plan(config, lines);
}

/* The mode and the zero point are those of an index, so that every mode has every kind of zero
 * point: none, one within the range, one outside. */
static void set_format(const struct engine *engine, int index, double scale, int bit_width)
{
	static const int64_t zero_points[] = {0, 3, -1000};
	struct qs_site *site;
	char name[16];

	snprintf(name, sizeof(name), "x%d", index);
	site = engine_site(engine, name);
	site->spec.bit_width = bit_width;
	site->spec.round_mode = index % 4;
	engine_scale(engine, name, scale, zero_points[index / 4]);
}

/* ---- values ---------------------------------------------------------------------------------- */

static size_t add_near(float *values, size_t n, float value)
{
	float below = nextafterf(value, -INFINITY), above = nextafterf(value, INFINITY);

	for (int i = 0; i < 3 && n + 3 <= N_VALUES; i++) {
		values[n++] = below;
		values[n++] = i ? above : value;
		below = nextafterf(below, -INFINITY);
		above = nextafterf(above, INFINITY);
	}
	return n;
}

/* Ties and multiples with their neighbours, the ends of the range, and whatever floats there are
 * besides. */
static void fill(float values[N_VALUES], const struct qs_lattice *lattice)
{
	static const float special[] = {0.0F, -0.0F, FLT_TRUE_MIN, -FLT_TRUE_MIN, FLT_MIN, -FLT_MIN,
	    FLT_MAX, -FLT_MAX, 1e12F, -1e12F, INFINITY, -INFINITY, NAN};
	const double ends[] = {(double)lattice->low, (double)lattice->high, 0.0};
	uint32_t bits = 12345;
	size_t n = 0;

	memcpy(values, special, sizeof(special));
	n = sizeof(special) / sizeof(*special);
	for (size_t e = 0; e < 3; e++) {
		for (int half = -20; half <= 20; half++)
			n = add_near(
			    values, n, (float)((ends[e] + half / 2.0) / (double)lattice->amp));
	}
	while (n < N_VALUES) {
		bits = bits * 1664525U + 1013904223U;
		if (bits & 0x100) {
			memcpy(&values[n++], &bits, sizeof(bits));
		} else {
			const double share = (double)(bits >> 9) / 0x1p23;

			values[n++] =
			    (float)((ends[0] + share * (ends[1] - ends[0])) / (double)lattice->amp);
		}
	}
}

/* ---- comparing ------------------------------------------------------------------------------- */

static void expect_same(
    const struct engine *engine, const struct qs_site *site, const float *in, const float *found)
{
	const struct qs_subject subject = {site->name, {NULL, 0, 0}, engine->findings};
	struct qs_quantization how;
	const bool pair = engine->written.written == QS_WRITTEN_QDQ &&
	                  qs_onnx_pair_is_exact(site, qs_model_opset(engine->model));
	struct qs_counts counts;
	float expected[N_VALUES];

	assert_int_equal(
	    qs_quantizer_bind(engine->registry, &site->spec, &site->qparams, &subject, &how),
	    QS_OK);
	assert_int_equal(
	    qs_quantizer_fake(&how, (struct qs_layout){1, 1, N_VALUES}, in, expected, &counts),
	    QS_OK);
	for (size_t i = 0; i < N_VALUES; i++) {
		const float twice = expected[i] + expected[i];

		/* Where the pair is exact it is written, and it has no code for NaN. */
		if (isnan(twice) && (isnan(found[i]) || pair))
			continue;
		if (memcmp(&twice, &found[i], sizeof(twice)) != 0)
			fail_msg("%s of %d bits, mode %d, scale %g, zero point %ld: %a gives %a, "
				 "expected %a",
			    site->name, site->spec.bit_width, site->spec.round_mode,
			    site->qparams.scale[0], (long)site->qparams.zero_point[0],
			    (double)in[i], (double)found[i], (double)twice);
	}
}

static void run_and_compare(struct qs_runtime *runtime, struct engine *engine)
{
	static float values[N_INPUTS][N_VALUES];
	static const int64_t dims[] = {N_VALUES};
	struct qs_session *session = engine_session(runtime, engine->model, true);
	struct qs_blob in[N_INPUTS], out[N_INPUTS];
	const char *outputs[N_INPUTS];

	assert_int_equal(session->n_inputs, N_INPUTS);
	for (size_t i = 0; i < N_INPUTS; i++) {
		const struct qs_site *site = engine_site(engine, session->inputs[i].name);
		const struct qs_lattice lattice = qs_lattice_of(&site->qparams, 0);

		fill(values[i], &lattice);
		in[i] = (struct qs_blob){session->inputs[i].name,
		    ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, 1, dims, values[i], sizeof(values[i])};
		outputs[i] = session->outputs[i].name;
	}
	assert_int_equal(
	    qs_session_run(session, in, N_INPUTS, outputs, N_INPUTS, engine->findings, out), QS_OK);
	for (size_t i = 0; i < N_INPUTS; i++) {
		expect_same(engine, engine_site(engine, in[i].name), values[i], out[i].data);
		qs_blob_done(&out[i]);
	}
	qs_session_free(session);
}

static void compare_all(struct qs_apply_options written)
{
	struct qs_runtime *runtime = engine_runtime();

	for (size_t s = 0; s < N_SCALES; s++) {
		for (int bit_width = 1; bit_width <= 32; bit_width++) {
			struct engine engine = plan_inputs();

			engine.written = written;
			for (int i = 0; i < N_INPUTS; i++)
				set_format(&engine, i, scales[s], bit_width);
			engine_apply(&engine);
			run_and_compare(runtime, &engine);
			engine_free(&engine);
		}
	}
	qs_runtime_close(runtime);
}

static void exact_rounding_has_the_bits_of_the_library(void **state)
{
	(void)state;
	compare_all((struct qs_apply_options){QS_WRITTEN_QDQ, QS_ROUNDING_EXACT});
}

static void a_float_model_has_them_as_well(void **state)
{
	(void)state;
	compare_all((struct qs_apply_options){QS_WRITTEN_FAKE, QS_ROUNDING_NATIVE});
}

/* ---- constants ------------------------------------------------------------------------------- */

#define CHANNELS 9

/* Gives every channel a scale of its own. */
static void scale_channels(struct qs_site *site)
{
	const struct qs_int_range range = qs_spec_int_range(&site->spec);

	qs_qparams_done(&site->qparams);
	assert_int_equal(qs_qparams_init(&site->qparams, CHANNELS), QS_OK);
	site->qparams.quant_min = range.min;
	site->qparams.quant_max = range.max;
	for (size_t i = 0; i < CHANNELS; i++)
		site->qparams.scale[i] = fmax(scales[i], 0.001);
}

/* A product with the identity gives the weights. */
static void check_weights(
    struct qs_runtime *runtime, int bit_width, int mode, struct qs_apply_options written)
{
	static const char weights[] =
	    ENGINE_CONFIG(ENGINE_INT8 ", \"per_channel\": true", ", \"quantizable_data_type\": "
								 "[\"weights\"]");
	struct engine engine = ENGINE_PLAN(
	    weights, "opset 13", "in x 16 16", "init w 16 9", "node MatMul m x,w y", "out y");
	struct qs_site *site = engine_site(&engine, "w");
	const struct qs_subject subject = {site->name, {NULL, 0, 0}, engine.findings};
	float identity[256] = {0}, expected[16 * CHANNELS], *found, *values;
	struct qs_quantization how;
	struct qs_session *session;
	struct qs_counts counts;
	size_t n;

	site->spec.bit_width = bit_width;
	site->spec.round_mode = mode;
	scale_channels(site);
	for (size_t i = 0; i < 16; i++)
		identity[17 * i] = 1;
	assert_int_equal(
	    qs_quantizer_bind(engine.registry, &site->spec, &site->qparams, &subject, &how), QS_OK);
	assert_int_equal(qs_tensor_read(engine.model, engine.model->proto->graph->initializer[0],
			     engine.findings, &values, &n),
	    QS_OK);
	assert_int_equal(
	    qs_quantizer_fake(&how, (struct qs_layout){16, CHANNELS, 1}, values, expected, &counts),
	    QS_OK);
	engine.written = written;
	engine_apply(&engine);
	session = engine_session(runtime, engine.model, true);
	found = engine_run(session, identity, "y", &n);
	for (size_t i = 0; i < n; i++) {
		if (memcmp(&found[i], &expected[i], sizeof(*found)) != 0)
			fail_msg(
			    "%d bits, mode %d, form %d: %a in channel %zu gives %a, expected %a",
			    bit_width, mode, (int)written.written, (double)values[i], i % CHANNELS,
			    (double)found[i], (double)expected[i]);
	}
	free(found);
	free(values);
	qs_session_free(session);
	engine_free(&engine);
}

static void constants_have_them_too(void **state)
{
	struct qs_runtime *runtime = engine_runtime();

	(void)state;
	for (int bit_width = 1; bit_width <= 32; bit_width++) {
		for (int mode = 0; mode < QS_ROUND_MODE__COUNT; mode++) {
			check_weights(runtime, bit_width, mode,
			    (struct qs_apply_options){QS_WRITTEN_QDQ, QS_ROUNDING_EXACT});
			check_weights(runtime, bit_width, mode,
			    (struct qs_apply_options){QS_WRITTEN_FAKE, QS_ROUNDING_NATIVE});
			check_weights(runtime, bit_width, mode,
			    (struct qs_apply_options){QS_WRITTEN_INT_WEIGHTS, QS_ROUNDING_EXACT});
		}
	}
	qs_runtime_close(runtime);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(exact_rounding_has_the_bits_of_the_library),
	    cmocka_unit_test(a_float_model_has_them_as_well),
	    cmocka_unit_test(constants_have_them_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
