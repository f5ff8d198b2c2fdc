/* SPDX-License-Identifier: Apache-2.0 */
/* Why a tensor gets what it gets, in the words that people read. */
#include <string.h>

#include "tests/unit/layers.h"

static const char config[] =
    "{\"target_device\": \"CPU\",\n"
    " \"overall_quantize_config\": {\"bit_width\": 6},\n"
    " \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 5}},\n"
    " \"layer_quantize_config\": [\n"
    "  {\"layer_type\": \"Linear\", \"quantizable_data_type\": [\"weights\"],\n"
    "   \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}}},\n"
    "  {\"layer_name\": \"re:f.*\", \"quantizable_data_type\": [\"weights\"],\n"
    "   \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 3}}},\n"
    "  {\"layer_name\": \"fc\", \"quantizable_data_type\": [\"weights\"],\n"
    "   \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 2}}}\n"
    " ]}\n";

static void expect_explained(const char *text, bool with_model, struct qs_question question,
    enum qs_status expected_status, const char *expected)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of(text);
	struct qs_text explained = QS_TEXT_INIT;
	struct qs_policy *policy;

	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	assert_int_equal(qs_policy_explain(policy, with_model ? test_layers : NULL, N_TEST_LAYERS,
			     &question, findings, &explained),
	    expected_status);
	assert_string_equal(explained.data, expected);
	if (expected_status == QS_INVALID)
		assert_string_equal(
		    qs_findings_at(findings, qs_findings_count(findings) - 1)->code, "QS505");
	qs_text_done(&explained);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static struct qs_question ask(const char *layer, enum qs_tensor tensor, enum qs_param param)
{
	return (struct qs_question){.layer = layer, .tensor = (int)tensor, .param = (int)param};
}

#define DOT " \xC2\xB7 "
#define WEIGHTS_CHAIN                                                                              \
	"  shadows tensor                config.json:3:54              5             "             \
	"/tensor_quantize_config/weights/bit_width\n"                                              \
	"  shadows overall               config.json:2:43              6             "             \
	"/overall_quantize_config/bit_width\n"                                                     \
	"  shadows built-in default                                    8\n"

static void the_model_level_has_a_chain(void **state)
{
	(void)state;
	expect_explained(config, false, ask(NULL, QS_TENSOR_WEIGHTS, QS_PARAM_BIT_WIDTH), QS_OK,
	    "model" DOT "weights" DOT "bit_width = 5\n"
	    "  wins    tensor                config.json:3:54              5             "
	    "/tensor_quantize_config/weights/bit_width\n"
	    "  shadows overall               config.json:2:43              6             "
	    "/overall_quantize_config/bit_width\n"
	    "  shadows built-in default                                    8\n");
}

static void a_default_shadows_nothing(void **state)
{
	(void)state;
	expect_explained(config, false, ask(NULL, QS_TENSOR_BIAS, QS_PARAM_METHOD), QS_OK,
	    "model" DOT "bias" DOT "method = \"diffs\"\n"
	    "  wins    built-in default                                    \"diffs\"\n");
}

static void a_word_for_a_layer_finds_its_parameters(void **state)
{
	static const struct {
		const char *layer;
		enum qs_tensor tensor;
		int bit_width;
	} rows[] = {{"fc", QS_TENSOR_WEIGHTS, 2}, {"Net::Net/Linear[fc]/x.1", QS_TENSOR_WEIGHTS, 2},
	    {"f1", QS_TENSOR_WEIGHTS, 3}, {"Linear", QS_TENSOR_WEIGHTS, 4},
	    {"torch.nn.Linear", QS_TENSOR_WEIGHTS, 4}, {"Conv2d", QS_TENSOR_WEIGHTS, 5},
	    {"fc", QS_TENSOR_INPUT, 6}};
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of(config);
	struct qs_policy *policy;

	(void)state;
	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_spec spec;

		assert_int_equal(
		    qs_policy_layer_spec(policy, rows[i].layer, rows[i].tensor, &spec), QS_OK);
		assert_int_equal(spec.bit_width, rows[i].bit_width);
	}
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void hidden_entries_say_why(void **state)
{
	(void)state;
	expect_explained(config, false, ask("fc", QS_TENSOR_WEIGHTS, QS_PARAM_BIT_WIDTH), QS_OK,
	    "fc" DOT "weights" DOT "bit_width = 2\n"
	    "  wins    layer name tensor     config.json:10:56             2             "
	    "/layer_quantize_config/2/tensor_quantize_config/weights/bit_width\n"
	    "  hidden  layer pattern tensor  config.json:8:56              3             "
	    "/layer_quantize_config/1/tensor_quantize_config/weights/bit_width  "
	    "(a name beats a pattern)\n" WEIGHTS_CHAIN);
}

static void with_a_model_the_type_counts_too(void **state)
{
	(void)state;
	expect_explained(config, true, ask("/fc/Gemm", QS_TENSOR_WEIGHTS, QS_PARAM_BIT_WIDTH),
	    QS_OK,
	    "/fc/Gemm" DOT "weights" DOT "bit_width = 2\n"
	    "  wins    layer name tensor     config.json:10:56             2             "
	    "/layer_quantize_config/2/tensor_quantize_config/weights/bit_width\n"
	    "  hidden  layer pattern tensor  config.json:8:56              3             "
	    "/layer_quantize_config/1/tensor_quantize_config/weights/bit_width  "
	    "(a name beats a pattern)\n"
	    "  hidden  layer type tensor     config.json:6:56              4             "
	    "/layer_quantize_config/0/tensor_quantize_config/weights/bit_width  "
	    "(a name beats a type)\n" WEIGHTS_CHAIN);
}

