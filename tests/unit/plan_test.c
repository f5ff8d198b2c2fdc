/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: which tensors get which number format.
 *
 * A plan is compared as text, one site a line: `KIND NAME < LAYER FORMAT`, with the axis of its
 * scales, the readers of a constant, and the sites that the scale of a bias comes from; then one
 * line for each tensor that stays: `LAYER KIND: REASON`.
 */
#include "tests/unit/engine_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "model/fold.h"

static void describe_uses(
    const struct engine *engine, const struct qs_site *site, struct qs_text *text)
{
	for (size_t i = 0; i < site->n_uses; i++)
		qs_text_addf(text, "%s%s.%zu", i ? "," : " for ",
		    site->uses[i].node == QS_NONE
			? ""
			: engine->layers->graph->nodes[site->uses[i].node].label,
		    site->uses[i].input);
}

static void describe_site(
    const struct engine *engine, const struct qs_site *site, struct qs_text *text)
{
	const char *layer = site->layer[0] ? site->layer : "-";

	qs_text_addf(text, "%s %s < %s %s", qs_tensor_word(site->kind), site->name, layer,
	    qs_datatype_word((enum qs_datatype)site->spec.datatype));
	if (site->spec.datatype == QS_DATATYPE_INT)
		qs_text_addf(text, "%d", site->spec.bit_width);
	if (site->axis >= 0)
		qs_text_addf(text, " axis %d", site->axis);
	describe_uses(engine, site, text);
	if (site->input_site != QS_NONE)
		qs_text_addf(text, " = %s * %s", engine->plan->sites[site->input_site].name,
		    engine->plan->sites[site->weights_site].name);
	qs_text_adds(text, "\n");
}

/* Compares a plan, and ends the engine. */
static void expect_plan(struct engine engine, const char *expected)
{
	struct qs_text text = QS_TEXT_INIT;

	for (size_t i = 0; i < engine.plan->n_sites; i++)
		describe_site(&engine, &engine.plan->sites[i], &text);
	for (size_t i = 0; i < engine.plan->n_kept; i++)
		qs_text_addf(&text, "%s %s: %s\n", engine.plan->kept[i].layer,
		    qs_tensor_word(engine.plan->kept[i].kind), engine.plan->kept[i].reason);
	engine_free(&engine);
	engine_expect(&text, expected);
}

static struct engine plan_folded(const char *config, const char *name)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_open(findings, name);
	size_t n_folded;

	assert_int_equal(qs_fold_batch_norms(model, findings, &n_folded), QS_OK);
	qs_findings_free(findings);
	return engine_plan_model(config, model);
}

#define INT8 ENGINE_CONFIG(ENGINE_INT8, "")
#define PER_CHANNEL                                                                                \
	ENGINE_CONFIG(                                                                             \
	    ENGINE_INT8, ", \"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}}")

static void a_layer_is_quantized_behind_its_activation_function(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(INT8, "in x 1 3 6 6", "init w 4 3 3 3", "init b 4",
			"node Conv c x,w,b a", "node Relu r a y", "out y"),
	    "weights w < c int8 for c.1\n"
	    "bias b < c int8 for c.2\n"
	    "activation y < c int8\n"
	    "input x < - int8\n");
}

static void a_chain_of_activation_functions_belongs_to_the_layer(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(INT8, "in x 1 3 6 6", "init w 4 3 3 3", "full low 0", "full high 6",
			"node Conv c x,w a", "node LeakyRelu l a d", "node Clip r d,low,high y",
			"node Clip s y,high z", "out z"),
	    "weights w < c int8 for c.1\n"
	    "activation z < c int8\n"
	    "input x < - int8\n");
}

static void what_others_read_too_is_quantized_before_the_function(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(INT8, "in x 1 3 6 6", "init w 4 3 3 3", "node Conv c x,w a",
			"node Relu r a y", "out y", "out a"),
	    "weights w < c int8 for c.1\n"
	    "activation a < c int8\n"
	    "input x < - int8\n");
}

