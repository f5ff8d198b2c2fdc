/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out: the n-th allocation fails, for every n until reading a config passes. Each
 * time it ends in QS_NOMEM, or as if nothing had happened, and nothing leaks.
 *
 * The program is linked so that the project's own calls of malloc() and its relatives come here.
 */
#include <stdlib.h>
#include <string.h>

#include "qstrata/baseline.h"
#include "qstrata/engine.h"
#include "qstrata/form.h"
#include "tests/unit/layers.h"
#include "tests/unit/model_fixture.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void __wrap_free(void *memory);

static size_t countdown; /* 0: nothing fails */
static long n_live;

/* Whether this is the allocation that fails. */
static bool runs_out(void)
{
	return countdown && --countdown == 0;
}

void *__wrap_malloc(size_t size)
{
	void *memory = runs_out() ? NULL : __real_malloc(size);

	n_live += memory != NULL;
	return memory;
}

void *__wrap_calloc(size_t count, size_t size)
{
	void *memory = runs_out() ? NULL : __real_calloc(count, size);

	n_live += memory != NULL;
	return memory;
}

void *__wrap_realloc(void *memory, size_t size)
{
	void *larger = runs_out() ? NULL : __real_realloc(memory, size);

	n_live += !memory && larger;
	return larger;
}

void __wrap_free(void *memory)
{
	n_live -= memory != NULL;
	__real_free(memory);
}

/* What came of one run: a status, and all that was found and written when it is not QS_NOMEM. */
struct outcome {
	enum qs_status status;
	struct qs_text text;
};

static void note_findings(struct qs_findings *findings, struct qs_text *text)
{
	for (size_t i = 0; i < qs_findings_count(findings); i++) {
		const struct qs_finding *finding = qs_findings_at(findings, i);

		qs_text_addf(text, "%s %zu-%zu %s %s %s\n", finding->code, finding->place.begin,
		    finding->place.end, finding->message, finding->hint ? finding->hint : "",
		    finding->pointer ? finding->pointer : "");
		for (const struct qs_related *r = finding->related; r; r = r->next)
			qs_text_addf(text, "  %zu %s\n", r->place.begin, r->message);
		for (const struct qs_fix *f = finding->fixes; f; f = f->next)
			for (const struct qs_replacement *e = f->edits; e; e = e->next)
				qs_text_addf(
				    text, "  %zu %s %s\n", e->place.begin, e->new_text, f->message);
	}
}

/* Explains a layer and an entry, as text and as JSON. */
static enum qs_status explain(
    const struct qs_policy *policy, struct qs_findings *findings, struct qs_text *text)
{
	enum qs_status status = QS_OK;

	for (int i = 0; i < 4 && status == QS_OK; i++) {
		const struct qs_question question = {.layer = "fc",
		    .tensor = -1,
		    .param = -1,
		    .entry = i < 2 ? NULL : "0",
		    .json = i % 2};

		status = qs_policy_explain(
		    policy, test_layers, N_TEST_LAYERS, &question, findings, text);
	}
	return status;
}

/* Compares a config with one of defaults. */
static enum qs_status compare(const struct qs_policy *policy, struct qs_text *text)
{
	static const char other[] =
	    "{\"target_device\": \"DPU\", \"layer_quantize_config\": [{\"layer_name\": "
	    "\"fc\", \"quantizable_data_type\": [\"input\"]}, {\"layer_name\": \"f\", "
	    "\"quantizable_data_type\": [\"input\"]}]}";
	struct qs_findings *findings = qs_findings_new();
	struct qs_difference *difference = NULL;
	struct qs_policy *defaults = NULL;
	struct qs_source *source = NULL;
	enum qs_status status = findings ? QS_OK : QS_NOMEM;

	if (status == QS_OK)
		status = qs_source_new("other.json", other, strlen(other), &source);
	if (status == QS_OK)
		status = qs_policy_read(source, findings, &defaults);
	if (status == QS_OK)
		status = qs_policy_diff(policy, NULL, defaults, NULL, &difference);
	if (status == QS_OK)
		status = qs_difference_write_text(difference, text);
	if (status == QS_OK)
		status = qs_difference_write_json(difference, text);
	qs_difference_free(difference);
	qs_policy_free(defaults);
	qs_source_free(source);
	qs_findings_free(findings);
	return status;
}

