/* SPDX-License-Identifier: Apache-2.0 */
/* place: where the nodes of a model run on devices, and whether these take their formats. */
#include <stdlib.h>

#include "cli/config.h"

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

/* Placements, one for each device that is asked for. */
struct places {
	struct qs_placement **items;
	size_t n;
};

/* Places the model on every device; QS_INVALID when one refuses something, with all placements. */
static enum qs_status place_on_all(struct qs_place_options *options, uint64_t devices,
    struct qs_findings *findings, struct places *places)
{
	enum qs_status worst = QS_OK;

	for (size_t i = 0; i < QS_DEVICE_LIMIT; i++) {
		struct qs_placement *placement = NULL;
		enum qs_status status;

		if (!(devices >> i & 1))
			continue;
		options->device = i;
		status = qs_place_model(options, findings, &placement);
		if (!placement)
			return status == QS_OK ? QS_BUG : status;
		places->items[places->n++] = placement;
		worst = worst == QS_OK ? status : worst;
	}
	return worst;
}

static enum qs_status write_places(const struct places *places, bool json, struct qs_text *text)
{
	const struct qs_placement *const *items = (const struct qs_placement *const *)places->items;

	if (places->n == 1)
		return json ? qs_placement_write_json(items[0], text)
		            : qs_placement_write_text(items[0], text);
	return json ? qs_placements_write_json(items, places->n, text)
	            : qs_placements_write_text(items, places->n, text);
}

static int place(const struct arguments *arguments, struct qs_findings *findings,
    struct qs_place_options *options, uint64_t devices)
{
	struct places places = {calloc(QS_DEVICE_LIMIT, sizeof(*places.items)), 0};
	struct qs_text text = QS_TEXT_INIT;
	size_t n_devices = 0;
	enum qs_status status;
	int result = EXIT_UNABLE;
	bool json;

	for (uint64_t rest = devices; rest; rest &= rest - 1)
		n_devices++;
	if (!places.items)
		return out_of_memory();
	if (option_json(arguments, &json)) {
		status = place_on_all(options, devices, findings, &places);
		if (status == QS_NOMEM)
			result = out_of_memory();
		else if (places.n == n_devices)
			result = tell_document(&text, write_places(&places, json, &text));
		if (result == EXIT_CLEAN)
			result = exit_of(status);
	}
	for (size_t i = 0; i < places.n; i++)
		qs_placement_free(places.items[i]);
	free(places.items);
	return result;
}

/* The config counts by its own target_device: what the device refuses is for place to say. */
static int work(const struct arguments *line, struct qs_findings *findings, struct config *config)
{
	const char *path = line->value[OPTION_CONFIG];
	struct qs_place_options options = {.model = line->value[OPTION_MODEL],
	    .allow_unmatched = line->value[OPTION_ALLOW_UNMATCHED] != NULL};
	uint64_t devices;
	int status;

	/* Without a config, settings are those of a file in the working folder. */
	if (!find_config(line, path ? path : "x", config) ||
	    !find_front_end(config->arguments, &options.front_end))
		return EXIT_UNABLE;
	devices = config->options.devices;
	if (!devices)
		return usage_error(config->arguments, "--target is missing");
	config->options.devices = 0;
	if (path && !read_config(config, path, findings, &status))
		return status;
	options.rules = config->scope->judgement.rulebook;
	options.policy = config->policy;
	return place(config->arguments, findings, &options, devices);
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
