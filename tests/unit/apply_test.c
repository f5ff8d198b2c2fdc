/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is written into models. A model is compared as text: nodes as `Op[domain] NAME inputs >
 * outputs {attribute}`, initializers that were not there before as `name type[dims]`.
 */
#include "tests/unit/engine_fixture.h"

#include <stdio.h>
#include <string.h>

#include "numbers/array.h"
#include "engine/calibrate.h"

static void describe_attribute(const Onnx__AttributeProto *attribute, struct qs_text *text)
{
	qs_text_addf(text, " %s=", attribute->name);
	if (attribute->type == ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__FLOAT)
		qs_text_addf(text, "%g", (double)attribute->f);
	else
		qs_text_addf(text, "%lld", (long long)attribute->i);
}

/* Attributes of the operators that are written; those of others are the model's. */
static bool is_ours(const Onnx__NodeProto *node)
{
	return strstr(node->op_type, "Linear") || strcmp(node->op_type, "Cast") == 0 ||
	       strcmp(node->op_type, "Clip") == 0;
}

static void describe_node(const Onnx__NodeProto *node, struct qs_text *text)
{
	qs_text_adds(text, node->op_type);
	if (node->domain && node->domain[0])
		qs_text_addf(text, "[%s]", node->domain);
	for (size_t i = 0; i < node->n_input; i++)
		qs_text_addf(text, "%c%s", i ? ',' : ' ', node->input[i]);
	for (size_t i = 0; i < node->n_output; i++)
		qs_text_addf(text, "%s%s", i ? "," : " > ", node->output[i]);
	for (size_t i = 0; i < node->n_attribute && is_ours(node); i++)
		describe_attribute(node->attribute[i], text);
	qs_text_adds(text, "\n");
}

static void describe_tensor(const Onnx__TensorProto *tensor, struct qs_text *text)
{
	qs_text_addf(text, "%s %s[", tensor->name, qs_element_name(tensor->data_type));
	for (size_t i = 0; i < tensor->n_dims; i++)
		qs_text_addf(text, "%s%lld", i ? "," : "", (long long)tensor->dims[i]);
	qs_text_adds(text, "]\n");
}

/* Applies and compares nodes and initializers, and ends the engine. */
static void expect_model(struct engine engine, const char *expected)
{
	const Onnx__GraphProto *graph = engine.model->proto->graph;
	struct qs_text text = QS_TEXT_INIT;

	engine_apply(&engine);
	for (size_t i = 0; i < graph->n_node; i++)
		describe_node(graph->node[i], &text);
	for (size_t i = 0; i < graph->n_initializer; i++)
		describe_tensor(graph->initializer[i], &text);
	engine_free(&engine);
	engine_expect(&text, expected);
}

static struct engine calibrated(const char *config, const char *const *lines)
{
	struct engine engine = engine_plan(config, lines);

	engine_calibrate(&engine, 0.125);
	return engine;
}
#define CALIBRATED(config, ...) calibrated(config, (const char *const[]){__VA_ARGS__, NULL})

#define INT8 ENGINE_CONFIG(ENGINE_INT8, "")
#define PER_CHANNEL                                                                                \
	ENGINE_CONFIG(                                                                             \
	    ENGINE_INT8, ", \"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}}")
/* Parameters stay, so that only what flows is seen. */
#define FLOWS(overall)                                                                             \
	ENGINE_CONFIG(overall, ", \"quantizable_data_type\": [\"input\", \"activation\"]")
/* Only weights, or biases. */
#define ONLY(kind, overall) ENGINE_CONFIG(overall, ", \"quantizable_data_type\": [\"" kind "\"]")

#define LINEAR(opset) opset, "in x 1 4", "init w 4 3", "init b 3", "node Gemm g x,w,b y", "out y"

#define ONLY_WEIGHTS                                                                               \
	ENGINE_CONFIG(ENGINE_INT8,                                                                 \
	    ", \"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}}, "               \
	    "\"quantizable_data_type\": [\"weights\"]")

