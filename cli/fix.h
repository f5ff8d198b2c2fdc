/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lint --fix and --diff: configs with their fixes applied, written back or shown.
 */
#ifndef CLI_FIX_H
#define CLI_FIX_H

#include "qstrata/qstrata.h"

#include "cli/options.h"

/* What is to be fixed. */
struct fixing {
	bool on;      /* anything at all */
	bool unsafe;  /* with the unsafe fixes as well */
	bool is_diff; /* changes are shown and nothing is written */
};

/* What came of fixing one file, or all. */
struct fixing_result {
	size_t n_fixed, n_unsafe, n_changed; /* fixes, findings left for --unsafe-fixes, files */
	struct qs_text output;               /* for the standard output */
};

/* Reads --fix, --unsafe-fixes and --diff. False after a complaint. */
bool fixing_read(const struct arguments *arguments, struct fixing *ret_fixing);

/*
 * Fixes the config at a path, which was read into `*source`: the file is written, or the difference
 * to it, or for "-" the text, is the output of the result. `*source` becomes the text with its
 * fixes. QS_IO with a finding when it cannot be written: then `*source` stays what the file is.
 */
enum qs_status fix_source(const struct fixing *fixing, const char *path, qs_text_check *check,
    void *context, struct qs_findings *findings, struct qs_source **source,
    struct fixing_result *ret_result);

/* Writes the output of a file and ends it; what came of the file is added to `total`. False: it
 * cannot be written. */
bool fixing_collect(struct fixing_result *result, struct fixing_result *total);

/* Says on the standard error what was fixed and what could be. */
void tell_fixing(const struct fixing *fixing, const struct fixing_result *total);

#endif
