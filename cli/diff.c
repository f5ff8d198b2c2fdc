/* SPDX-License-Identifier: Apache-2.0 */
/* diff: what changes in effect between two configs. */
#include <stdio.h>

#include "cli/config.h"

enum {
	BEFORE,
	AFTER,
	N_SIDES
};

/* Both configs, and what they select of one model. */
struct comparison {
	const struct arguments *line;
	struct qs_findings *findings;
	struct config configs[N_SIDES];
	struct model model;
	struct qs_selection *selections[N_SIDES];
};

/* Finds the settings of both. False after a complaint. */
static bool find_all(struct comparison *comparison)
{
	struct config *configs = comparison->configs;

	for (int i = 0; i < N_SIDES; i++) {
		if (!find_config(comparison->line, comparison->line->files[i], &configs[i]))
			return false;
	}
	/* They are held against one model. */
	return settings_agree_on(
	    &configs[BEFORE].scope->settings, &configs[AFTER].scope->settings, OPTION_MODEL);
}

static enum qs_status open_all(struct comparison *comparison)
{
	struct config *configs = comparison->configs;
	enum qs_status status = open_model(configs[AFTER].arguments->value[OPTION_MODEL],
	    comparison->findings, &comparison->model);
	bool good = status == QS_OK;

	/* Both are read whatever the other is like, so that everything is told at once. */
	for (int i = 0; i < N_SIDES; i++) {
		int unused;

		if (!read_config(
			&configs[i], comparison->line->files[i], comparison->findings, &unused))
			good = false;
	}
	if (status == QS_OK && !good)
		status = QS_INVALID;
	for (int i = 0; i < N_SIDES && good; i++) {
		const enum qs_status selected =
		    select_layers(configs[i].arguments, configs[i].policy, &comparison->model,
			comparison->findings, &comparison->selections[i]);

		status = selected == QS_OK ? status : selected;
	}
	return status;
}

static void close_all(struct comparison *comparison)
{
	for (int i = 0; i < N_SIDES; i++) {
		qs_selection_free(comparison->selections[i]);
		close_config(&comparison->configs[i]);
	}
	close_model(&comparison->model);
	qs_findings_free(comparison->findings);
}

static int compare(const struct comparison *comparison, bool json)
{
	struct qs_difference *difference;
	enum qs_status status;
	int result;

	status = qs_policy_diff(comparison->configs[BEFORE].policy, comparison->selections[BEFORE],
	    comparison->configs[AFTER].policy, comparison->selections[AFTER], &difference);
	if (status != QS_OK)
		return exit_of(status);
	result = tell_difference(difference, json);
	qs_difference_free(difference);
	return result;
}

static int run(struct comparison *comparison, bool json)
{
	const enum qs_status status = open_all(comparison);
	int result = EXIT_UNABLE;

	/* What cannot be compared is trouble, as of diff(1). */
	if (status == QS_OK)
		result = compare(comparison, json);
	else if (status != QS_INVALID)
		result = exit_of(status);
	tell_findings(comparison->line, comparison->findings, stderr, QS_SEVERITY_ERROR);
	return result;
}

int command_diff(const struct arguments *arguments)
{
	struct comparison comparison = {.line = arguments};
	int result = EXIT_UNABLE;
	bool json;

	if (arguments->n_files != N_SIDES)
		return usage_error(
		    arguments, "exactly two configs are expected, found %d", arguments->n_files);
	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	comparison.findings = qs_findings_new();
	if (!comparison.findings)
		return out_of_memory();
	if (find_all(&comparison))
		result = run(&comparison, json);
	close_all(&comparison);
	return result;
}
