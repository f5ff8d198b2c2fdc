/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whole files out: written beside and renamed, so that an output is either the old one or the new
 * one and never half of either.
 */
#ifndef BASE_OUTPUT_H
#define BASE_OUTPUT_H

#include <stdio.h>

#include "qstrata/base.h"

/* Where the bytes go until the file is whole. */
enum qs_output_way {
	QS_OUTPUT_NAMELESS, /* gets its name when it is whole */
	QS_OUTPUT_BESIDE,   /* has a temporary name */
	QS_OUTPUT_DIRECT,   /* the target itself */
};

/*
 * A file that is being written: `stream` goes to a file beside the final one. That has no name
 * until it is whole, where the file system can do so: a program that is killed leaves nothing.
 * Elsewhere it has a temporary name. A link is followed; what is no file (a device, a pipe) is
 * written directly, as it cannot be replaced.
 */
struct qs_output {
	FILE *stream;
	char *path;      /* as given */
	char *target;    /* where links lead */
	char *temporary; /* the name beside it; "" while there is none */
	enum qs_output_way way;
	struct qs_findings *findings;
};

/* Starts an output. QS_IO with a finding when the folder cannot be written. */
enum qs_status qs_output_open(
    struct qs_output *output, const char *path, struct qs_findings *findings);

/*
 * Flushes to the disk, renames to the final name, and ends the output either way. QS_IO with a
 * finding when a write failed anywhere on the way (a full disk); what was written is removed
 * then.
 */
enum qs_status qs_output_commit(struct qs_output *output);

/* Gives up: removes what was written. Fine on an output that ended. */
void qs_output_abandon(struct qs_output *output);

#endif
