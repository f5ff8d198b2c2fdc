/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans that differ in formats alone: one model under several configs, without running it again for
 * each.
 *
 * Scales that were found under one config are taken over by another for the tensors that have the
 * same format in both. Where tensors are observed on the float model, they are those that
 * calibration would find; where they are observed on quantized tensors, those that it would find if
 * what comes before them had the formats of the first config.
 */
#ifndef ENGINE_REPLAN_H
#define ENGINE_REPLAN_H

#include "engine/job.h"

/* Gives a site without scales those of another, and its correction. QS_NOMEM. */
enum qs_status qs_site_take_scales(struct qs_site *site, const struct qs_site *from);

/* Whether two plans of one model have their sites at the same tensors, for the same readers. */
bool qs_plan_is_like(const struct qs_plan *plan, const struct qs_plan *other);

/*
 * Plans the model of a calibrated job by another policy, with the scales that plans like the new
 * one have: for each site those of the first one that has it in the same format. `*ret_plan` is
 * NULL when some site is in none of them; layers and model are those of the job. What there is to
 * say about the policy and the model is not told here. QS_NOMEM, QS_BUG.
 */
enum qs_status qs_job_replan(const struct qs_job *job, const struct qs_policy *policy,
    const struct qs_plan *const *known, size_t n_known, struct qs_plan **ret_plan);

/*
 * Calibrates a planned job like that, without running the model; says whether it did. Where it did
 * not, the job is of no use any more.
 */
enum qs_status qs_job_take_scales(struct qs_job *job, const struct qs_plan *const *known,
    size_t n_known, struct qs_findings *findings, bool *ret_taken);

#endif
