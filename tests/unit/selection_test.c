/* SPDX-License-Identifier: Apache-2.0 */
/* Which entry wins a layer, and what is said about entries that win none. */
#include "policy/selection.h"

#include <stdlib.h>
#include <string.h>

#include "tests/unit/layers.h"

/* Opens a config of these entries, without findings, and selects over the layers of the fixture.
 * What may be left out and what is left is redundant_test.c's. */
static void select_layers(const char *entries, bool allow_unmatched, const char *expected,
    void (*use)(const struct qs_selection *selection))
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_selection *selection = NULL;
	struct qs_text text = QS_TEXT_INIT;
	struct qs_policy *policy;
	struct qs_source *source;
	enum qs_status status;

	qs_text_addf(
	    &text, "{\"target_device\": \"CPU\", \"layer_quantize_config\": [\n%s]}", entries);
	source = source_of(text.data);
	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	qs_findings_free(findings);
	findings = qs_findings_new();
	assert_int_equal(qs_findings_judge(findings, "QS508", QS_DECISION_OFF), QS_OK);
	assert_int_equal(qs_findings_judge(findings, "QS509", QS_DECISION_OFF), QS_OK);
	status = qs_policy_select(
	    policy, test_layers, N_TEST_LAYERS, allow_unmatched, findings, &selection);
	expect_findings(findings, expected);
	assert_int_equal(
	    status, qs_findings_total(findings, QS_SEVERITY_ERROR) ? QS_INVALID : QS_OK);
	assert_non_null(selection);
	if (use)
		use(selection);
	qs_selection_free(selection);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_text_done(&text);
	qs_findings_free(findings);
}

