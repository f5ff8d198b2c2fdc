/* SPDX-License-Identifier: Apache-2.0 */
/* What the format of a site makes of values. */
#ifndef ENGINE_SITE_H
#define ENGINE_SITE_H

#include "engine/plan.h"

/*
 * What becomes of values at a site that has its scales, or needs none; without scales where it
 * needs some, QS_BUG. `out` does not overlap `in`. A NaN stays one. QS_UNSUPPORTED with a finding
 * when the format is not registered.
 */
enum qs_status qs_site_fake(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_site *site, struct qs_layout layout, struct qs_findings *findings,
    const float *in, float *out);

#endif
