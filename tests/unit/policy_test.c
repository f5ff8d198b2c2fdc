/* SPDX-License-Identifier: Apache-2.0 */
/* Configs: exactly which findings each has, and what the policy of a right one says. */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/expect.h"

static void expect_config_findings(void **state)
{
	const struct row *row = *state;
	struct qs_source *source = source_of(row->text);

	qs_policy_free(policy_of(source, row->findings));
	qs_source_free(source);
}

static const struct row documents[] = {
    {"a_device_is_enough", "{\"target_device\": \"DPU\"}", ""},
    {"flexml_takes_everything",
	"{\"target_device\": \"FLEXML\", \"overall_quantize_config\": {\"method\": "
	"\"entropy\", \"symmetry\": false, \"narrow_range\": true}}",
	""},
    {"an_array_is_no_config", "[1]", "QS200 1:1 (root)"},
    {"a_string_is_no_config", "\"x\"", "QS200 1:1 (root)"},
    {"a_number_is_no_config", "7", "QS200 1:1 (root)"},
    {"an_empty_object_lacks_the_device", "{}", "QS204 1:1 (root)"},
    {"a_misspelt_device_key_is_one_mistake", "{\"target_devic\": \"DPU\"}",
	"QS201 1:2 /target_devic => \"target_device\""},
    {"an_unknown_key_beside_a_missing_device", "{\"foo\": 1, \"include_cle\": true}",
	"QS204 1:1 (root)\n"
	"QS201 1:2 /foo"},
    {"no_key_of_ours_at_all", "{\"foo\": 1, \"bar\": 2}", "QS200 1:2 (root)"},
    {"one_key_that_is_nearly_ours", "{\"foo\": 1, \"target_devise\": \"CPU\"}",
	"QS201 1:2 /foo\n"
	"QS201 1:12 /target_devise => \"target_device\""},
    {"a_parameter_at_the_top_is_nearly_ours", "{\"bit_width\": 8}",
	"QS204 1:1 (root)\n"
	"QS201 1:2 /bit_width"},
    {"a_config_of_another_tool_is_said_once", "{\"x\": 1, \"bits\": 4, \"group_size\": 128}",
	"QS220 1:10 /bits"},
    {"a_calibration_result_is_said_once",
	"{\"param\": {}, \"output\": {}, \"input\": {}, \"fast_finetune\": null}",
	"QS221 1:2 /param"},
    {"a_key_with_a_word_tells_a_family", "{\"quant_method\": \"awq\", \"zero_point\": true}",
	"QS220 1:2 /quant_method"},
    {"what_has_a_key_of_ours_is_ours",
	"{\"bits\": 4, \"group_size\": 128, \"target_device\": \"CPU\"}",
	"QS201 1:2 /bits\n"
	"QS201 1:13 /group_size"},
    {"another_tools_word_for_a_value",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"MinMax\"}}",
	"QS203 1:64 /overall_quantize_config/method => \"maxmin\""},
    {"another_tools_word_for_a_key",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"num_bits\": 8}}",
	"QS201 1:54 /overall_quantize_config/num_bits => \"bit_width\""},
    {"an_unknown_device", "{\"target_device\": \"TPU\"}", "QS203 1:19 /target_device => \"DPU\""},
    {"a_device_in_lower_case", "{\"target_device\": \"cpu\"}",
	"QS203 1:19 /target_device => \"CPU\""},
    {"a_device_that_is_no_string", "{\"target_device\": 3}", "QS202 1:19 /target_device"},
    {"a_device_that_is_null", "{\"target_device\": null}", "QS202 1:19 /target_device"},
    {"a_device_that_is_broken", "{\"target_device\": DPU}", "QS106 1:19 => \"DPU\""},
    {"unknown_keys_have_near_ones",
	"{\"target_device\": \"DPU\", \"include_cel\": true, \"overall_quantise_config\": "
	"{}, \"comment\": \"x\"}",
	"QS201 1:26 /include_cel => \"include_cle\"\n"
	"QS201 1:47 /overall_quantise_config => \"overall_quantize_config\"\n"
	"QS201 1:78 /comment"},
    {"keys_with_blanks_around_them", "{\"target_device\": \"DPU\", \" include_cle \": true}",
	"QS201 1:26 / include_cle  => \"include_cle\""},
    {"keys_in_another_case", "{\"target_device\": \"DPU\", \"Include_CLE\": true}",
	"QS201 1:26 /Include_CLE => \"include_cle\""},
    {"a_long_key_is_clipped",
	"{\"target_device\": \"DPU\", "
	"\"ééééééééééééééééééé"
	"éééééééééééééééééééééééééé\": 1}",
	"QS201 1:26 /ééééééééééééééééééé"
	"éééééééééééééééééééééééééé"},
    {"switches_are_booleans",
	"{\"target_device\": \"CPU\", \"include_cle\": 1, \"include_bias_corr\": \"true\", "
	"\"convert_relu6_to_relu\": null}",
	"QS202 1:41 /include_cle => true\n"
	"QS202 1:65 /include_bias_corr => true\n"
	"QS202 1:98 /convert_relu6_to_relu"},
    {"reserved_switches_have_no_effect",
	"{\"target_device\": \"CPU\", \"keep_first_last_layer_accuracy\": true, "
	"\"keep_add_layer_accuracy\": false}",
	"QS409 1:26 /keep_first_last_layer_accuracy => (nothing)"},
    {"the_opset_is_an_integer", "{\"target_device\": \"CPU\", \"onnx_opset_version\": 13.0}",
	"QS202 1:48 /onnx_opset_version => 13"},
    {"the_opset_has_limits", "{\"target_device\": \"CPU\", \"onnx_opset_version\": 0}",
	"QS203 1:48 /onnx_opset_version"},
    {"an_opset", "{\"target_device\": \"CPU\", \"onnx_opset_version\": 17}", ""},
    {"the_tool_ignores_the_list_of_kinds",
	"{\"target_device\": \"CPU\", \"quantizable_data_type\": [\"weights\"]}",
	"QS408 1:26 /quantizable_data_type"},
    {"the_whole_list_of_kinds_is_silent",
	"{\"target_device\": \"CPU\", \"quantizable_data_type\": [\"input\", \"weights\", "
	"\"bias\", \"activation\"]}",
	""},
    {"the_list_of_kinds_is_a_list",
	"{\"target_device\": \"CPU\", \"quantizable_data_type\": \"weights\"}",
	"QS202 1:51 /quantizable_data_type"},
    {"unknown_kinds",
	"{\"target_device\": \"CPU\", \"quantizable_data_type\": [\"input\", \"weight\", "
	"\"bias\", \"activation\", 3]}",
	"QS203 1:61 /quantizable_data_type/1 => \"weights\"\n"
	"QS202 1:93 /quantizable_data_type/4"},
    {"a_block_is_an_object", "{\"target_device\": \"CPU\", \"overall_quantize_config\": []}",
	"QS202 1:53 /overall_quantize_config"},
    {"tensor_blocks_are_an_object", "{\"target_device\": \"CPU\", \"tensor_quantize_config\": 5}",
	"QS202 1:52 /tensor_quantize_config"},
    {"a_block_of_a_kind_is_an_object",
	"{\"target_device\": \"CPU\", \"tensor_quantize_config\": {\"weights\": true}}",
	"QS202 1:64 /tensor_quantize_config/weights"},
    {"an_unknown_kind_of_block",
	"{\"target_device\": \"CPU\", \"tensor_quantize_config\": {\"weight\": "
	"{\"bit_width\": 4}}}",
	"QS201 1:53 /tensor_quantize_config/weight => \"weights\""},
    {"layer_entries_are_a_list", "{\"target_device\": \"CPU\", \"layer_quantize_config\": {}}",
	"QS202 1:51 /layer_quantize_config"},
    {"no_entries_are_fine", "{\"target_device\": \"CPU\", \"layer_quantize_config\": []}", ""},
    {"null_where_an_object_is_expected",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": null}",
	"QS202 1:53 /overall_quantize_config"},
};

