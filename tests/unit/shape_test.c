/* SPDX-License-Identifier: Apache-2.0 */
/* Shapes that follow from others. */
#include "model_fixture.h"

#include <string.h>

#include "model/shape.h"

static void shapes_follow_the_laws_of_the_operators(void **state)
{
	static const struct {
		const char *lines[8];
		const char *expected; /* of y */
	} rows[] = {
	    {{"in x 1 3 7 9", "node Relu o x y"}, "1,3,7,9"},
	    {{"in x 2 1 4", "in z 3 1", "node Add o x,z y"}, "2,3,4"},
	    {{"in x 2 -1", "in z 1 5", "node Mul o x,z y"}, "2,5"},
	    {{"in x 1 3 7 9", "init w 4 3 3 3", "node Conv o x,w y", "ints strides 2 2",
		 "ints pads 1 1 1 1"},
		"1,4,4,5"},
	    {{"in x 1 3 7 9", "init w 4 3 3 3", "node Conv o x,w y", "ints dilations 2 2"},
		"1,4,3,5"},
	    {{"in x 1 3 2 2", "init w 4 3 3 3", "node Conv o x,w y"}, "1,4,?,?"},
	    {{"in x 1 3 7 9", "init w 4 3 3 3", "node Conv o x,w y", "ints strides 0 0"},
		"unknown"},
	    {{"in x 1 4 5 5", "init w 4 3 2 2", "node ConvTranspose o x,w y", "ints strides 2 2",
		 "int group 2", "ints output_padding 1 1"},
		"1,6,11,11"},
	    {{"in x 1 2 5 5", "node MaxPool o x y", "ints kernel_shape 2 2", "ints strides 2 2"},
		"1,2,2,2"},
	    {{"in x 1 2 5 5", "node MaxPool o x y", "ints kernel_shape 2 2", "ints strides 2 2",
		 "int ceil_mode 1"},
		"1,2,3,3"},
	    {{"in x 1 2 4 4", "node AveragePool o x y", "ints kernel_shape 1 1", "ints strides 3 3",
		 "int ceil_mode 1"},
		"1,2,2,2"},
	    {{"in x 1 2 5 5", "node GlobalAveragePool o x y"}, "1,2,1,1"},
	    {{"in x 2 3", "init w 5 3", "node Gemm o x,w y", "int transB 1"}, "2,5"},
	    {{"in x 7 2 3", "in z 3 4", "node MatMul o x,z y"}, "7,2,4"},
	    {{"in x 1 2 3", "in z 7 3 4", "node MatMul o x,z y"}, "7,2,4"},
	    {{"in x 3", "in z 3 4", "node MatMul o x,z y"}, "4"},
	    {{"in x 3", "in z 3", "node MatMul o x,z y"}, ""},
	    {{"in x 2 3 4 5", "node Flatten o x y", "int axis 2"}, "6,20"},
	    {{"in x 2 3 4", "node Flatten o x y", "int axis 0"}, "1,24"},
	    {{"in x 2 3 4", "node Transpose o x y"}, "4,3,2"},
	    {{"in x 2 3 4", "node Transpose o x y", "ints perm 1 0 2"}, "3,2,4"},
	    {{"in x 2 3 4", "node Transpose o x y", "ints perm 1 0 9"}, "unknown"},
	    {{"in x 2 3", "in z 2 4", "node Concat o x,z y", "int axis -1"}, "2,7"},
	    {{"in x 2 3 4", "node Reshape o x y", "ints shape 0 -1"}, "2,12"},
	    {{"in x 2 3 4", "node Reshape o x y", "ints shape 5 -1"}, "5,?"},
	    {{"in x 2 3 4", "in s 2", "node Reshape o x,s y"}, "?,?"},
	    {{"in x 2 3 4", "node Frobnicate f x u", "node Reshape o u y", "ints shape 0 6 -1"},
		"?,?,?"},
	    {{"in x 2 3 4", "node ReduceMean o x y", "ints axes 1 -1", "int keepdims 0"}, "2"},
	    {{"in x 2 3 4", "node ReduceMean o x y", "ints axes 1"}, "2,1,4"},
	    {{"in x 2 3 4", "node ReduceMean o x y"}, "1,1,1"},
	    {{"in x 2 1 4", "node Squeeze o x y", "ints axes 1"}, "2,4"},
	    {{"in x 2 4", "node Unsqueeze o x y", "ints axes 0 2"}, "1,2,1,4"},
	    {{"in x 2 4", "node Pad o x y", "ints pads 0 1 0 2"}, "2,7"},
	    {{"in x 2 9", "node Slice o x y", "ints axes 1", "ints starts 2", "ints ends -1"},
		"2,6"},
	    {{"in x 9", "node Slice o x y", "ints starts 2", "ints ends 9223372036854775807"}, "7"},
	    {{"in x 2 9", "node Split o x y,q,r", "int axis 1"}, "2,3"},
	    {{"in x 5 9", "in i 2 3", "node Gather o x,i y", "int axis 1"}, "5,2,3"},
	    {{"in x 1 8 2 3", "node DepthToSpace o x y", "int blocksize 2"}, "1,2,4,6"},
	    {{"in x 5 1 3", "init w 2 8 3", "init r 2 8 2", "node LSTM o x,w,r y",
		 "int hidden_size 2"},
		"5,2,1,2"},
	    {{"in x 2 3", "node Frobnicate o x y"}, "unknown"},
	    {{"in x 2 3", "node Shape o x y"}, "2"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = fixture_model(findings, rows[i].lines);
		struct qs_text text = QS_TEXT_INIT;
		const struct qs_value *y;
		struct qs_graph *graph;

		assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
		assert_int_equal(qs_shapes_infer(graph), QS_OK);
		y = &graph->values[qs_graph_find(graph, "y")];
		if (y->rank < 0)
			qs_text_adds(&text, "unknown");
		for (int k = 0; k < y->rank; k++) {
			qs_text_adds(&text, k ? "," : "");
			if (y->dims[k] < 0)
				qs_text_adds(&text, "?");
			else
				qs_text_addf(&text, "%d", (int)y->dims[k]);
		}
		assert_string_equal(text.data, rows[i].expected);
		qs_text_done(&text);
		qs_graph_free(graph);
		qs_model_free(model);
		qs_findings_free(findings);
	}
}

static void types_follow_too(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 2 3", "node Shape s x a",
	    "node Cast c x b", "int to 10", "node Greater g x,x d", "node Relu r b e");
	const struct {
		const char *name;
		int type;
	} rows[] = {{"a", ONNX__TENSOR_PROTO__DATA_TYPE__INT64},
	    {"b", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16},
	    {"d", ONNX__TENSOR_PROTO__DATA_TYPE__BOOL},
	    {"e", ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT16}};
	struct qs_graph *graph;

	(void)state;
	assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
	assert_int_equal(qs_shapes_infer(graph), QS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_int_equal(
		    graph->values[qs_graph_find(graph, rows[i].name)].element_type, rows[i].type);
	qs_graph_free(graph);
	qs_model_free(model);
	qs_findings_free(findings);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(shapes_follow_the_laws_of_the_operators),
	    cmocka_unit_test(types_follow_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
