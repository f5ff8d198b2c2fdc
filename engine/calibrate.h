/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the scales of a plan's sites.
 *
 * Parameters are calibrated on themselves, activations while the model runs over the data.
 */
#ifndef ENGINE_CALIBRATE_H
#define ENGINE_CALIBRATE_H

#include "engine/calib_file.h"
#include "qstrata/engine.h"

/* Whether a site has scales at all: it is one of integers. */
bool qs_site_has_scales(const struct qs_site *site);

/* Whether a site is a constant of the model. */
bool qs_site_is_constant(const struct qs_site *site);

/* Calibrates weights, and biases with scales of their own. QS_INVALID or QS_UNSUPPORTED with a
 * finding. */
enum qs_status qs_calibrate_parameters(
    struct qs_plan *plan, const struct qs_registry *registry, struct qs_findings *findings);

/* Which part of the data counts, and what is calibrated with it. */
struct qs_calib_course {
	const struct qs_calib_identity *identity;
	size_t shard, n_shards; /* from 0; 0 of 1 is all */
	/* Where what was observed goes, rather than that scales come of it; NULL: scales. */
	const char *shard_path;
};

/*
 * Calibrates activations and graph inputs. Without any that need scales nothing is run, and neither
 * a runtime nor data is needed. `*ret_n_batches` is how many batches the data has. With a state
 * among the options it goes on from there, and a caller who stops it finds one.
 */
enum qs_status qs_calibrate_activations(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calibrate_options *options, const struct qs_calib_course *course,
    struct qs_findings *findings, size_t *ret_n_batches);

/* Calibrates them by what the shards of a calibration observed, as qs_calib_state_merge(). */
enum qs_status qs_calibrate_merge(struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_calib_identity *identity, const char *const *paths, size_t n_paths,
    struct qs_findings *findings, size_t *ret_n_batches);

/* Gives biases that are tied to input and weights their scales; after both of the above. */
enum qs_status qs_calibrate_biases(struct qs_plan *plan);

/* Warns of such biases that do not fit in 32 bits at these scales. */
void qs_calibrate_check_biases(const struct qs_plan *plan, struct qs_findings *findings);

#endif