/* What is done with a text, until something runs out of memory or is refused. */
typedef enum qs_status use_source(
    const struct qs_source *source, struct qs_findings *findings, struct qs_text *text);

/* Reads a config, selects, explains and compares. */
static enum qs_status use_config(
    const struct qs_source *source, struct qs_findings *findings, struct qs_text *text)
{
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	enum qs_status status = qs_policy_read(source, findings, &policy);

	if (status == QS_OK)
		status = qs_policy_select(
		    policy, test_layers, N_TEST_LAYERS, true, findings, &selection);
	if (status == QS_OK)
		status = explain(policy, findings, text);
	if (status == QS_OK)
		status = compare(policy, text);
	qs_selection_free(selection);
	qs_policy_free(policy);
	return status;
}

/* For all devices, by the layers of a model where rules are about their types. */
static enum qs_status use_for_devices(
    const struct qs_source *source, struct qs_findings *findings, struct qs_text *text)
{
	struct qs_policy_options options = QS_POLICY_OPTIONS_INIT;
	struct qs_rulebook *rulebook = NULL;
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	enum qs_status status = qs_rulebook_new(&rulebook);
	size_t n = 0;

	(void)text;
	if (status == QS_OK)
		(void)qs_rulebook_profiles(rulebook, &n);
	options.rulebook = rulebook;
	options.devices = ((uint64_t)1 << n) - 1;
	options.awaits_model = true;
	if (status == QS_OK)
		status = qs_policy_read_for(source, &options, findings, &policy);
	if (status == QS_OK)
		status = qs_policy_select(
		    policy, test_layers, N_TEST_LAYERS, true, findings, &selection);
	qs_selection_free(selection);
	qs_policy_free(policy);
	qs_rulebook_free(rulebook);
	return status;
}

/* A model for locks, opened before memory runs out. */
static struct qs_model *model;
static struct qs_layers *model_layers;

/* Writes a lock, and checks one of another config. */
static enum qs_status use_lock(
    const struct qs_source *source, struct qs_findings *findings, struct qs_text *text)
{
	struct qs_selection *selection = NULL;
	struct qs_difference *difference = NULL;
	struct qs_policy *policy = NULL;
	size_t n;
	const struct qs_layer *layers = qs_layers_list(model_layers, &n);
	enum qs_status status = qs_policy_read(source, findings, &policy);

	if (status == QS_OK)
		status = qs_policy_select(policy, layers, n, true, findings, &selection);
	if (status == QS_OK)
		status = qs_lock_write(policy, selection, model, findings, text);
	if (status == QS_OK)
		status = qs_lock_check(policy, selection, model, QS_TEST_DATA "/lock/mlp.lock.json",
		    findings, &difference);
	if (status == QS_OK)
		status = qs_difference_write_text(difference, text);
	qs_difference_free(difference);
	qs_selection_free(selection);
	qs_policy_free(policy);
	return status;
}

/* Reads a baseline, holds findings against it, and writes it anew. */
static enum qs_status use_baseline(
    const struct qs_source *source, struct qs_findings *findings, struct qs_text *text)
{
	static const char config[] = "{\"target_device\": \"CPU\", \"a\": 1, \"b\": 2}";
	struct qs_baseline *baseline = NULL;
	struct qs_source *other = NULL;
	struct qs_policy *policy = NULL;
	enum qs_status status = qs_source_new("config.json", config, strlen(config), &other);

	if (status == QS_OK)
		status = qs_policy_read(other, findings, &policy);
	if (status == QS_INVALID)
		status = qs_baseline_read(source, findings, &baseline);
	if (status == QS_OK)
		status = qs_baseline_apply(baseline, "config.json", true, findings);
	if (status == QS_OK)
		qs_baseline_report_unused(baseline, findings);
	if (status == QS_OK)
		status = qs_baseline_write(baseline, text);
	/* Findings refer to the texts, so they are looked at before these go. */
	if (status != QS_NOMEM && qs_findings_status(findings) == QS_OK)
		note_findings(findings, text);
	else
		status = QS_NOMEM;
	if (text->failed)
		status = QS_NOMEM;
	qs_baseline_free(baseline);
	qs_policy_free(policy);
	qs_source_free(other);
	return status;
}

