/* SPDX-License-Identifier: Apache-2.0 */
/* The registry: what it holds, and what it refuses. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "numbers/registry.h"

static struct qs_registry *registry;
static struct qs_findings *findings;

static void expect_refusal(enum qs_status status, const char *part)
{
	const size_t n = qs_findings_count(findings);

	assert_int_equal(status, QS_INVALID);
	assert_true(n > 0);
	assert_string_equal(qs_findings_at(findings, n - 1)->code, "QS708");
	assert_non_null(strstr(qs_findings_at(findings, n - 1)->message, part));
}

static void every_word_of_a_config_has_its_plugin(void **state)
{
	(void)state;
	for (int i = 0; i < QS_DATATYPE__COUNT; i++)
		assert_non_null(
		    qs_registry_quantizer(registry, qs_datatype_word((enum qs_datatype)i)));
	for (int i = 0; i < QS_METHOD__COUNT; i++)
		assert_non_null(
		    qs_registry_calibrator(registry, qs_method_word((enum qs_method)i)));
	for (int i = 0; i < QS_ROUND_MODE__COUNT; i++)
		assert_non_null(
		    qs_registry_rounding(registry, qs_round_mode_word((enum qs_round_mode)i)));
}

static void an_unknown_name_finds_nothing(void **state)
{
	(void)state;
	assert_null(qs_registry_quantizer(registry, "int4x"));
	assert_null(qs_registry_calibrator(registry, "int"));
	assert_null(qs_registry_rounding(registry, NULL));
}

static void plugins_can_be_listed(void **state)
{
	size_t n = 0;

	(void)state;
	while (qs_registry_at(registry, QS_PLUGIN_CALIBRATOR, n))
		n++;
	assert_true(n >= QS_METHOD__COUNT);
	assert_string_equal(qs_registry_at(registry, QS_PLUGIN_QUANTIZER, 0)->name, "int");
}

static void a_foreign_plugin_stands_beside_the_builtin_ones(void **state)
{
	static const struct qs_rounding down = {
	    {QS_PLUGIN_ABI, "down", "toward minus infinity", NULL, 0}, floor};

	(void)state;
	assert_int_equal(qs_registry_add_rounding(registry, &down, findings), QS_OK);
	assert_ptr_equal(qs_registry_rounding(registry, "down"), &down);
	expect_refusal(qs_registry_add_rounding(registry, &down, findings),
	    "a rounding mode \"down\" already");
}

/* How a config names them: behind the words that it has anyway. */
static void foreign_plugins_have_words_behind_the_builtin_ones(void **state)
{
	static const struct qs_rounding down = {
	    {QS_PLUGIN_ABI, "down", "toward minus infinity", NULL, 0}, floor};
	const struct qs_vocabulary *vocabulary = qs_registry_vocabulary(registry);
	struct qs_spec spec = qs_spec_default(QS_TENSOR_WEIGHTS);

	(void)state;
	for (int p = 0; p < QS_PARAM__COUNT; p++)
		assert_int_equal(vocabulary->n_words[p], 0);
	assert_int_equal(qs_registry_add_rounding(registry, &down, findings), QS_OK);
	vocabulary = qs_registry_vocabulary(registry);
	assert_int_equal(vocabulary->n_words[QS_PARAM_ROUND_MODE], 1);
	assert_string_equal(vocabulary->words[QS_PARAM_ROUND_MODE][0], "down");
	spec.round_mode = QS_ROUND_MODE__COUNT;
	assert_string_equal(qs_registry_round_mode(registry, &spec), "down");
	spec.round_mode++;
	assert_null(qs_registry_round_mode(registry, &spec));
	assert_null(qs_registry_word(registry, QS_PARAM_STATISTIC, QS_STATISTIC__COUNT));
	assert_string_equal(qs_registry_method(registry, &spec), "diffs");
}

static void a_registry_takes_so_many_plugins_of_a_kind(void **state)
{
	struct qs_rounding modes[QS_PLUGIN_LIMIT + 1];
	char names[QS_PLUGIN_LIMIT + 1][16];

	(void)state;
	for (size_t i = 0; i <= QS_PLUGIN_LIMIT; i++) {
		snprintf(names[i], sizeof(names[i]), "mode_%zu", i);
		modes[i] = (struct qs_rounding){{QS_PLUGIN_ABI, names[i], "", NULL, 0}, floor};
		if (i < QS_PLUGIN_LIMIT)
			assert_int_equal(
			    qs_registry_add_rounding(registry, &modes[i], findings), QS_OK);
	}
	expect_refusal(qs_registry_add_rounding(registry, &modes[QS_PLUGIN_LIMIT], findings),
	    "is one too many");
}

static void another_abi_is_refused(void **state)
{
	struct qs_quantizer quantizer = qs_quant_int;
	struct qs_calibrator calibrator = qs_calib_maxmin;

	(void)state;
	quantizer.plugin.abi = calibrator.plugin.abi = QS_PLUGIN_ABI + 1;
	expect_refusal(qs_registry_add_quantizer(registry, &quantizer, findings), "ABI 2");
	expect_refusal(qs_registry_add_calibrator(registry, &calibrator, findings), "ABI 2");
}

static void a_malformed_name_is_refused(void **state)
{
	static const char *const names[] = {"", "Int", "in t", "int-8", NULL};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct qs_quantizer quantizer = qs_quant_int;

		quantizer.plugin.name = names[i];
		expect_refusal(qs_registry_add_quantizer(registry, &quantizer, findings),
		    "a name consists of");
	}
}

static void a_taken_name_is_refused(void **state)
{
	(void)state;
	expect_refusal(qs_registry_add_quantizer(registry, &qs_quant_int, findings),
	    "a quantizer \"int\" already");
}

static void a_missing_function_is_refused(void **state)
{
	struct qs_quantizer quantizer = qs_quant_int;
	struct qs_calibrator calibrator = qs_calib_maxmin;
	const struct qs_rounding rounding = {{QS_PLUGIN_ABI, "none", "", NULL, 0}, NULL};

	(void)state;
	quantizer.plugin.name = calibrator.plugin.name = "partial";
	quantizer.decode = NULL;
	calibrator.decide = NULL;
	expect_refusal(qs_registry_add_quantizer(registry, &quantizer, findings), "lacks");
	expect_refusal(qs_registry_add_calibrator(registry, &calibrator, findings), "lacks");
	expect_refusal(qs_registry_add_rounding(registry, &rounding, findings), "lacks");
	calibrator = qs_calib_maxmin;
	calibrator.plugin.name = "halved";
	calibrator.begin = qs_calib_mse.begin;
	expect_refusal(qs_registry_add_calibrator(registry, &calibrator, findings), "lacks");
}

static int set_up(void **state)
{
	(void)state;
	registry = qs_registry_new();
	findings = qs_findings_new();
	return !registry || !findings;
}

static int tear_down(void **state)
{
	(void)state;
	qs_registry_free(registry);
	qs_findings_free(findings);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(every_word_of_a_config_has_its_plugin),
	    TEST(an_unknown_name_finds_nothing),
	    TEST(plugins_can_be_listed),
	    TEST(a_foreign_plugin_stands_beside_the_builtin_ones),
	    TEST(foreign_plugins_have_words_behind_the_builtin_ones),
	    TEST(a_registry_takes_so_many_plugins_of_a_kind),
	    TEST(another_abi_is_refused),
	    TEST(a_malformed_name_is_refused),
	    TEST(a_taken_name_is_refused),
	    TEST(a_missing_function_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
