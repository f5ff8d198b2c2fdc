/* SPDX-License-Identifier: Apache-2.0 */
/* What measuring asks of checks that look at values. */
#ifndef ANALYSIS_DOCTOR_MEASURE_H
#define ANALYSIS_DOCTOR_MEASURE_H

#include "analysis/doctor.h"
#include "model/runtime.h"

/* Takes in the product of a gate in float32, in a batch: what becomes of it, and of its sums. */
enum qs_status qs_doctor_measure_gate(struct qs_doctor *doctor, struct qs_doctor_gate *gate,
    const struct qs_blob *blob, const float *values, size_t n);

#endif
