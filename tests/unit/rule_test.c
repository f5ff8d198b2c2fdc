/* SPDX-License-Identifier: Apache-2.0 */
/* Device rules: a config for every rule, and what a rule set has to be. */
#include "policy/rule.h"

#include <string.h>

#include "tests/unit/expect.h"

/* A rule and a block that breaks it: of weights, when it is about them, else of the whole model. */
static const struct {
	const char *code, *device, *block, *parameters;
} rows[] = {
    {"QS301", "DPU", "activation", "\"bit_width\": 16"},
    {"QS302", "DPU", "input", "\"symmetry\": false"},
    {"QS303", "DPU", "weights", "\"method\": \"mse\""},
    {"QS304", "DPU", "weights", "\"per_channel\": true"},
    {"QS305", "DPU", "bias", "\"scale_type\": \"float\""},
    {"QS306", "DPU", "weights", "\"narrow_range\": true"},
    {"QS307", "DPU", "activation", "\"calib_statistic_method\": \"max\""},
    {"QS308", "DPU", "activation", "\"round_mode\": \"std_round\""},
    {"QS309", "DPU", "bias", "\"round_mode\": \"half_up\""},
    {"QS310", "DPU", "weights", "\"bit_width\": 4"},
    {"QS321", "CPU", "activation", "\"per_channel\": true"},
    {"QS322", "GPU", "weights",
	"\"per_channel\": true, \"scale_type\": \"float\", \"method\": \"mse\""},
    {"QS323", "CPU", "weights", "\"per_channel\": true, \"method\": \"entropy\""},
    {"QS324", "GPU", "weights", "\"per_channel\": true, \"symmetry\": false"},
    {"QS325", "CPU", "weights", "\"per_channel\": true, \"signed\": false"},
    {"QS331", "CPU", "bias", "\"scale_type\": \"float\", \"method\": \"diffs\""},
    {"QS332", "GPU", "input", "\"scale_type\": \"float\", \"method\": \"mse\""},
    {"QS333", "CPU", "bias", "\"scale_type\": \"float\", \"method\": \"mse\", \"symmetry\": false"},
    {"QS341", "GPU", "weights", "\"method\": \"percentile\""},
    {"QS342", "CPU", "input", "\"symmetry\": false"},
    {"QS343", "GPU", "activation", "\"signed\": false"},
    {"QS344", "CPU", "activation", "\"calib_statistic_method\": \"mean\""},
};
#define N_ROWS (sizeof(rows) / sizeof(*rows))

static bool has_code(const struct qs_findings *findings, const char *code)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		if (strcmp(qs_findings_at(findings, i)->code, code) == 0)
			return true;
	}
	return false;
}

/* Whether a config of one block has a finding of the code. */
static bool breaks(const char *device, size_t row)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	struct qs_policy *policy = NULL;
	struct qs_source *source;
	bool found;

	qs_text_addf(&text,
	    "{\"target_device\": \"%s\", \"tensor_quantize_config\": {\"%s\": {%s}}}", device,
	    rows[row].block, rows[row].parameters);
	source = source_of(text.data);
	(void)qs_policy_read(source, findings, &policy);
	found = has_code(findings, rows[row].code);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_text_done(&text);
	qs_findings_free(findings);
	return found;
}

static void load(struct qs_ruleset *ruleset)
{
	const char *problem;

	assert_int_equal(qs_ruleset_load(qs_builtin_rules, ruleset, &problem), QS_OK);
	assert_null(problem);
}

static void every_rule_is_reachable(void **state)
{
	struct qs_ruleset ruleset;

	(void)state;
	load(&ruleset);
	for (size_t i = 0; i < ruleset.n_rules; i++) {
		const char *code = ruleset.rules[i].kind.code;
		size_t row = 0;

		while (row < N_ROWS && strcmp(rows[row].code, code) != 0)
			row++;
		if (row == N_ROWS || !breaks(rows[row].device, row))
			fail_msg("no config breaks %s", code);
	}
	assert_int_equal(ruleset.n_rules, N_ROWS);
	qs_ruleset_done(&ruleset);
}

static void rules_hold_for_their_devices_only(void **state)
{
	struct qs_ruleset ruleset;

	(void)state;
	load(&ruleset);
	for (size_t row = 0; row < N_ROWS; row++) {
		for (int d = 0; d < QS_DEVICE__COUNT; d++) {
			const char *device = qs_device_words.words[d].word;

			assert_int_equal(breaks(device, row), ruleset.rules[row].devices >> d & 1);
		}
	}
	qs_ruleset_done(&ruleset);
}

