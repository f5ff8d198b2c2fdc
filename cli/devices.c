/* SPDX-License-Identifier: Apache-2.0 */
/* devices: the profiles of devices, with what is known about them and from where. */
#include <stdio.h>
#include <string.h>

#include "cli/judgement.h"
#include "cli/report.h"

static int write_devices(const struct arguments *arguments, const struct qs_rulebook *rulebook,
    struct qs_findings *findings)
{
	const char *format = arguments->value[OPTION_FORMAT];
	const char *name = arguments->n_files ? arguments->files[0] : NULL;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;
	size_t device = 0;

	if (format && strcmp(format, "text") != 0 && strcmp(format, "json") != 0)
		return usage_error(
		    arguments, "--format cannot be \"%s\"; expected text or json", format);
	if (name &&
	    qs_rulebook_find_device(rulebook, name, strlen(name), findings, &device) != QS_OK)
		return EXIT_UNABLE;
	if (format && strcmp(format, "json") == 0)
		status = qs_rulebook_write_json(rulebook, name ? &device : NULL, &text);
	else
		status = qs_rulebook_write_text(rulebook, name ? &device : NULL, &text);
	return tell_document(&text, status);
}

int command_devices(const struct arguments *arguments)
{
	struct qs_findings *findings = qs_findings_new();
	struct judgement judgement = {.rulebook = NULL};
	int result = EXIT_UNABLE;

	if (!findings)
		return out_of_memory();
	if (arguments->n_files > 1)
		result = usage_error(
		    arguments, "at most one device is expected, found %d", arguments->n_files);
	else if (judgement_read(arguments, findings, &judgement))
		result = write_devices(arguments, judgement.rulebook, findings);
	tell_findings(arguments, findings, stderr, QS_SEVERITY_INFO);
	judgement_done(&judgement);
	qs_findings_free(findings);
	return result;
}