static void a_layer_that_no_entry_takes_has_the_model_level(void **state)
{
	(void)state;
	expect_explained(config, true, ask("conv1", QS_TENSOR_BIAS, QS_PARAM_BIT_WIDTH), QS_OK,
	    "/conv1/Conv" DOT "bias" DOT "bit_width = 6\n"
	    "  wins    overall               config.json:2:43              6             "
	    "/overall_quantize_config/bit_width\n"
	    "  shadows built-in default                                    8\n");
}

static void a_type_explains_all_its_layers(void **state)
{
	(void)state;
	expect_explained(config, true, ask("Conv2d", QS_TENSOR_INPUT, QS_PARAM_SIGNED), QS_OK,
	    "/conv1/Conv" DOT "input" DOT "signed = true\n"
	    "  wins    built-in default                                    true\n"
	    "/layer1/layer1.0/conv1/Conv" DOT "input" DOT "signed = true\n"
	    "  wins    built-in default                                    true\n");
}

static void a_layer_that_the_model_lacks_is_a_finding(void **state)
{
	(void)state;
	expect_explained(
	    config, true, ask("fc2", QS_TENSOR_WEIGHTS, QS_PARAM_BIT_WIDTH), QS_INVALID, "");
}

static void parameters_of_floats_have_no_effect(void **state)
{
	(void)state;
	expect_explained("{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"datatype\": "
			 "\"float16\"}}",
	    false, ask(NULL, QS_TENSOR_BIAS, QS_PARAM_BIT_WIDTH), QS_OK,
	    "model" DOT "bias" DOT "bit_width = 8 (no effect: the datatype is not int)\n"
	    "  wins    built-in default                                    8\n");
}

static void everything_is_what_applies(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of("{\"target_device\": \"DPU\"}");
	const struct qs_question question = {.tensor = -1, .param = -1};
	struct qs_policy *policy = policy_of(source, "");
	struct qs_text text = QS_TEXT_INIT;
	size_t n = 0;

	(void)state;
	assert_int_equal(qs_policy_explain(policy, NULL, 0, &question, findings, &text), QS_OK);
	for (const char *at = text.data; (at = strstr(at, " = ")); at++)
		n++;
	/* Ten parameters but for the percentage; two kinds have no batch statistic. */
	assert_int_equal(n, 4 * (QS_PARAM__COUNT - 1) - 2);
	qs_text_done(&text);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void control_characters_are_not_repeated(void **state)
{
	(void)state;
	expect_explained("{\"target_device\": \"CPU\"}", false,
	    ask("\033[2J", QS_TENSOR_BIAS, QS_PARAM_BIT_WIDTH), QS_OK,
	    "?[2J" DOT "bias" DOT "bit_width = 8\n"
	    "  wins    built-in default                                    8\n");
}

/* A name that goes on behind a NUL is no layer's, also where a part of it is. */
static void an_entry_of_a_name_with_a_nul_takes_nothing(void **state)
{
	struct qs_question question = ask(NULL, QS_TENSOR_BIAS, QS_PARAM_BIT_WIDTH);

	(void)state;
	question.entry = "0";
	expect_explained("{\"target_device\": \"CPU\", \"layer_quantize_config\": "
			 "[{\"layer_name\": \"conv1\\u0000x\", \"quantizable_data_type\": []}]}",
	    true, question, QS_OK,
	    "entry 0" DOT "layer_name \"conv1?x\" config.json:1:52\n"
	    "  lists   no tensor kind, and so changes nothing\n"
	    "  wins    0 of 0 layers that it selects\n");
}

static void words_name_parameters_and_kinds(void **state)
{
	(void)state;
	assert_int_equal(qs_param_of_word("method"), QS_PARAM_METHOD);
	assert_int_equal(qs_param_of_word("weights"), -1);
	assert_int_equal(qs_tensor_of_word("weights"), QS_TENSOR_WEIGHTS);
	assert_int_equal(qs_tensor_of_word(""), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(the_model_level_has_a_chain),
	    cmocka_unit_test(a_default_shadows_nothing),
	    cmocka_unit_test(a_word_for_a_layer_finds_its_parameters),
	    cmocka_unit_test(hidden_entries_say_why),
	    cmocka_unit_test(with_a_model_the_type_counts_too),
	    cmocka_unit_test(a_layer_that_no_entry_takes_has_the_model_level),
	    cmocka_unit_test(a_type_explains_all_its_layers),
	    cmocka_unit_test(a_layer_that_the_model_lacks_is_a_finding),
	    cmocka_unit_test(parameters_of_floats_have_no_effect),
	    cmocka_unit_test(everything_is_what_applies),
	    cmocka_unit_test(control_characters_are_not_repeated),
	    cmocka_unit_test(an_entry_of_a_name_with_a_nul_takes_nothing),
	    cmocka_unit_test(words_name_parameters_and_kinds),
	};

	return cmocka_run_group_tests_name("explain", tests, NULL, NULL);
}
