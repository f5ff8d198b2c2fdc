/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What fixes make of a config: row by row, and as laws over configs made at random.
 *
 * QSTRATA_FIX_ROUNDS says how many random configs are tried.
 */
#include <stdlib.h>
#include <string.h>

#include "base/diff.h"
#include "tests/unit/expect.h"
#include "tests/unit/random_config.h"

static enum qs_status check(void *context, const struct qs_source *source,
    struct qs_findings *findings, struct qs_text *meaning)
{
	struct qs_policy *policy = NULL;
	enum qs_status status = qs_policy_read(source, findings, &policy);

	(void)context;
	if (status == QS_OK)
		status = qs_policy_write_meaning(policy, NULL, meaning);
	qs_policy_free(policy);
	return status;
}

/* Fixes a text; the result is to be freed. */
static char *fix(const char *text, size_t size, bool unsafe, struct qs_findings *findings,
    struct qs_fixed *ret_fixed, size_t *ret_size)
{
	struct qs_source *source;
	const char *result;
	char *copy;

	assert_int_equal(qs_source_new("config.json", text, size, &source), QS_OK);
	assert_int_equal(qs_source_fix(source, check, NULL, unsafe, findings, ret_fixed), QS_OK);
	result = qs_source_text(ret_fixed->source ? ret_fixed->source : source, ret_size);
	copy = malloc(*ret_size + 1);
	assert_non_null(copy);
	memcpy(copy, result, *ret_size);
	copy[*ret_size] = '\0';
	qs_source_free(ret_fixed->source);
	qs_source_free(source);
	return copy;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The last string of a row is the text with its fixes; NULL: it stays. */
static const struct row safe_rows[] = {
    {"a_comment_goes_with_its_line", "{\n  // a\n  \"target_device\": \"CPU\"\n}\n",
	"{\n  \"target_device\": \"CPU\"\n}\n"},
    {"a_comment_behind_a_value_goes_with_the_blanks_before_it",
	"{\"target_device\": \"CPU\"  # a\n}", "{\"target_device\": \"CPU\"\n}"},
    {"a_comment_before_a_value_goes_with_the_blanks_behind_it",
	"{\"target_device\": /* a */ \"CPU\"}", "{\"target_device\": \"CPU\"}"},
    {"comments_over_lines_go_with_them", "# a\n\n# b\r\n{\"target_device\": \"CPU\"}",
	"{\"target_device\": \"CPU\"}"},
    {"marks_of_other_languages", "\xEF\xBB\xBF{'target_device': \"CPU\", \"include_cle\" = True;}",
	"{\"target_device\": \"CPU\", \"include_cle\" : true}"},
    {"a_missing_comma", "{\"target_device\": \"CPU\"\n \"include_cle\": true}",
	"{\"target_device\": \"CPU\",\n \"include_cle\": true}"},
    {"a_trailing_comma", "{\"target_device\": \"CPU\",\n}", "{\"target_device\": \"CPU\"\n}"},
    {"full_width_marks",
	"{\"target_device\"\xEF\xBC\x9A \"CPU\"\xEF\xBC\x8C \"include_cle\": true}",
	"{\"target_device\": \"CPU\", \"include_cle\": true}"},
    {"a_bare_key", "{target_device: \"CPU\"}", "{\"target_device\": \"CPU\"}"},
    {"a_bare_value_is_not_sure", "{\"target_device\": CPU}", NULL},
    {"a_misspelt_key", "{\"target_devise\": \"CPU\"}", "{\"target_device\": \"CPU\"}"},
    {"a_key_with_a_blank", "{\"target_device \": \"CPU\"}", "{\"target_device\": \"CPU\"}"},
    {"a_word_in_another_case", "{\"target_device\": \"cpu\"}", "{\"target_device\": \"CPU\"}"},
    {"a_misspelt_key_that_is_there_as_well",
	"{\"target_device\": \"CPU\", \"target_devise\": \"GPU\"}", NULL},
    {"two_misspellings_of_one_key", "{\"target_devise\": \"CPU\", \"target_devic\": \"GPU\"}",
	"{\"target_device\": \"CPU\", \"target_devic\": \"GPU\"}"},
    {"an_equal_key_twice", "{\"target_device\": \"CPU\",\n \"target_device\": \"CPU\"}",
	"{\"target_device\": \"CPU\"}"},
    {"a_key_twice_of_other_values", "{\"target_device\": \"CPU\", \"target_device\": \"GPU\"}",
	NULL},
    {"strings_of_numbers_and_booleans",
	"{\"target_device\": \"CPU\", \"include_cle\": \"false\", \"overall_quantize_config\": "
	"{\"bit_width\": \"4\", \"symmetry\": \"True\"}}",
	"{\"target_device\": \"CPU\", \"include_cle\": false, \"overall_quantize_config\": "
	"{\"bit_width\": 4, \"symmetry\": true}}"},
    {"a_string_of_no_legal_number",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": \"64\"}}", NULL},
    {"an_integer_as_real",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 4.0}}",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 4}}"},
    {"backslashes_of_a_pattern",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": \"re:a\\.\\d\", "
	"\"quantizable_data_type\": [\"bias\"]}]}",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_name\": "
	"\"re:a\\\\.\\\\d\", \"quantizable_data_type\": [\"bias\"]}]}"},
    {"a_null_parameter_goes",
	"{\"target_device\": \"CPU\",\n \"overall_quantize_config\": {\n  \"method\": null\n }}",
	"{\"target_device\": \"CPU\",\n \"overall_quantize_config\": {}}"},
    {"what_has_no_effect_goes_with_its_comma",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\n  \"datatype\": "
	"\"float16\",\n  \"bit_width\": 4,\n  \"symmetry\": true\n}}",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\n  \"datatype\": "
	"\"float16\"\n}}"},
    {"a_block_that_is_not_listed_goes",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": \"Conv2d\", "
	"\"quantizable_data_type\": [\"bias\"], \"tensor_quantize_config\": {\"weights\": "
	"{\"bit_width\": 4}, \"bias\": {\"bit_width\": 4}}}]}",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [{\"layer_type\": \"Conv2d\", "
	"\"quantizable_data_type\": [\"bias\"], \"tensor_quantize_config\": {\"bias\": "
	"{\"bit_width\": 4}}}]}"},
    {"an_earlier_entry_of_a_selector_goes",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [\n"
	"  {\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"]},\n"
	"  {\"layer_type\": \"x.A\", \"quantizable_data_type\": [\"weights\"]}\n]}",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": [\n"
	"  {\"layer_type\": \"x.A\", \"quantizable_data_type\": [\"weights\"]}\n]}"},
    {"an_earlier_entry_stays_where_the_order_would_change",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": ["
	"{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"]}, "
	"{\"layer_type\": \"B\", \"quantizable_data_type\": [\"bias\"]}, "
	"{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"]}]}",
	NULL},
    {"what_is_legal_stays_while_there_are_errors",
	"{\"target_device\": \"TPU9\", \"overall_quantize_config\": {\"percentage\": 99.0}}", NULL},
    {"an_error_first_and_then_what_has_no_effect",
	"{\"target_devise\": \"CPU\", \"overall_quantize_config\": {\"percentage\": 99.0}}",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {}}"},
    {"what_no_fix_helps", "{\"a", NULL},
    {"no_text", "", NULL},
};

