/* SPDX-License-Identifier: Apache-2.0 */
/* Functions of a model, in place of the nodes that call them. */
#include "tests/unit/engine_fixture.h"
#include "tests/unit/npz_fixture.h"

#include <stdlib.h>
#include <string.h>

#include "model/functions.h"
#include "model/regions.h"
#include "tests/unit/data.h"

#define MODEL "tests/out/functions_test.onnx"
#define OUTPUT "tests/out/functions_test_out.onnx"

/* A layer with an activation whose slope the call says. */
#define DENSE                                                                                      \
	"opset 13", "import my.own 1", "function my.own Dense x,w,b y", "node MatMul m x,w h",     \
	    "node Add - h,b s", "node LeakyRelu act s y", "ref alpha slope", "end"

/* The nodes of a graph, a line each, subgraphs in brackets behind the node that has them. */
static void describe(const Onnx__GraphProto *graph, struct qs_text *text)
{
	for (size_t i = 0; i < graph->n_node; i++) {
		const Onnx__NodeProto *node = graph->node[i];

		qs_text_addf(
		    text, "%s %s", node->op_type, node->name && *node->name ? node->name : "-");
		for (size_t j = 0; j < node->n_input; j++)
			qs_text_addf(text, "%s%s", j ? "," : " ", node->input[j]);
		qs_text_addf(text, " > %s", node->output[0]);
		for (size_t j = 0; j < node->n_attribute; j++) {
			if (!node->attribute[j]->g)
				qs_text_addf(text, " %s=%g", node->attribute[j]->name,
				    (double)node->attribute[j]->f);
		}
		qs_text_adds(text, "\n");
		for (size_t j = 0; j < node->n_attribute; j++) {
			if (!node->attribute[j]->g)
				continue;
			qs_text_adds(text, "[\n");
			describe(node->attribute[j]->g, text);
			qs_text_adds(text, "]\n");
		}
	}
}

/* What becomes of a model; the number of calls. */
static size_t inline_functions(const char *expected, const char *const *lines)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);
	const size_t n_functions = model->proto->n_functions;
	struct qs_text text = QS_TEXT_INIT;
	size_t n;

	assert_int_equal(qs_functions_inline(model, &n), QS_OK);
	assert_int_equal(model->proto->n_functions, n ? 0 : n_functions);
	describe(model->proto->graph, &text);
	engine_expect(&text, expected);
	qs_model_free(model);
	qs_findings_free(findings);
	return n;
}
#define INLINE(expected, ...) inline_functions(expected, (const char *const[]){__VA_ARGS__, NULL})

#define CALL(name, inputs, output) "node Dense " name " " inputs " " output, "domain my.own"

static void what_is_within_has_the_name_of_the_call_in_front(void **state)
{
	(void)state;
	assert_int_equal(INLINE("MatMul a/m x,w > a/h\n"
				"Add - a/h,b > a/s\n"
				"LeakyRelu a/act a/s > k alpha=0.25\n"
				"MatMul Dense/m k,w > Dense/h\n"
				"Add - Dense/h,b > Dense/s\n"
				"LeakyRelu Dense/act Dense/s > y\n",
			     DENSE, "in x 1 4", "init w 4 4", "init b 4", CALL("a", "x,w,b", "k"),
			     "float slope 0.25", CALL("-", "k,w,b", "y"), "out y"),
	    2);
}

static void names_that_are_taken_are_not_taken_again(void **state)
{
	(void)state;
	INLINE("Neg - x > a/h\n"
	       "MatMul a/m a/h,w > a/h_1\n"
	       "Add - a/h_1,b > a/s\n"
	       "LeakyRelu a/act a/s > y\n",
	    DENSE, "in x 1 4", "init w 4 4", "init b 4", "node Neg - x a/h",
	    CALL("a", "a/h,w,b", "y"), "out y");
}

static void a_function_may_call_another(void **state)
{
	(void)state;
	assert_int_equal(INLINE("Neg a/n x > a/h\n"
				"MatMul a/d/m a/h,w > a/d/h\n"
				"Add - a/d/h,w > a/d/s\n"
				"LeakyRelu a/d/act a/d/s > y\n",
			     DENSE, "function my.own Two x,w y", "node Neg n x h",
			     "node Dense d h,w,w y", "domain my.own", "end", "in x 1 4",
			     "init w 4 4", "node Two a x,w y", "domain my.own", "out y"),
	    2);
}

static void calls_in_subgraphs_are_calls(void **state)
{
	(void)state;
	INLINE("If f c > y\n"
	       "[\nMatMul a/m x,w > a/h\nAdd - a/h,b > a/s\nLeakyRelu a/act a/s > o\n]\n"
	       "[\nIdentity i x > o\n]\n",
	    DENSE, "in x 1 4", "in c 1", "type c bool", "init w 4 4", "init b 4", "node If f c y",
	    "body then_branch", CALL("a", "x,w,b", "o"), "out o", "end", "body else_branch",
	    "node Identity i x o", "out o", "end", "out y");
}

