/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an observer remembers: the verdicts of batches, in the order of the batches' numbers.
 */
#ifndef NUMBERS_RECORD_H
#define NUMBERS_RECORD_H

#include "qstrata/numbers.h"

/* One channel of one batch. */
struct qs_cell {
	float least, most;
	struct qs_verdict verdict;
};

/* One batch. */
struct qs_row {
	uint64_t number;
	bool fell_back; /* its verdicts are for the signed range, as negative data has it */
};

/* Cell c of row r stands at r * channels + c. Zeros but for the channels: an empty record. */
struct qs_record {
	size_t channels, n_rows, capacity;
	struct qs_row *rows;
	struct qs_cell *cells;
};

/* Releases the rows; the record is empty then. */
void qs_record_done(struct qs_record *record);

/* The first number that both have; false when there is none. */
bool qs_record_clash(const struct qs_record *a, const struct qs_record *b, uint64_t *ret_number);

/* Adds the rows of another record that clashes not. May return QS_NOMEM. */
enum qs_status qs_record_merge(struct qs_record *record, const struct qs_record *other);

/* Whether so many rows more are within QS_OBSERVER_LIMIT. */
bool qs_record_has_room(const struct qs_record *record, size_t n_rows);

#endif
