/* SPDX-License-Identifier: Apache-2.0 */
/* The program: reads the command line and runs one command. */
#include <stdio.h>

#include "cli/options.h"

int main(int argc, char **argv)
{
	static command_run *const runs[] = {
#define COMMAND(ID, name, operands, summary) command_##name,
#include "cli/commands.def"
#undef COMMAND
	};
	struct arguments arguments;
	int status;

	if (!arguments_read(argc, argv, &arguments, &status)) {
		arguments_done(&arguments);
		return status;
	}
	status = runs[arguments.command](&arguments);
	arguments_done(&arguments);
	/* A full disk or a closed pipe shows only when the output is flushed. */
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fputs("qstrata: cannot write the output\n", stderr);
		return EXIT_UNABLE;
	}
	return status;
}
