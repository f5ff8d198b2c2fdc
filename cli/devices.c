/* SPDX-License-Identifier: Apache-2.0 */
/* devices: the profiles of devices, with what is known about them and from where. */
#include <stdio.h>
#include <string.h>

#include "cli/config.h"

static int write_devices(const struct arguments *arguments, const struct qs_rulebook *rulebook,
    struct qs_findings *findings)
{
	const char *name = arguments->n_files ? arguments->files[0] : NULL;
	struct qs_text text = QS_TEXT_INIT;
	enum qs_status status;
	size_t device = 0;
	bool json;

	if (!option_json(arguments, &json))
		return EXIT_UNABLE;
	if (name &&
	    qs_rulebook_find_device(rulebook, name, strlen(name), findings, &device) != QS_OK)
		return EXIT_UNABLE;
	if (json)
		status = qs_rulebook_write_json(rulebook, name ? &device : NULL, &text);
	else
		status = qs_rulebook_write_text(rulebook, name ? &device : NULL, &text);
	return tell_document(&text, status);
}

int command_devices(const struct arguments *arguments)
{
	return use_rulebook(arguments, "device", write_devices);
}
