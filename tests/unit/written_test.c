/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Written models compute what our own quantizers compute: for each tensor, what ONNX Runtime gives
 * behind the pair of operators is held against the fake quantization of what it gives before.
 */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "numbers/array.h"
#include "engine/calibrate.h"
#include "qstrata/numbers.h"
#include "tests/unit/random.h"

#define DATA "written_test.npy"
#define N_INPUTS (3 * 8 * 8)

/* How close codes have to be. */
enum closeness {
	EXACT,
	UNLESS_TIED,
	ONE_STEP
};

struct row {
	const char *name, *opset, *config;
	enum closeness closeness;
	float least, most; /* of the input */
};

#define CONFIG(overall) ENGINE_CONFIG(overall, "")
#define BITS(width) ENGINE_INT8 ", \"bit_width\": " width
#define POWER(mode)                                                                                \
	"\"scale_type\": \"poweroftwo\", \"method\": \"diffs\", \"round_mode\": \"" mode "\", "    \
	"\"calib_statistic_method\": \"modal\""
#define CHANNELS                                                                                   \
	ENGINE_CONFIG(ENGINE_INT8,                                                                 \
	    ", \"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}, "                \
	    "\"bias\": {\"bit_width\": 32}}")

static const struct row rows[] = {
    {"int8", "opset 13", CONFIG(ENGINE_INT8), UNLESS_TIED, -2, 2},
    {"int8, power of two", "opset 13", CONFIG(POWER("half_even")), EXACT, -2, 2},
    {"int8, channels, tied bias", "opset 13", CHANNELS, UNLESS_TIED, -2, 2},
    {"int8, narrow", "opset 13", CONFIG(ENGINE_INT8 ", \"narrow_range\": true"), UNLESS_TIED, -2,
	2},
    {"uint8, asymmetric", "opset 13", CONFIG(ENGINE_INT8 ", \"symmetry\": false"), UNLESS_TIED, -2,
	3},
    {"uint8, far from zero", "opset 13", CONFIG(ENGINE_INT8 ", \"symmetry\": false"), UNLESS_TIED,
	40, 41},
    {"uint8, far below", "opset 13", CONFIG(ENGINE_INT8 ", \"symmetry\": false"), UNLESS_TIED, -41,
	-40},
    {"int3", "opset 13", CONFIG(BITS("3")), UNLESS_TIED, -2, 2},
    {"int4", "opset 10", CONFIG(BITS("4")), UNLESS_TIED, -2, 2},
    {"int4, asymmetric", "opset 13", CONFIG(BITS("4") ", \"symmetry\": false"), UNLESS_TIED, -2, 3},
    {"int10", "opset 13", CONFIG(BITS("10")), UNLESS_TIED, -2, 2},
    {"int16 of com.microsoft", "opset 13", CONFIG(BITS("16")), UNLESS_TIED, -2, 2},
    {"int16 of opset 21", "opset 21", CONFIG(BITS("16")), UNLESS_TIED, -2, 2},
    {"uint16", "opset 21", CONFIG(BITS("16") ", \"symmetry\": false"), UNLESS_TIED, -2, 3},
    {"int8 of opset 9", "opset 9", CONFIG(ENGINE_INT8), UNLESS_TIED, -2, 2},
    {"channels of opset 9", "opset 9", CHANNELS, UNLESS_TIED, -2, 2},
    {"bfloat16", "opset 13", CONFIG("\"datatype\": \"bfloat16\""), EXACT, -2, 2},
    {"float16", "opset 9", CONFIG("\"datatype\": \"float16\""), EXACT, -2, 2},
    {"half_up", "opset 13", CONFIG(POWER("half_up")), ONE_STEP, -2, 2},
    {"half_down", "opset 13", CONFIG(POWER("half_down")), ONE_STEP, -2, 2},
    {"std_round", "opset 13", CONFIG(POWER("std_round")), ONE_STEP, -2, 2},
};

static void write_data(const struct row *row, float values[N_INPUTS])
{
	static const int64_t dims[] = {1, 3, 8, 8};
	uint64_t random = 7;

	for (size_t i = 0; i < N_INPUTS; i++)
		values[i] = random_between(&random, row->least, row->most);
	write_npy(DATA, npy_make("<f4", dims, 4, values, sizeof(*values)));
}

