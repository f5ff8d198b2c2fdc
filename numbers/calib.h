/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The laws that calibration methods share, beside those that every plug-in may use
 * (qstrata/plugin.h).
 */
#ifndef NUMBERS_CALIB_H
#define NUMBERS_CALIB_H

#include "numbers/kernels/kernels.h"
#include "qstrata/plugin.h"

/* The scale in whose place one is that is not above the smallest normal double, as in
 * vai_q_pytorch. */
#define QS_SCALE_FLOOR 0x1p-18

/* A scale as it is used: itself, or QS_SCALE_FLOOR. */
double qs_scale_usable(double scale);

/* What a threshold is divided by to give a scale: quant_max, or half the span of the integers. */
double qs_calib_divisor(const struct qs_calibration *calibration);

/*
 * The highest binary point at which a step holds the data: floor(log2(1 / step)) for the step
 * max(least / (-2^(b-1) - 0.5), most / (2^(b-1) - 0.5)); 18 for a step of 0. Source: vai_q_pytorch.
 */
int qs_calib_position(const struct qs_calibration *calibration, const struct qs_extent *extent);

/* Binary points go no further than 12 for at most 8 bits, else 15. Source: vai_q_pytorch. */
int qs_calib_last_position(const struct qs_calibration *calibration);

#endif
