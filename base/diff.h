/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Unified diffs of two texts, line by line.
 */
#ifndef BASE_DIFF_H
#define BASE_DIFF_H

#include "qstrata/base.h"

/*
 * Appends what changes from `old` to `new`, both called `name`; nothing when they are equal. Where
 * they differ in very many lines, all lines from the first to the last of them are replaced.
 */
void qs_text_diff(const char *name, const char *old, size_t old_size, const char *new,
    size_t new_size, struct qs_text *text);

#endif
