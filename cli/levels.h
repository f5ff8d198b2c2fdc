/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of findings is shown, and what of them is a failure: --show-level, --fail-level,
 * --max-warnings and --exit-zero.
 */
#ifndef CLI_LEVELS_H
#define CLI_LEVELS_H

#include "qstrata/qstrata.h"

#include "cli/options.h"

struct levels {
	enum qs_severity at_least; /* what is shown */
	int fail_level; /* what makes the exit status 1; QS_SEVERITY__COUNT: nothing does */
	size_t max_warnings;
};

/* Reads the options; `at_least` is shown unless they say otherwise. False after a complaint. */
bool levels_read(
    const struct arguments *arguments, enum qs_severity at_least, struct levels *ret_levels);

/* The exit status of findings. */
int levels_exit(const struct levels *levels, const struct arguments *arguments,
    const struct qs_findings *findings);

#endif
