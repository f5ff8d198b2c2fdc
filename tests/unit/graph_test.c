/* SPDX-License-Identifier: Apache-2.0 */
/* The index of a graph. */
#include "model_fixture.h"

#include <string.h>

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

static void producers_and_readers_are_found(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model =
	    FIXTURE_MODEL(findings, "in x 1 3 8 8", "init w 4 3 3 3", "node Conv c1 x,w a",
		"node Relu - a b", "node Add sum a,b y", "node Relu - y z", "out z");
	struct qs_graph *graph;
	const struct qs_value *a, *w, *x;

	assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
	a = &graph->values[qs_graph_find(graph, "a")];
	w = &graph->values[qs_graph_find(graph, "w")];
	x = &graph->values[qs_graph_find(graph, "x")];
	assert_int_equal(a->producer, 0);
	assert_int_equal(a->n_uses, 2);
	assert_int_equal(a->uses[1].node, 2);
	assert_int_equal(a->uses[1].input, 0);
	assert_true(w->constant && w->is_static && !w->is_input);
	assert_true(x->is_input && !x->is_static && x->rank == 4 && x->dims[1] == 3);
	assert_true(qs_graph_output(graph, 3, 0)->is_output);
	assert_string_equal(graph->nodes[0].label, "c1");
	assert_string_equal(graph->nodes[1].label, "Relu#0");
	assert_string_equal(graph->nodes[3].label, "Relu#1");
	assert_int_equal(qs_graph_find(graph, "none"), QS_NONE);
	qs_graph_free(graph);
	qs_model_free(model);
}

static void nodes_out_of_order_are_put_in_order(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model = FIXTURE_MODEL(
	    findings, "in x 1", "node Relu c b y", "node Relu a x a", "node Relu b a b", "out y");
	struct qs_graph *graph;

	assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
	assert_int_equal(graph->order[0], 1);
	assert_int_equal(graph->order[1], 2);
	assert_int_equal(graph->order[2], 0);
	qs_graph_free(graph);
	qs_model_free(model);
}

static void an_initializer_that_is_an_input_is_a_constant(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *model =
	    FIXTURE_MODEL(findings, "in x 2", "in w 2", "init w 2", "node Add a x,w y", "out y");
	struct qs_graph *graph;

	assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
	assert_true(graph->values[qs_graph_find(graph, "w")].is_static);
	assert_false(graph->values[qs_graph_find(graph, "w")].is_input);
	qs_graph_free(graph);
	qs_model_free(model);
}

static void a_graph_that_is_none_is_told_with_its_names(void **state)
{
	static const struct {
		const char *lines[6];
		const char *code, *word;
	} rows[] = {
	    {{"in x 1", "node Add a x,c b", "node Relu b b c", "out c"}, "QS605",
		"\"b\" -> \"a\" -> \"b\""},
	    {{"in x 1", "node Add self x,y y", "out y"}, "QS605", "\"self\" -> \"self\""},
	    {{"in x 1", "node Relu a x y", "node Relu b x y", "out y"}, "QS606", "\"y\""},
	    {{"in x 1", "node Relu a x x", "out x"}, "QS606", "\"x\""},
	    {{"in x 1", "init w 1", "node Relu a x w", "out w"}, "QS606", "\"w\""},
	    {{"in x 1", "in x 1", "node Relu a x y", "out y"}, "QS606", "\"x\""},
	    {{"in x 1", "node Relu a z y", "out y"}, "QS607", "\"a\" reads \"z\""},
	    {{"in x 1", "node Relu a x y", "out z"}, "QS607", "\"z\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = fixture_model(findings, rows[i].lines);
		struct qs_graph *graph = NULL;

		assert_int_equal(qs_graph_new(model, findings, &graph), QS_INVALID);
		assert_null(graph);
		assert_string_equal(fixture_only_code(findings), rows[i].code);
		assert_non_null(strstr(qs_findings_at(findings, 0)->message, rows[i].word));
		qs_model_free(model);
		qs_findings_free(findings);
	}
}

/* A node whose subgraph reads `a` of the main graph, and a name of its own. */
static void what_a_subgraph_reads_is_a_use_of_its_node(void **state)
{
	struct qs_findings *findings = *state;
	struct qs_model *body = FIXTURE_MODEL(
	    findings, "node Relu inner a own", "node Add inner2 own,a res", "out res");
	struct qs_model *model = FIXTURE_MODEL(
	    findings, "in x 1", "in c", "node If branch c y", "node Relu first x a", "out y");
	Onnx__AttributeProto attribute = ONNX__ATTRIBUTE_PROTO__INIT;
	const struct qs_value *a;
	struct qs_graph *graph;

	attribute.g = body->proto->graph;
	model->proto->graph->node[0]->attribute[0] = &attribute;
	model->proto->graph->node[0]->n_attribute = 1;
	assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
	a = &graph->values[qs_graph_find(graph, "a")];
	assert_int_equal(a->n_uses, 2);
	assert_int_equal(a->uses[0].node, 0);
	assert_true(a->uses[0].input >= graph->nodes[0].proto->n_input);
	assert_int_equal(graph->nodes[0].n_inner, 2);
	assert_int_equal(graph->order[0], 1);
	qs_graph_free(graph);
	qs_model_free(body);
	qs_model_free(model);
}

static void a_long_chain_is_put_in_order(void **state)
{
	enum {
		N = 200000
	};
	struct qs_findings *findings = *state;
	struct qs_model *model = FIXTURE_MODEL(findings, "in x 1", "node Relu r x t0", "out t0");
	Onnx__GraphProto *proto = model->proto->graph;
	struct qs_graph *graph;

	proto->node = qs_arena_array(&model->arena, N, sizeof(*proto->node));
	proto->n_node = N;
	for (size_t i = 0; i < N; i++) {
		Onnx__NodeProto *node = qs_arena_alloc(&model->arena, sizeof(*node));
		char **names = qs_arena_array(&model->arena, 2, sizeof(*names));

		/* Back to front, so that the first node waits for all others. */
		onnx__node_proto__init(node);
		node->op_type = (char *)"Relu";
		node->n_input = node->n_output = 1;
		names[0] = i + 1 == N ? (char *)"x" : qs_arena_printf(&model->arena, "t%zu", i + 1);
		names[1] = qs_arena_printf(&model->arena, "t%zu", i);
		node->input = names;
		node->output = names + 1;
		proto->node[i] = node;
	}
	assert_int_equal(qs_graph_new(model, findings, &graph), QS_OK);
	assert_int_equal(graph->order[0], N - 1);
	assert_int_equal(graph->order[N - 1], 0);
	qs_graph_free(graph);
	qs_model_free(model);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, make_findings, free_findings)
	const struct CMUnitTest tests[] = {
	    TEST(producers_and_readers_are_found),
	    TEST(nodes_out_of_order_are_put_in_order),
	    TEST(an_initializer_that_is_an_input_is_a_constant),
	    TEST(a_graph_that_is_none_is_told_with_its_names),
	    TEST(what_a_subgraph_reads_is_a_use_of_its_node),
	    TEST(a_long_chain_is_put_in_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
