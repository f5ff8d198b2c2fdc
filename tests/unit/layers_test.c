/* SPDX-License-Identifier: Apache-2.0 */
/* Layers: types, paths, parameters and how a config names them. */
#include "model_fixture.h"

#include <json-c/json.h>
#include <string.h>

#include "model/layers.h"

static int make_findings(void **state)
{
	*state = qs_findings_new();
	return *state ? 0 : -1;
}

static int free_findings(void **state)
{
	qs_findings_free(*state);
	return 0;
}

/* "type path parameters macs;" for each layer. */
static void expect_layers(
    struct qs_model *model, struct qs_findings *findings, const char *expected)
{
	struct qs_text text = QS_TEXT_INIT;
	const struct qs_layer *list;
	struct qs_layers *layers;
	size_t n;

	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	list = qs_layers_list(layers, &n);
	for (size_t i = 0; i < n; i++) {
		const struct qs_layer *layer = &list[i];

		qs_text_addf(&text, "%s%s %s %d", i ? "; " : "", *layer->type ? layer->type : "-",
		    *layer->path ? layer->path : "-", (int)layer->n_parameters);
		if (!layer->macs_known)
			qs_text_adds(&text, " ?");
		else if (layer->macs)
			qs_text_addf(&text, " %d", (int)layer->macs);
	}
	assert_string_equal(text.data, expected);
	qs_text_done(&text);
	qs_layers_free(layers);
	qs_model_free(model);
}

static void layers_of_exported_networks_are_those_of_the_module(void **state)
{
	expect_layers(fixture_open(*state, "attn.onnx"), *state,
	    "LayerNorm ln1 32; Linear q 272 2048; Linear k 256 2048; Permute - 0; matmul - 0 1024; "
	    "Softmax soft 0; Linear v 272 2048; matmul - 0 1024; Linear o 272 2048; Add - 0; "
	    "LayerNorm ln2 32; Linear f1 408 3072; GELU gelu 0; Linear f2 400 3072; Add - 0");
	expect_layers(fixture_open(*state, "mlp.onnx"), *state,
	    "Linear fc1 400 384; ReLU relu1 0; Linear fc2 256 256; ReLU relu2 0; Linear fc3 102 "
	    "96");
	expect_layers(fixture_open(*state, "conv_bn_relu.onnx"), *state,
	    "Conv2d conv1 224 55296; BatchNorm2d bn1 16; ReLU relu1 0; Conv2d conv2 576 147456; "
	    "BatchNorm2d bn2 16; ReLU relu2 0; MaxPool2d pool 0; Conv2d conv3 864 55296; "
	    "AdaptiveAvgPool2d gap 0; Flatten - 0; Linear fc 130 120");
}

