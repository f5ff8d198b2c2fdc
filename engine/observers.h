/* SPDX-License-Identifier: Apache-2.0 */
/* The observers of a plan: one for every site of what flows that needs a scale. */
#ifndef ENGINE_OBSERVERS_H
#define ENGINE_OBSERVERS_H

#include "engine/plan.h"
#include "qstrata/numbers.h"

struct qs_observers {
	struct qs_plan *plan;
	const struct qs_registry *registry;
	struct qs_findings *findings;
	struct qs_observer **of_site; /* NULL for constants and for formats without scales */
	size_t n;                     /* that there are */
};

/* Makes the observers of a plan, which outlives them. To be ended in any case. */
enum qs_status qs_observers_init(struct qs_observers *observers, struct qs_plan *plan,
    const struct qs_registry *registry, struct qs_findings *findings);
void qs_observers_done(struct qs_observers *observers);

/* What a site is called in findings. */
struct qs_subject qs_observers_subject(
    const struct qs_observers *observers, const struct qs_site *site);

/* Shows a batch of the data to the observer of a site, if it has one. */
enum qs_status qs_observers_feed(
    struct qs_observers *observers, size_t site, uint64_t batch, const float *values, size_t n);

/* Gives a site the scale that its observer comes to. */
enum qs_status qs_observers_take(struct qs_observers *observers, size_t site);

/* Gives all sites their scales. */
enum qs_status qs_observers_finish(struct qs_observers *observers);

#endif
