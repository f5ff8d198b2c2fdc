/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fingerprints of models and configs, for files that belong to them. They tell versions apart and
 * are no defence against somebody who wants two to be the same.
 */
#ifndef ENGINE_FINGERPRINT_H
#define ENGINE_FINGERPRINT_H

#include "model/onnx.h"
#include "qstrata/policy.h"

/* Room for a fingerprint as text, "fnv1a64:0123456789abcdef". */
#define QS_FINGERPRINT_TEXT 32

/* FNV-1a (Fowler, Noll, Vo) with 64 bits. */
uint64_t qs_fingerprint(const void *bytes, size_t size);

/* The same of bytes behind others, whose fingerprint is given; QS_FINGERPRINT_START for none. */
#define QS_FINGERPRINT_START UINT64_C(14695981039346656037)
uint64_t qs_fingerprint_add(uint64_t fingerprint, const void *bytes, size_t size);

/* Of a model as it is in memory, without data that stands in other files. QS_INVALID or
 * QS_UNSUPPORTED with a finding when it cannot be packed. */
enum qs_status qs_fingerprint_model(
    const struct qs_model *model, struct qs_findings *findings, uint64_t *ret_fingerprint);

/* Of what a config means: how it is written, such as the order of keys, does not count. */
enum qs_status qs_fingerprint_policy(const struct qs_policy *policy, uint64_t *ret_fingerprint);

/* Of what a config means for scales: the same and its switches, which change what is observed. */
enum qs_status qs_fingerprint_scales(const struct qs_policy *policy, uint64_t *ret_fingerprint);

/* A fingerprint as text. */
void qs_fingerprint_write(uint64_t fingerprint, char ret_text[QS_FINGERPRINT_TEXT]);

#endif
