/* SPDX-License-Identifier: Apache-2.0 */
/* What tests read from tests/data/: paths, lines of JSON, and a config from a string. */
#ifndef TESTS_DATA_H
#define TESTS_DATA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>

#include "base/finding.h"

/* The path of a file below tests/data/, in a buffer of the caller's. */
const char *data_path(char buffer[512], const char *name);

/* Calls back with every line of a .jsonl file parsed; returns how many there were. */
size_t each_line(
    const char *name, void (*use)(struct json_object *line, void *context), void *context);

/* Prints findings to the standard error, for a test that is about to fail. */
void show_findings(const struct qs_findings *findings);

#endif
