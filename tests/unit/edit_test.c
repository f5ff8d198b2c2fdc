/* SPDX-License-Identifier: Apache-2.0 */
/* Changes to a graph. */
#include "model_fixture.h"

#include <string.h>

#include "model/edit.h"

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

struct bench {
	struct qs_findings *findings;
	struct qs_model *model;
	struct qs_graph *graph;
	struct qs_edit *edit;
};

static struct bench start(struct qs_findings *findings, struct qs_model *model)
{
	struct bench bench = {findings, model, NULL, NULL};

	assert_int_equal(qs_graph_new(model, findings, &bench.graph), QS_OK);
	assert_int_equal(qs_edit_new(bench.graph, &bench.edit), QS_OK);
	return bench;
}

static const struct qs_value *value(const struct bench *bench, const char *name)
{
	const size_t index = qs_graph_find(bench->graph, name);

	assert_int_not_equal(index, QS_NONE);
	return &bench->graph->values[index];
}

/* Applies and compares: "op input,input > output; ..." and the initializers behind "|". */
static void finish(struct bench *bench, const char *expected)
{
	const Onnx__GraphProto *proto = bench->model->proto->graph;
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(qs_edit_apply(bench->edit, bench->findings), QS_OK);
	for (size_t i = 0; i < proto->n_node; i++) {
		const Onnx__NodeProto *node = proto->node[i];

		qs_text_addf(&text, "%s%s", i ? "; " : "", node->op_type);
		for (size_t j = 0; j < node->n_input; j++)
			qs_text_addf(&text, "%c%s", j ? ',' : ' ', node->input[j]);
		for (size_t j = 0; j < node->n_output; j++)
			qs_text_addf(&text, "%s%s", j ? "," : " > ", node->output[j]);
	}
	qs_text_adds(&text, " |");
	for (size_t i = 0; i < proto->n_initializer; i++)
		qs_text_addf(&text, " %s", proto->initializer[i]->name);
	assert_string_equal(text.data, expected);
	qs_text_done(&text);
	qs_edit_free(bench->edit);
	qs_graph_free(bench->graph);
	qs_model_free(bench->model);
}

/* Q and DQ between a tensor's producer and its readers, the graph's output among them. */
static void a_tensor_is_quantized_under_its_own_name(void **state)
{
	struct bench b = start(*state,
	    FIXTURE_MODEL(*state, "in x 4", "node Relu r x y", "node Neg n y z", "out y", "out z"));
	const int64_t one = 1;
	const char *scale = qs_edit_name(b.edit, "y_scale"), *zero = qs_edit_name(b.edit, "y_zero");
	const char *before = qs_edit_name(b.edit, "y_float"), *q = qs_edit_name(b.edit, "y_q");
	Onnx__NodeProto *node;

	qs_edit_add_tensor(b.edit, scale, ONNX__TENSOR_PROTO__DATA_TYPE__FLOAT, NULL, 0, NULL);
	qs_edit_add_tensor(b.edit, zero, ONNX__TENSOR_PROTO__DATA_TYPE__INT8, NULL, 0, NULL);
	qs_edit_rename(b.edit, value(&b, "y"), before);
	node = qs_edit_add_node(b.edit, "DequantizeLinear", "dq", (const char *[]){q, scale, zero},
	    3, (const char *[]){"y"}, 1);
	qs_edit_add_node(b.edit, "QuantizeLinear", "r", (const char *[]){before, scale, zero}, 3,
	    (const char *[]){q}, 1);
	qs_edit_set_ints(b.edit, node, "axes", &one, 1);
	qs_edit_set_int(b.edit, node, "axis", 7);
	qs_edit_set_int(b.edit, node, "axis", 0);
	assert_int_equal(node->n_attribute, 2);
	assert_int_equal(qs_attribute_int(node, "axis", 9), 0);
	finish(&b, "Relu x > y_float; QuantizeLinear y_float,y_scale,y_zero > y_q; "
		   "DequantizeLinear y_q,y_scale,y_zero > y; Neg y > z | y_scale y_zero");
}

static void one_read_is_rerouted_alone(void **state)
{
	struct bench b = start(*state,
	    FIXTURE_MODEL(*state, "in x 4", "node Relu r x y", "node Add a y,y z", "out z"));

	qs_edit_add_node(
	    b.edit, "Neg", "n", (const char *[]){"y"}, 1, (const char *[]){"y_neg"}, 1);
	qs_edit_reroute_use(b.edit, value(&b, "y"), value(&b, "y")->uses[1], "y_neg");
	finish(&b, "Relu x > y; Neg y > y_neg; Add y,y_neg > z |");
}

/* The weights of fc2 come through a Transpose, which goes with them; unread from the start stays.
 */
static void what_lost_its_last_reader_goes(void **state)
{
	struct bench b =
	    start(*state, FIXTURE_MODEL(*state, "in x 1 2", "in w 3 2", "init w 3 2",
			      "init spare 1", "node Transpose t w wt", "node MatMul m x,wt y",
			      "node Neg idle x nobody", "out y"));
	const int64_t dims[] = {2, 3};

	b.model->proto->ir_version = 3;
	qs_edit_add_tensor(
	    b.edit, qs_edit_name(b.edit, "w"), ONNX__TENSOR_PROTO__DATA_TYPE__INT8, dims, 2, NULL);
	qs_edit_reroute(b.edit, value(&b, "wt"), "w_1");
	finish(&b, "MatMul x,w_1 > y; Neg x > nobody | spare w_1");
}

