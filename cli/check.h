/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checking files, several at a time. Every file has findings of its own, so that what comes out
 * does not depend on which thread was faster.
 */
#ifndef CLI_CHECK_H
#define CLI_CHECK_H

#include "cli/scope.h"

/* A file that is checked. */
struct checked {
	const char *path; /* "-" is the standard input */
	const char *name; /* what findings call it */
	char *absolute;   /* where that is; owned */
	const struct scope *scope;
	struct qs_source *source;     /* NULL: not read yet, or nothing refers to it any more */
	struct qs_findings *findings; /* NULL: none */
	enum qs_status status;        /* QS_OK and QS_INVALID: it was checked */
};

/* Checks files, `n_threads` at a time. */
void check_files(struct checked *files, size_t n, size_t n_threads);

/* Releases what a file holds. */
void checked_done(struct checked *file);

#endif
