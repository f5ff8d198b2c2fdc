/* SPDX-License-Identifier: Apache-2.0 */
/* Tables of texts, for people and as CSV. */
#ifndef ANALYSIS_SENSITIVITY_TABLE_H
#define ANALYSIS_SENSITIVITY_TABLE_H

#include "base/arena.h"
#include "qstrata/base.h"

struct qs_table_column {
	const char *title;
	bool is_number; /* stands to the right of its column */
};

/* Cells row by row; memory trouble shows when it is written. */
struct qs_table {
	const struct qs_table_column *columns; /* borrowed */
	size_t n_columns;
	const char **cells;
	size_t n_cells, capacity;
	struct qs_arena arena;
	bool nomem;
};

#define QS_TABLE_INIT(columns, n_columns)                                                          \
	{                                                                                          \
		columns, n_columns, NULL, 0, 0, QS_ARENA_INIT, false                               \
	}

void qs_table_done(struct qs_table *table);

/* Adds the next cell. */
void qs_table_add(struct qs_table *table, const char *format, ...) QS_PRINTF(2, 3);

/* Columns padded with blanks; what would move the cursor is shown as a question mark. */
enum qs_status qs_table_write_text(const struct qs_table *table, struct qs_text *text);
/* As RFC 4180 has it, but with lines that end as those of other texts do. */
enum qs_status qs_table_write_csv(const struct qs_table *table, struct qs_text *text);

#endif
