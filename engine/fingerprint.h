/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints of models and configs, for files that belong to them.
 */
#ifndef ENGINE_FINGERPRINT_H
#define ENGINE_FINGERPRINT_H

#include "base/fingerprint.h"
#include "model/onnx.h"
#include "qstrata/policy.h"

/* Of a model as it is in memory, without data that stands in other files. QS_INVALID or
 * QS_UNSUPPORTED with a finding when it cannot be packed. */
enum qs_status qs_fingerprint_model(
    const struct qs_model *model, struct qs_findings *findings, uint64_t *ret_fingerprint);

/* Of what a config means: how it is written, such as the order of keys, does not count. */
enum qs_status qs_fingerprint_policy(const struct qs_policy *policy, uint64_t *ret_fingerprint);

/* Of what a config means for scales: the same and its switches, which change what is observed. */
enum qs_status qs_fingerprint_scales(const struct qs_policy *policy, uint64_t *ret_fingerprint);

#endif
