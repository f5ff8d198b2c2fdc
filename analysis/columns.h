/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of words in columns that are as wide as their widest cell.
 */
#ifndef ANALYSIS_COLUMNS_H
#define ANALYSIS_COLUMNS_H

#include "base/arena.h"
#include "qstrata/base.h"

#define QS_COLUMNS_LIMIT 16

struct qs_columns {
	struct qs_arena arena;
	size_t n_columns, n_cells, capacity;
	const char **cells;
	size_t widths[QS_COLUMNS_LIMIT];
	bool nomem;
};

/* Starts a table of n columns; end it with qs_columns_done(). */
void qs_columns_init(struct qs_columns *columns, size_t n_columns);
void qs_columns_done(struct qs_columns *columns);

/* Adds the next cell, row by row; NULL is shown as "-", and what would move the cursor as "?". */
void qs_columns_add(struct qs_columns *columns, const char *word);
void qs_columns_addf(struct qs_columns *columns, const char *format, ...) QS_PRINTF(2, 3);

/* Appends the rows, a line each. May return QS_NOMEM. */
enum qs_status qs_columns_write(const struct qs_columns *columns, struct qs_text *text);

#endif