static const struct row values[] = {
    {"an_unknown_parameter",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_widht\": 8}}",
	"QS201 1:54 /overall_quantize_config/bit_widht => \"bit_width\""},
    {"a_parameter_of_nothing_near",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"zzz\": 8}}",
	"QS201 1:54 /overall_quantize_config/zzz"},
    {"a_parameter_that_is_null",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": null, "
	"\"method\": null}}",
	"QS207 1:67 /overall_quantize_config/bit_width => (nothing)\n"
	"QS207 1:83 /overall_quantize_config/method => (nothing)"},
    {"bits_that_are_a_real",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": 8.0}}",
	"QS202 1:67 /overall_quantize_config/bit_width => 8"},
    {"bits_that_are_a_string",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": \"8\"}}",
	"QS202 1:67 /overall_quantize_config/bit_width => 8"},
    {"bits_that_are_true",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": true}}",
	"QS202 1:67 /overall_quantize_config/bit_width"},
    {"bits_that_are_a_list",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": []}}",
	"QS202 1:67 /overall_quantize_config/bit_width"},
    {"zero_bits", "{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": 0}}",
	"QS203 1:67 /overall_quantize_config/bit_width"},
    {"too_many_bits",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": 33}}",
	"QS203 1:67 /overall_quantize_config/bit_width"},
    {"negative_bits",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": -8}}",
	"QS203 1:67 /overall_quantize_config/bit_width"},
    {"bits_that_64_bits_hold",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": "
	"9007199254740993}}",
	"QS203 1:67 /overall_quantize_config/bit_width"},
    {"bits_beyond_64_bits",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": "
	"99999999999999999999}}",
	"QS109 1:67"},
    {"a_method_that_is_misspelt",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"method\": \"max-min\"}}",
	"QS203 1:64 /overall_quantize_config/method => \"maxmin\""},
    {"a_method_that_is_empty",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"method\": \"\"}}",
	"QS203 1:64 /overall_quantize_config/method"},
    {"a_method_that_is_a_number",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"method\": 0}}",
	"QS202 1:64 /overall_quantize_config/method"},
    {"a_word_of_another_parameter",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"round_mode\": \"mse\"}}",
	"QS203 1:68 /overall_quantize_config/round_mode"},
    {"a_switch_that_is_an_integer",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": 1}}",
	"QS202 1:66 /overall_quantize_config/symmetry => true"},
    {"a_switch_that_is_a_word",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": \"true\"}}",
	"QS202 1:66 /overall_quantize_config/symmetry => true"},
    {"a_percentage_of_zero",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": 0.0}}",
	"QS203 1:68 /overall_quantize_config/percentage"},
    {"a_percentage_above_all",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": 100.1}}",
	"QS203 1:68 /overall_quantize_config/percentage"},
    {"a_percentage_that_is_a_string",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": \"99\"}}",
	"QS202 1:68 /overall_quantize_config/percentage => 99.0"},
    {"a_datatype_that_is_unknown",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"datatype\": \"int8\"}}",
	"QS203 1:66 /overall_quantize_config/datatype => \"int\""},
    {"a_broken_value_is_one_mistake",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"bit_width\": 08, "
	"\"method\": entropy, \"symmetry\": False}}",
	"QS108 1:67 => 8\n"
	"QS106 1:81 => \"entropy\"\n"
	"QS106 1:102 => false"},
    {"an_illegal_value_is_judged_by_no_rule",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"method\": \"foo\", "
	"\"bit_width\": \"16\", \"symmetry\": 0, \"scale_type\": 1}}",
	"QS203 1:64 /overall_quantize_config/method\n"
	"QS202 1:84 /overall_quantize_config/bit_width => 16\n"
	"QS202 1:102 /overall_quantize_config/symmetry => false\n"
	"QS202 1:119 /overall_quantize_config/scale_type"},
};

