/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a config leaves in float between quantized layers: where it stands in the graph decides.
 *
 * Models are written as lines of words (model_fixture.h). The entries of a case leave layers in
 * float; expected are the messages of QS312, and no other finding is looked at.
 */
#include "tests/unit/model_fixture.h"

#include <string.h>

#include "engine/plan.h"
#include "qstrata/engine.h"
#include "qstrata/policy.h"

#define FLOATS(selector, datatype)                                                                 \
	"{" selector ", \"quantizable_data_type\": [\"input\", \"weights\", \"bias\", "            \
	"\"activation\"], \"overall_quantize_config\": {\"datatype\": \"" datatype "\"}}"
#define NAME(name) FLOATS("\"layer_name\": \"" name "\"", "float32")
#define TYPE(type) FLOATS("\"layer_type\": \"" type "\"", "float32")

struct law {
	const char *name;
	const char *entries;  /* of layer_quantize_config */
	const char *rest;     /* of the config */
	const char *expected; /* messages, each with a line feed */
	const char *lines[24];
};

/* Three convolutions in a row. */
#define ROW                                                                                        \
	"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Conv b s,w t",                \
	    "node Conv c t,w y", "out y"

static const struct law laws[] = {
    {"a layer between two", NAME("b"), "",
	"\"b\" is left in float32 between \"a\" and \"c\", which are quantized\n", {ROW}},
    {"the first layer cuts nothing", NAME("a"), "", "", {ROW}},
    {"the last layer cuts nothing", NAME("c"), "", "", {ROW}},
    {"a run to the end cuts nothing", NAME("b") ", " NAME("c"), "", "", {ROW}},
    {"nothing that flows is quantized", NAME("b"), ", \"quantizable_data_type\": [\"weights\"]", "",
	{ROW}},
    {"weights alone are enough",
	"{\"layer_name\": \"b\", \"quantizable_data_type\": [\"weights\"], "
	"\"tensor_quantize_config\": {\"weights\": {\"datatype\": \"float16\"}}}",
	"", "\"b\" is left in float16 between \"a\" and \"c\", which are quantized\n", {ROW}},
    {"weights that no config quantizes are not",
	"{\"layer_name\": \"b\", \"quantizable_data_type\": [\"weights\"], "
	"\"tensor_quantize_config\": {\"weights\": {\"datatype\": \"float16\"}}}",
	", \"quantizable_data_type\": [\"input\", \"activation\"]", "", {ROW}},
    {"moves are looked through", NAME("b"), "",
	"\"b\" is left in float32 between \"a\" and \"c\", which are quantized\n",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Transpose p s q",
	    "ints perm 0 1 3 2", "node Conv b q,w t", "node Flatten f t u", "init v 144 4",
	    "node Gemm c u,v y", "out y"}},
    {"activation functions go with their layers", NAME("b"), "",
	"\"b\" is left in float32 between \"a\" and \"c\", which are quantized\n",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Relu r s q",
	    "node Conv b q,w t", "node Relu u t v", "node Conv c v,w y", "out y"}},
    {"and have no format of their own", TYPE("ReLU"), "", "",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Relu r s q",
	    "node Conv b q,w t", "node Relu u t v", "node Conv c v,w y", "out y"}},
    {"a batch norm has the format of its convolution", TYPE("BatchNorm2d"), "", "",
	{"in x 1 4 6 6", "init w 4 4 1 1", "full m 1 4", "node Conv a x,w s",
	    "node BatchNormalization n s,m,m,m,m q", "node Conv c q,w y", "out y"}},
    {"one that nothing folds is a layer", TYPE("BatchNorm2d"), "",
	"\"n\" is left in float32 between \"p\" and \"c\", which are quantized\n",
	{"in x 1 4 6 6", "init w 4 4 1 1", "full m 1 4", "node Conv a x,w s", "node MaxPool p s o",
	    "ints kernel_shape 1 1", "node BatchNormalization n o,m,m,m,m q", "node Conv c q,w y",
	    "out y"}},
    {"a run by one setting is one finding", FLOATS("\"layer_name\": \"re:b|c\"", "bfloat16"), "",
	"\"b\" is left in bfloat16 between \"a\" and \"d\", which are quantized; so is 1 more\n",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Conv b s,w t",
	    "node Conv c t,w u", "node Conv d u,w y", "out y"}},
    {"a run by two is two", NAME("b") ", " FLOATS("\"layer_name\": \"c\"", "float16"), "",
	"\"b\" is left in float32 between \"a\" and \"d\", which are quantized\n"
	"\"c\" is left in float16 between \"a\" and \"d\", which are quantized\n",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Conv b s,w t",
	    "node Conv c t,w u", "node Conv d u,w y", "out y"}},
    {"a shortcut is joined in float", TYPE("Add"), "",
	"\"p\" is left in float32 between \"a\" and \"c\", which are quantized\n",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Add p s,x t",
	    "node Conv c t,w y", "out y"}},
    {"what only ends in float cuts nothing", NAME("b"), "", "",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Conv b s,w t",
	    "node Conv c s,w y", "out y", "out t"}},
    {"exponentials are taken in float anyway", TYPE("Softmax"), "", "",
	{"in x 1 4", "init v 4 4", "node Gemm a x,v s", "node Softmax b s t", "node Gemm c t,v y",
	    "out y"}},
    {"and so ends a run that reaches them", NAME("b"), "", "",
	{"in x 1 4", "init v 4 4", "node Gemm a x,v s", "node Sigmoid g s r", "node Gemm b r,v t",
	    "node Gemm c t,v y", "out y"}},
    {"the model level", FLOATS("\"layer_type\": \"Linear\"", "int"),
	", \"overall_quantize_config\": {\"datatype\": \"bfloat16\"}",
	"\"b\" is left in bfloat16 between \"a\" and \"c\", which are quantized\n",
	{"in x 1 4", "init v 4 4", "node Gemm a x,v s", "node Mul b s,s t", "node Gemm c t,v y",
	    "out y"}},
    {"integers of the model are not concerned", TYPE("Mul"), "", "",
	{"in x 1 4 6 6", "init w 4 4 1 1", "node Conv a x,w s", "node Cast i s j", "int to 7",
	    "node Mul b j,j k", "node Cast o k q", "int to 1", "node Conv c q,w y", "out y"}},
};

