/* SPDX-License-Identifier: Apache-2.0 */
/* What the caller decided about codes: whether their findings count, and how much. */
#ifndef BASE_FINDING_JUDGE_H
#define BASE_FINDING_JUDGE_H

#include "base/arena.h"
#include "qstrata/base.h"

/* A decision about the codes that start with `prefix`. The newest is first. */
struct qs_judgement {
	const char *prefix;
	enum qs_decision decision;
	const struct qs_judgement *next;
};

/* A reason why the codes that start with `prefix` do not count. The newest is first. */
struct qs_excuse {
	const char *prefix;
	struct qs_suppression suppression;
	const struct qs_excuse *next;
};

/* The oldest excuse for a code, or NULL. */
const struct qs_suppression *qs_excuse_find(const struct qs_excuse *all, const char *code);

/* Whether findings of a code count; their severity changes as was decided. */
bool qs_judge(const struct qs_judgement *all, const char *code, enum qs_severity *severity);

#endif