#define FOUR "\"tensor_quantize_config\": {\"bias\": {\"bit_width\": 4}}"

static const struct row unsafe_rows[] = {
    {"the_first_of_a_key_twice", "{\"target_device\": \"CPU\", \"target_device\": \"GPU\"}",
	"{\"target_device\": \"GPU\"}"},
    {"a_bare_value", "{\"target_device\": CPU}", "{\"target_device\": \"CPU\"}"},
    {"not_a_number_is_not_given",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"percentage\": NaN}}",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {}}"},
    {"a_number_for_a_boolean", "{\"target_device\": \"CPU\", \"include_cle\": 1}",
	"{\"target_device\": \"CPU\", \"include_cle\": true}"},
    {"an_earlier_entry_in_spite_of_the_order",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": ["
	"{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"], " FOUR "}, "
	"{\"layer_type\": \"B\", \"quantizable_data_type\": [\"bias\"], " FOUR "}, "
	"{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"], " FOUR "}]}",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": ["
	"{\"layer_type\": \"B\", \"quantizable_data_type\": [\"bias\"], " FOUR "}, "
	"{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"], " FOUR "}]}"},
    {"an_entry_that_says_what_holds",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": ["
	"{\"layer_type\": \"A\", \"quantizable_data_type\": [\"bias\"]}, "
	"{\"layer_type\": \"B\", \"quantizable_data_type\": [\"bias\"], " FOUR "}]}",
	"{\"target_device\": \"CPU\", \"layer_quantize_config\": ["
	"{\"layer_type\": \"B\", \"quantizable_data_type\": [\"bias\"], " FOUR "}]}"},
};

