/* SPDX-License-Identifier: Apache-2.0 */
/* layers: what a model consists of, and what an entry of a config can select. */
#include "cli/report.h"

static int write_layers(const struct model *model, bool json)
{
	struct qs_text text = QS_TEXT_INIT;

	return tell_document(&text, json ? qs_layers_write_json(model->layers, &text)
					 : qs_layers_write_text(model->layers, &text));
}

int command_layers(const struct arguments *arguments)
{
	struct qs_findings *findings;
	struct model model;
	enum qs_status status;
	int result;
	bool json;

	if (arguments->n_files != 1)
		return usage_error(
		    arguments, "exactly one model is expected, found %d", arguments->n_files);
	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	findings = qs_findings_new();
	if (!findings)
		return out_of_memory();
	status = open_model(arguments->files[0], findings, &model);
	if (status == QS_OK)
		result = write_layers(&model, json);
	else
		result = status == QS_NOMEM ? out_of_memory() : EXIT_UNABLE;
	tell_findings(arguments, findings, stderr, QS_SEVERITY_INFO);
	close_model(&model);
	qs_findings_free(findings);
	return result;
}