static void built_in_rules_are_whole(void **state)
{
	struct qs_ruleset ruleset;

	(void)state;
	load(&ruleset);
	for (size_t i = 0; i < ruleset.n_rules; i++) {
		const struct qs_rule *rule = &ruleset.rules[i];

		assert_true(rule->devices && rule->tensors);
		assert_true(rule->hint[0] && rule->source[0]);
		assert_int_equal(strlen(rule->date), 10);
		assert_int_equal(strspn(rule->kind.name, "abcdefghijklmnopqrstuvwxyz-"),
		    strlen(rule->kind.name));
		assert_true(i == 0 || strcmp(ruleset.rules[i - 1].kind.code, rule->kind.code) < 0);
	}
	qs_ruleset_done(&ruleset);
}

#define HEAD "{\"rules\": [{\"code\": \"QS399\", \"name\": \"x\", \"severity\": \"error\", "
#define TAIL "\"hint\": \"h\", \"source\": \"s\", \"date\": \"2024-01-01\"}]}"
#define SCOPE "\"devices\": [\"CPU\"], \"tensors\": [\"weights\"], "

static void a_rule_set_that_is_wrong_is_refused(void **state)
{
	static const char *const texts[] = {
	    "",
	    "7",
	    "{",
	    "{\"rules\": 3}",
	    "{\"rules\": [3]}",
	    "{\"rules\": [{}]}",
	    HEAD SCOPE "\"when\": {}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {}, " TAIL,
	    HEAD SCOPE
	    "\"when\": {}, \"require\": {\"bit_width\": [8], \"method\": [\"mse\"]}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"bits\": [8]}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"bit_width\": 8}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"bit_width\": [64]}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"bit_width\": [\"8\"]}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"method\": [\"best\"]}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"symmetry\": [1]}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"percentage\": [99.0]}, " TAIL,
	    HEAD SCOPE
	    "\"when\": {}, \"require\": {\"bit_width\": {\"same_as\": \"output\"}}, " TAIL,
	    HEAD SCOPE "\"when\": {}, \"require\": {\"bits\": {\"same_as\": \"bias\"}}, " TAIL,
	    HEAD SCOPE "\"when\": {\"bits\": [8]}, \"require\": {\"bit_width\": [8]}, " TAIL,
	    HEAD "\"devices\": \"CPU\", \"tensors\": [\"weights\"], \"when\": {}, \"require\": "
		 "{\"bit_width\": [8]}, " TAIL,
	    HEAD "\"devices\": [\"TPU\"], \"tensors\": [\"weights\"], \"when\": {}, \"require\": "
		 "{\"bit_width\": [8]}, " TAIL,
	    HEAD SCOPE
	    "\"when\": {\"datatype\": [\"int\"], \"bit_width\": [8], \"method\": [\"mse\"], "
	    "\"symmetry\": [true], \"signed\": [true], \"per_channel\": [true], "
	    "\"scale_type\": [\"float\"]}, \"require\": {\"bit_width\": [8]}, " TAIL,
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct qs_ruleset ruleset;
		const char *problem = NULL;

		assert_int_equal(qs_ruleset_load(texts[i], &ruleset, &problem), QS_INVALID);
		assert_non_null(problem);
		qs_ruleset_done(&ruleset);
	}
}

static void a_rule_set_of_ones_own_is_loaded(void **state)
{
	static const char text[] = HEAD SCOPE
	    "\"when\": {\"datatype\": [\"int\"]}, \"require\": {\"bit_width\": [4, 8]}, " TAIL;
	struct qs_ruleset ruleset;
	const char *problem;

	(void)state;
	assert_int_equal(qs_ruleset_load(text, &ruleset, &problem), QS_OK);
	assert_int_equal(ruleset.n_rules, 1);
	assert_int_equal(ruleset.rules[0].devices, 1U << QS_DEVICE_CPU);
	assert_int_equal(ruleset.rules[0].tensors, 1U << QS_TENSOR_WEIGHTS);
	assert_int_equal(ruleset.rules[0].require.param, QS_PARAM_BIT_WIDTH);
	assert_int_equal(ruleset.rules[0].require.values, 1U << 4 | 1U << 8);
	assert_int_equal(ruleset.rules[0].n_when, 1);
	qs_ruleset_done(&ruleset);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_rule_is_reachable),
	    cmocka_unit_test(rules_hold_for_their_devices_only),
	    cmocka_unit_test(built_in_rules_are_whole),
	    cmocka_unit_test(a_rule_set_that_is_wrong_is_refused),
	    cmocka_unit_test(a_rule_set_of_ones_own_is_loaded),
	};

	return cmocka_run_group_tests_name("rule", tests, NULL, NULL);
}
