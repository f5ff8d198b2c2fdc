/* SPDX-License-Identifier: Apache-2.0 */
/* What chance does: random choices of as many layers, held against what was found. */
#include <math.h>
#include <stdlib.h>

#include "analysis/suggest.h"

/* SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014). */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* Each of n as likely as the others. */
static size_t draw(uint64_t *state, size_t n)
{
	const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
	uint64_t number;

	do
		number = next_random(state);
	while (number >= limit);
	return (size_t)(number % n);
}

/* A candidate with n_layers units, each set of them as likely as the others. */
static struct qs_candidate *choose(
    const struct qs_suggestion *suggestion, size_t n_layers, uint64_t *state)
{
	struct qs_candidate *candidate = qs_candidate_new(suggestion, NULL);
	size_t left = n_layers;

	for (size_t i = 0; candidate && i < suggestion->n_units; i++) {
		if (draw(state, suggestion->n_units - i) >= left)
			continue;
		candidate->kinds[i] = (unsigned char)suggestion->units[i].kinds;
		left--;
	}
	return candidate;
}

static void count(struct qs_suggestion *suggestion, const struct qs_candidate *candidate)
{
	struct qs_suggest_chance *chance = &suggestion->chance;

	if (candidate->is_refused)
		return;
	if (!chance->n || qs_suggestion_better(suggestion, candidate->value, chance->best))
		chance->best = candidate->value;
	chance->mean += (candidate->value - chance->mean) / (double)++chance->n;
	chance->n_reaching += candidate->reaches;
}

static enum qs_status measure_some(
    struct qs_suggestion *suggestion, size_t n, uint64_t *state, struct qs_findings *findings)
{
	struct qs_candidate *candidates[QS_ROUND] = {NULL};
	enum qs_status status = QS_OK;

	for (size_t i = 0; i < n; i++) {
		candidates[i] = choose(suggestion, suggestion->chance.n_layers, state);
		status = candidates[i] ? status : QS_NOMEM;
	}
	if (status == QS_OK)
		status = qs_candidates_measure(suggestion, candidates, n, findings);
	for (size_t i = 0; i < n; i++) {
		if (status == QS_OK)
			count(suggestion, candidates[i]);
		qs_candidate_free(candidates[i]);
	}
	return status;
}

enum qs_status qs_suggest_chance(struct qs_suggestion *suggestion, struct qs_findings *findings)
{
	const size_t n = suggestion->options->n_random;
	uint64_t state = suggestion->options->seed;
	enum qs_status status = QS_OK;

	suggestion->chance.n_layers = suggestion->best->n_layers;
	for (size_t i = 0; i < n && suggestion->best->n_layers && status == QS_OK; i += QS_ROUND)
		status =
		    measure_some(suggestion, n - i < QS_ROUND ? n - i : QS_ROUND, &state, findings);
	return status;
}