static struct engine make_engine(const struct row *row)
{
	const struct qs_calibrate_options options = {.data = DATA};
	const struct qs_calib_identity identity = {.observe = QS_OBSERVE_QUANTIZED};
	const struct qs_calib_course course = {.identity = &identity, .n_shards = 1};
	struct engine engine =
	    ENGINE_PLAN(row->config, row->opset, "in x 1 3 8 8", "init w 4 3 3 3", "init b 4",
		"node Conv c x,w,b a", "node Relu r a d", "node MaxPool p d e",
		"ints kernel_shape 2 2", "ints strides 2 2", "node Flatten f e g", "init v 36 5",
		"init k 5", "node Gemm m g,v,k h", "node Softmax s h y", "out y", "out h");
	size_t n_batches;

	assert_int_equal(
	    qs_calibrate_parameters(engine.plan, engine.registry, engine.findings), QS_OK);
	assert_int_equal(qs_calibrate_activations(engine.plan, engine.registry, &options, &course,
			     engine.findings, &n_batches),
	    QS_OK);
	assert_int_equal(qs_calibrate_biases(engine.plan), QS_OK);
	return engine;
}

/* Makes every tensor that a node gives an output of the model, so that it can be asked for. */
static void show_all(struct qs_model *model)
{
	Onnx__GraphProto *graph = model->proto->graph;
	Onnx__ValueInfoProto **outputs =
	    qs_arena_array(&model->arena, graph->n_output + graph->n_node, sizeof(*outputs));

	assert_non_null(outputs);
	memcpy(outputs, graph->output, graph->n_output * sizeof(*outputs));
	graph->output = outputs;
	for (size_t i = 0; i < graph->n_node; i++) {
		Onnx__ValueInfoProto *info = qs_arena_alloc(&model->arena, sizeof(*info));
		bool is_output = false;

		for (size_t j = 0; j < graph->n_output; j++)
			is_output = is_output ||
			            strcmp(graph->output[j]->name, graph->node[i]->output[0]) == 0;
		if (is_output)
			continue;
		onnx__value_info_proto__init(info);
		info->name = graph->node[i]->output[0];
		outputs[graph->n_output++] = info;
	}
}

/* Whether the distance to the next tie is within what a division and a product differ by. */
static bool is_tied(double steps)
{
	const double rest = fabs(steps) - floor(fabs(steps));

	return fabs(rest - 0.5) <= fabs(steps) * 0x1p-22;
}

static void compare(const struct row *row, const struct qs_site *site, const float *before,
    const float *expected, const float *found, size_t n)
{
	const bool integers = site->spec.datatype == QS_DATATYPE_INT;
	const double scale = integers ? site->qparams.scale[0] : 0;

	for (size_t i = 0; i < n; i++) {
		const double difference = fabs((double)found[i] - (double)expected[i]);
		/* Values of equal codes: the scale against the inverse of its inverse. */
		const double ulps = integers ? fabs((double)expected[i]) * 0x1p-22 : 0;
		bool close = difference <= (row->closeness == EXACT ? 0 : ulps);

		if (row->closeness == ONE_STEP ||
		    (row->closeness == UNLESS_TIED && is_tied((double)before[i] / scale)))
			close = difference <= scale + ulps;
		if (!close)
			fail_msg("%s: %s[%zu] = %.9g became %.9g, not %.9g, with scale %.9g",
			    row->name, site->name, i, (double)before[i], (double)found[i],
			    (double)expected[i], scale);
	}
}

static void check_site(const struct row *row, const struct engine *engine,
    struct qs_session *session, const float *input, const struct qs_site *site)
{
	const bool is_input = site->kind == QS_TENSOR_INPUT;
	const struct qs_subject subject = {site->name, {0}, engine->findings};
	struct qs_quantization how;
	struct qs_counts counts;
	float *before, *found, *expected;
	char name[2][64];
	size_t n;