static const struct row percentages[] = {
    {"a_whole_percentage_needs_a_point",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
	"\"percentile\", \"scale_type\": \"float\", \"calib_statistic_method\": \"max\", "
	"\"percentage\": 100}}",
	"QS202 1:148 /overall_quantize_config/percentage => 100.0"},
    {"with_a_point_it_passes",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
	"\"percentile\", \"scale_type\": \"float\", \"calib_statistic_method\": \"max\", "
	"\"percentage\": 100.0}}",
	""},
    {"a_whole_percentage_without_percentile",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": 99}}",
	"QS404 1:54 /overall_quantize_config/percentage => (nothing)"},
    {"a_percentage_without_percentile",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": 99.9}}",
	"QS404 1:54 /overall_quantize_config/percentage => (nothing)"},
    {"the_point_matters_where_percentile_counts",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"maxmin\", "
	"\"scale_type\": \"float\", \"calib_statistic_method\": \"max\", \"percentage\": "
	"99}, \"tensor_quantize_config\": {\"activation\": {\"method\": \"percentile\"}}}",
	"QS404 1:130 /overall_quantize_config/percentage => (nothing)\n"
	"QS405 1:176 /tensor_quantize_config/activation"},
    {"a_block_of_percentile_without_percentage_resets_it",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
	"\"percentile\", \"scale_type\": \"float\", \"calib_statistic_method\": \"max\", "
	"\"percentage\": 99.0}, \"tensor_quantize_config\": {\"activation\": "
	"{\"round_mode\": \"half_even\"}}}",
	"QS405 1:182 /tensor_quantize_config/activation"},
    {"the_default_is_not_reset",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
	"\"percentile\", \"scale_type\": \"float\", \"calib_statistic_method\": \"max\"}, "
	"\"tensor_quantize_config\": {\"activation\": {\"round_mode\": \"half_even\"}}}",
	""},
    {"a_null_percentage_is_not_given",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
	"\"percentile\", \"scale_type\": \"float\", \"calib_statistic_method\": \"max\", "
	"\"percentage\": null}}",
	"QS207 1:148 /overall_quantize_config/percentage => (nothing)"},
};