static void inputs_of_older_models_go_with_their_initializers(void **state)
{
	struct qs_model *model =
	    FIXTURE_MODEL(*state, "in x 2", "in w 2", "init w 2", "node Add a x,w y", "out y");
	struct bench b = start(*state, model);
	const int64_t two = 2;

	model->proto->ir_version = 3;
	qs_edit_add_tensor(b.edit, qs_edit_name(b.edit, "v"), 1, &two, 1, NULL);
	qs_edit_reroute(b.edit, value(&b, "w"), "v");
	assert_int_equal(qs_edit_apply(b.edit, *state), QS_OK);
	assert_int_equal(model->proto->graph->n_input, 1);
	assert_int_equal(model->proto->ir_version, 4);
	qs_edit_free(b.edit);
	qs_graph_free(b.graph);
	qs_model_free(model);
}

static void names_are_never_taken_twice(void **state)
{
	struct bench b =
	    start(*state, FIXTURE_MODEL(*state, "in x 4", "init w 4", "node Add a x,w y", "out y"));

	assert_string_equal(qs_edit_name(b.edit, "x"), "x_1");
	assert_string_equal(qs_edit_name(b.edit, "%s", "x"), "x_2");
	assert_string_equal(qs_edit_name(b.edit, "w"), "w_1");
	assert_string_equal(qs_edit_name(b.edit, "a"), "a_1");
	assert_string_equal(qs_edit_name(b.edit, "y_%d", 3), "y_3");
	finish(&b, "Add x,w > y | w");
}

static void a_removed_node_gives_way(void **state)
{
	struct bench b = start(
	    *state, FIXTURE_MODEL(*state, "in x 4", "node Relu r x y", "node Neg n y z", "out z"));

	qs_edit_reroute(b.edit, value(&b, "y"), "x");
	qs_edit_remove_node(b.edit, 0);
	qs_edit_add_input(b.edit, 1, "x");
	finish(&b, "Neg x,x > z |");
}

static void reads_within_subgraphs_are_rerouted(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *body =
	    FIXTURE_MODEL(findings, "node Add inner y,y own", "node Neg last own res", "out res");
	struct qs_model *shadow =
	    FIXTURE_MODEL(findings, "init y 1", "node Neg inner y res", "out res");
	struct qs_model *model =
	    FIXTURE_MODEL(findings, "in x 1", "in c", "node Relu r x y", "node If i c z", "out z");
	Onnx__AttributeProto attributes[] = {
	    ONNX__ATTRIBUTE_PROTO__INIT, ONNX__ATTRIBUTE_PROTO__INIT};
	struct bench b;

	attributes[0].g = body->proto->graph;
	attributes[1].g = shadow->proto->graph;
	model->proto->graph->node[1]->attribute[0] = &attributes[0];
	model->proto->graph->node[1]->attribute[1] = &attributes[1];
	model->proto->graph->node[1]->n_attribute = 2;
	b = start(findings, model);
	qs_edit_reroute(b.edit, value(&b, "y"), "x");
	finish(&b, "If c > z |");
	assert_string_equal(body->proto->graph->node[0]->input[1], "x");
	assert_string_equal(body->proto->graph->node[1]->input[0], "own");
	assert_string_equal(shadow->proto->graph->node[0]->input[0], "y");
	qs_model_free(body);
	qs_model_free(shadow);
}

static void an_edit_that_breaks_the_graph_is_refused(void **state)
{
	struct bench b = start(*state, FIXTURE_MODEL(*state, "in x 4", "node Relu r x y", "out y"));

	qs_edit_remove_node(b.edit, 0);
	assert_int_equal(qs_edit_apply(b.edit, *state), QS_INVALID);
	assert_string_equal(fixture_only_code(*state), "QS607");
	qs_edit_free(b.edit);
	qs_graph_free(b.graph);
	qs_model_free(b.model);
}

static void imports_only_rise(void **state)
{
	struct qs_model *model = FIXTURE_MODEL(*state, "opset 13", "in x 4", "out x");

	assert_int_equal(qs_model_import(model, "", 12), QS_OK);
	assert_int_equal(qs_model_opset(model), 13);
	assert_int_equal(qs_model_import(model, "", 15), QS_OK);
	assert_int_equal(qs_model_opset(model), 15);
	assert_int_equal(qs_model_import(model, "com.microsoft", 1), QS_OK);
	assert_int_equal(model->proto->n_opset_import, 2);
	qs_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(a_tensor_is_quantized_under_its_own_name),
	    TEST(one_read_is_rerouted_alone),
	    TEST(what_lost_its_last_reader_goes),
	    TEST(inputs_of_older_models_go_with_their_initializers),
	    TEST(names_are_never_taken_twice),
	    TEST(a_removed_node_gives_way),
	    TEST(reads_within_subgraphs_are_rerouted),
	    TEST(an_edit_that_breaks_the_graph_is_refused),
	    TEST(imports_only_rise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
