/* SPDX-License-Identifier: Apache-2.0 */
/* What an observer remembers. */
#include "numbers/record.h"

#include <stdlib.h>
#include <string.h>

void qs_record_done(struct qs_record *record)
{
	free(record->rows);
	free(record->cells);
	*record = (struct qs_record){.channels = record->channels};
}

/* Where the first row of a number or a higher one is. */
static size_t find(const struct qs_record *record, uint64_t number)
{
	size_t low = 0, high = record->n_rows;

	/* Batches mostly come in order. */
	if (high && record->rows[high - 1].number < number)
		low = high;
	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (record->rows[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool qs_record_has_room(const struct qs_record *record, size_t n_rows)
{
	const size_t most = QS_OBSERVER_LIMIT / (record->channels ? record->channels : 1);

	return n_rows <= most && record->n_rows <= most - n_rows;
}

static enum qs_status reserve(struct qs_record *record, size_t n_rows)
{
	size_t capacity = record->capacity ? record->capacity : 1;
	struct qs_row *rows;
	struct qs_cell *cells;

	if (n_rows <= record->capacity)
		return QS_OK;
	while (capacity < n_rows)
		capacity *= 2;
	rows = realloc(record->rows, capacity * sizeof(*rows));
	if (!rows)
		return QS_NOMEM;
	record->rows = rows;
	cells = realloc(record->cells, capacity * record->channels * sizeof(*cells));
	if (!cells)
		return QS_NOMEM;
	record->cells = cells;
	record->capacity = capacity;
	return QS_OK;
}

bool qs_record_clash(const struct qs_record *a, const struct qs_record *b, uint64_t *ret_number)
{
	size_t i = b->n_rows ? find(a, b->rows[0].number) : 0, j = 0;

	while (i < a->n_rows && j < b->n_rows && a->rows[i].number != b->rows[j].number) {
		if (a->rows[i].number < b->rows[j].number)
			i++;
		else
			j++;
	}
	if (i == a->n_rows || j == b->n_rows)
		return false;
	*ret_number = a->rows[i].number;
	return true;
}

static void copy_row(
    struct qs_record *to, size_t to_row, const struct qs_record *from, size_t from_row)
{
	to->rows[to_row] = from->rows[from_row];
	memmove(to->cells + to_row * to->channels, from->cells + from_row * to->channels,
	    to->channels * sizeof(*to->cells));
}

/* From the end, so that no row is written over before it is read. */
enum qs_status qs_record_merge(struct qs_record *record, const struct qs_record *other)
{
	size_t a = record->n_rows, b = other->n_rows, to = a + b;
	enum qs_status status = reserve(record, to);

	if (status != QS_OK)
		return status;
	record->n_rows = to;
	while (b) {
		if (a && record->rows[a - 1].number > other->rows[b - 1].number)
			copy_row(record, --to, record, --a);
		else
			copy_row(record, --to, other, --b);
	}
	return QS_OK;
}