static const struct row entries[] = {
    {"by_type",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": "
	"\"Conv2d\", \"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": "
	"{\"weights\": {\"bit_width\": 4}}}]}",
	""},
    {"by_name_with_a_null_type",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": null, "
	"\"layer_name\": \"conv1\", \"quantizable_data_type\": [\"weights\"]}]}",
	""},
    {"by_both",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": "
	"\"Conv2d\", \"layer_name\": \"conv1\", \"quantizable_data_type\": [\"weights\"]}]}",
	"QS205 1:77 /layer_quantize_config/0/layer_name"},
    {"by_none",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": "
	"[{\"quantizable_data_type\": [\"weights\"]}]}",
	"QS205 1:52 /layer_quantize_config/0"},
    {"by_two_nulls",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": null, "
	"\"layer_name\": null, \"quantizable_data_type\": [\"weights\"]}]}",
	"QS205 1:52 /layer_quantize_config/0"},
    {"by_a_misspelt_name",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_nam\": \"conv1\", "
	"\"quantizable_data_type\": [\"weights\"]}]}",
	"QS201 1:53 /layer_quantize_config/0/layer_nam => \"layer_name\""},
    {"by_an_empty_name",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": \"\", "
	"\"quantizable_data_type\": [\"weights\"]}]}",
	"QS205 1:67 /layer_quantize_config/0/layer_name"},
    {"by_a_number",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": 3, "
	"\"quantizable_data_type\": [\"weights\"]}]}",
	"QS205 1:67 /layer_quantize_config/0/layer_name"},
    {"by_a_broken_name",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": conv1, "
	"\"quantizable_data_type\": [\"weights\"]}]}",
	"QS106 1:67 => \"conv1\""},
    {"without_kinds",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\"}]}",
	"QS204 1:52 /layer_quantize_config/0"},
    {"with_misspelt_kinds",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_types\": [\"weights\"]}]}",
	"QS201 1:76 /layer_quantize_config/0/quantizable_data_types => "
	"\"quantizable_data_type\""},
    {"with_no_kind",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": []}]}",
	"QS412 1:101 /layer_quantize_config/0/quantizable_data_type"},
    {"with_an_unknown_kind",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": [\"result\"]}]}",
	"QS203 1:102 /layer_quantize_config/0/quantizable_data_type/0"},
    {"with_kinds_that_are_no_list",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": \"weights\"}]}",
	"QS202 1:101 /layer_quantize_config/0/quantizable_data_type"},
    {"an_unknown_key",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": [\"weights\"], \"bit_width\": 4}]}",
	"QS201 1:114 /layer_quantize_config/0/bit_width"},
    {"no_object", "{\"target_device\": \"CPU\", \"layer_quantize_config\": [\"conv1\", null]}",
	"QS202 1:52 /layer_quantize_config/0\n"
	"QS202 1:61 /layer_quantize_config/1"},
    {"a_pattern_is_not_portable",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"re:conv[12]\", \"quantizable_data_type\": [\"weights\"]}]}",
	"QS410 1:67 /layer_quantize_config/0/layer_name"},
    {"a_pattern_that_is_no_expression",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"re:conv[\", \"quantizable_data_type\": [\"weights\"]}]}",
	"QS206 1:67 /layer_quantize_config/0/layer_name"},
    {"re_colon_alone_is_a_name",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": \"re:\", "
	"\"quantizable_data_type\": [\"weights\"]}]}",
	""},
    {"a_pattern_beyond_ASCII",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"re:é+\", \"quantizable_data_type\": [\"weights\"]}]}",
	"QS410 1:67 /layer_quantize_config/0/layer_name"},
    {"a_block_for_a_kind_that_is_not_listed",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": "
	"{\"bias\": {\"bit_width\": 4}}}]}",
	"QS401 1:141 /layer_quantize_config/0/tensor_quantize_config/bias => (nothing)"},
    {"a_partial_overall_block",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": [\"weights\"], \"overall_quantize_config\": "
	"{\"bit_width\": 4}}]}",
	"QS406 1:114 /layer_quantize_config/0/overall_quantize_config"},
    {"a_whole_overall_block",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"maxmin\", "
	"\"scale_type\": \"float\", \"calib_statistic_method\": \"max\"}, "
	"\"layer_quantize_config\": [{\"layer_name\": \"conv1\", \"quantizable_data_type\": "
	"[\"weights\", \"input\"], \"overall_quantize_config\": {\"bit_width\": 4, "
	"\"method\": \"maxmin\", \"round_mode\": \"half_even\", \"symmetry\": true, "
	"\"per_channel\": false, \"signed\": true, \"narrow_range\": false, \"scale_type\": "
	"\"float\", \"calib_statistic_method\": \"max\"}}]}",
	""},
    {"the_same_selector_again",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"conv1\", \"quantizable_data_type\": [\"weights\"]}, {\"layer_name\": \"conv1\", "
	"\"quantizable_data_type\": [\"bias\"]}]}",
	"QS402 1:67 /layer_quantize_config/0/layer_name => (nothing)"},
    {"the_same_selector_three_times",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"weights\"]}, {\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"bias\"]}, {\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"bias\"]}]}",
	"QS402 1:67 /layer_quantize_config/0/layer_name => (nothing)\n"
	"QS402 1:126 /layer_quantize_config/1/layer_name => (nothing)"},
    {"types_are_compared_by_their_last_part",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": "
	"\"torch.nn.Conv2d\", \"quantizable_data_type\": [\"weights\"]}, {\"layer_type\": "
	"\"Conv2d\", \"quantizable_data_type\": [\"weights\"]}]}",
	"QS402 1:67 /layer_quantize_config/0/layer_type => (nothing)"},
    {"a_name_and_a_type_are_two_selectors",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"Conv2d\", \"quantizable_data_type\": [\"weights\"]}, {\"layer_type\": \"Conv2d\", "
	"\"quantizable_data_type\": [\"weights\"]}]}",
	""},
    {"a_conflict_in_an_entry_that_does_not_count",
	"{\"target_device\": \"DPU\", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": {\"weights\": "
	"{\"symmetry\": false}}}, {\"layer_name\": \"a\", \"quantizable_data_type\": "
	"[\"weights\"]}]}",
	"QS402 1:67 /layer_quantize_config/0/layer_name => (nothing)"},
    {"a_bad_value_in_an_entry_that_does_not_count",
	"{\"target_device\": \"DPU\", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": {\"weights\": "
	"{\"symmetry\": 3}}}, {\"layer_name\": \"a\", \"quantizable_data_type\": "
	"[\"weights\"]}]}",
	"QS402 1:67 /layer_quantize_config/0/layer_name => (nothing)\n"
	"QS202 1:161 /layer_quantize_config/0/tensor_quantize_config/weights/symmetry"},
    {"a_bad_value_in_an_entry_that_selects_nothing",
	"{\"target_device\": \"DPU\", \"layer_quantize_config\": "
	"[{\"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": "
	"{\"weights\": {\"symmetry\": false, \"bit_width\": 0}}}]}",
	"QS205 1:52 /layer_quantize_config/0\n"
	"QS203 1:162 /layer_quantize_config/0/tensor_quantize_config/weights/bit_width"},
};

static const struct row effects[] = {
    {"what_every_kind_overrides",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 8}, "
	"\"tensor_quantize_config\": {\"input\": {\"bit_width\": 4}, \"weights\": "
	"{\"bit_width\": 4}, \"bias\": {\"bit_width\": 4}, \"activation\": {\"bit_width\": "
	"4}}}",
	"QS411 1:54 /overall_quantize_config/bit_width => (nothing)"},
    {"what_one_kind_does_not",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 8}, "
	"\"tensor_quantize_config\": {\"input\": {\"bit_width\": 4}, \"weights\": "
	"{\"bit_width\": 4}, \"bias\": {\"bit_width\": 4}}}",
	""},
    {"parameters_of_floats",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"datatype\": "
	"\"bfloat16\", \"bit_width\": 4, \"method\": \"mse\"}}",
	"QS403 1:78 /overall_quantize_config/bit_width => (nothing)"},
    {"a_batch_statistic_of_weights",
	"{\"target_device\": \"CPU\", \"tensor_quantize_config\": {\"weights\": "
	"{\"calib_statistic_method\": \"modal\"}}}",
	"QS407 1:65 /tensor_quantize_config/weights/calib_statistic_method => (nothing)"},
    {"an_overall_block_that_an_entry_hides",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"weights\"], \"overall_quantize_config\": "
	"{\"bit_width\": 8, \"method\": \"maxmin\", \"round_mode\": \"half_even\", "
	"\"symmetry\": true, \"per_channel\": false, \"signed\": true, \"narrow_range\": "
	"false, \"scale_type\": \"poweroftwo\", \"calib_statistic_method\": \"modal\"}, "
	"\"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}}}]}",
	"QS411 1:138 /layer_quantize_config/0/overall_quantize_config/bit_width => (nothing)"},
    {"a_null_overrides_nothing",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 4}, "
	"\"tensor_quantize_config\": {\"input\": {\"bit_width\": null}}}",
	"QS207 1:121 /tensor_quantize_config/input/bit_width => (nothing)"},
};

