/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probing against vai_q_pytorch 3.5: every case of tests/data/golden/calib, as a config and files,
 * gives its scale, zero point and range; and its scale, given, the same fake-quantized file.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/npy.h"
#include "qstrata/engine.h"
#include "tests/unit/expect.h"
#include "tests/unit/golden.h"
#include "tests/unit/sha256.h"

#define MAX_CASES 1000
#define MAX_BATCHES 8
#define MAX_CHANNELS 512
#define OUTPUT "probe_test.npy"

struct suite {
	json_object *cases[MAX_CASES];
	size_t n_cases, n_results, n_failed;
};

/* A probe of a case, and what its pointers point to. */
struct request {
	struct qs_probe probe;
	const char *observed[MAX_BATCHES];
	char paths[MAX_BATCHES + 1][512];
	double scales[MAX_CHANNELS];
	int64_t zero_points[MAX_CHANNELS];
};

static const char *batch_path(char path[512], const char *name)
{
	char below[256];

	snprintf(below, sizeof(below), "golden/calib/%s", name);
	return data_path(path, below);
}

/* Only activations have a statistic over batches. */
static enum qs_tensor kind_of(json_object *one)
{
	const bool has_statistic =
	    json_object_object_get_ex(golden_get(one, "params"), "calib_statistic_method", NULL);

	return has_statistic ? QS_TENSOR_ACTIVATION : QS_TENSOR_WEIGHTS;
}

static struct qs_source *config_of(json_object *one)
{
	char config[1024];

	snprintf(config, sizeof(config),
	    "{\"target_device\": \"FLEXML\", \"layer_quantize_config\": [{\"layer_type\": "
	    "\"Conv2d\", "
	    "\"quantizable_data_type\": [\"%s\"], \"tensor_quantize_config\": {\"%s\": %s}}]}",
	    qs_tensor_word(kind_of(one)), qs_tensor_word(kind_of(one)),
	    json_object_to_json_string(golden_get(one, "params")));
	return source_of(config);
}

static void ask_to_observe(struct request *request, json_object *one)
{
	json_object *batches = golden_get(one, "batches");

	memset(request, 0, sizeof(*request));
	request->probe.layer = "Conv2d";
	request->probe.tensor = kind_of(one);
	request->probe.is_graph_input = strcmp(golden_string(one, "node"), "INPUT") == 0;
	if (json_object_object_get_ex(one, "axis", NULL))
		request->probe.axis = (int)golden_integer(one, "axis");
	request->probe.observed = request->observed;
	request->probe.n_observed = json_object_array_length(batches);
	assert_true(request->probe.n_observed <= MAX_BATCHES);
	for (size_t i = 0; i < request->probe.n_observed; i++)
		request->observed[i] = batch_path(request->paths[i],
		    json_object_get_string(json_object_array_get_idx(batches, i)));
}

/* How many numbers a member is; and one of them. */
static size_t count(json_object *member)
{
	return json_object_is_type(member, json_type_array) ? json_object_array_length(member) : 1;
}

static json_object *number(json_object *member, size_t index)
{
	return json_object_is_type(member, json_type_array)
	           ? json_object_array_get_idx(member, index)
	           : member;
}

/* Quantizes with the scales of a result instead. */
static void ask_to_quantize(struct request *request, json_object *one, json_object *result)
{
	json_object *scale = golden_get(result, "scale");
	json_object *zero_point = golden_get(result, "zero_point");
	const size_t n = count(scale);

	assert_true(n <= MAX_CHANNELS && n == count(zero_point));
	for (size_t c = 0; c < n; c++) {
		request->scales[c] = json_object_get_double(number(scale, c));
		request->zero_points[c] = json_object_get_int64(number(zero_point, c));
	}
	request->probe.scales = request->scales;
	request->probe.zero_points = request->zero_points;
	request->probe.n_scales = request->probe.n_zero_points = n;
	request->probe.n_observed = 0;
	request->probe.quantized =
	    batch_path(request->paths[MAX_BATCHES], golden_string(one, "quantize"));
	request->probe.output = OUTPUT;
}

