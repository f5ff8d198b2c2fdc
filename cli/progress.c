/* SPDX-License-Identifier: Apache-2.0 */
/* Tells how far long work is. */
#include "cli/progress.h"

#include <stdio.h>

struct progress progress_start(const char *what)
{
	struct progress progress = {.what = what};

	clock_gettime(CLOCK_MONOTONIC, &progress.start);
	return progress;
}

static double seconds_since(const struct timespec *start)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

/* A time as people say it: 42 s, 3 min 10 s, 2 h 05 min. */
static void print_time(FILE *stream, double seconds)
{
	const unsigned long s = (unsigned long)(seconds + 0.5);

	if (s < 60)
		fprintf(stream, "%lu s", s);
	else if (s < 3600)
		fprintf(stream, "%lu min %02lu s", s / 60, s % 60);
	else
		fprintf(stream, "%lu h %02lu min", s / 3600, s / 60 % 60);
}

bool progress_show(void *context, size_t n_done, size_t n_all)
{
	struct progress *progress = context;
	double seconds, rate;

	if (!progress->has_begun) {
		*progress = progress_start(progress->what);
		progress->has_begun = true;
		progress->n_before = n_done;
	}
	seconds = seconds_since(&progress->start);
	rate = seconds > 0 ? (double)(n_done - progress->n_before) / seconds : 0;

	fprintf(stderr, "\r%s %zu of %zu", progress->what, n_done, n_all);
	if (rate > 0) {
		fprintf(stderr, ", %.*f/s, ", rate < 10 ? 1 : 0, rate);
		print_time(stderr, (double)(n_all - n_done) / rate);
		fputs(" left", stderr);
	}
	/* What a longer line left behind is erased (ECMA-48, erase in line). */
	fputs(n_done == n_all ? "\033[K\n" : "\033[K", stderr);
	fflush(stderr);
	return true;
}
