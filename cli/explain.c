/* SPDX-License-Identifier: Apache-2.0 */
/* explain: why a config means what it means. */
#include "cli/config.h"

static int write_explained(const struct arguments *arguments, const struct config *config,
    const struct model *model, struct qs_findings *findings)
{
	struct qs_question question = {.layer = arguments->value[OPTION_LAYER],
	    .entry = arguments->value[OPTION_ENTRY],
	    .model = arguments->value[OPTION_MODEL]};
	struct qs_text text = QS_TEXT_INIT;
	const struct qs_layer *layers = NULL;
	size_t n_layers = 0;

	question.tensor = option_word(arguments, OPTION_TENSOR, qs_tensor_of_word, "tensor kind");
	question.param = option_word(arguments, OPTION_PARAM, qs_param_of_word, "parameter");
	if (question.tensor == -2 || question.param == -2 ||
	    !option_json(arguments, &question.json))
		return EXIT_UNABLE;
	if (question.layer && question.entry)
		return usage_error(arguments, "--layer and --entry cannot be given together");
	if (model->layers)
		layers = qs_layers_list(model->layers, &n_layers);
	return tell_document(
	    &text, qs_policy_explain(config->policy, layers, n_layers, &question, findings, &text));
}

int command_explain(const struct arguments *arguments)
{
	return use_config(arguments, write_explained);
}
