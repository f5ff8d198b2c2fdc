/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where findings go: the formats of lint and validate, to the standard output and to files.
 */
#ifndef CLI_OUTPUTS_H
#define CLI_OUTPUTS_H

#include <stdio.h>

#include "qstrata/qstrata.h"

#include "cli/options.h"

/* A --format that was given, or what stands for none. */
struct output {
	const struct qs_findings_format *format;
	const char *path; /* NULL: the standard output */
};

struct outputs {
	struct output *list;
	size_t n;
	FILE *stream;        /* where the standard output goes */
	const char *summary; /* a file of GitHub to append a table to, or NULL */
	bool for_programs; /* the standard output is a document, about which nothing more is said */
};

/* Reads every --format. False after a complaint. End with outputs_done() either way. */
bool outputs_read(const struct arguments *arguments, struct outputs *ret_outputs);
void outputs_done(struct outputs *outputs);

/* Writes all of them. False when one could not be written, which was complained about. */
bool outputs_write(const struct outputs *outputs, const struct qs_findings *findings,
    const struct qs_findings_view *view);

#endif
