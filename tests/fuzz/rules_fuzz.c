/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a rule set and as a device profile: read, told, and when they are good a config is
 * judged by them. Whatever they are, there is no crash, no leak and no hang.
 */
#include <string.h>

#include "tests/fuzz/laws.h"

static const char config[] =
    "{\"target_device\": \"CPU\", \"tensor_quantize_config\": {\"weights\": {\"bit_width\": 4},"
    "\"activation\": {\"method\": \"mse\", \"symmetry\": false}}, \"layer_quantize_config\": ["
    "{\"layer_type\": \"torch.nn.Linear\", \"quantizable_data_type\": [\"input\"],"
    "\"overall_quantize_config\": {\"datatype\": \"float16\"}},"
    "{\"layer_name\": \"conv1\", \"quantizable_data_type\": [\"weights\", \"bias\"],"
    "\"overall_quantize_config\": {\"bit_width\": 16}}]}";

/* Judges the config by a rulebook for all of its devices. */
static void judge(const struct qs_rulebook *rulebook)
{
	struct qs_policy_options options = QS_POLICY_OPTIONS_INIT;
	struct qs_findings *findings = qs_findings_new();
	struct qs_source *source = NULL;
	struct qs_policy *policy = NULL;
	enum qs_status status;
	size_t n_devices;

	(void)qs_rulebook_profiles(rulebook, &n_devices);
	options.rulebook = rulebook;
	options.devices = n_devices < 64 ? ((uint64_t)1 << n_devices) - 1 : ~(uint64_t)0;
	require(qs_source_new("config.json", config, sizeof(config) - 1, &source) == QS_OK,
	    "a config is a source");
	status = qs_policy_read_for(source, &options, findings, &policy);
	require(status == QS_OK || status == QS_INVALID, "judging ends well or with a finding");
	check_findings(findings);
	qs_policy_free(policy);
	qs_source_free(source);
	qs_findings_free(findings);
}

static void write_all(const struct qs_rulebook *rulebook)
{
	struct qs_text text = QS_TEXT_INIT;
	struct qs_catalog *catalog = NULL;
	struct json_object *document;
	size_t n_devices;

	(void)qs_rulebook_profiles(rulebook, &n_devices);
	for (size_t d = 0; d < n_devices; d++)
		require(
		    qs_rulebook_write_text(rulebook, &d, &text) == QS_OK, "a device can be told");
	qs_text_clear(&text);
	require(qs_rulebook_write_json(rulebook, NULL, &text) == QS_OK,
	    "devices can be written as JSON");
	document = json_tokener_parse(text.data);
	require(document != NULL, "devices as JSON are JSON");
	json_object_put(document);
	qs_text_done(&text);
	require(qs_catalog_new_for(rulebook, &catalog) == QS_OK, "rules have a catalogue");
	qs_catalog_free(catalog);
}

static void read_as(const struct qs_source *source, bool is_profile)
{
	struct qs_findings *findings = qs_findings_new();
	struct qs_rulebook *rulebook = NULL;
	enum qs_status status;
	size_t device = 0;

	require(qs_rulebook_new(&rulebook) == QS_OK, "what is built in is good");
	status = is_profile ? qs_rulebook_add_profile(rulebook, source, findings, &device)
	                    : qs_rulebook_add_rules(rulebook, source, findings);
	require(status == QS_OK || status == QS_INVALID, "reading ends well or with a finding");
	require((status == QS_OK) == (qs_findings_total(findings, QS_SEVERITY_ERROR) == 0),
	    "rules are invalid exactly when there is an error");
	check_findings(findings);
	if (status == QS_OK) {
		judge(rulebook);
		write_all(rulebook);
	}
	qs_rulebook_free(rulebook);
	qs_findings_free(findings);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct qs_source *source = NULL;

	require(qs_source_new("fuzz.json", (const char *)data, size, &source) == QS_OK,
	    "any bytes are a source");
	read_as(source, false);
	read_as(source, true);
	qs_source_free(source);
	return 0;
}
