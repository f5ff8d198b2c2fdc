/* SPDX-License-Identifier: Apache-2.0 */
/* --baseline, --update-baseline and --prune-baseline. */
#ifndef CLI_BASELINE_H
#define CLI_BASELINE_H

#include "cli/check.h"

/* A baseline in use; `entries` is NULL when there is none. */
struct baseline {
	struct qs_baseline *entries;
	struct qs_source *source;
	const char *path;
	char *folder; /* absolute: names of files are relative to it */
	bool update, prune;
	bool without_model; /* there was a file without one */
};

/* Opens what the options name. False after a complaint. End with baseline_done() either way. */
bool baseline_open(struct baseline *baseline, const struct arguments *arguments);
void baseline_done(struct baseline *baseline);

/* Suppresses the findings of a file that was checked. False after a complaint. */
bool baseline_apply(struct baseline *baseline, struct checked *file);

/*
 * Once all files were checked: adds findings about entries that are of no use, or writes the
 * baseline without them. False after a complaint.
 */
bool baseline_end(
    struct baseline *baseline, const struct arguments *arguments, struct qs_findings *findings);

#endif
