/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that keeps what trials have seen, so that they can go on where they were broken off.
 *
 * It is text: a line that says what it is, one with what it belongs to, and for every trial a line
 * with the batches that it has seen and the sums of its outputs, as hexadecimal floating-point
 * numbers that lose no bit, and what every layer multiplies. The last line has a fingerprint of all
 * before it.
 */
#ifndef ANALYSIS_SENSITIVITY_CACHE_H
#define ANALYSIS_SENSITIVITY_CACHE_H

#include "analysis/sensitivity_trials.h"

/* What a cache belongs to: a model, the scales of its plan, and data. Reads all of the data. */
enum qs_status qs_trials_fingerprint(struct qs_trials *trials, const struct qs_job *job,
    struct qs_findings *findings, uint64_t *ret_fingerprint);

/*
 * Takes from a file what trials have seen. A file that is not there, or of another fingerprint,
 * leaves them as they are. QS_INVALID or QS_IO with a finding when it is no such file or cannot be
 * read.
 */
enum qs_status qs_trials_read(
    struct qs_trials *trials, uint64_t fingerprint, const char *path, struct qs_findings *findings);

/* Writes what trials have seen; QS_IO with a finding. */
enum qs_status qs_trials_write(const struct qs_trials *trials, uint64_t fingerprint,
    const char *path, struct qs_findings *findings);

#endif