static const struct row duplicates[] = {
    {"the_last_of_equal_keys_counts",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": false, "
	"\"symmetry\": true}}",
	"QS110 1:73 /overall_quantize_config/symmetry => (nothing)"},
    {"the_first_of_equal_sections_is_not_read",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 999}, "
	"\"overall_quantize_config\": {\"bit_width\": 4}}",
	"QS110 1:73 /overall_quantize_config => (nothing)"},
    {"an_effect_of_the_first_is_not",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": 9.5}, "
	"\"overall_quantize_config\": {\"bit_width\": 4}}",
	"QS110 1:74 /overall_quantize_config => (nothing)"},
};

static const struct row conflicts[] = {
    {"kinds_of_one_cause_are_one_finding",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": false}}",
	"QS302 1:66 /overall_quantize_config/symmetry => true"},
    {"kinds_of_two_causes_are_two",
	"{\"target_device\": \"DPU\", \"tensor_quantize_config\": {\"weights\": "
	"{\"symmetry\": false}, \"bias\": {\"symmetry\": false}}}",
	"QS302 1:77 /tensor_quantize_config/weights/symmetry => true\n"
	"QS302 1:106 /tensor_quantize_config/bias/symmetry => true"},
    {"an_entry_is_not_told_what_it_inherits",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": false}, "
	"\"layer_quantize_config\": [{\"layer_name\": \"a\", \"quantizable_data_type\": "
	"[\"weights\"], \"tensor_quantize_config\": {\"weights\": {\"round_mode\": "
	"\"std_round\"}}}]}",
	"QS302 1:66 /overall_quantize_config/symmetry => true"},
    {"an_entry_is_told_what_it_adds",
	"{\"target_device\": \"DPU\", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"weights\"], \"tensor_quantize_config\": {\"weights\": "
	"{\"method\": \"mse\"}}}]}",
	"QS303 1:159 /layer_quantize_config/0/tensor_quantize_config/weights/method"},
    {"a_default_can_be_the_cause",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"scale_type\": "
	"\"float\", \"calib_statistic_method\": \"max\"}}",
	"QS331 1:68 /overall_quantize_config/scale_type"},
    {"floats_have_no_conflicts",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"datatype\": "
	"\"float16\", \"symmetry\": false}}",
	"QS311 1:66 /overall_quantize_config/datatype\n"
	"QS403 1:77 /overall_quantize_config/symmetry => (nothing)"},
    {"widths_of_DPU_biases_and_activations",
	"{\"target_device\": \"DPU\", \"tensor_quantize_config\": {\"bias\": {\"bit_width\": "
	"16}}}",
	"QS301 1:75 /tensor_quantize_config/bias/bit_width\n"
	"QS310 1:75 /tensor_quantize_config/bias/bit_width"},
    {"an_entry_that_leaves_out_the_bias",
	"{\"target_device\": \"DPU\", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
	"\"quantizable_data_type\": [\"activation\"], \"tensor_quantize_config\": "
	"{\"activation\": {\"bit_width\": 16}}}]}",
	"QS310 1:168 /layer_quantize_config/0/tensor_quantize_config/activation/bit_width"},
    {"DPU_refuses_the_narrow_range_of_its_manual",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"narrow_range\": true}}",
	"QS306 1:70 /overall_quantize_config/narrow_range => false"},
};

