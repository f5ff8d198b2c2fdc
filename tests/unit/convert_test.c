/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that are made others: which ones, and what they give. */
#include "tests/unit/engine_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/convert.h"

static void relu6_becomes_relu(void **state)
{
	static const char *const lines[] = {"in x 1 3 6 6", "full low 0", "full high 6",
	    "full other 5", "node Clip r x,low,high a", "node Clip s a,low,other y", "out y", NULL};
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);
	size_t n;

	(void)state;
	assert_int_equal(qs_relu6_to_relu(model, findings, &n), QS_OK);
	assert_int_equal(n, 1);
	for (size_t i = 0; i < model->proto->graph->n_node; i++) {
		const Onnx__NodeProto *node = model->proto->graph->node[i];

		assert_string_equal(node->op_type, strcmp(node->name, "r") == 0 ? "Relu" : "Clip");
		assert_int_equal(node->n_input, strcmp(node->name, "r") == 0 ? 1 : 3);
	}
	qs_model_free(model);
	qs_findings_free(findings);
}

/* The operators of a model once its SiLUs are hard swish. */
static size_t convert_silu(const char *const *lines, const char *expected)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_model *model = fixture_model(findings, lines);
	struct qs_text text = QS_TEXT_INIT;
	size_t n;

	assert_int_equal(qs_silu_to_hardswish(model, findings, &n), QS_OK);
	for (size_t i = 0; i < model->proto->graph->n_node; i++)
		qs_text_addf(&text, "%s %s > %s\n", model->proto->graph->node[i]->op_type,
		    model->proto->graph->node[i]->name, model->proto->graph->node[i]->output[0]);
	engine_expect(&text, expected);
	qs_model_free(model);
	qs_findings_free(findings);
	return n;
}
#define CONVERT_SILU(expected, ...) convert_silu((const char *const[]){__VA_ARGS__, NULL}, expected)

#define SILU "in x 1 8", "node Sigmoid s x g", "node Mul m x,g y", "out y"

static void a_silu_becomes_a_hard_swish_under_its_name(void **state)
{
	(void)state;
	assert_int_equal(CONVERT_SILU("HardSwish s > y\n", "opset 14", SILU), 1);
	assert_int_equal(CONVERT_SILU("HardSigmoid s > g\nMul m > y\n", "opset 13", SILU), 1);
}

static void a_gate_of_something_else_stays(void **state)
{
	(void)state;
	assert_int_equal(CONVERT_SILU("Sigmoid s > g\nMul m > y\n", "opset 14", "in x 1 8",
			     "in z 1 8", "node Sigmoid s x g", "node Mul m z,g y", "out y"),
	    0);
	assert_int_equal(CONVERT_SILU("Sigmoid s > g\nMul m > y\n", "opset 14", SILU, "out g"), 0);
}

/* x * min(max(x / 6 + 1 / 2, 0), 1) in place of x / (1 + exp(-x)). */
static void what_it_gives_is_the_hard_swish(void **state)
{
	static const char *const opsets[] = {"opset 13", "opset 14"};
	static const float values[8] = {-5, -3, -1.5F, -0.5F, 0, 0.75F, 2, 4};
	struct qs_runtime *runtime = engine_runtime();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_model *model = FIXTURE_MODEL(findings, opsets[i], SILU);
		struct qs_session *session = engine_session(runtime, model, true);
		size_t n;
		float *before = engine_run(session, values, "y", &n), *after;

		qs_session_free(session);
		assert_int_equal(qs_silu_to_hardswish(model, findings, &n), QS_OK);
		session = engine_session(runtime, model, true);
		after = engine_run(session, values, "y", &n);
		for (size_t v = 0; v < 8; v++) {
			const double x = (double)values[v];
			const double gate = fmin(fmax(x / 6 + 0.5, 0), 1);

			assert_true(fabs((double)before[v] - x / (1 + exp(-x))) < 1e-6);
			assert_true(fabs((double)after[v] - x * gate) < 1e-6);
		}
		free(before);
		free(after);
		qs_session_free(session);
		qs_model_free(model);
		qs_findings_free(findings);
	}
	qs_runtime_close(runtime);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(relu6_becomes_relu),
	    cmocka_unit_test(a_silu_becomes_a_hard_swish_under_its_name),
	    cmocka_unit_test(a_gate_of_something_else_stays),
	    cmocka_unit_test(what_it_gives_is_the_hard_swish),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
