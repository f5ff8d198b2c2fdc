/* SPDX-License-Identifier: Apache-2.0 */
/* resolve and explain: what a config means, and why. */
#include <string.h>

#include "cli/report.h"

/* What a command does with a config that can be used. */
typedef int config_use(const struct arguments *arguments, const struct config *config,
    const struct qs_selection *selection, struct qs_findings *findings);

static int use_with_model(const struct arguments *arguments, const struct config *config,
    struct qs_findings *findings, config_use *use)
{
	struct qs_selection *selection = NULL;
	struct model model;
	enum qs_status status;
	int result;

	status = open_model(arguments->value[OPTION_MODEL], findings, &model);
	result = status == QS_NOMEM ? out_of_memory() : EXIT_UNABLE;
	if (status == QS_OK) {
		status = select_layers(arguments, config->policy, &model, findings, &selection);
		result =
		    status == QS_OK ? use(arguments, config, selection, findings) : exit_of(status);
	}
	qs_selection_free(selection);
	close_model(&model);
	return result;
}

static int use_config(const struct arguments *arguments, config_use *use)
{
	struct qs_findings *findings;
	struct config config;
	int result;

	if (arguments->n_files != 1)
		return usage_error(
		    arguments, "exactly one file is expected, found %d", arguments->n_files);
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	if (open_config(arguments, arguments->files[0], findings, &config, &result))
		result = use_with_model(arguments, &config, findings, use);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_ERROR);
	close_config(&config);
	qs_findings_free(findings);
	return result;
}

static int write_resolved(const struct arguments *arguments, const struct config *config,
    const struct qs_selection *selection, struct qs_findings *findings)
{
	struct qs_text text = QS_TEXT_INIT;

	(void)arguments;
	(void)findings;
	return tell_document(&text, qs_policy_write_json(config->policy, selection, &text));
}

int command_resolve(const struct arguments *arguments)
{
	return use_config(arguments, write_resolved);
}

static int write_explained(const struct arguments *arguments, const struct config *config,
    const struct qs_selection *selection, struct qs_findings *findings)
{
	const struct qs_question question = {arguments->value[OPTION_LAYER],
	    option_word(arguments, OPTION_TENSOR, qs_tensor_of_word, "tensor kind"),
	    option_word(arguments, OPTION_PARAM, qs_param_of_word, "parameter")};
	struct qs_text text = QS_TEXT_INIT;

	if (question.tensor == -2 || question.param == -2)
		return EXIT_UNABLE;
	return tell_document(
	    &text, qs_policy_explain(config->policy, selection, &question, findings, &text));
}

int command_explain(const struct arguments *arguments)
{
	return use_config(arguments, write_explained);
}