/* Reads a document of a form, as settings are. */
static enum qs_status use_form(
    const struct qs_source *source, struct qs_findings *findings, struct qs_text *text)
{
	static const struct qs_form_key members[] = {
	    {"paths", QS_FORM_LIST, true, NULL, 0}, {"why", QS_FORM_TEXT, true, NULL, 0}};
	static const struct qs_form_key keys[] = {{"on", QS_FORM_FLAG, false, NULL, 0},
	    {"count", QS_FORM_COUNT, true, NULL, 0}, {"list", QS_FORM_LIST, false, NULL, 0},
	    {"map", QS_FORM_MAP, false, NULL, 0}, {"groups", QS_FORM_GROUPS, false, members, 2}};
	const struct qs_form_value *values;
	struct qs_form *form = NULL;
	size_t n;
	enum qs_status status = qs_form_read(source, "a form", keys, 5, findings, &form);

	if (status != QS_OK)
		return status;
	values = qs_form_values(form, &n);
	for (size_t i = 0; i < n; i++)
		qs_text_addf(text, "%zu %zu %zu %s\n", values[i].key, values[i].group,
		    values[i].member, values[i].text);
	if (n)
		qs_form_refuse(findings, &values[0], NULL, 0, "not %s", values[0].text);
	qs_form_free(form);
	return qs_findings_status(findings) == QS_OK ? qs_text_status(text) : QS_NOMEM;
}

/* A text, and what is done with it. */
struct case_of_use {
	const char *name;
	use_source *use;
	const char *text;
};

/* One run in which the n-th allocation fails; 0: none does. Returns whether it came that far. */
static bool run(const struct case_of_use *of, size_t n, struct outcome *ret_outcome)
{
	struct qs_text written = QS_TEXT_INIT;
	struct qs_source *source = NULL;
	struct qs_findings *findings;
	bool failed;

	*ret_outcome = (struct outcome){QS_NOMEM, QS_TEXT_INIT};
	n_live = 0;
	countdown = n;
	findings = qs_findings_new();
	if (findings)
		ret_outcome->status =
		    qs_source_new("config.json", of->text, strlen(of->text), &source);
	if (ret_outcome->status == QS_OK)
		ret_outcome->status = of->use(source, findings, &written);
	failed = n && countdown == 0;
	countdown = 0;
	if (ret_outcome->status != QS_NOMEM) {
		note_findings(findings, &ret_outcome->text);
		qs_text_adds(&ret_outcome->text, written.data);
	}
	qs_text_done(&written);
	qs_source_free(source);
	qs_findings_free(findings);
	n_live -= ret_outcome->text.capacity != 0;
	return failed;
}

static void memory_may_run_out_anywhere(void **state)
{
	const struct case_of_use *of = *state;
	struct outcome expected, found;

	run(of, 0, &expected);
	assert_int_not_equal(expected.status, QS_NOMEM);
	for (size_t n = 1; run(of, n, &found); n++) {
		if (n_live)
			fail_msg("allocation %zu fails: %ld pieces of memory leak", n, n_live);
		if (found.status == QS_NOMEM)
			continue;
		if (found.status != expected.status ||
		    strcmp(found.text.data, expected.text.data) != 0)
			fail_msg("allocation %zu fails unnoticed: status %d, found\n%sexpected\n%s",
			    n, (int)found.status, found.text.data, expected.text.data);
		qs_text_done(&found.text);
	}
	assert_int_equal(n_live, 0);
	qs_text_done(&found.text);
	qs_text_done(&expected.text);
}