static void an_exported_network_of_separable_convolutions(void **state)
{
	(void)state;
	expect_plan(plan_folded(INT8, "dw_relu6.onnx"),
	    "weights stem.0.weight < /stem/stem.0/Conv int8 for /stem/stem.0/Conv.1\n"
	    "bias stem.0.bias < /stem/stem.0/Conv int8 for /stem/stem.0/Conv.2\n"
	    "weights expand.0.weight < /expand/expand.0/Conv int8 for /expand/expand.0/Conv.1\n"
	    "bias expand.0.bias < /expand/expand.0/Conv int8 for /expand/expand.0/Conv.2\n"
	    "weights dw.0.weight < /dw/dw.0/Conv int8 for /dw/dw.0/Conv.1\n"
	    "bias dw.0.bias < /dw/dw.0/Conv int8 for /dw/dw.0/Conv.2\n"
	    "weights project.0.weight < /project/project.0/Conv int8 for "
	    "/project/project.0/Conv.1\n"
	    "bias project.0.bias < /project/project.0/Conv int8 for /project/project.0/Conv.2\n"
	    "weights fc1.weight < /fc1/Gemm int8 for /fc1/Gemm.1\n"
	    "bias fc1.bias < /fc1/Gemm int8 for /fc1/Gemm.2\n"
	    "weights fc2.weight < /fc2/Gemm int8 for /fc2/Gemm.1\n"
	    "bias fc2.bias < /fc2/Gemm int8 for /fc2/Gemm.2\n"
	    "activation /stem/stem.2/Clip_output_0 < /stem/stem.0/Conv int8\n"
	    "activation /expand/expand.2/Clip_output_0 < /expand/expand.0/Conv int8\n"
	    "activation /dw/dw.2/Clip_output_0 < /dw/dw.0/Conv int8\n"
	    "activation /project/project.1/BatchNormalization_output_0 < /project/project.0/Conv "
	    "int8\n"
	    "activation /Add_output_0 < /Add int8\n"
	    "activation /avg/AveragePool_output_0 < /avg/AveragePool int8\n"
	    "activation /relu/Relu_output_0 < /fc1/Gemm int8\n"
	    "activation output < /fc2/Gemm int8\n"
	    "input input < - int8\n");
}

static void moves_carry_the_format_along(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(INT8, "in x 1 3 4 4", "init w 48 5", "node Flatten f x a",
			"node Gemm g a,w b", "node Identity i b d", "node Transpose t d e",
			"node Softmax s e y", "out y"),
	    "weights w < g int8 for g.1\n"
	    "activation e < g int8\n"
	    "activation y < s int8\n"
	    "input x < - int8\n");
}

static void operands_of_a_concatenation_are_left_to_it(void **state)
{
	(void)state;
	expect_plan(
	    ENGINE_PLAN(INT8, "in x 1 3 6 6", "init w 4 3 1 1", "init v 4 3 1 1",
		"node Conv c x,w a", "node Relu r a d", "node Conv e x,v f", "node Concat k d,f y",
		"int axis 1", "node Sigmoid s f z", "out y", "out z"),
	    "weights w < c int8 for c.1\n"
	    "weights v < e int8 for e.1\n"
	    "activation f < e int8\n"
	    "activation y < k int8\n"
	    "input x < - int8\n"
	    "s activation: outputs of layers of this type are not quantized\n");
}

static void half_floats_are_rounded_before_a_concatenation_as_well(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG("\"datatype\": \"bfloat16\"", ""), "in x 1 3 6 6",
			"init w 4 3 1 1", "node Conv c x,w a", "node Sigmoid s a d",
			"node Concat k a,d y", "int axis 1", "out y"),
	    "weights w < c bfloat16 for c.1\n"
	    "input x -> c < c bfloat16 for c.0\n"
	    "activation a < c bfloat16\n"
	    "activation d < s bfloat16\n"
	    "activation y < k bfloat16\n");
}

static void a_concatenation_that_stays_float_leaves_its_operands(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8,
				    ", \"layer_quantize_config\": [{\"layer_name\": \"k\", "
				    "\"quantizable_data_type\": [\"activation\"], "
				    "\"overall_quantize_config\": {\"datatype\": \"float32\"}}]"),
			"in x 1 3 6 6", "init w 4 3 1 1", "node Conv c x,w a",
			"node Concat k a,x y", "int axis 1", "out y"),
	    "weights w < c int8 for c.1\n"
	    "input x -> c < c int8 for c.0,k.1\n"
	    "activation a < c int8\n"
	    "input a -> k < k int8 for k.0\n"
	    "k activation: the config says float32\n");
}

static void what_a_quantized_layer_reads_is_quantized_too(void **state)
{
	(void)state;
	expect_plan(
	    ENGINE_PLAN(INT8, "in x 1 8", "init w 8 8", "init v 8 8", "node MatMul m x,w a",
		"node Sigmoid s a d", "node Tanh t a f", "node MatMul n d,v e", "out e", "out f"),
	    "weights w < m int8 for m.1\n"
	    "weights v < n int8 for n.1\n"
	    "activation a < m int8\n"
	    "activation e < n int8\n"
	    "input x < - int8\n"
	    "activation d < s int8\n"
	    "t activation: outputs of layers of this type are not quantized\n");
}

