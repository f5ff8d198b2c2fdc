/* SPDX-License-Identifier: Apache-2.0 */
/* The shards of a calibration, put together. */
#include <stdlib.h>

#include "base/finding.h"
#include "engine/calib_state_internal.h"

struct merge {
	struct qs_observers *observers;
	struct qs_findings *findings;
	struct qs_calib_state expected;
	struct qs_calib_part *parts; /* one a path */
	size_t *part_of_shard;       /* QS_NONE for one that is missing */
};

static enum qs_status check_done(const struct qs_calib_part *part)
{
	const struct qs_calib_state *state = &part->state;
	size_t first, end;
	struct qs_finding *finding;

	qs_calib_state_range(state, &first, &end);
	if (state->n_done == end - first)
		return QS_OK;
	finding = qs_finding_add(part->lines.findings, QS_FINDING_SHARDS_INCOMPLETE,
	    qs_lines_place(&part->lines), "shard %zu of %zu has seen %zu of its %zu batches",
	    state->shard + 1, state->n_shards, state->n_done, end - first);
	qs_finding_hint(part->lines.findings, finding,
	    "let calibrate go on from it with --resume, and merge what it writes");
	return QS_INVALID;
}

/* Notes a part under its shard, unless that is there already. */
static enum qs_status place_part(struct merge *merge, size_t index)
{
	const struct qs_calib_part *part = &merge->parts[index];
	size_t *place = &merge->part_of_shard[part->state.shard];

	if (*place == QS_NONE) {
		*place = index;
		return check_done(part);
	}
	qs_finding_add(merge->findings, QS_FINDING_SHARD_TWICE, qs_lines_place(&part->lines),
	    "shard %zu of %zu is there twice, also in \"%s\"", part->state.shard + 1,
	    part->state.n_shards, qs_source_name(merge->parts[*place].source));
	return QS_INVALID;
}

/* What the first part says that nobody else knows is what all others have to say. */
static enum qs_status expect(struct merge *merge, const struct qs_calib_part *first)
{
	merge->expected.of[QS_CALIB_DATA] = first->state.of[QS_CALIB_DATA];
	merge->expected.runtime = first->state.runtime;
	merge->expected.n_batches = first->state.n_batches;
	merge->expected.n_shards = first->state.n_shards;
	merge->part_of_shard = qs_plan_none(first->state.n_shards);
	return merge->part_of_shard ? QS_OK : QS_NOMEM;
}

/* All that is wrong with any part is told in one run. */
static enum qs_status open_parts(struct merge *merge, const char *const *paths, size_t n)
{
	enum qs_status worst = QS_OK;

	for (size_t i = 0; i < n; i++) {
		struct qs_calib_part *part = &merge->parts[i];
		enum qs_status status = qs_calib_part_open(paths[i], merge->findings, part);

		if (status == QS_OK && !merge->part_of_shard)
			status = expect(merge, part);
		if (status == QS_OK)
			status = qs_calib_part_check(part, &merge->expected);
		if (status == QS_OK)
			status = place_part(merge, i);
		if (status == QS_NOMEM)
			return status;
		worst = status == QS_OK ? worst : status;
	}
	return worst;
}

/* Tells the shards that are missing, as ranges. */
static enum qs_status check_all(const struct merge *merge)
{
	const size_t n = merge->expected.n_shards;
	struct qs_text text = QS_TEXT_INIT;
	size_t n_missing = 0;

	for (size_t i = 0; i < n; i++) {
		const size_t begin = i;

		while (i < n && merge->part_of_shard[i] == QS_NONE)
			i++;
		if (i == begin)
			continue;
		qs_text_addf(&text, "%s%zu", n_missing ? ", " : "", begin + 1);
		if (i > begin + 1)
			qs_text_addf(&text, " to %zu", i);
		n_missing += i - begin;
	}
	if (n_missing)
		qs_finding_add(merge->findings, QS_FINDING_SHARDS_INCOMPLETE,
		    qs_model_place(merge->observers->plan->layers->graph->model, merge->findings),
		    "shard%s %.200s of %zu %s missing", n_missing > 1 ? "s" : "", text.data, n,
		    n_missing > 1 ? "are" : "is");
	qs_findings_end_text(merge->findings, &text);
	return n_missing ? QS_INVALID : QS_OK;
}

static enum qs_status merge_parts(struct merge *merge, const char *const *paths, size_t n)
{
	enum qs_status status = open_parts(merge, paths, n);

	/* What is missing is known where every part told its shard. */
	if (status == QS_OK || (status == QS_INVALID && merge->part_of_shard)) {
		const enum qs_status whole = check_all(merge);

		status = status == QS_OK ? whole : status;
	}
	/* In the order of the batches, in which none has to make room for another. */
	for (size_t i = 0; status == QS_OK && i < merge->expected.n_shards; i++)
		status = qs_calib_part_read(
		    &merge->parts[merge->part_of_shard[i]], merge->observers, NULL);
	return status;
}

enum qs_status qs_calib_state_merge(const struct qs_calib_identity *identity,
    const char *const *paths, size_t n, struct qs_observers *observers, size_t *ret_n_batches)
{
	struct merge merge = {.observers = observers,
	    .findings = observers->findings,
	    .parts = calloc(n + 1, sizeof(*merge.parts))};
	enum qs_status status = QS_NOMEM;

	qs_calib_state_identify(&merge.expected, identity);
	if (merge.parts)
		status = merge_parts(&merge, paths, n);
	if (status == QS_OK)
		*ret_n_batches = merge.expected.n_batches;
	for (size_t i = 0; merge.parts && i < n; i++)
		qs_calib_part_done(&merge.parts[i]);
	free(merge.part_of_shard);
	free(merge.parts);
	return status;
}
