/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of parameters, words and keys: what every row has to be. */
#include "policy/param.h"

#include <string.h>

#include "tests/unit/data.h"

static struct qs_json_string string_of(const char *text)
{
	return (struct qs_json_string){text, (uint32_t)strlen(text)};
}

static void expect_sentence(const char *help)
{
	const size_t size = strlen(help);

	assert_true(size > 0 && size <= 100);
	assert_true(help[0] >= 'A' && help[0] <= 'Z');
	assert_int_equal(help[size - 1], '.');
}

static void keys_are_unique_and_lower_case(void **state)
{
	(void)state;
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)p);

		assert_true(info->key_size > 0);
		assert_int_equal(info->key_size, strlen(info->key));
		assert_int_equal(strspn(info->key, "abcdefghijklmnopqrstuvwxyz_"), info->key_size);
		assert_int_equal(qs_param_find(string_of(info->key)), p);
	}
	assert_int_equal(qs_param_find(string_of("bit_widht")), -1);
	assert_int_equal(qs_param_find(string_of("")), -1);
	assert_int_equal(qs_param_find(string_of("bit_width2")), -1);
}

static void help_is_one_sentence(void **state)
{
	static const char *const keys[] = {
#define KEY(PLACE, ID, key, SHAPE, versions, help) help,
#include "qstrata/keys.def"
#undef KEY
	};

	(void)state;
	for (int p = 0; p < QS_PARAM__COUNT; p++)
		expect_sentence(qs_param_info((enum qs_param)p)->help);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		expect_sentence(keys[i]);
}

static void the_newest_version_knows_every_parameter(void **state)
{
	(void)state;
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_versions versions = qs_param_info((enum qs_param)p)->versions;

		assert_true(versions.first <= versions.last);
		assert_true(qs_versions_have(versions, QS_TOOL_NEWEST));
	}
}

static void words_are_unique(void **state)
{
	(void)state;
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)p);

		assert_int_equal(info->kind == QS_KIND_CHOICE, info->set.n_words > 0);
		for (int w = 0; w < info->set.n_words; w++) {
			assert_int_equal(
			    qs_word_find(&info->set, string_of(info->set.words[w].word)), w);
			assert_true(strlen(info->set.words[w].meaning) > 0);
		}
	}
	for (int d = 0; d < QS_DEVICE__COUNT; d++)
		assert_int_equal(
		    qs_word_find(&qs_device_words, string_of(qs_device_words.words[d].word)), d);
	for (int t = 0; t < QS_TENSOR__COUNT; t++)
		assert_int_equal(
		    qs_word_find(&qs_tensor_words, string_of(qs_tensor_words.words[t].word)), t);
	assert_int_equal(qs_word_find(&qs_tensor_words, string_of("weight")), -1);
}

static bool is_legal(const struct qs_param_info *info, union qs_param_value value)
{
	switch (info->kind) {
	case QS_KIND_BOOL:
		return value.integer == 0 || value.integer == 1;
	case QS_KIND_INT:
		return value.integer >= info->least && value.integer <= info->most;
	case QS_KIND_REAL:
		return value.real > info->least && value.real <= info->most;
	case QS_KIND_CHOICE:
		break;
	}
	return value.integer >= 0 && value.integer < info->set.n_words;
}

/* A default is legal, and writing it gives the text of the table. */
static void every_default_round_trips(void **state)
{
	(void)state;
	for (int p = 0; p < QS_PARAM__COUNT; p++) {
		const struct qs_param_info *info = qs_param_info((enum qs_param)p);

		for (int t = 0; t < QS_TENSOR__COUNT; t++) {
			const bool own = t == QS_TENSOR_ACTIVATION && info->defaults[1][0];
			const union qs_param_value value =
			    qs_param_default((enum qs_param)p, (enum qs_tensor)t);
			struct qs_text text = QS_TEXT_INIT;

			assert_true(is_legal(info, value));
			qs_param_write((enum qs_param)p, value, &text);
			assert_string_equal(text.data, info->defaults[own]);
			qs_text_done(&text);
		}
	}
}

