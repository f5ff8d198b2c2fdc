/* SPDX-License-Identifier: Apache-2.0 */
/* Patterns of paths, as gitignore(5) has them. */
#ifndef CLI_GLOB_H
#define CLI_GLOB_H

#include <stdbool.h>

/*
 * Whether a pattern takes a whole path: "?" is a byte and "*" any number, both but "/"; [a-z],
 * [!a-z] and [[:alpha:]] are one byte of a set; "\" takes the next byte as it is. A part of "**"
 * stands for any number of folders, and at the end for everything below.
 *
 * The time is at most the product of both lengths, times the number of parts.
 */
bool glob_matches(const char *glob, const char *path);

#endif
