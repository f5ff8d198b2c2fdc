/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Being interrupted between two steps of long work, so that what is done is kept and what is half
 * done goes.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include <stdbool.h>

/* From now on SIGINT, SIGTERM and SIGHUP are only noted; the second of a kind ends the program. */
void interrupt_watch(void);
/* Whether one of them came. */
bool interrupt_seen(void);
/* Ends the program as a signal that came would have done. */
void interrupt_end(void);

#endif
