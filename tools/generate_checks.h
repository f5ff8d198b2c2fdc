/* SPDX-License-Identifier: Apache-2.0 */
/* The table of what doctor looks for. */
#ifndef TOOLS_GENERATE_CHECKS_H
#define TOOLS_GENERATE_CHECKS_H

#include <stdbool.h>

/* Writes the table as Markdown. False when memory ran out. */
bool write_checks(void);

#endif
