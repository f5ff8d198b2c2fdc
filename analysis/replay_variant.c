/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of a replay with some of their constants in formats: one for each choice that was run. */
#include <stdlib.h>

#include "analysis/replay_internal.h"
#include "base/fingerprint.h"

struct qs_replay_variant {
	struct qs_piece piece;
	uint64_t formats; /* of its constants */
	struct qs_replay_variant *next;
};

/* Adds what a constant becomes in the format of a site. */
static uint64_t add_format(uint64_t formats, const struct qs_site *site)
{
	const struct qs_qparams *qparams = &site->qparams;

#define PARAM(ID, field, key, KIND, domain, value, activation, tensors, versions, help)            \
	formats = qs_fingerprint_add(formats, &site->spec.field, sizeof(site->spec.field));
#include "qstrata/params.def"
#undef PARAM
	formats = qs_fingerprint_add(formats, &qparams->quant_min, sizeof(qparams->quant_min));
	formats = qs_fingerprint_add(formats, &qparams->quant_max, sizeof(qparams->quant_max));
	if (qparams->n) {
		formats = qs_fingerprint_add(
		    formats, qparams->scale, qparams->n * sizeof(*qparams->scale));
		formats = qs_fingerprint_add(
		    formats, qparams->zero_point, qparams->n * sizeof(*qparams->zero_point));
	}
	return site->correction ? qs_fingerprint_add(formats, site->correction,
				      site->n_correction * sizeof(*site->correction))
	                        : formats;
}

/* What the constants of a piece are in a course; says whether all are in float. */
static uint64_t formats_of(
    const struct qs_replay_course *course, const struct qs_piece *piece, bool *ret_plain)
{
	uint64_t formats = QS_FINGERPRINT_START;

	*ret_plain = true;
	for (size_t i = 0; i < piece->n_constants; i++) {
		const size_t site = piece->constants[i];

		if (!course->is_on[site])
			continue;
		*ret_plain = false;
		formats = qs_fingerprint_add(formats, &site, sizeof(site));
		formats = add_format(formats, &course->plan->sites[site]);
	}
	return formats;
}

static enum qs_status make_variant(struct qs_replay_course *course, size_t piece, uint64_t formats,
    struct qs_replay_variant **ret_variant)
{
	struct qs_replay_variant *variant = calloc(1, sizeof(*variant));
	enum qs_status status;

	if (!variant)
		return QS_NOMEM;
	variant->formats = formats;
	status = qs_runner_piece_init(course->replay->runner, piece, course->plan, course->is_on,
	    course->findings, &variant->piece);
	if (status == QS_OK) {
		*ret_variant = variant;
		return QS_OK;
	}
	qs_runner_piece_done(&variant->piece);
	free(variant);
	return status;
}

enum qs_status qs_replay_choose(
    struct qs_replay_course *course, size_t piece, const struct qs_piece **ret_piece)
{
	struct qs_replay *replay = course->replay;
	enum qs_status status = QS_OK;
	struct qs_replay_variant *variant;
	uint64_t formats;
	bool plain;

	*ret_piece = &replay->runner->items[piece];
	formats = formats_of(course, *ret_piece, &plain);
	if (plain)
		return QS_OK;
	pthread_mutex_lock(&replay->lock);
	variant = replay->variants[piece];
	while (variant && variant->formats != formats)
		variant = variant->next;
	if (!variant) {
		status = make_variant(course, piece, formats, &variant);
		if (status == QS_OK) {
			variant->next = replay->variants[piece];
			replay->variants[piece] = variant;
		}
	}
	pthread_mutex_unlock(&replay->lock);
	if (status == QS_OK)
		*ret_piece = &variant->piece;
	return status;
}

static void free_variants(struct qs_replay_variant *variant)
{
	while (variant) {
		struct qs_replay_variant *next = variant->next;

		qs_runner_piece_done(&variant->piece);
		free(variant);
		variant = next;
	}
}

void qs_replay_forget_variants(struct qs_replay *replay)
{
	for (size_t p = 0; replay->variants && p < replay->runner->pieces.n; p++)
		free_variants(replay->variants[p]);
}