static const struct row syntax[] = {
    {"a_text_that_ends_too_early_is_not_a_missing_device",
	"{\"overall_quantize_config\": {\"bit_width\": 8", "QS116 1:44"},
    {"a_text_that_ends_behind_a_brace",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 8}",
	"QS116 1:69"},
    {"no_JSON_at_all", "target_device: CPU", "QS101 1:1"},
    {"a_syntax_error_and_a_bad_value",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 0,}}",
	"QS203 1:67 /overall_quantize_config/bit_width\n"
	"QS104 1:68 => (nothing)"},
    {"a_key_in_single_quotes_that_is_misspelt", "{'target_devise': \"CPU\"}",
	"QS105 1:2 => \"target_devise\"\n"
	"QS201 1:2 /target_devise => \"target_device\""},
};

/* ---- what a policy says ---------------------------------------------------------------------- */

static void switches_have_the_defaults_of_the_tool(void **state)
{
	struct qs_source *source = source_of("{\"target_device\": \"GPU\"}");
	struct qs_policy *policy = policy_of(source, "");

	(void)state;
	assert_int_equal(qs_policy_device(policy), QS_DEVICE_GPU);
	assert_true(qs_policy_switch(policy, QS_SWITCH_INCLUDE_CLE));
	assert_true(qs_policy_switch(policy, QS_SWITCH_INCLUDE_BIAS_CORR));
	assert_false(qs_policy_switch(policy, QS_SWITCH_CONVERT_RELU6_TO_RELU));
	assert_int_equal(qs_policy_opset(policy), 0);
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		assert_true(qs_policy_quantizes(policy, (enum qs_tensor)t));
	qs_policy_free(policy);
	qs_source_free(source);
}

