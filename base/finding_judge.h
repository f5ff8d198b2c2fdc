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

/* Whether findings of a code count; their severity changes as was decided. */
bool qs_judge(const struct qs_judgement *all, const char *code, enum qs_severity *severity);

#endif
