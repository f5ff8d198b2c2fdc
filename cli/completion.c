/* SPDX-License-Identifier: Apache-2.0 */
/* completion: prints what makes a shell complete commands, options and their values. */
#include <string.h>

#include "cli/report.h"
#include "cli/values.h"

static const struct {
	const char *name;
	completion_writer *write;
	const char *where;
} shells[] = {
#define SHELL(name, where) {#name, write_##name, where},
#include "cli/shells.def"
#undef SHELL
};

int command_completion(const struct arguments *arguments)
{
	struct qs_text text = QS_TEXT_INIT;

	if (arguments->n_files != 1)
		return usage_error(
		    arguments, "exactly one shell is expected, found %d", arguments->n_files);
	for (size_t i = 0; i < sizeof(shells) / sizeof(*shells); i++) {
		if (strcmp(shells[i].name, arguments->files[0]) == 0) {
			shells[i].write(&text);
			qs_text_addf(&text, "# Goes to %s.\n", shells[i].where);
			return tell_document(&text, qs_text_status(&text));
		}
	}
	value_shape_of("SHELL", &text);
	usage_error(arguments, "there is no completion for \"%s\"; expected one of %s",
	    arguments->files[0], text.data);
	qs_text_done(&text);
	return EXIT_UNABLE;
}