static void switches_are_what_the_config_says(void **state)
{
	struct qs_source *source =
	    source_of("{\"include_cle\": false, \"include_bias_corr\": false, "
		      "\"convert_relu6_to_relu\": true,\n"
		      "\"change_pool_input_fix\": true, \"onnx_opset_version\": 17, "
		      "\"target_device\": \"CPU\",\n"
		      "\"quantizable_data_type\": [\"weights\", \"bias\"]}");
	struct qs_policy *policy = policy_of(source, "QS408 3:1 /quantizable_data_type");

	(void)state;
	assert_false(qs_policy_switch(policy, QS_SWITCH_INCLUDE_CLE));
	assert_false(qs_policy_switch(policy, QS_SWITCH_INCLUDE_BIAS_CORR));
	assert_true(qs_policy_switch(policy, QS_SWITCH_CONVERT_RELU6_TO_RELU));
	assert_true(qs_policy_switch(policy, QS_SWITCH_CHANGE_POOL_INPUT_FIX));
	assert_false(qs_policy_switch(policy, QS_SWITCH_CHANGE_CONCAT_INPUT_FIX));
	assert_int_equal(qs_policy_opset(policy), 17);
	assert_true(qs_policy_quantizes(policy, QS_TENSOR_WEIGHTS));
	assert_false(qs_policy_quantizes(policy, QS_TENSOR_ACTIVATION));
	qs_policy_free(policy);
	qs_source_free(source);
}

/* Whatever the order in the file: default, overall, tensor. */
static void blocks_lie_over_blocks(void **state)
{
	struct qs_source *source =
	    source_of("{\"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}},\n"
		      "\"overall_quantize_config\": {\"bit_width\": 6, \"narrow_range\": true},\n"
		      "\"target_device\": \"CPU\"}");
	struct qs_policy *policy = policy_of(source, "");
	const struct qs_spec weights = qs_policy_model_spec(policy, QS_TENSOR_WEIGHTS);
	const struct qs_spec bias = qs_policy_model_spec(policy, QS_TENSOR_BIAS);
	const struct qs_spec activation = qs_policy_model_spec(policy, QS_TENSOR_ACTIVATION);

	(void)state;
	assert_int_equal(weights.bit_width, 4);
	assert_int_equal(bias.bit_width, 6);
	assert_true(weights.narrow_range && bias.narrow_range);
	assert_int_equal(bias.round_mode, QS_ROUND_MODE_STD_ROUND);
	assert_int_equal(activation.round_mode, QS_ROUND_MODE_HALF_UP);
	qs_policy_free(policy);
	qs_source_free(source);
}

