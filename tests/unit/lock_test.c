/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: what was written checks clean, and every change in effect is told. */
#include "tests/unit/model_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "qstrata/engine.h"

#define PATH "lock_test.json"

#define CONFIG(members)                                                                            \
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"maxmin\", "      \
	"\"scale_type\": \"float\", \"calib_statistic_method\": \"max\"" members "}"
#define PLAIN CONFIG("") "}"

#define TWO "in x 1 4", "init w 4 4", "node MatMul a x,w b", "node Relu c b y", "out y"

/* A config and a model held together. */
struct held {
	struct qs_findings *findings;
	struct qs_source *source;
	struct qs_policy *policy;
	struct qs_model *model;
	struct qs_layers *layers;
	struct qs_selection *selection;
};

static struct held hold(const char *config, const char *const *lines)
{
	struct held held = {.findings = qs_findings_new()};
	const struct qs_layer *list;
	size_t n;

	assert_int_equal(qs_source_new("config.json", config, strlen(config), &held.source), QS_OK);
	assert_int_equal(qs_policy_read(held.source, held.findings, &held.policy), QS_OK);
	held.model = fixture_model(held.findings, lines);
	assert_int_equal(qs_layers_new(held.model, held.findings, &held.layers), QS_OK);
	list = qs_layers_list(held.layers, &n);
	assert_int_equal(
	    qs_policy_select(held.policy, list, n, true, held.findings, &held.selection), QS_OK);
	return held;
}

static void release(struct held *held)
{
	qs_selection_free(held->selection);
	qs_layers_free(held->layers);
	qs_model_free(held->model);
	qs_policy_free(held->policy);
	qs_source_free(held->source);
	qs_findings_free(held->findings);
}

static void write_lock(const char *config, const char *const *lines)
{
	struct held held = hold(config, lines);
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(
	    qs_lock_write(held.policy, held.selection, held.model, held.findings, &text), QS_OK);
	assert_int_equal(qs_text_save(&text, fixture_output(PATH), held.findings), QS_OK);
	qs_text_done(&text);
	release(&held);
}

/* Checks the lock, and expects that each of these texts is told; nothing if there is none. */
static void expect_told(const char *config, const char *const *lines, const char *const *expected)
{
	struct held held = hold(config, lines);
	struct qs_difference *difference;
	struct qs_text text = QS_TEXT_INIT;

	assert_int_equal(qs_lock_check(held.policy, held.selection, held.model,
			     fixture_output(PATH), held.findings, &difference),
	    QS_OK);
	assert_int_equal(qs_difference_is_empty(difference), !expected[0]);
	assert_int_equal(qs_difference_write_text(difference, &text), QS_OK);
	for (; *expected; expected++) {
		if (!strstr(text.data, *expected))
			fail_msg("\"%s\" is not in\n%s", *expected, text.data);
	}
	if (qs_difference_is_empty(difference))
		assert_string_equal(text.data, "");
	qs_text_done(&text);
	qs_difference_free(difference);
	release(&held);
	remove(fixture_output(PATH));
}

#define LINES(...)                                                                                 \
	(const char *const[])                                                                      \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}
#define NOTHING                                                                                    \
	(const char *const[])                                                                      \
	{                                                                                          \
		NULL                                                                               \
	}

static void what_was_written_checks_clean(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES(TWO));
	expect_told(PLAIN, LINES(TWO), NOTHING);
}

static void every_datatype_and_method_comes_back(void **state)
{
	static const char *const configs[] = {
	    CONFIG("") ", \"tensor_quantize_config\": {\"weights\": "
		       "{\"datatype\": \"float16\"}}}",
	    CONFIG("") ", \"tensor_quantize_config\": {\"input\": {\"method\": \"percentile\", "
		       "\"percentage\": 99.9}}}",
	    CONFIG("") ", \"tensor_quantize_config\": {\"weights\": {\"per_channel\": true, "
		       "\"bit_width\": 4}, \"activation\": {\"symmetry\": false}}}"};

	(void)state;
	for (size_t i = 0; i < sizeof(configs) / sizeof(*configs); i++) {
		write_lock(configs[i], LINES(TWO));
		expect_told(configs[i], LINES(TWO), NOTHING);
	}
}

static void another_width_is_told_with_both_places(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES(TWO));
	expect_told(CONFIG("") ", \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}}}",
	    LINES(TWO),
	    LINES("weights \xC2\xB7 bit_width: 8 -> 4  (lock ", "-> tensor config.json:1:"));
}

static void a_key_of_the_whole_config_is_told(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES(TWO));
	expect_told(CONFIG("") ", \"include_cle\": false}", LINES(TWO),
	    LINES("include_cle: true -> false"));
}

static void layers_that_come_and_go_are_told(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES(TWO));
	expect_told(PLAIN,
	    LINES("in x 1 4", "init w 4 4", "node MatMul z x,w b", "node Relu c b y", "out y"),
	    LINES("fingerprint of the model", "z  (not there before)", "a  (not there any more)"));
}

static void other_weights_are_another_model(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES(TWO));
	expect_told(PLAIN,
	    LINES("in x 1 4", "full w 0.5 4 4", "node MatMul a x,w b", "node Relu c b y", "out y"),
	    LINES("fingerprint of the model"));
}

static void layers_of_one_name_are_told_apart_by_their_order(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES("in x 1 4", "node Relu same x b", "node Tanh other b c",
			      "node Relu same c y", "out y"));
	expect_told(PLAIN,
	    LINES("in x 1 4", "node Relu same x b", "node Tanh other b c", "node Relu same c y",
		"out y"),
	    NOTHING);
}

static void an_entry_without_effect_shows_in_the_fingerprint(void **state)
{
	(void)state;
	write_lock(PLAIN, LINES(TWO));
	expect_told(CONFIG("") ", \"layer_quantize_config\": [{\"layer_name\": \"a\", "
			       "\"quantizable_data_type\": [\"weights\"]}]}",
	    LINES(TWO), LINES("fingerprint of the config"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_was_written_checks_clean),
	    cmocka_unit_test(every_datatype_and_method_comes_back),
	    cmocka_unit_test(another_width_is_told_with_both_places),
	    cmocka_unit_test(a_key_of_the_whole_config_is_told),
	    cmocka_unit_test(layers_that_come_and_go_are_told),
	    cmocka_unit_test(other_weights_are_another_model),
	    cmocka_unit_test(layers_of_one_name_are_told_apart_by_their_order),
	    cmocka_unit_test(an_entry_without_effect_shows_in_the_fingerprint),
	};

	return cmocka_run_group_tests_name("lock", tests, NULL, NULL);
}
