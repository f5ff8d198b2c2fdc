/* SPDX-License-Identifier: Apache-2.0 */
/* lock: writes what a config makes of a model, or tells what changed since. */
#include "cli/config.h"

static int check_lock(const struct arguments *arguments, const struct config *config,
    const struct model *model, const struct qs_selection *selection, struct qs_findings *findings,
    bool json)
{
	struct qs_difference *difference;
	enum qs_status status;
	int result;

	status = qs_lock_check(config->policy, selection, model->model,
	    arguments->value[OPTION_CHECK], findings, &difference);
	/* A lock that cannot be used is no answer to the question whether it would change. */
	if (status == QS_INVALID)
		return EXIT_UNABLE;
	if (status != QS_OK)
		return exit_of(status);
	result = tell_difference(difference, json);
	qs_difference_free(difference);
	return result;
}

static int write_lock(const struct arguments *arguments, const struct config *config,
    const struct model *model, const struct qs_selection *selection, struct qs_findings *findings)
{
	const char *path = arguments->value[OPTION_OUTPUT];
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status =
	    qs_lock_write(config->policy, selection, model->model, findings, &text);

	if (status != QS_OK || !path)
		return tell_document(&text, status);
	status = qs_text_save(&text, path, findings);
	qs_text_done(&text);
	return exit_of(status);
}

static int use_lock(const struct arguments *arguments, const struct config *config,
    const struct model *model, struct qs_findings *findings)
{
	struct qs_selection *selection;
	enum qs_status status;
	bool json;
	int result;

	if (!model->model)
		return usage_error(
		    arguments, "a lock is of a config and a model; --model is missing");
	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	status = select_layers(arguments, config->policy, model, findings, &selection);
	if (status != QS_OK)
		result = exit_of(status);
	else if (arguments->value[OPTION_CHECK])
		result = check_lock(arguments, config, model, selection, findings, json);
	else
		result = write_lock(arguments, config, model, selection, findings);
	qs_selection_free(selection);
	return result;
}

int command_lock(const struct arguments *arguments)
{
	if (arguments->value[OPTION_CHECK] && arguments->value[OPTION_OUTPUT])
		return usage_error(arguments, "--check and --output cannot be given together");
	if (arguments->value[OPTION_FORMAT] && !arguments->value[OPTION_CHECK])
		return usage_error(arguments, "--format goes with --check; a lock is always JSON");
	return use_config(arguments, use_lock);
}