static void a_graph_input_has_the_format_of_activations_of_the_model(void **state)
{
	(void)state;
	expect_plan(
	    ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8,
			    ", \"layer_quantize_config\": [{\"layer_name\": \"n\", "
			    "\"quantizable_data_type\": [\"input\"], "
			    "\"overall_quantize_config\": {\"bit_width\": 16}}, "
			    "{\"layer_name\": \"m\", \"quantizable_data_type\": [\"input\"], "
			    "\"overall_quantize_config\": {\"bit_width\": 4}}]"),
		"in x 1 8", "init w 8 8", "init v 8 8", "node Sigmoid s x y", "node MatMul n x,w a",
		"node MatMul m x,v d", "out y", "out a", "out d"),
	    "weights w < n int8 for n.1\n"
	    "weights v < m int8 for m.1\n"
	    "activation a < n int8\n"
	    "activation d < m int8\n"
	    "input x < - int8\n"
	    "s activation: outputs of layers of this type are not quantized\n");
}

static void weights_of_one_format_are_one_site(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(INT8, "in x 1 8", "init w 8 8", "node MatMul m x,w a",
			"node MatMul n a,w d", "out d"),
	    "weights w < m int8 for m.1,n.1\n"
	    "activation a < m int8\n"
	    "activation d < n int8\n"
	    "input x < - int8\n");
}

static void weights_of_two_formats_are_two_sites(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8,
				    ", \"layer_quantize_config\": [{\"layer_name\": \"n\", "
				    "\"quantizable_data_type\": [\"weights\"], "
				    "\"overall_quantize_config\": {\"bit_width\": 4}}]"),
			"in x 1 8", "init w 8 8", "node MatMul m x,w a", "node MatMul n a,w d",
			"node MatMul o d,w e", "out e"),
	    "weights w < m int8 for m.1,o.1\n"
	    "weights w -> n < n int4 for n.1\n"
	    "activation a < m int8\n"
	    "activation d < n int8\n"
	    "activation e < o int8\n"
	    "input x < - int8\n");
}

static void what_one_node_moves_for_two_layers_has_one_format(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8,
				    ", \"layer_quantize_config\": [{\"layer_name\": \"n\", "
				    "\"quantizable_data_type\": [\"weights\"], "
				    "\"overall_quantize_config\": {\"bit_width\": 4}}]"),
			"in x 1 8", "init w 8 8", "node Transpose t w u", "node MatMul m x,u a",
			"node MatMul n a,u d", "node MatMul o d,u e", "out e"),
	    "weights w < m int8 for t.0\n"
	    "activation a < m int8\n"
	    "activation d < n int8\n"
	    "activation e < o int8\n"
	    "input x < - int8\n"
	    "n weights: a node before the layer gives the parameter to one of another format\n");
}

static void the_axis_of_the_channels_is_followed(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(PER_CHANNEL, "in x 1 8", "in i 1 4 5 5", "init w 8 6", "init v 8 6",
			"init u 8 6", "init c 4 4 3 3", "init k 4 2 3 3", "node MatMul m x,w a",
			"node Gemm g a,v b", "int transB 1", "node Transpose t u ut",
			"node MatMul n b,u d", "node Gemm h d,ut e", "node Conv p i,c j",
			"node ConvTranspose q j,k l", "out e", "out l"),
	    "weights w < m int8 axis 1 for m.1\n"
	    "weights v < g int8 axis 0 for g.1\n"
	    "weights u < n int8 axis 1 for n.1\n"
	    "weights u -> h < h int8 axis 0 for t.0\n"
	    "weights c < p int8 axis 0 for p.1\n"
	    "weights k < q int8 axis 1 for q.1\n"
	    "activation a < m int8\n"
	    "activation b < g int8\n"
	    "activation d < n int8\n"
	    "activation e < h int8\n"
	    "activation j < p int8\n"
	    "activation l < q int8\n"
	    "input x < - int8\n"
	    "input i < - int8\n");
}

