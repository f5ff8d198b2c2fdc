/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cross-layer equalization: weights of successive convolutions are brought to similar ranges.
 *
 * Between two convolutions with nothing but ReLU and pools between them, a channel can be divided
 * by a factor in the first and multiplied by it in the second, and nothing else changes.
 * Sources: Nagel et al., arXiv:1906.04721, for the idea; vai_q_pytorch 3.5 for the factors.
 */
#ifndef MODEL_EQUALIZE_H
#define MODEL_EQUALIZE_H

#include "model/onnx.h"

/* What was done. */
struct qs_equalized {
	size_t n_pairs;
	size_t n_clipped; /* pairs passed over since a ReLU6 stands between them */
};

/*
 * Equalizes all pairs whose weights are float32 constants that nobody else reads. QS_INVALID with a
 * finding when the graph is not sound or a constant cannot be read.
 */
enum qs_status qs_equalize(
    struct qs_model *model, struct qs_findings *findings, struct qs_equalized *ret_equalized);

#endif