static void types_follow_from_shapes_and_constants(void **state)
{
	static const struct {
		const char *lines[8];
		const char *expected;
	} rows[] = {
	    {{"in x 1 3 9", "init w 4 3 3", "node Conv c x,w y", "out y"}, "Conv1d - 36 252"},
	    {{"in x 1 2 4 4 4", "init w 4 2 3 3 3", "node Conv c x,w y", "out y"},
		"Conv3d - 216 1728"},
	    {{"in x 2 4 5 5", "init w 4 3 2 2", "node ConvTranspose c x,w y", "ints strides 2 2",
		 "out y"},
		"ConvTranspose2d - 48 1200"},
	    {{"in x 1 8", "in z 8 4", "node MatMul m x,z y", "out y"}, "matmul - 0 32"},
	    {{"in x 1 8", "init w 8 4", "node MatMul m x,w y", "out y"}, "Linear - 32 32"},
	    {{"in x", "init w 8 4", "node MatMul m x,w y", "out y"}, "Linear - 32 ?"},
	    {{"in x 1 8", "node Clip m x y", "float min 0", "float max 6", "out y"}, "ReLU6 - 0"},
	    {{"in x 1 8", "node Clip m x y", "float min -1", "float max 1", "out y"},
		"Hardtanh - 0"},
	    {{"in x 1 8", "node Frobnicate m x y", "out y"}, "- - 0"},
	    {{"in x 1 8", "node Sigmoid /act/Sigmoid x s", "node Mul /act/Mul x,s y", "out y"},
		"SiLU act 0"},
	    {{"in x 1 8", "node Sigmoid /act/Sigmoid x s", "node Mul /Mul x,s y", "out y"},
		"Sigmoid act 0; Mul - 0"},
	    {{"in x 1 8", "node Sigmoid /act/Sigmoid x s", "node Mul /act/Mul x,s y", "out y",
		 "out s"},
		"Sigmoid act 0; Mul act 0"},
	    {{"in x 1 8", "node Shape s x s", "node Concat c s,s n", "node Relu r x y", "out y"},
		"ReLU - 0"},
	    {{"in x 1 8", "init a 8 4", "node Neg n a w", "node MatMul m x,w y", "out y"},
		"Linear - 32 32"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		expect_layers(fixture_model(*state, rows[i].lines), *state, rows[i].expected);
}

static void paths_come_from_weights_or_else_from_nodes(void **state)
{
	static const struct {
		const char *node, *weights, *path;
	} rows[] = {
	    {"/layer1/layer1.0/conv1/Conv", "layer1.0.conv1.weight", "layer1.0.conv1"},
	    {"/layer1/layer1.0/conv1/Conv", "onnx::Conv_7", "layer1.0.conv1"},
	    {"/layer2/layer2.0/downsample/downsample.0/Conv", "", "layer2.0.downsample.0"},
	    {"/features/features.0/features.0.1/Conv", "", "features.0.1"},
	    {"/conv1/conv10/Conv", "", "conv1.conv10"},
	    {"/Add", "", ""},
	    {"Conv_12", "conv1.weight", "conv1"},
	    {"Conv_12", "w", ""},
	    {"", ".weight", ""},
	};
	struct qs_arena arena = QS_ARENA_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(
		    qs_layer_path(&arena, rows[i].node, rows[i].weights), rows[i].path);
	qs_arena_done(&arena);
}

static void a_layer_of_several_nodes_names_each(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model = fixture_open(findings, "attn.onnx");
	const struct qs_layer *layer;
	struct qs_layers *layers;
	size_t n;

	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	layer = &qs_layers_list(layers, &n)[1];
	assert_int_equal(n, 15);
	assert_int_equal(layer->n_nodes, 2);
	assert_string_equal(layer->name, "/q/MatMul");
	assert_string_equal(layer->names[1], "/q/Add");
	assert_string_equal(layer->output.name, "/q/Add_output_0");
	assert_string_equal(layer->bias.name, "q.bias");
	assert_int_equal(layer->n_inputs, 1);
	assert_string_equal(layer->inputs[0].name, "/ln1/Add_1_output_0");
	qs_layers_free(layers);
	qs_model_free(model);
}

static void the_table_is_aligned_and_adds_up(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 1 3 8 8", "init c.weight 3 1 3 3",
	    "node Conv c x,c.weight a", "int group 3", "node Relu - a y", "out y");
	struct qs_text text = QS_TEXT_INIT;
	struct qs_layers *layers;

	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	assert_int_equal(qs_layers_write_text(layers, &text), QS_OK);
	assert_string_equal(text.data, "layer   type                input      weights             "
				       "output       parameters  MACs\n"
				       "c       Conv2d (depthwise)  [1,3,8,8]  c.weight [3,1,3,3]  "
				       "a [1,3,6,6]          27   972\n"
				       "Relu#0  ReLU                [1,3,6,6]  -                   "
				       "y [1,3,6,6]           -     -\n"
				       "\n"
				       "2 layers, 27 parameters, 972 MACs for one sample\n");
	qs_text_done(&text);
	qs_layers_free(layers);
	qs_model_free(model);
}

static void the_document_parses(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model = fixture_open(findings, "dw_relu6.onnx");
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document, *list, *name;
	struct qs_layers *layers;

	assert_int_equal(qs_layers_new(model, findings, &layers), QS_OK);
	assert_int_equal(qs_layers_write_json(layers, &text), QS_OK);
	document = json_tokener_parse(text.data);
	assert_non_null(document);
	assert_true(json_object_object_get_ex(document, "layers", &list));
	assert_int_equal(json_object_array_length(list), 18);
	assert_true(json_object_object_get_ex(json_object_array_get_idx(list, 0), "path", &name));
	assert_string_equal(json_object_get_string(name), "stem.0");
	json_object_put(document);
	qs_text_done(&text);
	qs_layers_free(layers);
	qs_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(layers_of_exported_networks_are_those_of_the_module),
	    TEST(types_follow_from_shapes_and_constants),
	    TEST(paths_come_from_weights_or_else_from_nodes),
	    TEST(a_layer_of_several_nodes_names_each),
	    TEST(the_table_is_aligned_and_adds_up),
	    TEST(the_document_parses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
