/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a config: read, told, resolved, held against layers, explained. Whatever they are,
 * there is no crash, no leak and no hang, and what the headers promise holds.
 */
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "policy/takers.h"
#include "tests/fuzz/laws.h"

static const char *const names[][2] = {{"/conv1/Conv", NULL}, {"/norm/Mean", "/norm/Div"}};
static const struct qs_layer layers[] = {
    {.name = "/conv1/Conv",
	.names = names[0],
	.n_nodes = 1,
	.path = "conv1",
	.type = "Conv2d",
	.op_type = "Conv"},
    {.name = "/norm/Mean",
	.names = names[1],
	.n_nodes = 2,
	.path = "layer1.0.norm",
	.type = "LayerNorm",
	.op_type = "ReduceMean"},
};

#define N_LAYERS (sizeof(layers) / sizeof(*layers))

static void explain(const struct qs_policy *policy, const char *layer, const char *entry,
    bool with_layers, struct qs_findings *findings)
{
	struct qs_question question = {.layer = layer, .tensor = -1, .param = -1, .entry = entry};
	const struct qs_layer *about = with_layers ? layers : NULL;
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;

	require(qs_policy_explain(policy, about, N_LAYERS, &question, findings, &text) == QS_OK,
	    "what exists can be explained");
	qs_text_clear(&text);
	question.json = true;
	require(qs_policy_explain(policy, about, N_LAYERS, &question, findings, &text) == QS_OK,
	    "what exists can be explained as JSON");
	document = json_tokener_parse(text.data);
	require(document != NULL, "an explanation as JSON is JSON");
	json_object_put(document);
	qs_text_done(&text);
}

/* A config never differs from itself. */
static void compare(const struct qs_policy *policy, const struct qs_selection *selection)
{
	struct qs_difference *difference;
	struct qs_text text = QS_TEXT_INIT;

	require(qs_policy_diff(policy, selection, policy, selection, &difference) == QS_OK,
	    "configs can be compared");
	require(qs_difference_is_empty(difference), "a config does not differ from itself");
	require(qs_difference_write_text(difference, &text) == QS_OK && text.size == 0,
	    "no difference is nothing to tell");
	qs_text_done(&text);
	qs_difference_free(difference);
}

/* Explaining finds the winners one by one, and agrees with selecting. */
static void check_takers(const struct qs_policy *policy, const struct qs_selection *selection)
{
	struct qs_takers *takers;

	require(qs_takers_new(policy, layers, N_LAYERS, &takers) == QS_OK, "takers can be found");
	for (size_t i = 0; i < N_LAYERS; i++) {
		const struct qs_entry *const *list;
		size_t n;

		require(qs_takers_find(takers, &layers[i], &list, &n) == QS_OK,
		    "the takers of a layer can be found");
		require((n ? list[0] : NULL) == selection->winners[i],
		    "the strongest taker wins the layer");
	}
	qs_takers_free(takers);
}

static void use_policy(const struct qs_policy *policy, struct qs_findings *findings)
{
	struct qs_selection *selection = NULL;
	struct qs_text text = QS_TEXT_INIT;
	struct json_object *document;
	enum qs_status status;

	status = qs_policy_select(policy, layers, N_LAYERS, true, findings, &selection);
	require(status == QS_OK || status == QS_INVALID, "selecting ends well or with a finding");
	require(
	    qs_policy_write_json(policy, selection, &text) == QS_OK, "a policy can be resolved");
	document = json_tokener_parse(text.data);
	require(document != NULL, "a resolved policy is JSON");
	json_object_put(document);
	qs_text_done(&text);
	explain(policy, NULL, NULL, false, findings);
	explain(policy, "conv1", NULL, false, findings);
	explain(policy, "Conv2d", NULL, true, findings);
	if (policy->n_entries) {
		explain(policy, NULL, "0", false, findings);
		explain(policy, NULL, "0", true, findings);
	}
	compare(policy, NULL);
	compare(policy, selection);
	if (status == QS_OK)
		check_takers(policy, selection);
	qs_selection_free(selection);
}

/* For all devices: what awaits its model is refused for nothing that it is not refused for without,
 * and layers can be selected then. */
static void await_model(const struct qs_source *source)
{
	static struct qs_rulebook *rulebook; /* of all runs */
	struct qs_policy_options options = QS_POLICY_OPTIONS_INIT;
	struct qs_findings *findings = qs_findings_new();
	struct qs_policy *policies[2] = {NULL, NULL};
	struct qs_selection *selection = NULL;
	size_t n;

	require(rulebook || qs_rulebook_new(&rulebook) == QS_OK, "the built-in rules can be read");
	options.rulebook = rulebook;
	(void)qs_rulebook_profiles(rulebook, &n);
	options.devices = ((uint64_t)1 << n) - 1;
	for (int awaits = 0; awaits < 2; awaits++) {
		options.awaits_model = awaits;
		(void)qs_policy_read_for(source, &options, findings, &policies[awaits]);
	}
	require(policies[1] || !policies[0], "awaiting a model is no reason to refuse");
	if (policies[1])
		(void)qs_policy_select(policies[1], layers, N_LAYERS, true, findings, &selection);
	qs_selection_free(selection);
	qs_policy_free(policies[0]);
	qs_policy_free(policies[1]);
	qs_findings_free(findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_policy *policy = NULL;
	struct qs_source *source = NULL;
	enum qs_status status;

	require(qs_source_new("fuzz.json", (const char *)data, size, &source) == QS_OK,
	    "any bytes are a source");
	status = qs_policy_read(source, findings, &policy);
	require(status == QS_OK || status == QS_INVALID, "reading ends well or with a finding");
	require((status == QS_OK) == (qs_findings_total(findings, QS_SEVERITY_ERROR) == 0),
	    "a config is invalid exactly when there is an error");
	require((status == QS_OK) == (policy != NULL), "a policy is of a valid config");
	if (policy)
		use_policy(policy, findings);
	check_findings(findings);
	await_model(source);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
	return 0;
}
