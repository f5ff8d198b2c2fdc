/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scales that are not found by calibration, and laws that tensors have of their own.
 */
#ifndef ENGINE_SCALES_H
#define ENGINE_SCALES_H

#include "engine/plan.h"

/* What a scales file has as "format". */
#define QS_SCALES_FORMAT "qstrata-scales"

/* A positive number that a float32 holds, or a fraction of two numbers, "7/32767". */
bool qs_scale_parse(const char *text, double *ret_scale);

/* Why a site cannot have a fixed scale, or NULL. */
const char *qs_scale_obstacle(const struct qs_site *site, double scale);

/* The law by which a site's scale is found. */
enum qs_scale_law qs_site_scale_law(const struct qs_plan *plan, const struct qs_site *site);

/* Gives a site the scale that is fixed for it, and the range of its spec. May return QS_NOMEM. */
enum qs_status qs_site_fix(struct qs_site *site);

#endif