static void the_default_spec_is_that_of_the_manual(void **state)
{
	const struct qs_spec weights = qs_spec_default(QS_TENSOR_WEIGHTS);
	const struct qs_spec activation = qs_spec_default(QS_TENSOR_ACTIVATION);

	(void)state;
	assert_int_equal(weights.datatype, QS_DATATYPE_INT);
	assert_int_equal(weights.bit_width, 8);
	assert_int_equal(weights.method, QS_METHOD_DIFFS);
	assert_int_equal(weights.round_mode, QS_ROUND_MODE_STD_ROUND);
	assert_int_equal(activation.round_mode, QS_ROUND_MODE_HALF_UP);
	assert_true(weights.symmetry && weights.is_signed);
	assert_false(weights.per_channel || weights.narrow_range);
	assert_int_equal(weights.scale_type, QS_SCALE_TYPE_POWEROFTWO);
	assert_int_equal(activation.statistic, QS_STATISTIC_MODAL);
	assert_true(weights.percentage == 99.99);
}

static void only_observed_tensors_have_a_batch_statistic(void **state)
{
	(void)state;
	for (int t = 0; t < QS_TENSOR__COUNT; t++) {
		const bool observed = t == QS_TENSOR_INPUT || t == QS_TENSOR_ACTIVATION;

		assert_int_equal(qs_param_applies(QS_PARAM_STATISTIC, (enum qs_tensor)t), observed);
		assert_true(qs_param_applies(QS_PARAM_BIT_WIDTH, (enum qs_tensor)t));
	}
}

static void integer_ranges_follow_sign_and_symmetry(void **state)
{
	static const struct {
		int bits;
		bool is_signed, symmetry, narrow;
		int64_t min, max;
	} rows[] = {
	    {8, true, true, false, -128, 127},
	    {8, true, true, true, -127, 127},
	    {8, true, false, false, 0, 255},
	    {8, false, true, false, 0, 255},
	    {8, false, false, true, 0, 255},
	    {1, true, true, false, -1, 0},
	    {1, false, true, false, 0, 1},
	    {4, true, true, false, -8, 7},
	    {32, true, true, false, -2147483648LL, 2147483647},
	    {32, false, true, false, 0, 4294967295LL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);
		struct qs_int_range range;

		spec.bit_width = rows[i].bits;
		spec.is_signed = rows[i].is_signed;
		spec.symmetry = rows[i].symmetry;
		spec.narrow_range = rows[i].narrow;
		range = qs_spec_int_range(&spec);
		assert_true(range.min == rows[i].min && range.max == rows[i].max);
	}
}

static void values_outside_have_no_word(void **state)
{
	(void)state;
	assert_string_equal(qs_datatype_word(QS_DATATYPE_BFLOAT16), "bfloat16");
	assert_string_equal(qs_method_word(QS_METHOD_MSE), "mse");
	assert_string_equal(qs_round_mode_word(QS_ROUND_MODE_HALF_UP), "half_up");
	assert_string_equal(qs_statistic_word(QS_STATISTIC_MEAN), "mean");
	assert_string_equal(qs_tensor_word(QS_TENSOR_BIAS), "bias");
	assert_null(qs_method_word(QS_METHOD__COUNT));
	assert_null(qs_tensor_word((enum qs_tensor) - 1));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(keys_are_unique_and_lower_case),
	    cmocka_unit_test(help_is_one_sentence),
	    cmocka_unit_test(the_newest_version_knows_every_parameter),
	    cmocka_unit_test(words_are_unique),
	    cmocka_unit_test(every_default_round_trips),
	    cmocka_unit_test(the_default_spec_is_that_of_the_manual),
	    cmocka_unit_test(only_observed_tensors_have_a_batch_statistic),
	    cmocka_unit_test(integer_ranges_follow_sign_and_symmetry),
	    cmocka_unit_test(values_outside_have_no_word),
	};

	return cmocka_run_group_tests_name("param", tests, NULL, NULL);
}