static void float32_and_unlisted_kinds_stay_with_the_reason(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8,
				    ", \"quantizable_data_type\": [\"weights\", \"activation\"], "
				    "\"tensor_quantize_config\": "
				    "{\"activation\": {\"datatype\": \"float32\"}}"),
			"in x 1 8", "init w 8 8", "init b 8", "node Gemm g x,w,b y", "out y"),
	    "weights w < g int8 for g.1\n"
	    "g bias: quantizable_data_type of the config does not list the kind\n"
	    "g input: quantizable_data_type of the config does not list the kind\n"
	    "g activation: the config says float32\n");
}

static void integers_of_the_model_stay(void **state)
{
	struct engine engine =
	    ENGINE_PLAN(INT8, "in x 1 8", "init w 8 4", "node MatMul m x,w a", "node Cast c a i",
		"int to 7", "node Add d i,i s", "node Cast f s y", "int to 1", "out y");

	(void)state;
	expect_plan(engine, "weights w < m int8 for m.1\n"
			    "activation a < m int8\n"
			    "input x < - int8\n"
			    "c activation: the tensor is not float32\n"
			    "d activation: the tensor is not float32\n"
			    "f activation: outputs of layers of this type are not quantized\n");
}

static void parameters_of_other_layers_stay(void **state)
{
	(void)state;
	expect_plan(
	    ENGINE_PLAN(INT8, "in x 1 4 5 5", "init w 4 1 1", "node PRelu p x,w y", "out y"),
	    "activation y < p int8\n"
	    "input x < - int8\n"
	    "p weights: parameters of layers of this type are not quantized\n");
}

static void activations_have_no_channels(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8 ", \"per_channel\": true", ""),
			"in x 1 8", "init w 8 4", "node MatMul m x,w y", "out y"),
	    "weights w < m int8 axis 1 for m.1\n"
	    "m activation: only parameters have channels with scales\n"
	    "m input: only parameters have channels with scales\n");
}

#define BIAS32                                                                                     \
	ENGINE_CONFIG(ENGINE_INT8,                                                                 \
	    ", \"tensor_quantize_config\": {\"bias\": {\"bit_width\": 32}, "                       \
	    "\"weights\": {\"per_channel\": true}}")

static void a_bias_of_32_bits_takes_the_scales_of_the_products(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(BIAS32, "in x 1 3 5 5", "init w 4 3 3 3", "init b 4", "init v 36 6",
			"init c 6", "node Conv k x,w,b a", "node Flatten f a d",
			"node Gemm g d,v,c y", "out y"),
	    "weights w < k int8 axis 0 for k.1\n"
	    "bias b < k int32 axis 0 for k.2 = x * w\n"
	    "weights v < g int8 axis 1 for g.1\n"
	    "bias c < g int32 axis 0 for g.2 = a * v\n"
	    "activation a < k int8\n"
	    "activation y < g int8\n"
	    "input x < - int8\n");
}

static void a_bias_of_32_bits_goes_alone_where_products_have_no_scale(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8,
				    ", \"tensor_quantize_config\": {\"bias\": {\"bit_width\": 32}, "
				    "\"input\": {\"datatype\": \"bfloat16\"}}"),
			"in x 1 8", "init w 8 8", "init b 8", "node Gemm g x,w,b a",
			"node Gemm h a,w,b d", "out d"),
	    "weights w < g int8 for g.1,h.1\n"
	    "bias b < g int32 for g.2,h.2\n"
	    "input x -> g < g bfloat16 for g.0\n"
	    "activation a < g int8\n"
	    "input a -> h < h bfloat16 for h.0\n"
	    "activation d < h int8\n"
	    "input d ->  < - bfloat16 for .0\n");
}

#define CONV_OF_16_BITS                                                                            \
	"{\"layer_type\": \"torch.nn.Conv2d\", \"layer_name\": null, "                             \
	"\"quantizable_data_type\": [\"input\", \"weights\", \"bias\"], "                          \
	"\"overall_quantize_config\": {\"datatype\": \"int\", " ENGINE_INT8                        \
	"}, \"tensor_quantize_config\": {\"input\": {\"bit_width\": 16}, "                         \
	"\"bias\": {\"bit_width\": 32}}}"

/* What is multiplied is what the layer reads, in the format that only this reader has. */
static void a_bias_of_32_bits_takes_the_scale_of_its_layers_own_input(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(ENGINE_CONFIG("\"datatype\": \"float16\"",
				    ", \"layer_quantize_config\": [" CONV_OF_16_BITS "]"),
			"in x 1 3 5 5", "init w 4 3 3 3", "init b 4", "node Sigmoid s x a",
			"node Conv k a,w,b y", "out y"),
	    "weights w < k int8 for k.1\n"
	    "bias b < k int32 for k.2 = a -> k * w\n"
	    "input x -> s < s float16 for s.0\n"
	    "activation a < s float16\n"
	    "input a -> k < k int16 for k.0\n"
	    "activation y < k float16\n");
}

