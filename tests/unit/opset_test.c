/* SPDX-License-Identifier: Apache-2.0 */
/* Bringing models to a later opset. */
#include "model_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "base/module.h"
#include "model/opset.h"

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

/* In opset 9, Squeeze has its axes as an attribute and Clip its bounds; in 13 they are inputs. */
static struct qs_model *old_model(struct qs_findings *findings)
{
	struct qs_model *model = FIXTURE_MODEL(findings, "opset 9", "in x 1 4", "init w 4",
	    "init unread 1", "node Squeeze sq x a", "ints axes 0", "node Add sum a,w b",
	    "node Clip cl b y", "float min 0", "float max 6", "out y");
	static uint8_t byte = 7;
	static ProtobufCMessageUnknownField unknown = {99, PROTOBUF_C_WIRE_TYPE_VARINT, 1, &byte};
	Onnx__GraphProto *graph = model->proto->graph;

	model->proto->doc_string = (char *)"about the model";
	model->proto->producer_name = (char *)"some tool";
	model->proto->base.n_unknown_fields = 1;
	model->proto->base.unknown_fields = &unknown;
	graph->doc_string = (char *)"about the graph";
	graph->initializer[0]->doc_string = (char *)"about the weights";
	graph->node[1]->doc_string = (char *)"about the sum";
	graph->node[1]->base.n_unknown_fields = 1;
	graph->node[1]->base.unknown_fields = &unknown;
	return model;
}

static const Onnx__NodeProto *find_node(const struct qs_model *model, const char *name)
{
	for (size_t i = 0; i < model->proto->graph->n_node; i++) {
		const Onnx__NodeProto *node = model->proto->graph->node[i];

		if (node->name && strcmp(node->name, name) == 0)
			return node;
	}
	fail_msg("there is no node \"%s\"", name);
	return NULL;
}

static void nodes_take_their_new_form_and_the_rest_stays(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model = old_model(findings);
	const Onnx__GraphProto *graph = model->proto->graph;
	const Onnx__TensorProto *weights = graph->initializer[0];

	fixture_need_opset_module();
	assert_int_equal(qs_opset_raise(model, 13, findings), QS_OK);
	assert_int_equal(qs_findings_count(findings), 0);
	assert_int_equal(qs_model_opset(model), 13);
	assert_int_equal(find_node(model, "sq")->n_input, 2);
	assert_int_equal(find_node(model, "sq")->n_attribute, 0);
	assert_int_equal(find_node(model, "cl")->n_input, 3);
	assert_string_equal(find_node(model, "sum")->doc_string, "about the sum");
	assert_int_equal(find_node(model, "sum")->base.n_unknown_fields, 1);
	assert_string_equal(model->proto->doc_string, "about the model");
	assert_string_equal(model->proto->producer_name, "some tool");
	assert_int_equal(model->proto->base.n_unknown_fields, 1);
	assert_string_equal(graph->doc_string, "about the graph");
	assert_ptr_equal(graph->initializer[0], weights);
	assert_string_equal(graph->initializer[1]->name, "unread");
	qs_model_free(model);
}

static void a_later_opset_is_left_alone(void **state)
{
	struct qs_model *model =
	    FIXTURE_MODEL(*state, "opset 15", "in x 1", "node Relu r x y", "out y");

	assert_int_equal(qs_opset_raise(model, 13, *state), QS_OK);
	assert_int_equal(qs_model_opset(model), 15);
	qs_model_free(model);
}

/* The conversion of Softmax depends on a shape that only follows from others. */
static void shapes_that_follow_help_the_converter(void **state)
{
	struct qs_model *model = FIXTURE_MODEL(*state, "opset 9", "in x 1 4 3 3", "init w 4 4 1 1",
	    "node Conv c x,w a", "node GlobalAveragePool g a b", "node Softmax s b y", "out y");

	fixture_need_opset_module();
	assert_int_equal(qs_opset_raise(model, 13, *state), QS_OK);
	assert_int_equal(qs_findings_count(*state), 0);
	qs_model_free(model);
}

/* Until opset 7 a slope went along axis 1; now it is broadcast from the last axis on. */
static void slopes_stay_with_their_channels(void **state)
{
	struct qs_model *model = FIXTURE_MODEL(*state, "opset 6", "in x 1 3 5 5", "init s 3",
	    "init t 1", "node PRelu p x,s a", "node PRelu q a,t y", "out y");
	const Onnx__GraphProto *graph = model->proto->graph;

	fixture_need_opset_module();
	assert_int_equal(qs_opset_raise(model, 13, *state), QS_OK);
	assert_string_equal(find_node(model, "q")->input[1], "t");
	for (size_t i = 0; i < graph->n_initializer; i++) {
		const Onnx__TensorProto *slope = graph->initializer[i];

		if (strcmp(slope->name, find_node(model, "p")->input[1]) != 0)
			continue;
		assert_int_equal(slope->n_dims, 3);
		assert_int_equal(slope->dims[0], 3);
		assert_int_equal(slope->dims[1], 1);
		assert_int_equal(slope->dims[2], 1);
	}
	assert_string_equal(find_node(model, "p")->input[1], "s_channels");
	qs_model_free(model);
}

static void what_cannot_be_converted_stays_as_it_was(void **state)
{
	struct qs_model *model =
	    FIXTURE_MODEL(*state, "opset 9", "in x 1", "node Frobnicate f x y", "out y");

	fixture_need_opset_module();
	assert_int_equal(qs_opset_raise(model, 13, *state), QS_UNSUPPORTED);
	assert_string_equal(fixture_only_code(*state), "QS616");
	assert_int_equal(qs_model_opset(model), 9);
	assert_int_equal(model->proto->graph->n_node, 1);
	qs_model_free(model);
}

static void a_version_of_the_future_is_refused(void **state)
{
	struct qs_model *model = old_model(*state);

	fixture_need_opset_module();
	assert_int_equal(qs_opset_raise(model, 999, *state), QS_UNSUPPORTED);
	assert_string_equal(fixture_only_code(*state), "QS616");
	qs_model_free(model);
}

/* Last, since it changes the environment. */
static void without_its_module_the_finding_says_what_to_do(void **state)
{
	struct qs_model *model = old_model(*state);

	setenv(QS_MODULE_VARIABLE, "/nonexistent", 1);
	assert_int_equal(qs_opset_raise(model, 13, *state), QS_UNSUPPORTED);
	assert_string_equal(fixture_only_code(*state), "QS617");
	assert_non_null(strstr(qs_findings_at(*state, 0)->hint, QS_MODULE_VARIABLE));
	assert_int_equal(qs_model_opset(model), 9);
	qs_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(nodes_take_their_new_form_and_the_rest_stays),
	    TEST(a_later_opset_is_left_alone),
	    TEST(shapes_that_follow_help_the_converter),
	    TEST(what_cannot_be_converted_stays_as_it_was),
	    TEST(slopes_stay_with_their_channels),
	    TEST(a_version_of_the_future_is_refused),
	    TEST(without_its_module_the_finding_says_what_to_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
