/* SPDX-License-Identifier: Apache-2.0 */
/* layers: what a model consists of, and what an entry of a config can select. */
#include <string.h>

#include "cli/report.h"

static int write_layers(const struct arguments *arguments, const struct model *model)
{
	const char *format = arguments->value[OPTION_FORMAT];
	struct qs_text text = QS_TEXT_INIT;

	if (!format || strcmp(format, "text") == 0)
		return tell_document(&text, qs_layers_write_text(model->layers, &text));
	if (strcmp(format, "json") == 0)
		return tell_document(&text, qs_layers_write_json(model->layers, &text));
	return usage_error(arguments, "--format cannot be \"%s\"; expected text or json", format);
}

int command_layers(const struct arguments *arguments)
{
	struct qs_findings *findings;
	struct model model;
	enum qs_status status;
	int result;

	if (arguments->n_files != 1)
		return usage_error(
		    arguments, "exactly one model is expected, found %d", arguments->n_files);
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	status = open_model(arguments->files[0], findings, &model);
	if (status == QS_OK)
		result = write_layers(arguments, &model);
	else
		result = status == QS_NOMEM ? out_of_memory() : EXIT_UNABLE;
	tell_findings(arguments, findings, stderr, QS_SEVERITY_INFO);
	close_model(&model);
	qs_findings_free(findings);
	return result;
}
