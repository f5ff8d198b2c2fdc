/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the scales of a plan's sites.
 *
 * Parameters are calibrated on themselves. Activations are observed on the float model in one pass
 * over the data: the observed tensors become outputs of a copy, and every batch goes through it
 * once.
 */
#ifndef ENGINE_CALIBRATE_H
#define ENGINE_CALIBRATE_H

#include "engine/plan.h"
#include "qstrata/engine.h"

/* Whether a site has scales at all: it is one of integers. */
bool qs_site_has_scales(const struct qs_site *site);

/* Whether a site is a constant of the model. */
bool qs_site_is_constant(const struct qs_site *site);

/* Calibrates weights, and biases with scales of their own. QS_INVALID or QS_UNSUPPORTED with a
 * finding. */
enum qs_status qs_calibrate_parameters(
    struct qs_plan *plan, const struct qs_registry *registry, struct qs_findings *findings);

/*
 * Calibrates activations and graph inputs. Without any that need scales nothing is run, and neither
 * a runtime nor data is needed. `*ret_n_batches` is how many batches were run.
 */
enum qs_status qs_calibrate_activations(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calibrate_options *options, struct qs_findings *findings,
    size_t *ret_n_batches);

/* Gives biases that are tied to input and weights their scales; after both of the above. */
enum qs_status qs_calibrate_biases(struct qs_plan *plan);

#endif