static void test_row(const struct row *row, bool unsafe)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_fixed fixed;
	size_t size;
	char *result = fix(row->text, strlen(row->text), unsafe, findings, &fixed, &size);

	assert_string_equal(result, row->findings ? row->findings : row->text);
	assert_int_equal(fixed.n_fixed != 0, row->findings != NULL);
	free(result);
	qs_findings_free(findings);
}

static void safe_fix(void **state)
{
	test_row(*state, false);
}

static void unsafe_fix(void **state)
{
	test_row(*state, true);
}

/* ---- what is left out ------------------------------------------------------------------------ */

/* Fixes a text that stays as it is, and compares what is said about it. */
static void check_refusal(const char *text, const char *expected)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = source_of(text);
	struct qs_fixed fixed;

	assert_int_equal(qs_source_fix(source, check, NULL, false, findings, &fixed), QS_OK);
	assert_null(fixed.source);
	assert_int_equal(fixed.n_fixed, 0);
	assert_int_equal(qs_findings_count(findings), 1);
	assert_string_equal(qs_findings_at(findings, 0)->message, expected);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void a_fix_that_brings_other_findings_is_left_out_and_named(void **state)
{
	(void)state;
	/* Read as it is meant, it breaks two rules of the device. */
	check_refusal("{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"scale_typ\": "
		      "\"float\"}}",
	    "QS201 is not fixed here: other findings would come instead");
}

/* ---- differences ----------------------------------------------------------------------------- */

static void check_diff(const char *old, const char *new, const char *expected)
{
	struct qs_text text = QS_TEXT_INIT;

	qs_text_diff("f", old, strlen(old), new, strlen(new), &text);
	assert_string_equal(text.data, expected);
	qs_text_done(&text);
}

static void differences_are_those_of_diff(void **state)
{
	(void)state;
	check_diff("a\n", "a\n", "");
	check_diff("", "a\n", "--- f\n+++ f\n@@ -0,0 +1 @@\n+a\n");
	check_diff("a\n", "", "--- f\n+++ f\n@@ -1 +0,0 @@\n-a\n");
	check_diff("a\nb", "a\nb\n",
	    "--- f\n+++ f\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+b\n");
	check_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\nx\n6\n7\n8\n9\n",
	    "--- f\n+++ f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
	check_diff("1\n2\n3\n4\n5\n6\n7\n8\n9\n", "0\n1\n2\n3\n4\n5\n6\n7\n8\n",
	    "--- f\n+++ f\n@@ -1,3 +1,4 @@\n+0\n 1\n 2\n 3\n@@ -6,4 +7,3 @@\n 6\n 7\n 8\n-9\n");
}

/* ---- laws ------------------------------------------------------------------------------------ */

struct verdict {
	enum qs_status status;
	size_t n_findings;
	struct qs_text resolved;
};

static struct verdict judge(const char *text, size_t size)
{
	struct verdict verdict = {.resolved = QS_TEXT_INIT};
	struct qs_findings *findings = qs_findings_new();
	struct qs_policy *policy = NULL;
	struct qs_source *source;

	assert_int_equal(qs_source_new("config.json", text, size, &source), QS_OK);
	verdict.status = qs_policy_read(source, findings, &policy);
	if (policy)
		assert_int_equal(qs_policy_write_json(policy, NULL, &verdict.resolved), QS_OK);
	for (int s = 0; s < QS_SEVERITY__COUNT; s++)
		verdict.n_findings += qs_findings_total(findings, (enum qs_severity)s);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	return verdict;
}

