/* SPDX-License-Identifier: Apache-2.0 */
/* Passes over a batch, piece by piece or part by part. */
#include "numbers/observer_pass.h"

#include <stdlib.h>

#include "numbers/array.h"
#include "numbers/pool.h"
#include "numbers/registry.h"

/* Shorter runs of channels are not worth a thread: it would touch what its neighbours read. */
#define LONG_RUN ((size_t)64)

size_t qs_passage_count_parts(const struct qs_passage *passage)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;

	if (passage->layout.channels > 1)
		return passage->layout.channels;
	return calibrator->merge || !calibrator->begin ? qs_shares(qs_layout_count(passage->layout))
	                                               : 1;
}

static size_t least_of(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* What a part of the only channel has of it. */
static struct qs_share share_of(const struct qs_passage *passage, size_t part)
{
	const size_t total = qs_layout_count(passage->layout);

	return passage->n_parts > 1 ? qs_share_of(total, part) : (struct qs_share){0, total};
}

/* ---- pieces ---------------------------------------------------------------------------------- */

enum qs_status qs_passage_pieces(struct qs_passage *passage, qs_use_piece *use)
{
	const size_t total = qs_layout_count(passage->layout);
	enum qs_status status = QS_OK;

	for (size_t at = 0; at < total && status == QS_OK; at += QS_OBSERVER_PIECE) {
		const size_t n = least_of(QS_OBSERVER_PIECE, total - at);
		const float *values = passage->all ? passage->all + at : NULL;

		if (!values)
			status = passage->batch->read(passage->batch->context, at, n, &values);
		if (status == QS_OK)
			status = use(passage, at, values, n);
	}
	return status;
}

/* ---- parts that come in pieces --------------------------------------------------------------- */

/* A pass over the parts of a batch that comes in pieces. */
struct parting {
	struct qs_passage passage; /* first, so that uses of pieces get to the rest */
	qs_use_part *use;
};

/* The part that value `at` belongs to, and where the next begins. */
static size_t part_at(const struct qs_passage *passage, size_t at, size_t *ret_end)
{
	const size_t inner = passage->layout.inner;
	size_t part;

	if (passage->layout.channels > 1) {
		*ret_end = (at / inner + 1) * inner;
		return at / inner % passage->layout.channels;
	}
	part = least_of(at / share_of(passage, 0).end, passage->n_parts - 1);
	*ret_end = share_of(passage, part).end;
	return part;
}

static enum qs_status use_piece(
    struct qs_passage *passage, size_t at, const float *values, size_t n)
{
	const struct parting *parting = (const struct parting *)passage;
	enum qs_status status = QS_OK;

	for (size_t done = 0; done < n && status == QS_OK;) {
		size_t end;
		const size_t part = part_at(passage, at + done, &end);
		const size_t size = least_of(end - (at + done), n - done);

		status = parting->use(passage, &passage->parts[part], values + done, size);
		done += size;
	}
	return status;
}

/* ---- parts in memory ------------------------------------------------------------------------- */

/* Work that threads share. */
struct division {
	const struct qs_passage *passage;
	qs_use_part *use;
	enum qs_status *statuses; /* of the parts */
};

/* Shows a part values begin .. end - 1, cut where pieces end. */
static enum qs_status use_run(
    const struct division *division, size_t part, size_t begin, size_t end)
{
	const struct qs_passage *passage = division->passage;
	enum qs_status status = QS_OK;

	while (begin < end && status == QS_OK) {
		const size_t cut = (begin / QS_OBSERVER_PIECE + 1) * QS_OBSERVER_PIECE;
		const size_t next = least_of(cut, end);

		status = division->use(
		    passage, &passage->parts[part], passage->all + begin, next - begin);
		begin = next;
	}
	return status;
}

static void use_division(void *context, size_t part)
{
	const struct division *division = context;
	const struct qs_layout layout = division->passage->layout;
	enum qs_status status = QS_OK;

	if (layout.channels == 1) {
		const struct qs_share share = share_of(division->passage, part);

		status = use_run(division, part, share.begin, share.end);
	}
	for (size_t o = 0; layout.channels > 1 && o < layout.outer && status == QS_OK; o++) {
		const size_t begin = (o * layout.channels + part) * layout.inner;

		status = use_run(division, part, begin, begin + layout.inner);
	}
	division->statuses[part] = status;
}

static enum qs_status divide(struct qs_passage *passage, qs_use_part *use)
{
	enum qs_status *statuses = calloc(passage->n_parts, sizeof(*statuses)), status = QS_OK;
	struct division division = {passage, use, statuses};

	if (!statuses)
		return QS_NOMEM;
	qs_pool_run(qs_registry_pool(passage->observer->registry), passage->n_parts, use_division,
	    &division);
	for (size_t i = 0; i < passage->n_parts && status == QS_OK; i++)
		status = statuses[i];
	free(statuses);
	return status;
}

/* Methods that cannot merge parts have not said that threads may use them at once, either. */
static bool may_divide(const struct qs_passage *passage)
{
	const struct qs_calibrator *calibrator = passage->observer->calibrator;

	return passage->all && (calibrator->merge || !calibrator->begin) &&
	       (passage->layout.channels == 1 || passage->layout.inner >= LONG_RUN);
}

enum qs_status qs_passage_parts(struct qs_passage *passage, qs_use_part *use)
{
	struct parting parting = {*passage, use};

	return may_divide(passage) ? divide(passage, use)
	                           : qs_passage_pieces(&parting.passage, use_piece);
}
