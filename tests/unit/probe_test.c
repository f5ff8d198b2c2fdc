/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probing against vai_q_pytorch 3.5: every case of tests/data/golden/calib, as a config and files,
 * gives its scale, zero point and range; and its scale, given, the same fake-quantized file.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "data/npy.h"
#include "qstrata/engine.h"
#include "tests/unit/expect.h"
#include "tests/unit/golden.h"
#include "tests/unit/sha256.h"

#define MAX_CASES 1000
#define MAX_BATCHES 8
#define MAX_CHANNELS 512
#define OUTPUT "probe_test.npy"
#define CONFIG "probe_test.json"
#define ANSWER "probe_test.out"

extern char **environ;

struct request;

/* Answers a probe that has to succeed; the answer is the caller's. */
typedef json_object *answer_probe(const struct request *request, const struct qs_policy *policy);

struct suite {
	json_object *cases[MAX_CASES];
	size_t n_cases, n_results, n_failed;
	answer_probe *answer;
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

/* ---- through the library, and through the program -------------------------------------------- */

/* Runs a probe that has to succeed; the answer is the caller's. */
static json_object *answer_by_library(const struct request *request, const struct qs_policy *policy)
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

/* A command line, which has room for all that a request says. */
struct command {
	char *words[64];
	size_t n_words;
	struct qs_text lists[2];
};

static void add_word(struct command *command, const char *word)
{
	assert_true(command->n_words < 63);
	command->words[command->n_words++] = (char *)word;
	command->words[command->n_words] = NULL;
}

static void add_option(struct command *command, const char *option, const char *value)
{
	add_word(command, option);
	add_word(command, value);
}

static void add_scales(struct command *command, const struct qs_probe *probe)
{
	for (size_t c = 0; c < probe->n_scales; c++) {
		qs_text_addf(&command->lists[0], "%s%.17g", c ? "," : "[", probe->scales[c]);
		qs_text_addf(
		    &command->lists[1], "%s%" PRId64, c ? "," : "[", probe->zero_points[c]);
	}
	qs_text_adds(&command->lists[0], "]");
	qs_text_adds(&command->lists[1], "]");
	add_option(command, "--scale", command->lists[0].data);
	add_option(command, "--zero-point", command->lists[1].data);
}

/* The program itself, rather than libtool's script, which takes longer than it to start. */
static const char *program(void)
{
	static char path[512], folder[512];
	const char *script = getenv("QSTRATA");
	const char *slash = strrchr(script, '/');

	assert_non_null(slash);
	snprintf(folder, sizeof(folder), "%.*s/.libs", (int)(slash - script), script);
	snprintf(path, sizeof(path), "%s%s", folder, slash);
	if (access(path, X_OK) != 0)
		return script;
	assert_int_equal(setenv("LD_LIBRARY_PATH", folder, 1), 0);
	return path;
}

static void make_command(const struct request *request, struct command *command)
{
	const struct qs_probe *probe = &request->probe;
	static char axis[16];

	snprintf(axis, sizeof(axis), "%d", probe->axis);
	add_option(command, program(), "probe");
	add_option(command, "--config", CONFIG);
	add_option(command, "--layer", probe->layer);
	add_option(command, "--tensor", qs_tensor_word(probe->tensor));
	add_option(command, "--axis", axis);
	if (probe->is_graph_input)
		add_word(command, "--graph-input");
	if (probe->n_observed)
		add_word(command, "--observe");
	for (size_t i = 0; i < probe->n_observed; i++)
		add_word(command, probe->observed[i]);
	if (probe->n_scales)
		add_scales(command, probe);
	if (probe->quantized) {
		add_option(command, "--quantize", probe->quantized);
		add_option(command, "--output", probe->output);
	}
}

/* Runs the program with its standard output in a file; the config is in one already. */
static json_object *answer_by_program(const struct request *request, const struct qs_policy *policy)
{
	struct command command = {.lists = {QS_TEXT_INIT, QS_TEXT_INIT}};
	posix_spawn_file_actions_t actions;
	json_object *answer;
	int status;
	pid_t pid;

	(void)policy;
	make_command(request, &command);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	assert_int_equal(posix_spawn_file_actions_addopen(
			     &actions, STDOUT_FILENO, ANSWER, O_WRONLY | O_CREAT | O_TRUNC, 0600),
	    0);
	assert_int_equal(
	    posix_spawn(&pid, command.words[0], &actions, NULL, command.words, environ), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	posix_spawn_file_actions_destroy(&actions);
	answer = json_object_from_file(ANSWER);
	assert_non_null(answer);
	qs_text_done(&command.lists[0]);
	qs_text_done(&command.lists[1]);
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

static void save_config(const struct qs_source *source)
{
	FILE *file = fopen(CONFIG, "w");
	size_t size;

	assert_non_null(file);
	fputs(qs_source_text(source, &size), file);
	assert_int_equal(fclose(file), 0);
}

static bool check_case(json_object *one, json_object *result, answer_probe *answer_to)
{
	struct qs_source *source = config_of(one);
	struct qs_findings *findings = qs_findings_new();
	const char *id = golden_string(one, "id");
	struct qs_policy *policy;
	struct request request;
	json_object *answer;
	bool fine;

	assert_int_equal(qs_policy_read(source, findings, &policy), QS_OK);
	save_config(source);
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
	suite->n_failed += !check_case(one, result, suite->answer);
}

static void check_every_case(answer_probe *answer)
{
	struct suite suite = {.answer = answer};

	each_line("golden/calib/cases.jsonl", keep_case, &suite);
	each_line("golden/calib/results.jsonl", check_result, &suite);
	for (size_t i = 0; i < suite.n_cases; i++)
		json_object_put(suite.cases[i]);
	unlink(CONFIG);
	unlink(ANSWER);
	assert_int_equal(suite.n_results, 548);
	assert_int_equal(suite.n_failed, 0);
}

static void every_case_agrees_with_the_tool(void **state)
{
	(void)state;
	check_every_case(answer_by_library);
}

static void every_case_agrees_with_the_tool_in_the_program(void **state)
{
	(void)state;
	if (!getenv("QSTRATA"))
		skip();
	check_every_case(answer_by_program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_case_agrees_with_the_tool),
	    cmocka_unit_test(every_case_agrees_with_the_tool_in_the_program),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
