/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the caller decides about findings: --select, --ignore and --severity; and --statistics of
 * them.
 */
#ifndef CLI_DECISIONS_H
#define CLI_DECISIONS_H

#include "qstrata/qstrata.h"

#include "cli/options.h"

struct settings;

/* Takes over what the options decide. False after a complaint. */
bool decisions_read(const struct arguments *arguments, struct qs_findings *findings);

/* Whether the codes of "per-path" are codes. False after a complaint. */
bool decisions_check(const struct settings *settings);

/* The severity of a word, or -1. */
int severity_of_word(const char *word, size_t size);

/* How many findings there are of each code, on the standard error, the most frequent first. */
void tell_statistics(const struct qs_findings *findings, enum qs_severity at_least);

#endif
