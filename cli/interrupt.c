/* SPDX-License-Identifier: Apache-2.0 */
/* Notes signals. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

static volatile sig_atomic_t caught;

static void note(int number)
{
	caught = number;
}

void interrupt_watch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action, before;

	memset(&action, 0, sizeof(action));
	action.sa_handler = note;
	action.sa_flags = (int)SA_RESETHAND;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		/* What the caller has the program ignore, as nohup does, stays ignored. */
		if (sigaction(numbers[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(numbers[i], &action, NULL);
	}
}

bool interrupt_seen(void)
{
	return caught != 0;
}

void interrupt_end(void)
{
	if (!caught)
		return;
	fflush(stdout);
	signal(caught, SIG_DFL);
	raise(caught);
}
