/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exactly these findings: what tests of configs assert.
 *
 * Findings are compared as text, one a line: `CODE LINE:COLUMN POINTER => FIX`, without the pointer
 * and the fixes that a finding does not have. A source that is only a name has no line, and "-"
 * stands for it.
 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include "qstrata/policy.h"
#include "tests/unit/data.h"

/* A row of a table: one test of the name, that reads the text and expects the findings. */
struct row {
	const char *name;
	const char *text;
	const char *findings;
};

/* Runs one test a row; the row is the state of the test. Returns how many failed. */
int run_rows(const char *group, const struct row *rows, size_t n_rows, CMUnitTestFunction test);

#define RUN_ROWS(group, rows, test) run_rows(group, rows, sizeof(rows) / sizeof(*(rows)), test)

/* Fails, with both lists and the frames, unless the findings are exactly those of `expected`. */
void expect_findings(struct qs_findings *findings, const char *expected);

/* A text, or a file below tests/data/, as a source; ends the test when that fails. */
struct qs_source *source_of(const char *text);
struct qs_source *source_of_file(const char *name);

/* Reads a config that has exactly these findings; NULL when there is an error among them. That
 * something may be left out holds for most short configs and is not among them: redundant_test.c
 * is about that. */
struct qs_policy *policy_of(const struct qs_source *source, const char *expected);

#endif