static void what_is_left_out_and_what_is_passed_on(void **state)
{
	(void)state;
	INLINE("Clip c/k x,,high > c/h\n"
	       "Relu c/r c/h > y\n"
	       "Identity - x > z\n",
	    "opset 13", "import my.own 1", "function my.own Cut x,low,high y,x",
	    "node Clip k x,low,high h", "node Relu r h y", "end", "in x 1 4", "full high 1",
	    "node Cut c x,-,high y,z", "domain my.own", "out y", "out z");
}

static void what_cannot_be_expanded_stays(void **state)
{
	(void)state;
	/* Another version of the operators than the model has. */
	assert_int_equal(INLINE("F f x > y\n", "opset 12", "import my.own 1",
			     "function my.own F x y", "node Relu r x y", "end", "opset 13",
			     "in x 1 4", "node F f x y", "domain my.own", "out y"),
	    0);
	/* Functions that call each other. */
	assert_int_equal(
	    INLINE("F f x > y\n", "opset 13", "import my.own 1", "function my.own F x y",
		"node G g x y", "domain my.own", "end", "function my.own G x y", "node F f x y",
		"domain my.own", "end", "in x 1 4", "node F f x y", "domain my.own", "out y"),
	    0);
}

/* ---- whole models ---------------------------------------------------------------------------- */

static const char *const dense[] = {DENSE, "in x 2 4", "init w 4 4", "init b 4",
    CALL("a", "x,w,b", "k"), "float slope 0.25", CALL("c", "k,w,b", "y"), "float slope 0.5",
    "out y 2 4", NULL};

static float *run(struct qs_runtime *runtime, const char *path, struct qs_findings *findings)
{
	static const float input[] = {1, -2, 3, -4, 5, 6, -7, -8};
	const struct qs_session_options options = {1, false};
	struct npy_bytes bytes = read_bytes(path);
	struct qs_session *session = NULL;
	float *values;
	size_t n;

	if (qs_session_new(runtime, path, bytes.data, bytes.size, &options, findings, &session) !=
	    QS_OK)
		show_findings(findings);
	assert_non_null(session);
	values = engine_run(session, input, "y", &n);
	assert_int_equal(n, 8);
	qs_session_free(session);
	free(bytes.data);
	return values;
}

static void an_expanded_model_gives_what_it_gave(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_runtime *runtime = engine_runtime();
	struct qs_model *model = fixture_model(findings, dense);
	float *before, *after;

	(void)state;
	fixture_output("");
	assert_int_equal(qs_model_save(model, MODEL, findings), QS_OK);
	qs_model_free(model);
	assert_int_equal(qs_model_open(MODEL, findings, &model), QS_OK);
	assert_int_equal(model->n_calls, 2);
	assert_int_equal(qs_model_save(model, OUTPUT, findings), QS_OK);
	qs_model_free(model);
	before = run(runtime, MODEL, findings);
	after = run(runtime, OUTPUT, findings);
	assert_memory_equal(before, after, 8 * sizeof(*before));
	free(before);
	free(after);
	remove(MODEL);
	remove(OUTPUT);
	qs_runtime_close(runtime);
	qs_findings_free(findings);
}

static const struct qs_layer *find_layer(const struct qs_layers *layers, const char *name)
{
	for (size_t i = 0; i < layers->n_items; i++) {
		if (strcmp(layers->items[i].name, name) == 0)
			return &layers->items[i];
	}
	return NULL;
}

/* An operator of a domain that nobody knows is listed and left alone. */
static void an_unknown_domain_is_kept_with_the_reason(void **state)
{
	struct engine engine = ENGINE_PLAN(ENGINE_CONFIG(ENGINE_INT8, ""), "opset 13",
	    "import my.own 1", "in x 1 4", "init w 4 4", "node MatMul m x,w h",
	    "node Mystery q h,w g", "domain my.own", "node MatMul n g,w y", "out y 1 4");
	const struct qs_layer *layer = find_layer(engine.layers, "q");
	bool found = false;

	(void)state;
	assert_non_null(layer);
	assert_string_equal(layer->op_type, "Mystery");
	for (size_t i = 0; i < engine.plan->n_kept; i++) {
		const struct qs_kept *kept = &engine.plan->kept[i];

		if (strcmp(kept->layer, "q") != 0)
			continue;
		found = true;
		assert_string_equal(kept->type, "Mystery");
		assert_string_equal(kept->reason, "the type of the tensor is not known");
	}
	assert_true(found);
	engine_free(&engine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_is_within_has_the_name_of_the_call_in_front),
	    cmocka_unit_test(names_that_are_taken_are_not_taken_again),
	    cmocka_unit_test(a_function_may_call_another),
	    cmocka_unit_test(calls_in_subgraphs_are_calls),
	    cmocka_unit_test(what_is_left_out_and_what_is_passed_on),
	    cmocka_unit_test(what_cannot_be_expanded_stays),
	    cmocka_unit_test(an_expanded_model_gives_what_it_gave),
	    cmocka_unit_test(an_unknown_domain_is_kept_with_the_reason),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