static const struct case_of_use cases[] = {
    {"a_right_config", use_config,
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 4},\n"
	"\"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}},\n"
	"\"layer_quantize_config\": [{\"layer_name\": \"fc\", \"quantizable_data_type\": "
	"[\"weights\"],\n"
	"\"tensor_quantize_config\": {\"weights\": {\"bit_width\": 2}}},\n"
	"{\"layer_name\": \"re:f.*\", \"quantizable_data_type\": [\"weights\"]},\n"
	"{\"layer_type\": \"Gemm\", \"quantizable_data_type\": [\"weights\"]},\n"
	"{\"layer_name\": \"fc2\", \"quantizable_data_type\": [\"weights\"]}]}"},
    {"mistakes_in_the_text", use_config,
	"// comment\n{'target_device': \"C\\u0050U\", \"a\": bare, \"b\": 08, \"c\": True, \"d\": "
	"NaN,\n"
	"\"a\": \"\xFF\", \"\xC3\xA9\\q\": 1e999, \"x\": [1 2}, \"y\": [1,],"},
    {"many_members", use_config,
	"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":"
	"11,"
	"\"l\":12,\"m\":13,\"c\":14}"},
    {"mistakes_in_values", use_config,
	"{\"target_device\": \"TPU\", \"include_cel\": 1, \"overall_quantize_config\": "
	"{\"bit_widht\": 8,\n"
	"\"method\": \"best\", \"symmetry\": 0, \"percentage\": 101.0, \"signed\": null},\n"
	"\"layer_quantize_config\": [{\"layer_name\": \"re:[\", \"quantizable_data_type\": "
	"[\"weight\"]},\n"
	"{\"layer_name\": 1, \"layer_type\": 2, \"quantizable_data_type\": [3]}, 4]}"},
    {"conflicts_and_effects", use_config,
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": false,\n"
	"\"method\": \"percentile\", \"percentage\": 99}, \"tensor_quantize_config\": {\"bias\":\n"
	"{\"bit_width\": 16, \"calib_statistic_method\": \"modal\"}},\n"
	"\"layer_quantize_config\": [{\"layer_name\": \"a\", \"quantizable_data_type\": "
	"[\"weights\"],\n"
	"\"overall_quantize_config\": {\"round_mode\": \"half_up\"}},\n"
	"{\"layer_name\": \"a\", \"quantizable_data_type\": []}]}"},
    {"all_devices", use_for_devices,
	"{\"target_device\": \"CPU\", \"onnx_opset_version\": 13, \"layer_quantize_config\": "
	"[{\"layer_name\": \"fc\", \"quantizable_data_type\": [\"weights\"]}, "
	"{\"layer_name\": \"re:.*conv.*\", \"quantizable_data_type\": [\"input\"]}]}"},
    {"all_devices_that_refuse", use_for_devices,
	"{\"target_device\": \"FLEXML\", \"overall_quantize_config\": {\"bit_width\": 3}}"},
    {"lock", use_lock,
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"method\": \"maxmin\"},\n"
	"\"layer_quantize_config\": [{\"layer_type\": \"Linear\", \"quantizable_data_type\":\n"
	"[\"weights\"], \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4}}}]}"},
    {"baseline", use_baseline,
	"{\"format\": \"qstrata-baseline\", \"version\": 1, \"findings\": [\n"
	"{\"file\": \"config.json\", \"code\": \"QS201\", \"identity\": \"/a\"},\n"
	"{\"file\": \"config.json\", \"code\": \"QS201\", \"identity\": \"/gone\"}]}"},
    {"mistakes_in_a_baseline", use_baseline,
	"{\"format\": \"baseline\", \"version\": 2, \"findings\": [{\"file\": 1, \"cod\": 2}, 3]}"},
    {"form", use_form,
	"{\"on\": true, \"count\": 3, \"list\": [\"a\", \"\\u00e4\"], \"map\": {\"a\": \"b\"},\n"
	"\"groups\": [{\"paths\": [\"x\"], \"why\": \"so\"}, {\"paths\": [], \"why\": \"\"}]}"},
    {"mistakes_in_a_form", use_form,
	"{\"no\": 1, \"count\": -1, \"list\": \"a\", \"map\": {\"a\": 1}, \"groups\": [{\"pats\": "
	"1}],\n"
	"\"on\": \"yes\""},
};

int main(void)
{
	enum {
		N_CASES = sizeof(cases) / sizeof(*cases)
	};
	struct CMUnitTest tests[N_CASES];
	struct qs_findings *findings = qs_findings_new();
	int n_failed;

	model = FIXTURE_MODEL(
	    findings, "in x 1 4", "init w 4 4", "node MatMul a x,w b", "node Relu c b y", "out y");
	if (qs_layers_new(model, findings, &model_layers) != QS_OK)
		return 99;
	for (size_t i = 0; i < N_CASES; i++)
		tests[i] = (struct CMUnitTest){
		    cases[i].name, memory_may_run_out_anywhere, NULL, NULL, (void *)&cases[i]};
	n_failed = cmocka_run_group_tests_name("nomem", tests, NULL, NULL);
	qs_layers_free(model_layers);
	qs_model_free(model);
	qs_findings_free(findings);
	return n_failed;
}
