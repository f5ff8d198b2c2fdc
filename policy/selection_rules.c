/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rules about layer types, judged by the types of the layers that each entry has won, and of those
 * that nobody has. Layers are sorted by winner and type, so that each entry has its types together.
 */
#include <stdlib.h>
#include <string.h>

#include "policy/judge.h"
#include "policy/selection_run.h"

/* A type that layers of a winner have. */
struct won_type {
	const struct qs_entry *winner; /* NULL: the model level */
	const char *type;
};

static int compare_types(const void *a, const void *b)
{
	const struct won_type *x = a, *y = b;

	if (x->winner != y->winner)
		return (uintptr_t)x->winner < (uintptr_t)y->winner ? -1 : 1;
	return strcmp(x->type, y->type);
}

/* Lists the winners with the types of their layers, each once: the PyTorch type and the operator,
 * as entries for types find them. NULL: memory ran out. */
static struct won_type *list_types(const struct qs_selection *selection, size_t *ret_n)
{
	struct won_type *list = malloc((2 * selection->n_layers + 1) * sizeof(*list));
	size_t n = 0, n_kept = 0;

	if (!list)
		return NULL;
	for (size_t i = 0; i < selection->n_layers; i++) {
		const struct qs_layer *layer = &selection->layers[i];

		list[n++] = (struct won_type){selection->winners[i], layer->type};
		list[n++] = (struct won_type){selection->winners[i], layer->op_type};
	}
	qsort(list, n, sizeof(*list), compare_types);
	for (size_t i = 0; i < n; i++) {
		if (n_kept == 0 || compare_types(&list[n_kept - 1], &list[i]) != 0)
			list[n_kept++] = list[i];
	}
	*ret_n = n_kept;
	return list;
}

/* Whether the config alone told what a rule about layer types says of an entry. */
static bool was_judged(const struct qs_policy *policy, const struct qs_entry *entry)
{
	return !policy->awaits_model && entry->selector.kind == QS_SELECT_TYPE;
}

/* Judges the winners, of which the types stand together; those of the model level come first. */
static void judge_winners(
    struct qs_judge *judge, const struct won_type *list, size_t n, const char **words)
{
	const struct qs_policy *policy = judge->policy;
	struct qs_type_list rest = {words, 0}, types;
	size_t i = 0;

	for (; i < n && !list[i].winner; i++)
		words[rest.n++] = list[i].type;
	while (i < n) {
		const struct qs_entry *winner = list[i].winner;

		types = (struct qs_type_list){words + i, 0};
		for (; i < n && list[i].winner == winner; i++)
			types.words[types.n++] = list[i].type;
		if (!was_judged(policy, winner))
			qs_judge_won(judge, winner, &types);
	}
	qs_judge_rest(judge, &rest, !policy->awaits_model);
}

/* Takes over what came of devices before. */
static void start_tally(struct qs_judge *judge)
{
	if (judge->policy->tally)
		memcpy(judge->tally, judge->policy->tally, sizeof(judge->tally));
}

void qs_selector_judge(struct qs_selector_run *run)
{
	const struct qs_policy *policy = run->selection->policy;
	struct won_type *list = NULL;
	const char **words = NULL;
	struct qs_judge judge;
	size_t n = 0;

	if (!qs_judge_init(&judge, policy, run->findings)) {
		run->status = QS_NOMEM;
	} else {
		start_tally(&judge);
		if (judge.n_typed && (list = list_types(run->selection, &n)))
			words = malloc((n + 1) * sizeof(*words));
		if (words)
			judge_winners(&judge, list, n, words);
		else if (judge.n_typed)
			run->status = QS_NOMEM;
		if (policy->awaits_model)
			qs_judge_sum_up(&judge);
		run->n_errors += judge.n_errors;
	}
	free(words);
	free(list);
	qs_judge_done(&judge);
}