/* Runs a probe that has to succeed; the answer is the caller's. */
static json_object *answer_to(const struct request *request, const struct qs_policy *policy)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_text text = QS_TEXT_INIT;
	json_object *answer;

	assert_int_equal(qs_probe_run(policy, &request->probe, findings, &text), QS_OK);
	assert_int_equal(qs_findings_count(findings), 0);
	answer = json_tokener_parse(text.data);
	assert_non_null(answer);
	qs_text_done(&text);
	qs_findings_free(findings);
	return answer;
}

static bool numbers_agree(json_object *found, json_object *expected)
{
	if (json_object_is_type(found, json_type_array) !=
		json_object_is_type(expected, json_type_array) ||
	    count(found) != count(expected))
		return false;
	for (size_t i = 0; i < count(expected); i++) {
		const double wanted = json_object_get_double(number(expected, i));

		if (!(fabs(json_object_get_double(number(found, i)) - wanted) <=
			1e-6 * fabs(wanted)))
			return false;
	}
	return true;
}

static bool same_numbers(json_object *answer, json_object *result, const char *id)
{
	static const char *const keys[] = {
	    "scale", "zero_point", "quant_min", "quant_max", "batch_scales"};
	bool fine = true;

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		json_object *expected = golden_get(result, keys[i]);

		/* The tool tells no scales of batches for channels. */
		if (!expected || numbers_agree(golden_get(answer, keys[i]), expected))
			continue;
		print_error("%s: %s is %s, not %s\n", id, keys[i],
		    json_object_to_json_string(golden_get(answer, keys[i])),
		    json_object_to_json_string(expected));
		fine = false;
	}
	return fine;
}

/* -0 becomes +0, as in the digests of the golden results. */
static bool same_file(const char *expected)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_array array;
	float *values;
	char hex[65];

	assert_int_equal(qs_npy_read(OUTPUT, findings, &array), QS_OK);
	assert_int_equal(array.element, QS_ELEMENT_FLOAT32);
	values = array.data;
	for (size_t i = 0; i < array.n_values; i++)
		values[i] += 0.0F;
	sha256_hex(values, array.n_values * sizeof(*values), hex);
	qs_array_done(&array);
	qs_findings_free(findings);
	unlink(OUTPUT);
	return strcmp(hex, expected) == 0;
}

static bool check_case(json_object *one, json_object *result)
{
	struct qs_source *source = config_of(one);
	struct qs_findings *findings = qs_findings_new();
	const char *id = golden_string(one, "id");
	struct qs_policy *policy;
	struct request request;
	json_object *answer;
	bool fine;

	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	ask_to_observe(&request, one);
	answer = answer_to(&request, policy);
	fine = same_numbers(answer, result, id);
	json_object_put(answer);
	ask_to_quantize(&request, one, result);
	answer = answer_to(&request, policy);
	fine =
	    numbers_agree(golden_get(answer, "quant_min"), golden_get(result, "quant_min")) && fine;
	json_object_put(answer);
	if (!same_file(golden_string(result, "fake_sha256"))) {
		print_error("%s: the fake-quantized file differs\n", id);
		fine = false;
	}
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	return fine;
}

static void keep_case(json_object *object, void *context)
{
	struct suite *suite = context;

	assert_true(suite->n_cases < MAX_CASES);
	suite->cases[suite->n_cases++] = json_object_get(object);
}

static void check_result(json_object *result, void *context)
{
	struct suite *suite = context;
	json_object *one = suite->cases[suite->n_results++];

	assert_string_equal(golden_string(one, "id"), golden_string(result, "id"));
	suite->n_failed += !check_case(one, result);
}

static void every_case_agrees_with_the_tool(void **state)
{
	struct suite suite = {.n_cases = 0};

	(void)state;
	each_line("golden/calib/cases.jsonl", keep_case, &suite);
	each_line("golden/calib/results.jsonl", check_result, &suite);
	for (size_t i = 0; i < suite.n_cases; i++)
		json_object_put(suite.cases[i]);
	assert_int_equal(suite.n_results, 548);
	assert_int_equal(suite.n_failed, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_agrees_with_the_tool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
