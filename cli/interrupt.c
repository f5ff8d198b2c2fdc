/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask the program to end. */
#include "cli/interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t came;

static void note(int number)
{
	(void)number;
	came = 1;
}

void interrupt_watch(void)
{
	static const int numbers[] = {SIGINT, SIGTERM, SIGHUP};
	struct sigaction action = {0};

	action.sa_handler = note;
	/* Reads and writes go on; the second signal does what it does by itself. */
	action.sa_flags = (int)(SA_RESTART | SA_RESETHAND);
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaction(numbers[i], &action, NULL);
}

bool interrupt_came(void)
{
	return came != 0;
}
