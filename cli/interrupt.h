/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Being interrupted between two steps of long work, so that what is done is kept and what is half
 * done goes.
 */
#ifndef CLI_INTERRUPT_H
#define CLI_INTERRUPT_H

#include "cli/progress.h"

/* From now on SIGINT, SIGTERM and SIGHUP are only noted; the second of a kind ends the program. */
void interrupt_watch(void);
/* Whether one of them came. */
bool interrupt_seen(void);
/* Ends the program as a signal that came would have done. */
void interrupt_end(void);

/* A qs_progress whose context is a struct progress: stops when there was an interrupt. */
bool interrupt_progress(void *context, size_t n_done, size_t n_all);

#endif
