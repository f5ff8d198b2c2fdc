/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Calibration of one tensor: data in, scales out.
 *
 * A weight is calibrated at once. An activation has an observer that takes in batches; its result
 * over the batches so far may be asked for at any time, and more batches may follow.
 */
#ifndef ENGINE_OBSERVER_H
#define ENGINE_OBSERVER_H

#include "qstrata/plugin.h"

struct qs_observer;

/* What the spec does not say about a tensor. */
struct qs_observation {
	size_t channels;     /* 1 unless the spec is per channel */
	bool is_graph_input; /* it enters the model from outside */
	enum qs_scale_law scale_law;
	struct qs_subject subject; /* its name and findings outlive the observer */
};

/* Whether tensors of a spec have scales: false for the floating-point formats and unknown ones. */
bool qs_observer_needed(const struct qs_registry *registry, const struct qs_spec *spec);

/*
 * An observer for the method of a spec. QS_UNSUPPORTED with a finding when the method or the
 * rounding mode is not registered or cannot calibrate such a spec.
 */
enum qs_status qs_observer_new(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_observer **ret_observer);

/* Releases an observer; NULL is fine. */
void qs_observer_free(struct qs_observer *observer);

/*
 * Takes in a batch, which is not kept. A batch without values says nothing. QS_INVALID with a
 * finding when a value is NaN or infinite or does not suit the spec; the observer is as before
 * then. QS_BUG when the channels are not those of the observation.
 */
enum qs_status qs_observer_feed(
    struct qs_observer *observer, struct qs_layout layout, const float *data);

/*
 * The scales over the batches so far, to be released by the caller. QS_INVALID with a finding
 * without one.
 */
enum qs_status qs_observer_result(struct qs_observer *observer, struct qs_qparams *ret_qparams);

/*
 * The scale of every batch, `channels` for each, until the next call; NULL when the method does not
 * keep them.
 */
const double *qs_observer_batch_scales(const struct qs_observer *observer, size_t *ret_n_batches);

/*
 * Scales for data that is all there. A spec that is not per channel gets one scale whatever the
 * layout, and observation->channels is not looked at.
 */
enum qs_status qs_observer_calibrate(const struct qs_registry *registry, const struct qs_spec *spec,
    const struct qs_observation *observation, struct qs_layout layout, const float *data,
    struct qs_qparams *ret_qparams);

#endif
