/* SPDX-License-Identifier: Apache-2.0 */
/* Signals that ask the program to end: long work is ended where it can be gone on with. */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP are noted; a second one ends the program at once. */
void interrupt_watch(void);

/* Whether one came. */
bool interrupt_came(void);

#endif