/* ONNX Runtime fuses products with scales per channel, and then takes nothing but matrices. */
static void weights_of_a_product_lose_leading_ones(void **state)
{
	(void)state;
	expect_model(CALIBRATED(ONLY_WEIGHTS, "opset 13", "in x 1 1 2 4", "init w 1 1 4 3",
			 "node MatMul m x,w y", "out y"),
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized axis=1\n"
	    "MatMul x,w_dequantized > y\n"
	    "w_quantized int8[4,3]\n"
	    "w_scale float32[3]\n"
	    "w_zero_point int8[3]\n");
}

static void ones_that_make_the_rank_of_the_product_stay(void **state)
{
	(void)state;
	expect_model(CALIBRATED(ONLY_WEIGHTS, "opset 13", "in x 2 4", "init w 1 4 3",
			 "node MatMul m x,w y", "out y"),
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized axis=2\n"
	    "MatMul x,w_dequantized > y\n"
	    "w_quantized int8[1,4,3]\n"
	    "w_scale float32[3]\n"
	    "w_zero_point int8[3]\n");
}

static void a_layer_of_8_bits_is_between_pairs(void **state)
{
	(void)state;
	expect_model(CALIBRATED(INT8, LINEAR("opset 13")),
	    "QuantizeLinear x,x_scale,x_zero_point > x_quantized\n"
	    "DequantizeLinear x_quantized,x_scale,x_zero_point > x_dequantized\n"
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized\n"
	    "DequantizeLinear b_quantized,b_scale,b_zero_point > b_dequantized\n"
	    "Gemm x_dequantized,w_dequantized,b_dequantized > y_float\n"
	    "QuantizeLinear y_float,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "w_quantized int8[4,3]\n"
	    "w_scale float32[]\n"
	    "w_zero_point int8[]\n"
	    "b_quantized int8[3]\n"
	    "b_scale float32[]\n"
	    "b_zero_point int8[]\n"
	    "y_scale float32[]\n"
	    "y_zero_point int8[]\n"
	    "x_scale float32[]\n"
	    "x_zero_point int8[]\n");
}

static void an_opset_without_the_operators_takes_those_of_microsoft(void **state)
{
	(void)state;
	expect_model(CALIBRATED(FLOWS(ENGINE_INT8), LINEAR("opset 9")),
	    "QuantizeLinear[com.microsoft] x,x_scale,x_zero_point > x_quantized\n"
	    "DequantizeLinear[com.microsoft] x_quantized,x_scale,x_zero_point > x_dequantized\n"
	    "Gemm x_dequantized,w,b > y_float\n"
	    "QuantizeLinear[com.microsoft] y_float,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear[com.microsoft] y_quantized,y_scale,y_zero_point > y\n"
	    "w float32[4,3]\nb float32[3]\n"
	    "y_scale float32[]\ny_zero_point int8[]\nx_scale float32[]\nx_zero_point int8[]\n");
}

static void channels_have_an_axis_from_opset_13_on(void **state)
{
	(void)state;
	expect_model(
	    CALIBRATED(ONLY("weights", ENGINE_INT8 ", \"per_channel\": true"), LINEAR("opset 10")),
	    "DequantizeLinear[com.microsoft] w_quantized,w_scale,w_zero_point > w_dequantized "
	    "axis=1\n"
	    "Gemm x,w_dequantized,b > y\n"
	    "b float32[3]\nw_quantized int8[4,3]\nw_scale float32[3]\nw_zero_point int8[3]\n");
	expect_model(
	    CALIBRATED(ONLY("weights", ENGINE_INT8 ", \"per_channel\": true"), LINEAR("opset 13")),
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized axis=1\n"
	    "Gemm x,w_dequantized,b > y\n"
	    "b float32[3]\nw_quantized int8[4,3]\nw_scale float32[3]\nw_zero_point int8[3]\n");
}

#define FLOW(opset) opset, "in x 1 4", "node Softmax s x y", "out y"