/* An entry that gives the weights of what it selects a width. */
#define ENTRY(selector, bits)                                                                      \
	"{" selector ", \"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": "    \
	"{\"weights\": {\"bit_width\": " bits "}}}"
#define TYPE(name, bits) ENTRY("\"layer_type\": \"" name "\"", bits)
#define NAME(name, bits) ENTRY("\"layer_name\": \"" name "\"", bits)

static int bits(const struct qs_selection *selection, size_t layer)
{
	return qs_selection_spec(selection, layer, QS_TENSOR_WEIGHTS).bit_width;
}

/* The widths of all layers of the fixture as digits: 8 is the model level. */
static char widths[N_TEST_LAYERS + 1];

static void note_widths(const struct qs_selection *selection)
{
	for (size_t i = 0; i < N_TEST_LAYERS; i++)
		widths[i] = (char)('0' + bits(selection, i));
}

static void expect_widths(const char *entries, const char *expected, const char *findings)
{
	select_layers(entries, false, findings, note_widths);
	assert_string_equal(widths, expected);
}

/* Layers: 0 /conv1/Conv, 1 /layer1/layer1.0/conv1/Conv, 2 /layer1/layer1.0/Relu, 3 /fc/Gemm,
 * 4 MatMul#1 (no path), 5 a layer norm of two nodes. */

static void without_entries_the_model_level_counts(void **state)
{
	(void)state;
	expect_widths("", "888888", "");
}

static void a_type_takes_its_layers(void **state)
{
	(void)state;
	expect_widths(TYPE("Conv2d", "4"), "448888", "");
	expect_widths(TYPE("torch.nn.Conv2d", "4"), "448888", "");
	expect_widths(TYPE("torch.nn.modules.conv.Conv2d", "4"), "448888", "");
}

static void an_operator_is_a_type_that_is_not_portable(void **state)
{
	(void)state;
	expect_widths(
	    TYPE("Gemm", "4"), "888488", "QS504 2:16 /layer_quantize_config/0/layer_type");
}

static void a_name_is_the_nodes(void **state)
{
	(void)state;
	expect_widths(NAME("/fc/Gemm", "4"), "888488", "");
	expect_widths(NAME("MatMul#1", "4"), "888848", "");
}

static void any_node_of_a_layer_names_it(void **state)
{
	(void)state;
	expect_widths(NAME("/norm/ReduceMean", "4"), "888884", "");
	expect_widths(NAME("/norm/Div", "4"), "888884", "");
}

static void a_module_path_names_a_layer_in_both_spellings(void **state)
{
	(void)state;
	expect_widths(NAME("layer1.0.conv1", "4"), "848888", "");
	expect_widths(
	    NAME("ResNet::ResNet/Sequential[layer1]/BasicBlock[0]/Conv2d[conv1]/input.7", "4"),
	    "848888", "");
	expect_widths(NAME("fc", "4"), "888488", "");
	expect_widths(NAME("ResNet::ResNet/Linear[fc]/ret", "4"), "888488", "");
}

static void a_pattern_matches_whole_names_and_paths(void **state)
{
	(void)state;
	expect_widths(NAME("re:.*conv1.*", "4"), "448888", "");
	expect_widths(NAME("re:layer1\\\\.0\\\\..*", "4"), "844888", "");
	expect_widths(
	    NAME("re:conv", "4"), "888888", "QS501 2:16 /layer_quantize_config/0/layer_name");
	expect_widths(NAME("re:.*", "4"), "444444", "");
	expect_widths(NAME("re:(?i)FC", "4"), "888488", "");
}

static void a_name_beats_a_pattern_and_that_beats_a_type(void **state)
{
	(void)state;
	expect_widths(
	    NAME("/conv1/Conv", "2") "," NAME("re:/layer1/.*", "3") ",\n" TYPE("Conv2d", "4"),
	    "233888", "QS503 3:16 /layer_quantize_config/2/layer_type");
	expect_widths(TYPE("Conv2d", "4") "," NAME("/conv1/Conv", "2"), "248888", "");
	expect_widths(TYPE("Linear", "4") "," NAME("re:.*/Conv", "3"), "338488", "");
}

static void the_later_pattern_wins(void **state)
{
	(void)state;
	expect_widths(NAME("re:/conv1/.*", "2") "," NAME("re:.*/Conv", "3"), "338888",
	    "QS503 2:16 /layer_quantize_config/0/layer_name");
	expect_widths(NAME("re:.*/Conv", "3") "," NAME("re:/conv1/.*", "2"), "238888", "");
}

static void the_later_of_equal_selectors_wins_without_a_word(void **state)
{
	(void)state;
	/* Reading the config has warned of it. */
	expect_widths(NAME("fc", "2") "," NAME("fc", "3"), "888388", "");
	expect_widths(TYPE("torch.nn.Linear", "2") "," TYPE("Linear", "3"), "888388", "");
}

static void names_of_two_spellings_are_taken_in_order(void **state)
{
	(void)state;
	expect_widths(NAME("fc", "2") "," NAME("/fc/Gemm", "3"), "888388",
	    "QS503 2:16 /layer_quantize_config/0/layer_name");
}

static void a_kind_that_the_winner_does_not_list_is_the_models(void **state)
{
	(void)state;
	/* The type entry lists weights, and the name entry that hides it lists only biases. */
	expect_widths(TYPE("Linear",
			  "4") ",\n{\"layer_name\": \"fc\", \"quantizable_data_type\": [\"bias\"]}",
	    "888888", "QS503 2:16 /layer_quantize_config/0/layer_type");
}

static void what_selects_nothing_is_an_error_with_a_near_name(void **state)
{
	(void)state;
	select_layers(NAME("layer1.0.conv2", "4"), false,
	    "QS501 2:16 /layer_quantize_config/0/layer_name", NULL);
	select_layers(
	    TYPE("Conv3d", "4"), false, "QS501 2:16 /layer_quantize_config/0/layer_type", NULL);
	select_layers(NAME("layer1.0.conv2", "4"), true,
	    "QS502 2:16 /layer_quantize_config/0/layer_name", NULL);
}

static void near_names_are_hinted_at(void **state)
{
	static const struct {
		const char *entry, *hint;
	} rows[] = {
	    {NAME("layer1.0.conv2", "4"), "did you mean \"layer1.0.conv1\"?"},
	    {NAME("/fc/Gem", "4"), "did you mean \"/fc/Gemm\"?"},
	    {TYPE("conv2d", "4"), "did you mean \"Conv2d\"?"},
	    {NAME("nothing.like.it", "4"), "see the layers with: qstrata layers MODEL.onnx"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_findings *findings = qs_findings_new();
		struct qs_selection *selection = NULL;
		struct qs_text text = QS_TEXT_INIT;
		struct qs_policy *policy;
		struct qs_source *source;

		assert_int_equal(qs_findings_judge(findings, "QS509", QS_DECISION_OFF), QS_OK);
		qs_text_addf(&text, "{\"target_device\": \"CPU\", \"layer_quantize_config\": [%s]}",
		    rows[i].entry);
		source = source_of(text.data);
		assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
		assert_int_equal(qs_policy_select(policy, test_layers, N_TEST_LAYERS, false,
				     findings, &selection),
		    QS_INVALID);
		assert_int_equal(qs_findings_count(findings), 1);
		assert_string_equal(qs_findings_at(findings, 0)->hint, rows[i].hint);
		qs_selection_free(selection);
		qs_policy_free(policy);
		qs_source_free(source);
		qs_text_done(&text);
		qs_findings_free(findings);
	}
}

/* A NUL is in no name; what stands before it must not match. */
static void a_name_with_a_nul_selects_nothing(void **state)
{
	(void)state;
	expect_widths(
	    NAME("fc\\u0000x", "4"), "888888", "QS501 2:16 /layer_quantize_config/0/layer_name");
}

static void a_pattern_that_takes_too_long_is_an_error(void **state)
{
	(void)state;
	select_layers(NAME("re:(.?.?.?.?.?.?.?.?.?.?){20}[!?]", "4"), false,
	    "QS506 2:16 /layer_quantize_config/0/layer_name", NULL);
}

static void a_model_without_layers_has_none_to_select(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of("{\"target_device\": \"CPU\"}");
	struct qs_policy *policy = policy_of(source, "");
	struct qs_selection *selection;

	(void)state;
	assert_int_equal(qs_policy_select(policy, NULL, 0, false, findings, &selection), QS_OK);
	qs_selection_free(selection);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void paths_are_read_from_both_spellings(void **state)
{
	static const char *const rows[][2] = {
	    {"layer1.0.conv1", "layer1.0.conv1"},
	    {"ResNet::ResNet/Sequential[layer1]/BasicBlock[0]/Conv2d[conv1]/input.7",
		"layer1.0.conv1"},
	    {"Net::Net/Conv2d[conv1]/1", "conv1"},
	    {"a[b", "a[b"},
	    {"a]b", "a]b"},
	    {"a[]", "a[]"},
	    {"", ""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_text path = QS_TEXT_INIT;

		qs_selector_path(
		    (struct qs_json_string){rows[i][0], (uint32_t)strlen(rows[i][0])}, &path);
		assert_string_equal(path.data, rows[i][1]);
		qs_text_done(&path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_entries_the_model_level_counts),
	    cmocka_unit_test(a_type_takes_its_layers),
	    cmocka_unit_test(an_operator_is_a_type_that_is_not_portable),
	    cmocka_unit_test(a_name_is_the_nodes),
	    cmocka_unit_test(any_node_of_a_layer_names_it),
	    cmocka_unit_test(a_module_path_names_a_layer_in_both_spellings),
	    cmocka_unit_test(a_pattern_matches_whole_names_and_paths),
	    cmocka_unit_test(a_name_beats_a_pattern_and_that_beats_a_type),
	    cmocka_unit_test(the_later_pattern_wins),
	    cmocka_unit_test(the_later_of_equal_selectors_wins_without_a_word),
	    cmocka_unit_test(names_of_two_spellings_are_taken_in_order),
	    cmocka_unit_test(a_kind_that_the_winner_does_not_list_is_the_models),
	    cmocka_unit_test(what_selects_nothing_is_an_error_with_a_near_name),
	    cmocka_unit_test(near_names_are_hinted_at),
	    cmocka_unit_test(a_name_with_a_nul_selects_nothing),
	    cmocka_unit_test(a_pattern_that_takes_too_long_is_an_error),
	    cmocka_unit_test(a_model_without_layers_has_none_to_select),
	    cmocka_unit_test(paths_are_read_from_both_spellings),
	};

	return cmocka_run_group_tests_name("selection", tests, NULL, NULL);
}
