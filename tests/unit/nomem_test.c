/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory that runs out: the n-th allocation fails, for every n until reading a config passes. Each
 * time it ends in QS_NOMEM, or as if nothing had happened, and nothing leaks.
 *
 * The program is linked so that the project's own calls of malloc() and its relatives come here.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/unit/layers.h"

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

/* Reads, selects, explains and compares; the first that runs out of memory ends it. */
static enum qs_status use_config(
    const char *config, struct qs_findings *findings, struct qs_text *text)
{
	struct qs_selection *selection = NULL;
	struct qs_policy *policy = NULL;
	struct qs_source *source = NULL;
	enum qs_status status;

	status = qs_source_new("config.json", config, strlen(config), &source);
	if (status == QS_OK)
		status = qs_policy_read(source, findings, &policy);
	if (status == QS_OK)
		status = qs_policy_select(
		    policy, test_layers, N_TEST_LAYERS, true, findings, &selection);
	if (status == QS_OK)
		status = explain(policy, findings, text);
	if (status == QS_OK)
		status = compare(policy, text);
	qs_selection_free(selection);
	qs_policy_free(policy);
	qs_source_free(source);
	return status;
}

/* One run in which the n-th allocation fails; 0: none does. Returns whether it came that far. */
static bool run(const char *config, size_t n, struct outcome *ret_outcome)
{
	struct qs_text explained = QS_TEXT_INIT;
	struct qs_findings *findings;
	bool failed;

	*ret_outcome = (struct outcome){QS_NOMEM, QS_TEXT_INIT};
	n_live = 0;
	countdown = n;
	findings = qs_findings_new();
	if (findings)
		ret_outcome->status = use_config(config, findings, &explained);
	failed = n && countdown == 0;
	countdown = 0;
	if (ret_outcome->status != QS_NOMEM) {
		note_findings(findings, &ret_outcome->text);
		qs_text_adds(&ret_outcome->text, explained.data);
	}
	qs_text_done(&explained);
	qs_findings_free(findings);
	n_live -= ret_outcome->text.capacity != 0;
	return failed;
}

static void memory_may_run_out_anywhere(void **state)
{
	const struct row *row = *state;
	struct outcome expected, found;

	run(row->text, 0, &expected);
	assert_int_not_equal(expected.status, QS_NOMEM);
	for (size_t n = 1; run(row->text, n, &found); n++) {
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

static const struct row rows[] = {
    {"a_right_config",
	"{\"target_device\": \"CPU\", \"overall_quantize_config\": {\"bit_width\": 4},\n"
	"\"tensor_quantize_config\": {\"weights\": {\"per_channel\": true}},\n"
	"\"layer_quantize_config\": [{\"layer_name\": \"fc\", \"quantizable_data_type\": "
	"[\"weights\"],\n"
	"\"tensor_quantize_config\": {\"weights\": {\"bit_width\": 2}}},\n"
	"{\"layer_name\": \"re:f.*\", \"quantizable_data_type\": [\"weights\"]},\n"
	"{\"layer_type\": \"Gemm\", \"quantizable_data_type\": [\"weights\"]},\n"
	"{\"layer_name\": \"fc2\", \"quantizable_data_type\": [\"weights\"]}]}",
	NULL},
    {"mistakes_in_the_text",
	"// comment\n{'target_device': \"C\\u0050U\", \"a\": bare, \"b\": 08, \"c\": True, \"d\": "
	"NaN,\n"
	"\"a\": \"\xFF\", \"\xC3\xA9\\q\": 1e999, \"x\": [1 2}, \"y\": [1,],",
	NULL},
    {"many_members",
	"{\"a\":1,\"b\":2,\"c\":3,\"d\":4,\"e\":5,\"f\":6,\"g\":7,\"h\":8,\"i\":9,\"j\":10,\"k\":"
	"11,"
	"\"l\":12,\"m\":13,\"c\":14}",
	NULL},
    {"mistakes_in_values",
	"{\"target_device\": \"TPU\", \"include_cel\": 1, \"overall_quantize_config\": "
	"{\"bit_widht\": 8,\n"
	"\"method\": \"best\", \"symmetry\": 0, \"percentage\": 101.0, \"signed\": null},\n"
	"\"layer_quantize_config\": [{\"layer_name\": \"re:[\", \"quantizable_data_type\": "
	"[\"weight\"]},\n"
	"{\"layer_name\": 1, \"layer_type\": 2, \"quantizable_data_type\": [3]}, 4]}",
	NULL},
    {"conflicts_and_effects",
	"{\"target_device\": \"DPU\", \"overall_quantize_config\": {\"symmetry\": false,\n"
	"\"method\": \"percentile\", \"percentage\": 99}, \"tensor_quantize_config\": {\"bias\":\n"
	"{\"bit_width\": 16, \"calib_statistic_method\": \"modal\"}},\n"
	"\"layer_quantize_config\": [{\"layer_name\": \"a\", \"quantizable_data_type\": "
	"[\"weights\"],\n"
	"\"overall_quantize_config\": {\"round_mode\": \"half_up\"}},\n"
	"{\"layer_name\": \"a\", \"quantizable_data_type\": []}]}",
	NULL},
};

int main(void)
{
	return RUN_ROWS("nomem", rows, memory_may_run_out_anywhere);
}
