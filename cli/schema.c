/* SPDX-License-Identifier: Apache-2.0 */
/* schema: prints a JSON Schema, so that editors and other validators know the formats. */
#include "cli/schema.h"

#include <stdio.h>
#include <string.h>

#include "cli/report.h"

static const struct {
	const char *name, *about, *text;
} schemas[] = {
#define SCHEMA(name, about) {#name, about, schema_##name},
#include "cli/schemas.def"
#undef SCHEMA
};

static int refuse(const struct arguments *arguments, const char *word)
{
	const size_t n = sizeof(schemas) / sizeof(*schemas);
	struct qs_text names = QS_TEXT_INIT;

	for (size_t i = 0; i < n; i++)
		qs_text_addf(&names, "%s%s",
		    i == 0      ? ""
		    : i + 1 < n ? ", "
				: " or ",
		    schemas[i].name);
	usage_error(arguments, "there is no schema \"%s\"; expected %s", word, names.data);
	qs_text_done(&names);
	return EXIT_UNABLE;
}

int command_schema(const struct arguments *arguments)
{
	const char *word = arguments->n_files ? arguments->files[0] : "config";

	if (arguments->n_files > 1)
		return usage_error(
		    arguments, "at most one schema is expected, found %d", arguments->n_files);
	for (size_t i = 0; i < sizeof(schemas) / sizeof(*schemas); i++) {
		if (strcmp(schemas[i].name, word) == 0) {
			fputs(schemas[i].text, stdout);
			return EXIT_CLEAN;
		}
	}
	return refuse(arguments, word);
}
