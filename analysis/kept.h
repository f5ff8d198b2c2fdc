/* SPDX-License-Identifier: Apache-2.0 */
/* What a model made of a batch, kept until what is compared with it was computed. */
#ifndef ANALYSIS_KEPT_H
#define ANALYSIS_KEPT_H

#include "model/runtime.h"

struct qs_kept_tensor {
	float *values; /* NULL: not there */
	int64_t *dims;
	size_t rank, n;
};

struct qs_kept_tensors {
	struct qs_kept_tensor *items; /* by value of the model */
	size_t n;
};

/* Room for the tensors of a model of n values. To be ended in any case; may return QS_NOMEM. */
enum qs_status qs_kept_init(struct qs_kept_tensors *kept, size_t n);
void qs_kept_done(struct qs_kept_tensors *kept);

/* Keeps a copy of a tensor in place of that of the batch before; what is no number is not kept. */
enum qs_status qs_kept_take(struct qs_kept_tensors *kept, size_t value, const struct qs_blob *blob);

#endif
