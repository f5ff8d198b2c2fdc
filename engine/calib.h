/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the built-in calibrators share: every batch gives each channel a scale by itself, and a
 * statistic makes one of those of several batches. A method is the function that measures one
 * channel of a batch.
 *
 * Memory is bounded by the number of batches and channels; no data is kept.
 */
#ifndef ENGINE_CALIB_H
#define ENGINE_CALIB_H

#include "engine/kernels/kernels.h"
#include "qstrata/plugin.h"

/* The state of a built-in calibrator. */
struct qs_calib {
	const struct qs_calibration *calibration;
	struct qs_int_range range; /* the spec's, unless negative data has put it off */
	size_t n_batches, capacity;
	double *scales, *zero_points, *float_maxima; /* n_batches rows of `channels` */
};

/* The values of one channel of a batch: `n_runs` runs of `size` values, `stride` apart. */
struct qs_channel {
	const float *data;
	size_t n_runs, size, stride;
	float least, most; /* their ends */
};

/* What a batch says about a channel. */
struct qs_verdict {
	double scale;
	int64_t zero_point;
	double float_max;
};

/* Measures a channel. May return QS_NOMEM. */
typedef enum qs_status qs_calib_measure(
    const struct qs_calib *calib, const struct qs_channel *channel, struct qs_verdict *ret_verdict);

/*
 * The slot `begin`. QS_UNSUPPORTED with a finding when no positive integer is left to scale to
 * (signed integers of one bit).
 */
enum qs_status qs_calib_begin(const struct qs_calibration *calibration, void **ret_state);

/*
 * The slot `observe` with a method. Negative data and unsigned symmetric integers: QS_INVALID with
 * a finding per tensor; per channel the range becomes the signed one for all channels, as in
 * vai_q_pytorch.
 */
enum qs_status qs_calib_observe(
    void *state, struct qs_layout layout, const float *data, qs_calib_measure *measure);

/* The slot `result`. */
enum qs_status qs_calib_result(void *state, struct qs_qparams *qparams);

/* The slot `end`. */
void qs_calib_end(void *state);

/* The slot `batch_scales`. */
const double *qs_calib_batch_scales(const void *state, size_t *ret_n_batches);

/* ---- laws that methods share ----------------------------------------------------------------- */

/*
 * The verdict of symmetric data under a threshold >= 0, by the scale law of the calibration. A
 * scale that is not above the smallest normal double becomes 2^-18, as in vai_q_pytorch.
 */
struct qs_verdict qs_calib_symmetric(const struct qs_calib *calib, double threshold);

/* Asymmetric data from `least` to `most`: they go to both ends of the range. */
struct qs_verdict qs_calib_asymmetric(const struct qs_calib *calib, double least, double most);

/*
 * The highest binary point at which a step holds the data: floor(log2(1 / step)) for the step
 * max(least / (-2^(b-1) - 0.5), most / (2^(b-1) - 0.5)); 18 for a step of 0. Source: vai_q_pytorch.
 */
int qs_calib_position(const struct qs_calib *calib, double least, double most);

/* Binary points go no further than 12 for at most 8 bits, else 15. Source: vai_q_pytorch. */
int qs_calib_last_position(const struct qs_calib *calib);

/* The verdict of a binary point: scale = 2^-position, for the last position when it lies beyond. */
struct qs_verdict qs_calib_binary(const struct qs_calib *calib, int position);

#endif