	snprintf(name[0], sizeof(name[0]), "%s_float", site->tensor);
	snprintf(name[1], sizeof(name[1]), is_input ? "%s_dequantized" : "%s", site->tensor);
	found = engine_run(session, input, name[1], &n);
	if (is_input) {
		before = malloc(n * sizeof(*before));
		memcpy(before, input, n * sizeof(*before));
	} else {
		before = engine_run(session, input, name[0], &n);
	}
	expected = malloc(n * sizeof(*expected));
	assert_int_equal(qs_quantizer_bind(engine->registry, &site->spec,
			     site->qparams.n ? &site->qparams : NULL, &subject, &how),
	    QS_OK);
	assert_int_equal(
	    qs_quantizer_fake(&how, (struct qs_layout){1, 1, n}, before, expected, &counts), QS_OK);
	compare(row, site, before, expected, found, n);
	free(before);
	free(found);
	free(expected);
}

/* Parameters are rounded by us; the runtime only multiplies. */
static void check_parameter(const struct engine *engine, struct qs_session *session,
    const float *input, const struct qs_site *site, const float *values, struct qs_layout layout)
{
	const struct qs_subject subject = {site->name, {0}, engine->findings};
	const size_t n = qs_layout_count(layout);
	struct qs_quantization how;
	struct qs_counts counts;
	float *found, *expected = malloc(n * sizeof(*expected));
	char name[64];
	size_t n_found;

	snprintf(name, sizeof(name), "%s_dequantized", site->tensor);
	found = engine_run(session, input, name, &n_found);
	assert_int_equal(n_found, n);
	assert_int_equal(qs_quantizer_bind(engine->registry, &site->spec,
			     site->qparams.n ? &site->qparams : NULL, &subject, &how),
	    QS_OK);
	assert_int_equal(qs_quantizer_fake(&how, layout, values, expected, &counts), QS_OK);
	for (size_t i = 0; i < n; i++)
		assert_true(fabsf(found[i] - expected[i]) <= fabsf(expected[i]) * 0x1p-22F);
	free(found);
	free(expected);
}

/* The values of a constant before the model was changed, and how its channels lie. */
struct constant {
	float *values;
	struct qs_layout layout;
};

static struct constant keep_constant(const struct engine *engine, const struct qs_site *site)
{
	const Onnx__TensorProto *tensor = engine->layers->graph->values[site->value].constant;
	struct constant constant = {NULL, {0, 0, 0}};
	size_t n;

	assert_int_equal(
	    qs_tensor_read(engine->model, tensor, engine->findings, &constant.values, &n), QS_OK);
	assert_true(qs_layout_of(tensor->dims, tensor->n_dims, site->axis, &constant.layout));
	return constant;
}

static void check_row(const struct row *row, struct qs_runtime *runtime)
{
	float input[N_INPUTS];
	struct constant constants[16] = {{NULL, {0, 0, 0}}};
	struct qs_session *session;
	struct engine engine;

	write_data(row, input);
	engine = make_engine(row);
	assert_in_range(engine.plan->n_sites, 8, 16);
	for (size_t i = 0; i < engine.plan->n_sites; i++) {
		if (qs_site_is_constant(&engine.plan->sites[i]))
			constants[i] = keep_constant(&engine, &engine.plan->sites[i]);
	}
	engine_apply(&engine);
	qs_session_free(engine_session(runtime, engine.model, true));
	show_all(engine.model);
	session = engine_session(runtime, engine.model, false);
	for (size_t i = 0; i < engine.plan->n_sites; i++) {
		const struct qs_site *site = &engine.plan->sites[i];

		if (constants[i].values)
			check_parameter(&engine, session, input, site, constants[i].values,
			    constants[i].layout);
		else
			check_site(row, &engine, session, input, site);
		free(constants[i].values);
	}
	qs_session_free(session);
	engine_free(&engine);
	remove(DATA);
}

static void written_models_compute_what_the_quantizers_do(void **state)
{
	struct qs_runtime *runtime = engine_runtime();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		check_row(&rows[i], runtime);
	qs_runtime_close(runtime);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(written_models_compute_what_the_quantizers_do),
	};

	if (!engine_has_runtime())
		return ENGINE_SKIPPED;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