/* The channels of ConvTranspose's weights are those of one group; a Gemm may add a matrix. */
static void a_bias_with_other_channels_than_the_weights_goes_alone(void **state)
{
	(void)state;
	expect_plan(ENGINE_PLAN(BIAS32, "in x 1 4 3 3", "init w 4 3 2 2", "init b 6", "in z 2 5",
			"init v 5 4", "init c 2 1", "node ConvTranspose k x,w,b y", "int group 2",
			"node Gemm g z,v,c a", "out y", "out a"),
	    "weights w < k int8 axis 1 for k.1\n"
	    "bias b < k int32 for k.2\n"
	    "weights v < g int8 axis 1 for g.1\n"
	    "bias c < g int32 for g.2\n"
	    "activation y < k int8\n"
	    "activation a < g int8\n"
	    "input x < - int8\n"
	    "input z < - int8\n");
}

static void expect_nothing(const char *config, const char *const *lines, const char *message)
{
	struct qs_findings *findings = qs_findings_new();
	struct engine engine;

	assert_int_equal(
	    engine_try_plan(config, fixture_model(findings, lines), &engine), QS_INVALID);
	assert_int_equal(qs_findings_total(engine.findings, QS_SEVERITY_ERROR), 1);
	for (size_t i = 0; i < qs_findings_count(engine.findings); i++) {
		if (qs_findings_at(engine.findings, i)->severity == QS_SEVERITY_ERROR)
			assert_string_equal(qs_findings_at(engine.findings, i)->message, message);
	}
	engine_free(&engine);
	qs_findings_free(findings);
}

static void nothing_to_quantize_is_an_error(void **state)
{
	static const char *const linear[] = {
	    "in x 1 8", "init w 8 8", "node MatMul m x,w y", "out y", NULL};
	static const char *const float_only[] = {"in x 1 8", "node Sigmoid s x y", "out y", NULL};
	static const char *const no_layer[] = {"in x 1 8", "node Shape s x y", "out y", NULL};

	(void)state;
	expect_nothing(ENGINE_CONFIG("\"datatype\": \"float32\"", ""), linear,
	    "the config leaves every tensor of the model in float32");
	expect_nothing(INT8, float_only,
	    "the model has no tensor that can be quantized; layer \"s\": "
	    "outputs of layers of this type are not quantized");
	expect_nothing(INT8, no_layer, "the model has no layer to quantize");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_layer_is_quantized_behind_its_activation_function),
	    cmocka_unit_test(a_chain_of_activation_functions_belongs_to_the_layer),
	    cmocka_unit_test(what_others_read_too_is_quantized_before_the_function),
	    cmocka_unit_test(an_exported_network_of_separable_convolutions),
	    cmocka_unit_test(moves_carry_the_format_along),
	    cmocka_unit_test(operands_of_a_concatenation_are_left_to_it),
	    cmocka_unit_test(half_floats_are_rounded_before_a_concatenation_as_well),
	    cmocka_unit_test(a_concatenation_that_stays_float_leaves_its_operands),
	    cmocka_unit_test(what_a_quantized_layer_reads_is_quantized_too),
	    cmocka_unit_test(a_graph_input_has_the_format_of_activations_of_the_model),
	    cmocka_unit_test(weights_of_one_format_are_one_site),
	    cmocka_unit_test(weights_of_two_formats_are_two_sites),
	    cmocka_unit_test(what_one_node_moves_for_two_layers_has_one_format),
	    cmocka_unit_test(the_axis_of_the_channels_is_followed),
	    cmocka_unit_test(integers_of_the_model_stay),
	    cmocka_unit_test(float32_and_unlisted_kinds_stay_with_the_reason),
	    cmocka_unit_test(parameters_of_other_layers_stay),
	    cmocka_unit_test(activations_have_no_channels),
	    cmocka_unit_test(a_bias_of_32_bits_takes_the_scales_of_the_products),
	    cmocka_unit_test(a_bias_of_32_bits_takes_the_scale_of_its_layers_own_input),
	    cmocka_unit_test(a_bias_of_32_bits_goes_alone_where_products_have_no_scale),
	    cmocka_unit_test(a_bias_with_other_channels_than_the_weights_goes_alone),
	    cmocka_unit_test(nothing_to_quantize_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