static void fewer_bits_are_cut_off_before(void **state)
{
	(void)state;
	expect_model(
	    CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 4"), FLOW("opset 13")),
	    "Softmax x > y_float\n"
	    "Clip y_float,y_low,y_high > y_clipped\n"
	    "QuantizeLinear y_clipped,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "y_low float32[]\ny_high float32[]\ny_scale float32[]\ny_zero_point int8[]\n");
	/* -8 and 7 steps of an eighth, or -7 and 7. Up to opset 10 Clip has attributes. */
	expect_model(
	    CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 4"), FLOW("opset 10")),
	    "Softmax x > y_float\n"
	    "Clip y_float > y_clipped min=-1 max=0.875\n"
	    "QuantizeLinear y_clipped,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "y_scale float32[]\ny_zero_point int8[]\n");
	expect_model(
	    CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 4, \"narrow_range\": true"),
		FLOW("opset 10")),
	    "Softmax x > y_float\n"
	    "Clip y_float > y_clipped min=-0.875 max=0.875\n"
	    "QuantizeLinear y_clipped,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "y_scale float32[]\ny_zero_point int8[]\n");
	expect_model(CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"narrow_range\": true"),
			 FLOW("opset 10")),
	    "Softmax x > y_float\n"
	    "Clip y_float > y_clipped min=-15.875 max=15.875\n"
	    "QuantizeLinear y_clipped,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "y_scale float32[]\ny_zero_point int8[]\n");
}

