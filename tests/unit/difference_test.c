/* SPDX-License-Identifier: Apache-2.0 */
/* What changes in effect from one config to another, in the words that people read. */
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/layers.h"

/* Configs as members behind the device, which is CPU, and what is told without and with layers. */
struct comparison {
	const char *name, *before, *after, *without, *with;
};

struct open_config {
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_selection *selection;
};

static struct open_config open_config(const char *name, const char *members, bool with_layers)
{
	struct qs_findings *findings = qs_findings_new();
	struct open_config config = {NULL, NULL, NULL};
	struct qs_text text = QS_TEXT_INIT;

	qs_text_addf(&text, "{\"target_device\": \"CPU\"%s}", members);
	assert_int_equal(qs_source_new(name, text.data, text.size, &config.source), QS_OK);
	assert_int_equal(qs_policy_read(config.source, findings, &config.policy), QS_OK);
	if (with_layers)
		assert_int_equal(qs_policy_select(config.policy, test_layers, N_TEST_LAYERS, true,
				     findings, &config.selection),
		    QS_OK);
	qs_text_done(&text);
	qs_findings_free(findings);
	return config;
}

static void close_config(struct open_config *config)
{
	qs_selection_free(config->selection);
	qs_policy_free(config->policy);
	qs_source_free(config->source);
}

/* What the JSON document says beside the text. */
static void check_json(const struct qs_difference *difference)
{
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;

	assert_int_equal(qs_difference_write_json(difference, &text), QS_OK);
	document = json_tokener_parse(text.data);
	assert_non_null(document);
	assert_string_equal(
	    json_object_get_string(json_object_object_get(document, "format_version")), "1.0");
	assert_int_equal(json_object_get_boolean(json_object_object_get(document, "same")),
	    qs_difference_is_empty(difference));
	json_object_put(document);
	qs_text_done(&text);
}

static void expect_difference(const struct comparison *row, bool with_layers, const char *expected)
{
	struct open_config before = open_config("a", row->before, with_layers);
	struct open_config after = open_config("b", row->after, with_layers);
	struct qs_difference *difference;
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(qs_policy_diff(before.policy, before.selection, after.policy,
			     after.selection, &difference),
	    QS_OK);
	assert_int_equal(qs_difference_write_text(difference, &text), QS_OK);
	assert_string_equal(text.data, expected);
	assert_int_equal(qs_difference_is_empty(difference), !expected[0]);
	check_json(difference);
	qs_text_done(&text);
	qs_difference_free(difference);
	close_config(&before);
	close_config(&after);
}

static void differences_are_those_of_the_effect(void **state)
{
	const struct comparison *row = *state;

	expect_difference(row, false, row->without);
	expect_difference(row, true, row->with);
}

