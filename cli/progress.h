/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How far long work is, how fast it goes and how long it will take: one line on the standard error
 * that is written over.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

struct progress {
	const char *what; /* "calibrating: batch" */
	struct timespec start;
	bool has_begun;
	size_t n_before; /* what was done when it began */
};

/* Starts to count the time, anew when it is first shown. */
struct progress progress_start(const char *what);

/* A qs_progress whose context is a struct progress. */
bool progress_show(void *context, size_t n_done, size_t n_all);

#endif