struct outcome {
	struct qs_findings *findings;
	struct qs_text messages;
};

/* Judges a model, which is ended, by a config; the messages of QS312. */
static struct outcome judge(const char *config, struct qs_model *model)
{
	struct outcome outcome = {qs_findings_new(), QS_TEXT_INIT};
	struct qs_source *source = NULL;
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	struct qs_layers *layers = NULL;
	const struct qs_layer *list;
	size_t n;

	assert_int_equal(qs_source_new("config", config, strlen(config), &source), QS_OK);
	assert_int_equal(qs_policy_read(source, outcome.findings, &policy), QS_OK);
	assert_int_equal(qs_layers_new(model, outcome.findings, &layers), QS_OK);
	list = qs_layers_list(layers, &n);
	assert_int_equal(
	    qs_policy_select(policy, list, n, false, outcome.findings, &selection), QS_OK);
	/* Groups that an entry parts are errors of their own. */
	assert_int_not_equal(qs_neighbours_check(layers, selection, outcome.findings), QS_NOMEM);
	for (size_t i = 0; i < qs_findings_count(outcome.findings); i++) {
		const struct qs_finding *finding = qs_findings_at(outcome.findings, i);

		if (strcmp(finding->code, "QS312") == 0)
			qs_text_addf(&outcome.messages, "%s\n", finding->message);
	}
	qs_selection_free(selection);
	qs_layers_free(layers);
	qs_model_free(model);
	qs_policy_free(policy);
	qs_source_free(source);
	return outcome;
}

static void end(struct outcome *outcome)
{
	qs_text_done(&outcome->messages);
	qs_findings_free(outcome->findings);
}

static void check_law(void **state)
{
	const struct law *law = *state;
	struct qs_findings *findings = qs_findings_new();
	struct qs_text config = QS_TEXT_INIT;
	struct outcome outcome;

	qs_text_addf(&config, "{\"target_device\": \"FLEXML\", \"layer_quantize_config\": [%s]%s}",
	    law->entries, law->rest);
	outcome = judge(config.data, fixture_model(findings, law->lines));
	assert_string_equal(outcome.messages.data ? outcome.messages.data : "", law->expected);
	end(&outcome);
	qs_text_done(&config);
	qs_findings_free(findings);
}

int main(void)
{
	enum {
		N_LAWS = sizeof(laws) / sizeof(*laws)
	};
	struct CMUnitTest tests[N_LAWS];

	for (size_t i = 0; i < N_LAWS; i++)
		tests[i] = (struct CMUnitTest){.name = laws[i].name,
		    .test_func = check_law,
		    .initial_state = (void *)&laws[i]};
	return cmocka_run_group_tests_name("neighbours", tests, NULL, NULL);
}
