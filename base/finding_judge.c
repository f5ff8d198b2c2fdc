/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions about codes: the longest prefix counts, of equally long ones the newest. */
#include "base/finding_judge.h"

#include <string.h>

static bool is_severity(enum qs_decision decision)
{
	return decision < QS_DECISION_OFF;
}

/* The decision that counts for a code, about its severity or about whether it is on; or NULL. */
static const struct qs_judgement *find(
    const struct qs_judgement *all, const char *code, bool about_severity)
{
	const struct qs_judgement *best = NULL;
	size_t best_size = 0;

	for (; all; all = all->next) {
		const size_t size = strlen(all->prefix);

		if (is_severity(all->decision) != about_severity ||
		    strncmp(code, all->prefix, size) != 0)
			continue;
		if (!best || size > best_size) {
			best = all;
			best_size = size;
		}
	}
	return best;
}

static bool has_selection(const struct qs_judgement *all)
{
	for (; all; all = all->next) {
		if (all->decision == QS_DECISION_ON)
			return true;
	}
	return false;
}

bool qs_judge(const struct qs_judgement *all, const char *code, enum qs_severity *severity)
{
	const struct qs_judgement *counts = find(all, code, false), *level = find(all, code, true);

	if (counts ? counts->decision == QS_DECISION_OFF : has_selection(all))
		return false;
	if (level)
		*severity = (enum qs_severity)level->decision;
	return true;
}

const struct qs_suppression *qs_excuse_find(const struct qs_excuse *all, const char *code)
{
	const struct qs_suppression *found = NULL;

	for (; all; all = all->next) {
		if (strncmp(code, all->prefix, strlen(all->prefix)) == 0)
			found = &all->suppression;
	}
	return found;
}
