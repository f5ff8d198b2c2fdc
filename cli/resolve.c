/* SPDX-License-Identifier: Apache-2.0 */
/* resolve: what a config means. */
#include "cli/config.h"

static int write_resolved(const struct arguments *arguments, const struct config *config,
    const struct model *model, struct qs_findings *findings)
{
	struct qs_selection *selection;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;

	status = select_layers(arguments, config->policy, model, findings, &selection);
	if (status == QS_OK)
		status = qs_policy_write_json(config->policy, selection, &text);
	qs_selection_free(selection);
	return tell_document(&text, status);
}

int command_resolve(const struct arguments *arguments)
{
	return use_config(arguments, write_resolved);
}