#define OVERALL(members) ", \"overall_quantize_config\": {" members "}"
#define WEIGHTS(members) ", \"tensor_quantize_config\": {\"weights\": {" members "}}"
#define LAYERS(entries) ", \"layer_quantize_config\": [" entries "]"
#define ENTRY(selector, members)                                                                   \
	"{" selector ", \"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": "    \
	"{\"weights\": {" members "}}}"
#define DOT " \xC2\xB7 "

static const struct comparison rows[] = {
    {"the_same_differs_in_nothing", OVERALL("\"bit_width\": 4"), OVERALL("\"bit_width\": 4"), "",
	""},
    {"defaults_written_out_are_the_same", "", OVERALL("\"bit_width\": 8") ", \"include_cle\": true",
	"", ""},
    {"an_entry_that_repeats_the_model_level_is_the_same", OVERALL("\"bit_width\": 4"),
	OVERALL("\"bit_width\": 4") LAYERS(ENTRY("\"layer_type\": \"Conv2d\"", "\"bit_width\": 4")),
	"", ""},
    {"a_block_reaches_all_kinds", "", OVERALL("\"bit_width\": 4"),
	"model level\n  input, weights, bias, activation" DOT
	"bit_width: 8 -> 4  (built-in default -> overall b:1:67)\n",
	"3 layers: /conv1/Conv, /layer1/layer1.0/conv1/Conv, /fc/Gemm\n"
	"  input, weights, bias, activation" DOT
	"bit_width: 8 -> 4  (built-in default -> overall b:1:67)\n"
	"3 layers: /layer1/layer1.0/Relu, MatMul#1, /norm/ReduceMean\n"
	"  input, activation" DOT "bit_width: 8 -> 4  (built-in default -> overall b:1:67)\n"},
    {"what_every_layer_overrides_changes_nothing_on_them",
	WEIGHTS("\"bit_width\": 4") LAYERS(ENTRY("\"layer_name\": \"re:.*\"", "\"bit_width\": 2")),
	WEIGHTS("\"bit_width\": 5") LAYERS(ENTRY("\"layer_name\": \"re:.*\"", "\"bit_width\": 2")),
	"model level\n  weights" DOT "bit_width: 4 -> 5  (tensor a:1:78 -> tensor b:1:78)\n", ""},
    {"a_name_that_one_side_lacks_is_given_to_the_patterns_of_the_other",
	LAYERS(ENTRY("\"layer_name\": \"fc\"", "\"bit_width\": 2")),
	LAYERS(ENTRY("\"layer_name\": \"re:f.*\"", "\"bit_width\": 3")),
	"layer_name \"fc\"\n  weights" DOT
	"bit_width: 2 -> 3  (layer name tensor a:1:163 -> layer pattern tensor b:1:167)\n"
	"layer_name \"re:f.*\"\n  weights" DOT
	"bit_width: 8 -> 3  (built-in default -> layer pattern tensor b:1:167)\n",
	"/fc/Gemm\n  weights" DOT
	"bit_width: 2 -> 3  (layer name tensor a:1:163 -> layer pattern tensor b:1:167)\n"},
    {"the_last_of_equal_entries_counts",
	LAYERS(ENTRY("\"layer_type\": \"Linear\"", "\"bit_width\": 2") "," ENTRY(
	    "\"layer_type\": \"torch.nn.Linear\"", "\"bit_width\": 3")),
	LAYERS(ENTRY("\"layer_type\": \"Linear\"", "\"bit_width\": 3")), "", ""},
    {"what_means_nothing_any_more_follows_from_the_datatype", "",
	WEIGHTS("\"datatype\": \"float16\""),
	"model level\n  weights" DOT
	"datatype: \"int\" -> \"float16\"  (built-in default -> tensor b:1:77)\n",
	"3 layers: /conv1/Conv, /layer1/layer1.0/conv1/Conv, /fc/Gemm\n  weights" DOT
	"datatype: \"int\" -> \"float16\"  (built-in default -> tensor b:1:77)\n"},
    {"what_comes_to_mean_something_is_told",
	OVERALL("\"method\": \"maxmin\", \"scale_type\": \"float\", \"calib_statistic_method\": "
		"\"max\""),
	OVERALL("\"method\": \"maxmin\", \"scale_type\": \"float\", \"calib_statistic_method\": "
		"\"max\"") WEIGHTS("\"method\": \"percentile\", \"percentage\": 99.0"),
	"model level\n  weights" DOT
	"method: \"maxmin\" -> \"percentile\"  (overall a:1:64 -> tensor b:1:180)\n"
	"  weights" DOT "percentage: now 99  (tensor b:1:208)\n",
	"3 layers: /conv1/Conv, /layer1/layer1.0/conv1/Conv, /fc/Gemm\n  weights" DOT
	"method: \"maxmin\" -> \"percentile\"  (overall a:1:64 -> tensor b:1:180)\n"
	"  weights" DOT "percentage: now 99  (tensor b:1:208)\n"},
    {"layers_of_one_change_from_several_places_are_one",
	LAYERS(ENTRY("\"layer_name\": \"conv1\"", "\"bit_width\": 2") "," ENTRY(
	    "\"layer_name\": \"fc\"", "\"bit_width\": 2")),
	"",
	"2 selectors: layer_name \"conv1\", layer_name \"fc\"  (with the places of the first)\n"
	"  weights" DOT "bit_width: 2 -> 8  (layer name tensor a:1:166 -> built-in default)\n",
	"2 layers: /conv1/Conv, /fc/Gemm  (with the places of the first)\n"
	"  weights" DOT "bit_width: 2 -> 8  (layer name tensor a:1:166 -> built-in default)\n"},
    {"keys_of_the_whole_config_are_told_first",
	", \"include_cle\": false, \"quantizable_data_type\": [\"input\", \"weights\"]",
	", \"onnx_opset_version\": 13",
	"include_cle: false -> true  (a:1:41 -> built-in default)\n"
	"onnx_opset_version: null -> 13  (built-in default -> b:1:48)\n"
	"quantizable_data_type: [\"input\", \"weights\"] -> [\"input\", \"weights\", \"bias\", "
	"\"activation\"]  (a:1:73 -> built-in default)\n",
	"include_cle: false -> true  (a:1:41 -> built-in default)\n"
	"onnx_opset_version: null -> 13  (built-in default -> b:1:48)\n"
	"quantizable_data_type: [\"input\", \"weights\"] -> [\"input\", \"weights\", \"bias\", "
	"\"activation\"]  (a:1:73 -> built-in default)\n"},
};

int main(void)
{
	enum {
		N = sizeof(rows) / sizeof(*rows)
	};
	struct CMUnitTest tests[N];

	for (size_t i = 0; i < N; i++)
		tests[i] = (struct CMUnitTest){rows[i].name, differences_are_those_of_the_effect,
		    NULL, NULL, (void *)(uintptr_t)&rows[i]};
	return cmocka_run_group_tests_name("difference", tests, NULL, NULL);
}