static void explain(const struct qs_text *config, const char *fixed)
{
	print_error("the config is:\n%s\nand with its fixes:\n%s\n", config->data, fixed);
}

#define REQUIRE(law)                                                                               \
	do {                                                                                       \
		if (!(law))                                                                        \
			explain(config, once);                                                     \
		assert_true(law);                                                                  \
	} while (0)

static size_t check_laws(const struct qs_text *config, bool unsafe)
{
	struct qs_findings *findings = qs_findings_new();
	struct verdict before = judge(config->data, config->size), after;
	struct qs_fixed fixed, again;
	size_t size, size_again;
	char *once = fix(config->data, config->size, unsafe, findings, &fixed, &size);
	char *twice = fix(once, size, unsafe, findings, &again, &size_again);

	after = judge(once, size);
	REQUIRE(after.n_findings <= before.n_findings);
	REQUIRE(before.status != QS_OK || after.status == QS_OK);
	REQUIRE(before.status != QS_OK || unsafe ||
		strcmp(before.resolved.data, after.resolved.data) == 0);
	REQUIRE(size == size_again && memcmp(once, twice, size) == 0 && again.n_fixed == 0);
	qs_text_done(&before.resolved);
	qs_text_done(&after.resolved);
	free(once);
	free(twice);
	qs_findings_free(findings);
	return fixed.n_fixed;
}

/* A config that is written out whole means the same, and is right when the first was. */
static size_t check_whole(const struct qs_text *config)
{
	struct verdict before = judge(config->data, config->size), after;
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	struct qs_policy *policy = NULL;
	struct qs_text once = QS_TEXT_INIT;
	const bool right = before.status == QS_OK;

	assert_int_equal(qs_source_new("c.json", config->data, config->size, &source), QS_OK);
	if (qs_policy_read(source, findings, &policy) == QS_OK) {
		assert_int_equal(qs_policy_write_config(policy, &once), QS_OK);
		after = judge(once.data, once.size);
		if (after.status != QS_OK || strcmp(before.resolved.data, after.resolved.data) != 0)
			explain(config, once.data);
		assert_int_equal(after.status, QS_OK);
		assert_string_equal(before.resolved.data, after.resolved.data);
		qs_text_done(&after.resolved);
	}
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	qs_text_done(&once);
	qs_text_done(&before.resolved);
	return right;
}

static void random_configs_can_be_written_out_whole(void **state)
{
	uint64_t seed = 20240229;
	size_t n_right = 0;

	(void)state;
	for (long i = 0; i < 2000; i++) {
		struct qs_text config = QS_TEXT_INIT;

		random_config(&seed, &config);
		n_right += check_whole(&config);
		qs_text_done(&config);
	}
	assert_true(n_right > 100);
}

static void fixes_of_random_configs_keep_the_laws(void **state)
{
	const char *wanted = getenv("QSTRATA_FIX_ROUNDS");
	const long n = wanted ? atol(wanted) : 5000;
	uint64_t seed = 20230906;
	size_t n_fixed = 0;

	(void)state;
	for (long i = 0; i < n; i++) {
		struct qs_text config = QS_TEXT_INIT;

		random_config(&seed, &config);
		n_fixed += check_laws(&config, i % 4 == 3);
		qs_text_done(&config);
	}
	/* The configs are worth it: most have something to fix. */
	assert_true(n_fixed > (size_t)n);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_fix_that_brings_other_findings_is_left_out_and_named),
	    cmocka_unit_test(differences_are_those_of_diff),
	    cmocka_unit_test(fixes_of_random_configs_keep_the_laws),
	    cmocka_unit_test(random_configs_can_be_written_out_whole),
	};

	return RUN_ROWS("safe", safe_rows, safe_fix) + RUN_ROWS("unsafe", unsafe_rows, unsafe_fix) +
	       cmocka_run_group_tests_name("fixes", tests, NULL, NULL);
}