static void integers_of_16_bits_are_standard_from_opset_21_on(void **state)
{
	(void)state;
	expect_model(
	    CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 16"), FLOW("opset 13")),
	    "Softmax x > y_float\n"
	    "QuantizeLinear[com.microsoft] y_float,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear[com.microsoft] y_quantized,y_scale,y_zero_point > y\n"
	    "y_scale float32[]\ny_zero_point int16[]\n");
	expect_model(
	    CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 16"), FLOW("opset 21")),
	    "Softmax x > y_float\n"
	    "QuantizeLinear y_float,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "y_scale float32[]\ny_zero_point int16[]\n");
}

static void a_zero_point_outside_the_range_is_reached_by_a_shift(void **state)
{
	struct engine engine =
	    ENGINE_PLAN(ONLY("activation", ENGINE_INT8 ", \"symmetry\": false"), FLOW("opset 13"));
	const Onnx__GraphProto *graph = engine.model->proto->graph;
	struct engine narrow =
	    ENGINE_PLAN(ONLY("activation", ENGINE_INT8 ", \"symmetry\": false, \"bit_width\": 4"),
		FLOW("opset 10"));
	float distance;

	(void)state;
	engine_scale(&engine, "y", 0.5, -20);
	engine_apply(&engine);
	memcpy(&distance, graph->initializer[0]->raw_data.data, sizeof(distance));
	assert_float_equal(distance, 10, 0);
	engine_free(&engine);
	/* Steps 0 to 15 of a half, from 50 below zero on. */
	engine_scale(&narrow, "y", 0.5, 115);
	expect_model(narrow,
	    "Softmax x > y_float\n"
	    "Sub y_float,y_distance > y_near\n"
	    "Clip y_near > y_clipped min=-7.5 max=0\n"
	    "QuantizeLinear y_clipped,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y_near_dequantized\n"
	    "Add y_near_dequantized,y_distance > y\n"
	    "y_distance float32[]\ny_scale float32[]\ny_zero_point uint8[]\n");
}

static void activations_have_16_bits_at_most(void **state)
{
	struct engine engine =
	    CALIBRATED(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 17"), FLOW("opset 21"));

	(void)state;
	assert_int_equal(qs_apply(engine.plan, engine.registry, &engine.written, engine.findings,
			     &engine.applied),
	    QS_UNSUPPORTED);
	assert_string_equal(
	    qs_findings_at(engine.findings, qs_findings_count(engine.findings) - 1)->message,
	    "activation \"y\" of layer \"s\": ONNX has no integers of 17 bits for it; at most 16");
	engine_free(&engine);
}

static void half_floats_are_casts(void **state)
{
	(void)state;
	expect_model(
	    CALIBRATED(ENGINE_CONFIG("\"datatype\": \"bfloat16\"", ""), LINEAR("opset 13")),
	    "Cast x > x_bfloat16 to=16\n"
	    "Cast x_bfloat16 > x_dequantized to=1\n"
	    "Cast w_quantized > w_dequantized to=1\n"
	    "Cast b_quantized > b_dequantized to=1\n"
	    "Gemm x_dequantized,w_dequantized,b_dequantized > y_float\n"
	    "Cast y_float > y_bfloat16 to=16\n"
	    "Cast y_bfloat16 > y to=1\n"
	    "w_quantized bfloat16[4,3]\nb_quantized bfloat16[3]\n");
	expect_model(CALIBRATED(ENGINE_CONFIG("\"datatype\": \"float16\"", ""), LINEAR("opset 9")),
	    "Cast x > x_float16 to=10\n"
	    "Cast x_float16 > x_dequantized to=1\n"
	    "Cast w_quantized > w_dequantized to=1\n"
	    "Cast b_quantized > b_dequantized to=1\n"
	    "Gemm x_dequantized,w_dequantized,b_dequantized > y_float\n"
	    "Cast y_float > y_float16 to=10\n"
	    "Cast y_float16 > y to=1\n"
	    "w_quantized float16[4,3]\nb_quantized float16[3]\n");
}

static void a_bias_has_the_form_of_its_width(void **state)
{
	static const struct {
		const char *width, *model;
	} rows[] = {
	    {"8", "DequantizeLinear b_quantized,b_scale,b_zero_point > b_dequantized\n"
		  "Gemm x,w,b_dequantized > y\n"
		  "w float32[4,3]\nb_quantized int8[3]\nb_scale float32[]\nb_zero_point int8[]\n"},
	    {"16",
		"DequantizeLinear[com.microsoft] b_quantized,b_scale,b_zero_point > b_dequantized\n"
		"Gemm x,w,b_dequantized > y\n"
		"w float32[4,3]\nb_quantized int16[3]\nb_scale float32[]\nb_zero_point int16[]\n"},
	    {"24", "Gemm x,w,b_quantized > y\nw float32[4,3]\nb_quantized float32[3]\n"},
	    {"32", "Gemm x,w,b_quantized > y\nw float32[4,3]\nb_quantized float32[3]\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char config[400];

		snprintf(config, sizeof(config), ONLY("bias", ENGINE_INT8 ", \"bit_width\": %s"),
		    rows[i].width);
		expect_model(CALIBRATED(config, LINEAR("opset 13")), rows[i].model);
	}
}

static void a_bias_of_32_bits_counts_products(void **state)
{
	struct engine engine =
	    CALIBRATED(ENGINE_CONFIG(ENGINE_INT8,
			   ", \"tensor_quantize_config\": {\"bias\": {\"bit_width\": 32}, "
			   "\"weights\": {\"per_channel\": true}}"),
		LINEAR("opset 13"));
	const struct qs_qparams *weights = &engine_site(&engine, "w")->qparams;
	const struct qs_qparams *bias = &engine_site(&engine, "b")->qparams;

	(void)state;
	assert_int_equal(bias->n, 3);
	for (size_t i = 0; i < 3; i++)
		assert_float_equal(bias->scale[i], 0.125F * (float)weights->scale[i], 0);
	expect_model(engine,
	    "QuantizeLinear x,x_scale,x_zero_point > x_quantized\n"
	    "DequantizeLinear x_quantized,x_scale,x_zero_point > x_dequantized\n"
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized axis=1\n"
	    "DequantizeLinear b_quantized,b_scale,b_zero_point > b_dequantized axis=0\n"
	    "Gemm x_dequantized,w_dequantized,b_dequantized > y_float\n"
	    "QuantizeLinear y_float,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "w_quantized int8[4,3]\nw_scale float32[3]\nw_zero_point int8[3]\n"
	    "b_quantized int32[3]\nb_scale float32[3]\nb_zero_point int32[3]\n"
	    "y_scale float32[]\ny_zero_point int8[]\nx_scale float32[]\nx_zero_point int8[]\n");
}

static void codes_and_scales_are_those_of_the_laws(void **state)
{
	/* Weights are (i * 7 % 11 - 5) / 8: the largest magnitude is 5/8. */
	static const int8_t codes[] = {-127, 51, -51, 127};
	struct engine engine = CALIBRATED(
	    ONLY("weights", ENGINE_INT8), "in x 1 2", "init w 2 2", "node MatMul m x,w y", "out y");
	const Onnx__GraphProto *graph = engine.model->proto->graph;
	float scale;

	(void)state;
	engine_apply(&engine);
	assert_int_equal(graph->n_initializer, 3);
	assert_memory_equal(graph->initializer[0]->raw_data.data, codes, sizeof(codes));
	memcpy(&scale, graph->initializer[1]->raw_data.data, sizeof(scale));
	assert_float_equal(scale, 0.625F / 127, 0);
	assert_int_equal(graph->initializer[2]->raw_data.data[0], 0);
	assert_int_equal(engine.applied.n_standard, 1);
	assert_int_equal(engine.applied.bytes_before, 16);
	assert_int_equal(engine.applied.bytes_after, 4);
	assert_int_equal(engine.applied.counts.total, 4);
	engine_free(&engine);
}

/* A name that is taken is not taken away from who has it. */
static void names_in_use_are_kept(void **state)
{
	(void)state;
	expect_model(CALIBRATED(ONLY("activation", ENGINE_INT8), "in y_float 1 4",
			 "node Sigmoid y_scale y_float y_quantized", "node Softmax s y_quantized y",
			 "out y"),
	    "Sigmoid y_float > y_quantized_float\n"
	    "QuantizeLinear y_quantized_float,y_quantized_scale,y_quantized_zero_point > "
	    "y_quantized_quantized\n"
	    "DequantizeLinear y_quantized_quantized,y_quantized_scale,y_quantized_zero_point > "
	    "y_quantized\n"
	    "Softmax y_quantized > y_float_1\n"
	    "QuantizeLinear y_float_1,y_scale_1,y_zero_point > y_quantized_1\n"
	    "DequantizeLinear y_quantized_1,y_scale_1,y_zero_point > y\n"
	    "y_scale_1 float32[]\ny_zero_point int8[]\n"
	    "y_quantized_scale float32[]\ny_quantized_zero_point int8[]\n");
}

static void new_nodes_are_named_after_what_they_give(void **state)
{
	struct engine engine = CALIBRATED(ONLY("activation", ENGINE_INT8), FLOW("opset 13"));
	const Onnx__GraphProto *graph = engine.model->proto->graph;

	(void)state;
	engine_apply(&engine);
	assert_string_equal(graph->node[0]->name, "s");
	assert_string_equal(graph->node[1]->name, "y_quantized_QuantizeLinear");
	assert_string_equal(graph->node[2]->name, "y_DequantizeLinear");
	assert_string_equal(graph->output[0]->name, "y");
	engine_free(&engine);
}

static void what_is_read_twice_is_written_once(void **state)
{
	(void)state;
	expect_model(CALIBRATED(FLOWS(ENGINE_INT8), "in x 1 4", "node Add a x,x y",
			 "node Sigmoid s x z", "out y", "out z"),
	    "QuantizeLinear x,x_scale,x_zero_point > x_quantized\n"
	    "DequantizeLinear x_quantized,x_scale,x_zero_point > x_dequantized\n"
	    "Add x_dequantized,x_dequantized > y_float\n"
	    "Sigmoid x_dequantized > z\n"
	    "QuantizeLinear y_float,y_scale,y_zero_point > y_quantized\n"
	    "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
	    "y_scale float32[]\ny_zero_point int8[]\nx_scale float32[]\nx_zero_point int8[]\n");
}

/* A graph input of older models that is an initializer too goes with what took its place. */
static void a_constant_that_is_an_input_as_well_leaves_no_input(void **state)
{
	struct engine engine = CALIBRATED(ONLY("weights", ENGINE_INT8), "in x 1 2", "in w 2 2",
	    "init w 2 2", "node MatMul m x,w y", "out y");

	(void)state;
	engine_apply(&engine);
	assert_int_equal(engine.model->proto->graph->n_input, 1);
	assert_string_equal(engine.model->proto->graph->input[0]->name, "x");
	engine_free(&engine);
}

static void a_constant_with_other_readers_stays_for_them(void **state)
{
	(void)state;
	expect_model(CALIBRATED(ONLY("weights", ENGINE_INT8), "in x 2 2", "init w 2 2",
			 "node MatMul m x,w a", "node Add s a,w y", "out y"),
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized\n"
	    "MatMul x,w_dequantized > a\n"
	    "Add a,w > y\n"
	    "w float32[2,2]\nw_quantized int8[2,2]\nw_scale float32[]\nw_zero_point int8[]\n");
}

static void weights_of_two_formats_are_written_twice(void **state)
{
	(void)state;
	expect_model(
	    CALIBRATED(ENGINE_CONFIG(ENGINE_INT8,
			   ", \"quantizable_data_type\": [\"weights\"], "
			   "\"layer_quantize_config\": [{\"layer_name\": \"n\", "
			   "\"quantizable_data_type\": [\"weights\"], "
			   "\"overall_quantize_config\": {\"datatype\": \"bfloat16\"}}]"),
		"in x 2 2", "init w 2 2", "node MatMul m x,w a", "node MatMul n a,w y", "out y"),
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized\n"
	    "MatMul x,w_dequantized > a\n"
	    "Cast w_quantized_1 > w_dequantized_1 to=1\n"
	    "MatMul a,w_dequantized_1 > y\n"
	    "w_quantized int8[2,2]\nw_scale float32[]\nw_zero_point int8[]\n"
	    "w_quantized_1 bfloat16[2,2]\n");
}

/* A Constant node that holds the weights is replaced as an initializer is. */
static void weights_in_a_constant_node_are_written_as_well(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 1 2", "init w 2 2",
	    "node Constant c none k", "node MatMul m x,k y", "out y");
	Onnx__GraphProto *graph = model->proto->graph;
	Onnx__AttributeProto attribute;
	struct engine engine;

	(void)state;
	onnx__attribute_proto__init(&attribute);
	attribute.name = (char *)"value";
	attribute.has_type = true;
	attribute.type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__TENSOR;
	attribute.t = graph->initializer[--graph->n_initializer];
	graph->node[0]->attribute[graph->node[0]->n_attribute++] = &attribute;
	engine = engine_plan_model(ONLY("weights", ENGINE_INT8), model);
	engine_calibrate(&engine, 1);
	expect_model(engine, "DequantizeLinear k_quantized,k_scale,k_zero_point > k_dequantized\n"
			     "MatMul x,k_dequantized > y\n"
			     "k_quantized int8[2,2]\nk_scale float32[]\nk_zero_point int8[]\n");
	qs_findings_free(findings);
}

/* Moves an Identity into the branches of an If: `c` decides, and both read `value`. */
static struct qs_model *branching_model(struct qs_findings *findings, const char *value)
{
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 1 4", "in c", "node Softmax s x a",
	    "node Identity i - b", "node If f c y", "out y", "out b");
	Onnx__GraphProto *graph = model->proto->graph;
	static Onnx__AttributeProto attributes[2];
	static const char *const names[] = {"then_branch", "else_branch"};
	static Onnx__GraphProto branches[2];
	static Onnx__NodeProto *inner[1];
	static Onnx__ValueInfoProto *outputs[1];

	graph->input[1]->type->tensor_type->elem_type = ONNX__TENSOR_PROTO__DATA_TYPE__BOOL;
	inner[0] = graph->node[1];
	inner[0]->input[0] = (char *)(uintptr_t)value;
	outputs[0] = graph->output[1];
	graph->n_output = 1;
	graph->node[1] = graph->node[2];
	graph->n_node = 2;
	for (size_t i = 0; i < 2; i++) {
		onnx__graph_proto__init(&branches[i]);
		branches[i].node = inner;
		branches[i].n_node = 1;
		branches[i].output = outputs;
		branches[i].n_output = 1;
		onnx__attribute_proto__init(&attributes[i]);
		attributes[i].name = (char *)(uintptr_t)names[i];
		attributes[i].has_type = true;
		attributes[i].type = ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH;
		attributes[i].g = &branches[i];
		graph->node[1]->attribute[i] = &attributes[i];
	}
	graph->node[1]->n_attribute = 2;
	return model;
}

static void branches_read_the_quantized_tensor(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = branching_model(findings, "a");
	struct engine engine = engine_plan_model(ONLY("activation", ENGINE_INT8), model);
	const Onnx__GraphProto *graph = model->proto->graph;

	(void)state;
	engine_calibrate(&engine, 1);
	engine_apply(&engine);
	assert_string_equal(graph->node[0]->output[0], "a_float");
	assert_string_equal(graph->node[2]->output[0], "a");
	assert_string_equal(graph->node[3]->attribute[0]->g->node[0]->input[0], "a");
	engine_free(&engine);
	qs_findings_free(findings);
}

static void branches_read_a_quantized_input_under_its_new_name(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = branching_model(findings, "x");
	struct engine engine = engine_plan_model(ONLY("input", ENGINE_INT8), model);
	const Onnx__NodeProto *branch = model->proto->graph->node[1];

	(void)state;
	engine_calibrate(&engine, 1);
	engine_apply(&engine);
	assert_string_equal(branch->attribute[0]->g->node[0]->input[0], "x_dequantized");
	assert_string_equal(model->proto->graph->input[0]->name, "x");
	engine_free(&engine);
	qs_findings_free(findings);
}

static void an_inner_tensor_that_is_an_output_keeps_its_name(void **state)
{
	(void)state;
	expect_model(CALIBRATED(ONLY("activation", ENGINE_INT8), "in x 1 4", "node Softmax s x a",
			 "node Sigmoid t a y", "out y", "out a"),
	    "Softmax x > a_float\n"
	    "QuantizeLinear a_float,a_scale,a_zero_point > a_quantized\n"
	    "DequantizeLinear a_quantized,a_scale,a_zero_point > a\n"
	    "Sigmoid a > y\n"
	    "a_scale float32[]\na_zero_point int8[]\n");
}

/* ---- other forms ----------------------------------------------------------------------------- */

static struct engine written_as(
    const char *config, struct qs_apply_options written, const char *const *lines)
{
	struct engine engine = engine_plan_as(config, written, lines);

	engine_calibrate(&engine, 0.1);
	return engine;
}
#define WRITTEN(config, written, rounding, ...)                                                    \
	written_as(config, (struct qs_apply_options){written, rounding},                           \
	    (const char *const[]){__VA_ARGS__, NULL})

static void exact_rounding_is_between_a_clip_and_a_difference(void **state)
{
	(void)state;
	expect_model(WRITTEN(ONLY("activation", ENGINE_INT8), QS_WRITTEN_QDQ, QS_ROUNDING_EXACT,
			 FLOW("opset 13")),
	    "Softmax x > y_float\n"
	    "Clip y_float,y_low,y_high > y_clipped\n"
	    "Mul y_clipped,y_amp > y_scaled\n"
	    "Round y_scaled > y_rounded\n"
	    "Mul y_rounded,y_step > y_multiple\n"
	    "Sub y_zero,y_multiple > y\n"
	    "y_low float32[]\ny_high float32[]\ny_amp float32[]\ny_step float32[]\n"
	    "y_zero float32[]\n");
}

static void what_the_pair_says_exactly_stays_a_pair(void **state)
{
	struct engine engine = WRITTEN(
	    ONLY("activation", ENGINE_INT8), QS_WRITTEN_QDQ, QS_ROUNDING_EXACT, FLOW("opset 13"));

	(void)state;
	engine_scale(&engine, "y", 0.125, 0);
	expect_model(engine, "Softmax x > y_float\n"
			     "QuantizeLinear y_float,y_scale,y_zero_point > y_quantized\n"
			     "DequantizeLinear y_quantized,y_scale,y_zero_point > y\n"
			     "y_scale float32[]\ny_zero_point int8[]\n");
}

static void exact_constants_are_codes_times_steps(void **state)
{
	(void)state;
	expect_model(WRITTEN(ONLY("weights", ENGINE_INT8 ", \"per_channel\": true"), QS_WRITTEN_QDQ,
			 QS_ROUNDING_EXACT, LINEAR("opset 13")),
	    "Cast w_quantized > w_codes to=1\n"
	    "Mul w_codes,w_step > w_dequantized\n"
	    "Gemm x,w_dequantized,b > y\n"
	    "b float32[3]\nw_quantized int8[4,3]\nw_step float32[1,3]\n");
}

static void a_float_model_has_no_codes(void **state)
{
	(void)state;
	expect_model(WRITTEN(ENGINE_CONFIG("\"datatype\": \"bfloat16\"", ""), QS_WRITTEN_FAKE,
			 QS_ROUNDING_NATIVE, LINEAR("opset 13")),
	    "Cast x > x_bfloat16 to=16\n"
	    "Cast x_bfloat16 > x_dequantized to=1\n"
	    "Gemm x_dequantized,w_quantized,b_quantized > y_float\n"
	    "Cast y_float > y_bfloat16 to=16\n"
	    "Cast y_bfloat16 > y to=1\n"
	    "w_quantized float32[4,3]\nb_quantized float32[3]\n");
	expect_model(WRITTEN(ONLY("weights", ENGINE_INT8), QS_WRITTEN_FAKE, QS_ROUNDING_NATIVE,
			 LINEAR("opset 13")),
	    "Gemm x,w_quantized,b > y\nb float32[3]\nw_quantized float32[4,3]\n");
}

static void weights_alone_leave_all_else(void **state)
{
	(void)state;
	expect_model(WRITTEN(INT8, QS_WRITTEN_INT_WEIGHTS, QS_ROUNDING_NATIVE, LINEAR("opset 13")),
	    "DequantizeLinear w_quantized,w_scale,w_zero_point > w_dequantized\n"
	    "Gemm x,w_dequantized,b > y\n"
	    "b float32[3]\nw_quantized int8[4,3]\nw_scale float32[]\nw_zero_point int8[]\n");
}

/* Plain operators have no widths. */
static void exact_activations_have_any_width(void **state)
{
	struct engine engine = WRITTEN(ONLY("activation", ENGINE_INT8 ", \"bit_width\": 17"),
	    QS_WRITTEN_QDQ, QS_ROUNDING_EXACT, FLOW("opset 13"));

	(void)state;
	engine_apply(&engine);
	assert_int_equal(engine.applied.n_exact, 1);
	engine_free(&engine);
}

static void exact_rounding_needs_the_operators(void **state)
{
	struct engine engine = WRITTEN(
	    ONLY("activation", ENGINE_INT8), QS_WRITTEN_QDQ, QS_ROUNDING_EXACT, FLOW("opset 10"));

	(void)state;
	assert_int_equal(qs_apply(engine.plan, engine.registry, &engine.written, engine.findings,
			     &engine.applied),
	    QS_UNSUPPORTED);
	assert_string_equal(
	    qs_findings_at(engine.findings, qs_findings_count(engine.findings) - 1)->message,
	    "activation \"y\" of layer \"s\": operators that round exactly need opset 11 or "
	    "later");
	engine_free(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(weights_of_a_product_lose_leading_ones),
	    cmocka_unit_test(ones_that_make_the_rank_of_the_product_stay),
	    cmocka_unit_test(a_layer_of_8_bits_is_between_pairs),
	    cmocka_unit_test(an_opset_without_the_operators_takes_those_of_microsoft),
	    cmocka_unit_test(channels_have_an_axis_from_opset_13_on),
	    cmocka_unit_test(fewer_bits_are_cut_off_before),
	    cmocka_unit_test(integers_of_16_bits_are_standard_from_opset_21_on),
	    cmocka_unit_test(a_zero_point_outside_the_range_is_reached_by_a_shift),
	    cmocka_unit_test(activations_have_16_bits_at_most),
	    cmocka_unit_test(half_floats_are_casts),
	    cmocka_unit_test(a_bias_has_the_form_of_its_width),
	    cmocka_unit_test(a_bias_of_32_bits_counts_products),
	    cmocka_unit_test(codes_and_scales_are_those_of_the_laws),
	    cmocka_unit_test(names_in_use_are_kept),
	    cmocka_unit_test(new_nodes_are_named_after_what_they_give),
	    cmocka_unit_test(what_is_read_twice_is_written_once),
	    cmocka_unit_test(a_constant_that_is_an_input_as_well_leaves_no_input),
	    cmocka_unit_test(a_constant_with_other_readers_stays_for_them),
	    cmocka_unit_test(weights_of_two_formats_are_written_twice),
	    cmocka_unit_test(weights_in_a_constant_node_are_written_as_well),
	    cmocka_unit_test(branches_read_the_quantized_tensor),
	    cmocka_unit_test(branches_read_a_quantized_input_under_its_new_name),
	    cmocka_unit_test(an_inner_tensor_that_is_an_output_keeps_its_name),
	    cmocka_unit_test(exact_rounding_is_between_a_clip_and_a_difference),
	    cmocka_unit_test(what_the_pair_says_exactly_stays_a_pair),
	    cmocka_unit_test(exact_constants_are_codes_times_steps),
	    cmocka_unit_test(a_float_model_has_no_codes),
	    cmocka_unit_test(weights_alone_leave_all_else),
	    cmocka_unit_test(exact_activations_have_any_width),
	    cmocka_unit_test(exact_rounding_needs_the_operators),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
