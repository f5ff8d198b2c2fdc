/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lock files: what a config makes of a model, as readable JSON that shows in a review what a change
 * does (schemas/lock.schema.json).
 *
 *   {"format": "qstrata-lock", "version": 1,
 *    "config": {"fingerprint": F}, "model": {"fingerprint": F},
 *    "settings": {KEY: VALUE of the whole config},
 *    "formats": {NAME: {PARAMETER: VALUE}},
 *    "layers": [{"name": NAME, "type": TYPE, KIND: NAME of a format}]}
 *
 * The name of a format is made of what is in it, so that it stays when others come and go. There
 * are no paths and no dates.
 */
#ifndef ENGINE_LOCK_H
#define ENGINE_LOCK_H

#include "engine/fingerprint.h"
#include "policy/difference.h"
#include "qstrata/engine.h"

#define QS_LOCK_FORMAT "qstrata-lock"
#define QS_LOCK_VERSION 1
/* A lock file is at most this large. */
#define QS_LOCK_LIMIT ((size_t)256 << 20)

/* A difference whose side QS_AFTER is what a config makes of a model: facts, fingerprints and one
 * pair a layer; there is room for `n_more` pairs behind. */
enum qs_status qs_lock_sides(const struct qs_policy *policy, const struct qs_selection *selection,
    const struct qs_model *model, size_t n_more, struct qs_findings *findings,
    struct qs_difference **ret_difference);

#endif
