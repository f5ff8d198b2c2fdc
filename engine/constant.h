/* SPDX-License-Identifier: Apache-2.0 */
/* The values of a model's constants as their sites have them. */
#ifndef ENGINE_CONSTANT_H
#define ENGINE_CONSTANT_H

#include "engine/plan.h"
#include "qstrata/numbers.h"

/*
 * Reads the constant of a site, with the correction that it has; to be freed. QS_IO, QS_INVALID or
 * QS_UNSUPPORTED with a finding.
 */
enum qs_status qs_constant_read(const struct qs_model *model, const Onnx__TensorProto *constant,
    const struct qs_site *site, struct qs_findings *findings, float **ret_values, size_t *ret_n);

/* The same in the format of the site; as it is, where the scales are not known yet. */
enum qs_status qs_constant_fake(const struct qs_plan *plan, const struct qs_registry *registry,
    const struct qs_site *site, struct qs_findings *findings, float **ret_values, size_t *ret_n);

#endif
