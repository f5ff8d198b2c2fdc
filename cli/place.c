/* SPDX-License-Identifier: Apache-2.0 */
/* place: where the nodes of a model run on a device, and whether it takes their formats. */
#include "cli/config.h"

/* The one device that --target or --profile asks for. False after a complaint. */
static bool find_device(const struct arguments *arguments, uint64_t devices, size_t *ret_device)
{
	*ret_device = 0;
	if (!devices || (devices & (devices - 1))) {
		usage_error(arguments,
		    devices ? "place is for one device at a time" : "--target is missing");
		return false;
	}
	while (!(devices >> *ret_device & 1))
		++*ret_device;
	return true;
}

/* Reads --front-end; of ONNX models it is that for ONNX unless something else is said. */
static bool find_front_end(const struct arguments *arguments, enum qs_front_end *ret_front_end)
{
	const char *word = arguments->value[OPTION_FRONT_END];
	const int front_end = word ? qs_front_end_of_word(word) : QS_FRONT_END_ONNX;

	if (front_end <= QS_FRONT_END_ANY) {
		usage_error(
		    arguments, "--front-end cannot be \"%s\"; expected onnx or pytorch", word);
		return false;
	}
	*ret_front_end = (enum qs_front_end)front_end;
	return true;
}

static int place(const struct arguments *arguments, struct qs_findings *findings,
    const struct qs_place_options *options)
{
	struct qs_placement *placement = NULL;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status, written;
	int result;
	bool json;

	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	status = qs_place_model(options, findings, &placement);
	if (!placement)
		return status == QS_NOMEM ? out_of_memory() : EXIT_UNABLE;
	written = json ? qs_placement_write_json(placement, &text)
	               : qs_placement_write_text(placement, &text);
	result = tell_document(&text, written);
	qs_placement_free(placement);
	return result == EXIT_CLEAN ? exit_of(status) : result;
}

/* The config counts by its own target_device: what the device refuses is for place to say. */
static int work(const struct arguments *line, struct qs_findings *findings, struct config *config)
{
	const char *path = line->value[OPTION_CONFIG];
	struct qs_place_options options = {.model = line->value[OPTION_MODEL],
	    .allow_unmatched = line->value[OPTION_ALLOW_UNMATCHED] != NULL};
	int status;

	/* Without a config, settings are those of a file in the working folder. */
	if (!find_config(line, path ? path : "x", config) ||
	    !find_device(config->arguments, config->options.devices, &options.device) ||
	    !find_front_end(config->arguments, &options.front_end))
		return EXIT_UNABLE;
	config->options.devices = 0;
	if (path && !read_config(config, path, findings, &status))
		return status;
	options.rules = config->scope->judgement.rulebook;
	options.policy = config->policy;
	return place(config->arguments, findings, &options);
}

int command_place(const struct arguments *arguments)
{
	struct qs_findings *findings;
	struct config config = {.scope = NULL};
	int result;

	if (!arguments->value[OPTION_MODEL])
		return usage_error(arguments, "--model is missing");
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	result = work(arguments, findings, &config);
	fflush(stdout);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_INFO);
	close_config(&config);
	qs_findings_free(findings);
	return result;
}
