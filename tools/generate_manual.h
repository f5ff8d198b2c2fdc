/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manual page as a part of what tools/generate makes.
 */
#ifndef TOOLS_GENERATE_MANUAL_H
#define TOOLS_GENERATE_MANUAL_H

#include <stdbool.h>

/* Prints the page of a template. False when it cannot be read or lacks a part. */
bool write_manual(const char *path);

#endif