/* The tool takes the percentage of the block that it applies, or 99.99. */
static void percentages_come_from_the_last_block(void **state)
{
	struct qs_source *source =
	    source_of("{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": "
		      "\"percentile\",\n"
		      "\"scale_type\": \"float\", \"calib_statistic_method\": \"max\", "
		      "\"percentage\": 99.0},\n"
		      "\"tensor_quantize_config\": {\"activation\": {\"bit_width\": 4},\n"
		      "\"weights\": {\"percentage\": 98.5}}}");
	struct qs_policy *policy =
	    policy_of(source, "QS405 3:28 /tensor_quantize_config/activation");

	(void)state;
	assert_true(qs_policy_model_spec(policy, QS_TENSOR_INPUT).percentage == 99.0);
	assert_true(qs_policy_model_spec(policy, QS_TENSOR_ACTIVATION).percentage == 99.99);
	assert_true(qs_policy_model_spec(policy, QS_TENSOR_WEIGHTS).percentage == 98.5);
	qs_policy_free(policy);
	qs_source_free(source);
}

/* A config of `n` entries, each of its own name. */
static struct qs_source *many_entries(size_t n)
{
	struct qs_text text = QS_TEXT_INIT;
	struct qs_source *source;

	qs_text_adds(&text, "{\"target_device\": \"CPU\", \"layer_quantize_config\": [");
	for (size_t i = 0; i < n; i++)
		qs_text_addf(&text,
		    "%s{\"layer_name\":\"n%zu\",\"quantizable_data_type\":[\"weights\"]}",
		    i ? ",\n" : "\n", i);
	qs_text_adds(&text, "]}");
	source = source_of(text.data);
	qs_text_done(&text);
	return source;
}

static void entries_have_a_limit(void **state)
{
	struct qs_source *source = many_entries(QS_ENTRY_LIMIT);
	struct qs_policy *policy = policy_of(source, "");

	(void)state;
	qs_policy_free(policy);
	qs_source_free(source);
	source = many_entries(QS_ENTRY_LIMIT + 1);
	assert_null(policy_of(source, "QS208 1:26 /layer_quantize_config"));
	qs_source_free(source);
}

/* Tens of thousands of findings on one line do not take for ever. */
static void a_minified_config_of_mistakes_is_told_in_time(void **state)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT, told = QS_TEXT_INIT;
	struct qs_policy *policy;
	struct qs_source *source;

	(void)state;
	qs_text_adds(&text, "{\"target_device\": \"CPU\", \"layer_quantize_config\": [");
	for (size_t i = 0; i < 30000; i++)
		qs_text_addf(&text,
		    "%s{\"layer_name\":\"n%zu\",\"quantizable_data_types\":[\"weights\"]}",
		    i ? "," : "", i);
	qs_text_adds(&text, "]}");
	source = source_of(text.data);
	assert_int_equal(qs_policy_read(source, findings, &policy), QS_INVALID);
	assert_int_equal(qs_findings_count(findings), QS_FINDINGS_LIMIT);
	assert_int_equal(qs_findings_total(findings, QS_SEVERITY_ERROR), 30000);
	assert_int_equal(qs_findings_write_json(findings, 1, QS_SEVERITY_INFO, &told), QS_OK);
	qs_text_done(&told);
	qs_text_done(&text);
	qs_findings_free(findings);
	qs_source_free(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(switches_have_the_defaults_of_the_tool),
	    cmocka_unit_test(switches_are_what_the_config_says),
	    cmocka_unit_test(blocks_lie_over_blocks),
	    cmocka_unit_test(percentages_come_from_the_last_block),
	    cmocka_unit_test(entries_have_a_limit),
	    cmocka_unit_test(a_minified_config_of_mistakes_is_told_in_time),
	};
	int n_failed = cmocka_run_group_tests_name("policy", tests, NULL, NULL);

	n_failed += RUN_ROWS("policy: documents", documents, expect_config_findings);
	n_failed += RUN_ROWS("policy: values", values, expect_config_findings);
	n_failed += RUN_ROWS("policy: percentages", percentages, expect_config_findings);
	n_failed += RUN_ROWS("policy: entries", entries, expect_config_findings);
	n_failed += RUN_ROWS("policy: effects", effects, expect_config_findings);
	n_failed += RUN_ROWS("policy: duplicates", duplicates, expect_config_findings);
	n_failed += RUN_ROWS("policy: conflicts", conflicts, expect_config_findings);
	n_failed += RUN_ROWS("policy: syntax", syntax, expect_config_findings);
	return n_failed;
}
